package shardworker

import (
	"sync"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
)

// shard is what one actor after the other works with: connections outlive actors.
type shard struct {
	Config
	dialect messages.Dialect
	batcher Batcher // nil if the backend is none
	prompt  bool
	lanes   []lane // touched by the actor only
	habits  habits // touched by the actor only
	running tally  // jobs and batches that have started and not finished

	mu struct {
		sync.Mutex
		actor *actors.Ref // the one that works now
		kept  []report    // what came while none did
	}
}

// report tells the actor that a connection has come free. None is lost: what a stopped actor refuses goes to the one that takes over.
type report interface {
	actors.Refuser
	// arrive is called by the actor.
	arrive(w *worker)
}

// takeOver makes actor the one that works now, and returns the reports that nobody got.
func (s *shard) takeOver(actor *actors.Ref) []report {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.mu.kept
	s.mu.actor, s.mu.kept = actor, nil
	return kept
}

// next returns the actor that a report goes to which another has refused. Without one the report is kept.
func (s *shard) next(r report, refusedBy *actors.Ref) *actors.Ref {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.actor == refusedBy {
		s.mu.kept = append(s.mu.kept, r)
		return nil
	}
	return s.mu.actor
}

// finishedJob is a job that has let go of its connection.
type finishedJob job

func (f *finishedJob) arrive(w *worker) { w.finish((*job)(f)) }

// Refuse passes the report on.
func (f *finishedJob) Refuse(error) {
	if next := f.shard.next(f, f.worker); next != nil {
		f.worker = next
		next.Notify(f)
	}
}

// endedLease tells that the connection which holder acquired is given back.
type endedLease struct {
	holder *job
	worker *actors.Ref // who is told
}

func (e *endedLease) arrive(w *worker) { w.finish(e.holder) }

// Refuse passes the report on.
func (e *endedLease) Refuse(error) {
	if next := e.holder.shard.next(e, e.worker); next != nil {
		e.worker = next
		next.Notify(e)
	}
}
