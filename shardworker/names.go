package shardworker

import (
	"fmt"
	"strings"

	"github.com/troupedb/troupe/messages"
)

// Names says how the tables of a shard are called in its database, so that several shards may be one database: its statements are
// translated before they are sent. The zero value is names as they are written. At most one of the fields is set, to a letter or underscore
// and up to 30 letters, digits and underscores, all ASCII. They are always sent in quotes, so their case counts in PostgreSQL.
type Names struct {
	// Prefix is put before the name of every table, index and constraint. Defaults to none.
	Prefix string
	// Schema is the PostgreSQL schema, or the attached SQLite database, that every table is in. Defaults to what the database
	// finds by itself.
	Schema string
}

// maxName is the length in bytes of a prefix or schema at the most: half of what PostgreSQL keeps of a name is left for the table.
const maxName = 31

// IsZero reports whether names stay as they are.
func (n Names) IsZero() bool { return n == Names{} }

// Validate checks the names' grammar. Its error has the code [messages.ErrInvalidConfig].
func (n Names) Validate() error {
	switch {
	case n.Prefix != "" && n.Schema != "":
		return invalidNames("both a prefix and a schema")
	case n.Prefix != "":
		if err := checkName("prefix", n.Prefix); err != nil {
			return err
		}
		if hasPrefixFold(n.Prefix, "pg_") || hasPrefixFold(n.Prefix, "sqlite_") {
			return invalidNames(fmt.Sprintf("the prefix %q is the databases' own", n.Prefix))
		}
	case n.Schema != "":
		if err := checkName("schema", n.Schema); err != nil {
			return err
		}
		if hasPrefixFold(n.Schema, "pg_") || strings.EqualFold(n.Schema, "temp") || strings.EqualFold(n.Schema, "information_schema") {
			return invalidNames(fmt.Sprintf("the schema %q is the databases' own", n.Schema))
		}
	}
	return nil
}

// Apart reports whether a table of a shard with n is never one of a shard with other, if both shards are one database: their schemas
// differ, or neither prefix begins with the other. Case makes no difference, as to SQLite it never does.
func (n Names) Apart(other Names) bool {
	switch {
	case n.Schema != "" && other.Schema != "":
		return !strings.EqualFold(n.Schema, other.Schema)
	case n.Prefix != "" && other.Prefix != "":
		return !hasPrefixFold(n.Prefix, other.Prefix) && !hasPrefixFold(other.Prefix, n.Prefix)
	default:
		return false
	}
}

func checkName(what, name string) error {
	if len(name) > maxName {
		return invalidNames(fmt.Sprintf("the %s is longer than %d bytes", what, maxName))
	}
	for i := range len(name) {
		c := name[i]
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '_'
		if !letter && (i == 0 || c < '0' || c > '9') {
			return invalidNames(fmt.Sprintf("the %s %q has more than ASCII letters, digits and underscores, or begins with a digit", what, name))
		}
	}
	return nil
}

func hasPrefixFold(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}

func invalidNames(detail string) error {
	return &messages.Error{Code: messages.ErrInvalidConfig, Op: "names", Detail: detail}
}
