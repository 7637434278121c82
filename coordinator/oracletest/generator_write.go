package oracletest

import (
	"fmt"
	"slices"
)

// write makes an INSERT, UPDATE or DELETE.
func (g *generator) write() (*write, string) {
	type made struct {
		write *write
		shape string
	}
	m := func(weight int, shape string, f func() *write) choice[made] {
		return choice[made]{weight, func() made { return made{f(), shape} }}
	}
	r := choose(g, []choice[made]{
		m(32, "insert", g.insert), m(10, "insert select", g.insertSelect), m(30, "update", g.update), m(18, "delete", g.deletion),
		m(5, "update from", g.updateFrom), m(5, "conflict", g.upsert),
	})
	if r.write.table.reference() {
		r.shape += " reference"
	}
	return r.write, r.shape
}

// target returns a table to write to, with an alias perhaps, and its scope.
func (g *generator) target(verb string) (*write, *scope) {
	t := g.sharded()
	if g.chance(9) {
		t = g.reference()
	}
	w := &write{verb: verb, table: t}
	if g.chance(20) {
		w.alias = g.alias()
	}
	g.names[t.name] = true
	name := w.alias
	if name == "" {
		name = t.name
	}
	v := &variable{alias: name, columns: t.columns, table: t, family: t.family, keys: t.keys, id: t.id}
	return w, &scope{vars: []*variable{v}, plain: true}
}

func (g *generator) condition(sc *scope) *expression {
	sel := &selection{where: g.binding(sc, sc.vars[0])}
	g.filter(sel, sc)
	return sel.where
}

func (g *generator) returning(w *write, sc *scope) {
	if !g.chance(30) {
		return
	}
	if g.chance(30) {
		w.returning = []target{{star: "*"}}
		return
	}
	for i := range 1 + g.r.IntN(3) {
		v := *sc.vars[0]
		if g.sqlite() { // it knows no alias there
			v.alias = ""
		}
		t := target{expression: g.someScalar(&scope{vars: []*variable{&v}, plain: len(sc.vars) == 1}, 1)}
		if hasQuery(t.expression) {
			t.expression = g.column(&scope{}, &v, 0)
		}
		if g.chance(30) {
			t.alias = g.targetAlias(i)
		}
		w.returning = append(w.returning, t)
	}
}

func hasQuery(e *expression) bool {
	if e.query != nil {
		return true
	}
	for _, a := range e.args {
		if hasQuery(a) {
			return true
		}
	}
	return false
}

// insert makes an INSERT of rows with new ids.
func (g *generator) insert() *write {
	w, sc := g.target("insert into")
	g.rowsOf(w, false)
	g.returning(w, sc)
	return w
}

// rowsOf gives an INSERT its rows; old ones are there already.
func (g *generator) rowsOf(w *write, old bool) {
	t := w.table
	columns := g.r.Perm(len(t.columns))
	if g.chance(30) { // no list
		for i := range columns {
			columns[i] = i
		}
	} else {
		for _, c := range columns {
			if t.columns[c].notNull || g.chance(80) {
				w.columns = append(w.columns, t.columns[c].name)
			}
		}
		columns = columns[:0]
		for _, name := range w.columns {
			columns = append(columns, columnOf(t, name))
		}
	}
	for n := range 1 + g.r.IntN(5) {
		var key []value
		id := int64(1000 + n)
		if t.family != nil {
			key = g.newKey(t, n)
		}
		if old && len(t.rows) > 0 {
			row := t.rows[(n*7+g.r.IntN(3))%len(t.rows)]
			id = row[t.id].i
			key = t.key(row)
		}
		var row []*expression
		for _, c := range columns {
			row = append(row, g.cell(t, c, key, id))
		}
		w.rows = append(w.rows, row)
		if g.bound[t.family] != nil || old && n > 0 {
			return
		}
	}
}

func columnOf(t *table, name string) int {
	for i, c := range t.columns {
		if c.name == name {
			return i
		}
	}
	return -1
}

// newKey returns a key that lives somewhere; for a table with one row for each, one that has none if there is one.
func (g *generator) newKey(t *table, n int) []value {
	if t.only {
		taken := map[string]bool{}
		for _, row := range t.rows {
			taken[fmt.Sprint(t.key(row))] = true
		}
		for _, key := range t.family.pool {
			if !taken[fmt.Sprint(key)] {
				if n == 0 {
					return key
				}
				n--
			}
		}
	}
	return among(g.r, t.family.pool)
}

func (g *generator) cell(t *table, c int, key []value, id int64) *expression {
	k := t.columns[c].kind
	if c == t.id {
		return g.leaf(whole(id))
	}
	for n, keyColumn := range t.keys {
		if keyColumn != c {
			continue
		}
		if g.bound[t.family] != nil && g.chance(80) {
			return g.bound[t.family][n]
		}
		switch {
		case g.chance(2):
			return g.literal(value{kind: k, null: true})
		case g.chance(3) && k.whole():
			return form(k, "{} + 0", g.literal(key[n]))
		}
		return g.leaf(key[n])
	}
	switch {
	case g.chance(10):
		return g.leaf(value{kind: k, null: true})
	case g.chance(5) && k == integer:
		return form(k, "{} + 1", g.literal(g.valueLike(k)))
	}
	return g.leaf(g.valueLike(k))
}

// upsert makes an INSERT of rows that are there already.
func (g *generator) upsert() *write {
	w, sc := g.target("insert into")
	if g.sqlite() && g.chance(40) {
		w.verb = among(g.r, []string{"insert or replace into", "insert or ignore into", "replace into"})
		g.rowsOf(w, true)
		return w
	}
	g.rowsOf(w, true)
	w.conflict = true
	if g.chance(70) {
		c := g.plainColumn(w.table)
		name := w.table.columns[c].name
		w.sets = []assignment{{name, &expression{kind: w.table.columns[c].kind, qualifier: "excluded", name: name}}}
	}
	g.returning(w, sc)
	return w
}

// plainColumn returns a column that is neither id nor key.
func (g *generator) plainColumn(t *table) int {
	for {
		if c := g.r.IntN(len(t.columns)); c != t.id && !t.isKey(c) {
			return c
		}
	}
}

// insertSelect makes an INSERT from another table, or from the same.
func (g *generator) insertSelect() *write {
	w, _ := g.target("insert into")
	for w.table.only || w.table.reference() && g.chance(80) {
		w.table = g.sharded()
		if !w.table.only || g.chance(10) {
			break
		}
	}
	w.alias = ""
	t := w.table
	source := t
	if t.family != nil && g.chance(80) {
		source = g.relative(t.family)
	} else if foreign := g.foreign(t.family); foreign != nil && g.chance(50) {
		source = foreign
	} else if g.chance(50) {
		source = g.sharded()
	}
	from, v := g.variableOf(source)
	sc := &scope{vars: []*variable{v}, plain: true}
	sel := &selection{from: from, where: g.binding(sc, v)}
	g.filter(sel, sc)
	carried := v.family == t.family || alike(v, &variable{columns: t.columns, keys: t.keys}) && g.chance(60)
	for c, column := range t.columns {
		var e *expression
		switch {
		case c == t.id:
			e = form(bigint, "{} + 1000", g.column(sc, v, v.id))
		case t.isKey(c) && v.keys != nil && carried && !g.chance(5):
			for n, k := range t.keys {
				if k == c {
					e = g.column(sc, v, v.keys[n])
				}
			}
		case t.isKey(c) && g.chance(50): // a key that lives somewhere
			e = g.leaf(among(g.r, t.family.pool)[slices.Index(t.keys, c)])
		case g.chance(20) && !column.notNull:
			continue
		default:
			e = g.anyColumn(sc, func(k kind) bool { return k == column.kind })
			switch {
			case e != nil:
			case t.isKey(c):
				e = g.leaf(among(g.r, t.family.pool)[slices.Index(t.keys, c)])
			default:
				e = g.literal(g.valueLike(column.kind))
			}
		}
		w.columns = append(w.columns, column.name)
		sel.targets = append(sel.targets, target{expression: e})
	}
	w.query = &query{arms: []*selection{sel}}
	return w
}

func (g *generator) update() *write {
	w, sc := g.target("update")
	g.assign(w, sc)
	w.where = g.condition(sc)
	g.returning(w, sc)
	return w
}

func (g *generator) assign(w *write, sc *scope) {
	for range 1 + g.r.IntN(2) {
		c := g.plainColumn(w.table)
		if len(w.sets) > 0 && w.sets[0].column == w.table.columns[c].name {
			return
		}
		k := w.table.columns[c].kind
		e := g.leaf(g.valueLike(k))
		if g.chance(60) {
			e = g.scalar(sc, k, 1)
		}
		w.sets = append(w.sets, assignment{w.table.columns[c].name, e})
	}
	if t := w.table; t.family != nil && g.chance(5) {
		k := t.keys[0]
		w.sets = append(w.sets, assignment{t.columns[k].name, g.leaf(among(g.r, t.family.pool)[0])})
	}
}

func (g *generator) deletion() *write {
	w, sc := g.target("delete from")
	w.where = g.condition(sc)
	g.returning(w, sc)
	return w
}

// updateFrom makes an UPDATE of each row from one other at the most: a reference table's, by its id, or one with the same id and key.
func (g *generator) updateFrom() *write {
	w, sc := g.target("update")
	v := sc.vars[0]
	other := g.reference()
	if v.family != nil && g.chance(60) {
		other = g.relative(v.family)
	}
	from, o := g.variableOf(other)
	if from.alias == "" {
		from.alias = g.alias()
		o.alias = from.alias
	}
	all := &scope{vars: []*variable{v, o}}
	on := form(boolean, "{} = {}", g.column(all, o, o.id), g.column(all, v, v.id))
	if o.family != nil {
		on = both(on, g.equalKeys(all, v, o))
	}
	g.assign(w, all)
	w.from = from
	w.where = both(on, g.binding(all, v))
	w.where = both(w.where, g.binding(all, o))
	if g.chance(60) {
		w.where = both(w.where, g.predicate(all, 1))
	}
	g.returning(w, all)
	return w
}
