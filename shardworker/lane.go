package shardworker

import (
	"slices"
	"time"
)

// lane is the connections of one kind and who waits for them.
type lane struct {
	connections int           // how many there are
	free        int           // how many no job holds
	queue       []*job        // who waits, in order; jobs that were cancelled meanwhile are passed over
	waiting     int           // how many of queue still wait
	commit      time.Duration // how long the quickest writes took lately
}

// noteCommit notes how long a write took.
func (l *lane) noteCommit(took time.Duration) {
	if l.commit == 0 || took < l.commit {
		l.commit = took
	} else {
		l.commit += (took - l.commit) / 64
	}
}

// restart puts jobs that have waited before at the head of the queue.
func (l *lane) restart(jobs []*job) {
	if len(jobs) > 0 {
		l.queue = append(jobs, l.queue...)
		l.waiting += len(jobs)
	}
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

// companions removes from the queue, in order, the jobs that may join j.
func (l *lane) companions(j *job) []*job {
	if len(l.queue) == 0 || !j.mayJoin() {
		return nil
	}
	var found []*job
	rest := l.queue[:0]
	for _, other := range l.queue {
		switch {
		case other.canceled() != nil:
		case other.mayJoin() && other.company == j.company:
			found = append(found, other)
		default:
			rest = append(rest, other)
		}
	}
	clear(l.queue[len(rest):])
	if l.queue = rest; len(rest) == 0 {
		l.queue = nil
	}
	l.waiting -= len(found)
	return found
}
