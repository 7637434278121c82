package merge

import (
	"bytes"
	"cmp"
	"math"
	"strings"
)

// sqliteArithmetic is one of SQLite's arithmetic operators.
type sqliteArithmetic struct {
	op   byte
	l, r node
}

func (n *sqliteArithmetic) eval(at *groupAt) (datum, error) {
	l, err := n.l.eval(at)
	if err != nil {
		return datum{}, err
	}
	r, err := n.r.eval(at)
	if err != nil || l.kind == nullDatum || r.kind == nullDatum {
		return datum{}, err
	}
	for _, side := range []*datum{&l, &r} {
		if side.kind != intDatum && side.kind != floatDatum {
			return datum{}, cannot(hintInGo, "arithmetic on what isn't a number over groups")
		}
	}
	if l.kind == intDatum && r.kind == intDatum {
		if v, ok := sqliteIntegers(n.op, l.int, r.int); ok {
			return v, nil
		}
	}
	a, b, err := asFloats(&l, &r)
	if err != nil {
		return datum{}, err
	}
	return sqliteFloats(n.op, &l, &r, a, b), nil
}

// sqliteIntegers computes with integers; ok is false if an int64 doesn't hold the result, and then it is a float.
func sqliteIntegers(op byte, l, r int64) (v datum, ok bool) {
	v.kind, ok = intDatum, true
	switch op {
	case '+':
		v.int, ok = added(l, r)
	case '-':
		v.int = l - r
		ok = (v.int < l) == (r > 0)
	case '*':
		v.int, ok = multiplied(l, r)
	default:
		switch {
		case r == 0:
			return datum{}, true
		case op == '/' && r == -1 && l == math.MinInt64:
			return datum{}, false
		case op == '/':
			v.int = l / r
		case r != -1:
			v.int = l % r
		}
	}
	return v, ok
}

// sqliteFloats computes with l and r as the floats a and b.
func sqliteFloats(op byte, l, r *datum, a, b float64) datum {
	var f float64
	switch op {
	case '+':
		f = a + b
	case '-':
		f = a - b
	case '*':
		f = a * b
	case '/':
		if b == 0 {
			return datum{}
		}
		f = a / b
	default:
		i, by := sqliteInteger(l), sqliteInteger(r)
		switch by {
		case 0:
			return datum{}
		case -1:
			by = 1
		}
		f = float64(i % by)
	}
	if math.IsNaN(f) {
		return datum{}
	}
	return floatOf(f)
}

// sqliteInteger is SQLite's cast to an integer.
func sqliteInteger(v *datum) int64 {
	switch {
	case v.kind == intDatum:
		return v.int
	case v.float < -math.MaxInt64:
		return math.MinInt64
	case v.float > math.MaxInt64-1024:
		return math.MaxInt64
	default:
		return int64(v.float)
	}
}

// sqliteComparison is one of SQLite's comparison operators.
type sqliteComparison struct {
	op       string
	l, r     node
	column   bool // a side may have an affinity
	bytewise bool
}

func (n *sqliteComparison) eval(at *groupAt) (datum, error) {
	l, err := n.l.eval(at)
	if err != nil {
		return datum{}, err
	}
	r, err := n.r.eval(at)
	if err != nil || l.kind == nullDatum || r.kind == nullDatum {
		return datum{}, err
	}
	if l.kind == passedDatum || r.kind == passedDatum {
		return datum{}, cannot(hintInGo, "a comparison of values that are declared as times, uuid or json over groups")
	}
	if l.kind == textDatum || r.kind == textDatum {
		switch {
		case n.column && (l.class() < 2 || r.class() < 2 || looksNumeric(&l) || looksNumeric(&r)):
			return datum{}, cannot("compare it in WHERE, where each shard does it", "the comparison of a column with a text, which SQLite may convert")
		case l.kind == r.kind && !n.bytewise:
			return datum{}, cannot("compare it in WHERE, where each shard does it", "the comparison of texts that may have a collation")
		}
	}
	return sqliteTruth(holds(n.op, compareSQLite(&l, &r))), nil
}

// looksNumeric reports whether an affinity may make a number of v.
func looksNumeric(v *datum) bool {
	if v.kind != textDatum {
		return false
	}
	text := bytes.Trim(v.bytes, " \t\n\r\v\f")
	return len(text) > 0 && strings.IndexByte("+-.0123456789", text[0]) >= 0
}

// class orders SQLite's storage classes: NULL, number, text, blob.
func (v *datum) class() int {
	switch v.kind {
	case nullDatum:
		return 0
	case textDatum:
		return 2
	case blobDatum:
		return 3
	default:
		return 1
	}
}

// compareSQLite orders two values by storage class, numbers by their exact value, texts bytewise.
func compareSQLite(l, r *datum) int {
	switch a, b := l.class(), r.class(); {
	case a != b:
		return cmp.Compare(a, b)
	case a > 1:
		return bytes.Compare(l.bytes, r.bytes)
	case l.kind == intDatum && r.kind == intDatum:
		return cmp.Compare(l.int, r.int)
	case l.kind == intDatum:
		return compareIntFloat(l.int, r.float)
	case r.kind == intDatum:
		return -compareIntFloat(r.int, l.float)
	default:
		return cmp.Compare(l.float, r.float)
	}
}
