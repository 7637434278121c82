package shardworker

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
)

// Config configures a worker.
type Config struct {
	// ID is the shard's name. It has no default.
	ID messages.ShardID
	// Backend is the shard's database. The caller closes it, after the worker has drained. It has no default.
	Backend Backend
	// Sharers is how many workers have this Backend. Each takes its Share of the connections, so that none waits for a connection that
	// another holds while a reader waits for both. Defaults to 1.
	Sharers int
	// System is where the worker lives. It has no default.
	System *actors.System
	// Logger is told of panics. It has no default.
	Logger *slog.Logger
}

// Worker is the handle of a shard worker: the actor that owns one shard's connections and admission. It outlives the
// actor, which is replaced when it panics. It is safe for concurrent use.
type Worker struct {
	*actors.Ref
	shard *shard
}

// Shard returns the shard's name.
func (w *Worker) Shard() messages.ShardID { return w.shard.ID }

// Spawn starts a worker's actor under a name that is unique in the system.
func Spawn(name string, cfg Config) (*Worker, error) {
	s := &shard{Config: cfg, dialect: cfg.Backend.Dialect(), prompt: cfg.Backend.Prompt()}
	s.batcher, _ = cfg.Backend.(Batcher)
	for _, connections := range cfg.Backend.Lanes() {
		connections = Share(connections, cfg.Sharers)
		s.lanes = append(s.lanes, lane{connections: connections, free: connections})
	}
	return s.spawn(name)
}

// Share returns how many of a lane's connections each of the workers may hold that share them: at least one. If there are fewer than
// workers they wait for each other within [Backend.Acquire].
func Share(connections, sharers int) int { return max(1, connections/max(1, sharers)) }

// Respawn starts a new actor for w's shard, after the old one was stopped by somebody else. REQUIRES: it has stopped.
func (w *Worker) Respawn(name string) (*Worker, error) { return w.shard.spawn(name) }

func (s *shard) spawn(name string) (*Worker, error) {
	ref, err := s.System.Spawn(name, s.Logger, func() actors.Actor { return &worker{shard: s, jobs: map[jobKey]*job{}} })
	if err != nil {
		return nil, err
	}
	return &Worker{Ref: ref, shard: s}, nil
}

// Dialect returns the SQL that the shard understands.
func (w *Worker) Dialect() messages.Dialect { return w.shard.dialect }

// Drained waits until no job runs any more, or until ctx ends.
func (w *Worker) Drained(ctx context.Context) error { return w.shard.running.wait(ctx) }

type jobKey struct {
	call   messages.CallID
	source int
}

// worker is the actor. It accepts jobs, starts as many as there are connections, and passes on what readers say.
// It never blocks: what does is done by the jobs.
type worker struct {
	shard *shard
	self  *actors.Ref
	jobs  map[jobKey]*job // accepted and not finished
}

// Started takes over what was told to an earlier actor.
func (w *worker) Started(self *actors.Ref) {
	w.self = self
	for _, r := range w.shard.takeOver(self) {
		r.arrive(w)
	}
}

// Receive handles a message.
func (w *worker) Receive(msg any) {
	switch msg := msg.(type) {
	case *messages.Execute:
		w.accept(msg)
	case *messages.Credit:
		if j := w.jobs[jobKey{msg.Call, msg.Source}]; j != nil {
			j.addCredit(msg.Batches)
		}
	case *messages.Flush:
		if j := w.jobs[jobKey{msg.Call, msg.Source}]; j != nil {
			j.flush()
		}
	case *messages.Cancel:
		w.cancel(msg)
	case report:
		msg.arrive(w)
	default:
		panic(fmt.Sprintf("bug: a shard worker got a %T", msg))
	}
}

// Stopped ends every open job with an error at once. Their goroutines let go of the connections by themselves.
func (w *worker) Stopped(err error) {
	for _, j := range w.jobs {
		switch {
		case j.batch != nil:
			switch left, begun := j.batch.leave(j); {
			case begun:
				j.lose(err)
			case left:
				j.end(answer{err: messages.OnShard(err, w.shard.ID, "admission", messages.ErrUnavailable)})
			}
			continue
		case j.started:
			j.lose(err) // before the job can say that it was cancelled
			j.cancel(err)
			continue
		}
		j.cancel(err)
		j.leaveLease()
		w.shard.lanes[j.lane].waiting--
		j.end(answer{err: messages.OnShard(err, w.shard.ID, "admission", messages.ErrUnavailable)})
	}
	clear(w.jobs)
}

func (w *worker) accept(ex *messages.Execute) {
	if err := ex.Context.Err(); err != nil {
		ex.Refuse(&messages.Error{Code: messages.ErrCanceled, Shard: w.shard.ID, Op: "admission", Err: err})
		return
	}
	j := &job{Execute: *ex, shard: w.shard, worker: w.self, credit: ex.Window}
	j.firstWait.Context, j.waits = ex.Context, &j.firstWait
	if ex.Lease != nil {
		j.lease = ex.Lease.(*Lease)
	}
	if j.lease != nil && j.lease.held() {
		w.jobs[j.key()] = j
		w.start(j)
		return
	}
	if err := w.class(j); err != nil {
		ex.Refuse(err)
		return
	}
	j.admitted = true
	w.jobs[j.key()] = j
	if w.shard.lanes[j.lane].enter(j) {
		w.start(j)
	}
}

// class finds the job's lane, and what is known of its statement.
func (w *worker) class(j *job) (err error) {
	if j.lease != nil {
		j.lane, err = w.ask(func(b Backend) int { return LeaseLane(b, j.lease.readOnly) })
		return err
	}
	h, known := w.shard.habits.of(j.SQL, j.WantRows)
	if known {
		j.habit, j.lane, j.timed = h, h.lane, h.timed()
		return nil
	}
	if j.lane, err = w.ask(func(b Backend) int { return b.Lane(j.SQL, j.WantRows) }); err != nil || h == nil {
		return err
	}
	w.shard.habits.know(j.SQL, j.WantRows, h)
	h.lane = j.lane
	j.habit, j.timed = h, true
	return nil
}

// ask asks the backend for a lane. Its panic is its own call's business.
func (w *worker) ask(which func(Backend) int) (lane int, err error) {
	defer func() {
		if value := recover(); value != nil {
			w.shard.logPanic(value)
			err = &messages.Error{Code: messages.ErrPanic, Shard: w.shard.ID, Op: "admission", Detail: messages.PanicText(value)}
		}
	}()
	lane = which(w.shard.Backend)
	_ = w.shard.lanes[lane]
	return lane, nil
}

func (w *worker) start(j *job) {
	j.started = true
	w.shard.running.add()
	if j.Runner != nil && (w.shard.prompt || j.Context.Done() == nil) { // without a deadline none is missed
		j.inline = true
		if j.Runner.Offer(j) {
			return
		}
		j.inline = false
	}
	w.shard.System.Go(j)
}

func (w *worker) cancel(msg *messages.Cancel) {
	j := w.jobs[jobKey{msg.Call, msg.Source}]
	switch {
	case j == nil: // it has ended meanwhile
	case j.batch != nil:
		w.leave(j, msg.Cause)
	case j.started:
		j.cancel(msg.Cause)
	default:
		delete(w.jobs, j.key())
		j.cancel(msg.Cause)
		j.leaveLease()
		lane := &w.shard.lanes[j.lane]
		lane.giveUp()
		j.end(answer{err: &messages.Error{
			Code: messages.ErrPoolExhausted, Shard: w.shard.ID, Op: "admission",
			Detail: fmt.Sprintf("all %d connections are busy, %d more calls wait", lane.connections-lane.free, lane.waiting),
			Err:    msg.Cause,
		}})
	}
}

// leave ends a job that is in a batch, of which the others go on.
func (w *worker) leave(j *job, cause error) {
	left, begun := j.batch.leave(j)
	if !left {
		return // it is being answered
	}
	delete(w.jobs, j.key())
	err := &messages.Error{Code: messages.ErrCanceled, Shard: w.shard.ID, Op: j.op(), Err: cause}
	switch {
	case !begun:
		err.Code, err.Op, err.Detail = messages.ErrPoolExhausted, "admission", "it waited for its turn among other calls"
	case j.inDoubt():
		err = &messages.Error{Code: messages.ErrOutcomeUnknown, Shard: w.shard.ID, Op: j.op(), Err: err}
	}
	j.end(answer{err: err})
}

// finish frees the job's connection for the jobs that still want one.
func (w *worker) finish(j *job) {
	if w.jobs[j.key()] == j {
		delete(w.jobs, j.key())
	}
	if j.freed || !j.admitted || j.kept {
		return
	}
	j.freed = true
	lane := &w.shard.lanes[j.lane]
	if j.took > 0 {
		j.habit.learn(j.took, j.bytes)
		switch company := max(j.company, j.habit.company); {
		case company != Alone:
			lane.note(company, j.took)
		case j.WantRows: // not classed yet, perhaps
			lane.note(AmongReads, j.took)
		}
	}
	lane.free++
	w.startWaiting(lane)
}

// startWaiting gives the free connections of a lane to those that wait: each to the one that has waited longest, together with those that may
// join it.
func (w *worker) startWaiting(lane *lane) {
	for j := lane.next(); j != nil; j = lane.next() {
		if others := lane.companions(j); len(others) > 0 {
			w.startBatch(append([]*job{j}, others...))
		} else {
			w.start(j)
		}
	}
}
