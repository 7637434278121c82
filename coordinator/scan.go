package coordinator

import (
	"errors"
	"fmt"
	"sync"
	"unsafe"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/messages"
)

// typeMaps are type maps with pgx's own types. A map is not safe for concurrent use, so each reader borrows one.
var typeMaps = sync.Pool{New: func() any { return pgtype.NewMap() }}

// scanner decodes values by the description of their batch, and keeps what it knows of a column while the description stays.
type scanner struct {
	described *messages.Description
	types     *pgtype.Map // for described; nil until it is needed
	borrowed  bool        // types is from typeMaps
	texts     slab

	columns    []column          // of described; empty before the first Scan
	plans      []pgtype.ScanPlan // by column; nil before pgtype is asked for one
	generation int               // how often columns was forgotten
	room       [4]column
}

// column is how the values of a column become what they are scanned into.
type column struct {
	target     unsafe.Pointer // the kind of what it was scanned into last: see words; nil before
	conversion conversion     // into that
}

// describe says that the rows to come have another description perhaps.
func (s *scanner) describe(d *messages.Description) {
	if s.described == d {
		return
	}
	same := s.described != nil && plain(s.described) && plain(d) && s.described.SameFields(d.Fields)
	s.described = d
	if same {
		return // the shards agree, so the plans hold
	}
	s.columns = s.columns[:0]
	s.generation++
	if !s.borrowed || !plain(d) {
		s.giveBack()
	}
}

// plain reports whether pgx's own types are enough for d.
func plain(d *messages.Description) bool { return len(d.Types) == 0 && len(d.ScanPlans) == 0 }

func (s *scanner) typeMap() *pgtype.Map {
	switch {
	case s.types != nil:
	case s.described == nil || plain(s.described):
		s.types, s.borrowed = typeMaps.Get().(*pgtype.Map), true
	default:
		s.types = pgtype.NewMap()
		s.types.RegisterTypes(s.described.Types)
		if len(s.described.ScanPlans) > 0 {
			s.types.TryWrapScanPlanFuncs = s.described.ScanPlans
		}
	}
	return s.types
}

func (s *scanner) giveBack() {
	if s.borrowed {
		typeMaps.Put(s.types)
	}
	s.types, s.borrowed = nil, false
}

func (s *scanner) close() {
	s.columns, s.plans = nil, nil
	s.giveBack()
}

// begin makes room for what is learnt of the columns.
func (s *scanner) begin() {
	n := len(s.described.Fields)
	if s.columns = s.room[:0]; n > len(s.room) {
		s.columns = make([]column, n)
	}
	s.columns = s.columns[:n]
	clear(s.columns)
	s.plans = nil
}

// aim makes target what column i is scanned into.
func (s *scanner) aim(i int, target any, c conversion) {
	s.columns[i] = column{target: kindOf(target), conversion: c}
	if s.plans != nil {
		s.plans[i] = nil
	}
}

func (s *scanner) scan(at *merge.Position, dest []any) error {
	fields := s.described.Fields
	if len(fields) != len(dest) {
		return fmt.Errorf("number of field descriptions must equal number of destinations, got %d and %d", len(fields), len(dest))
	}
	if len(s.columns) != len(dest) {
		s.begin()
	}
	values := at.Walk()
	for i := range dest {
		value := values.Next()
		target := wordsOf(&dest[i])
		if target.kind == nil {
			continue
		}
		c := &s.columns[i]
		if c.target != target.kind {
			s.aim(i, dest[i], conversionFor(s.described, i, dest[i]))
		}
		if c.conversion != byPlan && value != nil && target.data != nil && s.convert(c.conversion, value, target.data) {
			continue
		}
		if err := s.scanByPlan(i, value, dest[i]); err != nil {
			return err
		}
	}
	at.Walked(values)
	return nil
}

// scanByPlan scans a value of column i as pgtype does. REQUIRES: the column is aimed at the type of target.
func (s *scanner) scanByPlan(i int, value []byte, target any) error {
	f := &s.described.Fields[i]
	if s.plans == nil {
		s.plans = make([]pgtype.ScanPlan, len(s.columns))
	}
	if s.plans[i] == nil {
		s.plans[i] = s.typeMap().PlanScan(f.DataTypeOID, f.Format, target)
	}
	if err := s.plans[i].Scan(value, target); err != nil {
		return pgx.ScanArgError{ColumnIndex: i, FieldName: f.Name, Err: err}
	}
	return nil
}

// Scan reads the current row into dest, as pgx does; an error closes the rows. Texts and byte strings of up to 256 bytes share allocations of
// 16 KiB at the most, which one that is kept keeps. A pgtype.DriverBytes isn't copied at all: it is valid until the next Next or Close.
// Called on a *Rows rather than a pgx.Rows, or with a list that is made once, Scan doesn't allocate its arguments for each row.
func (r *Rows) Scan(dest ...any) error {
	if r.current() == nil {
		if r.err != nil {
			return r.err
		}
		return errNoRow
	}
	if len(dest) == 1 {
		if whole, ok := dest[0].(pgx.RowScanner); ok {
			if err := whole.ScanRow(r); err != nil {
				r.misread(err)
				return err
			}
			return nil
		}
	}
	if err := r.scan.scan(r.at, dest); err != nil {
		r.misread(err)
		return err
	}
	return nil
}

var errNoRow = errors.New("troupe: there is no current row: call Next first")

// Values returns the decoded values of the current row.
func (r *Rows) Values() ([]any, error) {
	if r.current() == nil {
		if r.err != nil {
			return nil, r.err
		}
		return nil, errNoRow
	}
	fields := r.at.Description().Fields
	values := make([]any, len(fields))
	row := r.at.Walk()
	for i := range fields {
		v, err := r.value(&fields[i], row.Next())
		if err != nil {
			r.misread(err)
			return nil, err
		}
		values[i] = v
	}
	return values, nil
}

func (r *Rows) value(f *pgconn.FieldDescription, raw []byte) (any, error) {
	switch {
	case raw == nil:
		return nil, nil
	case f.Format != pgx.TextFormatCode && f.Format != pgx.BinaryFormatCode:
		return nil, fmt.Errorf("troupe: column %q has unknown format code %d", f.Name, f.Format)
	}
	if t, ok := r.scan.typeMap().TypeForOID(f.DataTypeOID); ok {
		return t.Codec.DecodeValue(r.scan.typeMap(), f.DataTypeOID, f.Format, raw)
	}
	if f.Format == pgx.TextFormatCode {
		return string(raw), nil
	}
	return append([]byte(nil), raw...), nil
}
