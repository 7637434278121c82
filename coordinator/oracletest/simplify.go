package oracletest

import "slices"

// simplifications returns every way to make a statement simpler by one step: each changes the statement itself. The
// result may be no valid SQL any more.
func (s *statement) simplifications() []func() {
	var e edits
	if s.oddity != 0 {
		e.add(func() { s.oddity = 0 })
	}
	if !s.inline {
		e.add(func() { s.inline = true })
	}
	e.query(s.query)
	if w := s.write; w != nil {
		dropEach(&e, &w.rows, 1)
		dropEach(&e, &w.returning, 0)
		dropEach(&e, &w.sets, 1)
		e.query(w.query)
		e.optional(&w.where)
		e.source(&w.from)
	}
	return e.all
}

type edits struct {
	all  []func()
	seen []*query
}

func (e *edits) add(edit func()) { e.all = append(e.all, edit) }

// dropEach drops one element, as long as there are more than least.
func dropEach[T any](e *edits, list *[]T, least int) {
	if len(*list) <= least {
		return
	}
	for i := range *list {
		e.add(func() { *list = slices.Delete(slices.Clone(*list), i, i+1) })
	}
}

func (e *edits) query(q *query) {
	if q == nil || slices.Contains(e.seen, q) {
		return
	}
	e.seen = append(e.seen, q)
	dropEach(e, &q.with, 0)
	if len(q.arms) > 1 {
		for _, arm := range q.arms {
			e.add(func() { q.arms, q.ops = []*selection{arm}, nil })
		}
	}
	dropEach(e, &q.order, 0)
	if q.limit != nil {
		e.add(func() { q.limit = nil })
	}
	if q.offset != nil {
		e.add(func() { q.offset = nil })
	}
	for _, w := range q.with {
		e.query(w.query)
	}
	for _, arm := range q.arms {
		e.selection(arm)
	}
	if least := len(q.arms[0].targets); least > 1 {
		for i := range least {
			e.add(func() { q.dropTarget(i) })
		}
	}
	for i := range q.order {
		k := &q.order[i]
		if k.nulls != "" {
			e.add(func() { k.nulls = "" })
		}
		if k.desc {
			e.add(func() { k.desc = false })
		}
		e.expression(&k.expression)
	}
}

// dropTarget drops a column from every arm, and the order keys that stand for it: the others follow the columns behind it.
func (q *query) dropTarget(i int) {
	for _, arm := range q.arms {
		if i < len(arm.targets) {
			arm.targets = slices.Delete(slices.Clone(arm.targets), i, i+1)
		}
	}
	var order []orderKey
	for _, k := range q.order {
		if k.ordinal == i+1 || k.column == i {
			continue
		}
		if k.ordinal > i+1 {
			k.ordinal--
		}
		if k.column > i {
			k.column--
		}
		order = append(order, k)
	}
	q.order = order
}

func (e *edits) selection(s *selection) {
	if s.distinct {
		e.add(func() { s.distinct = false })
	}
	dropEach(e, &s.on, 0)
	e.source(&s.from)
	e.optional(&s.where)
	dropEach(e, &s.group, 0)
	e.optional(&s.having)
	for i := range s.targets {
		t := &s.targets[i]
		if t.alias != "" {
			e.add(func() { t.alias = "" })
		}
		e.expression(&t.expression)
	}
	for i := range s.group {
		e.expression(&s.group[i])
	}
}

func (e *edits) source(s **source) {
	if *s == nil {
		return
	}
	if (*s).join != "" {
		left, right := (*s).left, (*s).right
		e.add(func() { *s = left })
		e.add(func() { *s = right })
		e.source(&(*s).left)
		e.source(&(*s).right)
		e.expression(&(*s).on)
	}
	if (*s).enclosed {
		e.add(func() { (*s).enclosed = false })
	}
	e.query((*s).query)
}

// optional is for a clause that can be left out.
func (e *edits) optional(clause **expression) {
	if *clause == nil {
		return
	}
	e.add(func() { *clause = nil })
	e.expression(clause)
}

// expression puts a part of an expression in the whole's place.
func (e *edits) expression(x **expression) {
	if *x == nil {
		return
	}
	for _, arg := range (*x).args {
		if is((*x).kind)(arg.kind) {
			e.add(func() { *x = arg })
		}
	}
	for i := range (*x).args {
		e.expression(&(*x).args[i])
	}
	e.query((*x).query)
}
