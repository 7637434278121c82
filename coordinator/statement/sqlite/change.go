package sqlite

import (
	"github.com/sqlc-dev/meyer/ast"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// insertsRows returns the VALUES list that is all of an INSERT's source, or nil.
func insertsRows(n *ast.InsertStmt) *ast.ValuesClause {
	if n.Select == nil || n.Select.With != nil || len(n.Select.Cores) > 1 {
		return nil
	}
	values, _ := n.Select.Cores[0].(*ast.ValuesClause)
	return values
}

func (c *converter) insert(n *ast.InsertStmt, span tree.Span) *tree.InsertStmt {
	c.enter(n.Pos())
	defer c.leave()
	s := &tree.InsertStmt{
		Span: span, With: c.with(n.With), Target: c.target(n.Table, n.Alias, nil, false), Or: n.OrConflict.String(),
		Columns: idents(n.Columns),
	}
	if n.Replace {
		s.Or = "REPLACE"
	}
	if values := insertsRows(n); values != nil {
		s.Rows = c.rows(values)
		s.RowsSpan = tree.Span{Start: s.Rows[0].Start, End: s.Rows[len(s.Rows)-1].End}
	} else if n.Select != nil {
		s.Query = c.query(n.Select, spanOf(n.Select))
	}
	for _, u := range n.Upserts {
		s.Upserts = append(s.Upserts, c.upsert(u))
	}
	s.Returning = c.targets(n.Returning)
	return s
}

func (c *converter) upsert(n *ast.Upsert) *tree.Upsert {
	defer c.leave()
	if !c.enter(n.Pos()) {
		return nil
	}
	u := &tree.Upsert{Span: spanOf(n), DoNothing: n.DoNothing}
	for _, term := range n.Target {
		u.Target = append(u.Target, c.expr(term.Expr))
	}
	u.TargetWhere = c.expr(n.TargetWhere)
	u.Set = c.assignments(n.Set)
	u.Where = c.expr(n.Where)
	return u
}

func (c *converter) update(n *ast.UpdateStmt, span tree.Span) *tree.UpdateStmt {
	c.enter(n.Pos())
	defer c.leave()
	return &tree.UpdateStmt{
		Span: span, With: c.with(n.With), Or: n.OrConflict.String(),
		Target:    c.target(n.Table, n.Alias, n.IndexedBy, n.NotIndexed),
		Set:       c.assignments(n.Set),
		From:      c.from(n.From),
		Where:     c.expr(n.Where),
		Returning: c.targets(n.Returning),
	}
}

func (c *converter) delete(n *ast.DeleteStmt, span tree.Span) *tree.DeleteStmt {
	c.enter(n.Pos())
	defer c.leave()
	return &tree.DeleteStmt{
		Span: span, With: c.with(n.With),
		Target:    c.target(n.Table, n.Alias, n.IndexedBy, n.NotIndexed),
		Where:     c.expr(n.Where),
		Returning: c.targets(n.Returning),
	}
}

func (c *converter) target(name *ast.QualifiedName, as, indexedBy *ast.Ident, notIndexed bool) *tree.Table {
	c.enter(name.Pos())
	defer c.leave()
	return c.table(name, as, indexedBy, notIndexed)
}

func (c *converter) assignments(list []*ast.SetPair) []*tree.Assignment {
	if len(list) == 0 {
		return nil
	}
	out := make([]*tree.Assignment, len(list))
	for i, n := range list {
		c.enter(n.Pos())
		a := &tree.Assignment{Span: spanOf(n), Columns: idents(n.Columns), Value: c.expr(n.Value)}
		c.leave()
		if c.err == nil && !fits(a) {
			c.fail(wrong(n.Value.Pos(), "not as many values as the %d columns that are assigned", len(a.Columns)))
		}
		out[i] = a
	}
	return out
}

// fits reports whether a's value has a part for each of several columns, as far as its text tells.
func fits(a *tree.Assignment) bool {
	if len(a.Columns) == 1 {
		return true
	}
	switch v := tree.Bare(a.Value).(type) {
	case *tree.Row:
		return len(v.Items) == len(a.Columns)
	case *tree.Subquery:
		return true
	default:
		return false
	}
}
