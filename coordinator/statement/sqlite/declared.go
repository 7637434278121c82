package sqlite

import (
	"slices"
	"strings"

	"github.com/sqlc-dev/meyer/ast"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// Declaration is what a CREATE TABLE says that SQLite's pragmas don't tell.
type Declaration struct {
	Columns []DeclaredColumn // in their order
	// Options are AUTOINCREMENT, and what is to happen when a constraint is violated, if that isn't ABORT: "unique (a, b) on conflict
	// ignore". They are in lower case, with names without their quotes, and sorted.
	Options []string
}

// DeclaredColumn is what a CREATE TABLE says of a column.
type DeclaredColumn struct {
	Name      string // as it is written, without quotes
	Collation string // in lower case; "binary" where none is declared
	Generated string // the expression that it is generated from, as it is written but for white space; empty if it isn't generated
}

// Declared reads a CREATE TABLE as sqlite_schema has it. ok is false if text is none with a list of columns, as a virtual table's, or
// can't be read.
func Declared(text string) (d *Declaration, ok bool) {
	create := createTable(text)
	if create == nil {
		return nil, false
	}
	d = &Declaration{}
	for _, column := range create.Columns {
		name := column.Name.Name
		declared := DeclaredColumn{Name: name, Collation: collation(column)}
		for _, c := range column.Constraints {
			switch c.Kind {
			case ast.ColumnGenerated:
				declared.Generated = within(text, c.Expr.Pos(), c.Expr.End())
			case ast.ColumnNotNull:
				d.onConflict("not null ("+fold(name)+")", c.OnConflict)
			case ast.ColumnUnique:
				d.onConflict("unique ("+fold(name)+")", c.OnConflict)
			case ast.ColumnPrimaryKey:
				d.onConflict("primary key", c.OnConflict)
				d.autoIncrement(c.AutoIncrement)
			}
		}
		d.Columns = append(d.Columns, declared)
	}
	for _, c := range create.Constraints {
		switch c.Kind {
		case ast.TableUnique:
			d.onConflict("unique "+terms(text, c.Columns), c.OnConflict)
		case ast.TablePrimaryKey:
			d.onConflict("primary key", c.OnConflict)
			d.autoIncrement(c.AutoIncrement)
		}
	}
	slices.Sort(d.Options)
	return d, true
}

func (d *Declaration) autoIncrement(is bool) {
	if is {
		d.Options = append(d.Options, "autoincrement")
	}
}

func (d *Declaration) onConflict(constraint string, action ast.ConflictAction) {
	if action != ast.ConflictDefault && action != ast.ConflictAbort {
		d.Options = append(d.Options, constraint+" on conflict "+strings.ToLower(action.String()))
	}
}

// terms returns the columns that a constraint is on.
func terms(text string, columns []*ast.OrderingTerm) string {
	list := make([]string, len(columns))
	for i, c := range columns {
		var words []string
		tokens, _ := Lex(text[c.Pos():c.End()]) // it has been read before
		for _, t := range tokens {
			if t.Kind != tree.EndToken {
				words = append(words, fold(t.Name))
			}
		}
		list[i] = strings.Join(words, " ")
	}
	return "(" + strings.Join(list, ", ") + ")"
}

// within returns a part of the text on one line.
func within(text string, from, to int) string {
	return strings.Join(strings.Fields(text[from:to]), " ")
}
