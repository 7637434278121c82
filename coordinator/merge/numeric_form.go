package merge

import (
	"encoding/binary"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// The signs of numeric's binary form.
const (
	wirePositive         = 0x0000
	wireNegative         = 0x4000
	wireNotANumber       = 0xc000
	wirePositiveInfinity = 0xd000
	wireNegativeInfinity = 0xf000
	infinityScale        = 0x20 // a bit of the sign that servers send as the scale as well
)

// readNumeric decodes PostgreSQL's binary form: the count of digits to the base 10,000, the weight of the first, the sign, the
// scale, the digits. It returns false for anything else.
func readNumeric(v []byte) (numeric, bool) {
	if len(v) < 8 {
		return numeric{}, false
	}
	n, weight := int(binary.BigEndian.Uint16(v)), int(int16(binary.BigEndian.Uint16(v[2:])))
	sign, scale := binary.BigEndian.Uint16(v[4:]), int(binary.BigEndian.Uint16(v[6:]))
	switch sign {
	case wirePositive, wireNegative:
	case wireNotANumber:
		return numeric{class: numericNaN}, true
	case wirePositiveInfinity:
		return numeric{class: numericInfinity}, true
	case wireNegativeInfinity:
		return numeric{class: numericMinusInfinity}, true
	default:
		return numeric{}, false
	}
	digits := v[8:]
	if len(digits) != 2*n || scale > maxScale {
		return numeric{}, false
	}
	if n == 0 {
		return numeric{scale: int32(scale)}, true
	}
	d, ok := readDigits(digits, 4*(weight-n+1)+scale)
	d.scale = int32(scale)
	if sign == wireNegative {
		d = d.negated()
	}
	return d, ok
}

// readDigits returns digits, to the base 10,000, times 10^exponent, which is a whole number.
func readDigits(digits []byte, exponent int) (numeric, bool) {
	const most = (math.MaxInt64 - 9999) / 10000
	var c int64
	for i := 0; i < len(digits); i += 2 {
		digit := int64(binary.BigEndian.Uint16(digits[i:]))
		if digit > 9999 {
			return numeric{}, false
		}
		if c > most {
			return readWideDigits(digits, exponent)
		}
		c = c*10000 + digit
	}
	if exponent < 0 {
		if -exponent >= 4 || c%smallPowers[-exponent] != 0 {
			return numeric{}, false // there are digits beyond the scale
		}
		return numeric{small: c / smallPowers[-exponent]}, true
	}
	if exponent < len(smallPowers) {
		if c, ok := multiplied(c, smallPowers[exponent]); ok {
			return numeric{small: c}, true
		}
	}
	return wideNumeric(new(big.Int).Mul(big.NewInt(c), power10(exponent)), 0), true
}

func readWideDigits(digits []byte, exponent int) (numeric, bool) {
	text := make([]byte, 0, 2*len(digits)+max(exponent, 0))
	for i := 0; i < len(digits); i += 2 {
		digit := binary.BigEndian.Uint16(digits[i:])
		if digit > 9999 {
			return numeric{}, false
		}
		text = append(text, '0'+byte(digit/1000), '0'+byte(digit/100%10), '0'+byte(digit/10%10), '0'+byte(digit%10))
	}
	for ; exponent > 0; exponent-- {
		text = append(text, '0')
	}
	for ; exponent < 0; exponent++ {
		if exponent <= -4 || text[len(text)-1] != '0' {
			return numeric{}, false
		}
		text = text[:len(text)-1]
	}
	c, ok := new(big.Int).SetString(string(text), 10)
	if !ok {
		return numeric{}, false
	}
	return wideNumeric(c, 0), true
}

// digits appends the digits of the coefficient, without a sign.
func (d numeric) digits(dst []byte) []byte {
	if d.wide == nil {
		return strconv.AppendUint(dst, magnitude(d.small), 10)
	}
	at := len(dst)
	dst = d.wide.Append(dst, 10)
	if dst[at] == '-' {
		dst = append(dst[:at], dst[at+1:]...)
	}
	return dst
}

// append appends PostgreSQL's binary form.
func (d numeric) append(dst []byte) []byte {
	switch d.class {
	case numericNaN:
		return appendHead(dst, 0, 0, wireNotANumber, 0)
	case numericInfinity:
		return appendHead(dst, 0, 0, wirePositiveInfinity, infinityScale)
	case numericMinusInfinity:
		return appendHead(dst, 0, 0, wireNegativeInfinity, infinityScale)
	}
	if d.sign() == 0 {
		return appendHead(dst, 0, 0, wirePositive, d.scale)
	}
	var room [48]byte
	text := append(room[:0], "000"...)
	text = d.digits(text)
	for range (4 - d.scale%4) % 4 {
		text = append(text, '0') // the last digit to the base 10,000 ends on the point, or a multiple of 4 after it
	}
	text = text[len(text)%4:] // as many of the leading zeros stay as fill the first one
	weight := len(text)/4 - 1 - (int(d.scale)+3)/4
	for len(text) > 0 && isZeros(text[:4]) {
		text = text[4:]
		weight--
	}
	for isZeros(text[len(text)-4:]) {
		text = text[:len(text)-4]
	}
	sign := wirePositive
	if d.sign() < 0 {
		sign = wireNegative
	}
	dst = appendHead(dst, len(text)/4, weight, sign, d.scale)
	for ; len(text) > 0; text = text[4:] {
		digit := (uint16(text[0]-'0')*10+uint16(text[1]-'0'))*100 + uint16(text[2]-'0')*10 + uint16(text[3]-'0')
		dst = binary.BigEndian.AppendUint16(dst, digit)
	}
	return dst
}

func isZeros(digits []byte) bool { return string(digits) == "0000" }

func appendHead(dst []byte, digits, weight, sign int, scale int32) []byte {
	dst = binary.BigEndian.AppendUint16(dst, uint16(digits))
	dst = binary.BigEndian.AppendUint16(dst, uint16(int16(weight)))
	dst = binary.BigEndian.AppendUint16(dst, uint16(sign))
	return binary.BigEndian.AppendUint16(dst, uint16(scale))
}

// float returns the nearest float8, or the error of PostgreSQL's cast if it is out of range.
func (d numeric) float() (float64, error) {
	switch d.class {
	case numericNaN:
		return math.NaN(), nil
	case numericInfinity, numericMinusInfinity:
		return math.Inf(int(d.class)), nil
	}
	if d.wide == nil && d.scale == 0 {
		return float64(d.small), nil
	}
	text := make([]byte, 0, 48)
	if d.sign() < 0 {
		text = append(text, '-')
	}
	text = append(d.digits(text), 'e')
	f, err := strconv.ParseFloat(string(strconv.AppendInt(text, -int64(d.scale), 10)), 64)
	if err != nil || f == 0 && d.sign() != 0 {
		return 0, outOfRange("value is out of range for type double precision")
	}
	return f, nil
}

// parseNumeric reads a number as PostgreSQL's numeric does, in the forms that all of its versions take.
func parseNumeric(s string) (numeric, bool) {
	switch strings.ToLower(s) {
	case "nan":
		return numeric{class: numericNaN}, true
	case "infinity", "+infinity", "inf", "+inf":
		return numeric{class: numericInfinity}, true
	case "-infinity", "-inf":
		return numeric{class: numericMinusInfinity}, true
	}
	negative := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	if !negative {
		s = strings.TrimPrefix(s, "+")
	}
	mantissa, power, hasPower := strings.Cut(strings.ReplaceAll(s, "E", "e"), "e")
	exponent := 0
	if hasPower {
		var err error
		if exponent, err = strconv.Atoi(power); err != nil || exponent > maxWholeDigits || exponent < -maxScale {
			return numeric{}, false
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	scale := len(fraction) - exponent
	if digits == "" || strings.Trim(digits, "0123456789") != "" || scale > maxScale || len(digits) > maxWholeDigits+maxScale {
		return numeric{}, false
	}
	c, _ := new(big.Int).SetString(digits, 10)
	if scale < 0 {
		c.Mul(c, power10(-scale))
		scale = 0
	}
	if negative {
		c.Neg(c)
	}
	d, err := wideNumeric(c, int32(scale)).inRange()
	return d, err == nil
}
