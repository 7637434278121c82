package statement

import (
	"reflect"

	"github.com/troupedb/troupe/coordinator/statement/keyset"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// compared is a Comparison whose values aren't known yet.
type compared struct {
	Comparison
	operands []keyset.Operand
	// array says that there is one operand, whose elements are the values.
	array bool
}

// Comparisons returns every comparison of a column with constants that the statement makes, resolved with args. One that
// depends on an argument that wasn't passed is left out. "= ANY (array)" is given as IN, "<> ALL (array)" as NOT IN.
func (a *Analysis) Comparisons(args []any) ([]Comparison, error) {
	a.comparing.Do(func() { a.compared = compare(a) })
	found := a.compared
	resolved := make([]Comparison, 0, len(found))
	for i := range found {
		values, ok := found[i].values(args)
		if !ok {
			continue
		}
		c := found[i].Comparison
		c.Values = values
		resolved = append(resolved, c)
	}
	return resolved, nil
}

func (c *compared) values(args []any) ([]any, bool) {
	values := make([]any, len(c.operands))
	for i, o := range c.operands {
		v, ok := o.Value(args)
		if !ok {
			return nil, false
		}
		values[i] = v
	}
	if !c.array {
		return values, true
	}
	rv := reflect.ValueOf(values[0])
	if rv.Kind() != reflect.Slice || rv.Type().Elem().Kind() == reflect.Uint8 {
		return nil, false
	}
	values = make([]any, rv.Len())
	for i := range values {
		values[i] = rv.Index(i).Interface()
	}
	return values, true
}

// compare finds the comparisons of a statement.
func compare(a *Analysis) []compared {
	c := comparer{sqlite: isSQLite(a.Tree), others: a.Tree.Census.Tables > 1}
	if a.Tree.Root != nil {
		c.statement(a.Tree.Root)
	}
	if a.Scatter != nil && a.Scatter.Code == NotUnderstood {
		for i := range c.found {
			c.found[i].Conjunct = false
		}
	}
	return c.found
}

// comparer walks a statement and collects its comparisons.
type comparer struct {
	sqlite bool
	others bool
	found  []compared
}

// standing is where an expression stands.
type standing struct {
	names    *scoped
	depth    int
	negated  bool
	conjunct bool
}

// aside returns s for a part of an expression that decides nothing by itself.
func (s standing) aside() standing {
	s.conjunct = false
	return s
}

// inner returns s for a query within.
func (s standing) inner() standing {
	return standing{names: s.names, depth: s.depth + 1, negated: s.negated}
}

func (c *comparer) statement(root tree.Node) {
	switch n := root.(type) {
	case *tree.Query:
		c.query(n, standing{conjunct: true})
	case *tree.InsertStmt:
		s := c.target(n.With, n.Target)
		if n.Query != nil {
			c.query(n.Query, standing{names: &scoped{expressions: s.names.expressions}, depth: s.depth + 1})
		}
		asideEach(c, n.Rows, s)
		asideEach(c, n.Upserts, s)
		asideEach(c, n.Returning, s)
	case *tree.UpdateStmt:
		s := c.target(n.With, n.Target)
		c.from(n.From, s)
		asideEach(c, n.Set, s)
		c.expr(n.Where, s)
		asideEach(c, n.Returning, s)
		asideEach(c, n.OrderBy, s)
		c.expr(n.Limit, s.aside())
	case *tree.DeleteStmt:
		s := c.target(n.With, n.Target)
		c.from(n.Using, s)
		c.expr(n.Where, s)
		asideEach(c, n.Returning, s)
		asideEach(c, n.OrderBy, s)
		c.expr(n.Limit, s.aside())
	}
}

// target opens the block of a statement that changes a table. The target is never a common table expression, though one may
// have its name.
func (c *comparer) target(with *tree.With, t *tree.Table) standing {
	s := standing{names: &scoped{}, conjunct: true}
	c.with(with, s)
	s.names.add(t, false)
	return s
}

// query walks a query with all its arms. The rows of one arm needn't satisfy the WHERE of another.
func (c *comparer) query(q *tree.Query, s standing) {
	s.names = &scoped{outer: s.names}
	c.with(q.With, s)
	arms := 0
	last := c.body(q.Body, s, &arms)
	asideEach(c, q.OrderBy, last)
	c.expr(q.Limit, last.aside())
	c.expr(q.Offset, last.aside())
}

// body walks a query's body, and returns where what follows it stands.
func (c *comparer) body(n tree.Node, s standing, arms *int) standing {
	switch n := n.(type) {
	case *tree.SetOp:
		s.conjunct = false
		c.body(n.Left, s, arms)
		c.body(n.Right, s, arms)
		return s
	case *tree.Query:
		if *arms++; *arms > 1 {
			s.depth++
		}
		c.query(n, s)
		return s
	}
	if *arms++; *arms > 1 {
		s.depth++
	}
	b, ok := n.(*tree.Block)
	if !ok {
		c.node(n, s.aside())
		return s
	}
	return c.block(b, s)
}

func (c *comparer) with(w *tree.With, s standing) {
	if w == nil {
		return
	}
	for _, t := range w.Tables {
		s.names.expressions = append(s.names.expressions, t.Name.Name)
	}
	for _, t := range w.Tables {
		if q, ok := t.Body.(*tree.Query); ok {
			c.query(q, s.inner())
			continue
		}
		c.changing(t.Body, s.inner())
	}
}

// changing walks a common table expression that changes rows: all that it compares decides about its own rows only.
func (c *comparer) changing(n tree.Node, s standing) {
	inner := comparer{sqlite: c.sqlite, others: c.others}
	inner.statement(n)
	for _, f := range inner.found {
		f.Conjunct = false
		f.Depth += s.depth
		c.found = append(c.found, f)
	}
}

func (c *comparer) block(b *tree.Block, s standing) standing {
	s.names = &scoped{outer: s.names}
	if c.sqlite {
		for _, t := range b.Targets {
			if t.Alias != nil {
				s.names.results = append(s.names.results, t.Alias.Name)
			}
		}
	}
	c.from(b.From, s)
	asideList(c, b.DistinctOn, s)
	asideEach(c, b.Targets, s)
	c.expr(b.Where, s)
	asideList(c, b.GroupBy, s)
	c.expr(b.Having, s.aside())
	asideEach(c, b.Windows, s)
	return s
}

// from names all items before it looks at their conditions, which may refer to any of them. An outer join anywhere means that
// no condition holds for every row.
func (c *comparer) from(list []tree.FromItem, s standing) {
	inner := true
	for _, n := range list {
		c.item(n, s)
		inner = inner && onlyInnerJoins(n)
	}
	s.conjunct = s.conjunct && inner
	for _, n := range list {
		c.on(n, s)
	}
}

func (c *comparer) item(n tree.FromItem, s standing) {
	switch n := n.(type) {
	case *tree.Table:
		s.names.add(n, n.Schema == nil && s.names.isExpression(n.Name.Name))
		asideList(c, n.Sampled, s)
	case *tree.Derived:
		inner := s.inner()
		if !n.Lateral {
			inner.names = s.names.outer
		}
		c.query(n.Query, inner)
		s.names.addDerived(n.Alias)
	case *tree.TableFunction:
		asideList(c, n.Calls, s)
		s.names.addDerived(n.Alias)
	case *tree.Join:
		c.item(n.L, s)
		c.item(n.R, s)
		if n.Alias != nil {
			s.names.addDerived(n.Alias)
		}
	}
}

func (c *comparer) on(n tree.FromItem, s standing) {
	if j, ok := n.(*tree.Join); ok {
		c.on(j.L, s)
		c.on(j.R, s)
		c.expr(j.On, s)
	}
}

func onlyInnerJoins(n tree.FromItem) bool {
	j, ok := n.(*tree.Join)
	return !ok || (j.Kind == tree.Inner || j.Kind == tree.Cross) && onlyInnerJoins(j.L) && onlyInnerJoins(j.R)
}

// asideEach walks parts of a statement that decide nothing by themselves.
func asideEach[N tree.Node](c *comparer, list []N, s standing) {
	for _, n := range list {
		c.node(n, s.aside())
	}
}

func asideList(c *comparer, list []tree.Expr, s standing) { asideEach(c, list, s) }

// node walks whatever isn't known to be a condition.
func (c *comparer) node(n tree.Node, s standing) {
	switch n := n.(type) {
	case *tree.Query:
		c.query(n, s.inner())
	case tree.Expr:
		c.expr(n, s)
	case *tree.Table:
	default:
		tree.Children(n, func(child tree.Node) { c.node(child, s.aside()) })
	}
}
