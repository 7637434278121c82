package plan

import (
	"slices"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// dedupe plans DISTINCT and DISTINCT ON.
func (s *selection) dedupe() *statement.Refusal {
	switch {
	case len(s.b.DistinctOn) > 0:
		return s.distinctOn()
	case !s.b.Distinct || s.a.Keyed(s.b, expressions(s.b.Targets)):
		return nil
	}
	s.spec.Distinct = merge.DistinctRows
	s.twins()
	return s.distinctCollations(s.b)
}

func expressions(targets []*tree.Target) []tree.Expr {
	list := make([]tree.Expr, len(targets))
	for i, t := range targets {
		list[i] = t.X
	}
	return list
}

// distinctCollations notes the collations of b's columns, which are told apart.
func (s *selection) distinctCollations(b *tree.Block) *statement.Refusal {
	if s.d == messages.PostgreSQL {
		if len(s.lookups) > 0 && s.lookups[len(s.lookups)-1].Use == DistinctRow {
			return nil // another arm of a union has them
		}
		if hasStar(b.Targets) {
			s.lookups = append(s.lookups, Lookup{Use: DistinctRow})
			return nil
		}
		for i := range b.Targets {
			s.lookups = append(s.lookups, Lookup{Use: DistinctRow, Index: i, column: i + 1})
		}
		return nil
	}
	for _, t := range b.Targets {
		if star, ok := tree.Bare(t.X).(*tree.Star); ok {
			s.starCollations(b, star)
			continue
		}
		c, r := s.collationOf(b, t.X)
		if r != nil {
			return r
		}
		if c.lookup == nil {
			s.distinct = append(s.distinct, c.known)
			continue
		}
		c.lookup.Use = DistinctRow
		s.lookups = append(s.lookups, *c.lookup)
	}
	return nil
}

// starCollations notes the collations of the columns of a star.
func (s *selection) starCollations(b *tree.Block, star *tree.Star) {
	for _, item := range b.From {
		tree.Walk(item, func(n tree.Node) bool {
			switch n := n.(type) {
			case *tree.Table:
				l := Lookup{Use: DistinctRow}
				if !s.isCommon(n) {
					l.Table = n.Name.Name
				}
				s.lookups = append(s.lookups, l)
			case *tree.Derived, *tree.TableFunction:
				s.lookups = append(s.lookups, Lookup{Use: DistinctRow})
				return false
			}
			return true
		})
	}
}

// distinctOn plans DISTINCT ON: the first row of those that are equal in its keys, in the order of the answer.
func (s *selection) distinctOn() *statement.Refusal {
	var list []tree.Expr
	for _, x := range s.b.DistinctOn {
		k, r := s.resolve(x, "DISTINCT ON")
		if r != nil {
			return r
		}
		if k.x != nil && !s.contains(list, k.x) {
			list = append(list, k.x)
		}
	}
	if s.a.Keyed(s.b, list) {
		return nil
	}
	if !s.leads(list) {
		return refuse(Distinct, "DISTINCT ON", s.b.DistinctOn[0], "which rows are kept depends on the shards if ORDER BY doesn't have the same expressions first",
			hintFirst)
	}
	s.spec.Distinct = merge.DistinctKeys
	s.spec.DistinctOn = s.spec.Order[:len(list):len(list)]
	return nil
}

// leads reports whether the first keys of ORDER BY are those of list, in any sequence.
func (s *selection) leads(list []tree.Expr) bool {
	if len(s.q.OrderBy) < len(list) || len(list) == 0 {
		return false
	}
	var first []tree.Expr
	for _, o := range s.q.OrderBy[:len(list)] {
		k, r := s.resolve(o.X, "ORDER BY")
		if r != nil || k.x == nil || s.contains(first, k.x) || !s.contains(list, k.x) {
			return false
		}
		first = append(first, k.x)
	}
	return true
}

func (s *selection) contains(list []tree.Expr, x tree.Expr) bool {
	return slices.ContainsFunc(list, func(other tree.Expr) bool { return s.sameExpr(other, x) })
}

// sameExpr reports whether two expressions of the block are the same.
func (s *selection) sameExpr(a, b tree.Expr) bool { return s.same.Equal(tree.Bare(a), tree.Bare(b)) }
