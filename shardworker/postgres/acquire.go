package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// Acquire returns a connection from the pool. It connects if there is none, and passes over those that the server has
// ended meanwhile.
func (b *Backend) Acquire(ctx context.Context, _ int) (shardworker.Conn, error) {
	select {
	case b.slots <- struct{}{}:
	default:
		select {
		case b.slots <- struct{}{}:
		case <-ctx.Done():
			return nil, contextError(ctx, "acquire")
		case <-b.life.Done():
			return nil, closedError("acquire")
		}
	}
	c := &conn{backend: b}
	if !b.enter(c) {
		<-b.slots
		return nil, closedError("acquire")
	}
	if err := c.attach(ctx); err != nil {
		b.leave(c)
		return nil, err
	}
	if b.life.Err() != nil {
		c.Release()
		return nil, closedError("acquire")
	}
	return c, nil
}

// attach gives c a pooled connection that, as far as can be seen without asking the server, is alive.
func (c *conn) attach(ctx context.Context) error {
	b := c.backend
	for attempt := 0; ; attempt++ {
		pooled, err := c.fromPool(ctx)
		if err != nil {
			return b.acquireError(ctx, err)
		}
		pc := pooled.Conn()
		s := sessionOf(pc)
		// Every idle connection may be stale. The last one is new.
		if attempt <= b.maxConns && !s.takeFresh() && s.peek.stale(s.encrypted) {
			b.discard(pooled, s)
			continue
		}
		if b.existing && b.maxRowBytes > 0 {
			pc.PgConn().Frontend().SetMaxBodyLen(b.maxRowBytes)
		}
		c.mu.Lock()
		c.pooled, c.pgx, c.session = pooled, pc, s
		if c.mu.interrupted.Load() {
			s.interrupt()
		}
		c.mu.Unlock()
		return nil
	}
}

// fromPool waits for a pooled connection. Close ends a wait in the backend's own pool by closing it.
func (c *conn) fromPool(ctx context.Context) (*pgxpool.Conn, error) {
	b := c.backend
	switch {
	case b.existing:
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		defer context.AfterFunc(b.life, cancel)()
		return b.pool.Acquire(ctx)
	case b.direct && c.waiting.Context == nil: // no tracer derives a context from it
		c.waiting.Context = ctx
		return b.pool.Acquire(&c.waiting)
	default:
		return b.pool.Acquire(ctx)
	}
}

// enter registers c as in use, unless the backend is closed.
func (b *Backend) enter(c *conn) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.mu.closed {
		return false
	}
	b.mu.users++
	b.mu.inUse.Add(c, &c.links)
	return true
}

func (b *Backend) leave(c *conn) {
	b.mu.Lock()
	b.mu.inUse.Remove(&c.links)
	b.endUse()
	owed := b.mu.owed > 0
	if owed {
		b.mu.owed--
	}
	b.mu.Unlock()
	if !owed {
		<-b.slots
	}
}

// endUse counts one user less. b.mu is held.
func (b *Backend) endUse() {
	b.mu.users--
	if b.mu.closed && b.mu.users == 0 {
		close(b.quiet)
	}
}

// giveBack returns a connection to the pool if it is as good as new, and cuts it off otherwise.
func (b *Backend) giveBack(pooled *pgxpool.Conn, s *session, clean bool) {
	pg := pooled.Conn().PgConn()
	if !clean || pg.IsClosed() || pg.IsBusy() || pg.TxStatus() != 'I' {
		b.discard(pooled, s)
		return
	}
	if b.existing && b.maxRowBytes > 0 {
		restore := b.restoreTo
		if restore == 0 {
			restore = 0x3fffffff // what pgproto3.NewFrontend sets
		}
		pg.Frontend().SetMaxBodyLen(restore)
	}
	pooled.Release()
}

func (b *Backend) acquireError(ctx context.Context, err error) error {
	if b.life.Err() != nil {
		return closedError("acquire")
	}
	if ctx.Err() != nil {
		return contextError(ctx, "acquire")
	}
	// pgx hands out the configuration of the attempt, a copy of its own, with the password in it.
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) && connect.Config != nil {
		connect.Config.Password = ""
	}
	return &messages.Error{Code: messages.ErrUnavailable, Op: "connect", Err: err}
}
