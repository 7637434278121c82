package merge

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"time"
)

// compareTexts compares under a collation that is known here.
func compareTexts(c Collation, a, b []byte) int {
	switch c {
	case NoCase:
		return compareNoCase(a, b)
	case TrimRight:
		return bytes.Compare(trimBlanks(a), trimBlanks(b))
	default:
		return bytes.Compare(a, b)
	}
}

// orders reports whether compareTexts knows the order of texts under c.
func (c Collation) orders() bool { return c == Bytewise || c == NoCase || c == TrimRight }

// equates reports whether it is known which texts are equal under c.
func (c Collation) equates() bool { return c.orders() || c == Locale || c == Labels }

// trimBlanks cuts off spaces, and nothing else that looks like one: PostgreSQL's bcTruelen and SQLite's RTRIM.
func trimBlanks(text []byte) []byte {
	n := len(text)
	for n > 0 && text[n-1] == ' ' {
		n--
	}
	return text[:n]
}

// compareNoCase is SQLite's NOCASE: it stops at a NUL that both have, and then the shorter comes first.
func compareNoCase(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if c := cmp.Compare(foldByte(a[i]), foldByte(b[i])); c != 0 {
			return c
		}
		if a[i] == 0 {
			break
		}
	}
	return cmp.Compare(len(a), len(b))
}

func foldByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// appendStored appends the text that SQLite has stored for a value of kind k.
func appendStored(dst []byte, k valueKind, v []byte) ([]byte, bool) {
	switch {
	case k == textValue:
		return append(dst, v...), true
	case k == dayText && len(v) == 4:
		days := int(int32(binary.BigEndian.Uint32(v)))
		day := time.Date(2000, 1, 1+days, 0, 0, 0, 0, time.UTC)
		if year := day.Year(); year < 0 || year > 9999 {
			return dst, false
		}
		return day.AppendFormat(dst, time.DateOnly), true
	case k == uuidText && len(v) == 16:
		for i, group := range [][]byte{v[:4], v[4:6], v[6:8], v[8:10], v[10:]} {
			if i > 0 {
				dst = append(dst, '-')
			}
			dst = hex.AppendEncode(dst, group)
		}
		return dst, true
	default:
		return dst, false
	}
}
