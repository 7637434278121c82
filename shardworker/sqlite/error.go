package sqlite

import (
	"context"
	"errors"
	"fmt"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/troupedb/troupe/messages"
)

// Error is what SQLite said. It is the cause of a [messages.Error] whose code says what it means for the caller.
type Error struct {
	extended int
	message  string
	offset   int
}

// Error returns SQLite's text and the extended code.
func (e *Error) Error() string { return fmt.Sprintf("%s (SQLite %d)", e.message, e.extended) }

// Code returns the primary result code, such as 19 for a violated constraint.
func (e *Error) Code() int { return e.extended & 0xff }

// ExtendedCode returns the extended result code, such as 2067 for a violated UNIQUE.
func (e *Error) ExtendedCode() int { return e.extended }

// Message returns SQLite's text.
func (e *Error) Message() string { return e.message }

// Offset returns the byte of the statement that the error is about, or -1.
func (e *Error) Offset() int { return e.offset }

// errInterrupted is the cause where no context is: somebody called Interrupt, or Close.
var errInterrupted = errors.New("the connection was interrupted")

// meaning is what a primary result code means for the caller.
func meaning(primary int) messages.Code {
	switch primary {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		return messages.ErrBusy
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
		return messages.ErrUnwritable
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
		return messages.ErrDamaged
	case sqlite3.SQLITE_CANTOPEN:
		return messages.ErrUnavailable
	case sqlite3.SQLITE_TOOBIG:
		return messages.ErrRowTooLarge
	case sqlite3.SQLITE_INTERRUPT:
		return messages.ErrCanceled
	default:
		return messages.ErrStatement
	}
}

// failed returns the error for rc, the result of the connection's last call.
func (c *connection) failed(op string, rc int32) *messages.Error {
	cause := c.lastError(rc)
	code := meaning(cause.Code())
	switch {
	case code == messages.ErrBusy && c.ctx != nil && c.ctx.Err() != nil:
		return &messages.Error{Code: code, Op: op, Err: fmt.Errorf("%w: %w", cause, contextError(c.ctx))}
	case code == messages.ErrBusy && c.stopped():
		return &messages.Error{Code: messages.ErrCanceled, Op: op, Err: fmt.Errorf("%w: %w", errInterrupted, cause)}
	case code == messages.ErrCanceled:
		return &messages.Error{Code: code, Op: op, Err: fmt.Errorf("%w: %w", c.stopCause(), cause)}
	}
	return &messages.Error{Code: code, Op: op, Err: cause}
}

// lastError returns what SQLite says about rc. Its text is about the connection's last call, so it is taken only if
// that is the call that failed.
func (c *connection) lastError(rc int32) *Error {
	e := &Error{extended: int(rc), offset: -1}
	if c.db != 0 && sqlite3.Xsqlite3_extended_errcode(c.tls, c.db)&0xff == rc&0xff {
		e.extended = int(sqlite3.Xsqlite3_extended_errcode(c.tls, c.db))
		e.message = libc.GoString(sqlite3.Xsqlite3_errmsg(c.tls, c.db))
		e.offset = int(sqlite3.Xsqlite3_error_offset(c.tls, c.db))
		return e
	}
	e.message = libc.GoString(sqlite3.Xsqlite3_errstr(c.tls, rc))
	return e
}

// stopCause returns why the connection was stopped.
func (c *connection) stopCause() error {
	if c.ctx != nil && c.ctx.Err() != nil {
		return contextError(c.ctx)
	}
	return errInterrupted
}

// contextError returns an error that is both the context's error and its cause.
func contextError(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	switch {
	case cause == nil || errors.Is(err, cause):
		return err
	case errors.Is(cause, err):
		return cause
	default:
		return fmt.Errorf("%w: %w", err, cause)
	}
}

func invalidRequest(op, format string, args ...any) *messages.Error {
	return &messages.Error{Code: messages.ErrInvalidRequest, Op: op, Detail: fmt.Sprintf(format, args...)}
}
