package shardworker

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
)

// job runs one Execute, of which it has a copy, on one connection: the call may be used again as soon as it has got an End without an error.
// Run is called once. A job that the caller runs itself is handed to a goroutine of the system as soon as more than a first small batch is to come.
type job struct {
	messages.Execute
	shard    *shard
	worker   *actors.Ref
	lane     int    // without meaning if the connection is a lease's already
	lease    *Lease // the connection is kept there; nil without one
	admitted bool   // it has a place in its lane, or waits for one; else the lease's connection is there already
	started  bool   // the worker's
	freed    bool   // the worker's: its connection was counted as free
	kept     bool   // its connection, and the place in the lane, are the lease's; set by the runner before the worker is told
	inline   bool   // whether Run is on the caller's own goroutine; the runner's

	// The worker's, for what joins a batch.
	habit    *habit  // what is known of the statement; nil if nothing is
	company  Company // by mayJoin
	batch    *batch  // that it is in; nil if it waits, or runs alone
	shared   *Shared // its statement there
	solitary bool    // it has to run alone
	timed    bool    // its run is timed

	began time.Time     // if it is timed; the runner's
	took  time.Duration // alone, if it was timed and succeeded; set by the runner before the worker is told
	bytes int           // of the rows that were sent; as took

	cursor   Cursor                // the runner's
	declared *messages.Description // the runner's
	target   int                   // size at which the next batch is sent, in bytes; the runner's
	done     bool                  // finish was called; the runner's
	ended    atomic.Bool           // End was sent
	last     messages.End          // what was sent

	again bool  // it is to be run once more; the runner's
	lost  error // why; the runner's

	filling  sync.Mutex         // held by the runner, but for while it waits for the database
	filled   *messages.RowBatch // what has not been sent; guarded by filling
	rows     *messages.RowBatch // the last batch, which is sent with the End; guarded by filling
	seq      uint64             // of the next batch; guarded by filling
	flushing atomic.Bool        // the reader waits for rows, so that the next one is sent at once

	firstWait acquiring // for the connection

	mu      sync.Mutex
	waits   *acquiring    // what bounds the wait for the connection
	conn    Conn          // the connection in use, for cancel
	cause   error         // why the job was cancelled
	credit  int           // how many batches may be sent
	changed chan struct{} // made by a runner that waits for credit; closed when there is some or the job is cancelled
}

func (j *job) key() jobKey { return jobKey{j.Call, j.Source} }

// Run runs the statement and answers with its rows and its end.
func (j *job) Run() {
	defer j.recover()
	j.run()
}

// rest is the job after it was handed over from the caller's goroutine.
type rest struct{ *job }

func (r rest) Run() {
	defer r.recover()
	r.inline = false
	if r.pump(); r.again {
		r.run()
	}
}

func (j *job) run() {
	for first := true; first || j.again; first = false {
		j.again = false
		if err := j.acquire(); err != nil {
			j.finish(pgconn.CommandTag{}, cmp.Or(j.lost, err))
			return
		}
		j.runOnce()
	}
}

func (j *job) runOnce() {
	if j.timed {
		j.began = time.Now()
	}
	if j.Copy != nil {
		tag, err := j.load()
		j.finish(tag, err)
		return
	}
	if !j.WantRows {
		tag, err := j.conn.Exec(j.Context, j.SQL, j.Args)
		j.finish(tag, err)
		return
	}
	cursor, err := j.conn.Query(j.Context, j.SQL, j.Args)
	if err != nil {
		if !j.repeat(err) {
			j.finish(pgconn.CommandTag{}, err)
		}
		return
	}
	j.cursor, j.declared, j.target = cursor, cursor.Declared(), min(messages.MinBatchBytes, j.BatchBytes)
	j.pump()
}

// repeat makes the job ready to be run once more, if err says that its connection was lost, it is a read that may be repeated, and
// nobody has seen a row of it. If there is no other connection, err remains what is said.
func (j *job) repeat(err error) bool {
	if j.lost != nil || j.seq > 0 || j.lease != nil || j.shard.batcher == nil || !errors.Is(err, messages.ErrShardLost) ||
		j.companyOf(j.shard.batcher) != AmongReads {
		return false
	}
	j.mu.Lock()
	conn := j.conn
	if j.cause != nil || j.Context.Err() != nil {
		j.mu.Unlock()
		return false
	}
	j.conn, j.waits = nil, &acquiring{Context: j.Context}
	j.mu.Unlock()
	j.guard(conn.Release)
	j.cursor, j.lost, j.again = nil, err, true
	return true
}

// recover answers for a backend that panicked, with its connection spent.
func (j *job) recover() {
	value := recover()
	if value == nil {
		return
	}
	j.shard.logPanic(value)
	if j.done {
		return
	}
	j.filling.Lock() // against a Flush
	defer j.filling.Unlock()
	j.dropBatch()
	err := &messages.Error{Code: messages.ErrPanic, Shard: j.shard.ID, Op: j.op(), Detail: messages.PanicText(value)}
	if j.conn != nil {
		j.guard(j.conn.Interrupt)
		if j.inDoubt() {
			err = &messages.Error{Code: messages.ErrOutcomeUnknown, Shard: j.shard.ID, Op: j.op(), Err: err}
		}
	}
	j.cursor = nil
	j.finish(pgconn.CommandTag{}, err)
}

// guard calls f, whose panic must not keep the End from being sent.
func (j *job) guard(f func()) {
	defer func() {
		if value := recover(); value != nil {
			j.shard.logPanic(value)
		}
	}()
	f()
}

func (s *shard) logPanic(value any) {
	s.Logger.Error("backend panicked", "shard", string(s.ID), "panic", messages.PanicText(value), "stack", string(debug.Stack()))
}

// acquire gets the connection, under a context that cancel can end.
func (j *job) acquire() error {
	ctx := j.waits // only the runner changes it
	defer ctx.end()
	conn, err := j.connection(ctx)

	j.mu.Lock()
	defer j.mu.Unlock()
	if err != nil {
		if j.cause != nil {
			return j.canceledError()
		}
		return err
	}
	j.conn = conn
	if j.cause != nil {
		conn.Interrupt()
		return j.canceledError()
	}
	return nil
}

// connection returns the lease's connection, or a new one.
func (j *job) connection(ctx context.Context) (Conn, error) {
	if j.lease != nil {
		conn, err := j.lease.take(ctx, j)
		if conn != nil || err != nil {
			return conn, err
		}
	}
	return j.shard.Backend.Acquire(ctx, j.lane)
}

// load runs a Copy.
func (j *job) load() (pgconn.CommandTag, error) {
	copier, ok := j.conn.(Copier)
	if !ok {
		return pgconn.CommandTag{}, &messages.Error{Code: messages.ErrInvalidRequest, Op: "copy", Detail: "the shard's backend has no bulk load"}
	}
	n, err := copier.CopyFrom(j.Context, j.Copy.Table, j.Copy.Columns, j.Copy.Rows)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	return pgconn.NewCommandTag(fmt.Sprintf("COPY %d", n)), nil
}

func (j *job) canceledError() error {
	return &messages.Error{Code: messages.ErrCanceled, Op: j.op(), Err: j.cause}
}

// cancel makes the job end soon.
func (j *job) cancel(cause error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.cause != nil {
		return
	}
	if j.cause = cause; cause == nil {
		j.cause = context.Canceled
	}
	j.waits.end()
	if j.conn != nil {
		j.conn.Interrupt()
	}
	j.wake()
}

func (j *job) canceled() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.cause
}

// finish lets go of the connection, tells the worker, and ends the stream: in this order, so that a caller who sees
// the end finds the connection free.
func (j *job) finish(tag pgconn.CommandTag, err error) {
	j.done = true
	j.mu.Lock()
	conn, cause := j.conn, j.cause
	j.conn = nil
	j.mu.Unlock()
	if j.lease != nil {
		if j.lease.put(j, conn, err != nil) {
			conn, j.kept = nil, j.admitted // a lease's connection, and the place of the job that acquired it, are the lease's
		}
		if !j.inDoubt() {
			err = certain(err)
		}
	}
	if conn != nil {
		j.guard(conn.Release)
	}
	if err != nil {
		err = messages.OnShard(err, j.shard.ID, j.op(), messages.ErrStatement)
		if cause != nil && !errors.Is(err, cause) { // an error that the cancelling brought about, most likely
			code := messages.ErrCanceled
			if errors.Is(err, messages.ErrOutcomeUnknown) {
				code = messages.ErrOutcomeUnknown
			}
			err = &messages.Error{Code: code, Shard: j.shard.ID, Op: j.op(), Err: fmt.Errorf("%w: %w", cause, err)}
		}
	}
	final := answer{tag: tag, seq: j.seq, declared: j.declared, err: err}
	if err == nil {
		final.rows = j.rows
		if j.timed {
			j.took = max(time.Since(j.began), 1)
		}
	}
	j.rows = nil
	j.worker.Notify((*finishedJob)(j))
	defer j.shard.running.done() // not before: Close waits for the answers, too
	j.end(final)
}

// inDoubt reports whether nobody knows what the statement has done when its answer is lost.
func (j *job) inDoubt() bool { return messages.MayWrite(j.SQL) && (j.lease == nil || j.Commits) }

// certain returns err without the doubt that a statement outside of a transaction would leave.
func certain(err error) error {
	e, ok := err.(*messages.Error)
	if !ok || e.Code != messages.ErrOutcomeUnknown {
		return err
	}
	if inner, ok := e.Err.(*messages.Error); ok {
		return inner
	}
	known := *e
	known.Code = messages.ErrShardLost
	return &known
}

// leaveLease ends the lease of a job that was to acquire its connection, and never started.
func (j *job) leaveLease() {
	if j.lease != nil {
		j.lease.put(j, nil, true)
	}
}

// lose ends the stream of a job that still runs, because its worker stops: err is why.
func (j *job) lose(err error) {
	code := messages.ErrShardLost
	if j.inDoubt() {
		code = messages.ErrOutcomeUnknown
	}
	j.end(answer{err: &messages.Error{Code: code, Shard: j.shard.ID, Op: j.op(), Err: err}})
}

// answer is what an End says. Only the runner knows all of it.
type answer struct {
	tag      pgconn.CommandTag
	rows     *messages.RowBatch // the last batch
	seq      uint64
	declared *messages.Description
	err      error
}

// end sends the End, if it has not been sent.
func (j *job) end(a answer) {
	if j.ended.Swap(true) {
		if a.rows != nil {
			a.rows.Recycle(2 * j.BatchBytes)
		}
		return
	}
	j.last = messages.End{Call: j.Call, Source: j.Source, Tag: a.tag, Rows: a.rows, Seq: a.seq, Declared: a.declared, Err: a.err}
	j.ReplyTo.Tell(&j.last)
}

func (j *job) op() string {
	if j.WantRows {
		return "query"
	}
	return "exec"
}
