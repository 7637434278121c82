package keyset

import (
	"bytes"

	"github.com/jackc/pgx/v5"
)

// Operand is a constant of a statement: a literal, or a parameter by number or by name.
type Operand struct {
	// Literal is nil (for NULL), bool, int64, float64, string, []byte, or a number that is none of these. It doesn't count if
	// Ordinal or Name is set.
	Literal any
	// Ordinal is the place of a parameter's argument, from 1.
	Ordinal int
	// Name is a parameter's name without its sign; Ordinal doesn't count then.
	Name string
}

// Value returns the operand's value, or false if it isn't among args. It doesn't share memory with the operand.
func (o Operand) Value(args []any) (any, bool) {
	if o.Name == "" && o.Ordinal == 0 {
		if b, ok := o.Literal.([]byte); ok {
			return bytes.Clone(b), true
		}
		return o.Literal, true
	}
	args, named := arguments(args)
	switch {
	case o.Name != "":
		v, ok := named[o.Name]
		return v, ok
	case named != nil, o.Ordinal > len(args):
		return nil, false
	default:
		return args[o.Ordinal-1], true
	}
}

// arguments returns the positional arguments that args has, or the named ones if these are all there is. Before them pgx takes
// options. With another kind of rewriter nothing is known of the arguments.
func arguments(args []any) ([]any, map[string]any) {
	for len(args) > 0 {
		switch first := args[0].(type) {
		case pgx.QueryExecMode, pgx.QueryResultFormats, pgx.QueryResultFormatsByOID:
			args = args[1:]
		case pgx.NamedArgs:
			if len(args) == 1 {
				return nil, first
			}
			return nil, nil
		case pgx.StrictNamedArgs:
			if len(args) == 1 {
				return nil, first
			}
			return nil, nil
		case pgx.QueryRewriter:
			return nil, nil
		default:
			return args, nil
		}
	}
	return args, nil
}
