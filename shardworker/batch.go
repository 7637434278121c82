package shardworker

import (
	"context"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/messages"
)

// Batcher is a Backend that can run several callers' statements at once on one connection, so that they share what each would cost
// alone: the round trip, the locks, the commit. A worker does so when all connections of a lane are busy and several calls wait.
type Batcher interface {
	Backend
	// Company says which others a statement may be run with. Like Lane it takes well under a microsecond per hundred bytes of text, without
	// I/O, and errs on the side of Alone. All statements of one company have the same lane.
	Company(sql string, args []any, wantRows bool) Company
}

// Company says which others a statement may be run with.
type Company uint8

const (
	// Alone is with none: what controls transactions, changes settings or the schema, or isn't understood.
	Alone Company = iota
	// AmongReads is with other reads. Each sees all that was committed before it was asked for.
	AmongReads
	// AmongWrites is with other writes that would commit by themselves, in one transaction. Each fails alone, and takes effect as if
	// it had been alone.
	AmongWrites
)

// MaxSharedBytes is how large the rows of a statement in a batch may be. Larger ones are for a stream with its credits.
const MaxSharedBytes = 64 << 10

// BatchConn is a Conn of a Batcher.
type BatchConn interface {
	Conn
	// RunBatch runs statements of one company, in their order, and gives each its Outcome. Nothing of it is known to anybody before
	// RunBatch returns, so a batch that failed as a whole can be undone and run again, or be left to the worker with Again. ctx ends
	// when nobody waits for any of the statements; each has a context of its own beside. No open cursor is allowed.
	//
	// A statement that fails doesn't change the outcome of another. If the connection is lost, reads have Again, and writes too unless their
	// COMMIT may have been carried out, which is [messages.ErrOutcomeUnknown]. After that, or after Interrupt, the conn is as unusable as after any other loss.
	RunBatch(ctx context.Context, batch []*Shared)
}

// Shared is a statement in a batch. The worker makes it; the backend runs it, and sets its Outcome before RunBatch returns.
type Shared struct {
	// Context is its caller's. A backend may end the statement with it where that costs the others nothing; whoever waits doesn't wait longer in any case.
	Context context.Context
	// SQL and Args are the statement.
	SQL  string
	Args []any
	// WantRows says whether rows are asked for; else it is run for its effect.
	WantRows bool
	// Limit is how many RowBatches its rows may make, at least 1. One with more has Again.
	Limit int

	// Outcome is what came of it. It means nothing unless Begin has returned true.
	Outcome Outcome

	state atomic.Int32
}

// The states of a Shared.
const (
	sharedWaits int32 = iota
	sharedBegun
	sharedLeft
	sharedSettled
)

// Outcome is what came of a statement in a batch.
type Outcome struct {
	// Declared describes the columns as the statement declares them, and Batches are its rows, each with a Description of its own, as
	// a [Cursor] would have given them. The receiver owns the batches.
	Declared *messages.Description
	Batches  []*messages.RowBatch
	// Tag is the command tag.
	Tag pgconn.CommandTag
	// Err is an *messages.Error if it failed.
	Err error
	// Again says that it has to be run again, alone: it had no effect, because another's failure undid the batch, the connection was lost, or its
	// rows are too many. Nothing else of the Outcome counts then.
	Again bool
}

// Begin is called by the backend before it runs the statement, or sends it, and reports whether to do so: false if its caller has left. What has begun
// can't be left any more without a doubt about its effect. A backend that runs a statement again calls it again.
func (s *Shared) Begin() bool {
	return s.state.CompareAndSwap(sharedWaits, sharedBegun) || s.state.Load() == sharedBegun
}

// Leave takes the caller away, which only a worker does, and reports whether the statement has begun. One that is settled stays so.
func (s *Shared) Leave() (begun bool) {
	if _, begun = s.leave(); begun {
		return true
	}
	return s.state.Load() == sharedSettled
}

// leave takes the caller away, and reports whether the statement has begun. It does nothing and reports false if it has left, or is
// settled: its answer is on its way then.
func (s *Shared) leave() (left, begun bool) {
	if s.state.CompareAndSwap(sharedWaits, sharedLeft) {
		return true, false
	}
	begun = s.state.CompareAndSwap(sharedBegun, sharedLeft)
	return begun, begun
}

// settle makes the outcome count, and reports false if the caller has left.
func (s *Shared) settle() bool {
	return s.state.CompareAndSwap(sharedBegun, sharedSettled) || s.state.CompareAndSwap(sharedWaits, sharedSettled)
}

// again reports whether the statement, after its batch, has to be run again.
func (s *Shared) again() bool { return s.Outcome.Again || s.state.Load() == sharedWaits }
