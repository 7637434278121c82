package coordinator

import (
	"context"
	"strings"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/keyset"
	"github.com/troupedb/troupe/messages"
)

// ShardChooser picks the shard that instance, a pointer to a mapped struct, is written to.
//
// What holds for every chooser: it is user code, called on a goroutine of its own with the call's context, by many calls
// at once. An error, a panic, or no answer before the context ends fails its own call with [messages.ErrChooser] and
// harms no other. So does choosing nothing, nil and an empty list alike: "nowhere" is never an empty success. A shard
// that is named twice counts once, and one that doesn't exist is [messages.ErrUnknownShard]. What a chooser asks the troupe runs outside
// of the call's transaction.
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

// StatementRequest is what an execute chooser is asked about. It must not be changed, and is for the chooser's call only.
type StatementRequest struct {
	// SQL and Args are the statement.
	SQL  string
	Args []any
	// WantRows says whether rows are asked for; else it is run for its effect.
	WantRows bool

	call *call
	ctx  context.Context
}

// Comparisons returns the comparisons of columns with constants that the statement makes, anywhere in it, with their
// polarity and place. Only those with Conjunct hold for every row of the answer: narrowing by others loses rows.
func (r *StatementRequest) Comparisons() ([]Comparison, error) {
	if err := r.call.understand(r.call.troupe.everyShard); err != nil {
		return nil, err
	}
	return r.call.plan().Analysis.Comparisons(r.Args)
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

// Keys returns what the keys of a declared table may be in the rows that matter to the statement, one set for each key
// column: sound for any condition. Where the table occurs more than once, there is a list of sets for each occurrence, in the order of the
// text; it is empty if the table doesn't occur.
func (r *StatementRequest) Keys(table string) ([][]Keys, error) {
	if err := r.call.understand(r.call.troupe.everyShard); err != nil {
		return nil, err
	}
	var occurrences [][]Keys
	for _, o := range r.call.plan().Analysis.Occurrences {
		if o.Decl == nil || o.Decl.Name != strings.ToLower(table) {
			continue
		}
		occurrences = append(occurrences, keysOf(o, r.Args))
	}
	return occurrences, nil
}

// Keys is a set of keys of one column, see keyset.Keys.
type Keys = keyset.Keys

// Shards returns the shards that the declared tables would choose: what a chooser returns for the statements that it has no
// opinion of. It fails with [messages.ErrRefused] where they would refuse the statement.
func (r *StatementRequest) Shards() ([]messages.ShardID, error) {
	c := r.call
	if len(c.troupe.cfg.Tables) == 0 {
		return nil, &messages.Error{Code: messages.ErrNoRoute, Op: "route", Detail: "no tables are declared"}
	}
	trial := &call{troupe: c.troupe, ctx: c.ctx, sql: c.sql, args: c.args, wantRows: c.wantRows, options: c.options}
	if err := trial.routeByTables(r.ctx); err != nil {
		return nil, err
	}
	return trial.targetIDs(), nil
}
