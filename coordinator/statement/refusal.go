package statement

import (
	"fmt"

	"github.com/troupedb/troupe/messages"
)

// Refusal says why a statement isn't run over several shards. It is the cause of the error that [Statement.Scatter]
// returns, whose Detail spells it out.
type Refusal struct {
	// Clause is what is refused: "ORDER BY", "count()", "JOIN", ….
	Clause string
	// Offset is the byte where the clause, or its first expression, begins in the text.
	Offset int
	// Reason is why its answer could differ from one database's.
	Reason string
	// Hint is what to do instead.
	Hint string
}

// Error names the clause only, because the error that wraps r has the rest.
func (r *Refusal) Error() string { return "refusal of " + r.Clause }

// Hints.
const (
	hintPin     = "pin the statement to one shard with OnShard"
	hintClient  = "leave it out and do it over the gathered rows, or " + hintPin
	hintCompute = "compute it in the application and pass it as an argument, or " + hintPin
	hintExec    = "use Exec with AllShards to run it on every shard, or OnShard for one"
)

// Reasons that more than one clause has.
const (
	reasonMerge     = "the shards' answers would have to be merged, not concatenated"
	reasonElsewhere = "the rows that it needs may live on other shards"
	reasonOnce      = "it would be answered once by each shard"
	reasonCatalogue = "its rows describe one database and are on every shard"
	reasonClock     = "each shard would read its own clock"
	reasonVaries    = "its value differs from shard to shard"
	reasonUnknown   = "it isn't fully understood"
	reasonFunction  = "it isn't known to depend on its arguments only"
	reasonSession   = "it acts on one connection or transaction"
)

// err returns r as an error, and a nil Refusal as a nil error.
func (r *Refusal) err() error {
	if r == nil {
		return nil
	}
	return &messages.Error{
		Code:   messages.ErrRefused,
		Op:     "route",
		Detail: fmt.Sprintf("%s at byte %d: %s; %s", r.Clause, r.Offset, r.Reason, r.Hint),
		Err:    r,
	}
}

func refuse(clause string, offset int, reason, hint string) *Refusal {
	return &Refusal{Clause: clause, Offset: offset, Reason: reason, Hint: hint}
}
