package statement

import (
	"fmt"
	"strings"

	"github.com/troupedb/troupe/messages"
)

// MaxTextBytes is the length of the longest text that is understood, in bytes.
const MaxTextBytes = 1 << 20

// Statement is what is known of one text. It is immutable and safe for concurrent use.
type Statement struct {
	text        string
	dialect     messages.Dialect
	verb        Verb
	scatter     error
	everywhere  error
	comparisons []comparison
}

// Parse understands sql in a dialect. A text that has a NUL byte, is longer than [MaxTextBytes], nests too deeply,
// holds no statement or several, or can't be parsed is an error of code [messages.ErrInvalidRequest].
func Parse(d messages.Dialect, sql string) (*Statement, error) {
	if len(sql) > MaxTextBytes {
		return nil, invalid(fmt.Sprintf("a text of %d bytes is longer than %d", len(sql), MaxTextBytes), nil)
	}
	// Both databases end a text at a NUL byte, so what follows would be judged but not run.
	if i := strings.IndexByte(sql, 0); i >= 0 {
		return nil, invalid(fmt.Sprintf("a NUL byte at byte %d", i), nil)
	}
	switch d {
	case messages.SQLite:
		return parseSQLite(sql)
	case messages.PostgreSQL:
		return parsePostgreSQL(sql)
	default:
		return nil, invalid(d.String(), nil)
	}
}

// Verb returns what kind of statement it is.
func (s *Statement) Verb() Verb { return s.verb }

// Text returns the text as it was given to [Parse].
func (s *Statement) Text() string { return s.text }

// Scatter returns nil if running the text on several shards and concatenating the rows, or adding the counts, is what
// one database with all rows would have answered, given that each row lives on one shard. Else it returns an error of
// code [messages.ErrRefused]; errors.As finds its *[Refusal].
func (s *Statement) Scatter() error { return s.scatter }

// ScatterEverywhere is [Statement.Scatter] for a statement that the caller wants run on every shard for its effect: it
// also allows DDL, and an INSERT, which then inserts on each shard what its text yields there. What changes a session,
// a transaction or one connection only stays refused, and so does what Scatter refuses of the other verbs.
func (s *Statement) ScatterEverywhere() error { return s.everywhere }

func invalid(detail string, cause error) error {
	return &messages.Error{Code: messages.ErrInvalidRequest, Op: "parse", Detail: detail, Err: cause}
}
