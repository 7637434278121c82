package sqlite

import (
	"github.com/sqlc-dev/meyer/ast"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// windows converts a WINDOW clause.
func (c *converter) windows(list []*ast.WindowDef) []*tree.NamedWindow {
	if len(list) == 0 {
		return nil
	}
	out := make([]*tree.NamedWindow, len(list))
	for i, n := range list {
		as := c.after(n.Name.End(), len("AS"))
		c.enter(n.Pos())
		out[i] = &tree.NamedWindow{
			Span: spanOf(n), Name: ident(n.Name),
			Window: c.window(n, tree.Span{Start: c.token(as), End: n.End()}),
		}
		c.leave()
	}
	return out
}

// over converts what follows OVER, where meyer's node starts.
func (c *converter) over(n *ast.WindowDef) *tree.Window {
	if n == nil {
		return nil
	}
	return c.window(n, tree.Span{Start: c.token(n.Pos() + len("OVER")), End: n.End()})
}

func (c *converter) window(n *ast.WindowDef, span tree.Span) *tree.Window {
	defer c.leave()
	if !c.enter(n.Pos()) {
		return nil
	}
	w := &tree.Window{
		Span: span, Name: identOrNil(n.Base), PartitionBy: c.exprs(n.Partition), OrderBy: c.order(n.OrderBy),
	}
	for _, bound := range []*ast.FrameBound{n.StartBound, n.EndBound} {
		if bound != nil && bound.Expr != nil {
			w.Frame = append(w.Frame, c.expr(bound.Expr))
		}
	}
	return w
}
