package oracletest

import (
	"fmt"
	"strconv"
)

// filter gives a selection a WHERE, beside the condition that its FROM brings.
func (g *generator) filter(sel *selection, sc *scope) {
	v := among(g.r, sc.vars)
	if v.keys != nil && g.chance(35) {
		sel.where = both(sel.where, g.narrowing(sc, v))
	}
	for range g.r.IntN(3) {
		p := g.predicate(sc, 2)
		if sel.where == nil || g.chance(50) {
			sel.where = both(sel.where, p)
		} else {
			sel.where = both(p, sel.where)
		}
	}
}

// topQuery makes a whole query.
func (g *generator) topQuery() (*query, string) {
	q := &query{}
	prefix := ""
	if g.chance(9) {
		q.with = g.commonTables()
		g.common = q.with
		prefix = "with, "
	}
	type made struct {
		sql   *query
		shape string
	}
	m := func(weight int, shape string, f func(q *query)) choice[made] {
		return choice[made]{weight, func() made { f(q); return made{q, shape} }}
	}
	r := choose(g, []choice[made]{
		m(40, "rows", g.rows), m(13, "aggregate", g.aggregates), m(20, "group", g.groups), m(8, "distinct", g.distinct),
		m(6, "window", g.windowed), m(9, "combined", g.combined), m(3, "exists", g.existsOnly), m(1, "constant", g.constant), m(1, "recursive", g.recursive), m(1, "rollup", g.rollup),
	})
	return r.sql, prefix + r.shape
}

// selection begins a SELECT.
func (g *generator) selection() (*selection, block) {
	b := g.from()
	sel := &selection{from: b.from, where: b.where}
	g.filter(sel, b.scope)
	return sel, b
}

// rows makes a query without aggregates.
func (g *generator) rows(q *query) {
	sel, b := g.selection()
	q.arms = []*selection{sel}
	g.targets(sel, b)
	if !g.sqlite() && g.chance(7) {
		g.distinctOn(q, sel, b)
		return
	}
	if g.chance(55) {
		g.order(q, sel, b)
	}
	g.limits(q, 35)
}

func (g *generator) targets(sel *selection, b block) {
	switch {
	case g.chance(8):
		sel.targets = []target{{star: "*"}}
		return
	case g.chance(5):
		sel.targets = []target{{star: among(g.r, b.scope.vars).alias}}
	}
	for i := range 1 + g.r.IntN(4) {
		t := target{expression: g.someScalar(b.scope, 2)}
		if g.chance(35) {
			t.alias = g.targetAlias(i)
		}
		sel.targets = append(sel.targets, t)
	}
}

func (g *generator) targetAlias(i int) string {
	if g.chance(6) {
		return "The Sum " + strconv.Itoa(i)
	}
	return "r" + strconv.Itoa(i+1)
}

// order gives a query without aggregates an ORDER BY, by columns that are selected or not.
func (g *generator) order(q *query, sel *selection, b block) {
	for range 1 + g.r.IntN(2) {
		k := orderKey{column: -1}
		i := g.r.IntN(len(sel.targets))
		t := sel.targets[i]
		star := t.star != "" || sel.targets[0].star != ""
		switch n := g.r.IntN(10); {
		case n < 3 && !star:
			k.expression, k.ordinal = t.expression, i+1
		case n < 6 && t.alias != "":
			k.expression, k.alias = t.expression, t.alias
		case n < 7 && !star && !t.expression.constant():
			k.expression = t.expression
		default:
			k.expression = g.someScalar(b.scope, 1)
			if k.expression.constant() {
				continue
			}
		}
		q.order = append(q.order, g.direction(k))
	}
	if b.ranked && g.chance(65) || len(q.order) == 0 {
		g.rank(q, b)
	}
}

// constant reports whether an expression is a value, which ORDER BY would take for something else.
func (e *expression) constant() bool {
	if e.form == "" {
		return e.leaf != nil
	}
	for _, a := range e.args {
		if !a.constant() {
			return false
		}
	}
	return e.query == nil && len(e.args) > 0
}

// rank makes an order total.
func (g *generator) rank(q *query, b block) {
	for _, v := range b.scope.vars {
		if v.id >= 0 {
			q.order = append(q.order, g.direction(orderKey{expression: g.column(b.scope, v, v.id), column: -1}))
		}
	}
}

func (g *generator) direction(k orderKey) orderKey {
	k.desc = g.chance(40)
	if g.chance(20) {
		k.nulls = among(g.r, []string{"first", "last"})
	}
	return k
}

// limits gives a query a LIMIT and perhaps an OFFSET.
func (g *generator) limits(q *query, percent int) {
	if !g.chance(percent) {
		return
	}
	if g.chance(90) || g.sqlite() {
		n := among(g.r, []int64{0, 1, 1, 2, 2, 3, 5, 8, 10, 100})
		q.limit = g.limitValue(n)
		switch {
		case g.sqlite() && g.chance(4):
			q.limit.i = -1
		case !g.sqlite() && g.chance(4):
			q.limit.null = true
		}
	}
	if q.limit == nil || g.chance(35) {
		q.offset = g.limitValue(among(g.r, []int64{0, 1, 1, 2, 3, 5, 50}))
	}
	q.comma = g.sqlite() && g.chance(20)
	q.fetch = !g.sqlite() && g.chance(10)
}

func (g *generator) distinctOn(q *query, sel *selection, b block) {
	if !b.ranked {
		return
	}
	for range 1 + g.r.IntN(2) {
		e := among(g.r, g.columnsOf(b.scope))
		if g.chance(40) && b.scope.vars[0].keys != nil {
			e = g.column(b.scope, b.scope.vars[0], b.scope.vars[0].keys[0])
		}
		sel.on = append(sel.on, e)
		q.order = append(q.order, g.direction(orderKey{expression: e, column: -1}))
	}
	if g.chance(50) {
		q.order = append(q.order, g.direction(orderKey{expression: among(g.r, g.columnsOf(b.scope)), column: -1}))
	}
	g.rank(q, b)
	g.limits(q, 20)
}

// aggregates makes a query of one row.
func (g *generator) aggregates(q *query) {
	sel, b := g.selection()
	q.arms = []*selection{sel}
	for i := range 1 + g.r.IntN(4) {
		t := target{expression: g.calculated(b.scope)}
		if g.chance(35) {
			t.alias = g.targetAlias(i)
		}
		sel.targets = append(sel.targets, t)
	}
	if g.chance(12) {
		sel.having = g.havingCondition(b.scope, nil)
	}
	g.limits(q, 6)
}

func (g *generator) havingCondition(sc *scope, keys []*expression) *expression {
	one := func() *expression {
		if len(keys) > 0 && g.chance(20) {
			return form(boolean, among(g.r, []string{"{} is not null", "{} is null"}), among(g.r, keys))
		}
		a := g.aggregate(sc)
		if g.depth < 3 && g.chance(25) {
			g.depth++ // a condition may be in what is calculated
			a = g.calculated(sc)
			g.depth--
		}
		if !a.kind.number() {
			return form(boolean, "{} is not null", a)
		}
		return form(boolean, "{} "+among(g.r, []string{">", "<", ">=", "<>"})+" {}", a, g.literal(whole(int64(g.r.IntN(5)))))
	}
	switch n := g.r.IntN(10); {
	case n < 7:
		return one()
	case n < 8:
		return form(boolean, "{} and {}", one(), one())
	case n < 9:
		return form(boolean, "{} or {}", one(), one())
	default:
		return form(boolean, "not ({})", one())
	}
}

// groups makes a query with GROUP BY.
func (g *generator) groups(q *query) {
	sel, b := g.selection()
	q.arms = []*selection{sel}
	v := among(g.r, b.scope.vars)
	var keys []*expression
	if lost := g.lostKey(b.scope); lost != nil && g.chance(40) {
		keys = lost
	} else if v.keys != nil && g.chance(45) {
		keys = g.keyOf(b.scope, v)
	}
	for len(keys) == 0 || g.chance(35) && len(keys) < 3 {
		e := g.someScalar(b.scope, 1)
		if e.constant() || e.kind == boolean && e.form != "" {
			e = among(g.r, g.columnsOf(b.scope))
		}
		keys = append(keys, e)
	}
	for _, k := range keys {
		e := k
		if g.chance(75) {
			sel.targets = append(sel.targets, target{expression: k})
			if g.chance(30) {
				sel.targets[len(sel.targets)-1].alias = g.targetAlias(len(sel.targets))
			}
			if g.chance(12) {
				e = bare(k.kind, strconv.Itoa(len(sel.targets)))
			}
		}
		sel.group = append(sel.group, e)
	}
	for range g.r.IntN(4) {
		t := target{expression: g.calculated(b.scope)}
		if g.chance(40) {
			t.alias = g.targetAlias(len(sel.targets) + 1)
		}
		sel.targets = append(sel.targets, t)
	}
	if len(sel.targets) == 0 {
		sel.targets = []target{{expression: bare(bigint, "count(*)")}}
	}
	if g.chance(28) {
		sel.having = g.havingCondition(b.scope, keys)
	}
	if g.chance(55) {
		g.orderGroups(q, sel, b, keys)
	}
	g.limits(q, 25)
}

func (g *generator) orderGroups(q *query, sel *selection, b block, keys []*expression) {
	k := orderKey{column: -1}
	switch i := g.r.IntN(len(sel.targets)); {
	case g.chance(35):
		k.expression, k.ordinal = sel.targets[i].expression, i+1
	case sel.targets[i].alias != "":
		k.expression, k.alias = sel.targets[i].expression, sel.targets[i].alias
	default:
		k.expression = g.calculated(b.scope)
	}
	q.order = append(q.order, g.direction(k))
	if g.chance(70) {
		for _, key := range keys {
			q.order = append(q.order, g.direction(orderKey{expression: key, column: -1}))
		}
	}
}

// distinct makes a query with DISTINCT. It can be ordered by what it selects only.
func (g *generator) distinct(q *query) {
	sel, b := g.selection()
	sel.distinct = true
	q.arms = []*selection{sel}
	for i := range 1 + g.r.IntN(3) {
		t := target{expression: g.someScalar(b.scope, 1)}
		if g.chance(30) {
			t.alias = g.targetAlias(i)
		}
		sel.targets = append(sel.targets, t)
	}
	if lost := g.lostKey(b.scope); lost != nil && g.chance(40) {
		sel.targets = nil
		for _, k := range lost {
			sel.targets = append(sel.targets, target{expression: k})
		}
	}
	g.orderColumns(q, sel.targets, 50)
	g.limits(q, 30)
}

// orderColumns orders a query by its columns.
func (g *generator) orderColumns(q *query, targets []target, percent int) {
	if !g.chance(percent) {
		return
	}
	for _, i := range g.r.Perm(len(targets))[:1+g.r.IntN(len(targets))] {
		k := orderKey{expression: targets[i].expression, ordinal: i + 1, column: i}
		if targets[i].alias != "" && g.chance(50) {
			k.ordinal, k.alias = 0, targets[i].alias
		}
		q.order = append(q.order, g.direction(k))
	}
}

// combined makes a UNION, INTERSECT or EXCEPT.
func (g *generator) combined(q *query) {
	first, b := g.selection()
	var shape []kind
	for i := range 1 + g.r.IntN(3) {
		e := among(g.r, g.columnsOf(b.scope))
		first.targets = append(first.targets, target{expression: e, alias: fmt.Sprintf("u%d", i+1)})
		shape = append(shape, e.kind)
	}
	q.arms = []*selection{first}
	for range 1 + g.r.IntN(2) {
		sel, b := g.selection()
		for _, k := range shape {
			e := g.anyColumn(b.scope, func(other kind) bool { return k == other })
			if e == nil {
				e = form(k, "cast(null as "+k.cast(g.d)+")")
			}
			sel.targets = append(sel.targets, target{expression: e})
		}
		op := among(g.r, []string{"union all", "union all", "union all", "union", "union", "union"})
		if g.chance(12) {
			op = among(g.r, []string{"except", "intersect"})
		}
		q.arms, q.ops = append(q.arms, sel), append(q.ops, op)
	}
	g.orderColumns(q, first.targets, 55)
	g.limits(q, 25)
}

func (g *generator) existsOnly(q *query) {
	sel, _ := g.selection()
	sel.targets = []target{{expression: bare(integer, "1")}}
	e := &expression{kind: boolean, form: among(g.r, []string{"exists ({q})", "not exists ({q})"}), query: &query{arms: []*selection{sel}}}
	q.arms = []*selection{{targets: []target{{expression: e}}}}
}

func (g *generator) constant(q *query) {
	q.arms = []*selection{{targets: []target{{expression: bare(integer, "1 + 1"), alias: "two"}, {expression: g.literal(textual("x"))}}}}
}

// recursive makes a query with a recursive common table, which has no table in it.
func (g *generator) recursive(q *query) {
	q.arms, q.with = nil, nil
	g.common = nil
	numbers := &query{arms: []*selection{
		{targets: []target{{expression: bare(integer, "1")}}},
		{targets: []target{{expression: bare(integer, "i + 1")}}, from: &source{name: "numbers"}, where: bare(boolean, "i < 4")},
	}, ops: []string{"union all"}}
	v := &variable{alias: "numbers", columns: []column{{name: "i", kind: integer}}, id: -1}
	q.with = []commonTable{{name: "numbers", columns: []string{"i"}, query: numbers, variable: v}}
	q.recursive = true
	b := g.single(g.sharded())
	b.scope.plain = false
	w := b.scope.vars[0]
	sc := &scope{vars: []*variable{w, v}}
	on := form(boolean, "{} = {}", g.column(sc, v, 0), g.anyColumn(&scope{vars: []*variable{w}}, kind.whole))
	sel := &selection{
		from:    &source{join: "join", left: b.from, right: &source{name: "numbers", common: numbers}, on: on},
		where:   b.where,
		targets: []target{{expression: g.column(sc, v, 0)}, {expression: g.column(sc, w, w.id)}},
	}
	if b.where == nil && g.chance(50) {
		sel.where = g.predicate(sc, 1)
	}
	q.arms = []*selection{sel}
	if g.chance(50) {
		g.orderColumns(q, sel.targets, 100)
	}
}

// rollup makes a query with grouping sets, which SQLite hasn't: there it is grouped plainly.
func (g *generator) rollup(q *query) {
	sel, b := g.selection()
	q.arms = []*selection{sel}
	x, y := among(g.r, g.columnsOf(b.scope)), among(g.r, g.columnsOf(b.scope))
	sel.targets = []target{{expression: x}, {expression: y}, {expression: g.aggregate(b.scope)}}
	sel.group = []*expression{x, y}
	if !g.sqlite() {
		sel.group = []*expression{form(text, among(g.r, []string{"rollup ({}, {})", "cube ({}, {})", "grouping sets (({}), ({}))"}), x, y)}
	}
}
