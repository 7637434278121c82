package merge

import (
	"bytes"
	"cmp"
	"math"

	"github.com/jackc/pgx/v5/pgtype"
)

// arithmetic is one of PostgreSQL's arithmetic operators, with operands that it converts to its own type.
type arithmetic struct {
	op   byte
	oid  uint32 // the type it computes in
	l, r node
}

func (n *arithmetic) eval(at *groupAt) (datum, error) {
	l, r, err := evalBoth(n.l, n.r, at)
	if err != nil || l.kind == nullDatum || r.kind == nullDatum {
		return datum{}, err
	}
	switch n.oid {
	case pgtype.Float8OID:
		a, b, err := asFloats(&l, &r)
		if err != nil {
			return datum{}, err
		}
		f, err := floatArithmetic(n.op, a, b)
		return floatOf(f), err
	case pgtype.Float4OID:
		f, err := realArithmetic(n.op, float32(l.float), float32(r.float))
		return floatOf(float64(f)), err
	case pgtype.NumericOID:
		d, err := numericArithmetic(n.op, l.asNumeric(), r.asNumeric())
		return numericDatumOf(d), err
	default:
		i, err := integerArithmetic(n.op, n.oid, l.int, r.int)
		return intOf(i), err
	}
}

// evalBoth evaluates both operands, as PostgreSQL does before it looks for NULL: the second may be an error though the first is NULL.
func evalBoth(x, y node, at *groupAt) (l, r datum, err error) {
	if l, err = x.eval(at); err != nil {
		return datum{}, datum{}, err
	}
	r, err = y.eval(at)
	return l, r, err
}

// integerArithmetic computes in the integer type oid.
func integerArithmetic(op byte, oid uint32, l, r int64) (int64, error) {
	var i int64
	ok := true
	switch op {
	case '+':
		i, ok = added(l, r)
	case '-':
		i = l - r
		ok = (i < l) == (r > 0)
	case '*':
		i, ok = multiplied(l, r)
	default:
		switch {
		case r == 0:
			return 0, divisionByZero()
		case op == '%' && r == -1:
			return 0, nil
		case op == '%':
			i = l % r
		case r == -1:
			i, ok = -l, l != math.MinInt64
		default:
			i = l / r
		}
	}
	if !ok {
		return 0, integerOutOfRange(oid)
	}
	return checkedInteger(oid, i)
}

// checkedInteger returns i if the integer type oid holds it.
func checkedInteger(oid uint32, i int64) (int64, error) {
	if oid == pgtype.Int4OID && i != int64(int32(i)) || oid == pgtype.Int2OID && i != int64(int16(i)) {
		return 0, integerOutOfRange(oid)
	}
	return i, nil
}

func integerOutOfRange(oid uint32) error {
	switch oid {
	case pgtype.Int2OID:
		return outOfRange("smallint out of range")
	case pgtype.Int4OID:
		return outOfRange("integer out of range")
	default:
		return outOfRange("bigint out of range")
	}
}

func numericArithmetic(op byte, l, r numeric) (numeric, error) {
	var d numeric
	var err error
	switch op {
	case '+':
		d = l.plus(r)
	case '-':
		d = l.plus(r.negated())
	case '*':
		d = l.times(r)
	case '/':
		d, err = l.dividedBy(r)
	default:
		d, err = l.modulo(r)
	}
	if err != nil {
		return numeric{}, err
	}
	return d.inRange()
}

// floatArithmetic computes as float.h does: what overflows or underflows is an error.
func floatArithmetic(op byte, l, r float64) (float64, error) {
	var f float64
	switch op {
	case '+':
		f = l + r
	case '-':
		f = l - r
	case '*':
		f = l * r
	default:
		f = l / r
	}
	return f, floatTrouble(op, l, r, f)
}

// realArithmetic does the same in float4.
func realArithmetic(op byte, l, r float32) (float32, error) {
	var f float32
	switch op {
	case '+':
		f = l + r
	case '-':
		f = l - r
	case '*':
		f = l * r
	default:
		f = l / r
	}
	return f, floatTrouble(op, float64(l), float64(r), float64(f))
}

func floatTrouble(op byte, l, r, f float64) error {
	switch {
	case op == '/' && r == 0 && !math.IsNaN(l):
		return divisionByZero()
	case math.IsInf(f, 0) && !math.IsInf(l, 0) && (op == '/' || !math.IsInf(r, 0)):
		return outOfRange("value out of range: overflow")
	case f == 0 && (op == '*' && l != 0 && r != 0 || op == '/' && l != 0 && !math.IsInf(r, 0)):
		return outOfRange("value out of range: underflow")
	default:
		return nil
	}
}

// minus is the prefix operator.
type minus struct {
	x   node
	oid uint32
}

func (n *minus) eval(at *groupAt) (datum, error) {
	v, err := n.x.eval(at)
	if err != nil {
		return datum{}, err
	}
	switch v.kind {
	case intDatum:
		if v.int == math.MinInt64 {
			return datum{}, integerOutOfRange(n.oid)
		}
		v.int, err = checkedInteger(n.oid, -v.int)
	case floatDatum:
		v.float = -v.float
	case numericDatum:
		v.dec = v.dec.negated()
	}
	return v, err
}

// comparison is one of PostgreSQL's comparison operators between values that have an order: see comparisonOf.
type comparison struct {
	op   string
	l, r node
}

func (n *comparison) eval(at *groupAt) (datum, error) {
	l, r, err := evalBoth(n.l, n.r, at)
	if err != nil || l.kind == nullDatum || r.kind == nullDatum {
		return datum{}, err
	}
	order, err := compareValues(&l, &r)
	return boolOf(holds(n.op, order)), err
}

// compareValues orders two values of types that PostgreSQL compares, neither of which is NULL. Texts are compared bytewise.
func compareValues(l, r *datum) (int, error) {
	switch {
	case l.kind == floatDatum || r.kind == floatDatum:
		a, b, err := asFloats(l, r)
		return compareFloats(a, b), err
	case l.kind == numericDatum || r.kind == numericDatum:
		return l.asNumeric().compare(r.asNumeric()), nil
	case l.kind == textDatum || l.kind == blobDatum:
		return bytes.Compare(l.bytes, r.bytes), nil
	default:
		return cmp.Compare(l.int, r.int), nil
	}
}
