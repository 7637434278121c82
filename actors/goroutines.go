package actors

import (
	"sync"

	"github.com/troupedb/troupe/messages"
)

// maxParked is how many idle goroutines wait for the next job. More than that end when their job does.
const maxParked = 256

// goroutines runs jobs on goroutines that are used again, because a fresh one spends most of a short job on growing its
// stack (three quarters of a protoactor round trip, measured). It never queues: every job starts at once.
type goroutines struct {
	mu struct {
		sync.Mutex
		parked []chan messages.Job // idle goroutines; the last one parked is the first one used
		keep   bool                // whether goroutines may park
	}
}

// Go runs job on another goroutine. The job recovers its own panics.
func (g *goroutines) Go(job messages.Job) {
	g.mu.Lock()
	if n := len(g.mu.parked); n > 0 {
		next := g.mu.parked[n-1]
		g.mu.parked = g.mu.parked[:n-1]
		g.mu.Unlock()
		next <- job
		return
	}
	g.mu.Unlock()
	go g.loop(job)
}

func (g *goroutines) loop(job messages.Job) {
	work := make(chan messages.Job, 1) // room for one: Go never blocks
	for {
		job.Run()
		job = nil
		if !g.park(work) {
			return
		}
		var more bool
		if job, more = <-work; !more {
			return
		}
	}
}

func (g *goroutines) park(work chan messages.Job) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.mu.keep || len(g.mu.parked) >= maxParked {
		return false
	}
	g.mu.parked = append(g.mu.parked, work)
	return true
}

// setKeep says whether goroutines may park. Those that are parked end when they no longer may.
func (g *goroutines) setKeep(keep bool) {
	g.mu.Lock()
	g.mu.keep = keep
	var end []chan messages.Job
	if !keep {
		end, g.mu.parked = g.mu.parked, nil
	}
	g.mu.Unlock()
	for _, work := range end {
		close(work)
	}
}
