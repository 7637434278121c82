package shardworker

import (
	"context"
	"sync"
)

// acquiring is the context under which a job waits for its connection: the caller's, which the job's cancel ends too. Mostly a connection
// is there at once, and then nobody asks when it is Done: only who does pays for a channel and for the watch over the caller's context.
// The zero value is ready once it has its Context. It is for one wait, since who was told of an end may ask later why. It is safe for
// concurrent use.
type acquiring struct {
	context.Context

	mu      sync.Mutex
	err     error // why it ended; nil before
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
	if a.err != nil {
		close(a.done)
	} else {
		a.unwatch = context.AfterFunc(a.Context, a.end)
	}
	return a.done
}

// Err returns why it is Done, and nil before.
func (a *acquiring) Err() error {
	if a.Context.Err() != nil {
		a.end() // nobody may have asked for Done, or the watch isn't here yet
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

// end ends it. A second end does nothing.
func (a *acquiring) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.err != nil {
		return
	}
	if a.err = a.Context.Err(); a.err == nil {
		a.err = context.Canceled
	}
	if a.done != nil {
		close(a.done)
	}
	if a.unwatch != nil {
		a.unwatch()
	}
}
