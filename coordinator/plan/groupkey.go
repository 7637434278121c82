package plan

import (
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// groupKey is one expression of GROUP BY.
type groupKey struct {
	// x is the expression over the FROM.
	x tree.Expr
	// alias is the name, as it is written, if only the database knows for certain that it is an alias of x and no column. If it
	// is a column, the database finds that x isn't grouped by and fails.
	alias *tree.Column
}

// grouped reports whether the rows are groups that have to be merged: those of the shards aren't whole, or it is one group.
func (s *selection) grouped() (bool, *statement.Refusal) {
	if r := s.outerAggregates(); r != nil {
		return false, r
	}
	aggregates := s.b.Having != nil
	s.eachOwn(func(n tree.Node) { aggregates = aggregates || s.isAggregate(n) })
	if len(s.b.GroupBy) == 0 {
		return aggregates, nil
	}
	keys, r := s.groupKeys()
	if r != nil {
		return false, r
	}
	return !s.a.Keyed(s.b, keyExpressions(keys)), nil
}

func keyExpressions(keys []groupKey) []tree.Expr {
	list := make([]tree.Expr, len(keys))
	for i, k := range keys {
		list[i] = k.x
	}
	return list
}

// groupKeys resolves GROUP BY: a position, a column of the FROM, an output column, or an expression, in this order.
func (s *selection) groupKeys() ([]groupKey, *statement.Refusal) {
	keys := make([]groupKey, len(s.b.GroupBy))
	for i, x := range s.b.GroupBy {
		k, r := s.groupKey(x)
		if r != nil {
			return nil, r
		}
		keys[i] = k
	}
	return keys, nil
}

func (s *selection) groupKey(x tree.Expr) (groupKey, *statement.Refusal) {
	const clause = "GROUP BY"
	bare := tree.Bare(x)
	switch n := bare.(type) {
	case *tree.Literal:
		if position, ok := n.Value.(int64); ok {
			k, r := s.position(position, x, clause)
			if r == nil && s.aggregateIn(k.x) != nil {
				r = refuse(GroupBy, clause, x, "aggregates can't be grouped by", hintName)
			}
			return groupKey{x: k.x}, r
		}
		return groupKey{}, refuse(GroupBy, clause, x, "it is a constant", hintName)
	case *tree.Column:
		if len(n.Qualifier) == 0 {
			return s.groupName(n)
		}
	case *tree.Row, *tree.Opaque:
		return groupKey{}, refuse(GroupBy, clause, x, reasonUnknown, "write its columns one by one")
	case *tree.Unary:
		if _, ok := tree.Bare(n.X).(*tree.Literal); ok {
			return groupKey{}, refuse(GroupBy, clause, x, reasonUnknown, hintName)
		}
	case *tree.Collate:
		if _, ok := withoutCollate(n).(*tree.Literal); ok {
			return groupKey{}, refuse(GroupBy, clause, x, reasonUnknown, hintName)
		}
	}
	if s.d == messages.SQLite {
		if r := s.aliasIn(bare, clause); r != nil {
			return groupKey{}, r
		}
	}
	return groupKey{x: bare}, nil
}

// groupName resolves an unqualified name. In both dialects it is a column of the FROM rather than an output column.
func (s *selection) groupName(n *tree.Column) (groupKey, *statement.Refusal) {
	name := n.Name.Name
	var target *tree.Target
	for _, t := range s.b.Targets {
		if output, known := s.outputName(t); known && output == name {
			target = t
			break
		}
	}
	if target == nil || s.known[name] || s.mentions(target.X, name) {
		return groupKey{x: n}, nil
	}
	if s.aggregateIn(target.X) != nil {
		// It can't be grouped by, so it is a column or an error.
		return groupKey{x: n}, nil
	}
	if s.known != nil {
		return groupKey{x: target.X, alias: n}, nil
	}
	if s.d == messages.SQLite {
		return groupKey{}, refuse(GroupBy, "GROUP BY", n, reasonAmbiguous, hintGroup)
	}
	return groupKey{x: target.X, alias: n}, nil
}

// mentions reports whether x has a column of that name, which therefore exists.
func (s *selection) mentions(x tree.Expr, name string) bool {
	return find(x, func(n tree.Node) bool {
		c, ok := n.(*tree.Column)
		return ok && c.Name.Name == name
	}) != nil
}

// refuseCovered refuses a GROUP BY in which a name may be an alias or a column, and the database wouldn't find out: the alias'
// expression is grouped by anyway.
func (s *selection) refuseCovered(keys []groupKey) *statement.Refusal {
	if s.known != nil {
		return nil
	}
	for i, k := range keys {
		if k.alias == nil {
			continue
		}
		others := append(keyExpressions(keys[:i]), keyExpressions(keys[i+1:])...)
		if len(others) > 0 && s.madeOf(k.x, others) {
			return refuse(GroupBy, "GROUP BY", k.alias, reasonAmbiguous, hintGroup)
		}
	}
	return nil
}

// madeOf reports whether x has no columns but within one of keys.
func (s *selection) madeOf(x tree.Expr, keys []tree.Expr) bool {
	made := true
	tree.Walk(x, func(n tree.Node) bool {
		if e, ok := n.(tree.Expr); ok && s.contains(keys, e) {
			return false
		}
		switch n.(type) {
		case *tree.Column, *tree.Star, *tree.Query, *tree.Opaque, *tree.Table:
			made = false
		}
		return made
	})
	return made
}
