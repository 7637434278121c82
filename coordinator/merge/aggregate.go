package merge

import (
	"bytes"
	"math"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
)

// aggregate is an Aggregate of one call.
type aggregate struct {
	Aggregate
	step      step
	oid       uint32 // of the result. On SQLite it is what is known of it, and rows may differ
	raw       uint32 // of the column
	collation Collation
	compare   comparer // of Min and Max
	name      string   // of the column, for errors
}

// step is how a value becomes part of a state.
type step uint8

const (
	addInteger step = iota // counts, int8, and the values of smaller integers
	addNumeric
	addFloat
	addReal // float4
	addInterval
	takeExtreme
	takeTruth
	takeFirst
	addSQLite   // SQLite's numbers, of either type
	countValues // of CountDistinct
)

// state is what an aggregate has of one group. It is zero before the first value.
type state struct {
	sum     numeric     // of integers and numerics
	float   compensated // of floats
	count   int64       // of an average's values, or of distinct ones
	kept    *kept
	set     bool // there was a value that isn't NULL; of Any: a row
	truth   bool
	inexact bool // of SQLite: a float was among the values
}

// kept is a value in a copy, as a shard sent it.
type kept struct {
	bytes []byte // nil is NULL
	from  *messages.Description
}

// rowAt is the current row of a batch.
type rowAt struct {
	batch *messages.RowBatch
	from  *messages.Description
	cells []messages.Cell
}

func (r *rowAt) value(i int) []byte { return r.batch.Value(r.cells[i]) }

// passes reports whether the result is one of the values as a shard sent it.
func (a *aggregate) passes() bool { return a.Func == Min || a.Func == Max || a.Func == Any }

// isDistinct reports whether the column has values themselves, of which each counts once.
func (a *aggregate) isDistinct() bool {
	return a.Func == CountDistinct || a.Func == SumDistinct || a.Func == AvgDistinct
}

// averages reports whether the result is divided by how many values there were.
func (a *aggregate) averages() bool { return a.Func == Avg || a.Func == AvgDistinct }

// add adds the value of a row to the state of a group. It returns how many more bytes the state holds.
func (a *aggregate) add(s *state, row *rowAt) (grown int64, err error) {
	v := row.value(a.Column)
	switch {
	case a.step == takeFirst:
		if s.set {
			return 0, nil
		}
		s.set = true
		return s.keep(row, v), nil
	case a.Func == Avg:
		if err := a.addCount(s, row, v); err != nil {
			return 0, err
		}
	case a.isDistinct() && v != nil:
		s.count++
	}
	if v == nil {
		if a.Func == Total { // SQLite's total isn't a number
			s.inexact, s.float.sum = true, math.NaN()
		}
		return 0, nil
	}
	switch a.step {
	case countValues:
		return 0, nil
	case takeExtreme:
		return a.extreme(s, row, v)
	case takeTruth:
		return 0, a.addTruth(s, v)
	case addSQLite:
		return a.addSQLite(s, row, v)
	default:
		first := !s.set
		s.set = true
		return a.addPostgreSQL(s, row, v, first)
	}
}

// addCount adds the count that belongs to v, an average's sum.
func (a *aggregate) addCount(s *state, row *rowAt, v []byte) error {
	n := int64(0)
	if counted := row.value(a.Count); counted != nil {
		var ok bool
		if n, ok = readInt(counted); !ok {
			return malformed(row.from.Fields[a.Count].Name, "count")
		}
	}
	if v == nil && n > 0 && a.step == addSQLite { // SQLite's sum isn't a number
		s.set, s.inexact, s.float.sum = true, true, math.NaN()
		v = []byte{}
	}
	if v == nil && n != 0 || v != nil && (n < 0 || n == 0 && a.step != addSQLite) { // SQLite's total of nothing is 0
		return malformed(a.name, "sum of as many values as were counted")
	}
	total, ok := added(s.count, n)
	if !ok {
		return integerOutOfRange(pgtype.Int8OID)
	}
	s.count = total
	return nil
}

// keep copies a value.
func (s *state) keep(row *rowAt, v []byte) (grown int64) {
	if s.kept == nil {
		s.kept = new(kept)
		grown = 64
	}
	before := cap(s.kept.bytes)
	s.kept.from, s.kept.bytes = row.from, append(s.kept.bytes[:0], v...)
	if v == nil {
		s.kept.bytes = nil
	} else if s.kept.bytes == nil {
		s.kept.bytes = []byte{}
	}
	return grown + int64(cap(s.kept.bytes)-before)
}

// extreme keeps v if it is beyond what s has.
func (a *aggregate) extreme(s *state, row *rowAt, v []byte) (grown int64, err error) {
	if s.kept != nil {
		order, err := a.order(s.kept, row, v)
		if err != nil || order == 0 || (order < 0) != (a.Func == Max) {
			return 0, err
		}
	}
	return s.keep(row, v), nil
}

// order compares what was kept with v.
func (a *aggregate) order(k *kept, row *rowAt, v []byte) (int, error) {
	kf, vf := &k.from.Fields[a.Column], &row.from.Fields[a.Column]
	size := integerSize(vf.DataTypeOID)
	if size == 0 || kf.DataTypeOID != vf.DataTypeOID || len(v) != size || len(k.bytes) != size ||
		kf.Format != pgtype.BinaryFormatCode || vf.Format != pgtype.BinaryFormatCode {
		return a.compare.compare(k.from, a.Column, k.bytes, row.from, a.Column, v)
	}
	if (k.bytes[0]^v[0])&0x80 != 0 { // of two integers in big-endian form the one with a sign is less
		return int(v[0]&0x80) - int(k.bytes[0]&0x80), nil
	}
	return bytes.Compare(k.bytes, v), nil
}

// addTruth takes a bool, or SQLite's integer for one.
func (a *aggregate) addTruth(s *state, v []byte) error {
	n, ok := readInt(v)
	if !ok {
		return malformed(a.name, "truth value")
	}
	truth := n != 0
	switch {
	case !s.set:
		s.set, s.truth = true, truth
	case a.Func == And:
		s.truth = s.truth && truth
	default:
		s.truth = s.truth || truth
	}
	return nil
}

// addNumber adds to the sum of integers or numerics.
func (s *state) addNumber(d numeric) (grown int64) {
	before := s.sum.wide
	s.sum = s.sum.plus(d)
	if s.sum.wide != nil && before == nil {
		return s.sum.bytes()
	}
	return 0
}

// addInt is addNumber for the common case.
func (s *state) addInt(i int64) (grown int64) {
	if s.sum.wide == nil {
		if sum, ok := added(s.sum.small, i); ok {
			s.sum.small = sum
			return 0
		}
	}
	return s.addNumber(numericOf(i))
}
