package oracletest

// calculated returns an aggregate, or something calculated from aggregates.
func (g *generator) calculated(sc *scope) *expression {
	a := g.aggregate(sc)
	if g.chance(65) {
		return a
	}
	switch {
	case g.chance(35):
		return g.chosen(sc, a)
	case a.kind == boolean:
		return form(boolean, "(not {})", a)
	case !a.kind.number():
		return form(boolean, "({} is null)", a)
	}
	small := func() *expression { return g.literal(whole(int64(1 + g.r.IntN(4)))) }
	all := []choice[*expression]{
		{3, func() *expression { return form(a.kind, "({} + {})", a, small()) }},
		{2, func() *expression { return form(a.kind, "({} * {})", a, small()) }},
		{2, func() *expression { return form(a.kind, "coalesce({}, 0)", a) }},
		{2, func() *expression { return form(boolean, "({} > {})", a, small()) }},
		{1, func() *expression { return form(a.kind, "({} - count(*))", a) }},
		{1, func() *expression { return form(a.kind, "(- {})", a) }},
		{2, func() *expression { return g.converted(a) }},
		{2, func() *expression { return g.rounded(a) }},
		{1, func() *expression {
			return form(text, "case when {} > {} then {} else {} end", a, small(),
				g.literal(textual("many")), g.literal(textual("few")))
		}},
	}
	return choose(g, all)
}

// chosen returns one of an aggregate and others of its kind.
func (g *generator) chosen(sc *scope, a *expression) *expression {
	other := g.literal(g.valueLike(a.kind))
	if a.kind == numeric || a.kind == bigint { // an average can be a float
		other = g.literal(whole(int64(g.r.IntN(6))))
	}
	another := func() *expression {
		if a.kind != bigint || a.form == "" {
			return other
		}
		return counted("count(*)")
	}
	condition := func() *expression { return g.havingCondition(sc, nil) }
	least, greatest := "least({}, {})", "greatest({}, {})"
	if g.sqlite() {
		least, greatest = "min({}, {})", "max({}, {})"
	}
	all := []choice[*expression]{
		{3, func() *expression { return form(a.kind, "coalesce({}, {})", a, other) }},
		{2, func() *expression { return form(a.kind, "nullif({}, {})", a, other) }},
		{2, func() *expression { return form(a.kind, "case when {} then {} end", condition(), a) }},
		{2, func() *expression {
			return form(a.kind, "case when {} then {} else {} end", condition(), a, another())
		}},
		{1, func() *expression { return form(a.kind, "case {} when {} then {} else {} end", a, other, other, a) }},
	}
	if a.kind.number() {
		all = append(all, choice[*expression]{2, func() *expression { return form(a.kind, greatest, a, another()) }},
			choice[*expression]{2, func() *expression { return form(a.kind, least, a, another()) }})
	}
	return choose(g, all)
}

// counted returns an aggregate of one form.
func counted(sql string, args ...*expression) *expression {
	e := form(bigint, sql, args...)
	e.aggregate = true
	return e
}

// converted returns a CAST of a number.
func (g *generator) converted(a *expression) *expression {
	to := among(g.r, []kind{bigint, numeric, float, text})
	switch {
	case to == text && a.kind != bigint: // how a fraction is written hangs on how it was added up
		to = numeric
	case to == bigint && a.kind != bigint && !g.sqlite():
		to = float // of a half or a NaN
	}
	return form(to, "cast({} as "+to.cast(g.d)+")", a)
}

// rounded returns a number with fewer digits.
func (g *generator) rounded(a *expression) *expression {
	if g.sqlite() {
		return form(float, among(g.r, []string{"round({})", "round({}, 1)", "round({}, 2)"}), a)
	}
	return form(numeric, among(g.r, []string{"round(cast({} as numeric))", "round(cast({} as numeric), 1)", "round(cast({} as numeric), 3)"}), a)
}
