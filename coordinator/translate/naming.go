package translate

import (
	"fmt"
	"strings"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// Untranslated is the code of every [statement.Refusal] of this package: a name, or the statement, can't be translated.
const Untranslated statement.Code = "untranslated"

const (
	hintName    = "write it without a schema: the shard's Names say where it is"
	hintBackend = "connect to the shard's own backend for it, and write the names that the database knows"
	hintShorter = "choose a shorter name, or a shorter prefix"
	hintAlias   = "give the table an alias, and refer to its columns by that"
)

// maxName is how many bytes of a name PostgreSQL keeps.
const maxName = 63

// naming is how a dialect's names change.
type naming struct {
	dialect messages.Dialect
	names   shardworker.Names
}

func (n naming) sqlite() bool { return n.dialect == messages.SQLite }

// prefixed returns a name with the prefix, in quotes; at is where it stands.
func (n naming) prefixed(name string, at int) (string, *statement.Refusal) {
	name = n.names.Prefix + name
	if !n.sqlite() && len(name) > maxName {
		return "", refuse(at, "name", fmt.Sprintf("%s has more than %d bytes with its prefix", quote(name), maxName), hintShorter)
	}
	return quote(name), nil
}

// schema returns what stands before a name in the schema.
func (n naming) schema() string { return quote(n.names.Schema) + "." }

// refuseSystem refuses a table's name that is the database's own.
func (n naming) refuseSystem(name string, at int) *statement.Refusal {
	system := !n.sqlite() && strings.HasPrefix(name, "pg_") ||
		n.sqlite() && (strings.HasPrefix(name, "sqlite_") || strings.HasPrefix(name, "pragma_"))
	if !system {
		return nil
	}
	hint := "write pg_catalog before it"
	switch {
	case n.sqlite() && n.names.Schema != "":
		hint = "of the database's own tables only sqlite_schema is translated; " + hintBackend
	case n.sqlite():
		hint = hintBackend
	}
	return refuse(at, "system table", fmt.Sprintf("%s describes the database, not this shard's tables", name), hint)
}

// catalogue reports whether a schema is PostgreSQL's own, whose tables may be asked for by their whole names.
func (n naming) catalogue(schema string) bool {
	return !n.sqlite() && (schema == "pg_catalog" || schema == "information_schema")
}

// isCatalogueTable reports whether a table of SQLite is there in every schema, and describes it.
func (n naming) isCatalogueTable(name string) bool {
	return n.names.Schema != "" && n.sqlite() && (name == "sqlite_schema" || name == "sqlite_master")
}

func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func refuse(at int, clause, reason, hint string) *statement.Refusal {
	return &statement.Refusal{Code: Untranslated, Clause: clause, Offset: at, Reason: reason, Hint: hint}
}
