package coordinator

import (
	"errors"
	"fmt"
	"reflect"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/messages"
)

// typeMaps are type maps with pgx's own types. A map is not safe for concurrent use, so each reader borrows one.
var typeMaps = sync.Pool{New: func() any { return pgtype.NewMap() }}

// scanner decodes values by the description of their batch, and keeps the plans while the description stays.
type scanner struct {
	described *messages.Description
	types     *pgtype.Map // for described; nil until it is needed
	borrowed  bool        // types is from typeMaps
	plans     []pgtype.ScanPlan
	targets   []reflect.Type // what plans scan into
	directs   []direct       // by column of described
	texts     slab
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
	s.plans = nil
	s.directs = s.directs[:0]
	for i := range d.Fields {
		s.directs = append(s.directs, directFor(d, &d.Fields[i]))
	}
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
	s.plans, s.targets = nil, nil
	s.giveBack()
}

func (s *scanner) scan(at *merge.Position, dest []any) error {
	fields := s.described.Fields
	if len(fields) != len(dest) {
		return fmt.Errorf("number of field descriptions must equal number of destinations, got %d and %d", len(fields), len(dest))
	}
	for i, target := range dest {
		if target == nil || s.directs[i] != directNone && s.scanDirect(s.directs[i], at.Value(i), target) {
			continue
		}
		if s.plans == nil {
			s.plans, s.targets = make([]pgtype.ScanPlan, len(fields)), make([]reflect.Type, len(fields))
		}
		if t := reflect.TypeOf(target); s.targets[i] != t || s.plans[i] == nil {
			s.plans[i] = s.typeMap().PlanScan(fields[i].DataTypeOID, fields[i].Format, target)
			s.targets[i] = t
		}
		if err := s.plans[i].Scan(at.Value(i), target); err != nil {
			return pgx.ScanArgError{ColumnIndex: i, FieldName: fields[i].Name, Err: err}
		}
	}
	return nil
}

// Scan reads the current row into dest, as pgx does; an error closes the rows.
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
	for i := range fields {
		v, err := r.value(&fields[i], r.at.Value(i))
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
