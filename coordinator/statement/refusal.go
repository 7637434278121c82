package statement

import (
	"fmt"

	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// Refusal says why a statement isn't run over several shards. It is immutable, and the cause of the error that
// [Refusal.Err] returns, whose Detail spells it out.
type Refusal struct {
	// Code is one of [Reasons], or one of package plan's.
	Code Code
	// Clause is what is refused: "ORDER BY", "count()", "JOIN", ….
	Clause string
	// Offset is the byte where the clause, or its first expression, begins in the text.
	Offset int
	// Tables are the tables that it is about, and Columns their key columns, as far as any are.
	Tables, Columns []string
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
	hintCompute = "compute it in the application and pass it as an argument, or " + hintPin
	hintExec    = "use Exec with AllShards to run it on every shard, or OnShard for one"
	hintKey     = "compare the keys with \"=\" and AND, bind every table to one key, or " + hintPin
	hintDeclare = "declare the table, or " + hintPin
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
	reasonNested    = "its result is needed whole on every shard, and would have to be merged first"
	reasonRepeat    = "every shard has these rows and would add them to the answer"
	reasonMoves     = "the row would have to move to another shard"
)

// Err returns r as a [messages.Error] of code [messages.ErrRefused], and a nil Refusal as a nil error.
func (r *Refusal) Err() error {
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

// newRefusal returns a Refusal with its code.
func newRefusal(code Code, clause string, offset int, reason, hint string) *Refusal {
	return &Refusal{Code: code, Clause: clause, Offset: offset, Reason: reason, Hint: hint}
}

// about returns r with the names of the tables, and their keys, that it is about.
func (r *Refusal) about(entities ...*entity) *Refusal {
	for _, e := range entities {
		if e == nil || e.occurrence == nil {
			continue
		}
		r.Tables = append(r.Tables, e.occurrence.Table.Name.Name)
		if e.occurrence.Decl != nil {
			for _, k := range e.occurrence.Decl.Keys {
				r.Columns = append(r.Columns, k.Name)
			}
		}
	}
	return r
}

// RefuseReference refuses a statement that changes a reference table, whose name is given, elsewhere than on every shard.
func RefuseReference(s *tree.Statement, table string) *Refusal {
	r := newRefusal(ReferenceChange, s.Name, s.Body.Start, "every shard has all rows of a reference table, which have to stay the same",
		"use Exec with AllShards to change it on every shard")
	r.Tables = []string{table}
	return r
}
