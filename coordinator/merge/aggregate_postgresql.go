package merge

import (
	"encoding/binary"
	"math"

	"github.com/jackc/pgx/v5/pgtype"
)

// planPostgreSQL decides by the column's type how a is computed, and which type its result has.
func (a *aggregate) planPostgreSQL() error {
	a.oid = a.raw
	ok, hint := true, hintOneShard
	if a.raw == moneyOID { // it travels as a text, which depends on the server's locale
		hint = "cast its argument to numeric"
	}
	switch a.Func {
	case AddCounts:
		ok = a.raw == pgtype.Int8OID
	case Min, Max:
		a.step = takeExtreme
	case Any:
		a.step = takeFirst
	case And, Or:
		a.step, ok = takeTruth, a.raw == pgtype.BoolOID
	case CountDistinct:
		a.step, a.oid = countValues, pgtype.Int8OID
	case Sum:
		ok = a.planSum(a.raw == pgtype.Int8OID)
	case Avg:
		if a.raw == pgtype.Float4OID {
			return cannot("cast its argument to float8", "avg of a float4, of whose sums PostgreSQL shows too few digits")
		}
		ok = a.planAverage(a.raw == pgtype.Int8OID)
	case SumDistinct:
		if a.raw == pgtype.Int2OID || a.raw == pgtype.Int4OID {
			a.oid = pgtype.Int8OID
			break
		}
		ok = a.planSum(false)
		if a.raw == pgtype.Int8OID {
			a.oid, ok = pgtype.NumericOID, true
		}
	case AvgDistinct:
		ok = a.planAverage(integerSize(a.raw) > 0)
	default:
		ok = false
	}
	if !ok {
		return cannot(hint, "an aggregate over partial values of type %s", typeName(a.raw))
	}
	return nil
}

// planSum plans a sum of values of a type whose sums have the same type; integer says that there is an integer type of that kind.
func (a *aggregate) planSum(integer bool) bool {
	switch {
	case integer:
		a.step = addInteger
	case a.raw == pgtype.NumericOID:
		a.step = addNumeric
	case a.raw == pgtype.Float8OID:
		a.step = addFloat
	case a.raw == pgtype.Float4OID:
		a.step = addReal
	case a.raw == pgtype.IntervalOID:
		a.step = addInterval
	default:
		return false
	}
	return true
}

func (a *aggregate) planAverage(integer bool) bool {
	a.oid = pgtype.NumericOID
	switch {
	case integer:
		a.step = addInteger
	case a.raw == pgtype.NumericOID:
		a.step = addNumeric
	case isFloat(a.raw):
		a.step, a.oid = addFloat, pgtype.Float8OID
	default:
		return false
	}
	return true
}

// addPostgreSQL adds a value to a sum. The first of floats is the sum, so that -0 stays, but averages begin with 0.
func (a *aggregate) addPostgreSQL(s *state, row *rowAt, v []byte, first bool) (grown int64, err error) {
	switch a.step {
	case addInteger:
		if i, ok := readInt(v); ok {
			return s.addInt(i), nil
		}
	case addNumeric:
		if d, ok := readNumeric(v); ok {
			return s.addNumber(d), nil
		}
	case addFloat:
		if f, ok := readFloat(v); ok {
			if first && !a.averages() {
				s.float.sum = f
				return 0, nil
			}
			s.float.sum, err = floatArithmetic('+', s.float.sum, f)
			return 0, err
		}
	case addReal:
		if f, ok := readFloat(v); ok {
			if first {
				s.float.sum = f
				return 0, nil
			}
			sum, err := realArithmetic('+', float32(s.float.sum), float32(f))
			s.float.sum = float64(sum)
			return 0, err
		}
	case addInterval:
		if len(v) == 16 {
			return a.addInterval(s, row, v)
		}
	}
	return 0, malformed(a.name, "sum")
}

// addInterval adds months, days and microseconds, each by itself.
func (a *aggregate) addInterval(s *state, row *rowAt, v []byte) (grown int64, err error) {
	if s.kept == nil {
		return s.keep(row, v), nil
	}
	if isInfiniteInterval(v) || isInfiniteInterval(s.kept.bytes) {
		return 0, cannot(hintOneShard, "the sum of an infinite interval")
	}
	sum := s.kept.bytes
	micros, ok := added(int64(binary.BigEndian.Uint64(sum)), int64(binary.BigEndian.Uint64(v)))
	days := int64(int32(binary.BigEndian.Uint32(sum[8:]))) + int64(int32(binary.BigEndian.Uint32(v[8:])))
	months := int64(int32(binary.BigEndian.Uint32(sum[12:]))) + int64(int32(binary.BigEndian.Uint32(v[12:])))
	if !ok || days != int64(int32(days)) || months != int64(int32(months)) {
		return 0, sqlstate("22008", "interval out of range")
	}
	s.kept.bytes = appendInterval(sum[:0], micros, int32(days), int32(months))
	return 0, nil
}

// isInfiniteInterval reports whether PostgreSQL from 17 on takes v as infinite.
func isInfiniteInterval(v []byte) bool {
	micros, days, months := int64(binary.BigEndian.Uint64(v)), int32(binary.BigEndian.Uint32(v[8:])), int32(binary.BigEndian.Uint32(v[12:]))
	return micros == math.MaxInt64 && days == math.MaxInt32 && months == math.MaxInt32 ||
		micros == math.MinInt64 && days == math.MinInt32 && months == math.MinInt32
}

// resultPostgreSQL returns the result of a that isn't passed.
func (a *aggregate) resultPostgreSQL(s *state) (datum, error) {
	switch {
	case a.Func == CountDistinct:
		return intOf(s.count), nil
	case a.Func != AddCounts && !s.set:
		return datum{}, nil
	case a.averages():
		return a.average(s)
	}
	switch a.step {
	case takeTruth:
		return boolOf(s.truth), nil
	case addInterval:
		return datum{kind: passedDatum, bytes: s.kept.bytes}, nil
	case addFloat, addReal:
		return floatOf(s.float.sum), nil
	}
	if a.oid == pgtype.NumericOID {
		d, err := s.sum.inRange()
		return numericDatumOf(d), err
	}
	if s.sum.wide != nil {
		return datum{}, integerOutOfRange(pgtype.Int8OID)
	}
	return intOf(s.sum.small), nil
}

func (a *aggregate) average(s *state) (datum, error) {
	if a.oid == pgtype.Float8OID {
		return floatOf(s.float.sum / float64(s.count)), nil
	}
	d, err := s.sum.dividedBy(numericOf(s.count))
	if err != nil {
		return datum{}, err
	}
	d, err = d.inRange()
	return numericDatumOf(d), err
}
