package postgres

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/troupedb/troupe/internal/linked"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// conn is a connection in one job's use. It is new for each job, so that a late Interrupt finds a released conn and not
// the next user of the same connection.
type conn struct {
	backend *Backend

	// The job's goroutine changes these with mu held, and reads them without.
	pooled  *pgxpool.Conn // nil after a failed attempt to replace it, and once released
	pgx     *pgx.Conn
	session *session

	used bool // a statement was sent: the session may have a state that another connection lacks
	idle bool // no transaction was open when the last statement was sent
	open bool // the connection was
	// directly says that the last statement was sent without pgx's Query.
	directly bool
	cursor   cursor
	direct   directRows

	waiting waiting            // for the connection
	links   linked.Links[conn] // its place among those in use; guarded by the backend's mu

	mu struct {
		sync.Mutex
		interrupted atomic.Bool // changed with mu held
		released    bool
	}
}

// Query sends a statement that returns rows.
func (c *conn) Query(ctx context.Context, sql string, args []any) (shardworker.Cursor, error) {
	rows, err := c.start(ctx, "query", sql, args)
	if err != nil {
		return nil, err
	}
	return c.cursor.begin(ctx, c, sql, args, rows), nil
}

// Exec runs a statement for its effect.
func (c *conn) Exec(ctx context.Context, sql string, args []any) (pgconn.CommandTag, error) {
	if len(args) == 0 {
		return c.execSimple(ctx, sql)
	}
	// Query tells whether the statement got beyond being prepared, and Exec doesn't.
	rows, err := c.start(ctx, "exec", sql, args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	rows.Close()
	if err := rows.Err(); err != nil {
		return pgconn.CommandTag{}, c.sentError(ctx, "exec", sql, err)
	}
	if err := c.settle(ctx, "exec", sql, false); err != nil {
		return pgconn.CommandTag{}, err
	}
	return rows.CommandTag(), nil
}

// Interrupt makes what runs on the connection, and whatever comes after, fail.
func (c *conn) Interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.released || c.mu.interrupted.Load() {
		return
	}
	c.mu.interrupted.Store(true)
	if c.session != nil {
		c.session.interrupt()
	}
}

func (c *conn) interrupted() bool { return c.mu.interrupted.Load() }

// Release gives the connection back.
func (c *conn) Release() {
	if c.cursor.open() {
		_, _ = c.cursor.Close()
	}
	c.mu.Lock()
	if c.mu.released {
		c.mu.Unlock()
		return
	}
	c.mu.released = true
	pooled, s, clean := c.pooled, c.session, !c.mu.interrupted.Load()
	c.pooled = nil
	c.mu.Unlock()
	if pooled != nil {
		c.backend.giveBack(pooled, s, clean)
	}
	c.backend.leave(c)
}

// usable returns an error if c can't run a statement.
func (c *conn) usable(ctx context.Context, op string) error {
	switch {
	case c.cursor.open():
		return &messages.Error{Code: messages.ErrInvalidRequest, Op: op, Detail: "the connection has an open cursor"}
	case ctx.Err() != nil:
		return contextError(ctx, op)
	case c.interrupted():
		return c.interruptError(op)
	case c.pooled == nil:
		return &messages.Error{Code: messages.ErrUnavailable, Op: op, Detail: "the connection was lost or released before"}
	default:
		return nil
	}
}

// replace swaps the connection, on which nothing was sent, for another.
func (c *conn) replace(ctx context.Context) error {
	c.mu.Lock()
	pooled, s := c.pooled, c.session
	c.pooled, c.session = nil, nil
	c.mu.Unlock()
	c.backend.discard(pooled, s)
	return c.attach(ctx)
}

// Lost reports whether the connection is known to have ended, as far as that can be seen without asking the server. It is the job's to
// use, between statements.
func (c *conn) Lost() bool {
	return c.pooled == nil || c.pgx.IsClosed() || c.session.peek.stale(false) // encrypted bytes may be harmless, too
}

// PGX returns pgx's connection, for what the backend doesn't offer; nil if it was lost. It is the job's to use, between statements.
func (c *conn) PGX() *pgx.Conn {
	if c.pooled == nil {
		return nil
	}
	return c.pgx
}
