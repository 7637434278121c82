package plan

import (
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// The codes of what this package refuses. They are stable.
const (
	codeNoTable       = "no-sharded-table"
	codeStatement     = "statement"
	codeNotUnderstood = "not-understood"
	codeClause        = "clause"
	codeOrder         = "order"
	codeLimit         = "limit"
	codeDistinct      = "distinct"
	codeGroup         = "group"
	codeAggregate     = "aggregate"
	codeExpression    = "expression"
	codeWindow        = "window"
	codeSetOperation  = "set-operation"
	codeLock          = "lock"
	codeInsert        = "insert"
	codeReference     = "reference"
)

// Hints.
const (
	hintPin     = "bind the statement to one key, or pin it to one shard with OnShard"
	hintClient  = "leave it out and do it over the gathered rows, or " + hintPin
	hintExec    = "use Exec with AllShards to run it on every shard, or OnShard for one"
	hintName    = "name the column instead"
	hintRewrite = "write it differently, or " + hintPin
)

// Reasons that more than one clause has.
const (
	reasonUnknown   = "it isn't fully understood"
	reasonOnce      = "it would be answered once by each shard"
	reasonPartial   = "the shards' partial results can't be combined"
	reasonAmbiguous = "whether the name is a column's or an alias depends on the table"
)

func refuse(code statement.Code, clause string, at tree.Node, reason, hint string) *statement.Refusal {
	return &statement.Refusal{Code: code, Clause: clause, Offset: at.Extent().Start, Reason: reason, Hint: hint}
}
