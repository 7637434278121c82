package statement

import (
	"math"
	"strconv"
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/keyset"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// operandOf returns the constant that an expression is in a comparison with a key of a type: a literal, a parameter, or one
// of these under casts that don't change a value of that type.
func operandOf(e tree.Expr, t keyset.Type, d messages.Dialect) (keyset.Operand, bool) {
	for {
		e = tree.Bare(e)
		c, ok := e.(*tree.Cast)
		if !ok {
			return operandUncast(e)
		}
		if c.Type.Dimensions != 0 || !identity(c.Type, t, d) {
			return keyset.Operand{}, false
		}
		e = c.X
	}
}

// operandUncast returns the literal or parameter that an expression is.
func operandUncast(e tree.Expr) (keyset.Operand, bool) {
	switch e := tree.Bare(e).(type) {
	case *tree.Param:
		return parameterOf(e), e.Ordinal > 0 || e.Name != ""
	case *tree.Literal:
		return numberOf(e.Value, false)
	case *tree.Unary:
		number, ok := tree.Bare(e.X).(*tree.Literal)
		if !ok || e.Postfix || e.Op != "-" && e.Op != "+" {
			return keyset.Operand{}, false
		}
		switch number.Value.(type) {
		case int64, tree.Number:
			return numberOf(number.Value, e.Op == "-")
		}
	}
	return keyset.Operand{}, false
}

func parameterOf(p *tree.Param) keyset.Operand {
	if p.Name != "" {
		return keyset.Operand{Name: p.Name[1:]}
	}
	return keyset.Operand{Ordinal: p.Ordinal}
}

// numberOf returns a literal as Go has it: what isn't an int64 is a float64, and no key.
func numberOf(v any, minus bool) (keyset.Operand, bool) {
	switch n := v.(type) {
	case int64:
		switch {
		case !minus:
		case n == math.MinInt64:
			v = -float64(n)
		default:
			v = -n
		}
	case tree.Number:
		if minus {
			if i, err := strconv.ParseInt("-"+string(n), 10, 64); err == nil {
				return keyset.Operand{Literal: i}, true
			}
		}
		f, err := strconv.ParseFloat(strings.ReplaceAll(string(n), "_", ""), 64)
		if err != nil {
			return keyset.Operand{}, false
		}
		if minus {
			f = -f
		}
		v = f
	}
	return keyset.Operand{Literal: v}, true
}

// identity reports whether a cast to a type, array bounds aside, leaves every value of a key's type as it is, or fails. SQLite
// takes an unknown type for a number.
func identity(to tree.TypeName, t keyset.Type, d messages.Dialect) bool {
	if to.Qualified || to.Modified {
		return false
	}
	switch t {
	case keyset.Integer:
		switch to.Name {
		case "int", "int2", "int4", "int8", "integer", "smallint", "bigint":
			return true
		}
	case keyset.Text:
		return to.Name == "text" || to.Name == "varchar" || to.Name == "character varying"
	case keyset.UUID:
		return to.Name == "uuid" && d == messages.PostgreSQL || to.Name == "text" && d == messages.SQLite
	case keyset.Bytes:
		return to.Name == "bytea" && d == messages.PostgreSQL || to.Name == "blob" && d == messages.SQLite
	}
	return false
}
