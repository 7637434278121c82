package plan

import (
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// outerAggregates refuses an aggregate in a subquery that may be one of the outermost block's rows.
func (s *selection) outerAggregates() (refusal *statement.Refusal) {
	outer := false
	depth := map[tree.Node]bool{}
	var look func(n tree.Node, inner map[string]bool)
	look = func(n tree.Node, inner map[string]bool) {
		tree.Walk(n, func(n tree.Node) bool {
			if b, ok := n.(*tree.Block); ok && !depth[b] {
				depth[b] = true
				names := map[string]bool{}
				for name := range inner {
					names[name] = true
				}
				rangeNames(b, names)
				look(b, names)
				return false
			}
			call, ok := n.(*tree.Call)
			if ok && inner != nil && s.isAggregate(call) && ofOuter(call, inner) && refusal == nil {
				refusal = refuse(Aggregate, "aggregate in a subquery", call, "it may be one over the rows around the subquery", hintRewrite)
			}
			return refusal == nil
		})
	}
	s.eachOwn(func(n tree.Node) {
		switch n.(type) {
		case *tree.Subquery, *tree.Exists, *tree.In, *tree.Quantified, *tree.Array:
			outer = true
		}
	})
	if !outer {
		return nil
	}
	for _, t := range s.b.Targets {
		look(t, nil)
	}
	if s.b.Having != nil {
		look(s.b.Having, nil)
	}
	for _, o := range s.q.OrderBy {
		look(o, nil)
	}
	return refusal
}

// rangeNames adds the names by which the items of b's FROM qualify columns.
func rangeNames(b *tree.Block, names map[string]bool) {
	for _, item := range b.From {
		tree.Walk(item, func(n tree.Node) bool {
			switch n := n.(type) {
			case *tree.Table:
				names[n.Name.Name] = true
				addAlias(names, n.Alias)
			case *tree.Derived:
				addAlias(names, n.Alias)
				return false
			case *tree.TableFunction:
				addAlias(names, n.Alias)
				return false
			case *tree.Join:
				addAlias(names, n.Alias)
			}
			return true
		})
	}
}

func addAlias(names map[string]bool, a *tree.Alias) {
	if a != nil {
		names[a.Name.Name] = true
	}
}

// ofOuter reports whether all columns of an aggregate are qualified by names that none of the inner blocks has, or it has such
// ones and others.
func ofOuter(call *tree.Call, inner map[string]bool) bool {
	return find(call, func(n tree.Node) bool {
		c, ok := n.(*tree.Column)
		return ok && len(c.Qualifier) > 0 && !inner[c.Qualifier[len(c.Qualifier)-1].Name]
	}) != nil
}
