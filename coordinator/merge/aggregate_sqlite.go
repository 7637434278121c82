package merge

import (
	"errors"
	"math"
	"math/big"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
)

// planSQLite decides how a is computed: the types of SQLite's values are those of each row.
//
// Two things of SQLite's sums can't be told from partial ones. A sum of integers that overflows on the way but not at the end is an
// error of SQLite in some orders of the rows: here the whole counts. And a shard whose sum isn't a number, of both infinities, answers
// NULL, as one without values does: Avg knows the count, Sum takes it as none.
func (a *aggregate) planSQLite() error {
	a.oid = pgtype.UnknownOID
	switch a.Func {
	case Min, Max:
		a.step = takeExtreme
	case Any:
		a.step, a.oid = takeFirst, a.raw
	case And, Or:
		a.step = takeTruth
	case CountDistinct:
		a.step = countValues
	case SumDistinct:
		if a.raw == pgtype.Float8OID {
			return cannot("write sum(DISTINCT +x)", "sum(DISTINCT x) of a column that is declared as a floating or numeric type, whose integers can't be told from floats")
		}
		a.step = addSQLite
	default:
		a.step = addSQLite
	}
	return nil
}

// addSQLite adds a number.
func (a *aggregate) addSQLite(s *state, row *rowAt, v []byte) (grown int64, err error) {
	switch oid := row.from.Fields[a.Column].DataTypeOID; oid {
	case pgtype.Int8OID, pgtype.BoolOID:
		i, ok := readInt(v)
		if !ok {
			return 0, malformed(a.name, "integer")
		}
		s.set = true
		return s.addInt(i), nil
	case pgtype.Float8OID:
		f, ok := readFloat(v)
		if !ok {
			return 0, malformed(a.name, "float")
		}
		s.set, s.inexact = true, true
		s.float.add(f)
		return 0, nil
	default:
		return 0, cannot("cast it in SQL", "the sum of values of type %s in column %q", typeName(oid), a.name)
	}
}

// resultSQLite returns the result of a that isn't passed.
func (a *aggregate) resultSQLite(s *state) (datum, error) {
	switch a.Func {
	case CountDistinct:
		return intOf(s.count), nil
	case And, Or:
		if !s.set {
			return datum{}, nil
		}
		return sqliteTruth(s.truth), nil
	case Total:
		return sqliteFloat(s.total()), nil
	case Avg, AvgDistinct:
		if s.count == 0 {
			return datum{}, nil
		}
		return sqliteFloat(s.total() / float64(s.count)), nil
	}
	switch {
	case !s.set && a.Func != AddCounts:
		return datum{}, nil
	case s.inexact:
		return sqliteFloat(s.total()), nil
	case s.sum.wide != nil:
		return datum{}, &messages.Error{Code: messages.ErrStatement, Op: opMerge, Err: errIntegerOverflow}
	default:
		return intOf(s.sum.small), nil
	}
}

// errIntegerOverflow is what SQLite says when a sum of integers isn't one.
var errIntegerOverflow = errors.New("integer overflow")

// sqliteFloat returns f: SQLite has NULL in place of what isn't a number.
func sqliteFloat(f float64) datum {
	if math.IsNaN(f) {
		return datum{}
	}
	return floatOf(f)
}

// total returns the sum of integers and floats as SQLite's functions do.
func (s *state) total() float64 {
	var total compensated
	switch {
	case s.sum.wide != nil:
		total.sum, _ = new(big.Float).SetInt(s.sum.wide).Float64()
	case !s.inexact:
		return float64(s.sum.small)
	default:
		total.begin(s.sum.small)
	}
	total.add(s.float.sum)
	total.rest += s.float.rest
	return total.value()
}

// compensated is a sum of floats with what rounding took from it: Neumaier's algorithm, as SQLite has it. PostgreSQL's sums leave
// rest alone.
type compensated struct{ sum, rest float64 }

// exactInts bounds the integers that SQLite takes for exact as floats.
const exactInts = 1 << 52

// begin sets the sum to an integer.
func (c *compensated) begin(i int64) {
	small := int64(0)
	if i <= -exactInts || i >= exactInts {
		small = i % 16384
	}
	c.sum, c.rest = float64(i-small), float64(small)
}

func (c *compensated) add(f float64) {
	sum := c.sum + f
	if math.Abs(c.sum) > math.Abs(f) {
		c.rest += (c.sum - sum) + f
	} else {
		c.rest += (f - sum) + c.sum
	}
	c.sum = sum
}

func (c *compensated) value() float64 {
	if math.IsInf(c.rest, 0) || math.IsNaN(c.rest) {
		return c.sum
	}
	return c.sum + c.rest
}
