package sqlite

import (
	"github.com/sqlc-dev/meyer/ast"
	"github.com/sqlc-dev/meyer/parser"
)

// Collations returns the collations that a CREATE TABLE declares, by column, both in lower case: "binary" where it declares none. ok
// is false if text, as sqlite_schema has it, is no CREATE TABLE with a list of columns: of a view's columns, or those of a
// virtual table, nothing is known. A column that is added later stands in the text too, because SQLite rewrites it.
func Collations(text string) (byColumn map[string]string, ok bool) {
	create := createTable(text)
	if create == nil {
		return nil, false
	}
	byColumn = map[string]string{}
	for _, column := range create.Columns {
		byColumn[fold(column.Name.Name)] = collation(column)
	}
	return byColumn, true
}

func collation(column *ast.ColumnDef) string {
	name := "binary"
	for _, constraint := range column.Constraints {
		if constraint.Kind == ast.ColumnCollate && constraint.Collation != nil {
			name = fold(constraint.Collation.Name)
		}
	}
	return name
}

// createTable returns a CREATE TABLE with a list of columns; nil if text is none, or can't be read.
func createTable(text string) (create *ast.CreateTableStmt) {
	defer func() {
		if recover() != nil { // the parser's; what it can't read declares nothing that is known
			create = nil
		}
	}()
	if withinBounds(text) != nil {
		return nil
	}
	list, err := parser.ParseString(text)
	if err != nil || len(list) != 1 {
		return nil
	}
	create, isTable := list[0].(*ast.CreateTableStmt)
	if !isTable || create.Select != nil || len(create.Columns) == 0 {
		return nil
	}
	return create
}
