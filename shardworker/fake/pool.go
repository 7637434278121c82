package fake

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// session is what would be a server's session: it lasts until it is spent, and serves one conn after another.
type session struct {
	number int
	lane   int
	types  *pgtype.Map
}

// Acquire takes the steps at AtAcquire and returns a connection.
func (b *Backend) Acquire(ctx context.Context, lane int) (shardworker.Conn, error) {
	if lane < 0 || lane >= len(b.config.Lanes) {
		panic(fmt.Sprintf("bug: Acquire of lane %d; there are %d", lane, len(b.config.Lanes)))
	}
	if err := b.passAcquire(ctx); err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed.Err() != nil {
		return nil, errClosed()
	}
	if used := len(b.mu.inUse[lane]); used >= b.config.Lanes[lane] {
		panic(fmt.Sprintf("bug: all %d connections of lane %d are in use and one more was asked for", used, lane))
	}
	c := &conn{b: b, session: b.takeSession(lane)}
	b.mu.inUse[lane][c] = true
	b.mu.stats.acquired()
	return c, nil
}

func (b *Backend) passAcquire(ctx context.Context) error {
	if b.closed.Err() != nil {
		return errClosed()
	}
	steps := b.stepsAt(AtAcquire)
	if len(steps) == 0 {
		return ended(ctx, "acquire")
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(b.closed, func() { cancel(errClosed()) })()
	return b.pass(ctx, steps, "acquire", messages.ErrUnavailable)
}

// takeSession returns an idle session, or opens one. b.mu is held.
func (b *Backend) takeSession(lane int) *session {
	if idle := b.mu.idle[lane]; len(idle) > 0 {
		s := idle[len(idle)-1]
		b.mu.idle[lane] = idle[:len(idle)-1]
		return s
	}
	b.mu.stats.Opened++
	return &session{number: b.mu.stats.Opened, lane: lane, types: pgtype.NewMap()}
}

func (b *Backend) release(c *conn, clean bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	lane := c.session.lane
	delete(b.mu.inUse[lane], c)
	b.mu.stats.released(clean)
	if clean && b.closed.Err() == nil {
		b.mu.idle[lane] = append(b.mu.idle[lane], c.session)
	}
	if b.mu.drained != nil && b.mu.stats.InUse == 0 {
		close(b.mu.drained)
		b.mu.drained = nil
	}
}

// Close interrupts all connections, takes the steps at AtBackendClose, and waits until all connections were released.
func (b *Backend) Close(ctx context.Context) error {
	b.mu.Lock()
	if b.closed.Err() != nil {
		b.mu.Unlock()
		return nil
	}
	b.close(errClosed())
	drained := make(chan struct{})
	if b.mu.stats.InUse == 0 {
		close(drained)
	} else {
		b.mu.drained = drained
	}
	var open []*conn
	for _, lane := range b.mu.inUse {
		for c := range lane {
			open = append(open, c)
		}
	}
	b.mu.Unlock()

	for _, c := range open {
		c.Interrupt()
	}
	if err := b.pass(ctx, b.stepsAt(AtBackendClose), "close", messages.ErrUnavailable); err != nil {
		return err
	}
	select {
	case <-drained:
		return nil
	case <-ctx.Done():
		return ended(ctx, "close")
	}
}

// Closed reports whether Close was called.
func (b *Backend) Closed() bool { return b.closed.Err() != nil }

func errClosed() error { return &messages.Error{Code: messages.ErrClosed} }
