package statement

import (
	"github.com/troupedb/troupe/coordinator/statement/keyset"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// comparisonOperators are the operators that a Binary may have and a Comparison has.
var comparisonOperators = map[string]Operator{
	"=": Equal, "<>": NotEqual, "<": Less, "<=": LessOrEqual, ">": Greater, ">=": GreaterOrEqual,
}

// expr walks an expression and collects its comparisons. The parts of an AND that is true are all true, and so the parts of an
// OR that is false are all false; of an AND that is false or an OR that is true nothing is certain.
func (c *comparer) expr(e tree.Expr, s standing) {
	if e == nil {
		return
	}
	switch n := tree.Bare(e).(type) {
	case *tree.Unary:
		if n.Op == "NOT" && !n.Postfix {
			s.negated = !s.negated
			c.expr(n.X, s)
			return
		}
		c.expr(n.X, s.aside())
	case *tree.Logic:
		s.conjunct = s.conjunct && s.negated == n.Or
		for _, arg := range n.Args {
			c.expr(arg, s)
		}
	case *tree.Binary:
		c.binary(n, s)
	case *tree.Between:
		operator := Between
		if n.Not {
			operator = NotBetween
		}
		if n.Symmetric {
			asideList(c, []tree.Expr{n.X, n.Lo, n.Hi}, s)
			return
		}
		c.compare(operator, n.X, s, n.Lo, n.Hi)
	case *tree.In:
		c.in(n, s)
	case *tree.Quantified:
		c.quantified(n, s)
	case *tree.Like:
		c.like(n, s)
	case *tree.Is:
		c.is(n, s)
	default:
		tree.Children(n, func(child tree.Node) { c.node(child, s.aside()) })
	}
}

func (c *comparer) binary(n *tree.Binary, s standing) {
	operator, ok := comparisonOperators[n.Op]
	if n.Qualified || !ok {
		c.expr(n.L, s.aside())
		c.expr(n.R, s.aside())
		return
	}
	x, y, ok := rows(n.L, n.R)
	if !ok || operator != Equal {
		c.compareEither(operator, n.L, n.R, s)
		return
	}
	// "(a, b) = (1, 2)" is an AND of its parts.
	s.conjunct = s.conjunct && !s.negated
	for i := range x {
		c.compareEither(Equal, x[i], y[i], s)
	}
}

func (c *comparer) in(n *tree.In, s standing) {
	operator := In
	if n.Not {
		operator = NotIn
	}
	if n.Query == nil && n.Table == nil {
		c.compare(operator, n.X, s, n.List...)
		return
	}
	c.expr(n.X, s.aside())
	if n.Query != nil {
		c.query(n.Query, s.inner())
	}
}

func (c *comparer) quantified(n *tree.Quantified, s standing) {
	operator := In
	if n.All {
		operator = NotIn
	}
	if col, ok := c.columnOf(n.X, s); ok && !n.Qualified && (n.Op == "=" && !n.All || n.Op == "<>" && n.All) {
		array := tree.Bare(n.Array)
		if cast, ok := array.(*tree.Cast); ok && cast.Type.Dimensions == 1 {
			array = tree.Bare(cast.X)
		}
		switch array := array.(type) {
		case *tree.Param:
			c.found = append(c.found, c.comparison(col, operator, []keyset.Operand{parameterOf(array)}, s))
			c.found[len(c.found)-1].array = true
			return
		case *tree.Array:
			if operands, ok := operandsOf(array.Items); ok && array.Query == nil {
				c.found = append(c.found, c.comparison(col, operator, operands, s))
				return
			}
		}
	}
	tree.Children(n, func(child tree.Node) { c.node(child, s.aside()) })
}

func (c *comparer) like(n *tree.Like, s standing) {
	operator := Operator(n.Op)
	if n.Not {
		operator = "NOT " + operator
	}
	switch operator {
	case Like, NotLike, Glob, NotGlob:
		if n.Escape == nil {
			c.compare(operator, n.X, s, n.Pattern)
			return
		}
	}
	tree.Children(n, func(child tree.Node) { c.node(child, s.aside()) })
}

func (c *comparer) is(n *tree.Is, s standing) {
	switch n.Test {
	case tree.IsDistinct:
		operator := IsNot
		if n.Not {
			operator = Is
		}
		c.compareEither(operator, n.X, n.Y, s)
	case tree.IsNull:
		operator := Is
		if n.Not {
			operator = IsNot
		}
		if col, ok := c.columnOf(n.X, s); ok {
			c.found = append(c.found, c.comparison(col, operator, []keyset.Operand{{}}, s))
			return
		}
		c.expr(n.X, s.aside())
	default:
		c.expr(n.X, s.aside())
	}
}

// compareEither reports a comparison whichever side the column is on.
func (c *comparer) compareEither(operator Operator, x, y tree.Expr, s standing) {
	if _, ok := operandUncast(x); ok {
		operator, x, y = Operator(turned(string(operator))), y, x
	}
	c.compare(operator, x, s, y)
}

// compare reports a comparison if x is a column and the values are constants, and else looks for others within.
func (c *comparer) compare(operator Operator, x tree.Expr, s standing, values ...tree.Expr) {
	if col, ok := c.columnOf(x, s); ok {
		if operands, ok := operandsOf(values); ok {
			c.found = append(c.found, c.comparison(col, operator, operands, s))
			return
		}
	}
	c.expr(x, s.aside())
	for _, v := range values {
		c.expr(v, s.aside())
	}
}

// operandsOf returns the constants that expressions are, or false if one isn't a literal or a parameter.
func operandsOf(list []tree.Expr) ([]keyset.Operand, bool) {
	operands := make([]keyset.Operand, 0, len(list))
	for _, e := range list {
		o, ok := operandUncast(e)
		if !ok {
			return nil, false
		}
		operands = append(operands, o)
	}
	return operands, true
}

func (c *comparer) comparison(col named, operator Operator, operands []keyset.Operand, s standing) compared {
	return compared{
		Comparison: Comparison{
			Table: col.table, Column: col.name, Operator: operator,
			Negated: s.negated, Conjunct: s.conjunct && col.own, Depth: s.depth, others: c.others,
		},
		operands: operands,
	}
}
