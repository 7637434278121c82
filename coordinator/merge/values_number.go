package merge

import (
	"cmp"
	"encoding/binary"
	"math"
)

// readInt reads a signed integer of 2, 4 or 8 bytes, or SQLite's bool of one.
func readInt(v []byte) (int64, bool) {
	switch len(v) {
	case 8:
		return int64(binary.BigEndian.Uint64(v)), true
	case 4:
		return int64(int32(binary.BigEndian.Uint32(v))), true
	case 2:
		return int64(int16(binary.BigEndian.Uint16(v))), true
	case 1:
		return int64(v[0]), true
	default:
		return 0, false
	}
}

func readOID(v []byte) (int64, bool) {
	if len(v) != 4 {
		return 0, false
	}
	return int64(binary.BigEndian.Uint32(v)), true
}

func readFloat(v []byte) (float64, bool) {
	switch len(v) {
	case 8:
		return math.Float64frombits(binary.BigEndian.Uint64(v)), true
	case 4:
		return float64(math.Float32frombits(binary.BigEndian.Uint32(v))), true
	default:
		return 0, false
	}
}

// compareFloats is float8_cmp_internal: NaN is the greatest and equal to itself, -0 is 0.
func compareFloats(a, b float64) int {
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	case a == b:
		return 0
	default:
		return compareBools(math.IsNaN(a), math.IsNaN(b))
	}
}

func compareBools(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	default:
		return 1
	}
}

// beyondInt is 2⁶³, the first float above all int64.
const beyondInt = 1 << 63

// compareIntFloat compares by value, without rounding either; NaN is the greatest. It agrees with SQLite's
// sqlite3IntFloatCompare, which never sees a NaN.
func compareIntFloat(i int64, f float64) int {
	switch {
	case f >= beyondInt || math.IsNaN(f):
		return -1
	case f < -beyondInt:
		return 1
	}
	whole := math.Trunc(f)
	if c := cmp.Compare(i, int64(whole)); c != 0 {
		return c
	}
	return cmp.Compare(whole, f)
}

// number is an integer or a float.
type number struct {
	isFloat bool
	i       int64
	f       float64
}

// readNumber reads a number of any kind but numeric.
func readNumber(k valueKind, v []byte) (n number, ok bool) {
	switch k {
	case intValue:
		n.i, ok = readInt(v)
	case oidValue:
		n.i, ok = readOID(v)
	case float4Value, float8Value:
		n.isFloat = true
		n.f, ok = readFloat(v)
	}
	return n, ok
}

func compareNumbers(a, b number) int {
	switch {
	case !a.isFloat && !b.isFloat:
		return cmp.Compare(a.i, b.i)
	case a.isFloat && b.isFloat:
		return compareFloats(a.f, b.f)
	case b.isFloat:
		return compareIntFloat(a.i, b.f)
	default:
		return -compareIntFloat(b.i, a.f)
	}
}

// wholeFloat returns the integer that f equals, if there is one.
func wholeFloat(f float64) (int64, bool) {
	if f >= -beyondInt && f < beyondInt && f == math.Trunc(f) {
		return int64(f), true
	}
	return 0, false
}
