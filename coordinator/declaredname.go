package coordinator

import (
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/messages"
)

// Names of mapped structs and of copies are sent in quotes. To PostgreSQL "ID" and id are two columns then, and to SQLite one. What is
// declared is in lower case, as a name without quotes is to both.

// declaration returns the declaration of a mapped table; nil if there is none. Only where all shards are SQLite does case make no difference.
func (t *Troupe) declaration(table string) *statement.Table {
	if !slices.Contains(t.dialects, messages.PostgreSQL) {
		table = strings.ToLower(table)
	}
	for _, own := range []string{"public.", "main."} {
		table = strings.TrimPrefix(table, own)
	}
	return t.catalogue.declared.Tables[table]
}

// declarationOf returns the declaration of a copied table; nil if there is none. Dots within a part of the name are none between parts.
func (t *Troupe) declarationOf(table pgx.Identifier) *statement.Table {
	if slices.ContainsFunc(table, func(part string) bool { return strings.Contains(part, ".") }) {
		return nil
	}
	return t.declaration(strings.Join(table, "."))
}

// columnOf returns which of these names is a declared column, or else what is wrong with them.
func (t *Troupe) columnOf(names []string, declared string) (position int, problem string) {
	exact := slices.Index(names, declared)
	if !slices.Contains(t.dialects, messages.SQLite) {
		if exact < 0 {
			return -1, "isn't there"
		}
		return exact, ""
	}
	position = -1
	for i, name := range names {
		switch {
		case !strings.EqualFold(name, declared):
		case position >= 0:
			return -1, "is there twice for SQLite, to which upper and lower case are the same"
		default:
			position = i
		}
	}
	switch {
	case position < 0:
		return -1, "isn't there"
	case exact < 0 && slices.Contains(t.dialects, messages.PostgreSQL):
		return -1, "is there in another case, which makes it another column on the PostgreSQL shards, and the same on the SQLite ones"
	}
	return position, ""
}
