package merge

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math"
	"strconv"
)

// decimal is a PostgreSQL numeric by its value: 1.0 is 1.00.
type decimal struct {
	class  decimalClass
	weight int // of the first digit, in powers of 10,000
	// digits are in base 10,000, two big-endian bytes each, without zeros at either end, so that their order is that of
	// the bytes. They may point into the value that was read.
	digits []byte
}

// decimalClass orders what the digits don't.
type decimalClass int8

const (
	minusInfinity decimalClass = iota
	negativeDecimal
	zeroDecimal
	positiveDecimal
	plusInfinity
	notANumber
)

// Signs of a numeric on the wire.
const (
	signPositive      = 0x0000
	signNegative      = 0x4000
	signNaN           = 0xC000
	signPlusInfinity  = 0xD000
	signMinusInfinity = 0xF000
)

// readDecimal reads a numeric's binary form.
func readDecimal(v []byte) (d decimal, ok bool) {
	if len(v) < 8 {
		return d, false
	}
	count, weight, sign := binary.BigEndian.Uint16(v), int16(binary.BigEndian.Uint16(v[2:])), binary.BigEndian.Uint16(v[4:])
	digits := v[8:]
	if len(digits) != 2*int(count) {
		return d, false
	}
	switch sign {
	case signNaN:
		return decimal{class: notANumber}, true
	case signPlusInfinity:
		return decimal{class: plusInfinity}, true
	case signMinusInfinity:
		return decimal{class: minusInfinity}, true
	case signPositive, signNegative:
		return trimmedDecimal(sign == signNegative, int(weight), digits), true
	default:
		return d, false
	}
}

func trimmedDecimal(negative bool, weight int, digits []byte) decimal {
	for len(digits) >= 2 && digits[0] == 0 && digits[1] == 0 {
		digits, weight = digits[2:], weight-1
	}
	for n := len(digits); n >= 2 && digits[n-1] == 0 && digits[n-2] == 0; n = len(digits) {
		digits = digits[:n-2]
	}
	switch {
	case len(digits) == 0:
		return decimal{class: zeroDecimal}
	case negative:
		return decimal{class: negativeDecimal, weight: weight, digits: digits}
	default:
		return decimal{class: positiveDecimal, weight: weight, digits: digits}
	}
}

func compareDecimals(a, b *decimal) int {
	if a.class != b.class {
		return cmp.Compare(a.class, b.class)
	}
	switch a.class {
	case positiveDecimal:
		return compareMagnitudes(a, b)
	case negativeDecimal:
		return compareMagnitudes(b, a)
	default:
		return 0
	}
}

func compareMagnitudes(a, b *decimal) int {
	if a.weight != b.weight {
		return cmp.Compare(a.weight, b.weight)
	}
	return bytes.Compare(a.digits, b.digits)
}

// whole returns the int64 that d equals, if there is one.
func (d *decimal) whole() (int64, bool) {
	const most = 5 // base-10,000 digits of an int64
	switch {
	case d.class == zeroDecimal:
		return 0, true
	case d.class != negativeDecimal && d.class != positiveDecimal, d.weight >= most || d.weight < 0, len(d.digits) > 2*(d.weight+1):
		return 0, false
	}
	var n uint64
	for i := range d.weight + 1 {
		digit := uint64(0)
		if 2*i < len(d.digits) {
			digit = uint64(binary.BigEndian.Uint16(d.digits[2*i:]))
		}
		if n > (math.MaxUint64-digit)/10_000 {
			return 0, false
		}
		n = n*10_000 + digit
	}
	switch {
	case d.class == negativeDecimal && n <= 1<<63:
		return -int64(n), true
	case d.class == positiveDecimal && n < 1<<63:
		return int64(n), true
	default:
		return 0, false
	}
}

// decimalOf returns n as a decimal, exactly, with its digits in room, which is returned for the next time.
func decimalOf(n number, room []byte) (decimal, []byte) {
	var text [1100]byte // a float's whole expansion has 1,074 digits after the point at most
	if !n.isFloat {
		return mustDecimal(strconv.AppendInt(text[:0], n.i, 10), room)
	}
	switch {
	case math.IsNaN(n.f):
		return decimal{class: notANumber}, room
	case math.IsInf(n.f, 1):
		return decimal{class: plusInfinity}, room
	case math.IsInf(n.f, -1):
		return decimal{class: minusInfinity}, room
	}
	return mustDecimal(strconv.AppendFloat(text[:0], n.f, 'f', 1074, 64), room)
}

func mustDecimal(text, room []byte) (decimal, []byte) {
	d, room, _ := parseDecimal(text, room) // what strconv writes can be read
	return d, room
}

// parseDecimal reads a numeric's text, with its digits in room.
func parseDecimal(text, room []byte) (decimal, []byte, bool) {
	switch string(text) {
	case "NaN":
		return decimal{class: notANumber}, room, true
	case "Infinity":
		return decimal{class: plusInfinity}, room, true
	case "-Infinity":
		return decimal{class: minusInfinity}, room, true
	}
	negative := len(text) > 0 && text[0] == '-'
	if negative {
		text = text[1:]
	}
	whole, fraction, pointed := bytes.Cut(text, []byte{'.'})
	if len(whole)+len(fraction) == 0 || pointed && len(fraction) == 0 || !allDigits(whole) || !allDigits(fraction) {
		return decimal{}, room, false
	}
	places := (len(whole) + 3) / 4
	room = room[:0]
	for i := -(places*4 - len(whole)); i < len(whole); i += 4 {
		room = appendDigit(room, whole, i)
	}
	for i := 0; i < len(fraction); i += 4 {
		room = appendDigit(room, fraction, i)
	}
	return trimmedDecimal(negative, places-1, room), room, true
}

// appendDigit appends the base-10,000 digit of the four characters of text from i on; those beside text are zeros.
func appendDigit(dst, text []byte, i int) []byte {
	var digit uint16
	for j := i; j < i+4; j++ {
		digit *= 10
		if j >= 0 && j < len(text) {
			digit += uint16(text[j] - '0')
		}
	}
	return binary.BigEndian.AppendUint16(dst, digit)
}

func allDigits(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
