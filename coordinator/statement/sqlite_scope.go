package statement

import (
	"strings"

	"github.com/sqlc-dev/meyer/ast"
)

// source is one item that a block's columns may come from.
type source struct {
	// name is what the text calls it, table its real name, both in lower case. table is empty if it is no table.
	name, table string
}

// scope is what names mean within a block. Scopes form a chain to the outermost one.
type scope struct {
	outer   *scope
	sources []source
	// expressions are the names of common table expressions that the block introduces.
	expressions []string
	// results are the names that the block gives to its results. SQLite lets a WHERE use them.
	results []string
}

// foldName folds a name to lower case as SQLite does: letters beyond ASCII keep their case.
func foldName(name string) string {
	for i := 0; i < len(name); i++ {
		if 'A' <= name[i] && name[i] <= 'Z' {
			b := []byte(name)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return name
}

// add puts a table, or what a common table expression or a table-valued function stands for, into the scope.
func (s *scope) add(name *ast.QualifiedName, alias *ast.Ident, function bool) {
	table := foldName(name.Name.Name)
	src := source{name: table, table: table}
	if function || name.Schema == nil && s.isExpression(table) {
		src.table = ""
	}
	if alias != nil {
		src.name = foldName(alias.Name)
	}
	s.sources = append(s.sources, src)
}

// addDerived puts a subquery, or a parenthesised list with an alias, into the scope.
func (s *scope) addDerived(alias *ast.Ident) {
	var src source
	if alias != nil {
		src.name = foldName(alias.Name)
	}
	s.sources = append(s.sources, src)
}

func (s *scope) isExpression(name string) bool {
	for ; s != nil; s = s.outer {
		for _, e := range s.expressions {
			if e == name {
				return true
			}
		}
	}
	return false
}

// column is a reference to a column.
type column struct {
	table, name string
	// own says that it is certainly a column of a table, and not of something derived from one.
	own bool
}

// columnOf returns the column that e is, if it is nothing but one.
func (s *scope) columnOf(e ast.Expr) (column, bool) {
	switch n := unwrap(e).(type) {
	case *ast.Ident:
		if n.Quote == ast.QuoteSingle || n.Quote == ast.QuoteNone && isTruth(n.Name) {
			return column{}, false
		}
		return s.unqualified(foldName(n.Name)), true
	case *ast.QualifiedRef:
		return s.qualified(foldName(n.Parts[len(n.Parts)-2].Name), foldName(n.Parts[len(n.Parts)-1].Name)), true
	default:
		return column{}, false
	}
}

func (s *scope) unqualified(name string) column {
	c := column{name: name, own: len(s.sources) > 0}
	for _, src := range s.sources {
		c.own = c.own && src.table != ""
	}
	for _, result := range s.results {
		c.own = c.own && result != name
	}
	// Within a subquery the column may be one of an outer block.
	if c.own && len(s.sources) == 1 && !s.nested() {
		c.table = s.sources[0].table
	}
	return c
}

func (s *scope) nested() bool {
	for o := s.outer; o != nil; o = o.outer {
		if len(o.sources) > 0 {
			return true
		}
	}
	return false
}

func (s *scope) qualified(qualifier, name string) column {
	for ; s != nil; s = s.outer {
		for _, src := range s.sources {
			if src.name == qualifier {
				return column{table: src.table, name: name, own: src.table != ""}
			}
		}
	}
	return column{name: name}
}

// isTruth reports whether an unquoted name is TRUE or FALSE, which SQLite takes for constants if no column has the name.
func isTruth(name string) bool {
	return strings.EqualFold(name, "true") || strings.EqualFold(name, "false")
}

// unwrap removes parentheses.
func unwrap(e ast.Expr) ast.Expr {
	for {
		p, ok := e.(*ast.ParenExpr)
		if !ok {
			return e
		}
		e = p.X
	}
}
