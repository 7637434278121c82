package shardworker

import (
	"slices"
	"time"
)

// lane is the connections of one kind and who waits for them.
type lane struct {
	connections int    // how many there are
	free        int    // how many no job holds
	queue       []*job // who waits, in order; jobs that were cancelled meanwhile are passed over
	waiting     int    // how many of queue still wait

	// quickest is how long the quickest statements of each company took alone lately: what the way to the database costs, and a commit.
	quickest [AmongWrites + 1]time.Duration
}

// note notes how long a statement took alone.
func (l *lane) note(company Company, took time.Duration) {
	if quickest := &l.quickest[company]; *quickest == 0 || took < *quickest {
		*quickest = took
	} else {
		*quickest += (took - *quickest) / 64
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

// companions removes from the queue, in order, the jobs that may join j. Reads that would make the batch long are left to other connections.
func (l *lane) companions(j *job) []*job {
	if len(l.queue) == 0 || !j.mayJoin() {
		return nil
	}
	var found []*job
	bounded, took := j.company == AmongReads && l.connections > 1, j.habit.cost()
	rest := l.queue[:0]
	for _, other := range l.queue {
		switch {
		case other.canceled() != nil:
		case bounded && took >= longBatch && len(found) >= fewReads-1:
			rest = append(rest, other)
		case other.mayJoin() && other.company == j.company:
			found = append(found, other)
			took += other.habit.cost()
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
