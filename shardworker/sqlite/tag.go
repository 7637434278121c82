package sqlite

import (
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	sqlite3 "modernc.org/sqlite/lib"
)

// verb is what a statement does, as far as its command tag says.
type verb struct {
	tag  string // without the count
	kind verbKind
}

type verbKind uint8

const (
	countsNothing verbKind = iota
	countsRows             // that it returned
	countsChanges          // that it made
)

// commandTag returns the tag, in PostgreSQL's form, of a run that is at its end and returned so many rows.
func (s *statement) commandTag(c *connection, rows int64) pgconn.CommandTag {
	count := rows
	switch s.verb.kind {
	case countsNothing:
		return pgconn.NewCommandTag(s.verb.tag)
	case countsChanges:
		count = sqlite3.Xsqlite3_changes64(c.tls, c.db)
	}
	if s.tag.String() == "" || s.counted != count { // the same as last time, as a rule
		s.tag, s.counted = pgconn.NewCommandTag(s.verb.tag+strconv.FormatInt(count, 10)), count
	}
	return s.tag
}

// verbOf reads the verb of one statement that SQLite has accepted.
func verbOf(sql string) verb {
	scan := words{text: sql}
	first := strings.ToUpper(scan.next())
	if first == "WITH" {
		first = scan.verbAfterWith()
	}
	switch first {
	case "SELECT", "VALUES":
		return verb{"SELECT ", countsRows}
	case "INSERT", "REPLACE":
		return verb{"INSERT 0 ", countsChanges}
	case "UPDATE", "DELETE":
		return verb{first + " ", countsChanges}
	case "CREATE", "DROP", "ALTER":
		return verb{first + " " + scan.object(), countsNothing}
	case "END":
		return verb{"COMMIT", countsNothing}
	default:
		return verb{first, countsNothing}
	}
}

// verbAfterWith returns the verb that follows the common table expressions, which stand in parentheses.
func (s *words) verbAfterWith() string {
	for word := s.next(); word != ""; word = s.next() {
		if s.depth > 0 {
			continue
		}
		switch upper := strings.ToUpper(word); upper {
		case "SELECT", "VALUES", "INSERT", "REPLACE", "UPDATE", "DELETE":
			return upper
		}
	}
	return "SELECT"
}

// object returns the kind of object that a CREATE, DROP or ALTER is about.
func (s *words) object() string {
	for word := s.next(); word != ""; word = s.next() {
		switch upper := strings.ToUpper(word); upper {
		case "TABLE", "INDEX", "VIEW", "TRIGGER":
			return upper
		}
	}
	return ""
}
