package oracletest

// cloner copies a statement, so that the copy can be changed. What was shared is shared in the copy.
type cloner struct {
	expressions map[*expression]*expression
	leaves      map[*leaf]*leaf
	queries     map[*query]*query
}

func (s *statement) clone() *statement {
	c := cloner{map[*expression]*expression{}, map[*leaf]*leaf{}, map[*query]*query{}}
	copied := *s
	copied.query = c.query(s.query)
	if s.write != nil {
		w := *s.write
		w.query = c.query(w.query)
		w.from = c.source(w.from)
		w.where = c.expression(w.where)
		w.returning = c.targets(w.returning)
		w.rows = nil
		for _, row := range s.write.rows {
			w.rows = append(w.rows, c.list(row))
		}
		w.sets = nil
		for _, a := range s.write.sets {
			w.sets = append(w.sets, assignment{a.column, c.expression(a.value)})
		}
		copied.write = &w
	}
	return &copied
}

func (c cloner) expression(e *expression) *expression {
	if e == nil || c.expressions[e] != nil {
		return c.expressions[e]
	}
	copied := *e
	c.expressions[e] = &copied
	copied.leaf = c.leaf(e.leaf)
	copied.args = c.list(e.args)
	copied.query = c.query(e.query)
	return &copied
}

func (c cloner) leaf(l *leaf) *leaf {
	if l == nil || c.leaves[l] != nil {
		return c.leaves[l]
	}
	copied := *l
	c.leaves[l] = &copied
	return &copied
}

func (c cloner) list(list []*expression) []*expression {
	var copied []*expression
	for _, e := range list {
		copied = append(copied, c.expression(e))
	}
	return copied
}

func (c cloner) targets(targets []target) []target {
	var copied []target
	for _, t := range targets {
		t.expression = c.expression(t.expression)
		copied = append(copied, t)
	}
	return copied
}

func (c cloner) query(q *query) *query {
	if q == nil || c.queries[q] != nil {
		return c.queries[q]
	}
	copied := *q
	c.queries[q] = &copied
	copied.with, copied.arms, copied.order = nil, nil, nil
	for _, w := range q.with {
		w.query = c.query(w.query)
		copied.with = append(copied.with, w)
	}
	for _, arm := range q.arms {
		copied.arms = append(copied.arms, c.selection(arm))
	}
	copied.ops = append([]string(nil), q.ops...)
	for _, k := range q.order {
		k.expression = c.expression(k.expression)
		copied.order = append(copied.order, k)
	}
	copied.limit, copied.offset = c.leaf(q.limit), c.leaf(q.offset)
	return &copied
}

func (c cloner) selection(s *selection) *selection {
	copied := *s
	copied.on, copied.group = c.list(s.on), c.list(s.group)
	copied.targets = c.targets(s.targets)
	copied.from = c.source(s.from)
	copied.where, copied.having = c.expression(s.where), c.expression(s.having)
	return &copied
}

func (c cloner) source(s *source) *source {
	if s == nil {
		return nil
	}
	copied := *s
	copied.query, copied.common = c.query(s.query), c.query(s.common)
	copied.left, copied.right = c.source(s.left), c.source(s.right)
	copied.on = c.expression(s.on)
	return &copied
}
