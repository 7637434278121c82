package oracletest

import "strings"

// windowed makes a query with window functions, mostly partitioned by the key.
func (g *generator) windowed(q *query) {
	sel, b := g.selection()
	q.arms = []*selection{sel}
	g.targets(sel, b)
	v := b.scope.vars[0]
	partition := ""
	var args []*expression
	if v.keys != nil && g.chance(85) {
		args = g.keyOf(b.scope, v)
		if lost := g.lostKey(b.scope); lost != nil && g.chance(40) {
			args = lost
		}
		partition = "partition by {}" + strings.Repeat(", {}", len(args)-1)
		if g.chance(30) {
			args = append(args, among(g.r, g.columnsOf(b.scope)))
			partition += ", {}"
		}
	} else if g.chance(50) {
		args = append(args, among(g.r, g.columnsOf(b.scope)))
		partition = "partition by {}"
	}
	for range 1 + g.r.IntN(2) {
		sel.targets = append(sel.targets, target{expression: g.overWindow(b, partition, args), alias: g.targetAlias(len(sel.targets))})
	}
	if g.chance(50) {
		g.order(q, sel, b)
	}
	g.limits(q, 20)
}

// overWindow returns a function over a window whose rows have one order only where the function asks for it.
func (g *generator) overWindow(b block, partition string, args []*expression) *expression {
	number := g.anyColumn(b.scope, func(k kind) bool { return k == integer })
	ordered := partition + " order by {}"
	with := func(more ...*expression) []*expression { return append(append([]*expression(nil), args...), more...) }
	some := among(g.r, g.columnsOf(b.scope))
	if some.constant() || number == nil {
		return form(bigint, "count(*) over ("+partition+")", args...)
	}
	all := []choice[*expression]{
		{4, func() *expression { return form(bigint, "count(*) over ("+partition+")", args...) }},
		{4, func() *expression {
			return form(bigint, "sum({}) over ("+partition+")", append([]*expression{number}, args...)...)
		}},
		{3, func() *expression { return form(bigint, "rank() over ("+ordered+")", with(some)...) }},
		{2, func() *expression { return form(bigint, "dense_rank() over ("+ordered+" desc)", with(some)...) }},
		{2, func() *expression {
			return form(bigint, "count({}) over ("+ordered+")", append([]*expression{number}, with(some)...)...)
		}},
	}
	if len(b.scope.vars) == 1 && b.scope.vars[0].id >= 0 {
		id := g.column(b.scope, b.scope.vars[0], b.scope.vars[0].id)
		all = append(all,
			choice[*expression]{5, func() *expression { return form(bigint, "row_number() over ("+ordered+")", with(id)...) }},
			choice[*expression]{2, func() *expression {
				return form(some.kind, "lag({}) over ("+ordered+")", append([]*expression{some}, with(id)...)...)
			}},
			choice[*expression]{2, func() *expression {
				return form(some.kind, "first_value({}) over ("+ordered+" desc)", append([]*expression{some}, with(id)...)...)
			}})
	}
	return choose(g, all)
}

// commonTables makes a WITH. A name may be that of a table, which it hides.
func (g *generator) commonTables() []commonTable {
	var all []commonTable
	for range 1 + g.r.IntN(2) {
		q, v := g.inner()
		c := commonTable{query: q, variable: v}
		if !g.sqlite() && g.chance(20) {
			c.hint = among(g.r, []string{"materialized ", "not materialized "})
		}
		c.name = g.alias()
		if t := g.relative(g.s.families[0]); g.chance(20) && !g.names[t.name] && g.hidden == nil && !(g.sqlite() && g.used[t]) { // there it would mean itself
			c.name, g.hidden = t.name, t
		}
		all = append(all, c)
	}
	return all
}
