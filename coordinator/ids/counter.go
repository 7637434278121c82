package ids

import (
	"context"
	"slices"
	"sync"
)

// counter hands out the ids of one table's rows, and takes blocks of them when it has none left.
type counter struct {
	name  string
	block int
	// fetch takes n ids from the database. The counter calls it on one goroutine at a time.
	fetch func(ctx context.Context, name string, n int) (span, error)

	mu struct {
		sync.Mutex
		free     spans
		waiting  []*waiter          // in the order of their arrival
		fetching bool               // there is a goroutine that serves them
		cancel   context.CancelFunc // ends its fetch; nil between two
	}
}

// waiter is a call that waits for ids.
type waiter struct {
	ctx    context.Context
	n      int
	served chan served // capacity 1; sent to once, under the counter's lock, when the waiter leaves the list
}

// served is what became of a waiter: ids that are its own, or an error.
type served struct {
	ids []any
	err error
}

// next returns n ids, those that came first before those that were fetched later. It holds the lock over no I/O: it waits until its
// turn has come or ctx ends, whichever is first, while the fetch goes on for the others.
func (c *counter) next(ctx context.Context, n int) ([]any, error) {
	c.mu.Lock()
	if len(c.mu.waiting) == 0 && c.mu.free.total >= n {
		defer c.mu.Unlock()
		return c.mu.free.take(n), nil
	}
	w := &waiter{ctx: ctx, n: n, served: make(chan served, 1)}
	c.mu.waiting = append(c.mu.waiting, w)
	if !c.mu.fetching {
		c.mu.fetching = true
		go c.serve()
	}
	c.mu.Unlock()
	select {
	case s := <-w.served:
		return s.ids, s.err
	case <-ctx.Done():
		return c.leave(w)
	}
}

// leave ends the waiting of w, whose context has ended. If it was served in the same moment it has its answer: the ids are its own.
func (c *counter) leave(w *waiter) ([]any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.mu.waiting, w)
	if i < 0 {
		s := <-w.served
		return s.ids, s.err
	}
	c.mu.waiting = slices.Delete(c.mu.waiting, i, i+1)
	if len(c.mu.waiting) == 0 && c.mu.cancel != nil {
		c.mu.cancel() // nobody is left who wants what is being fetched
	}
	return nil, canceled(w.ctx, c.name)
}

// serve fetches until nobody waits any more: a goroutine of its own, because it goes on for the others when the call that began it
// has left.
func (c *counter) serve() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.handOut(); len(c.mu.waiting) > 0; c.handOut() {
		head := c.mu.waiting[0]
		n := max(c.block, head.n-c.mu.free.total)
		// The context is that of whoever waits longest, but for its end: who else waits would get to feel it.
		ctx, cancel := context.WithCancel(context.WithoutCancel(head.ctx))
		c.mu.cancel = cancel
		c.mu.Unlock()
		got, err := c.fetch(ctx, c.name, n)
		c.mu.Lock()
		abandoned := ctx.Err() != nil
		c.mu.cancel = nil
		cancel()
		switch {
		case err == nil:
			c.mu.free.add(got)
		case !abandoned: // else who waits now came after it was cancelled
			c.failAll(err)
		}
	}
	c.mu.fetching = false
}

// handOut serves those whose turn it is, as far as the ids reach. REQUIRES: mu is held.
func (c *counter) handOut() {
	for len(c.mu.waiting) > 0 && c.mu.waiting[0].n <= c.mu.free.total {
		w := c.mu.waiting[0]
		c.mu.waiting = slices.Delete(c.mu.waiting, 0, 1)
		w.served <- served{ids: c.mu.free.take(w.n)}
	}
}

// failAll ends the waiting of all. REQUIRES: mu is held.
func (c *counter) failAll(err error) {
	for _, w := range c.mu.waiting {
		w.served <- served{err: err}
	}
	c.mu.waiting = nil
}
