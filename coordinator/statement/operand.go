package statement

import (
	"bytes"

	"github.com/jackc/pgx/v5"
)

// operand is a constant of a comparison: a literal, or a parameter by number or by name.
type operand struct {
	literal any
	number  int
	name    string
}

// resolve returns the values of operands, or false if one of them isn't among args.
func resolve(operands []operand, args []any) ([]any, bool) {
	values := make([]any, len(operands))
	for i, o := range operands {
		v, ok := o.value(args)
		if !ok {
			return nil, false
		}
		values[i] = v
	}
	return values, true
}

func (o operand) value(args []any) (any, bool) {
	switch {
	case o.name != "":
		v, ok := namedArgs(args)[o.name]
		return v, ok
	case o.number > 0:
		if o.number > len(args) || namedArgs(args) != nil {
			return nil, false
		}
		return args[o.number-1], true
	default:
		// A caller may write to a byte string; the statement's own must not change.
		if b, ok := o.literal.([]byte); ok {
			return bytes.Clone(b), true
		}
		return o.literal, true
	}
}

// namedArgs returns the named arguments that args is, or nil.
func namedArgs(args []any) map[string]any {
	if len(args) != 1 {
		return nil
	}
	switch named := args[0].(type) {
	case pgx.NamedArgs:
		return named
	case pgx.StrictNamedArgs:
		return named
	default:
		return nil
	}
}
