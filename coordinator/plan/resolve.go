package plan

import (
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// sortKey is what a key of ORDER BY or DISTINCT ON stands for.
type sortKey struct {
	// x is what is sorted by, as an expression over the FROM; nil for a constant, by which nothing is sorted.
	x tree.Expr
	// target is the column of the answer that has its value, -1 if none has.
	target int
	// written is the expression that decides on the collation.
	written tree.Expr
}

// resolve finds out what a key means, by the rules of the dialect: a position, an output column, or an expression.
func (s *selection) resolve(x tree.Expr, clause string) (sortKey, *statement.Refusal) {
	bare := tree.Bare(x)
	under := bare
	if n, ok := bare.(*tree.Collate); ok && s.d == messages.SQLite {
		under = tree.Bare(n.X) // SQLite looks through it for positions and aliases
	}
	if n, ok := under.(*tree.Unary); ok && n.Op == "+" && s.d == messages.SQLite {
		if _, ok := tree.Bare(n.X).(*tree.Literal); ok {
			return sortKey{}, refuse(OrderBy, clause, x, reasonUnknown, "write the position without a sign")
		}
	}
	if n, ok := under.(*tree.Literal); ok {
		position, isInt := n.Value.(int64)
		switch {
		case !isInt:
			return sortKey{target: -1}, nil
		case under != bare:
			return sortKey{}, refuse(OrderBy, clause, x, reasonUnknown, hintName)
		}
		return s.position(position, x, clause)
	}
	if n, ok := under.(*tree.Column); ok && len(n.Qualifier) == 0 {
		i, r := s.output(n, clause)
		if r != nil {
			return sortKey{}, r
		}
		if i >= 0 {
			t := s.b.Targets[i]
			k := sortKey{x: t.X, target: i, written: t.X}
			if under != bare {
				k.written = bare
			}
			return k, nil
		}
	}
	if r := s.refuseAliases(bare, under, clause); r != nil {
		return sortKey{}, r
	}
	if isConstant(bare) {
		return sortKey{target: -1}, nil
	}
	return sortKey{x: bare, target: s.matching(bare), written: bare}, nil
}

// position resolves a number.
func (s *selection) position(n int64, x tree.Expr, clause string) (sortKey, *statement.Refusal) {
	switch {
	case n < 1, s.wide < 0 && n > int64(len(s.b.Targets)):
		return sortKey{}, refuse(OrderBy, clause, x, "there is no column of this position", hintName)
	case s.wide >= 0 && n > int64(s.wide):
		return sortKey{}, refuse(OrderBy, clause, x, "which column it is isn't known, because of the star", hintName)
	}
	t := s.b.Targets[n-1]
	return sortKey{x: t.X, target: int(n - 1), written: t.X}, nil
}

// output finds the output column that an unqualified name means before it means a column of a table; -1 if there is none.
func (s *selection) output(n *tree.Column, clause string) (int, *statement.Refusal) {
	unknown, found := false, -1
	for i, t := range s.b.Targets {
		_, star := tree.Bare(t.X).(*tree.Star)
		name, known := s.outputName(t)
		switch {
		case star: // that it has a column of this name as well isn't known
		case !known:
			unknown = true
		case name != n.Name.Name:
		case s.d == messages.SQLite:
			return i, nil // it takes the first
		case found < 0:
			found = i
		case !s.sameExpr(s.b.Targets[found].X, t.X):
			return 0, refuse(OrderBy, clause, n, "two output columns are called so", "name the columns differently")
		}
	}
	if found >= 0 {
		return found, nil
	}
	if unknown && s.d == messages.PostgreSQL {
		return 0, refuse(OrderBy, clause, n, "it may be the name of an output column whose name isn't known", "give the columns aliases")
	}
	return -1, nil
}

// outputName returns the name by which ORDER BY finds a target: in SQLite that is an alias only.
func (s *selection) outputName(t *tree.Target) (name string, known bool) {
	if t.Alias != nil {
		return t.Alias.Name, true
	}
	if s.d == messages.SQLite {
		return "", true
	}
	return figureName(t.X)
}

// refuseAliases refuses an expression in which a name may be an alias. SQLite takes it for one if no column is called so.
func (s *selection) refuseAliases(x, under tree.Expr, clause string) *statement.Refusal {
	if s.d != messages.SQLite || x == under && isColumn(x) {
		return nil
	}
	return s.aliasIn(x, clause)
}

func isColumn(x tree.Expr) bool {
	_, ok := x.(*tree.Column)
	return ok
}

// aliasIn refuses a name in x that is an alias and not known to be a column.
func (s *selection) aliasIn(x tree.Node, clause string) *statement.Refusal {
	at := find(x, func(n tree.Node) bool {
		column, ok := n.(*tree.Column)
		return ok && len(column.Qualifier) == 0 && s.mayBeAlias(column.Name.Name)
	})
	if at == nil {
		return nil
	}
	return refuse(OrderBy, clause, at, reasonAmbiguous, "repeat the alias' expression, or qualify the column with its table")
}

// mayBeAlias reports whether a name that isn't known to be a column is an alias of something else than the column of that name.
func (s *selection) mayBeAlias(name string) bool {
	if s.known[name] {
		return false
	}
	for _, t := range s.b.Targets {
		if t.Alias == nil || t.Alias.Name != name {
			continue
		}
		if c, ok := tree.Bare(t.X).(*tree.Column); ok && c.Name.Name == name {
			continue
		}
		return true
	}
	return false
}

// matching returns the target whose value is that of x, but for a collation around either; -1 if there is none.
func (s *selection) matching(x tree.Expr) int {
	x = withoutCollate(x)
	for i, t := range s.b.Targets {
		if s.same.Equal(withoutCollate(t.X), x) {
			return i
		}
	}
	return -1
}

func withoutCollate(x tree.Expr) tree.Expr {
	for {
		n, ok := tree.Bare(x).(*tree.Collate)
		if !ok {
			return tree.Bare(x)
		}
		x = n.X
	}
}

// isConstant reports whether an expression is the same for all rows.
func isConstant(x tree.Expr) bool {
	constant := true
	tree.Walk(x, func(n tree.Node) bool {
		switch n.(type) {
		case *tree.Column, *tree.Star, *tree.Call, *tree.Query, *tree.Opaque, *tree.Table:
			constant = false
		}
		return constant
	})
	return constant
}
