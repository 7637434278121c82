package sqlite

import (
	"github.com/sqlc-dev/meyer/ast"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// query converts n; span is what it covers, which for the outermost one meyer doesn't tell exactly.
func (c *converter) query(n *ast.SelectStmt, span tree.Span) *tree.Query {
	defer c.leave()
	if !c.enter(n.Pos()) {
		return nil
	}
	q := &tree.Query{Span: span, With: c.with(n.With), Body: c.terms(n)}
	last, ok := n.Cores[len(n.Cores)-1].(*ast.SelectQuery)
	if !ok {
		return q
	}
	if len(last.OrderBy) > 0 {
		q.OrderSpan = tree.Span{Start: c.token(termEnd(last)), End: last.OrderBy[len(last.OrderBy)-1].End()}
		q.OrderBy = c.order(last.OrderBy)
	}
	c.limit(q, last.Limit)
	return q
}

func (c *converter) limit(q *tree.Query, n *ast.Limit) {
	switch {
	case n == nil:
	case n.Comma:
		q.LimitSpan, q.OffsetSpan = spanOf(n), spanOf(n)
		q.Offset = c.expr(n.Offset)
		q.Limit = c.expr(n.Count)
	case n.Offset != nil:
		q.LimitSpan = tree.Span{Start: n.Pos(), End: n.Count.End()}
		q.OffsetSpan = tree.Span{Start: c.token(n.Count.End()), End: n.End()}
		q.Limit = c.expr(n.Count)
		q.Offset = c.expr(n.Offset)
	default:
		q.LimitSpan = spanOf(n)
		q.Limit = c.expr(n.Count)
	}
}

// terms converts the terms of a compound, which SQLite combines from left to right whatever their operators.
func (c *converter) terms(n *ast.SelectStmt) tree.Node {
	c.depth += len(n.Ops) // the first term is below all the operators
	left := c.term(n.Cores[0])
	for i := range n.Ops {
		op := &n.Ops[i]
		if q, ok := n.Cores[i].(*ast.SelectQuery); ok && (q.OrderBy != nil || q.Limit != nil) {
			c.fail(wrong(op.Pos(), "ORDER BY or LIMIT before %s", op.Op))
		}
		right := c.term(n.Cores[i+1])
		c.depth--
		left = &tree.SetOp{
			Span: tree.Span{Start: n.Cores[0].Pos(), End: termEnd(n.Cores[i+1])},
			Op:   op.Op, All: op.All, Left: left, Right: right,
		}
	}
	return left
}

func (c *converter) term(core ast.SelectCore) tree.Node {
	defer c.leave()
	if !c.enter(core.Pos()) {
		return nil
	}
	switch n := core.(type) {
	case *ast.SelectQuery:
		return c.block(n)
	case *ast.ValuesClause:
		return &tree.Values{Span: spanOf(n), Rows: c.rows(n)}
	default:
		return c.opaque(core)
	}
}

// termEnd returns where a term ends without ORDER BY and LIMIT.
func termEnd(core ast.SelectCore) int {
	n, ok := core.(*ast.SelectQuery)
	switch {
	case !ok:
		return core.End()
	case len(n.Windows) > 0:
		return n.Windows[len(n.Windows)-1].End()
	case n.Having != nil:
		return n.Having.End()
	case len(n.GroupBy) > 0:
		return n.GroupBy[len(n.GroupBy)-1].End()
	case n.Where != nil:
		return n.Where.End()
	case len(n.From) > 0:
		return n.From[len(n.From)-1].End()
	default:
		return n.Columns[len(n.Columns)-1].End()
	}
}

func (c *converter) block(n *ast.SelectQuery) *tree.Block {
	return &tree.Block{
		Span:        tree.Span{Start: n.Pos(), End: termEnd(n)},
		Distinct:    n.Distinct == ast.DistinctDistinct,
		Targets:     c.targets(n.Columns),
		TargetsSpan: tree.Span{Start: n.Columns[0].Pos(), End: n.Columns[len(n.Columns)-1].End()},
		From:        c.from(n.From),
		Where:       c.expr(n.Where),
		GroupBy:     c.exprs(n.GroupBy),
		Having:      c.expr(n.Having),
		Windows:     c.windows(n.Windows),
	}
}

// rows converts a VALUES list. Meyer doesn't tell where the parentheses are.
func (c *converter) rows(n *ast.ValuesClause) []*tree.ValuesRow {
	rows := make([]*tree.ValuesRow, len(n.Rows))
	at := n.Pos() + len("VALUES")
	for i, row := range n.Rows {
		start := c.token(at)
		end := c.after(row[len(row)-1].End(), len(")"))
		c.enter(start)
		rows[i] = &tree.ValuesRow{Span: tree.Span{Start: start, End: end}, Items: c.exprs(row)}
		c.leave()
		at = c.after(end, len(","))
	}
	return rows
}

func (c *converter) targets(list []*ast.ResultColumn) []*tree.Target {
	if len(list) == 0 {
		return nil
	}
	out := make([]*tree.Target, len(list))
	for i, n := range list {
		c.enter(n.Pos())
		out[i] = &tree.Target{Span: spanOf(n), X: c.expr(n.Expr), Alias: identOrNil(n.Alias)}
		c.leave()
	}
	return out
}

func (c *converter) order(list []*ast.OrderingTerm) []*tree.Order {
	if len(list) == 0 {
		return nil
	}
	out := make([]*tree.Order, len(list))
	for i, n := range list {
		c.enter(n.Pos())
		o := &tree.Order{Span: spanOf(n), X: c.expr(n.Expr), Desc: n.Order == ast.SortDesc}
		switch n.Nulls {
		case ast.NullsFirst:
			o.Nulls = tree.NullsFirst
		case ast.NullsLast:
			o.Nulls = tree.NullsLast
		}
		c.leave()
		out[i] = o
	}
	return out
}

func (c *converter) with(n *ast.With) *tree.With {
	if n == nil {
		return nil
	}
	defer c.leave()
	if !c.enter(n.Pos()) {
		return nil
	}
	w := &tree.With{Span: spanOf(n), Recursive: n.Recursive, Tables: make([]*tree.CommonTable, len(n.CTEs))}
	for i, e := range n.CTEs {
		c.enter(e.Pos())
		w.Tables[i] = &tree.CommonTable{
			Span: spanOf(e), Name: ident(e.Name), Columns: idents(e.Columns), Body: c.query(e.Select, spanOf(e.Select)),
		}
		c.leave()
		c.plainColumns(e.Columns)
	}
	return w
}

// plainColumns refuses a COLLATE, ASC or DESC after a column's name. SQLite does too, but its grammar, and meyer, don't.
func (c *converter) plainColumns(list []*ast.Ident) {
	for _, n := range list {
		if at := c.token(n.End()); c.text[at] != ',' && c.text[at] != ')' {
			c.fail(wrong(at, "more than a column's name"))
		}
	}
}
