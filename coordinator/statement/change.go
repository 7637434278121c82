package statement

import (
	"slices"

	"github.com/troupedb/troupe/coordinator/statement/keyset"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// change binds an INSERT, UPDATE or DELETE; top says that it is the statement itself.
func (a *analyser) change(n tree.Node, outer *view, ctes *expressions, top bool) relation {
	l := a.newLevel(outer)
	switch n := n.(type) {
	case *tree.InsertStmt:
		return a.insert(n, l, a.with(n.With, outer, ctes), top)
	case *tree.UpdateStmt:
		ctes = a.with(n.With, outer, ctes)
		if n.Or != "" && n.Or != "ABORT" {
			a.refuse(newRefusal(ConflictClause, "UPDATE OR "+n.Or, n.Start, "the rows that conflict may live on other shards", hintPin))
		}
		a.limited(n.OrderBy, n.Limit, n.Cursor, n.Start)
		target := a.target(l, n.Target)
		r := a.join(l, append([]*item{target}, a.from(l, n.From, ctes)...), n.Where, ctes)
		s := site{view: l.whole(), ctes: ctes}
		a.assign(n.Set, target, &s)
		a.returning(n.Returning, target, s, top)
		a.order(n.OrderBy, n.Limit, &s)
		return a.changed(r, target, n.Target)
	case *tree.DeleteStmt:
		ctes = a.with(n.With, outer, ctes)
		a.limited(n.OrderBy, n.Limit, n.Cursor, n.Start)
		target := a.target(l, n.Target)
		r := a.join(l, append([]*item{target}, a.from(l, n.Using, ctes)...), n.Where, ctes)
		s := site{view: l.whole(), ctes: ctes}
		a.returning(n.Returning, target, s, top)
		a.order(n.OrderBy, n.Limit, &s)
		return a.changed(r, target, n.Target)
	default:
		return relation{exact: true}
	}
}

// target binds the table that is changed, which never is a common table expression.
func (a *analyser) target(l *level, t *tree.Table) *item {
	a.census.Tables++
	i := &item{offset: t.Start}
	i.relation = a.base(l, t, false)
	i.hi = len(l.vars)
	if decl := a.catalog.Table(t); decl != nil && decl.Reference {
		a.out.ChangesReference = t.Name.Name
	}
	return i
}

// changed checks what rows of which tables decide about the target's, after these were joined.
func (a *analyser) changed(r relation, target *item, t *tree.Table) relation {
	if target.exact && !r.exact {
		a.refuse(newRefusal(ReferenceChange, t.Name.Name, t.Start, "every shard would change other rows of a table that they all have whole", hintPin))
	}
	r.anchors = allAnchors(r.anchors, target.anchors)
	return r
}

func (a *analyser) limited(orderBy []*tree.Order, limit tree.Expr, cursor bool, offset int) {
	switch {
	case cursor:
		a.refuse(newRefusal(Cursor, "CURRENT OF", offset, "a cursor belongs to one connection", hintPin))
	case limit != nil:
		a.refuse(newRefusal(LimitedChange, "LIMIT", limit.Extent().Start, "every shard would apply it by itself", hintPin))
	case len(orderBy) > 0:
		a.refuse(newRefusal(LimitedChange, "ORDER BY", orderBy[0].Start, reasonMerge, hintPin))
	}
}

func (a *analyser) order(orderBy []*tree.Order, limit tree.Expr, s *site) {
	for _, o := range orderBy {
		a.expr(o.X, s)
	}
	a.expr(limit, s)
}

func (a *analyser) returning(list []*tree.Target, target *item, s site, top bool) {
	s.output = top && !target.exact
	for _, t := range list {
		a.expr(t.X, &s)
	}
}

// assign binds assignments to columns of the target, of which the key's can't be assigned.
func (a *analyser) assign(list []*tree.Assignment, target *item, s *site) {
	for _, n := range list {
		for _, c := range n.Columns {
			for _, e := range target.entities {
				if e.decl == nil || e.decl.keyIndex(c.Name) < 0 {
					continue
				}
				r := newRefusal(KeyAssignment, c.Name, c.Start, reasonMoves, "delete the row and insert it anew")
				r.Tables, r.Columns = []string{e.decl.Name}, []string{c.Name}
				a.refuse(r)
				if a.out.KeyAssigned == nil {
					a.out.KeyAssigned = r
				}
			}
		}
		a.list(n.Children, s)
		a.expr(n.Value, s)
	}
}

// insert binds an INSERT. Its rows' shards are those of the key values that they are given.
func (a *analyser) insert(n *tree.InsertStmt, l *level, ctes *expressions, top bool) relation {
	switch n.Or {
	case "", "ABORT", "IGNORE", "REPLACE":
	default:
		a.refuse(newRefusal(ConflictClause, "INSERT OR "+n.Or, n.Start, "what it undoes may be on other shards", hintPin))
	}
	target := a.target(l, n.Target)
	r := target.relation
	rows := site{view: view{level: a.newLevel(l.outer)}, ctes: ctes, output: top && !target.exact}
	for _, row := range n.Rows {
		a.list(row.Items, &rows)
	}
	var places []int
	if len(target.entities) > 0 {
		places = keyPlaces(n, target.entities[0].decl)
	}
	switch {
	case n.Query != nil:
		source := a.query(n.Query, l.outer, ctes, nested)
		a.insertQuery(n, target, places, source)
		r.anchors = allAnchors(r.anchors, source.anchors)
	case places != nil && len(n.Rows) > 0: // else the key is a default, which may be any
		e := target.entities[0]
		for k, place := range places {
			e.slots[k].restrict(a.valuesOf(n.Rows, place, e.slots[k].typ()))
		}
	}
	s := site{view: l.whole(), ctes: ctes}
	a.upserts(n, l, target, &s)
	a.returning(n.Returning, target, s, top)
	return r
}

// keyPlaces returns where in a row the key's columns are; nil if that isn't known.
func keyPlaces(n *tree.InsertStmt, decl *Table) []int {
	if decl == nil {
		return nil
	}
	places := make([]int, len(decl.Keys))
	for i, k := range decl.Keys {
		if len(n.Columns) > 0 {
			places[i] = slices.IndexFunc(n.Columns, func(c tree.Ident) bool { return c.Name == k.Name })
		} else {
			places[i] = slices.Index(decl.Columns, k.Name)
		}
		if places[i] < 0 || slices.ContainsFunc(n.Columns[min(places[i]+1, len(n.Columns)):], func(c tree.Ident) bool { return c.Name == k.Name }) {
			return nil // SQLite takes a column that is named twice
		}
	}
	return places
}

// valuesOf returns the keys that rows have at a place. A NULL may be any: it isn't to be inserted anywhere.
func (a *analyser) valuesOf(rows []*tree.ValuesRow, place int, t keyset.Type) keyset.Set {
	union := make(keyset.Union, 0, len(rows))
	for _, row := range rows {
		if place >= len(row.Items) {
			return keyset.Any{}
		}
		set := a.keyOf(row.Items[place], t)
		if set == nil {
			return keyset.Any{}
		}
		union = append(union, set)
	}
	return union
}

func (a *analyser) keyOf(e tree.Expr, t keyset.Type) keyset.Set {
	o, ok := operandOf(e, t, a.tree.Dialect)
	if !ok {
		return nil
	}
	return keyset.NotNull{Operand: o, Set: keyset.Value{Operand: o}}
}

// insertQuery says which keys the rows have that a query yields, and whether they are on the shards where they are inserted.
func (a *analyser) insertQuery(n *tree.InsertStmt, target *item, places []int, source relation) {
	if len(target.entities) == 0 {
		if target.exact && !source.exact {
			a.refuse(newRefusal(ReferenceChange, "INSERT", n.Query.Start, "every shard would insert other rows into a table that they all have whole", hintPin))
		}
		return
	}
	e := target.entities[0]
	carried := places != nil
	var first *slot // of the key, which has to come from one row
	for k, place := range places {
		from := source.column(place)
		if k == 0 {
			first = from
		}
		switch {
		case from != nil && first != nil && together(from.entity.decl, e.decl) && from.index == k && from.entity == first.entity:
			e.slots[k].inherit(from)
		default:
			carried = false
			if set := a.constantOutput(n.Query, place, e.slots[k].typ()); set != nil {
				e.slots[k].restrict(set)
			}
		}
	}
	if !carried || source.exact {
		a.refuse(newRefusal(InsertSource, "INSERT … SELECT", n.Query.Start, "the rows don't belong where they are read",
			"select the key of a table whose rows live with those of "+n.Target.Name.Name+", or "+hintPin).about(e))
	}
}

// column returns the key that the column at a place is, or nil.
func (r relation) column(place int) *slot {
	if r.outputs == nil || !r.outputs.complete || place >= len(r.outputs.columns) {
		return nil
	}
	return r.outputs.columns[place].slot
}

// constantOutput returns the keys that the output of a query at a place has if it is a constant, or nil.
func (a *analyser) constantOutput(q *tree.Query, place int, t keyset.Type) keyset.Set {
	switch body := q.Body.(type) {
	case *tree.Block:
		for i, target := range body.Targets {
			if _, star := target.X.(*tree.Star); star {
				return nil
			}
			if i == place {
				return a.keyOf(target.X, t)
			}
		}
	case *tree.Values:
		return a.valuesOf(body.Rows, place, t)
	}
	return nil
}

// upserts binds ON CONFLICT, whose expressions see the target, and the row that wasn't inserted as "excluded".
func (a *analyser) upserts(n *tree.InsertStmt, l *level, target *item, s *site) {
	for _, u := range n.Upserts {
		// Only a qualified name means the row that wasn't inserted, so it has no columns for others.
		excluded := &rangeVar{name: "excluded", columns: &outputs{complete: true}}
		seen := a.newLevel(l.outer)
		seen.vars = append(l.vars[:len(l.vars):len(l.vars)], excluded)
		inner := site{view: seen.whole(), ctes: s.ctes}
		a.list(u.Target, s)
		a.expr(u.TargetWhere, s)
		a.assign(u.Set, target, &inner)
		a.expr(u.Where, &inner)
	}
}
