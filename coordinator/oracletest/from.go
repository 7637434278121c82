package oracletest

// variableOf returns a table as a source, with a name that nothing else in the statement has.
func (g *generator) variableOf(t *table) (*source, *variable) {
	g.used[t] = true
	s := &source{table: t, name: t.name}
	if g.names[t.name] || g.chance(55) {
		s.alias = g.alias()
	}
	v := &variable{alias: s.alias, columns: t.columns, table: t, family: t.family, keys: t.keys, id: t.id}
	if s.alias == "" {
		v.alias = t.name
		g.names[t.name] = true
	}
	return s, v
}

// sharded returns one of the tables that have a key.
func (g *generator) sharded() *table {
	for {
		if t := among(g.r, g.s.tables[:len(g.s.tables)-1]); t != g.hidden {
			return t
		}
	}
}

func (g *generator) reference() *table { return g.s.tables[len(g.s.tables)-1] }

// relative returns a table whose rows live with those of the family, perhaps the same again.
func (g *generator) relative(f *family) *table {
	for {
		if t := g.sharded(); t.family == f {
			return t
		}
	}
}

// foreign returns a table of another family, whose rows may live anywhere; nil if there is none.
func (g *generator) foreign(f *family) *table {
	var all []*table
	for _, t := range g.s.tables[:len(g.s.tables)-1] {
		if t != g.hidden && t.family != f {
			all = append(all, t)
		}
	}
	if len(all) == 0 {
		return nil
	}
	return among(g.r, all)
}

// alike reports whether two variables' keys can be compared, even if they are of different families.
func alike(a, b *variable) bool {
	if a.keys == nil || len(a.keys) != len(b.keys) {
		return false
	}
	for n, k := range a.keys {
		if !is(a.columns[k].kind)(b.columns[b.keys[n]].kind) {
			return false
		}
	}
	return true
}

// block is what a SELECT reads, and the condition that comes with it.
type block struct {
	from  *source
	scope *scope
	where *expression
	// ranked says that the order of ids is an order of the rows.
	ranked bool
}

// from makes the FROM of a query.
func (g *generator) from() block {
	n := g.r.IntN(100)
	switch {
	case g.depth == 0 && n < 7 || g.depth > 0 && n < 3:
		return g.derived()
	case len(g.common) > 0 && n < 60:
		return g.fromCommon()
	case n < 64:
		return g.single(g.sharded())
	case n < 68:
		return g.single(g.reference())
	default:
		return g.joined()
	}
}

func (g *generator) single(t *table) block {
	s, v := g.variableOf(t)
	sc := &scope{vars: []*variable{v}, plain: true}
	return block{from: s, scope: sc, where: g.binding(sc, v), ranked: true}
}

// joined makes a join of two or three.
func (g *generator) joined() block {
	left := g.sharded()
	if g.chance(8) {
		left = g.reference()
	}
	b := g.single(left)
	b.scope.plain = false
	if b.where != nil { // its columns may be ambiguous now
		b.where = g.binding(b.scope, b.scope.vars[0])
	}
	g.join(&b)
	if g.chance(22) {
		g.join(&b)
	}
	return b
}

// join joins one more table to a block.
func (g *generator) join(b *block) {
	first := b.scope.vars[0]
	if g.chance(28) || first.family == nil {
		right := g.reference()
		if first.family == nil {
			right = g.sharded()
		}
		g.joinReference(b, right)
		return
	}
	other := g.relative(first.family)
	byKey := first.keys != nil
	if g.chance(8) { // another family, or not by the key
		byKey = false
		if foreign := g.foreign(first.family); foreign != nil {
			other = foreign
		}
	}
	s, v := g.variableOf(other)
	g.attach(b, s, v, func(sc *scope) *expression {
		if byKey && !g.chance(3) || alike(first, v) && first.family != v.family && g.chance(60) {
			return g.equalKeys(sc, first, v)
		}
		return g.equalColumns(sc, v, first)
	}, byKey)
}

// attach adds a source to a block by one of the kinds of join.
func (g *generator) attach(b *block, s *source, v *variable, condition func(*scope) *expression, byKey bool) {
	sc := &scope{vars: append(append([]*variable(nil), b.scope.vars...), v)}
	join := &source{left: b.from, right: s}
	on := condition(sc)
	kinds := []string{"join", "join", "join", "inner join", "left join", "left join", "left outer join", "right join", "full join", ",", "cross join"}
	join.join = among(g.r, kinds)
	if b.from.join == "," { // it binds weaker than the others, so their ON can't see what stands before it
		join.join = ","
	}
	switch {
	case join.join == "," || join.join == "cross join":
		b.where = both(b.where, on)
	case byKey && g.chance(25) && len(b.scope.vars) == 1 && sameKeyNames(b.scope.vars[0], v):
		for _, k := range v.keys {
			join.using = append(join.using, v.columns[k].name)
		}
	default:
		outer := join.join != "join" && join.join != "inner join"
		switch keyed := g.keyed(sc); {
		case outer && len(keyed) > 0 && g.chance(35): // it keeps no row from the answer
			on = both(on, g.narrowing(sc, among(g.r, keyed)))
		case g.chance(25) && join.join != "full join":
			on = both(on, g.predicate(sc, 1))
		}
		join.on = on
	}
	if join.join == "right join" || join.join == "full join" {
		for _, kept := range b.scope.vars {
			kept.lost = true
		}
	}
	v.lost = join.join == "left join" || join.join == "left outer join" || join.join == "full join"
	if g.chance(12) && b.from.join != "" && b.from.join != "," {
		join.left.enclosed = true
	}
	b.from, b.scope = join, sc
	b.where = both(b.where, g.binding(sc, v))
}

// keyed returns the variables of a scope that have their family's key.
func (g *generator) keyed(sc *scope) []*variable {
	var all []*variable
	for _, v := range sc.vars {
		if v.keys != nil {
			all = append(all, v)
		}
	}
	return all
}

// lostKey returns the key's columns of a variable that an outer join may leave out, or nil: rows of every shard may have NULLs there.
func (g *generator) lostKey(sc *scope) []*expression {
	for _, v := range g.keyed(sc) {
		if v.lost {
			return g.keyOf(sc, v)
		}
	}
	return nil
}

// keyOf returns the key's columns.
func (g *generator) keyOf(sc *scope, v *variable) []*expression {
	var all []*expression
	for _, k := range v.keys {
		all = append(all, g.column(sc, v, k))
	}
	return all
}

func sameKeyNames(a, b *variable) bool {
	for n, k := range b.keys {
		if a.keys == nil || a.columns[a.keys[n]].name != b.columns[k].name {
			return false
		}
	}
	return true
}

func (g *generator) joinReference(b *block, right *table) {
	s, v := g.variableOf(right)
	g.attach(b, s, v, func(sc *scope) *expression {
		if g.chance(10) {
			return bare(boolean, "1 = 1")
		}
		return g.equalColumns(sc, v, b.scope.vars[0])
	}, false)
}

// equalKeys returns the condition that two variables' keys are equal.
func (g *generator) equalKeys(sc *scope, a, b *variable) *expression {
	var all *expression
	for n := range a.keys {
		x, y := g.column(sc, a, a.keys[n]), g.column(sc, b, b.keys[n])
		if g.chance(50) {
			x, y = y, x
		}
		all = both(all, form(boolean, "{} = {}", x, y))
	}
	return all
}

// equalColumns returns a condition on columns that are no keys as a rule.
func (g *generator) equalColumns(sc *scope, a, b *variable) *expression {
	i := g.r.IntN(len(a.columns))
	var fitting []int
	for j, c := range b.columns {
		if is(a.columns[i].kind)(c.kind) && (c.kind != text || a.columns[i].kind == text) {
			fitting = append(fitting, j)
		}
	}
	switch {
	case len(fitting) > 0:
	case a.id < 0 || b.id < 0:
		return bare(boolean, "1 = 1")
	default:
		return form(boolean, "{} = {}", g.column(sc, a, a.id), g.column(sc, b, b.id))
	}
	return form(boolean, "{} = {}", g.column(sc, a, i), g.column(sc, b, among(g.r, fitting)))
}

// derived makes a FROM of a query.
func (g *generator) derived() block {
	q, v := g.inner()
	v.alias = g.alias()
	s := &source{query: q, alias: v.alias}
	b := block{from: s, scope: &scope{vars: []*variable{v}, plain: true}, ranked: v.id >= 0}
	if v.keys != nil && g.chance(25) {
		b.scope.plain = false
		right, w := g.variableOf(g.relative(v.family))
		g.attach(&b, right, w, func(sc *scope) *expression { return g.equalKeys(sc, v, w) }, false)
		b.ranked = b.ranked && w.id >= 0
	}
	return b
}

func (g *generator) fromCommon() block {
	c := among(g.r, g.common)
	alias := g.alias()
	s := &source{name: c.name, alias: alias, common: c.query}
	v := *c.variable
	v.alias = alias
	return block{from: s, scope: &scope{vars: []*variable{&v}, plain: true}, ranked: v.id >= 0}
}
