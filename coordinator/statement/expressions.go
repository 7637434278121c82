package statement

import (
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// expressions are the common table expressions that a query sees: those of its own WITH, then those around it.
type expressions struct {
	outer *expressions
	list  []*expression
}

// expression is one common table expression.
type expression struct {
	tree *tree.CommonTable
	// see is what its own body sees.
	outer *view
	see   *expressions

	relation   relation
	state      solving
	recursive  bool
	references int
}

func (e *expressions) find(name string) *expression {
	for ; e != nil; e = e.outer {
		for i := len(e.list) - 1; i >= 0; i-- {
			if e.list[i].tree.Name.Name == name {
				return e.list[i]
			}
		}
	}
	return nil
}

// with returns what a query sees that has this WITH clause. In SQLite, and in PostgreSQL with RECURSIVE, the expressions see
// each other and themselves; else each sees those before it.
func (a *analyser) with(w *tree.With, outer *view, around *expressions) *expressions {
	if w == nil {
		return around
	}
	all := &expressions{outer: around}
	for _, t := range w.Tables {
		e := &expression{tree: t, outer: outer, see: all}
		if !a.sqlite && !w.Recursive {
			e.see = &expressions{outer: around, list: all.list[:len(all.list):len(all.list)]}
		}
		all.list = append(all.list, e)
	}
	for _, e := range all.list {
		a.bindExpression(e)
	}
	return all
}

// bindExpression binds an expression's body, once. A reference to one that is being bound makes it recursive.
func (a *analyser) bindExpression(e *expression) {
	if e.state != unsolved {
		e.recursive = e.recursive || e.state == beingSolved
		return
	}
	e.state = beingSolved
	e.relation.exact = true
	before := a.refusal
	var r relation
	switch body := e.tree.Body.(type) {
	case *tree.Query:
		r = a.query(body, e.outer, e.see, nested)
	default:
		r = a.change(body, e.outer, e.see, false)
		r.outputs = nil
		a.refuse(newRefusal(ChangingExpression, "WITH", e.tree.Start, "what it changes may live on other shards", hintPin))
	}
	if e.recursive && r.sharded {
		a.refusal = before // it is the reason of whatever was found within
		a.refuse(newRefusal(RecursiveExpression, "WITH RECURSIVE", e.tree.Start, reasonElsewhere, hintPin))
	}
	if r.outputs == nil || e.recursive {
		r.outputs = &outputs{}
	}
	if len(e.tree.Columns) > 0 {
		r.outputs = renamed(r.outputs, e.tree.Columns)
	}
	e.relation, e.state = r, isSolved
}

// reference binds a reference to a common table expression. It has keys of its own: what holds for the rows of one reference
// needn't hold for those of another.
func (a *analyser) reference(l *level, t *tree.Table, e *expression, below bool) relation {
	a.bindExpression(e)
	e.references++
	r := e.relation
	if e.state == beingSolved {
		r = relation{exact: true}
	}
	if r.sharded && !r.exact {
		a.out.expressions = append(a.out.expressions, t.Span)
	}
	v := &rangeVar{name: t.Name.Name, nullable: below, columns: &outputs{}}
	if r.outputs != nil {
		v.columns, r.entities = a.pass(e, r.outputs)
	}
	if t.Alias != nil {
		v.name = t.Alias.Name.Name
		if len(t.Alias.Columns) > 0 {
			v.columns = renamed(v.columns, t.Alias.Columns)
		}
	}
	l.vars = append(l.vars, v)
	return r
}

// pass returns outputs whose keys are those of new entities, which are among the expression's.
func (a *analyser) pass(e *expression, o *outputs) (*outputs, []*entity) {
	var entities, originals []*entity
	copied := &outputs{columns: append([]output(nil), o.columns...), complete: o.complete}
	for i := range copied.columns {
		s := copied.columns[i].slot
		if s == nil {
			continue
		}
		var to *entity
		for j, original := range originals {
			if original == s.entity {
				to = entities[j]
			}
		}
		if to == nil {
			to = newEntity(nil, s.entity.decl)
			originals, entities = append(originals, s.entity), append(entities, to)
			for k := range to.slots {
				to.slots[k].inherit(&s.entity.slots[k])
			}
			a.passed = append(a.passed, passedKey{e, s.entity, to})
		}
		copied.columns[i].slot = &to.slots[s.index]
	}
	return copied, entities
}
