package statement

import (
	"encoding/hex"
	"math"
	"strconv"
	"strings"

	"github.com/sqlc-dev/meyer/ast"
)

// constants returns the operands that list is, or false if one isn't a literal or a parameter.
func constants(list ...ast.Expr) ([]operand, bool) {
	operands := make([]operand, 0, len(list))
	for _, e := range list {
		o, ok := constant(e)
		if !ok {
			return nil, false
		}
		operands = append(operands, o)
	}
	return operands, true
}

func constant(e ast.Expr) (operand, bool) {
	switch n := unwrap(e).(type) {
	case *ast.BindParam:
		return parameter(n)
	case *ast.Literal:
		v, ok := literal(n, false)
		return operand{literal: v}, ok
	case *ast.UnaryExpr:
		number, ok := unwrap(n.X).(*ast.Literal)
		if !ok || n.Op != ast.OpMinus && n.Op != ast.OpPlus ||
			number.Kind != ast.LitInteger && number.Kind != ast.LitFloat {
			return operand{}, false
		}
		v, ok := literal(number, n.Op == ast.OpMinus)
		return operand{literal: v}, ok
	default:
		return operand{}, false
	}
}

// parameter follows the rules of the executor: "$2" is the second argument whatever SQLite numbers it.
func parameter(n *ast.BindParam) (operand, bool) {
	switch n.Kind {
	case ast.ParamAnon, ast.ParamNumber:
		return operand{number: n.Number}, n.Number > 0
	case ast.ParamDollar:
		if number, err := strconv.Atoi(n.Name); err == nil {
			return operand{number: number}, number > 0
		}
	}
	return operand{name: n.Name}, n.Name != ""
}

func literal(n *ast.Literal, minus bool) (any, bool) {
	switch n.Kind {
	case ast.LitNull:
		return nil, true
	case ast.LitString:
		return n.Value, true
	case ast.LitBlob:
		b, err := hex.DecodeString(strings.TrimSuffix(n.Raw[2:], "'"))
		return b, err == nil
	case ast.LitInteger:
		return integer(n.Value, minus)
	case ast.LitFloat:
		f, err := strconv.ParseFloat(n.Value, 64)
		if minus {
			f = -f
		}
		return f, err == nil
	default:
		return nil, false
	}
}

// integer reads an integer as SQLite does: hexadecimal digits are the bits of an int64, and a decimal that is too
// large for one is a float64.
func integer(digits string, minus bool) (any, bool) {
	if len(digits) > 2 && (digits[1] == 'x' || digits[1] == 'X') {
		bits, err := strconv.ParseUint(digits[2:], 16, 64)
		if minus {
			bits = -bits
		}
		return int64(bits), err == nil
	}
	if u, err := strconv.ParseUint(digits, 10, 64); err == nil {
		switch {
		case minus && u <= 1<<63:
			return int64(-u), true
		case !minus && u <= math.MaxInt64:
			return int64(u), true
		}
	}
	f, err := strconv.ParseFloat(digits, 64)
	if minus {
		f = -f
	}
	return f, err == nil
}
