package plan

import (
	"maps"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/messages"
)

// Gather is how shards answer a statement together: each is sent Text, and their rows are merged. It is immutable and safe for
// concurrent use.
type Gather struct {
	// Text is what every shard is sent.
	Text string
	// Args are Text's arguments; nil if they are the statement's own, as they are.
	Args []Arg
	// Merge says how the rows become one answer; nil if they are concatenated, and their counts added.
	Merge *merge.Spec
	// Limit and Offset are the statement's own, for Merge.Cut.
	Limit, Offset Bound
	// Lookups are the collations that have to be known before texts can be merged: see [Gather.Collations].
	Lookups []Lookup
	// Hidden are the columns that the shards are asked for beyond the statement's own, as they are written.
	Hidden []string

	dialect messages.Dialect
	// params is how many parameters the statement has; names are those that have names.
	params  int
	names   map[int]string
	changed bool // the columns are not the statement's own
	// distinct are the collations of a DISTINCT's columns that needn't be looked up.
	distinct []merge.Collation
	probe    prober
}

// Bind returns what the shards are sent for a statement's arguments, which it doesn't change, and the offset and limit for the
// merge: a negative limit is none. Without [Gather.Args] that is the text and args itself.
//
// Options of pgx before the arguments stay there. The errors are *messages.Error: ErrInvalidRequest for arguments that don't fit
// the parameters, ErrStatement with the SQLSTATE for a negative limit or offset in PostgreSQL.
func (g *Gather) Bind(args []any) (sql string, out []any, offset, limit int64, err error) {
	if g.Args == nil && g.Limit.Kind != BoundArgument && g.Offset.Kind != BoundArgument && !g.changed {
		offset, limit, err = g.bounds(arguments{})
		return g.Text, args, offset, limit, err
	}
	a, err := argumentsOf(args)
	if err != nil {
		return "", nil, 0, 0, err
	}
	if err := g.check(a); err != nil {
		return "", nil, 0, 0, err
	}
	if offset, limit, err = g.bounds(a); err != nil {
		return "", nil, 0, 0, err
	}
	if g.Args == nil {
		return g.Text, args, offset, limit, nil
	}
	pushed := any(nil)
	switch {
	case limit >= 0:
		pushed = plus(limit, offset)
	case g.dialect == messages.SQLite:
		pushed = int64(unlimited)
	}
	out, err = pick(a, g.Args, pushed)
	return g.Text, out, offset, limit, err
}

func (g *Gather) bounds(a arguments) (offset, limit int64, err error) {
	if limit, err = g.Limit.limit(g.dialect, a); err != nil {
		return 0, 0, err
	}
	offset, err = g.Offset.offset(g.dialect, a)
	return offset, limit, err
}

// check finds what the shards would have found if the text weren't changed.
func (g *Gather) check(a arguments) error {
	if g.Args != nil && a.named == nil && len(a.list) != g.params {
		return invalidArgument("the statement has %d parameters and got %d arguments", g.params, len(a.list))
	}
	if a.strict && len(a.named) != len(g.names) {
		return invalidArgument("the statement has %d named parameters and got %d arguments", len(g.names), len(a.named))
	}
	if !g.changed {
		return nil
	}
	for _, o := range a.options {
		if formats, ok := o.(pgx.QueryResultFormats); ok && len(formats) > 1 {
			return invalidArgument("a format for each of several columns: the shards have other columns than the answer")
		}
	}
	return nil
}

// pick returns the arguments that args says, after the options of pgx.
func pick(a arguments, args []Arg, limit any) ([]any, error) {
	if a.named != nil {
		return pickNamed(a, args, limit)
	}
	out := make([]any, 0, len(a.options)+len(args))
	out = append(out, a.options...)
	for _, arg := range args {
		if arg.Limit {
			out = append(out, limit)
			continue
		}
		v, err := a.value(arg.Ordinal, arg.Name)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// pickNamed drops the names that the text has no more only from arguments whose surplus would be an error.
func pickNamed(a arguments, args []Arg, limit any) ([]any, error) {
	named := map[string]any{}
	if !a.strict {
		maps.Copy(named, a.named)
	}
	for _, arg := range args {
		v := limit
		if !arg.Limit {
			var err error
			if v, err = a.value(arg.Ordinal, arg.Name); err != nil {
				return nil, err
			}
			if _, given := a.named[arg.Name[1:]]; !given {
				continue
			}
		}
		named[arg.Name[1:]] = v
	}
	out := append([]any{}, a.options...)
	if a.strict {
		return append(out, pgx.StrictNamedArgs(named)), nil
	}
	return append(out, pgx.NamedArgs(named)), nil
}

// MergeArgs returns a statement's arguments as merge.Options.Args wants them: by ordinal, without pgx's options, and those with
// names in the places of their parameters. They are needed only if Merge has a Group.
func (g *Gather) MergeArgs(args []any) ([]any, error) {
	a, err := argumentsOf(args)
	if err != nil {
		return nil, err
	}
	return a.values(g.params, g.names)
}
