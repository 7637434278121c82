package mapping

import (
	"strings"

	"github.com/jackc/pgx/v5"
)

// Quote quotes a name for both dialects.
func Quote(identifier string) string { return pgx.Identifier{identifier}.Sanitize() }

// QuoteTable quotes a table's name, which may have its schema before a dot.
func QuoteTable(name string) string { return pgx.Identifier(strings.Split(name, ".")).Sanitize() }

// QuoteAll quotes names and puts commas between them.
func QuoteAll(identifiers []string) string {
	quoted := make([]string, len(identifiers))
	for i, id := range identifiers {
		quoted[i] = Quote(id)
	}
	return strings.Join(quoted, ", ")
}

func join(names []string) string { return strings.Join(names, ",") }
