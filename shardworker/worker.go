package shardworker

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
)

// Config configures a worker.
type Config struct {
	// ID is the shard's name. It has no default.
	ID messages.ShardID
	// Backend is the shard's database. The caller closes it, after the worker has drained. It has no default.
	Backend Backend
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
	for _, connections := range cfg.Backend.Lanes() {
		s.lanes = append(s.lanes, lane{connections: connections, free: connections})
	}
	ref, err := cfg.System.Spawn(name, cfg.Logger, func() actors.Actor {
		return &worker{shard: s, jobs: map[jobKey]*job{}}
	})
	if err != nil {
		return nil, err
	}
	return &Worker{Ref: ref, shard: s}, nil
}

// Respawn starts a new actor for w's shard, after the old one was stopped by somebody else. What is left of the old
// one's jobs counts no more: until they end, the backend's own bound on connections holds.
func (w *Worker) Respawn(name string) (*Worker, error) { return Spawn(name, w.shard.Config) }

// Dialect returns the SQL that the shard understands.
func (w *Worker) Dialect() messages.Dialect { return w.shard.dialect }

// Drained waits until no job runs any more, or until ctx ends.
func (w *Worker) Drained(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		w.shard.running.Wait()
		close(done)
	}()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// shard is what one actor after the other works with. lanes are touched in Receive only.
type shard struct {
	Config
	dialect messages.Dialect
	prompt  bool
	lanes   []lane
	running sync.WaitGroup // jobs that have started and not finished
}

// lane is the connections of one kind and who waits for them.
type lane struct {
	connections int    // how many there are
	free        int    // how many no job holds
	queue       []*job // who waits, in order; jobs that were cancelled meanwhile are passed over
	waiting     int    // how many of queue still wait
}

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

// finished tells the worker that a job has let go of its connection.
type finished struct{ job *job }

func (w *worker) Started(self *actors.Ref) { w.self = self }

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
	case *finished:
		w.finish(msg.job)
	default:
		panic(fmt.Sprintf("bug: a shard worker got a %T", msg))
	}
}

// Stopped ends every open job with an error at once. Their goroutines let go of the connections by themselves.
func (w *worker) Stopped(err error) {
	for _, j := range w.jobs {
		if j.started {
			j.lose(err) // before the job can say that it was cancelled
			j.cancel(err)
			continue
		}
		j.cancel(err)
		w.shard.lanes[j.lane].waiting--
		j.end(nil, messages.OnShard(err, w.shard.ID, "admission", messages.ErrUnavailable))
	}
	clear(w.jobs)
}

func (w *worker) accept(ex *messages.Execute) {
	if err := ex.Context.Err(); err != nil {
		ex.Refuse(&messages.Error{Code: messages.ErrCanceled, Shard: w.shard.ID, Op: "admission", Err: err})
		return
	}
	j := &job{Execute: ex, shard: w.shard, worker: w.self, credit: ex.Window}
	j.lane = w.shard.Backend.Lane(ex.SQL, ex.WantRows)
	lane := &w.shard.lanes[j.lane]
	w.jobs[j.key()] = j
	if lane.free == 0 {
		lane.queue = append(lane.queue, j)
		lane.waiting++
		return
	}
	lane.free--
	w.start(j)
}

func (w *worker) start(j *job) {
	j.started = true
	w.shard.running.Add(1)
	if w.shard.prompt && j.Runner != nil {
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
	case j.started:
		j.cancel(msg.Cause)
	default:
		delete(w.jobs, j.key())
		j.cancel(msg.Cause)
		lane := &w.shard.lanes[j.lane]
		lane.waiting--
		if len(lane.queue) > 2*lane.waiting+64 { // while no connection comes free, the cancelled must not pile up
			lane.queue = slices.DeleteFunc(lane.queue, func(j *job) bool { return j.canceled() != nil })
		}
		j.end(nil, &messages.Error{Code: messages.ErrPoolExhausted, Shard: w.shard.ID, Op: "admission",
			Detail: fmt.Sprintf("all %d connections are busy, %d more calls wait", lane.connections-lane.free, lane.waiting),
			Err:    msg.Cause})
	}
}

// finish frees the job's connection for the next job that still wants one.
func (w *worker) finish(j *job) {
	if w.jobs[j.key()] == j {
		delete(w.jobs, j.key())
	}
	lane := &w.shard.lanes[j.lane]
	lane.free++
	for lane.free > 0 && len(lane.queue) > 0 {
		next := lane.queue[0]
		lane.queue[0] = nil
		if lane.queue = lane.queue[1:]; len(lane.queue) == 0 {
			lane.queue = nil
		}
		if next.canceled() != nil {
			continue
		}
		lane.waiting--
		lane.free--
		w.start(next)
	}
}
