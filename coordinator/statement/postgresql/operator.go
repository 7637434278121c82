package postgresql

import "github.com/troupedb/troupe/coordinator/statement/tree"

// operator is an operator as it is written.
type operator struct {
	op string
	// qualified says that it was OPERATOR(…), schema is what stands before op there, with its dots.
	qualified bool
	schema    string
}

// text returns the operator so that one in a schema doesn't look like the bare one.
func (o operator) text() string {
	if o.qualified {
		return "OPERATOR(" + o.schema + o.op + ")"
	}
	return o.op
}

// isOperator reports whether a token is an operator of symbols.
func (t token) isOperator() bool {
	switch t.kind {
	case '+', '-', '*', '/', '%', '^', '<', '>', '=', lessEqualToken, greaterEqualToken, notEqualToken, operatorToken:
		return true
	}
	return false
}

// operatorName reads an operator, or OPERATOR(schema.operator).
func (p *parser) operatorName() operator {
	if !p.acceptWord("operator") {
		return operator{op: p.operatorSymbol()}
	}
	o := operator{qualified: true}
	p.want('(')
	for p.token().isColumnName() {
		o.schema += p.columnName().Name + "."
		p.want('.')
	}
	o.op = p.operatorSymbol()
	p.want(')')
	return o
}

func (p *parser) operatorSymbol() string {
	t := p.token()
	if !t.isOperator() {
		p.unexpected()
		return ""
	}
	p.advance()
	if t.kind == notEqualToken {
		return "<>"
	}
	return p.source(t)
}

// apply reads the infix or postfix operator that is next, and its right side. It returns the operator's level if another one
// of that level can't follow.
func (p *parser) apply(left tree.Expr, l level, f form) (tree.Expr, level) {
	start := left.Extent().Start
	switch l {
	case levelOr, levelAnd:
		return p.logic(left, l), noLevel
	case levelIs:
		return p.is(left, f)
	case levelMatch:
		return p.matching(left)
	case levelAt:
		return p.at(left), noLevel
	case levelCollate:
		p.advance()
		n := &tree.Collate{X: left, Name: p.dotted()}
		n.Span = p.since(start)
		return n, noLevel
	case levelCast:
		p.advance()
		n := &tree.Cast{X: left, Type: p.typeName()}
		n.Span = p.since(start)
		return n, noLevel
	}
	return p.binary(left, l, f)
}

// binary reads an operator of symbols and its right side.
func (p *parser) binary(left tree.Expr, l level, f form) (tree.Expr, level) {
	start := left.Extent().Start
	o := p.operatorName()
	if p.quantifies() && f == whole {
		n := &tree.Quantified{X: left, Op: o.op, Qualified: o.qualified}
		n.All, n.Array, n.Query = p.quantified()
		n.Span = p.since(start)
		return n, noLevel
	}
	n := p.binaries.next()
	n.Op, n.Qualified, n.L = o.op, o.qualified, left
	n.R = p.climb(l+1, f)
	n.Span = p.since(start)
	if l == levelComparison {
		return n, l
	}
	return n, noLevel
}

// quantifies reports whether ANY, SOME or ALL comes next.
func (p *parser) quantifies() bool {
	switch p.word() {
	case "any", "some", "all":
		return true
	}
	return false
}

// quantified reads ANY (…), SOME (…) or ALL (…): an expression or a query.
func (p *parser) quantified() (all bool, array tree.Expr, query *tree.Query) {
	all = p.word() == "all"
	p.advance()
	g := p.group()
	switch {
	case g.query != nil:
		return all, nil, g.query
	case len(g.items) > 1:
		p.unexpected()
	}
	return all, g.items[0], nil
}

// logic reads a chain of ANDs or ORs.
func (p *parser) logic(left tree.Expr, l level) tree.Expr {
	word := "and"
	if l == levelOr {
		word = "or"
	}
	n := &tree.Logic{Or: l == levelOr, Args: []tree.Expr{left}}
	for p.word() == word && p.infix(whole) == l {
		p.advance()
		n.Args = append(n.Args, p.climb(l+1, whole))
	}
	n.Span = p.since(left.Extent().Start)
	return n
}

// at reads AT TIME ZONE x or AT LOCAL.
func (p *parser) at(left tree.Expr) tree.Expr {
	start := left.Extent().Start
	p.advance()
	if p.acceptWord("local") {
		return &tree.Unary{Span: p.since(start), Op: "AT LOCAL", Postfix: true, X: left}
	}
	p.wantWords("time", "zone")
	n := &tree.Binary{Op: "AT TIME ZONE", L: left, R: p.climb(levelAt+1, whole)}
	n.Span = p.since(start)
	return n
}
