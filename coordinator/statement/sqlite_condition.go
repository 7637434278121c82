package statement

import (
	"strings"

	"github.com/sqlc-dev/meyer/ast"
)

var sqliteComparisons = map[ast.Operator]Operator{
	ast.OpEq: Equal, ast.OpNe: NotEqual,
	ast.OpLt: Less, ast.OpLe: LessOrEqual, ast.OpGt: Greater, ast.OpGe: GreaterOrEqual,
}

// mirrored says what an operator becomes when its sides are exchanged; those that aren't here stay.
var mirrored = map[Operator]Operator{
	Less: Greater, LessOrEqual: GreaterOrEqual, Greater: Less, GreaterOrEqual: LessOrEqual,
}

// condition walks an expression and collects its comparisons. The parts of an AND that is true are all true, and so
// the parts of an OR that is false are all false; of an AND that is false or an OR that is true nothing is certain.
func (b *binder) condition(e ast.Expr, p place) {
	switch n := unwrap(e).(type) {
	case *ast.UnaryExpr:
		if n.Op == ast.OpNot {
			p.negated = !p.negated
			b.condition(n.X, p)
			return
		}
		b.condition(n.X, p.aside())
	case *ast.BinaryExpr:
		b.binary(n, p)
	case *ast.BetweenExpr:
		operator := Between
		if n.Not {
			operator = NotBetween
		}
		b.compare(operator, n.X, p, n.Lo, n.Hi)
	case *ast.InExpr:
		b.in(n, p)
	case *ast.LikeExpr:
		b.like(n, p)
	case *ast.IsExpr:
		operator := Is
		// "IS DISTINCT FROM" has the sense of "IS NOT".
		if n.Not != n.Distinct {
			operator = IsNot
		}
		b.compareEither(operator, n.X, n.Y, p)
	case *ast.NullCheckExpr:
		operator := Is
		if n.Test != ast.TestIsNull {
			operator = IsNot
		}
		if c, ok := p.scope.columnOf(n.X); ok {
			b.report(c, operator, []operand{{}}, p)
			return
		}
		b.condition(n.X, p.aside())
	default:
		for _, child := range n.Children() {
			b.node(child, p.aside())
		}
	}
}

func (b *binder) binary(n *ast.BinaryExpr, p place) {
	switch n.Op {
	case ast.OpAnd, ast.OpOr:
		p.conjunct = p.conjunct && p.negated == (n.Op == ast.OpOr)
		b.condition(n.X, p)
		b.condition(n.Y, p)
		return
	case ast.OpEq:
		if b.rows(n, p) {
			return
		}
	}
	operator, ok := sqliteComparisons[n.Op]
	if !ok {
		b.condition(n.X, p.aside())
		b.condition(n.Y, p.aside())
		return
	}
	b.compareEither(operator, n.X, n.Y, p)
}

// rows walks "(a, b) = (1, 2)", which is an AND of its parts.
func (b *binder) rows(n *ast.BinaryExpr, p place) bool {
	x, ok := unwrap(n.X).(*ast.VectorExpr)
	if !ok {
		return false
	}
	y, ok := unwrap(n.Y).(*ast.VectorExpr)
	if !ok || len(x.List) != len(y.List) {
		return false
	}
	p.conjunct = p.conjunct && !p.negated
	for i := range x.List {
		b.compareEither(Equal, x.List[i], y.List[i], p)
	}
	return true
}

func (b *binder) in(n *ast.InExpr, p place) {
	operator := In
	if n.Not {
		operator = NotIn
	}
	if n.Select == nil && n.Table == nil {
		b.compare(operator, n.X, p, n.List...)
		return
	}
	b.condition(n.X, p.aside())
	if n.Table != nil {
		b.tables++
	}
	if n.Select != nil {
		b.node(n.Select, p)
	}
	eachNode(b, n.Args, p)
}

func (b *binder) like(n *ast.LikeExpr, p place) {
	operator := Operator(strings.ToUpper(n.Op.Raw))
	if n.Not {
		operator = "NOT " + operator
	}
	switch operator {
	case Like, NotLike, Glob, NotGlob:
		if n.Escape == nil {
			b.compare(operator, n.X, p, n.Y)
			return
		}
	}
	for _, child := range []ast.Expr{n.X, n.Y, n.Escape} {
		b.where(child, p.aside())
	}
}

// compareEither reports a comparison whichever side the column is on.
func (b *binder) compareEither(operator Operator, x, y ast.Expr, p place) {
	if _, ok := constant(x); ok {
		if turned, ok := mirrored[operator]; ok {
			operator = turned
		}
		x, y = y, x
	}
	b.compare(operator, x, p, y)
}

// compare reports a comparison if x is a column and the values are constants, and else looks for others within.
func (b *binder) compare(operator Operator, x ast.Expr, p place, values ...ast.Expr) {
	if c, ok := p.scope.columnOf(x); ok {
		if operands, ok := constants(values...); ok {
			b.report(c, operator, operands, p)
			return
		}
	}
	b.condition(x, p.aside())
	for _, v := range values {
		b.condition(v, p.aside())
	}
}

func (b *binder) report(c column, operator Operator, operands []operand, p place) {
	b.found = append(b.found, comparison{
		Comparison: Comparison{
			Table: c.table, Column: c.name, Operator: operator,
			Negated: p.negated, Conjunct: p.conjunct && c.own, Depth: p.depth,
		},
		operands: operands,
	})
}
