package statement

import "github.com/troupedb/troupe/coordinator/statement/tree"

// setOperation binds UNION, INTERSECT or EXCEPT.
func (a *analyser) setOperation(n *tree.SetOp, outer *view, ctes *expressions, as role) relation {
	l := a.arm(n.Left, n, outer, ctes, as)
	r := a.arm(n.Right, n, outer, ctes, as)
	both := relation{
		exact: l.exact && r.exact, sharded: l.sharded || r.sharded,
		anchors: allAnchors(l.anchors, r.anchors),
	}
	offset := n.Right.Extent().Start
	switch {
	case both.exact || as == inExpression:
	case n.Op != "UNION":
		a.refuse(newRefusal(SetOperation, n.Op, offset, reasonMerge, hintPin))
	case l.exact != r.exact:
		a.refuse(newRefusal(RepeatedRows, unionName(n), offset, reasonRepeat,
			"run the arms one by one, or "+hintPin))
	default:
		whole := a.uniteOutputs(&both, l.outputs, r.outputs)
		if !n.All && !whole && as == nested {
			a.refuse(newRefusal(SetOperation, "UNION in a subquery", offset, "shards can return the same row", "write UNION ALL, or "+hintPin))
		}
	}
	return both
}

func unionName(n *tree.SetOp) string {
	if n.All {
		return n.Op + " ALL"
	}
	return n.Op
}

// arm binds one side of a set operation.
func (a *analyser) arm(n tree.Node, of *tree.SetOp, outer *view, ctes *expressions, as role) relation {
	inner := as
	if as == outermost {
		inner = nested
	}
	switch n := n.(type) {
	case *tree.SetOp:
		if as == outermost && of.Op == "UNION" && !of.All {
			// Rows that repeat in an arm are dropped with the others.
			inner = outermost
		}
		return a.setOperation(n, outer, ctes, inner)
	case *tree.Query:
		return a.query(n, outer, ctes, inner)
	case *tree.Block:
		return a.block(n, &tree.Query{Span: n.Span, Body: n}, outer, ctes, inner)
	case *tree.Values:
		return a.values(n, outer, ctes)
	default:
		return relation{exact: true}
	}
}

// uniteOutputs gives both the columns of two arms. Those that are keys of tables whose rows live together, in both at the
// same place, are a key of both. It reports whether all columns of such a key are among them, so that equal rows are on one
// shard.
func (a *analyser) uniteOutputs(both *relation, l, r *outputs) bool {
	both.outputs = &outputs{}
	if l == nil || r == nil || !l.complete || !r.complete || len(l.columns) != len(r.columns) {
		return false
	}
	both.outputs.complete = true
	both.outputs.columns = make([]output, len(l.columns))
	type pair struct{ l, r, both *entity }
	var pairs []pair
	for i := range l.columns {
		both.outputs.columns[i].name = l.columns[i].name
		x, y := l.columns[i].slot, r.columns[i].slot
		if x == nil || y == nil || x.index != y.index || !together(x.entity.decl, y.entity.decl) {
			continue
		}
		var e *entity
		for _, p := range pairs {
			if p.l == x.entity && p.r == y.entity {
				e = p.both
			}
		}
		if e == nil {
			e = newEntity(nil, x.entity.decl)
			pairs = append(pairs, pair{x.entity, y.entity, e})
			both.entities = append(both.entities, e)
		}
		both.outputs.columns[i].slot = &e.slots[x.index]
		x.inherit(&e.slots[x.index])
		y.inherit(&e.slots[x.index])
	}
	for _, p := range pairs {
		if complete(both.outputs, p.both) {
			return true
		}
	}
	return false
}

// complete reports whether all key columns of an entity are among the outputs.
func complete(o *outputs, e *entity) bool {
	for i := range e.slots {
		found := false
		for _, c := range o.columns {
			found = found || c.slot == &e.slots[i]
		}
		if !found {
			return false
		}
	}
	return true
}
