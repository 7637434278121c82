package merge

import (
	"encoding/binary"
	"math"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
)

// Tags of identities.
const (
	nullIdentity byte = iota
	intIdentity       // also of a float or numeric that is one
	floatIdentity
	decimalIdentity
	textIdentity
	bytesIdentity
	spanIdentity
	foldedIdentity
)

// appendIdentity appends an encoding of v, which is NULL if it is nil, that is the same for values exactly if the database takes
// them as equal, and from which no other begins. Values of types that meet in one column only when shards differ in engine or schema
// are taken as different, except numbers; a float and a numeric with the same fraction too.
func appendIdentity(dst []byte, dialect messages.Dialect, f *pgconn.FieldDescription, c Collation, v []byte) ([]byte, error) {
	if v == nil {
		return append(dst, nullIdentity), nil
	}
	k := kindOf(dialect, f)
	if f.Format == pgtype.TextFormatCode && k.isParsed() {
		var room [64]byte
		parsed, ok := appendParsed(room[:0], k, v)
		if !ok {
			return dst, unread(f)
		}
		v = parsed
	}
	switch {
	case k.isNumber():
		return appendNumberIdentity(dst, f, k, v)
	case k == textValue, k == blankValue, k == dayText, k == uuidText:
		return appendTextIdentity(dst, f, k, c, v)
	}
	switch k {
	case boolValue, byteaValue, uuidValue, macValue, charValue, dateValue, timeValue, timestampValue, timestamptzValue, moneyValue:
		return appendBytes(dst, bytesIdentity, v), nil
	case networkValue:
		if f.Format == pgtype.BinaryFormatCode {
			return appendBytes(dst, bytesIdentity, v), nil
		}
	case labelValue:
		if c == Labels {
			return appendBytes(dst, textIdentity, v), nil
		}
	case intervalValue:
		s, ok := readSpan(v)
		if !ok {
			return dst, malformed(f.Name, typeNameOf(f))
		}
		dst = binary.BigEndian.AppendUint64(append(dst, spanIdentity), uint64(s.days))
		return binary.BigEndian.AppendUint64(dst, uint64(s.micros)), nil
	case clockText:
		return dst, refused("column %q is declared as a time: SQLite compares the text that is stored, and two texts may be one time: name it in the list of columns, or select +%s", f.Name, f.Name)
	}
	return dst, refused("column %q has type %s, of which it isn't known here when two values are equal", f.Name, typeNameOf(f))
}

func appendNumberIdentity(dst []byte, f *pgconn.FieldDescription, k valueKind, v []byte) ([]byte, error) {
	if k == numericValue {
		d, ok := readDecimal(v)
		if !ok {
			return dst, malformed(f.Name, typeNameOf(f))
		}
		return appendDecimalIdentity(dst, &d), nil
	}
	n, ok := readNumber(k, v)
	if !ok {
		return dst, malformed(f.Name, typeNameOf(f))
	}
	if n.isFloat {
		return appendFloatIdentity(dst, n.f), nil
	}
	return appendIntIdentity(dst, n.i), nil
}

func appendIntIdentity(dst []byte, i int64) []byte {
	return binary.BigEndian.AppendUint64(append(dst, intIdentity), uint64(i))
}

func appendFloatIdentity(dst []byte, f float64) []byte {
	if i, ok := wholeFloat(f); ok {
		return appendIntIdentity(dst, i)
	}
	if math.IsNaN(f) {
		f = math.NaN() // whatever its bits were
	}
	return binary.BigEndian.AppendUint64(append(dst, floatIdentity), math.Float64bits(f))
}

func appendDecimalIdentity(dst []byte, d *decimal) []byte {
	switch d.class {
	case notANumber:
		return appendFloatIdentity(dst, math.NaN())
	case plusInfinity:
		return appendFloatIdentity(dst, math.Inf(1))
	case minusInfinity:
		return appendFloatIdentity(dst, math.Inf(-1))
	}
	if i, ok := d.whole(); ok {
		return appendIntIdentity(dst, i)
	}
	dst = append(dst, decimalIdentity, byte(d.class))
	dst = binary.BigEndian.AppendUint32(dst, uint32(d.weight))
	dst = binary.AppendUvarint(dst, uint64(len(d.digits)))
	return append(dst, d.digits...)
}

func appendTextIdentity(dst []byte, f *pgconn.FieldDescription, k valueKind, c Collation, v []byte) ([]byte, error) {
	if !c.equates() {
		return dst, refused("column %q is compared under %s, which only the database knows: %s", f.Name, c, hintCollate)
	}
	switch k {
	case blankValue:
		v = trimBlanks(v)
	case dayText, uuidText:
		var room [36]byte
		stored, ok := appendStored(room[:0], k, v)
		if !ok {
			return dst, malformed(f.Name, typeNameOf(f))
		}
		v = stored
	}
	switch c {
	case NoCase:
		return appendFolded(dst, v), nil
	case TrimRight:
		v = trimBlanks(v)
	}
	return appendBytes(dst, textIdentity, v), nil
}

// appendFolded appends what NOCASE looks at: the length, and the text up to its first NUL.
func appendFolded(dst, text []byte) []byte {
	dst = binary.AppendUvarint(append(dst, foldedIdentity), uint64(len(text)))
	for _, c := range text {
		dst = append(dst, foldByte(c))
		if c == 0 {
			break
		}
	}
	return dst
}

func appendBytes(dst []byte, tag byte, v []byte) []byte {
	dst = binary.AppendUvarint(append(dst, tag), uint64(len(v)))
	return append(dst, v...)
}
