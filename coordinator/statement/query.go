package statement

import (
	"github.com/troupedb/troupe/coordinator/statement/keyset"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// role is what a query is there for.
type role uint8

const (
	// outermost: its clauses, and the rows of its set operations, are merged by the planner.
	outermost role = iota
	// nested: its rows have to be partitioned, or the same on every shard.
	nested
	// inExpression: it is part of an expression, and its rows have to be exact.
	inExpression
)

// query binds a query; outer is what it sees of the blocks around it.
func (a *analyser) query(q *tree.Query, outer *view, ctes *expressions, as role) relation {
	ctes = a.with(q.With, outer, ctes)
	for _, l := range q.Locks {
		a.refuse(newRefusal(Lock, "FOR UPDATE", l.Start, "rows would be locked on several shards", hintPin))
	}
	switch body := q.Body.(type) {
	case *tree.Block:
		return a.block(body, q, outer, ctes, as)
	case *tree.Query:
		// What is around the parentheses applies to what is inside.
		inner := as
		if as == outermost && bounded(q) {
			inner = nested
		}
		r := a.query(body, outer, ctes, inner)
		a.tail(q, outer, ctes)
		return a.whole(r, q, as)
	case *tree.SetOp:
		r := a.setOperation(body, outer, ctes, as)
		a.tail(q, outer, ctes)
		return a.whole(r, q, as)
	case *tree.Values:
		r := a.values(body, outer, ctes)
		a.tail(q, outer, ctes)
		return r
	default:
		return relation{exact: true}
	}
}

// bounded reports whether a query takes less than all rows of its body.
func bounded(q *tree.Query) bool { return q.Limit != nil || q.Offset != nil }

// whole refuses a nested query that takes a part of partitioned rows.
func (a *analyser) whole(r relation, q *tree.Query, as role) relation {
	if !bounded(q) {
		return r
	}
	if as == nested && !r.exact {
		a.refuse(newRefusal(NestedMerge, "LIMIT in a subquery", boundsOffset(q), reasonNested, hintPin))
	}
	r.outputs = nil
	return r
}

func boundsOffset(q *tree.Query) int {
	if q.Limit != nil {
		return q.LimitSpan.Start
	}
	return q.OffsetSpan.Start
}

// tail binds the expressions after a query's body that is no block: they see no columns but the outputs.
func (a *analyser) tail(q *tree.Query, outer *view, ctes *expressions) {
	s := site{view: view{level: a.newLevel(outer)}, ctes: ctes}
	for _, o := range q.OrderBy {
		a.expr(o.X, &s)
	}
	a.expr(q.Limit, &s)
	a.expr(q.Offset, &s)
}

func (a *analyser) values(n *tree.Values, outer *view, ctes *expressions) relation {
	a.census.Blocks++
	s := site{view: view{level: a.newLevel(outer)}, ctes: ctes}
	for _, row := range n.Rows {
		a.list(row.Items, &s)
	}
	return relation{exact: true}
}

// block binds a block with the clauses of the query that it is the body of.
func (a *analyser) block(b *tree.Block, q *tree.Query, outer *view, ctes *expressions, as role) relation {
	a.census.Blocks++
	l := a.newLevel(outer)
	items := a.from(l, b.From, ctes)
	if b.TableCommand && len(items) == 0 {
		a.refuse(newRefusal(NotUnderstood, "TABLE", b.Start, reasonUnknown, hintPin))
	}
	if b.Into {
		a.refuse(newRefusal(Into, "INTO", b.Start, "it creates a table", hintPin))
	}
	r := a.join(l, items, b.Where, ctes)
	v := l.whole()
	a.out.blocks = append(a.out.blocks, blockFacts{b, v})
	a.clauses(b, q, v, ctes, as)
	if as == outermost {
		return r
	}
	n := nesting{a: a, block: b, query: q, level: l}
	passes := n.passes()
	if as == nested && !r.exact {
		passes = n.check() && passes
	}
	r.outputs = outputsOf(l, b, passes)
	return r
}

// join binds the conditions of a block's FROM and its WHERE, and returns the rows that satisfy them.
func (a *analyser) join(l *level, items []*item, where tree.Expr, ctes *expressions) relation {
	c := conditions{a: a, level: l, ctes: ctes}
	for _, i := range items {
		c.item(i)
	}
	c.where(where)
	if len(items) == 0 {
		return relation{exact: true}
	}
	r := a.combine(items[0], c.bound)
	for _, i := range items[1:] {
		r = a.pair(r, a.combine(i, c.bound), tree.Cross, nil, i.offset)
	}
	if c.never {
		for _, e := range r.entities {
			for k := range e.slots {
				e.slots[k].restrict(keyset.None{})
			}
		}
	}
	return r
}

// clauses binds the expressions of a block that aren't conditions.
func (a *analyser) clauses(b *tree.Block, q *tree.Query, v view, ctes *expressions, as role) {
	targets := site{view: v, ctes: ctes, output: as == outermost}
	s := site{view: v, ctes: ctes}
	for _, t := range b.Targets {
		a.expr(t.X, &targets)
	}
	a.list(b.DistinctOn, &s)
	a.list(b.GroupBy, &s)
	a.expr(b.Having, &s)
	for _, w := range b.Windows {
		a.node(w, &s)
	}
	for _, o := range q.OrderBy {
		a.expr(o.X, &s)
	}
	a.expr(q.Limit, &s)
	a.expr(q.Offset, &s)
}
