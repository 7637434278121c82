package postgres

import (
	"context"
	"fmt"
	"time"
)

// goneAfter is how long Close waits for what it has cut off when its own context has ended.
const goneAfter = 50 * time.Millisecond

// Close interrupts the connections in use, waits until they are released and closes the pool, if it is the backend's own.
// Connections that end get a second to tell the server so; then, or when ctx ends, they are cut off. The error says how
// many connections have not been released. Waiting for them goes on in the background then.
func (b *Backend) Close(ctx context.Context) error {
	b.mu.Lock()
	if b.mu.closed {
		b.mu.Unlock()
		return nil
	}
	b.mu.closed = true
	if b.mu.users == 0 {
		close(b.quiet)
	}
	b.endLife()
	inUse := b.mu.inUse.All()
	b.mu.Unlock()

	b.severWires((*wire).connecting)
	for _, c := range inUse {
		c.Interrupt()
	}
	pool := make(chan struct{})
	go func() {
		defer close(pool)
		if b.closesPool {
			b.pool.Close()
		}
	}()

	patience := time.NewTimer(grace)
	defer patience.Stop()
	if b.ended(pool, ctx.Done(), patience.C) {
		return nil
	}
	b.mu.Lock()
	close(b.cut)
	b.mu.Unlock()
	b.severWires(nil)
	// What was cut off is gone in a moment, even if ctx has ended.
	if b.ended(pool, ctx.Done(), nil) || b.ended(pool, nil, time.After(goneAfter)) {
		return nil
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	e := contextError(ctx, "close")
	e.Detail = fmt.Sprintf("%d connections are still in use and %d are ending", b.mu.inUse.Len(), b.mu.graves)
	return e
}

// ended waits until nothing is in use and the pool is closed, and gives up at either signal.
func (b *Backend) ended(pool, done <-chan struct{}, late <-chan time.Time) bool {
	for _, what := range []<-chan struct{}{b.quiet, pool} {
		select {
		case <-what:
			continue
		default:
		}
		select {
		case <-what:
		case <-done:
			return false
		case <-late:
			return false
		}
	}
	return true
}

// severWires ends the network connections of all wires, or of those that which picks.
func (b *Backend) severWires(which func(*wire) bool) {
	b.mu.Lock()
	wires := make([]*wire, 0, len(b.mu.wires))
	for w := range b.mu.wires {
		wires = append(wires, w)
	}
	b.mu.Unlock()
	for _, w := range wires {
		if which == nil || which(w) {
			w.sever()
		}
	}
}
