package shardworker

import (
	"context"
	"runtime"
	"sync"
	"time"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
)

// patience is how long a batch of reads may take beyond what its statements took when they ran alone. Then they are run elsewhere.
const patience = 250 * time.Millisecond

// batch is jobs that run at once on one connection, on a goroutine of the system: a caller's own would have to leave it at the caller's
// deadline.
type batch struct {
	shard      *shard
	worker     *actors.Ref
	lane       int
	jobs       []*job
	statements []*Shared // of jobs
	ctx        context.Context
	endContext context.CancelFunc
	stalled    *time.Timer   // nil for writes
	took       time.Duration // in RunBatch; set before the worker is told

	// The actor's.
	remaining int // jobs that have not left
	over      bool

	mu struct {
		sync.Mutex
		conn Conn
		cut  bool
	}
}

// startBatch runs jobs, which were waiting, together.
func (w *worker) startBatch(jobs []*job) {
	b := &batch{
		shard: w.shard, worker: w.self, lane: jobs[0].lane, jobs: jobs,
		statements: make([]*Shared, len(jobs)), remaining: len(jobs),
	}
	shared := make([]Shared, len(jobs))
	limit := patience
	for i, j := range jobs {
		s := &shared[i]
		s.Context, s.SQL, s.Args, s.WantRows, s.Limit = j.Context, j.SQL, j.Args, j.WantRows, j.Window
		j.started, j.batch, j.shared, b.statements[i] = true, b, s, s
		limit += 2 * j.habit.took
	}
	b.ctx, b.endContext = context.WithCancel(context.Background())
	if jobs[0].company == AmongReads {
		worker := w.self // b's own may be another when the batch ends
		b.stalled = time.AfterFunc(limit, func() { worker.Notify((*stalledBatch)(b)) })
	}
	w.shard.running.add()
	w.shard.System.Go(b)
}

// Run runs the statements, and answers after the connection has come free.
func (b *batch) Run() {
	defer b.recover()
	conn, err := b.shard.Backend.Acquire(b.ctx, b.lane)
	if err != nil {
		b.fail(err)
	} else if shared, ok := b.use(conn); ok {
		begin := time.Now()
		shared.RunBatch(b.ctx, b.statements)
		b.took = time.Since(begin)
	}
	b.finish()
}

// use makes conn the one that is cut off if everybody leaves.
func (b *batch) use(conn Conn) (BatchConn, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mu.conn = conn
	if b.mu.cut {
		conn.Interrupt()
	}
	shared, ok := conn.(BatchConn)
	return shared, ok
}

// fail gives those that have not begun an error.
func (b *batch) fail(err error) {
	for _, s := range b.statements {
		if s.state.CompareAndSwap(sharedWaits, sharedBegun) {
			s.Outcome = Outcome{Err: err}
		}
	}
}

// finish gives the connection back, answers, and tells the worker, which has another use for the connection then. Those who have got their
// answer mostly ask again at once: the worker is told after they had a chance to, and so the next batch has them all.
func (b *batch) finish() {
	b.mu.Lock()
	conn := b.mu.conn
	b.mu.conn = nil
	b.mu.Unlock()
	if conn != nil {
		b.jobs[0].guard(conn.Release)
	}
	b.endContext()
	if b.stalled != nil {
		b.stalled.Stop()
	}
	for i, s := range b.statements {
		if !s.again() && s.settle() {
			b.jobs[i].answer(&s.Outcome)
		}
	}
	runtime.Gosched()
	b.worker.Notify((*finishedBatch)(b))
	b.shard.running.done()
}

// recover answers for a backend that panicked, with its connection spent.
func (b *batch) recover() {
	value := recover()
	if value == nil {
		return
	}
	b.shard.logPanic(value)
	b.mu.Lock()
	conn := b.mu.conn
	b.mu.Unlock()
	if conn != nil {
		b.jobs[0].guard(conn.Interrupt)
	}
	for i, s := range b.statements {
		s.Outcome = Outcome{}
		state := s.state.Load()
		if state == sharedWaits {
			continue // it had no part in it, and is run again
		}
		j := b.jobs[i]
		err := &messages.Error{Code: messages.ErrPanic, Shard: b.shard.ID, Op: j.op(), Detail: messages.PanicText(value)}
		if j.inDoubt() {
			err = &messages.Error{Code: messages.ErrOutcomeUnknown, Shard: b.shard.ID, Op: j.op(), Err: err}
		}
		s.Outcome = Outcome{Err: err}
		if state == sharedSettled { // what it was to be answered was what panicked, or it was answered before
			j.answer(&s.Outcome)
		}
	}
	b.finish()
}

// leave takes a job out of the batch, unless it is being answered already, and reports whether its statement has begun. The last one cuts
// the batch off. The actor's.
func (b *batch) leave(j *job) (left, begun bool) {
	if left, begun = j.shared.leave(); !left {
		return false, false
	}
	if b.remaining--; b.remaining > 0 {
		return true, begun
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mu.cut = true
	b.endContext()
	if b.mu.conn != nil {
		b.mu.conn.Interrupt()
	}
	return true, begun
}

// finishedBatch is a batch that has let go of its connection.
type finishedBatch batch

func (f *finishedBatch) arrive(w *worker) {
	b := (*batch)(f)
	if b.over {
		return // the actor panicked when it heard of it first
	}
	b.over = true
	var again []*job
	for i, j := range b.jobs {
		if w.jobs[j.key()] != j || j.batch != b {
			continue // it has left
		}
		if b.statements[i].again() && b.statements[i].settle() {
			again = append(again, j.alone())
			continue
		}
		j.habit.learnEach(b.took / time.Duration(len(b.jobs)))
		delete(w.jobs, j.key())
	}
	lane := &w.shard.lanes[b.lane]
	lane.restart(again)
	lane.free++
	w.startWaiting(lane)
}

// Refuse passes the report on.
func (f *finishedBatch) Refuse(error) {
	if next := f.shard.next(f, f.worker); next != nil {
		f.worker = next
		next.Notify(f)
	}
}

// stalledBatch is a batch of reads whose patience is over.
type stalledBatch batch

func (s *stalledBatch) arrive(w *worker) {
	b := (*batch)(s)
	if b.over {
		return
	}
	var again []*job
	for _, j := range b.jobs {
		if w.jobs[j.key()] != j || j.batch != b {
			continue
		}
		if left, _ := b.leave(j); left {
			j.habit.stall(w.shard.lanes[b.lane].quickest[AmongReads])
			again = append(again, j.alone())
		}
	}
	lane := &w.shard.lanes[b.lane]
	lane.restart(again)
	w.startWaiting(lane)
}

// Refuse does nothing: the actor that has stopped has ended the jobs.
func (s *stalledBatch) Refuse(error) {}

// alone makes the job wait again, to run by itself, which its habit learns from. The actor's.
func (j *job) alone() *job {
	j.batch, j.shared, j.started, j.solitary, j.timed = nil, nil, false, true, true
	return j
}

// mayJoin reports whether the job, which waits, may share a connection with others. The actor's.
func (j *job) mayJoin() bool {
	h, batcher := j.habit, j.shard.batcher
	if batcher == nil || h == nil || h.runs == 0 || j.solitary || j.lease != nil || j.Copy != nil {
		return false
	}
	switch {
	case j.company != Alone: // it was asked before
	case !isPlain(j.Args):
		j.company = j.companyOf(batcher)
	case !h.classed:
		h.company, h.classed = j.companyOf(batcher), true
		fallthrough
	default:
		j.company = h.company
	}
	return j.company != Alone && h.joins(j.company, j.shard.lanes[j.lane].quickest[j.company]) && argBytes(j.Args) <= smallArgs
}

// companyOf asks the backend, whose panic means Alone.
func (j *job) companyOf(batcher Batcher) (company Company) {
	defer func() {
		if value := recover(); value != nil {
			j.shard.logPanic(value)
			company = Alone
		}
	}()
	return batcher.Company(j.SQL, j.Args, j.WantRows)
}

// answer passes on what came of the statement in a batch.
func (j *job) answer(o *Outcome) {
	if o.Err != nil {
		j.end(answer{err: messages.OnShard(o.Err, j.shard.ID, j.op(), messages.ErrStatement)})
		return
	}
	for i, rows := range o.Batches {
		rows.Call, rows.Source, rows.Seq, rows.Cost = j.Call, j.Source, uint64(i), 1
		if i == 0 {
			rows.Declared = o.Declared
		}
		if i < len(o.Batches)-1 {
			j.ReplyTo.Tell(rows)
		}
	}
	final := answer{tag: o.Tag, seq: uint64(len(o.Batches)), declared: o.Declared}
	if n := len(o.Batches); n > 0 {
		final.rows = o.Batches[n-1]
	}
	j.end(final)
}
