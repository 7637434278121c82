package plan

import (
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// exists plans a SELECT without FROM, such as SELECT EXISTS (SELECT …): a row exists if it does on one of the shards. Each shard
// is one partial row of a single group.
func (s *selection) exists() (*Gather, *statement.Refusal) {
	for _, c := range []struct {
		name string
		at   tree.Node
		is   bool
	}{
		{"WHERE", s.b.Where, s.b.Where != nil},
		{"HAVING", s.b.Having, s.b.Having != nil},
		{"GROUP BY", s.b, len(s.b.GroupBy) > 0},
		{"ORDER BY", s.q, len(s.q.OrderBy) > 0},
		{"DISTINCT", s.b, s.b.Distinct},
	} {
		if c.is {
			return nil, refuse(codeClause, c.name, c.at, "a SELECT without FROM has to be merged", "leave it out, or "+hintPin)
		}
	}
	aggregate := tree.Node(nil)
	s.eachOwn(func(n tree.Node) {
		if aggregate == nil && s.isAggregate(n) {
			aggregate = n
		}
	})
	switch {
	case aggregate != nil:
		return nil, refuse(codeAggregate, "aggregate", aggregate, reasonOnce, hintPin)
	case len(s.q.Locks) > 0:
		return nil, refuse(codeLock, "FOR UPDATE", s.q.Locks[0], reasonUnknown, hintPin)
	case len(s.b.Targets) == 0:
		return nil, refuse(codeClause, "SELECT without FROM", s.b, reasonOnce, hintPin)
	}
	if at := s.isWindowed(); at != nil {
		return nil, refuse(codeWindow, "OVER", at, reasonOnce, hintPin)
	}
	g := &grouping{selection: s}
	if r := g.plan(); r != nil {
		return nil, r
	}
	return g.gather()
}
