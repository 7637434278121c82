package merge

import (
	"encoding/binary"
	"math"
)

// head is the beginning of a row's key, in a form that compares as numbers: the lesser head is of the lesser row. Rows with equal
// heads are compared whole.
type head struct {
	prefix uint64
	rank   uint8 // NULL, or the storage class of a SQLite value, or the end of the source
	// whole says that there is no more to the first key's value than the head has.
	whole bool
}

// Ranks of a head. Between them are the storage classes, in the direction of the key.
const (
	rankNullsFirst = 0
	rankClasses    = 1
	rankNullsLast  = 8
	rankEnded      = 9
)

func (h head) sameAs(o head) bool { return h.prefix == o.prefix && h.rank == o.rank }

func (h head) before(o head) bool {
	return h.rank < o.rank || h.rank == o.rank && h.prefix < o.prefix
}

// prefixOf returns a number that is never greater for a lesser value of the same family, in binary form: all numbers are one
// family, all texts of SQLite, and every other kind by itself. whole says that different values have different prefixes.
func prefixOf(k valueKind, c Collation, v []byte) (prefix uint64, whole, ok bool) {
	switch k {
	case intValue, moneyValue, dateValue, timeValue, timestampValue, timestamptzValue:
		if len(v) == 8 {
			return binary.BigEndian.Uint64(v) ^ 1<<63, true, true
		}
		n, ok := readInt(v)
		return uint64(n) ^ 1<<63, true, ok
	case oidValue:
		n, ok := readOID(v)
		return uint64(n) ^ 1<<63, true, ok
	case float4Value, float8Value:
		f, ok := readFloat(v)
		return uint64(wholePart(f)) ^ 1<<63, false, ok
	case numericValue:
		d, ok := readDecimal(v)
		return uint64(d.wholePart()) ^ 1<<63, false, ok
	case intervalValue:
		s, ok := readSpan(v)
		return uint64(s.days) ^ 1<<63, false, ok
	case boolValue, byteaValue, uuidValue, macValue, charValue:
		return firstBytes(v), false, true
	default:
		return textPrefix(k, c, v)
	}
}

func textPrefix(k valueKind, c Collation, v []byte) (prefix uint64, whole, ok bool) {
	switch k {
	case dayText, uuidText:
		var room [36]byte
		stored, ok := appendStored(room[:0], k, v)
		return firstBytes(stored), false, ok
	case blankValue:
		v = trimBlanks(v)
	}
	switch c {
	case NoCase:
		var folded [8]byte
		for i := 0; i < len(v) && i < len(folded) && v[i] != 0; i++ { // what comes after a NUL doesn't count
			folded[i] = foldByte(v[i])
		}
		return firstBytes(folded[:]), false, true
	case TrimRight:
		v = trimBlanks(v)
	}
	return firstBytes(v), false, true
}

// firstBytes returns the first eight bytes of v as a number, with zeros for those that it doesn't have.
func firstBytes(v []byte) uint64 {
	if len(v) >= 8 {
		return binary.BigEndian.Uint64(v)
	}
	var n uint64
	for i, c := range v {
		n |= uint64(c) << (56 - 8*i)
	}
	return n
}

// wholePart returns f without its fraction, or the nearest integer there is. NaN is the greatest float.
func wholePart(f float64) int64 {
	switch {
	case f >= beyondInt || math.IsNaN(f):
		return math.MaxInt64
	case f < -beyondInt:
		return math.MinInt64
	default:
		return int64(f)
	}
}

// wholePart returns d without its fraction, or the nearest integer there is.
func (d *decimal) wholePart() int64 {
	switch d.class {
	case minusInfinity:
		return math.MinInt64
	case zeroDecimal:
		return 0
	case plusInfinity, notANumber:
		return math.MaxInt64
	}
	if d.weight < 0 {
		return 0
	}
	whole := *d
	whole.digits = d.digits[:min(len(d.digits), 2*(d.weight+1))]
	if n, ok := whole.whole(); ok {
		return n
	}
	if d.class == negativeDecimal {
		return math.MinInt64
	}
	return math.MaxInt64
}
