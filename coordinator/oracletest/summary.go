package oracletest

import "strconv"

// summary makes a query to select from whose rows are of rows of several shards: without its family's key, each shard has a part
// of the answer at the most.
func (g *generator) summary(sel *selection, sc *scope) (*query, *variable) {
	v := &variable{id: -1}
	add := func(e *expression, name string) {
		sel.targets = append(sel.targets, target{expression: e, alias: name})
		v.columns = append(v.columns, column{name: name, kind: e.kind})
	}
	var keys []*expression
	if g.chance(80) {
		for i := range 1 + g.r.IntN(2) {
			keys = append(keys, g.otherColumn(sc))
			add(keys[i], "g"+strconv.Itoa(i+1))
		}
	}
	if keys != nil && g.chance(25) {
		sel.distinct = true
		return &query{arms: []*selection{sel}}, v
	}
	sel.group = keys
	add(counted("count(*)"), "n1")
	if number := g.anyColumn(sc, kind.whole); number != nil {
		add(counted(among(g.r, []string{"max({})", "min({})"}), number), "m1")
	}
	if g.chance(30) {
		sel.having = g.havingCondition(sc, keys)
	}
	return &query{arms: []*selection{sel}}, v
}

// otherColumn returns a column that is neither a key nor an id, if there is one.
func (g *generator) otherColumn(sc *scope) *expression {
	var all []*expression
	for _, v := range sc.vars {
		for i := range v.columns {
			if i != v.id && (v.table == nil || !v.table.isKey(i)) {
				all = append(all, g.column(sc, v, i))
			}
		}
	}
	if len(all) == 0 {
		all = g.columnsOf(sc)
	}
	return among(g.r, all)
}
