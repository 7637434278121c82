package sqlite

import (
	"context"
	"fmt"

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
	if err := b.open(ctx, l.c); err != nil {
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
	if idle := b.mu.idle[lane]; len(idle) > 0 {
		// The one used last has the warmest cache.
		l.c, b.mu.idle[lane] = idle[len(idle)-1], idle[:len(idle)-1]
	} else {
		l.c = newConnection(lane, b.cfg.Statements)
	}
	b.mu.leases[l] = struct{}{}
	l.c.attach(l)
	return l, true
}

// giveBack ends l. The connection is kept if it is clean and the backend is open.
func (b *Backend) giveBack(l *lease, clean bool) {
	c := l.c
	b.mu.Lock()
	if !clean || b.mu.closed {
		b.mu.Unlock()
		c.close()
		b.mu.Lock()
	} else {
		b.mu.idle[c.lane] = append(b.mu.idle[c.lane], c)
	}
	delete(b.mu.leases, l)
	last := b.mu.closed && !b.mu.closingIdle && len(b.mu.leases) == 0
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
	b.mu.closed, b.mu.closingIdle = true, true
	close(b.closing)
	var idle []*connection
	for lane := range b.mu.idle {
		idle = append(idle, b.mu.idle[lane]...)
		b.mu.idle[lane] = nil
	}
	leased := make([]*lease, 0, len(b.mu.leases))
	for l := range b.mu.leases {
		leased = append(leased, l)
	}
	b.mu.Unlock()

	for _, l := range leased {
		l.Interrupt()
	}
	go b.closeIdle(idle)
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
		c.close()
	}
	b.mu.Lock()
	b.mu.closingIdle = false
	last := len(b.mu.leases) == 0
	b.mu.Unlock()
	if last {
		b.drain()
	}
}

// remaining says what a Close that had to give up leaves.
func (b *Backend) remaining() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch inUse := len(b.mu.leases); {
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
	close(b.drained)
}
