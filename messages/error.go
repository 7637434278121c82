package messages

import (
	"errors"
	"fmt"
	"strings"
)

// Error is the one error type of troupe. errors.Is(err, code) finds it by its [Code], errors.As finds it as *Error, and
// the cause stays reachable, so errors.As finds a *pgconn.PgError with its SQLSTATE and errors.Is the context's error.
// An Error is immutable once it was returned. It never holds a DSN or a statement's arguments.
type Error struct {
	// Code says what kind of error it is.
	Code Code
	// Shard is the shard it concerns; empty if it concerns none in particular.
	Shard ShardID
	// Op is what was being done: "connect", "query", "exec", "route", ….
	Op string
	// Detail is a sentence for a person; empty if Code and Err say all.
	Detail string
	// Rows is how many rows the call had handed to its reader when a stream failed.
	Rows int64
	// Err is the cause, or nil.
	Err error
}

// Error returns one line: code, shard, operation, detail, cause.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Code.Error())
	if e.Shard != "" {
		fmt.Fprintf(&b, ": shard %s", e.Shard)
	}
	if e.Op != "" {
		fmt.Fprintf(&b, ": %s", e.Op)
	}
	if e.Detail != "" {
		fmt.Fprintf(&b, ": %s", e.Detail)
	}
	if e.Rows > 0 {
		fmt.Fprintf(&b, " (after %d rows)", e.Rows)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return oneLine.Replace(b.String())
}

// MarshalText returns the line that Error returns, so that an encoder doesn't walk into the cause.
func (e *Error) MarshalText() ([]byte, error) { return []byte(e.Error()), nil }

// AfterRows returns err with the number of rows that its call had handed out noted in every *Error it consists of that
// has none noted, in copies.
func AfterRows(err error, rows int64) error {
	switch e := err.(type) {
	case *Error:
		if e.Rows != 0 {
			return e
		}
		counted := *e
		counted.Rows = rows
		return &counted
	case interface{ Unwrap() []error }:
		var all []error
		for _, part := range e.Unwrap() {
			all = append(all, AfterRows(part, rows))
		}
		return errors.Join(all...)
	default:
		return err
	}
}

// PanicText returns what may be said about the value of a panic: a text or an error speaks for itself, of anything else
// only the type is known to hold no secret.
func PanicText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case error:
		return v.Error()
	default:
		return fmt.Sprintf("a %T", value)
	}
}

// oneLine keeps joined errors, and what a database or an application says, on the line of the error.
var oneLine = strings.NewReplacer("\r\n", "; ", "\n", "; ", "\r", "; ")

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is reports whether target is e's code.
func (e *Error) Is(target error) bool {
	code, ok := target.(Code)
	return ok && code == e.Code
}

// OnShard returns err as an *Error that names shard. An *Error that names none gets the name in a copy, one that names
// a shard stays as it is. Anything else becomes the cause of an error with code, or, if there is an *Error within it,
// with that one's code, shard and operation.
func OnShard(err error, shard ShardID, op string, code Code) *Error {
	e, ok := err.(*Error)
	if !ok {
		e = &Error{Code: code, Err: err}
		var inner *Error
		if errors.As(err, &inner) {
			e.Code, e.Shard, e.Op, e.Rows = inner.Code, inner.Shard, inner.Op, inner.Rows
		}
	}
	if ok && e.Shard != "" {
		return e
	}
	named := *e
	if named.Shard == "" {
		named.Shard = shard
	}
	if named.Op == "" {
		named.Op = op
	}
	return &named
}

// ShardErrors returns the errors in err's tree that name a shard, outermost first, one for each shard.
func ShardErrors(err error) []*Error {
	var found []*Error
	seen := map[ShardID]bool{}
	var walk func(error)
	walk = func(err error) {
		if e, ok := err.(*Error); ok && e.Shard != "" && !seen[e.Shard] {
			seen[e.Shard] = true
			found = append(found, e)
		}
		switch u := err.(type) {
		case interface{ Unwrap() error }:
			if cause := u.Unwrap(); cause != nil {
				walk(cause)
			}
		case interface{ Unwrap() []error }:
			for _, cause := range u.Unwrap() {
				walk(cause)
			}
		}
	}
	if err != nil {
		walk(err)
	}
	return found
}
