package fake

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// conn is one job's use of a session. All but mu belongs to the goroutine that uses it.
type conn struct {
	b             *Backend
	session       *session
	inTransaction bool
	failed        bool // the transaction has, as PostgreSQL's do after an error
	spent         bool
	cursor        *cursor // not nil while a statement runs

	using atomic.Bool // catches two goroutines that use the conn at once

	mu struct {
		sync.Mutex
		interrupted bool
		released    bool
		cancel      context.CancelCauseFunc // ends the statement that runs
	}
}

// Query looks up the answer of sql and returns a cursor over its rows.
func (c *conn) Query(ctx context.Context, sql string, args []any) (shardworker.Cursor, error) {
	defer c.use("Query")()
	cur, err := c.send(ctx, sql, args, true)
	if err != nil {
		return nil, err // not cur: a nil *cursor would be a Cursor that isn't nil
	}
	return cur, nil
}

// Exec looks up the answer of sql, reads all its rows and returns its tag.
func (c *conn) Exec(ctx context.Context, sql string, args []any) (pgconn.CommandTag, error) {
	defer c.use("Exec")()
	cur, err := c.send(ctx, sql, args, false)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	for cur.move() {
	}
	return cur.end()
}

func (c *conn) send(ctx context.Context, sql string, args []any, wantRows bool) (*cursor, error) {
	if _, err := c.begin(ctx); err != nil {
		return nil, err
	}
	c.cursor.sql = sql
	c.b.record(Statement{SQL: sql, Args: slices.Clone(args), WantRows: wantRows, Session: c.session.number})
	if err := c.cursor.ask(args); err != nil {
		return nil, c.cursor.fail(err)
	}
	return c.cursor, nil
}

// begin begins a statement or a copy.
func (c *conn) begin(ctx context.Context) (*cursor, error) {
	if c.cursor != nil {
		panic("bug: a statement was sent while the cursor of another is open")
	}
	ctx, cancel := context.WithCancelCause(ctx)
	c.mu.Lock()
	released := c.mu.released
	c.mu.cancel = cancel
	if c.mu.interrupted {
		cancel(errInterrupted)
	}
	c.mu.Unlock()
	if released {
		panic("bug: a statement was sent on a connection that was released")
	}

	// The cursor is set before anything can panic: then Release finds it and spends the session.
	c.cursor = &cursor{c: c, ctx: ctx}
	if err := ended(ctx, "query"); err != nil {
		return nil, c.cursor.fail(err)
	}
	return c.cursor, nil
}

func (b *Backend) record(s Statement) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mu.log = append(b.mu.log, s)
}

// finish ends the statement that runs; err is why, or nil.
func (c *conn) finish(err error) {
	sql := ""
	if c.cursor != nil {
		sql = c.cursor.sql
	}
	c.cursor = nil
	c.mu.Lock()
	cancel := c.mu.cancel
	c.mu.cancel = nil
	c.mu.Unlock()
	if cancel != nil {
		cancel(nil)
	}
	if err == nil {
		return
	}
	c.followFailure(sql)
	if !survivable(err) {
		c.spent = true
	}
}

// survivable reports whether a session can be used after err.
func survivable(err error) bool {
	return errors.Is(err, messages.ErrStatement) || errors.Is(err, messages.ErrInvalidRequest)
}

// followTransaction knows transactions by the first words of a statement that was run.
func (c *conn) followTransaction(sql string) {
	switch firstWord(sql) {
	case "begin", "start":
		c.inTransaction = true
	case "rollback":
		c.failed = false
		c.inTransaction = c.inTransaction && strings.Contains(strings.ToLower(sql), " to ")
	case "commit", "end":
		c.inTransaction, c.failed = false, false
	}
}

// followFailure knows that PostgreSQL's transactions fail with a statement, and end with a COMMIT that fails.
func (c *conn) followFailure(sql string) {
	switch firstWord(sql) {
	case "commit", "end":
		c.inTransaction, c.failed = false, false
	default:
		c.failed = c.inTransaction && c.b.config.Dialect == messages.PostgreSQL
	}
}

func firstWord(sql string) string {
	word, _, _ := strings.Cut(strings.ToLower(strings.TrimSpace(sql)), " ")
	return strings.TrimSuffix(word, ";")
}

// TxStatus returns what followTransaction knows.
func (c *conn) TxStatus() byte {
	defer c.use("TxStatus")()
	switch {
	case c.failed:
		return 'E'
	case c.inTransaction:
		return 'T'
	default:
		return 'I'
	}
}

// Interrupt ends what runs and all that comes later. After Release it does nothing.
func (c *conn) Interrupt() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.released || c.mu.interrupted {
		return
	}
	c.mu.interrupted = true
	if c.mu.cancel != nil {
		c.mu.cancel(errInterrupted)
	}
	c.b.mu.Lock()
	defer c.b.mu.Unlock()
	c.b.mu.stats.Interrupted++
}

// Release gives the session back, or spends it if it isn't clean. A second Release does nothing.
func (c *conn) Release() {
	defer c.use("Release")()
	c.mu.Lock()
	again := c.mu.released
	c.mu.released = true
	interrupted := c.mu.interrupted
	c.mu.Unlock()
	if again {
		return
	}
	clean := c.cursor == nil && !c.inTransaction && !c.spent && !interrupted
	c.finish(nil)
	c.b.release(c, clean)
}

// use marks c as in use by the calling goroutine until the returned function is called.
func (c *conn) use(method string) (done func()) {
	if c.using.Swap(true) {
		panic("bug: " + method + " while another goroutine uses the connection")
	}
	return c.stopUsing
}

func (c *conn) stopUsing() { c.using.Store(false) }
