package shardworker

import (
	"context"
	"sync"
)

// acquiring is the context under which a job waits for its connection: the caller's, which the job's cancel ends too. Mostly a connection
// is there at once, and then nobody asks when it is Done: only who does pays for a channel and for the watch over the caller's context.
// The zero value is ready once it has its Context. It is safe for concurrent use.
type acquiring struct {
	context.Context

	mu      sync.Mutex
	ended   bool
	done    chan struct{}
	unwatch func() bool
}

// Done returns a channel that is closed when the caller's context ends, or the job is cancelled, or nothing is waited for any more.
func (a *acquiring) Done() <-chan struct{} {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.done != nil {
		return a.done
	}
	a.done = make(chan struct{})
	if a.ended {
		close(a.done)
	} else {
		a.unwatch = context.AfterFunc(a.Context, a.end)
	}
	return a.done
}

// Err returns why it is Done.
func (a *acquiring) Err() error {
	if err := a.Context.Err(); err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return context.Canceled
	}
	return nil
}

// end ends it. A second end does nothing.
func (a *acquiring) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended {
		return
	}
	a.ended = true
	if a.done != nil {
		close(a.done)
		a.unwatch()
	}
}

// reset makes it ready for another wait.
func (a *acquiring) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.ended, a.done, a.unwatch = false, nil, nil
}
