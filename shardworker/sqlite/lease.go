package sqlite

import (
	"context"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/internal/linked"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

const (
	opQuery = "query"
	opExec  = "exec"
)

// lease is one job's use of a connection. It is what the job gets, so that an Interrupt that comes after Release can't
// hit the connection's next user.
type lease struct {
	backend     *Backend
	c           *connection
	interrupted atomic.Bool
	released    bool

	links linked.Links[lease] // its place among the backend's, whose lock guards them

	first cursor // of the first query, which most leases have no other than; so both are one allocation
}

// Query starts a statement and runs it to its first row, so that errors show here and not at Next.
func (l *lease) Query(ctx context.Context, sql string, args []any) (shardworker.Cursor, error) {
	c := l.c
	if err := l.check(ctx, opQuery); err != nil {
		return nil, err
	}
	c.begin(ctx)
	cur := &l.first
	if cur.c != nil {
		cur = &cursor{}
	}
	if err := c.query(cur, sql, args); err != nil {
		c.end()
		return nil, err
	}
	return cur, nil
}

// Exec runs a statement, or without args several, to the end. The tag is the last one's.
func (l *lease) Exec(ctx context.Context, sql string, args []any) (pgconn.CommandTag, error) {
	c := l.c
	if err := l.check(ctx, opExec); err != nil {
		return pgconn.CommandTag{}, err
	}
	c.begin(ctx)
	defer c.end()
	tag, err := c.exec(sql, args)
	if err != nil {
		return pgconn.CommandTag{}, err
	}
	return tag, nil
}

// check refuses to run anything that would end at once.
func (l *lease) check(ctx context.Context, op string) error {
	switch {
	case l.released:
		return invalidRequest(op, "the connection was released")
	case l.c.current != nil:
		return invalidRequest(op, "the connection has an open cursor")
	case ctx.Err() != nil:
		return &messages.Error{Code: messages.ErrCanceled, Op: op, Err: contextError(ctx)}
	case l.interrupted.Load():
		return &messages.Error{Code: messages.ErrCanceled, Op: op, Err: errInterrupted}
	}
	return nil
}

// Interrupt makes what runs, and all that comes after until Release, fail soon.
func (l *lease) Interrupt() {
	l.interrupted.Store(true)
	l.c.mu.Lock()
	defer l.c.mu.Unlock()
	if l.c.mu.lease == l {
		l.c.stop()
	}
}

// Release closes an open cursor, rolls back an open transaction, and gives the connection back. A second one does nothing.
func (l *lease) Release() {
	if l.released {
		return
	}
	l.released = true
	l.c.detach()
	l.backend.giveBack(l, l.c.clean())
}
