package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"github.com/troupedb/troupe/messages"
)

// classify turns an error of pgx into one of troupe. sent says that the statement itself may have reached the server.
func (c *conn) classify(ctx context.Context, op, sql string, err error, sent bool) error {
	var pg *pgconn.PgError
	answered := errors.As(err, &pg)
	if sent && (answered || !c.unsent(err)) {
		return c.sentError(ctx, op, sql, err)
	}
	switch {
	case answered:
		e := c.serverError(ctx, op, pg, err)
		if e.Code == messages.ErrShardLost {
			e.Code = messages.ErrUnavailable // it was lost before the statement was sent
		}
		return e
	case ctx.Err() != nil:
		return contextError(ctx, op)
	case c.interrupted():
		return c.interruptError(op)
	case isNetwork(err):
		c.backend.suspect(err)
		return &messages.Error{Code: messages.ErrUnavailable, Op: op, Err: err}
	default:
		return c.requestError(op, err)
	}
}

// sentError turns the error of a statement that was sent into one of troupe.
func (c *conn) sentError(ctx context.Context, op, sql string, err error) error {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		e := c.serverError(ctx, op, pg, err)
		if e.Code == messages.ErrShardLost {
			// The server says that it ends, not what became of the statement: it may be its commit that was last.
			return unlessRead(sql, op, e)
		}
		return c.unlessCommitted(sql, op, e)
	}
	var tooLarge *pgproto3.ExceededMaxBodyLenErr
	switch {
	case errors.As(err, &tooLarge):
		return unlessRead(sql, op, &messages.Error{Code: messages.ErrRowTooLarge, Op: op, Detail: fmt.Sprintf(
			"a row has %d bytes, the largest that is accepted has %d", tooLarge.ActualBodyLen, tooLarge.MaxExpectedBodyLen), Err: err})
	case ctx.Err() != nil:
		return unlessRead(sql, op, contextError(ctx, op))
	case c.interrupted():
		return unlessRead(sql, op, c.interruptError(op))
	case !c.pgx.IsClosed():
		// pgx ends a connection whenever it can't go on with it, so this was an objection before anything was sent.
		return c.requestError(op, err)
	default:
		c.backend.suspect(err)
		return unlessRead(sql, op, &messages.Error{Code: messages.ErrShardLost, Op: op, Err: err})
	}
}

// serverError classes what the server answered. It answers after it has undone the transaction that it was in.
func (c *conn) serverError(ctx context.Context, op string, pg *pgconn.PgError, err error) *messages.Error {
	e := &messages.Error{Code: messages.ErrStatement, Op: op, Err: err}
	switch {
	case pg.Code == "57014" && ctx.Err() != nil:
		return contextError(ctx, op)
	case pg.Code == "57014" && c.interrupted():
		return c.interruptError(op)
	case pg.Code == "53300":
		e.Code = messages.ErrUnavailable
	case pg.Code == "57P01" || pg.Code == "57P02" || pg.Code == "57P03":
		e.Code = messages.ErrShardLost
	case pg.SeverityUnlocalized == "FATAL" || pg.SeverityUnlocalized == "PANIC":
		e.Code = messages.ErrShardLost
	}
	return e
}

// unlessRead returns e, as the cause of an error that says that the outcome is unknown if sql may have changed something.
func unlessRead(sql, op string, e *messages.Error) *messages.Error {
	if op == "query" && !messages.MayWrite(sql) {
		return e
	}
	return &messages.Error{Code: messages.ErrOutcomeUnknown, Op: op, Err: e}
}

// unlessCommitted returns e, as the cause of an error that says that the outcome is unknown if a part of sql may have been
// committed before.
func (c *conn) unlessCommitted(sql, op string, e *messages.Error) *messages.Error {
	if !mayHaveCommitted(sql, c.escapes()) {
		return e
	}
	return &messages.Error{
		Code: messages.ErrOutcomeUnknown, Op: op, Detail: "what came before the error may have been committed", Err: e,
	}
}

// escapes reports whether the server takes a backslash in any literal for an escape.
func (c *conn) escapes() bool {
	return c.pgx.PgConn().ParameterStatus("standard_conforming_strings") == "off"
}

func contextError(ctx context.Context, op string) *messages.Error {
	err := ctx.Err()
	if cause := context.Cause(ctx); !errors.Is(cause, err) {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	return &messages.Error{Code: messages.ErrCanceled, Op: op, Err: err}
}

func closedError(op string) *messages.Error {
	return &messages.Error{Code: messages.ErrClosed, Op: op, Detail: "the backend is closed"}
}

func (c *conn) interruptError(op string) *messages.Error {
	if c.backend.life.Err() != nil {
		return closedError(op)
	}
	return &messages.Error{Code: messages.ErrCanceled, Op: op, Detail: "the connection was interrupted"}
}

func withOp(err error, op string) error {
	var e *messages.Error
	if !errors.As(err, &e) {
		return err
	}
	named := *e
	named.Op = op
	return &named
}

// isNetwork reports whether err is about the connection and not about what was to be sent.
func isNetwork(err error) bool {
	var netError net.Error
	return errors.As(err, &netError) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, pgconn.ErrConnClosed)
}

func isTimeout(err error) bool {
	var netError net.Error
	return errors.As(err, &netError) && netError.Timeout()
}

// suspect ends the pool's idle connections if err lets expect that they are dead too and wouldn't show it.
func (b *Backend) suspect(err error) {
	unreachable := errors.Is(err, syscall.ETIMEDOUT) || errors.Is(err, syscall.EHOSTUNREACH) || errors.Is(err, syscall.ENETUNREACH)
	if unreachable || !canPeek {
		b.pool.Reset()
	}
}
