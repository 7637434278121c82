package merge

import (
	"encoding/binary"
	"encoding/hex"
	"math"
	"strconv"
)

// isParsed reports whether a value in PostgreSQL's text form has to be brought into binary form before it is compared.
func (k valueKind) isParsed() bool {
	switch k {
	case opaqueValue, textValue, blankValue, networkValue, labelValue, dayText, uuidText, clockText:
		return false
	default:
		return true
	}
}

// appendParsed appends the binary form of a value's text form. Texts that depend on a setting are read under its default
// (DateStyle ISO, IntervalStyle postgres, bytea_output hex, money with a dollar sign), and in another form are refused.
func appendParsed(dst []byte, k valueKind, text []byte) ([]byte, bool) {
	switch k {
	case boolValue:
		switch string(text) {
		case "t":
			return append(dst, 1), true
		case "f":
			return append(dst, 0), true
		}
		return dst, false
	case intValue:
		n, err := strconv.ParseInt(string(text), 10, 64)
		return binary.BigEndian.AppendUint64(dst, uint64(n)), err == nil
	case oidValue:
		n, err := strconv.ParseUint(string(text), 10, 32)
		return binary.BigEndian.AppendUint32(dst, uint32(n)), err == nil
	case float4Value:
		f, err := strconv.ParseFloat(string(text), 32)
		return binary.BigEndian.AppendUint32(dst, math.Float32bits(float32(f))), err == nil
	case float8Value:
		f, err := strconv.ParseFloat(string(text), 64)
		return binary.BigEndian.AppendUint64(dst, math.Float64bits(f)), err == nil
	case numericValue:
		return appendParsedNumeric(dst, text)
	case byteaValue:
		if len(text) < 2 || text[0] != '\\' || text[1] != 'x' {
			return dst, false
		}
		return appendParsedHex(dst, text[2:])
	case uuidValue, macValue:
		return appendParsedHex(dst, text)
	case charValue:
		return appendParsedChar(dst, text)
	default:
		return appendParsedTime(dst, k, text)
	}
}

func appendParsedNumeric(dst, text []byte) ([]byte, bool) {
	d, _, ok := parseDecimal(text, nil)
	if !ok || d.weight != int(int16(d.weight)) || len(d.digits) > 2*math.MaxUint16 {
		return dst, false
	}
	sign := map[decimalClass]uint16{
		negativeDecimal: signNegative, minusInfinity: signMinusInfinity, plusInfinity: signPlusInfinity, notANumber: signNaN,
	}[d.class]
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(d.digits)/2))
	dst = binary.BigEndian.AppendUint16(dst, uint16(d.weight))
	dst = binary.BigEndian.AppendUint16(dst, sign)
	dst = binary.BigEndian.AppendUint16(dst, 0)
	return append(dst, d.digits...), true
}

// appendParsedHex appends the bytes of pairs of digits, which hyphens and colons may part.
func appendParsedHex(dst, text []byte) ([]byte, bool) {
	for len(text) > 0 {
		if text[0] == '-' || text[0] == ':' {
			text = text[1:]
			continue
		}
		if len(text) < 2 {
			return dst, false
		}
		var b [1]byte
		if _, err := hex.Decode(b[:], text[:2]); err != nil {
			return dst, false
		}
		dst, text = append(dst, b[0]), text[2:]
	}
	return dst, true
}

// appendParsedChar reads a "char": nothing is its zero, and from PostgreSQL 16 on a byte beyond ASCII is in octal digits.
func appendParsedChar(dst, text []byte) ([]byte, bool) {
	switch len(text) {
	case 0:
		return append(dst, 0), true
	case 1:
		return append(dst, text[0]), true
	case 4:
		n, err := strconv.ParseUint(string(text[1:]), 8, 8)
		return append(dst, byte(n)), err == nil && text[0] == '\\'
	default:
		return dst, false
	}
}
