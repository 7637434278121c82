package oracletest

import (
	"slices"
	"strconv"
)

// subqueryPredicate returns a condition with a query in it, mostly correlated on the key.
func (g *generator) subqueryPredicate(sc *scope) *expression {
	g.depth++
	defer func() { g.depth-- }()
	v := among(g.r, sc.vars)
	outer := &scope{vars: sc.vars} // an unqualified name would be the inner table's
	n := g.r.IntN(100)
	switch {
	case v.keys == nil || n < 18:
		return g.inReference(outer, v)
	case n < 28 && len(v.keys) == 1:
		return g.inOthers(outer, v)
	case n < 58:
		return g.exists(outer, v)
	case n < 74 && len(v.keys) == 1:
		q, inner := g.correlated(outer, v, n < 66)
		return g.within(outer, v, v.keys[0], q, inner, inner.vars[0].keys[0])
	case n < 92:
		return g.compareScalar(outer, v, true)
	case n < 96:
		return g.compareScalar(outer, v, false)
	default: // not by the key
		q, inner := g.correlated(outer, v, false)
		if foreign := g.foreign(v.family); foreign != nil && g.chance(60) {
			s, w := g.variableOf(foreign)
			inner = &scope{vars: []*variable{w}}
			q = &query{arms: []*selection{{from: s, where: g.binding(inner, w)}}}
		}
		w := inner.vars[0]
		both2 := &scope{vars: []*variable{w, v}}
		on := g.equalColumns(both2, w, v)
		if w.family != v.family && alike(v, w) && g.chance(70) {
			on = g.equalKeys(both2, v, w)
		}
		q.arms[0].where = both(on, q.arms[0].where)
		q.arms[0].targets = []target{{expression: bare(integer, "1")}}
		return &expression{kind: boolean, form: "exists ({q})", query: q}
	}
}

// within returns the condition that a column is among what a query has in one of its.
func (g *generator) within(outer *scope, v *variable, i int, q *query, inner *scope, j int) *expression {
	q.arms[0].targets = []target{{expression: g.column(inner, inner.vars[0], j)}}
	e := form(boolean, among(g.r, []string{"{} in ({q})", "{} in ({q})", "{} not in ({q})"}), g.column(outer, v, i))
	e.query = q
	return e
}

// inOthers returns a condition that the key is among other columns, or another column among the keys. So rows have to do with each
// other that don't live together.
func (g *generator) inOthers(outer *scope, v *variable) *expression {
	s, w := g.variableOf(g.relative(v.family))
	inner := &scope{vars: []*variable{w}}
	q := &query{arms: []*selection{{from: s, where: g.binding(inner, w)}}}
	if g.chance(30) {
		q.arms[0].where = both(q.arms[0].where, g.predicate(inner, 0))
	}
	if g.chance(50) {
		if j := g.otherThanKey(w, v.columns[v.keys[0]].kind); j >= 0 {
			return g.within(outer, v, v.keys[0], q, inner, j)
		}
	}
	if i := g.otherThanKey(v, w.columns[w.keys[0]].kind); i >= 0 {
		return g.within(outer, v, i, q, inner, w.keys[0])
	}
	return g.within(outer, v, v.keys[0], q, inner, w.keys[0])
}

// otherThanKey returns a column of a kind that isn't the key, or -1.
func (g *generator) otherThanKey(v *variable, k kind) int {
	var all []int
	for i, c := range v.columns {
		if is(k)(c.kind) && !slices.Contains(v.keys, i) {
			all = append(all, i)
		}
	}
	if len(all) == 0 {
		return -1
	}
	return among(g.r, all)
}

// correlated returns a query of a table whose rows live with v's, by the key or with no connection to it.
func (g *generator) correlated(outer *scope, v *variable, byKey bool) (*query, *scope) {
	s, w := g.variableOf(g.relative(v.family))
	inner := &scope{vars: []*variable{w}}
	sel := &selection{from: s, where: g.binding(inner, w)}
	if byKey {
		sel.where = both(sel.where, g.equalKeys(&scope{vars: []*variable{v, w}}, v, w))
	}
	switch n := g.r.IntN(10); {
	case n < 4:
		sel.where = both(sel.where, g.predicate(inner, 1))
	case n < 5: // a condition on the outer key says nothing about the outer rows
		sel.where = both(sel.where, g.predicate(&scope{vars: []*variable{w, v}}, 1))
	case n < 6:
		sel.where = both(sel.where, g.keyPredicate(outer, v))
	}
	return &query{arms: []*selection{sel}}, inner
}

func (g *generator) exists(outer *scope, v *variable) *expression {
	q, _ := g.correlated(outer, v, !g.chance(4))
	q.arms[0].targets = []target{{expression: bare(integer, among(g.r, []string{"1", "null"}))}}
	return &expression{kind: boolean, form: among(g.r, []string{"exists ({q})", "exists ({q})", "not exists ({q})"}), query: q}
}

func (g *generator) inReference(outer *scope, v *variable) *expression {
	s, w := g.variableOf(g.reference())
	inner := &scope{vars: []*variable{w}}
	i := g.r.IntN(len(v.columns))
	j := -1
	for n, c := range w.columns {
		if is(v.columns[i].kind)(c.kind) {
			j = n
		}
	}
	if j < 0 {
		i, j = v.id, w.id
	}
	if i < 0 {
		return g.columnPredicate(outer, among(g.r, g.columnsOf(outer)))
	}
	sel := &selection{from: s, targets: []target{{expression: g.column(inner, w, j)}}}
	if g.chance(60) {
		sel.where = g.predicate(inner, 1)
	}
	e := form(boolean, among(g.r, []string{"{} in ({q})", "{} in ({q})", "{} not in ({q})"}), g.column(outer, v, i))
	e.query = &query{arms: []*selection{sel}}
	return e
}

// compareScalar returns a comparison with an aggregate of another table.
func (g *generator) compareScalar(outer *scope, v *variable, byKey bool) *expression {
	q, inner := g.correlated(outer, v, byKey)
	compared := g.anyColumn(outer, kind.whole)
	if compared == nil || g.chance(50) {
		q.arms[0].targets = []target{{expression: bare(bigint, "count(*)")}}
		e := form(boolean, "({q}) "+among(g.r, []string{">", "<=", "="})+" "+strconv.Itoa(g.r.IntN(4)))
		e.query = q
		return e
	}
	number := g.anyColumn(inner, kind.whole)
	q.arms[0].targets = []target{{expression: form(bigint, among(g.r, []string{"max({})", "min({})"}), number)}}
	e := form(boolean, "{} "+among(g.r, []string{"=", "<", ">="})+" ({q})", compared)
	e.query = q
	return e
}

// inner makes a query to select from, and what it offers.
func (g *generator) inner() (*query, *variable) {
	g.depth++
	defer func() { g.depth-- }()
	b := g.from()
	sel := &selection{from: b.from, where: b.where}
	g.filter(sel, b.scope)
	if g.chance(15) {
		return g.summary(sel, b.scope)
	}
	v := &variable{id: -1}
	add := func(e *expression, name string) int {
		sel.targets = append(sel.targets, target{expression: e, alias: name})
		v.columns = append(v.columns, column{name: name, kind: e.kind})
		return len(v.columns) - 1
	}
	first := b.scope.vars[0]
	q := &query{arms: []*selection{sel}}
	passKey := func() {
		if first.keys == nil {
			return
		}
		v.family = first.family
		for _, k := range first.keys {
			v.keys = append(v.keys, add(g.column(b.scope, first, k), "k"+strconv.Itoa(len(v.keys)+1)))
		}
	}
	grouped := first.keys != nil && g.chance(28)
	if grouped || first.keys != nil && g.chance(88) {
		passKey()
	}
	switch {
	case grouped, g.chance(4):
		if v.keys == nil {
			add(g.anyColumn(b.scope, func(kind) bool { return true }), "g1")
		}
		for _, t := range sel.targets {
			sel.group = append(sel.group, t.expression)
		}
		add(bare(bigint, "count(*)"), "n1")
		if number := g.anyColumn(b.scope, kind.whole); number != nil {
			add(form(bigint, "max({})", number), "m1")
		}
		return q, v
	case first.id >= 0:
		v.id = add(g.column(b.scope, first, first.id), "id")
		if len(b.scope.vars) > 1 {
			v.id = -1
		}
	}
	for i := range 1 + g.r.IntN(3) {
		add(g.someScalar(b.scope, 1), "c"+strconv.Itoa(i+1))
	}
	switch {
	case g.chance(5):
		sel.distinct = true
	case v.id >= 0 && g.chance(5):
		q.order = []orderKey{{expression: sel.targets[v.id].expression, column: -1}}
		q.limit = g.limitValue(int64(1 + g.r.IntN(5)))
	case v.keys != nil && len(b.scope.vars) == 1 && first.table != nil && g.chance(5):
		again := *sel
		q.arms, q.ops = append(q.arms, &again), []string{"union all"}
		v.id = -1
	}
	return q, v
}

func (g *generator) limitValue(n int64) *leaf {
	l := g.leaf(whole(n)).leaf
	l.cast = ""
	return l
}
