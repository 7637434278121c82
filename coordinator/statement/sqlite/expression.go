package sqlite

import (
	"slices"
	"strings"

	"github.com/sqlc-dev/meyer/ast"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

func (c *converter) exprs(list []ast.Expr) []tree.Expr {
	if len(list) == 0 {
		return nil
	}
	out := make([]tree.Expr, len(list))
	for i, e := range list {
		out[i] = c.expr(e)
	}
	return out
}

// expr converts an expression; nil stays nil.
func (c *converter) expr(e ast.Expr) tree.Expr {
	if e == nil {
		return nil
	}
	defer c.leave()
	if !c.enter(e.Pos()) {
		return nil
	}
	span := spanOf(e)
	switch n := e.(type) {
	case *ast.Ident:
		return &tree.Column{Span: span, Name: ident(n)}
	case *ast.QualifiedRef:
		names := idents(n.Parts)
		last := len(names) - 1
		return &tree.Column{Span: span, Qualifier: names[:last:last], Name: names[last]}
	case *ast.Star:
		s := &tree.Star{Span: span}
		if n.Table != nil {
			s.Qualifier = []tree.Ident{ident(n.Table)}
		}
		return s
	case *ast.Literal:
		return c.literal(n)
	case *ast.BindParam:
		return c.parameter(n)
	case *ast.ParenExpr:
		return &tree.Paren{Span: span, X: c.expr(n.X)}
	case *ast.UnaryExpr:
		return &tree.Unary{Span: span, Op: n.Op.String(), X: c.expr(n.X)}
	case *ast.BinaryExpr:
		if n.Op == ast.OpAnd || n.Op == ast.OpOr {
			return c.logic(n)
		}
		return &tree.Binary{Span: span, Op: n.Op.String(), L: c.expr(n.X), R: c.expr(n.Y)}
	case *ast.VectorExpr:
		return &tree.Row{Span: span, Items: c.exprs(n.List)}
	case *ast.SubqueryExpr:
		return &tree.Subquery{Span: span, Query: c.query(n.Select, spanOf(n.Select))}
	case *ast.ExistsExpr:
		return &tree.Exists{Span: span, Query: c.query(n.Select, spanOf(n.Select))}
	case *ast.FuncCall:
		return c.call(n)
	default:
		return c.special(e)
	}
}

// special converts the expressions with a grammar of their own.
func (c *converter) special(e ast.Expr) tree.Expr {
	span := spanOf(e)
	switch n := e.(type) {
	case *ast.IsExpr:
		return c.is(n)
	case *ast.NullCheckExpr:
		if n.Test == ast.TestNotNullWords && endsInNot(n.X) {
			c.fail(unsupported(n.Pos(), "NOT before NOT NULL without parentheses"))
		}
		return &tree.Is{Span: span, X: c.expr(n.X), Not: n.Test != ast.TestIsNull, Test: tree.IsNull}
	case *ast.InExpr:
		return c.in(n)
	case *ast.BetweenExpr:
		return &tree.Between{Span: span, X: c.expr(n.X), Lo: c.expr(n.Lo), Hi: c.expr(n.Hi), Not: n.Not}
	case *ast.LikeExpr:
		return &tree.Like{
			Span: span, X: c.expr(n.X), Pattern: c.expr(n.Y), Escape: c.expr(n.Escape),
			Op: strings.ToUpper(n.Op.Raw), Not: n.Not,
		}
	case *ast.CaseExpr:
		return c.cases(n)
	case *ast.CastExpr:
		return &tree.Cast{Span: span, X: c.expr(n.X), Type: typeName(n)}
	case *ast.CollateExpr:
		return &tree.Collate{Span: span, X: c.expr(n.X), Name: []tree.Ident{ident(n.Name)}}
	case *ast.RaiseExpr:
		o := &tree.Opaque{Span: span, What: "RAISE"}
		if n.Message != nil {
			o.Children = append(o.Children, c.expr(n.Message))
		}
		return o
	default:
		return c.opaque(e)
	}
}

// endsInNot reports whether the last operator of e is a prefix NOT. To SQLite a NOT NULL after it belongs to its operand;
// meyer 0.1.2 takes it for the whole.
func endsInNot(e ast.Expr) bool {
	for {
		switch n := e.(type) {
		case *ast.UnaryExpr:
			if n.Op == ast.OpNot {
				return true
			}
			e = n.X
		case *ast.BinaryExpr:
			e = n.Y
		case *ast.IsExpr:
			e = n.Y
		case *ast.BetweenExpr:
			e = n.Hi
		case *ast.LikeExpr:
			e = n.Y
			if n.Escape != nil {
				e = n.Escape
			}
		default:
			return false
		}
	}
}

// logic converts a chain of ANDs or of ORs, which is deepest on the left and may be of any length.
func (c *converter) logic(n *ast.BinaryExpr) *tree.Logic {
	var args []ast.Expr
	for x := n; ; {
		args = append(args, x.Y)
		left, ok := x.X.(*ast.BinaryExpr)
		if !ok || left.Op != n.Op {
			args = append(args, x.X)
			break
		}
		x = left
	}
	slices.Reverse(args)
	return &tree.Logic{Span: spanOf(n), Or: n.Op == ast.OpOr, Args: c.exprs(args)}
}

// is converts IS and IS NOT; the spelling with DISTINCT FROM has the opposite sense.
func (c *converter) is(n *ast.IsExpr) *tree.Is {
	is := &tree.Is{Span: spanOf(n), X: c.expr(n.X)}
	if l, ok := n.Y.(*ast.Literal); ok && l.Kind == ast.LitNull && !n.Distinct {
		is.Test, is.Not = tree.IsNull, n.Not
		return is
	}
	is.Test, is.Not, is.Y = tree.IsDistinct, n.Not == n.Distinct, c.expr(n.Y)
	return is
}

// InFunction is what a [tree.Opaque] is that has the operand before the IN, and then the function's arguments, as its children.
const InFunction = "IN with a table-valued function"

func (c *converter) in(n *ast.InExpr) tree.Expr {
	if n.HasArgs {
		o := &tree.Opaque{Span: spanOf(n), What: InFunction, Children: []tree.Node{c.expr(n.X)}}
		for _, arg := range n.Args {
			o.Children = append(o.Children, c.expr(arg))
		}
		return o
	}
	in := &tree.In{Span: spanOf(n), X: c.expr(n.X), Not: n.Not, List: c.exprs(n.List)}
	if n.Select != nil {
		in.Query = c.query(n.Select, spanOf(n.Select))
	}
	if n.Table != nil {
		in.Table = c.target(n.Table, nil, nil, false)
	}
	return in
}

func (c *converter) cases(n *ast.CaseExpr) *tree.Case {
	e := &tree.Case{Span: spanOf(n), Operand: c.expr(n.Operand), Whens: make([]*tree.When, len(n.Whens))}
	for i, w := range n.Whens {
		c.enter(w.Pos())
		e.Whens[i] = &tree.When{Span: spanOf(w), Cond: c.expr(w.When), Result: c.expr(w.Then)}
		c.leave()
	}
	e.Else = c.expr(n.Else)
	return e
}

func (c *converter) call(n *ast.FuncCall) *tree.Call {
	return &tree.Call{
		Span: spanOf(n), Name: []tree.Ident{ident(n.Name)}, Star: n.Star, Distinct: n.Distinct, Plain: true,
		Args: c.exprs(n.Args), OrderBy: c.order(n.OrderBy), Filter: c.expr(n.Filter), Over: c.over(n.Over),
	}
}

// typeName converts the type of a cast, which may be left out: CAST (x AS).
func typeName(n *ast.CastExpr) tree.TypeName {
	if n.Type == nil {
		at := n.End() - len(")")
		return tree.TypeName{Span: tree.Span{Start: at, End: at}}
	}
	return tree.TypeName{Span: spanOf(n.Type), Name: fold(n.Type.Name), Modified: len(n.Type.Args) > 0}
}
