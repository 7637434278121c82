package statement

import "github.com/troupedb/troupe/coordinator/statement/tree"

// origin is one item that a block's columns may come from.
type origin struct {
	// name is what the text calls it, table its real name. table is empty if it is no table.
	name, table string
}

// scoped is what names mean within a block, as far as comparisons tell without knowing any table. They form a chain to the
// outermost block.
type scoped struct {
	outer   *scoped
	origins []origin
	// expressions are the names of common table expressions that the block introduces.
	expressions []string
	// results are the names that the block gives to its results. SQLite lets a WHERE use them.
	results []string
}

// add puts a table, or what a common table expression stands for, into the scope.
func (s *scoped) add(t *tree.Table, expression bool) {
	o := origin{name: t.Name.Name, table: t.Name.Name}
	if expression {
		o.table = ""
	}
	if t.Alias != nil {
		o.name = t.Alias.Name.Name
		if len(t.Alias.Columns) > 0 {
			o.table = "" // its columns have other names
		}
	}
	s.origins = append(s.origins, o)
}

// addDerived puts what is no table into the scope.
func (s *scoped) addDerived(alias *tree.Alias) {
	var o origin
	if alias != nil {
		o.name = alias.Name.Name
	}
	s.origins = append(s.origins, o)
}

func (s *scoped) isExpression(name string) bool {
	for ; s != nil; s = s.outer {
		for _, e := range s.expressions {
			if e == name {
				return true
			}
		}
	}
	return false
}

// named is a reference to a column.
type named struct {
	table, name string
	// own says that it is certainly a column of a table, and not of something derived from one.
	own bool
}

// columnOf returns the column that e is, if it is nothing but one.
func (c *comparer) columnOf(e tree.Expr, s standing) (named, bool) {
	n, ok := tree.Bare(e).(*tree.Column)
	if !ok || c.sqlite && isTruthName(n) {
		return named{}, false
	}
	if len(n.Qualifier) > 0 {
		return s.names.qualified(n.Qualifier[len(n.Qualifier)-1].Name, n.Name.Name), true
	}
	return s.names.unqualified(n.Name.Name), true
}

// isTruthName reports whether a column is the name TRUE or FALSE, which SQLite takes for a constant if no column has it.
func isTruthName(n *tree.Column) bool {
	return len(n.Qualifier) == 0 && !n.Name.Quoted && (n.Name.Name == "true" || n.Name.Name == "false")
}

func (s *scoped) unqualified(name string) named {
	if s == nil {
		return named{name: name}
	}
	n := named{name: name, own: len(s.origins) > 0}
	for _, o := range s.origins {
		n.own = n.own && o.table != ""
	}
	for _, result := range s.results {
		n.own = n.own && result != name
	}
	// Within a subquery the column may be one of an outer block.
	if n.own && len(s.origins) == 1 && !s.nested() {
		n.table = s.origins[0].table
	}
	return n
}

func (s *scoped) nested() bool {
	for o := s.outer; o != nil; o = o.outer {
		if len(o.origins) > 0 {
			return true
		}
	}
	return false
}

func (s *scoped) qualified(qualifier, name string) named {
	for ; s != nil; s = s.outer {
		for _, o := range s.origins {
			if o.name == qualifier {
				return named{table: o.table, name: name, own: o.table != ""}
			}
		}
	}
	return named{name: name}
}
