package plan

import (
	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// isAggregate reports whether n is an aggregate over the rows of a block, and no window function.
func (p *planner) isAggregate(n tree.Node) bool {
	call, ok := n.(*tree.Call)
	return ok && call.Over == nil && p.a.Aggregate(call)
}

func (p *planner) aggregateIn(n tree.Node) tree.Node { return find(n, p.isAggregate) }

// combinable is an aggregate whose partial results can be combined.
type combinable struct {
	fn merge.Func
	// distinct is what combines the distinct values themselves; ok says that there is such a function, else DISTINCT changes
	// nothing.
	distinct merge.Func
	ok       bool
}

var combinables = map[messages.Dialect]map[string]combinable{
	messages.PostgreSQL: {
		"count": {merge.AddCounts, merge.CountDistinct, true}, "sum": {merge.Sum, merge.SumDistinct, true},
		"avg": {merge.Avg, merge.AvgDistinct, true}, "min": {fn: merge.Min}, "max": {fn: merge.Max},
		"bool_and": {fn: merge.And}, "every": {fn: merge.And}, "bool_or": {fn: merge.Or},
	},
	messages.SQLite: {
		"count": {merge.AddCounts, merge.CountDistinct, true}, "sum": {merge.Sum, merge.SumDistinct, true},
		"avg": {merge.Avg, merge.AvgDistinct, true}, "min": {fn: merge.Min}, "max": {fn: merge.Max},
		// There is no TotalDistinct.
		"total": {fn: merge.Total},
	},
}

// functionName returns the name of a function that isn't of a schema of the user's; empty if it is.
func functionName(call *tree.Call) string {
	last := call.Name[len(call.Name)-1].Name
	if len(call.Name) > 2 || len(call.Name) == 2 && call.Name[0].Name != "pg_catalog" {
		return ""
	}
	return last
}

// combine returns how an aggregate's partial results become one, or why they can't.
func (s *selection) combine(call *tree.Call) (combinable, *statement.Refusal) {
	name := functionName(call)
	c, ok := combinables[s.d][name]
	clause := name + "()"
	switch {
	case !ok, name == "":
		return c, refuse(Aggregate, clause, call, reasonPartial, "select the rows and compute it over them, or "+hintPin)
	case call.WithinGroup != nil, len(call.OrderBy) > 0, !call.Plain && !call.Star,
		len(call.Args) > 1, len(call.Args) == 0 && !call.Star && name != "count":
		return c, refuse(Aggregate, clause, call, reasonUnknown, hintRewrite)
	case call.Distinct && name == "total":
		return c, refuse(Aggregate, clause, call, reasonPartial, "use sum(DISTINCT …), or "+hintPin)
	}
	if len(call.Args) == 1 {
		if _, ok := tree.Bare(call.Args[0]).(*tree.Row); ok {
			return c, refuse(Aggregate, clause, call, "rows can't be compared here", hintPin)
		}
	}
	if call.Distinct && len(call.Args) == 0 {
		return c, refuse(Aggregate, clause, call, "it has no argument", hintRewrite)
	}
	if at := find(call, func(n tree.Node) bool { _, ok := n.(*tree.Star); return ok }); at != nil {
		return c, refuse(Aggregate, clause, at, "whole rows can't be compared here", hintRewrite)
	}
	return c, nil
}

// addAggregate plans an aggregate over merged groups and returns its place among the aggregates.
func (s *grouping) addAggregate(call *tree.Call) (int, *statement.Refusal) {
	for i, other := range s.calls {
		if other != nil && s.sameExpr(other, call) {
			return i, nil
		}
	}
	how, r := s.combine(call)
	if r != nil {
		return 0, r
	}
	a := merge.Aggregate{Func: how.fn}
	byValue := call.Distinct && how.ok && s.finer
	switch {
	case byValue:
		a.Func = how.distinct
		a.Column = s.addDistinct(call)
	case how.fn == merge.Avg:
		// SQLite's avg() adds integers exactly, as its sum() does and its total() doesn't.
		a.Column = s.addPart(call, "sum")
		a.Count = s.addPart(call, "count")
	default:
		a.Column = s.addColumn(column{with: []piece{source(call)}, x: call})
	}
	if byValue || how.fn == merge.Min || how.fn == merge.Max {
		c, r := s.collationOf(s.b, call.Args[0])
		if r != nil {
			return 0, r
		}
		a.Collation = c.known
		s.lookUp(c.lookup, AggregateValue, len(s.groups.Aggregates))
	}
	return s.addCombined(a, call), nil
}

func (s *grouping) addCombined(a merge.Aggregate, call *tree.Call) int {
	s.groups.Aggregates = append(s.groups.Aggregates, a)
	s.calls = append(s.calls, call)
	return len(s.groups.Aggregates) - 1
}

// addPart adds a column that has another function over the rows of an aggregate.
func (s *grouping) addPart(call *tree.Call, name string) int {
	part := *call
	part.Name = []tree.Ident{{Name: name}}
	after := tree.Span{Start: call.Name[len(call.Name)-1].End, End: call.End}
	return s.addColumn(column{with: []piece{literal(name), {span: after}}, x: &part})
}

// addDistinct makes what an aggregate takes the distinct values of a key of the shards' groups.
func (s *grouping) addDistinct(call *tree.Call) int {
	arg := call.Args[0]
	c := column{with: []piece{source(arg)}, x: arg, key: true}
	if s.isTime(s.b, arg) {
		c = storedColumn(arg)
	}
	if call.Filter != nil {
		// A row that the filter leaves out has no value, as one whose value is NULL.
		c.with = []piece{literal("CASE WHEN "), source(call.Filter), literal(" THEN "), source(arg), literal(" END")}
		c.x = &tree.Case{Whens: []*tree.When{{Cond: call.Filter, Result: arg}}}
	}
	return s.addColumn(c)
}

// isFiner reports whether there is an aggregate over distinct values that aren't of one shard each: then the shards have to group
// by these values as well.
func (s *selection) isFiner(keys []tree.Expr) bool {
	finer := false
	s.eachOwn(func(n tree.Node) {
		call, ok := n.(*tree.Call)
		if !ok || !s.isAggregate(call) || !call.Distinct || len(call.Args) != 1 {
			return
		}
		if how := combinables[s.d][functionName(call)]; how.ok {
			with := append(keys[:len(keys):len(keys)], call.Args[0])
			finer = finer || !s.a.Keyed(s.b, with)
		}
	})
	return finer
}

// eachOwn calls visit for all nodes of the list, HAVING and ORDER BY that are in no subquery.
func (s *selection) eachOwn(visit func(tree.Node)) {
	look := func(n tree.Node) {
		find(n, func(n tree.Node) bool {
			visit(n)
			return false
		})
	}
	for _, t := range s.b.Targets {
		look(t)
	}
	if s.b.Having != nil {
		look(s.b.Having)
	}
	for _, o := range s.q.OrderBy {
		look(o)
	}
}
