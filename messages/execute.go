package messages

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Execute commands a shard worker to run a statement on its shard and to answer with RowBatches and one End.
// The worker answers every Execute that it got with exactly one End.
type Execute struct {
	// Call is the call that it belongs to.
	Call CallID
	// Source is the number of this shard within the call, from 0.
	Source int
	// SQL and Args are the statement in the shard's dialect.
	SQL  string
	Args []any
	// WantRows says whether rows are asked for; else the statement is run for its effect.
	WantRows bool
	// Window is how many batches may be on their way or unread at once, at least 1.
	Window int
	// BatchBytes is the size at which a batch is sent, in bytes. A larger row makes its batch larger.
	BatchBytes int
	// Context is the caller's: it bounds admission, the connection, the statement and every wait for credit.
	Context context.Context
	// ReplyTo is the stream that gets the answer.
	ReplyTo Address
	// Lease, if there is one, is the connection that the statement runs on: the first Execute of a lease acquires it, and it is
	// kept for the next ones until it is ended. Defaults to a connection for this statement alone.
	Lease Lease
	// Commits says that the statement commits the transaction of its lease, so that it is not known what it has done when its answer is
	// lost. Others in a transaction have done nothing then. Defaults to false.
	Commits bool
	// Ordered says that the reader needs every source to have begun before it goes on, and that one may have to wait for another's end. A
	// source that is out of credit fails with [ErrTooLarge] then, unless it is the last to use their lease.
	Ordered bool
	// Copy, if there is one, is what is to be loaded in place of running SQL, which then only describes it.
	Copy *Copy
	// Runner, if there is one, may run the job on a goroutine that waits for its answer anyway.
	Runner Runner
}

// Lease is a connection of a worker that is kept over several statements. It is shardworker's.
type Lease interface {
	// Pass tells that the statement of a source, which had a turn on the connection, won't be run.
	Pass(call CallID, source int)
	// End gives the connection back. What still runs on it is interrupted, and an open transaction is rolled back. A second End
	// does nothing. It doesn't wait for the network.
	End()
}

// Copy is rows to be loaded into a table in bulk: all of them or none.
type Copy struct {
	// Table is the table's name, perhaps with its schema before, and Columns are the columns that the rows have.
	Table   pgx.Identifier
	Columns []string
	// Rows is where they come from. It is read by one goroutine, until the statement has ended.
	Rows pgx.CopyFromSource
}

// Runner is offered the job of an Execute. See "who runs what" in docs/architecture.md.
type Runner interface {
	// Offer takes job, to run it exactly once and soon, or declines it by returning false. It doesn't block.
	Offer(job Job) bool
}

// Job is a piece of work that some goroutine has to run once.
type Job interface {
	Run()
}

// Credit lets the worker send that many more batches of a call.
type Credit struct {
	Call    CallID
	Source  int
	Batches int
}

// Flush asks the worker to send the rows of a call that it has read, though the batch isn't full: a reader waits.
type Flush struct {
	Call   CallID
	Source int
}

// Cancel tells the worker that nobody wants the answer of a call any more.
type Cancel struct {
	Call   CallID
	Source int
	// Cause is why, and becomes the cause of the End that follows.
	Cause error
}

// End is the last message of one shard for one call.
type End struct {
	Call   CallID
	Source int
	// Rows are the last batch, if it was not sent before; its credit is taken like any other's.
	Rows *RowBatch
	// Seq is the number of batches, with Rows. A stream that got fewer reports [ErrProtocol].
	Seq uint64
	// Tag is the database's command tag, if Err is nil.
	Tag pgconn.CommandTag
	// Declared describes the columns as the statement declares them; nil if it returns none or failed before.
	Declared *Description
	// Err is an *Error naming the shard, or nil if all rows were sent.
	Err error
}

func (*Execute) message() {}
func (*Credit) message()  {}
func (*Flush) message()   {}
func (*Cancel) message()  {}
func (*End) message()     {}

// Refuse answers an Execute that no worker will run.
func (e *Execute) Refuse(err error) {
	if e.Lease != nil {
		e.Lease.Pass(e.Call, e.Source)
	}
	e.ReplyTo.Tell(&End{Call: e.Call, Source: e.Source, Err: err})
}
