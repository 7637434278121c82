package shardworker

import (
	"slices"
	"sync"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
)

// shard is what one actor after the other works with: connections outlive actors.
type shard struct {
	Config
	dialect messages.Dialect
	prompt  bool
	lanes   []lane // touched by the actor only
	running tally  // jobs that have started and not finished

	mu struct {
		sync.Mutex
		actor    *actors.Ref // the one that works now
		returned []*job      // jobs that finished while none did
	}
}

// takeOver makes actor the one that is told of finished jobs, and returns those that nobody was told of.
func (s *shard) takeOver(actor *actors.Ref) []*job {
	s.mu.Lock()
	defer s.mu.Unlock()
	returned := s.mu.returned
	s.mu.actor, s.mu.returned = actor, nil
	return returned
}

// finishedJob tells the worker that a job has let go of its connection.
type finishedJob job

// Refuse passes the job on to the actor that has taken over, or keeps it for the one that will.
func (f *finishedJob) Refuse(error) {
	j := (*job)(f)
	s := j.shard
	s.mu.Lock()
	next := s.mu.actor
	if next == j.worker {
		s.mu.returned = append(s.mu.returned, j)
		s.mu.Unlock()
		return
	}
	s.mu.Unlock()
	j.worker = next
	next.Notify(f)
}

// endedLease tells the worker that the connection that holder acquired is given back.
type endedLease struct {
	holder *job
	worker *actors.Ref // who is told
}

// tell tells the actor that works now, or the one that will.
func (e *endedLease) tell() {
	s := e.holder.shard
	s.mu.Lock()
	if e.worker == s.mu.actor { // it has refused
		s.mu.returned = append(s.mu.returned, e.holder)
		s.mu.Unlock()
		return
	}
	e.worker = s.mu.actor
	s.mu.Unlock()
	e.worker.Notify(e)
}

// Refuse passes it on.
func (e *endedLease) Refuse(error) { e.tell() }

// lane is the connections of one kind and who waits for them.
type lane struct {
	connections int    // how many there are
	free        int    // how many no job holds
	queue       []*job // who waits, in order; jobs that were cancelled meanwhile are passed over
	waiting     int    // how many of queue still wait
}

// enter takes a free connection for j, or lets it wait.
func (l *lane) enter(j *job) (free bool) {
	if l.free == 0 {
		l.queue = append(l.queue, j)
		l.waiting++
		return false
	}
	l.free--
	return true
}

// giveUp forgets one that waited and was cancelled. While no connection comes free, the cancelled must not pile up.
func (l *lane) giveUp() {
	l.waiting--
	if len(l.queue) > 2*l.waiting+64 {
		l.queue = slices.DeleteFunc(l.queue, func(j *job) bool { return j.canceled() != nil })
	}
}

// next takes a free connection for the job that has waited longest; nil if there is none of either.
func (l *lane) next() *job {
	for l.free > 0 && len(l.queue) > 0 {
		j := l.queue[0]
		l.queue[0] = nil
		if l.queue = l.queue[1:]; len(l.queue) == 0 {
			l.queue = nil
		}
		if j.canceled() == nil {
			l.waiting--
			l.free--
			return j
		}
	}
	return nil
}
