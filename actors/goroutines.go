package actors

import (
	"runtime"
	"sync"

	"github.com/troupedb/troupe/messages"
)

const (
	// maxParked is how many idle goroutines wait for the next job. More than that end when their job does.
	maxParked = 256
	// inARow is how many jobs a goroutine runs before it lets others have the processor. Like the runtime's own goroutines they are
	// interrupted after ten milliseconds only.
	inARow = 16
)

// goroutines runs jobs on goroutines that are used again, because a fresh one spends most of a short job on growing its
// stack (three quarters of a protoactor round trip, measured).
//
// A job starts as soon as there is a processor for it, however many others there are that don't end: as long as there are jobs, one more goroutine is
// about to take one, and when it does, it wakes the next before it runs its own. But a goroutine that has ended its job takes the next one itself. So jobs
// that wait have a goroutine each, and a thousand jobs that don't are run by as many goroutines as there are processors.
type goroutines struct {
	mu struct {
		sync.Mutex
		jobs   queue
		coming bool            // a goroutine was woken, or started, and has yet to take a job
		parked []chan struct{} // idle goroutines; the last one parked is the first one used
		keep   bool            // whether goroutines may park
	}
}

// Go runs job on another goroutine. The job recovers its own panics.
func (g *goroutines) Go(job messages.Job) {
	g.mu.Lock()
	g.mu.jobs.put(job)
	if g.mu.coming {
		g.mu.Unlock()
		return
	}
	g.wakeAndUnlock()
}

// wakeAndUnlock sees to it that one more goroutine comes. REQUIRES: mu is held, and no other is coming.
func (g *goroutines) wakeAndUnlock() {
	g.mu.coming = true
	n := len(g.mu.parked)
	if n == 0 {
		g.mu.Unlock()
		go g.loop()
		return
	}
	wake := g.mu.parked[n-1]
	g.mu.parked = g.mu.parked[:n-1]
	g.mu.Unlock()
	wake <- struct{}{}
}

func (g *goroutines) loop() {
	wake := make(chan struct{}, 1) // room for one: nobody blocks who wakes
	came := true
	for n := 1; ; n++ {
		job, parked := g.next(wake, came)
		came = false
		switch {
		case job != nil:
			job.Run()
			if n%inARow == 0 {
				runtime.Gosched()
			}
		case !parked:
			return
		default:
			if _, came = <-wake; !came {
				return
			}
		}
	}
}

// next takes the next job. If there is none, the goroutine is to wait for wake if it is parked, and else to end. came says that it is the one that was coming.
func (g *goroutines) next(wake chan struct{}, came bool) (job messages.Job, parked bool) {
	g.mu.Lock()
	if came {
		g.mu.coming = false
	}
	if job = g.mu.jobs.take(); job == nil {
		if parked = g.mu.keep && len(g.mu.parked) < maxParked; parked {
			g.mu.parked = append(g.mu.parked, wake)
		}
		g.mu.Unlock()
		return nil, parked
	}
	if g.mu.jobs.n > 0 && !g.mu.coming {
		g.wakeAndUnlock()
	} else {
		g.mu.Unlock()
	}
	return job, false
}

// setKeep says whether goroutines may park. Those that are parked end when they no longer may.
func (g *goroutines) setKeep(keep bool) {
	g.mu.Lock()
	g.mu.keep = keep
	var end []chan struct{}
	if !keep {
		end, g.mu.parked = g.mu.parked, nil
	}
	g.mu.Unlock()
	for _, wake := range end {
		close(wake)
	}
}

// queue is jobs in order, in a ring.
type queue struct {
	ring []messages.Job // its length is a power of two
	head int
	n    int
}

func (q *queue) put(job messages.Job) {
	if q.n == len(q.ring) {
		ring := make([]messages.Job, max(16, 2*q.n))
		copied := copy(ring, q.ring[q.head:])
		copy(ring[copied:], q.ring[:q.head])
		q.ring, q.head = ring, 0
	}
	q.ring[(q.head+q.n)&(len(q.ring)-1)] = job
	q.n++
}

// take returns nil if there is none. A ring that was large once is forgotten.
func (q *queue) take() messages.Job {
	if q.n == 0 {
		return nil
	}
	job := q.ring[q.head]
	q.ring[q.head] = nil
	q.head = (q.head + 1) & (len(q.ring) - 1)
	if q.n--; q.n == 0 && len(q.ring) > 1024 {
		q.ring, q.head = nil, 0
	}
	return job
}
