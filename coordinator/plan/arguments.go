package plan

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/messages"
)

// Arg says where an argument of the shards' text comes from.
type Arg struct {
	// Ordinal is the number of the statement's own argument, from 1, without pgx's options.
	Ordinal int
	// Name is the parameter's name, of a SQLite statement whose parameters have names, as it is written.
	Name string
	// Limit says that it is the computed limit: the statement's limit and offset together, or NULL (in SQLite -1) for none.
	Limit bool
}

// Positional returns sql and args with pgx.NamedArgs and pgx.StrictNamedArgs replaced by numbered parameters, if the dialect is
// PostgreSQL, as pgx would do it later: what is planned has to be what is run. All else it returns as it is. A pgx.QueryRewriter
// of another kind is an error of code [messages.ErrInvalidRequest], for it may need the connection.
func Positional(d messages.Dialect, sql string, args []any) (string, []any, error) {
	if d != messages.PostgreSQL {
		return sql, args, nil
	}
	options, rest := splitOptions(args)
	if len(rest) == 0 {
		return sql, args, nil
	}
	rewriter, ok := rest[0].(pgx.QueryRewriter)
	if !ok {
		return sql, args, nil
	}
	switch rewriter.(type) {
	case pgx.NamedArgs, pgx.StrictNamedArgs:
	default:
		return "", nil, invalidArgument("%T is a pgx.QueryRewriter, of which pgx.NamedArgs and pgx.StrictNamedArgs are known", rewriter)
	}
	text, values, err := rewriter.RewriteQuery(context.Background(), nil, sql, rest[1:])
	if err != nil {
		return "", nil, &messages.Error{Code: messages.ErrInvalidRequest, Op: "plan", Err: err}
	}
	return text, append(options[:len(options):len(options)], values...), nil
}

// splitOptions separates the options that pgx takes before the arguments.
func splitOptions(args []any) (options, rest []any) {
	for i, a := range args {
		switch a.(type) {
		case pgx.QueryExecMode, pgx.QueryResultFormats, pgx.QueryResultFormatsByOID:
		default:
			return args[:i], args[i:]
		}
	}
	return args, nil
}

// arguments are a statement's arguments, taken apart.
type arguments struct {
	options []any
	list    []any
	named   map[string]any // nil if the parameters have numbers
	strict  bool
}

func argumentsOf(args []any) (arguments, error) {
	var a arguments
	a.options, a.list = splitOptions(args)
	if len(a.list) == 0 {
		return a, nil
	}
	switch named := a.list[0].(type) {
	case pgx.NamedArgs:
		a.named = named
	case pgx.StrictNamedArgs:
		a.named, a.strict = named, true
	case pgx.QueryRewriter:
		return a, invalidArgument("%T would rewrite the text that was planned: see Positional", named)
	}
	if a.named != nil {
		if len(a.list) > 1 {
			return a, invalidArgument("named arguments have to be the only argument")
		}
		a.list = nil
	}
	return a, nil
}

// value returns the argument of a parameter.
func (a arguments) value(ordinal int, name string) (any, error) {
	if name != "" {
		if a.named == nil {
			return nil, invalidArgument("the statement has a named parameter: pass pgx.NamedArgs as the only argument")
		}
		v, ok := a.named[name[1:]]
		if !ok && a.strict {
			return nil, invalidArgument("there is no argument %q", name[1:])
		}
		return v, nil
	}
	switch {
	case a.named != nil:
		return nil, invalidArgument("the statement has a parameter without a name, number %d, and got named arguments", ordinal)
	case ordinal > len(a.list):
		return nil, invalidArgument("the statement has a parameter %d and got %d arguments", ordinal, len(a.list))
	}
	return a.list[ordinal-1], nil
}

// values returns the arguments of the parameters from 1 to count as the merge wants them: without pgx's options, those with names
// by their ordinal. names has the names by ordinal; it may be nil.
func (a arguments) values(count int, names map[int]string) ([]any, error) {
	if a.named == nil {
		return a.list, nil
	}
	list := make([]any, count)
	for ordinal, name := range names {
		v, err := a.value(ordinal, name)
		if err != nil {
			return nil, err
		}
		list[ordinal-1] = v
	}
	return list, nil
}

func invalidArgument(format string, args ...any) error {
	return &messages.Error{Code: messages.ErrInvalidRequest, Op: "plan", Detail: fmt.Sprintf(format, args...)}
}
