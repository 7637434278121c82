package oracletest

import "strconv"

// predicate returns a condition on a scope's columns.
func (g *generator) predicate(sc *scope, depth int) *expression {
	n := g.r.IntN(100)
	switch {
	case depth <= 0 || n < 50:
		return g.atom(sc)
	case n < 70:
		return form(boolean, "{} and {}", g.predicate(sc, depth-1).enclosed(), g.predicate(sc, depth-1).enclosed())
	case n < 90:
		return form(boolean, "{} or {}", g.predicate(sc, depth-1).enclosed(), g.predicate(sc, depth-1).enclosed())
	default:
		return form(boolean, "not {}", form(boolean, "({})", g.predicate(sc, depth-1)))
	}
}

func (g *generator) atom(sc *scope) *expression {
	v := among(g.r, sc.vars)
	switch {
	case g.chance(7) && g.depth < 2:
		return g.subqueryPredicate(sc)
	case v.keys != nil && g.chance(45):
		return g.keyPredicate(sc, v)
	default:
		i := g.r.IntN(len(v.columns))
		return g.columnPredicate(sc, g.column(sc, v, i))
	}
}

// narrowing returns a condition that narrows by the variable's key.
func (g *generator) narrowing(sc *scope, v *variable) *expression {
	var all *expression
	key := among(g.r, v.family.pool)
	for n, i := range v.keys {
		k := g.column(sc, v, i)
		if len(v.keys) > 1 {
			all = both(all, form(boolean, "{} = {}", k, g.leaf(key[n])))
			continue
		}
		c := func() *expression { return g.leaf(g.keyValue(v.family, n)) }
		all = choose(g, []choice[*expression]{
			{6, func() *expression { return form(boolean, "{} = {}", k, c()) }},
			{2, func() *expression { return form(boolean, "{} = {}", c(), k) }},
			{4, func() *expression { return form(boolean, "{} in ({}, {})", k, c(), c()) }},
			{2, func() *expression { return form(boolean, "({} = {} or {} = {})", k, c(), k, c()) }},
			{1, func() *expression { return form(boolean, "{} in ({}, {}, {}) and {} <> {}", k, c(), c(), c(), k, c()) }},
		})
	}
	return all
}

// binding returns the condition that keeps a variable to the key that the statement is bound to; nil if there is none.
func (g *generator) binding(sc *scope, v *variable) *expression {
	if v.keys == nil || g.bound[v.family] == nil {
		return nil
	}
	var all *expression
	for n, i := range v.keys {
		k, c := g.column(sc, v, i), g.bound[v.family][n]
		all = both(all, choose(g, []choice[*expression]{
			{6, func() *expression { return form(boolean, "{} = {}", k, c) }},
			{2, func() *expression { return form(boolean, "{} = {}", c, k) }},
			{1, func() *expression { return form(boolean, "{} in ({})", k, c) }},
		}))
	}
	return all
}

// keyPredicate returns a condition on the key in one of many spellings, of which some narrow and some only look so.
func (g *generator) keyPredicate(sc *scope, v *variable) *expression {
	n := g.r.IntN(len(v.keys))
	k := g.column(sc, v, v.keys[n])
	k2 := g.column(sc, v, v.keys[n])
	kk := v.family.kinds[n]
	val := func() value { return g.keyValue(v.family, n) }
	c := func() *expression { return g.leaf(val()) }
	f := func(weight int, sql string, args ...func() *expression) choice[*expression] {
		return choice[*expression]{weight, func() *expression {
			made := make([]*expression, len(args))
			for i, a := range args {
				made[i] = a()
			}
			return form(boolean, sql, made...)
		}}
	}
	key, again := func() *expression { return k }, func() *expression { return k2 }
	all := []choice[*expression]{
		f(14, "{} = {}", key, c), f(4, "{} = {}", c, key), f(8, "{} in ({}, {}, {})", key, c, c, c), f(2, "{} in ({})", key, c),
		f(4, "{} <> {}", key, c), f(3, "not {} = {}", key, c), f(2, "not ({} <> {})", key, c), f(3, "{} not in ({}, {})", key, c, c),
		f(2, "not ({} not in ({}, {}))", key, c, c), f(4, "{} between {} and {}", key, c, c), f(2, "{} not between {} and {}", key, c, c),
		f(3, "{} < {}", key, c), f(3, "{} >= {}", key, c), f(2, "{} > {} and {} <= {}", key, c, again, c), f(1, "{} is null", key),
		f(1, "{} is not null", key), f(1, "{} = null", key), f(1, "{} in ({}, null)", key, c), f(1, "{} not in ({}, null)", key, c),
		f(2, "({} = {}) is true", key, c), f(1, "({} = {}) is not false", key, c), f(1, "({} = {}) is false", key, c),
		f(1, "({} = {}) is not true", key, c), f(1, "({} = {}) = ({} = {})", key, c, again, c), f(1, "coalesce({}, {}) = {}", key, c, c),
		f(1, "nullif({}, {}) = {}", key, c, c),
		f(2, "case when {} = {} then {} = {} else {} end", key, c, again, c, g.truth), f(2, "{} is not distinct from {}", key, c),
		f(1, "{} is distinct from {}", key, c), f(2, "{} = cast({} as "+kk.cast(g.d)+")", key, c), f(1, "cast({} as text) = {}", key, g.textOf(val())),
		f(2, "{} = {} and {} = {}", key, c, again, c), f(3, "({} = {} or {} = {})", key, c, again, c), f(1, "{} = {}", key, again),
		f(1, "({} = {} or {} is null)", key, c, again), f(1, "({} = {} and {} <> {})", key, c, again, c), f(1, "({} = {}) <> {}", key, c, g.truth),
		f(1, "{} = (select {})", key, func() *expression { return g.literal(val()) }),
		f(2, "{} = {} or {} = {}", key, c, again, c),
	}
	if v.id >= 0 {
		id := func() *expression { return g.column(sc, v, v.id) }
		number := func() *expression { return g.leaf(whole(int64(1 + g.r.IntN(20)))) }
		all = append(all, f(2, "({}, {}) = ({}, {})", key, id, c, number), f(2, "({}, {}) = ({}, {})", id, key, number, c),
			f(1, "({}, {}) < ({}, {})", key, id, c, number))
		if g.sqlite() {
			all = append(all, f(2, "({}, {}) in (values ({}, {}), ({}, {}))", key, id, c, number, c, number))
		} else {
			all = append(all, f(2, "({}, {}) in (({}, {}), ({}, {}))", key, id, c, number, c, number))
		}
	}
	if len(v.keys) > 1 {
		whole := among(g.r, v.family.pool)
		var conjunction *expression
		for m, i := range v.keys {
			conjunction = both(conjunction, form(boolean, "{} = {}", g.column(sc, v, i), g.leaf(whole[m])))
		}
		all = append(all, choice[*expression]{40, func() *expression { return conjunction }})
	}
	all = append(all, g.keySpellings(kk, f, key, c, val)...)
	return choose(g, all)
}

type spelled func(weight int, sql string, args ...func() *expression) choice[*expression]

// keySpellings are those of one dialect or one kind.
func (g *generator) keySpellings(kk kind, f spelled, key, c func() *expression, val func() value) []choice[*expression] {
	var all []choice[*expression]
	if kk.whole() {
		extreme := func() *expression { return g.literal(value{kind: bigint, i: among(g.r, extremes[:4])}) }
		all = append(all, f(1, "{} + 0 = {}", key, c), f(1, "abs({}) = {}", key, c), f(1, "- {} = {}", key, c), f(1, "{} = {} + 0", key, c),
			f(1, "{} = {}", key, g.textOf(val())), f(1, "{} > {}", key, extreme), f(1, "{} = {}", key, extreme), f(1, "{} <= {}", key, extreme),
			f(1, "{} = {}.0", key, func() *expression { return g.literal(whole(int64(g.r.IntN(9)))) }),
			f(1, "{} < {}.5", key, func() *expression { return g.literal(whole(int64(g.r.IntN(9)))) }),
			f(1, "{} % 2 = 0", key))
	} else {
		pattern := func() *expression {
			return g.leaf(textual(among(g.r, []string{"a%", "%b", "_", "%", "", "A%", "%'%"})))
		}
		all = append(all, f(2, "{} like {}", key, pattern), f(1, "not {} like {}", key, pattern), f(1, "lower({}) = {}", key, c),
			f(1, "{} || {} = {}", key, func() *expression { return g.literal(textual("")) }, c), f(1, "substr({}, 1, 1) = {}", key, c))
	}
	if g.sqlite() {
		all = append(all, f(3, "{} == {}", key, c), f(2, "{} is {}", key, c), f(1, "{} is not {}", key, c), f(1, "{} in ()", key), f(1, "+{} = {}", key, c),
			f(1, "{} isnull", key), f(1, "{} notnull", key), f(1, "{} collate nocase = {}", key, c), f(1, "{} = {} collate nocase", key, c))
		if kk == text {
			all = append(all, f(1, "{} = 5", key))
		}
		return all
	}
	list := func() *expression {
		l := &leaf{parameter: g.r.IntN(10) < g.parameters}
		for range 1 + g.r.IntN(3) {
			l.list = append(l.list, val())
		}
		return &expression{kind: kk, leaf: l}
	}
	all = append(all, f(4, "{} = any({})", key, list), f(1, "{} = some ({})", key, list), f(1, "{} <> all({})", key, list),
		f(1, "not {} = any({})", key, list), f(1, "{} between symmetric {} and {}", key, c, c), f(1, "{}::text = {}", key, g.textOf(val())),
		f(2, "{} = {}::"+kk.cast(g.d), key, c), f(1, "{} <> any({})", key, list), f(1, "{} = all({})", key, list))
	if kk == text {
		all = append(all, f(1, `{} collate "C" = {}`, key, c), f(1, "{} ilike {}", key, c), f(1, `{} = {} collate "C"`, key, c))
	} else {
		all = append(all, f(1, "{} = any({})", key, func() *expression {
			return g.literal(textual("{1," + strconv.Itoa(g.r.IntN(9)) + "}"))
		}))
	}
	return all
}

// textOf returns a value as a quoted literal.
func (g *generator) textOf(v value) func() *expression {
	return func() *expression {
		if v.kind.whole() {
			v = textual(strconv.FormatInt(v.i, 10))
		}
		return g.literal(v)
	}
}

func (g *generator) truth() *expression {
	return bare(boolean, []string{"true", "false"}[g.r.IntN(2)])
}

// columnPredicate returns a condition on a column.
func (g *generator) columnPredicate(sc *scope, e *expression) *expression {
	if e.kind == boolean && g.chance(60) {
		return form(boolean, among(g.r, []string{"{}", "not {}", "{} is true", "{} is not true", "{} is false", "{} = true", "{} <> false"}), e)
	}
	c := func() *expression { return g.leaf(g.valueLike(e.kind)) }
	switch n := g.r.IntN(100); {
	case n < 45:
		return form(boolean, among(g.r, []string{"{} = {}", "{} < {}", "{} > {}", "{} <> {}", "{} >= {}", "{} <= {}"}), e, c())
	case n < 55:
		return form(boolean, among(g.r, []string{"{} in ({}, {})", "{} not in ({}, {})", "{} between {} and {}"}), e, c(), c())
	case n < 67:
		return form(boolean, among(g.r, []string{"{} is null", "{} is not null"}), e)
	case n < 72:
		return form(boolean, "coalesce({}, {}) = {}", e, c(), c())
	case n < 84:
		if other := g.anyColumn(sc, is(e.kind)); other != nil {
			return form(boolean, among(g.r, []string{"{} = {}", "{} < {}", "{} <> {}"}), e, other)
		}
	case e.kind == text:
		return form(boolean, among(g.r, []string{"{} like {}", "{} not like {}"}), e, g.leaf(textual(among(g.r, []string{"a%", "%b", "%", "_"}))))
	case e.kind.whole():
		return form(boolean, "{} % 3 = {}", e, g.leaf(value{kind: integer, i: int64(g.r.IntN(3))}))
	}
	return form(boolean, "{} is not distinct from {}", e, c())
}
