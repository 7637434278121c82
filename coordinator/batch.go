package coordinator

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/messages"
)

const opBatch = "batch"

// SendBatch runs the queued statements and returns their results, in the order in which they were queued: they are a [*BatchResults].
// Each statement is routed, merged and refused as [Troupe.Query] would. Each shard runs its statements in their order, different
// shards run at once, and a statement over several shards waits for all that come before it there.
//
// The batch is one transaction, which Close commits; where ctx carries a transaction it is part of that. All statements are routed before
// the first is sent, so that one that is refused fails the batch with nothing done. When a statement fails the rest is not run, and
// everything is rolled back; the error comes with its result, or earlier where the results before it can't be had any more.
// In a transaction the batch counts as a statement that runs until its Close has returned, see [Tx.Commit].
// Statements that begin or end a transaction are refused, and so is [pgx.Batch.BeginTx]: use [Troupe.Begin] and the Tx's SendBatch.
//
// Results must be closed. Those that are forgotten are closed by the garbage collector, with a rollback and a warning in the log.
func (t *Troupe) SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults {
	if b == nil {
		b = &pgx.Batch{}
	}
	if pgx.FailedBatchResults(b, errBeginTx).Tx() != nil { // nothing else tells whether there was a BeginTx
		return pgx.FailedBatchResults(b, errBeginTx)
	}
	r := &BatchResults{of: t.newBatch(ctx, b)}
	if b.Len() > 0 {
		r.cleanup = runtime.AddCleanup(r, (*batch).forgotten, r.of)
		if err := r.of.hold(); err != nil {
			r.of.fail(err)
			r.of.lanes.Done()
		} else {
			t.cfg.System.Go(r.of)
		}
	}
	return r
}

var errBeginTx = &messages.Error{
	Code: messages.ErrInvalidRequest, Op: opBatch, Detail: "BeginTx isn't for shards: begin a transaction, and send the batch in it",
}

// BatchResults are the results of a batch, see [Troupe.SendBatch]. They have one reader.
type BatchResults struct {
	of      *batch
	next    int   // the statement whose result is read next
	open    *Rows // of the last Query
	err     error // the first error, which all later calls return
	closed  bool
	cleanup runtime.Cleanup
}

var _ pgx.BatchResults = (*BatchResults)(nil)

// BatchReport says which shards have run statements of a batch, in configuration order.
type BatchReport []BatchedStatements

// BatchedStatements are a shard's part in a batch.
type BatchedStatements struct {
	Shard messages.ShardID
	// Statements is how many statements it has run to their end, and Rows how many rows they have returned or changed.
	Statements, Rows int64
}

// Report returns what each shard has run. It is complete once the results were closed.
func (r *BatchResults) Report() BatchReport { return r.of.report() }

// Exec returns the command tag of the next statement. Its rows, if it has any, are passed over.
func (r *BatchResults) Exec() (pgconn.CommandTag, error) {
	rows, err := r.result()
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	rows.Close()
	if r.err = rows.Err(); r.err != nil {
		return pgconn.CommandTag{}, r.err
	}
	return rows.CommandTag(), nil
}

// Query returns the rows of the next statement, which the next call closes. On an error rows is not nil but carries it.
func (r *BatchResults) Query() (pgx.Rows, error) {
	rows, err := r.result()
	if err != nil {
		return failedRows(err), err
	}
	r.open = rows
	return rows, nil
}

// QueryRow returns the first row of the next statement. Errors come with Scan.
func (r *BatchResults) QueryRow() pgx.Row {
	rows, err := r.result()
	if err != nil {
		return failedRow{err}
	}
	r.open = rows
	return &row{rows}
}

// Close runs what is left of the batch, with the functions that were set for the statements, and commits. After an error, one of
// those functions' or of scanning a row, too, it rolls back and returns that error; functions that weren't called by then aren't called.
// A batch in a transaction leaves that to its owner, who can only roll it back after an error. A second Close returns the same. One of those
// functions that panics ends the batch as its error would, and the panic goes on.
func (r *BatchResults) Close() error {
	if r.closed {
		return r.err
	}
	returned := false
	defer func() {
		if !returned { // but a function of a statement's has panicked, or ended the goroutine
			r.finish(&messages.Error{Code: messages.ErrPanic, Op: opBatch, Detail: fmt.Sprintf("the function of statement %d of %d", r.next, len(r.of.items))})
		}
	}()
	waited := 0
	for r.settled() == nil && r.next < len(r.of.items) {
		if f := r.of.queued(r.next).Fn; f != nil {
			if err := f(r); err != nil && r.err == nil {
				r.err = err
			}
		} else {
			if r.next >= waited {
				waited = r.of.awaitPlain(r.next)
			}
			_, _ = r.Exec() // which keeps its error
		}
	}
	returned = true
	r.finish(nil)
	return r.err
}

// finish ends the batch, with err unless it has failed before. A function of a statement's may have closed the results already.
func (r *BatchResults) finish(err error) {
	if r.closed {
		return
	}
	if r.settled() == nil {
		r.err = err
	}
	r.closed = true
	r.cleanup.Stop()
	r.err = r.of.end(r.err)
}

// Tx returns nil: a batch begins no transaction of its own.
func (r *BatchResults) Tx() pgx.Tx { return nil }

// settled closes the rows of the last result and returns the error that the batch has failed with.
func (r *BatchResults) settled() error {
	if rows := r.open; rows != nil {
		r.open = nil
		rows.Close()
		if r.err == nil {
			r.err = rows.Err()
		}
	}
	return r.err
}

// result returns the rows of the next statement, described.
func (r *BatchResults) result() (*Rows, error) {
	switch {
	case r.settled() != nil:
		return nil, r.err
	case r.closed:
		return nil, &messages.Error{Code: messages.ErrInvalidRequest, Op: opBatch, Detail: "the batch is closed"}
	case r.next == len(r.of.items):
		return nil, &messages.Error{Code: messages.ErrInvalidRequest, Op: opBatch, Detail: "there are no more results in the batch"}
	}
	i := r.next
	r.next++
	rows, err := r.of.take(i)
	if err != nil {
		r.err = err
		return nil, err
	}
	return rows, nil
}

// inBatch returns the error of a statement with its place in the batch.
func inBatch(err error, i, n int) error {
	var e *messages.Error
	if !errors.As(err, &e) {
		return err
	}
	return &messages.Error{Code: e.Code, Shard: e.Shard, Op: opBatch, Detail: fmt.Sprintf("statement %d of %d", i+1, n), Err: err}
}
