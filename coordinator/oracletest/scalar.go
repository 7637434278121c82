package oracletest

// scalar returns an expression of a kind over a scope's columns.
func (g *generator) scalar(sc *scope, k kind, depth int) *expression {
	column := g.anyColumn(sc, is(k))
	if column == nil {
		column = g.literal(g.valueLike(k))
		if k == text { // PostgreSQL calls a literal's type unknown
			column = form(text, "cast({} as text)", column)
		}
	}
	if depth <= 0 || g.chance(55) {
		return column
	}
	sub := func() *expression { return g.scalar(sc, k, depth-1) }
	c := func() *expression { return g.leaf(g.valueLike(k)) }
	made := func(weight int, f func() *expression) choice[*expression] { return choice[*expression]{weight, f} }
	all := []choice[*expression]{
		made(3, func() *expression { return form(k, "coalesce({}, {})", column, c()) }),
		made(2, func() *expression {
			return form(k, "case when {} then {} else {} end", g.predicate(sc, 0), column, sub())
		}),
		made(1, func() *expression { return form(k, "case {} when {} then {} end", column, c(), sub()) }),
		made(1, func() *expression { return form(k, "nullif({}, {})", column, c()) }),
	}
	if k.number() {
		all = append(all,
			made(4, func() *expression { return form(k, "({} + {})", column, sub()) }),
			made(3, func() *expression { return form(k, "({} - {})", column, c()) }),
			made(1, func() *expression { return form(k, "(- {})", column) }),
			made(1, func() *expression { return form(k, "abs({})", column) }))
	}
	if k == integer {
		all = append(all, made(3, func() *expression { return form(k, "({} * 2)", column) }),
			made(2, func() *expression { return form(k, "({} % 3)", column) }),
			made(1, func() *expression { return form(k, "({} / 2)", column) }))
	}
	if k == text {
		all = append(all, made(3, func() *expression { return form(k, "({} || {})", column, sub()) }),
			made(2, func() *expression { return form(k, "upper({})", column) }),
			made(1, func() *expression { return form(k, "substr({}, 1, 2)", column) }))
		if number := g.anyColumn(sc, is(bigint)); number != nil {
			all = append(all, made(1, func() *expression { return form(k, "cast({} as text)", number) }))
		}
	}
	if k == boolean {
		all = append(all, made(4, func() *expression { return form(k, "({})", g.predicate(sc, 1)) }))
	}
	return choose(g, all)
}

// someScalar returns an expression of any kind that the scope has.
func (g *generator) someScalar(sc *scope, depth int) *expression {
	k := among(g.r, g.columnsOf(sc)).kind
	if k == bigint {
		depth = 0 // the sum of a few large numbers is still one, that of many isn't
	}
	return g.scalar(sc, k, depth)
}

// columnsOf returns every column of a scope.
func (g *generator) columnsOf(sc *scope) []*expression {
	var all []*expression
	for _, v := range sc.vars {
		for i := range v.columns {
			all = append(all, g.column(sc, v, i))
		}
	}
	return all
}

// aggregate returns an aggregate over a scope's rows.
func (g *generator) aggregate(sc *scope) *expression {
	e := g.plainAggregate(sc)
	e.aggregate = true
	if g.chance(12) {
		e = form(e.kind, "{} filter (where {})", e, g.predicate(sc, 1))
		e.aggregate = true
	}
	return e
}

func (g *generator) plainAggregate(sc *scope) *expression {
	column := g.someScalar(sc, 1)
	number := g.anyColumn(sc, kind.number)
	small := g.anyColumn(sc, func(k kind) bool { return k == integer })
	made := func(weight int, k kind, sql string, args ...*expression) choice[*expression] {
		return choice[*expression]{weight, func() *expression { return form(k, sql, args...) }}
	}
	all := []choice[*expression]{
		made(8, bigint, "count(*)"), made(4, bigint, "count({})", column), made(4, bigint, "count(distinct {})", column),
	}
	if number != nil {
		k := number.kind
		if k.whole() {
			k = bigint
			if !g.sqlite() {
				k = numeric
			}
		}
		all = append(all, made(8, k, "sum({})", number), made(2, k, "sum(distinct {})", number), made(5, numeric, "avg({})", number),
			made(2, numeric, "avg(distinct {})", number))
		if g.sqlite() {
			all = append(all, made(2, float, "total({})", number))
		}
	}
	if small != nil {
		all = append(all, made(3, bigint, "sum({} + 1)", small), made(1, bigint, "sum({} * {})", small, small))
		if !g.sqlite() {
			all = append(all, made(1, integer, "bit_and({})", small), made(1, integer, "bit_or({})", small), made(1, float, "stddev({})", small))
		}
	}
	if column.kind != boolean || g.sqlite() {
		k := column.kind
		all = append(all, made(5, k, "max({})", column), made(5, k, "min({})", column))
	}
	if b := g.predicate(sc, 0); !g.sqlite() {
		all = append(all, made(2, boolean, "bool_and({})", b), made(1, boolean, "bool_or({})", b), made(1, boolean, "every({})", b))
	}
	if t := g.anyColumn(sc, is(text)); t != nil && g.chance(8) {
		comma := g.literal(textual(","))
		name := map[bool]string{true: "group_concat", false: "string_agg"}[g.sqlite()]
		all = append(all, made(6, text, name+"({}, {} order by {})", t, comma, t))
	}
	return choose(g, all)
}
