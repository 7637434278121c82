package merge

import (
	"fmt"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/messages"
)

// cannot returns the refusal of a group that can't be merged exactly.
func cannot(hint, format string, args ...any) error {
	return refused("%s: %s", fmt.Sprintf(format, args...), hint)
}

// textForm returns the refusal to compute with values that PostgreSQL sent as texts: those of types that pgx doesn't know, and all of
// the simple protocol.
func textForm(column string) error {
	return cannot("cast it to a type that has a binary form, and don't use the simple protocol", "computing with column %q, which comes in text form", column)
}

// The hints of refusals.
const (
	hintOneShard = "bind the statement to one shard"
	hintInGo     = "select the aggregates and compute the rest in Go"
	hintCast     = "cast it in SQL to a type that the operator takes"
)

// sqlstate returns the error that PostgreSQL would have given, had it merged the groups.
func sqlstate(code, message string) error {
	return &messages.Error{Code: messages.ErrStatement, Op: opMerge, Err: &pgconn.PgError{
		Severity: "ERROR", SeverityUnlocalized: "ERROR", Code: code, Message: message,
	}}
}

func outOfRange(message string) error { return sqlstate("22003", message) }

func divisionByZero() error { return sqlstate("22012", "division by zero") }

func invalidText(typeName, text string) error {
	return sqlstate("22P02", fmt.Sprintf("invalid input syntax for type %s: %q", typeName, text))
}
