package statement

import (
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// from binds items with commas between them. Every item gets its range variables before any condition is looked at, because a
// condition may refer to all of them.
func (a *analyser) from(l *level, list []tree.FromItem, ctes *expressions) []*item {
	if len(list) == 0 {
		return nil
	}
	items := make([]*item, len(list))
	for i, n := range list {
		items[i] = a.item(l, n, ctes, false)
	}
	return items
}

// item binds an item; below says that it is on the null-extended side of an outer join.
func (a *analyser) item(l *level, n tree.FromItem, ctes *expressions, below bool) *item {
	i := &item{lo: len(l.vars), offset: n.Extent().Start}
	if a.vars++; a.vars > maxVars || len(l.merged) > maxMerged {
		a.complex = true
	}
	if a.complex {
		i.exact, i.hi = true, i.lo
		return i
	}
	switch n := n.(type) {
	case *tree.Table:
		i.relation = a.table(l, n, ctes, below)
	case *tree.Derived:
		outer := l.outer
		if n.Lateral {
			outer = &view{l, 0, len(l.vars)}
		}
		i.relation = a.query(n.Query, outer, ctes, nested)
		a.addDerived(l, i.relation, n.Alias, below)
	case *tree.TableFunction:
		i.relation = a.tableFunction(l, n, ctes, below)
	case *tree.Join:
		a.bindJoin(l, i, n, ctes, below)
	}
	i.hi = len(l.vars)
	return i
}

func (a *analyser) bindJoin(l *level, i *item, n *tree.Join, ctes *expressions, below bool) {
	j := &joining{tree: n, below: below}
	left := n.Kind == tree.Right || n.Kind == tree.Full
	right := n.Kind == tree.Left || n.Kind == tree.Full
	j.l = a.item(l, n.L, ctes, below || left)
	j.r = a.item(l, n.R, ctes, below || right)
	i.join = j
	a.merge(l, j)
	if n.UsingAlias != nil {
		l.vars = append(l.vars, &rangeVar{name: n.UsingAlias.Name.Name, columns: &outputs{}})
	}
	if n.Alias != nil {
		for _, v := range l.vars[i.lo:] {
			v.hidden = true
		}
		for m := range l.merged {
			if l.merged[m].lo >= i.lo {
				l.merged[m].name = ""
			}
		}
		l.vars = append(l.vars, &rangeVar{name: n.Alias.Name.Name, columns: &outputs{}})
	}
}

// merge equates the key columns that USING or NATURAL names, and notes what they are called. Below an outer join nothing is
// made of them.
func (a *analyser) merge(l *level, j *joining) {
	names := make([]string, 0, len(j.tree.Using))
	for _, u := range j.tree.Using {
		names = append(names, u.Name)
	}
	lo, mid, hi := j.l.lo, j.r.lo, len(l.vars)
	if j.tree.Natural {
		names = commonKeys(l.vars[lo:mid], l.vars[mid:hi])
	}
	inner := j.tree.Kind == tree.Inner || j.tree.Kind == tree.Cross
	if len(names) > maxMerged {
		a.complex = true
		return
	}
	for _, name := range names {
		m := mergedColumn{name: name, lo: lo, hi: hi}
		x, known := (view{l, lo, mid}).named(name)
		y, alsoKnown := (view{l, mid, hi}).named(name)
		if inner && known && alsoKnown {
			m.owner = x
			if s, t := x.slot(name), y.slot(name); s != nil && t != nil {
				equate(s, t)
			}
		}
		l.merged = append(l.merged, m)
	}
}

// named returns the one range variable in the view that certainly has a column.
func (v view) named(name string) (*rangeVar, bool) {
	found, done := v.unqualified(name)
	return found, done && found != nil && found.has(name) == certain
}

// commonKeys returns the key columns that tables on both sides of a NATURAL join have: these certainly are equated.
func commonKeys(left, right []*rangeVar) []string {
	var found []string
	for _, x := range left {
		if x.hidden || x.columns != nil || x.decl == nil {
			continue
		}
		for _, k := range x.decl.Keys {
			for _, y := range right {
				if !y.hidden && y.has(k.Name) == certain {
					found = append(found, k.Name)
					break
				}
			}
		}
	}
	return found
}

// table binds a table's name: a common table expression, or a table.
func (a *analyser) table(l *level, t *tree.Table, ctes *expressions, below bool) relation {
	a.census.Tables++
	if t.Sample {
		a.refuse(newRefusal(Sample, "TABLESAMPLE", t.Start, "each shard would draw its own sample", hintPin))
		a.list(t.Sampled, &site{view: view{l, 0, len(l.vars)}, ctes: ctes})
	}
	if t.Schema == nil {
		if e := ctes.find(t.Name.Name); e != nil {
			return a.reference(l, t, e, below)
		}
	}
	return a.base(l, t, below)
}

// base binds a table of the database.
func (a *analyser) base(l *level, t *tree.Table, below bool) relation {
	a.checkTable(t)
	decl := a.catalog.Table(t)
	// They live as long as each other.
	var all struct {
		rangeVar
		Occurrence
		entity
	}
	v := &all.rangeVar
	*v = rangeVar{name: t.Name.Name, table: t, decl: decl, base: true, nullable: below}
	if t.Schema != nil {
		v.schema = t.Schema.Name
	}
	var r relation
	if decl != nil && (decl.Reference || len(decl.Keys) == 0) {
		a.out.References++
		r.exact = true
	} else {
		if decl == nil && a.catalog.Closed {
			r := newRefusal(UndeclaredTable, t.Name.Name, t.NameSpan.Start, "where its rows live isn't declared", hintDeclare)
			r.Tables = []string{t.Name.Name}
			a.refuse(r)
		}
		o := &all.Occurrence
		*o = Occurrence{Table: t, Decl: decl, Nullable: below}
		v.entity = &all.entity
		v.entity.init(o, decl)
		a.out.Occurrences = append(a.out.Occurrences, o)
		a.entities = append(a.entities, v.entity)
		a.complex = a.complex || len(a.entities) > maxOccurrences
		r.entities = []*entity{v.entity}
		r.anchors = []*Occurrence{o}
		r.sharded = true
	}
	if t.Alias != nil {
		v.name = t.Alias.Name.Name
		if len(t.Alias.Columns) > 0 {
			v.columns = renamed(columnsOf(v), t.Alias.Columns)
		}
	}
	l.vars = append(l.vars, v)
	return r
}

// addDerived binds the alias of a subquery.
func (a *analyser) addDerived(l *level, r relation, alias *tree.Alias, below bool) {
	v := &rangeVar{columns: r.outputs, nullable: below}
	if v.columns == nil {
		v.columns = &outputs{}
	}
	if alias != nil {
		v.name = alias.Name.Name
		if len(alias.Columns) > 0 {
			v.columns = renamed(v.columns, alias.Columns)
		}
	}
	l.vars = append(l.vars, v)
}

// tableFunction binds functions in a FROM, which see what is to their left.
func (a *analyser) tableFunction(l *level, n *tree.TableFunction, ctes *expressions, below bool) relation {
	s := site{view: view{l, 0, len(l.vars)}, ctes: ctes}
	v := &rangeVar{columns: &outputs{}, nullable: below}
	r := relation{exact: true}
	for _, e := range n.Calls {
		c, ok := e.(*tree.Call)
		if ok {
			v.name = callName(c)
		}
		if a.sqlite && ok && !sqliteTableFunctions.has(functionName(c)) {
			r = a.virtual(c, n)
			a.list(c.Args, &s)
			continue
		}
		if a.sqlite && ok {
			a.list(c.Args, &s)
			continue
		}
		a.expr(e, &s)
	}
	if n.Alias != nil {
		v.name = n.Alias.Name.Name
	}
	l.vars = append(l.vars, v)
	return r
}

// virtual counts a function that SQLite has in a FROM as an occurrence of a sharded table: a virtual table, one of FTS5 for
// instance, may be written so.
func (a *analyser) virtual(c *tree.Call, n *tree.TableFunction) relation {
	t := &tree.Table{Span: n.Span, NameSpan: c.Span, Name: c.Name[len(c.Name)-1], Alias: n.Alias}
	o := &Occurrence{Table: t, Keys: nil}
	e := newEntity(o, nil)
	a.out.Occurrences = append(a.out.Occurrences, o)
	a.refuse(newRefusal(UnknownFunction, callName(c)+"() in FROM", c.Start, reasonFunction, hintPin))
	return relation{sharded: true, entities: []*entity{e}, anchors: []*Occurrence{o}}
}

// checkTable refuses tables whose rows don't live on one shard each.
func (a *analyser) checkTable(t *tree.Table) {
	name := t.Name.Name
	if a.catalog.Table(t) != nil && (t.Schema == nil || t.Schema.Name != "information_schema" && t.Schema.Name != "pg_catalog") {
		return
	}
	system := strings.HasPrefix(name, "pg_") || t.Schema != nil && strings.HasPrefix(t.Schema.Name, "pg_")
	if t.Schema != nil && t.Schema.Name == "information_schema" {
		system, name = true, "information_schema"
	}
	if a.sqlite {
		system = strings.HasPrefix(name, "sqlite_") || strings.HasPrefix(name, "pragma_") || sqliteVirtual.has(name)
		if t.Schema != nil && t.Schema.Name == "temp" {
			a.refuse(newRefusal(SystemTable, "temp."+name, t.NameSpan.Start, "a temporary table belongs to one connection", hintPin))
			return
		}
	}
	if system {
		a.refuse(newRefusal(SystemTable, name, t.NameSpan.Start, reasonCatalogue, hintPin))
	}
}
