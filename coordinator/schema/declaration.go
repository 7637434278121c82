package schema

import (
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/sqlite"
)

// declaration is what the text of a SQLite table says that the pragmas don't. Nil says nothing.
type declaration struct {
	text    string // all of it, if it can't be read
	columns map[string]sqlite.DeclaredColumn
	extras  []string
}

func declares(text string) *declaration {
	d, ok := sqlite.Declared(text)
	if !ok {
		return &declaration{text: text}
	}
	says := &declaration{columns: map[string]sqlite.DeclaredColumn{}, extras: d.Options}
	for _, c := range d.Columns {
		says.columns[folded(c.Name)] = c
	}
	return says
}

// collation returns a column's, if it isn't the one that every column has of itself.
func (d *declaration) collation(column string) string {
	if d == nil || d.columns[column].Collation == "binary" {
		return ""
	}
	return d.columns[column].Collation
}

// generated says what a column is generated from, as far as that is known.
func (d *declaration) generated(column string) string {
	if d == nil || d.columns[column].Generated == "" {
		return "generated"
	}
	return "generated always as (" + d.columns[column].Generated + ")"
}

// options are what is declared of the whole table. Of a text that can't be read it is the columns' text, so that whatever differs in it is a
// difference.
func (d *declaration) options() []string {
	switch {
	case d == nil:
		return nil
	case d.text != "":
		_, columns, _ := strings.Cut(d.text, "(")
		return []string{"declared as (" + strings.Join(strings.Fields(columns), " ")}
	}
	return d.extras
}
