package plan

import (
	"slices"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// The codes of what this package refuses, beside those of package statement. They are stable.
const (
	// OrderBy: a sort key whose value or order isn't known to the merge.
	OrderBy statement.Code = "order-by"
	// Limit: a LIMIT or OFFSET that isn't a literal or a parameter, or WITH TIES.
	Limit statement.Code = "limit"
	// Distinct: a DISTINCT that shards can't do each for itself and the merge can't either.
	Distinct statement.Code = "distinct"
	// GroupBy: groups that have rows on several shards, and aren't understood or have more than keys and aggregates.
	GroupBy statement.Code = "group-by"
	// Aggregate: an aggregate whose partial results can't be combined.
	Aggregate statement.Code = "aggregate"
	// Expression: an expression over merged aggregates that the merge can't compute.
	Expression statement.Code = "expression"
	// Window: a window that may hold rows of several shards.
	Window statement.Code = "window"
	// InsertKey: a row of an INSERT whose key isn't known.
	InsertKey statement.Code = "insert-key"
	// Merged: a SELECT that is to be run for its effect on every shard, and whose rows would have to be merged.
	Merged statement.Code = "merged"
	// Dialects: shards of several dialects understand the statement in different ways.
	Dialects statement.Code = "dialects"
)

// Reasons returns every code that a plan's refusal may have.
func Reasons() []statement.Code {
	return slices.Concat(statement.Reasons(), []statement.Code{
		OrderBy, Limit, Distinct, GroupBy, Aggregate, Expression, Window, InsertKey, Merged, Dialects,
	})
}

// Hints.
const (
	hintPin     = "bind the statement to one key, or pin it to one shard with OnShard"
	hintClient  = "leave it out and do it over the gathered rows, or " + hintPin
	hintName    = "name the column instead"
	hintList    = "add it to the list"
	hintRewrite = "write it differently, or " + hintPin
	hintGroup   = "group by the column's position or its expression"
	hintFirst   = "add ORDER BY with the same expressions first"
)

// Reasons that more than one clause has.
const (
	reasonUnknown   = "it isn't fully understood"
	reasonOnce      = "it would be answered once by each shard"
	reasonPartial   = "the shards' partial results can't be combined"
	reasonAmbiguous = "whether the name is a column's or an alias depends on the table"
	reasonDistinct  = "with DISTINCT it has to be in the list of columns"
)

func refuse(code statement.Code, clause string, at tree.Node, reason, hint string) *statement.Refusal {
	return &statement.Refusal{Code: code, Clause: clause, Offset: at.Extent().Start, Reason: reason, Hint: hint}
}
