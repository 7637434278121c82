package statement

import (
	"errors"
	"fmt"
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/postgresql"
	"github.com/troupedb/troupe/coordinator/statement/sqlite"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// Read parses the one statement of a text. A text that has a NUL byte, is longer than [tree.MaxTextBytes], holds no statement or
// several, or is certainly no SQL, is an error of code [messages.ErrInvalidRequest]. One that the database may understand and
// this package doesn't is [messages.ErrRefused], whose cause is a [*Refusal] of code [NotUnderstood].
func Read(d messages.Dialect, sql string) (*tree.Statement, error) {
	if len(sql) > tree.MaxTextBytes {
		return nil, unreadable(fmt.Sprintf("a text of %d bytes is longer than %d", len(sql), tree.MaxTextBytes), nil)
	}
	// Both databases end a text at a NUL byte, so what follows would be judged but not run.
	if i := strings.IndexByte(sql, 0); i >= 0 {
		return nil, unreadable(fmt.Sprintf("a NUL byte at byte %d", i), nil)
	}
	var s *tree.Statement
	var err error
	switch d {
	case messages.PostgreSQL:
		s, err = postgresql.Parse(sql)
	case messages.SQLite:
		s, err = sqlite.Parse(sql)
	default:
		return nil, unreadable(d.String(), nil)
	}
	if err == nil {
		return s, nil
	}
	var e *tree.Error
	if errors.As(err, &e) && e.Unsupported {
		return nil, newRefusal(NotUnderstood, "text", e.Offset, "it isn't understood: "+e.Detail, hintPin).Err()
	}
	return nil, unreadable("not understood as "+d.String(), err)
}

func unreadable(detail string, cause error) error {
	return &messages.Error{Code: messages.ErrInvalidRequest, Op: "parse", Detail: detail, Err: cause}
}
