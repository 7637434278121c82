package merge

import (
	"math"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"
)

// castTypes are the types that PostgreSQL's casts are known to.
var castTypes = map[string]uint32{
	"int2": pgtype.Int2OID, "int4": pgtype.Int4OID, "int8": pgtype.Int8OID, "numeric": pgtype.NumericOID,
	"float4": pgtype.Float4OID, "float8": pgtype.Float8OID, "text": pgtype.TextOID, "varchar": pgtype.VarcharOID, "bool": pgtype.BoolOID,
}

func (c *compiler) cast(e Convert) (operand, error) {
	oid, ok := castTypes[e.Type.Name]
	if !ok || e.Type.Precision != 0 && oid != pgtype.NumericOID {
		return operand{}, cannot(hintInGo, "a cast to %s over groups", e.Type.Name)
	}
	x, err := c.postgresql(e.X)
	if err != nil {
		return operand{}, err
	}
	from := x.oid
	result := operand{oid: oid, collation: Locale}
	switch {
	case from == pgtype.UnknownOID:
		result.node, err = c.typedAs(x, oid)
	case from == oid || isText(from) && isText(oid):
		if x.modifier != 0 && e.Type.Precision == 0 {
			return operand{}, cannot(hintInGo, "a cast of %s with a modifier to the type itself", typeName(from))
		}
		result.node, result.collation = x.node, x.collation
	default:
		convert := conversion(from, oid)
		if convert == nil {
			return operand{}, cannot(hintInGo, "a cast of %s to %s over groups", typeName(from), typeName(oid))
		}
		result.node, err = fold(&call{x.node, convert}, x.node)
	}
	if err != nil || e.Type.Precision == 0 {
		return result, err
	}
	precision, scale := e.Type.Precision, e.Type.Scale
	if precision < 0 || precision > 1000 || scale < 0 || scale > precision { // a negative scale is for newer versions
		return operand{}, cannot(hintInGo, "a cast to numeric(%d, %d) over groups", precision, scale)
	}
	result.modifier = precision<<16 | scale + 4 + 1
	result.node, err = fold(&call{result.node, func(v datum) (datum, error) {
		d, err := v.dec.within(precision, scale)
		return numericDatumOf(d), err
	}}, result.node)
	return result, err
}

// conversion returns PostgreSQL's cast between two different types; nil if there is none, or it isn't known.
func conversion(from, to uint32) func(datum) (datum, error) {
	switch {
	case isNumber(from) && isNumber(to):
		return func(v datum) (datum, error) { return convertNumber(v, from, to) }
	case from == pgtype.Int4OID && to == pgtype.BoolOID:
		return func(v datum) (datum, error) { return boolOf(v.int != 0), nil }
	case from == pgtype.BoolOID && to == pgtype.Int4OID:
		return func(v datum) (datum, error) { return intOf(v.int), nil }
	case isText(from) && (isNumber(to) || to == pgtype.BoolOID):
		return func(v datum) (datum, error) { return literalAs(string(v.bytes), to) }
	case isText(to) && (integerSize(from) > 0 || from == pgtype.NumericOID || from == pgtype.BoolOID):
		// How floats are shown depends on extra_float_digits.
		return func(v datum) (datum, error) { return datum{kind: textDatum, bytes: v.text()}, nil }
	default:
		return nil
	}
}

// text returns what a cast to text makes of a bool, an integer or a numeric.
func (v *datum) text() []byte {
	switch v.kind {
	case boolDatum:
		return strconv.AppendBool(nil, v.int != 0)
	case intDatum:
		return strconv.AppendInt(nil, v.int, 10)
	default:
		return v.dec.text()
	}
}

// convertNumber converts between two types of numbers, as PostgreSQL's casts do.
func convertNumber(v datum, from, to uint32) (datum, error) {
	switch {
	case v.kind == nullDatum:
		return v, nil
	case integerSize(to) > 0:
		i, err := v.integer(to)
		return intOf(i), err
	case to == pgtype.NumericOID && isFloat(from):
		return floatNumeric(v.float, from)
	case to == pgtype.NumericOID:
		return numericDatumOf(v.asNumeric()), nil
	case to == pgtype.Float4OID:
		f, err := v.real()
		return floatOf(f), err
	default:
		f, err := v.asFloat()
		return floatOf(f), err
	}
}

// integer rounds to the integer type oid: floats half to even, numerics half away from zero.
func (v *datum) integer(oid uint32) (int64, error) {
	switch v.kind {
	case floatDatum:
		f := math.RoundToEven(v.float)
		if !floatFits(f) {
			return 0, integerOutOfRange(oid)
		}
		return checkedInteger(oid, int64(f))
	case numericDatum:
		if v.dec.class != numericFinite {
			return 0, sqlstate("0A000", "cannot convert what isn't a finite number to an integer")
		}
		d := v.dec.rounded(0)
		if d.wide != nil {
			return 0, integerOutOfRange(oid)
		}
		return checkedInteger(oid, d.small)
	default:
		return checkedInteger(oid, v.int)
	}
}

// real converts to float4, whose values are held as float64.
func (v *datum) real() (float64, error) {
	switch {
	case v.kind == intDatum:
		return float64(float32(v.int)), nil
	case v.kind == numericDatum && v.dec.class == numericFinite:
		f, err := strconv.ParseFloat(string(v.dec.text()), 32)
		if err != nil || f == 0 && v.dec.sign() != 0 {
			return 0, outOfRange("value is out of range for type real")
		}
		return f, nil
	}
	wide, err := v.asFloat()
	f := float64(float32(wide))
	switch {
	case err != nil:
		return 0, err
	case math.IsInf(f, 0) && !math.IsInf(wide, 0):
		return 0, outOfRange("value out of range: overflow")
	case f == 0 && wide != 0:
		return 0, outOfRange("value out of range: underflow")
	}
	return f, nil
}

// floatNumeric converts a float of type oid to numeric, by the 15 digits (of a float4 6) that PostgreSQL takes of it.
func floatNumeric(f float64, oid uint32) (datum, error) {
	switch {
	case math.IsNaN(f):
		return numericDatumOf(numeric{class: numericNaN}), nil
	case math.IsInf(f, 0):
		return datum{}, cannot("cast it in Go", "a cast of an infinite float to numeric, on which versions of PostgreSQL differ,")
	}
	digits := 15
	if oid == pgtype.Float4OID {
		digits = 6
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(f, 'e', digits-1, 64), "e")
	mantissa = strings.TrimSuffix(strings.TrimRight(mantissa, "0"), ".")
	d, ok := parseNumeric(mantissa + "e" + exponent)
	if !ok {
		return datum{}, cannot("cast it in Go", "a cast of %v to numeric", f)
	}
	return numericDatumOf(d), nil
}
