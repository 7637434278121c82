package merge

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
)

// sqliteTruth is a condition's value: SQLite has no type for it.
func sqliteTruth(b bool) datum {
	v := boolOf(b)
	v.kind = intDatum
	return v
}

// sqlite compiles e as SQLite would. The types of values are those of each row, so most refusals come with a row.
func (c *compiler) sqlite(e Expr) (node, error) {
	switch e := e.(type) {
	case KeyRef:
		return &keyNode{index: e.Index}, nil
	case AggregateRef:
		return &aggregateNode{index: e.Index}, nil
	case Constant:
		return sqliteConstant(e.Value)
	case Argument:
		return c.sqliteArgument(e.Ordinal)
	case Operation:
		return c.sqliteOperation(e)
	case Junction:
		n := &junction{or: e.Or, truth: sqliteTruth}
		for _, arg := range e.Args {
			x, err := c.sqlite(arg)
			if err != nil {
				return nil, err
			}
			n.args = append(n.args, x)
		}
		return n, nil
	case Negation:
		x, err := c.sqlite(e.X)
		return &negation{x, sqliteTruth}, err
	case NullTest:
		x, err := c.sqlite(e.X)
		return &nullTest{x, e.Not, sqliteTruth}, err
	default:
		return c.sqliteChoice(e)
	}
}

func sqliteConstant(v any) (node, error) {
	var k known
	switch v := v.(type) {
	case nil:
	case bool:
		k = known(sqliteTruth(v))
	case int64:
		k = known(intOf(v))
	case string:
		k = known(datum{kind: textDatum, bytes: []byte(v)})
	case Number:
		if i, err := strconv.ParseInt(string(v), 10, 64); err == nil {
			k = known(intOf(i))
			break
		}
		f, err := strconv.ParseFloat(string(v), 64)
		if err != nil || strings.ContainsAny(string(v), "xX_") || !sqliteReadsExactly(string(v)) {
			return nil, cannot("write it with fewer digits, or pass it as an argument", "the number %s", string(v))
		}
		k = known(floatOf(f))
	default:
		return nil, cannot(hintInGo, "a constant of type %T over groups", v)
	}
	return &k, nil
}

// sqliteReadsExactly reports whether SQLite reads the number as the nearest float, as Go does: that is certain where a
// float holds the digits and the power of ten.
func sqliteReadsExactly(number string) bool {
	digits, power, _ := strings.Cut(strings.ToLower(strings.TrimLeft(number, "+-")), "e")
	whole, fraction, _ := strings.Cut(digits, ".")
	exponent := 0
	if power != "" {
		var err error
		if exponent, err = strconv.Atoi(power); err != nil {
			return false
		}
	}
	exponent -= len(fraction)
	n := len(strings.TrimLeft(whole+fraction, "0"))
	return n <= 15 && exponent >= -22 && exponent <= 22 || n <= 19 && exponent == 0
}

func (c *compiler) sqliteArgument(ordinal int) (node, error) {
	if ordinal < 1 || ordinal > len(c.args) {
		return nil, cannot("give as many arguments as the statement has", "argument %d wasn't given", ordinal)
	}
	plain, err := plainArgument(messages.SQLite, ordinal, c.args[ordinal-1])
	if err != nil {
		return nil, err
	}
	switch {
	case plain.isTime, plain.kind == numericDatum, plain.kind == floatDatum && math.IsNaN(plain.float):
		return nil, cannot(hintInGo, "argument %d of type %T in an expression over groups", ordinal, c.args[ordinal-1])
	case plain.kind == boolDatum:
		plain.kind = intDatum
	}
	k := known(plain.datum)
	return &k, nil
}

func (c *compiler) sqliteOperation(e Operation) (node, error) {
	if e.L == nil {
		if k, ok := negative(e.R); ok && e.Op == "-" {
			return sqliteConstant(k.Value)
		}
		switch e.Op {
		case "+":
			return c.sqlite(e.R)
		case "-":
			e.L = Constant{int64(0)} // as SQLite does
		}
	}
	if !isComparison(e.Op) && !isArithmetic(e.Op) || e.L == nil {
		return nil, cannot(hintInGo, "the operator %s over groups", e.Op)
	}
	l, err := c.sqlite(e.L)
	if err != nil {
		return nil, err
	}
	r, err := c.sqlite(e.R)
	if err != nil {
		return nil, err
	}
	if isComparison(e.Op) {
		n := &sqliteComparison{op: e.Op, l: l, r: r, column: c.hasAffinity(e.L) || c.hasAffinity(e.R)}
		n.bytewise = c.bytewise(e.L) && c.bytewise(e.R)
		return n, nil
	}
	for _, side := range []Expr{e.L, e.R} {
		if c.hidesIntegers(side) {
			return nil, cannot("group by +column, or compute it in Go", "arithmetic on a column of a floating or numeric type")
		}
	}
	return &sqliteArithmetic{op: e.Op[0], l: l, r: r}, nil
}

// hasAffinity reports whether SQLite may convert a text that e is compared with, or e itself: that depends on a column's declared
// type, which isn't known exactly here. Results of functions and operators have no affinity.
func (c *compiler) hasAffinity(e Expr) bool {
	switch e := e.(type) {
	case KeyRef:
		return true
	case AggregateRef:
		return c.groups.aggregates[e.Index].Func == Any
	case Operation:
		return e.L == nil && e.Op == "+" && c.hasAffinity(e.R)
	case Convert:
		return true // that of the type
	case Coalesce, NullIf, CaseWhen, Function:
		return slices.ContainsFunc(parts(e), c.hasAffinity)
	default:
		return false
	}
}

// hidesIntegers reports whether e may be an integer that the shard passes on as a float: see the backend's declaredAs.
func (c *compiler) hidesIntegers(e Expr) bool {
	column := -1
	switch e := e.(type) {
	case KeyRef:
		column = c.groups.keys[e.Index].column
	case AggregateRef:
		if a := &c.groups.aggregates[e.Index]; a.Func == Any {
			column = a.Column
		}
	case Operation:
		return e.L == nil && e.Op == "+" && c.hidesIntegers(e.R)
	}
	return column >= 0 && c.groups.declared.Fields[column].DataTypeOID == pgtype.Float8OID
}

// bytewise reports whether a text of e compares bytewise with a literal.
func (c *compiler) bytewise(e Expr) bool {
	switch e := e.(type) {
	case KeyRef:
		return c.groups.keys[e.Index].collation == Bytewise
	case AggregateRef:
		a := &c.groups.aggregates[e.Index]
		return a.collation == Bytewise || a.Func != Any && a.Func != Min && a.Func != Max
	case Operation:
		return e.L != nil || c.bytewise(e.R)
	case Coalesce, NullIf, CaseWhen, Convert, Function:
		return !slices.ContainsFunc(parts(e), func(part Expr) bool { return !c.bytewise(part) })
	default:
		return true
	}
}
