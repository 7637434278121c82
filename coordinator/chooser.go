package coordinator

import (
	"context"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/messages"
)

// ShardChooser picks the shard that instance, a pointer to a mapped struct, is written to.
//
// What holds for every chooser: it is user code, called on a goroutine of its own with the call's context, by many calls
// at once. An error, a panic, or no answer before the context ends fails its own call with [messages.ErrChooser] and
// harms no other. So does choosing nothing, nil and an empty list alike: "nowhere" is never an empty success. A shard
// that is named twice counts once, and one that doesn't exist is [messages.ErrUnknownShard].
type ShardChooser func(ctx context.Context, instance any) (messages.ShardID, error)

// IdentityChooser picks the shards where a primary key is looked for, see [ShardChooser].
type IdentityChooser func(ctx context.Context, r *IdentityRequest) ([]messages.ShardID, error)

// IdentityRequest is what an identity chooser is asked about. It must not be changed.
type IdentityRequest struct {
	// Table is the table that is looked in; empty for a statement with Options.LoadedFrom.
	Table string
	// Key are the values of the primary key, or of the columns that lead from LoadedFrom to its related rows.
	Key []any
	// LoadedFrom is the object that related rows are loaded from, or nil. [KeyOf] tells its shard.
	LoadedFrom any
}

// ExecuteChooser picks the shards that a statement goes to, see [ShardChooser].
type ExecuteChooser func(ctx context.Context, r *StatementRequest) ([]messages.ShardID, error)

// Comparison is a comparison of a column with constants, see statement.Comparison.
type Comparison = statement.Comparison

// StatementRequest is what an execute chooser is asked about. It must not be changed.
type StatementRequest struct {
	// SQL and Args are the statement.
	SQL  string
	Args []any
	// WantRows says whether rows are asked for; else it is run for its effect.
	WantRows bool

	parse func() (*statement.Statement, error)
}

// Comparisons returns the comparisons of columns with constants that the statement makes, anywhere in it. Only those
// with Conjunct hold for every row of the answer: narrowing by others loses rows. It fails where the shards' dialect
// is not understood yet: then pin the call, or choose by something else.
func (r *StatementRequest) Comparisons() ([]Comparison, error) {
	s, err := r.parse()
	if err != nil {
		return nil, err
	}
	return s.Comparisons(r.Args)
}

// Values returns the values that column has in the rows of the answer, as far as a top-level "=" or "IN" says; false if
// none does. It is what most choosers want of Comparisons.
func (r *StatementRequest) Values(column string) ([]any, bool, error) {
	comparisons, err := r.Comparisons()
	if err != nil {
		return nil, false, err
	}
	values, ok := statement.Conjuncts(comparisons, column)
	return values, ok, nil
}
