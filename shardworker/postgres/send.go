package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// maxAttempts bounds how often one statement is sent again because it is certain that it wasn't run.
const maxAttempts = 3

// start sends a statement and returns its rows once the server has begun to answer. It tries again where the statement
// surely wasn't run, and where the connection that fails is as good as any other.
func (c *conn) start(ctx context.Context, op, sql string, args []any) (rows, error) {
	for attempt := 1; ; attempt++ {
		if err := c.usable(ctx, op); err != nil {
			return nil, err
		}
		c.noteState()
		rows, err := c.query(ctx, sql, args)
		// It returns an error itself if it didn't come to sending the statement, but to preparing it only.
		sent := err == nil || !c.preparesFirst(sql, args)
		if err == nil && (c.pgx.IsClosed() || rows.FieldDescriptions() == nil) {
			// Without a description there are no rows: it has failed, or it returns none and was not prepared before.
			rows.Close()
			err = rows.Err()
		}
		if err == nil {
			c.used = true
			return rows, nil
		}
		again, failure := c.again(ctx, op, err, sent, attempt)
		if !again {
			if failure == nil {
				failure = c.classify(ctx, op, sql, err, sent)
			}
			return nil, failure
		}
	}
}

// query sends a statement, directly if that is the same as what pgx would do.
func (c *conn) query(ctx context.Context, sql string, args []any) (rows, error) {
	s := c.session
	c.directly = s.direct && (s.plans.find(sql) != nil || isPlain(sql)) && plainArgs(args) // what is known is a text, and no name
	if c.directly {
		return &c.direct, c.direct.query(ctx, c.session, c.pgx, sql, args)
	}
	return c.pgx.Query(ctx, sql, args...)
}

// execSimple runs statements without arguments, which go to the server as they are.
func (c *conn) execSimple(ctx context.Context, sql string) (pgconn.CommandTag, error) {
	for attempt := 1; ; attempt++ {
		if err := c.usable(ctx, "exec"); err != nil {
			return pgconn.CommandTag{}, err
		}
		c.noteState()
		c.directly = false
		tag, err := c.pgx.Exec(ctx, sql)
		if err == nil {
			c.used = true
			if err := c.settle(ctx, "exec", sql, false); err != nil {
				return pgconn.CommandTag{}, err
			}
			return tag, nil
		}
		again, failure := c.again(ctx, "exec", err, true, attempt)
		if !again {
			if failure == nil {
				failure = c.classify(ctx, "exec", sql, err, true)
			}
			return pgconn.CommandTag{}, failure
		}
	}
}

// again decides whether to send the statement once more, and gets a new connection for it if need be. failure is set if
// there is none to be had.
func (c *conn) again(ctx context.Context, op string, err error, sent bool, attempt int) (again bool, failure error) {
	used := c.used
	c.used = true
	switch {
	case attempt == maxAttempts || ctx.Err() != nil || c.interrupted():
		return false, nil
	case isStalePlan(err), c.directly && isUnknownStatement(err):
		// The server refused the prepared statement when it was about to be planned, or found. In a transaction it would refuse
		// all that follows.
		return attempt == 1 && !c.pgx.IsClosed() && c.pgx.PgConn().TxStatus() == 'I', nil
	case used || !c.pgx.IsClosed() || !isNetwork(err) && !isFatal(err):
		return false, nil
	case sent && !c.unsent(err):
		return false, nil
	}
	c.used = false
	if attempt > 1 {
		c.backend.pool.Reset() // the idle connections are no better
	}
	if err := c.replace(ctx); err != nil {
		return false, withOp(err, op)
	}
	return true, nil
}

// noteState notes how the connection is before something is sent on it.
func (c *conn) noteState() {
	c.idle, c.open = c.pgx.PgConn().TxStatus() == 'I', !c.pgx.IsClosed()
}

// unsent reports whether err, of the last statement, is certain to have come before anything of it was sent. pgx says so of
// "conn closed" as well where it has lost the connection itself while it waited for the answer, and forgotten the reason
// (pgconn's MultiResultReader, up to 5.12 at least).
func (c *conn) unsent(err error) bool {
	return pgconn.SafeToRetry(err) && !(c.open && errors.Is(err, pgconn.ErrConnClosed))
}

// preparesFirst reports whether Query prepares sql and reports what goes wrong with that in its own error.
func (c *conn) preparesFirst(sql string, args []any) bool {
	if !c.backend.prepares || sql == "" {
		return false
	}
	for _, a := range args {
		if _, ok := a.(pgx.QueryExecMode); ok {
			return false
		}
	}
	return true
}

// isFatal reports that the server said that it ends the connection.
func isFatal(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && (pg.SeverityUnlocalized == "FATAL" || pg.SeverityUnlocalized == "PANIC")
}

// isStalePlan reports that a statement was prepared before a change of the schema that changes its columns.
func isStalePlan(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code == "0A000" && pg.Routine == "RevalidateCachedQuery"
}
