package sqlite

import (
	"context"
	"fmt"
	"slices"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

const opAcquire = "acquire"

// Acquire returns a connection of lane. Opening one fails with [messages.ErrUnavailable] where the file can't be opened,
// with [messages.ErrDamaged] where it is no database, and with [messages.ErrBusy] where it stays locked.
func (b *Backend) Acquire(ctx context.Context, lane int) (shardworker.Conn, error) {
	if lane < 0 || lane >= lanes {
		panic(fmt.Sprintf("bug: SQLite has no lane %d", lane))
	}
	if ctx.Err() != nil {
		return nil, &messages.Error{Code: messages.ErrCanceled, Op: opAcquire, Err: contextError(ctx)}
	}
	select {
	case <-b.free[lane]:
	default:
		select {
		case <-b.free[lane]:
		case <-b.closing:
			return nil, errClosed(opAcquire)
		case <-ctx.Done():
			return nil, &messages.Error{Code: messages.ErrPoolExhausted, Op: opAcquire, Err: contextError(ctx)}
		}
	}
	l, ok := b.lease(lane)
	if !ok {
		b.free[lane] <- struct{}{}
		return nil, errClosed(opAcquire)
	}
	if l.c.db != 0 {
		return l, nil
	}
	if err := b.openPlaced(ctx, l.c); err != nil {
		closed := l.interrupted.Load() // only Close can, before anybody has the lease
		b.giveBack(l, false)
		if closed {
			err = errClosed(opAcquire)
		}
		return nil, err
	}
	return l, nil
}

func errClosed(op string) error {
	return &messages.Error{Code: messages.ErrClosed, Op: op, Detail: "the SQLite backend was closed"}
}

// lease takes an idle connection of lane, or a new one that isn't open yet. It reports false if the backend is closed.
func (b *Backend) lease(lane int) (*lease, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.mu.closed {
		return nil, false
	}
	l := &lease{backend: b}
	if l.c = b.takeIdle(lane); l.c == nil {
		l.c = newConnection(b, lane)
	}
	b.mu.leases.Add(l, &l.links)
	l.c.attach(l)
	return l, true
}

// takeIdle takes an idle connection of lane; nil if there is none. REQUIRES: mu is held.
func (b *Backend) takeIdle(lane int) *connection {
	idle := b.mu.idle[lane]
	for i := len(idle) - 1; i >= 0; i-- { // the one used last has the warmest cache
		if c := idle[i]; b.cfg.Open.wake(c) {
			b.mu.idle[lane] = slices.Delete(idle, i, i+1)
			return c
		}
	}
	return nil
}

// giveBack ends l. The connection is kept if it is clean and the backend is open.
func (b *Backend) giveBack(l *lease, clean bool) {
	c := l.c
	b.mu.Lock()
	if !clean || b.mu.closed {
		b.mu.Unlock()
		b.shut(c)
		b.mu.Lock()
	} else {
		b.mu.idle[c.lane] = append(b.mu.idle[c.lane], c)
		b.cfg.Open.rest(c)
	}
	b.mu.leases.Remove(&l.links)
	last := b.last()
	b.mu.Unlock()
	b.free[c.lane] <- struct{}{}
	if last {
		b.drain()
	}
}

// Close interrupts what is running, closes the connections as they are released, and waits for that until ctx ends; the
// rest is closed later: what is in use, when it is released, and the idle connections, whose checkpoint may take its time,
// behind Close's back. A second Close does nothing.
func (b *Backend) Close(ctx context.Context) error {
	b.mu.Lock()
	if b.mu.closed {
		b.mu.Unlock()
		return nil
	}
	b.mu.closed, b.mu.closingIdle, b.mu.tidying = true, true, ctx
	b.drained = make(chan struct{})
	close(b.closing)
	var idle []*connection
	for lane := range b.mu.idle {
		for c := b.takeIdle(lane); c != nil; c = b.takeIdle(lane) {
			idle = append(idle, c)
		}
	}
	leased, used := b.mu.leases.All(), b.mu.used
	b.mu.Unlock()

	for _, l := range leased {
		l.Interrupt()
	}
	if len(idle) > 0 || used {
		go b.closeIdle(idle)
	} else {
		b.closeIdle(nil)
	}
	select {
	case <-b.drained:
		return nil
	default:
	}
	select {
	case <-b.drained:
		return nil
	case <-ctx.Done():
		return &messages.Error{Code: messages.ErrCanceled, Op: "close", Detail: b.remaining(), Err: contextError(ctx)}
	}
}

// closeIdle closes connections that nobody uses. The last one's close is a checkpoint of the whole file.
func (b *Backend) closeIdle(idle []*connection) {
	for _, c := range idle {
		b.shut(c)
	}
	b.mu.Lock()
	b.mu.closingIdle = false
	last := b.last()
	b.mu.Unlock()
	if last {
		b.drain()
	}
}

// last reports whether the backend is closed and has no connection any more. REQUIRES: mu is held.
func (b *Backend) last() bool {
	for lane := range b.mu.idle {
		if len(b.mu.idle[lane]) > 0 { // the OpenLimit closes it
			return false
		}
	}
	return b.mu.closed && !b.mu.closingIdle && b.mu.leases.Len() == 0
}

// remaining says what a Close that had to give up leaves.
func (b *Backend) remaining() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch inUse := b.mu.leases.Len(); {
	case inUse > 0 && b.mu.closingIdle:
		return fmt.Sprintf("connections are still in use (%d), and idle ones are still being closed", inUse)
	case inUse > 0:
		return fmt.Sprintf("connections are still in use (%d)", inUse)
	default:
		return "idle connections are still being closed"
	}
}

// drain lets go of what is left when the last connection is closed.
func (b *Backend) drain() {
	if b.keeper != nil {
		b.keeper.close()
	}
	b.tidy()
	close(b.drained)
}
