package postgresql

import "github.com/troupedb/troupe/coordinator/statement/tree"

// group is what stands in a pair of parentheses: a query, or expressions, at least one.
type group struct {
	tree.Span
	query *tree.Query
	items []tree.Expr
}

// group reads a pair of parentheses in an expression. What it holds shows only when the innermost parenthesis has been read:
// ((select 1)) is a query, ((select 1) union select 2) as well, and ((select 1) + 2) isn't. So a query in parentheses is
// taken for one as long as it can be.
func (p *parser) group() group {
	g := group{Span: tree.Span{Start: p.start()}}
	p.want('(')
	switch {
	case p.beginsQuery():
		g.query = p.query()
	case p.kind() == '(':
		p.enter(1)
		inner := p.group()
		if inner.query != nil && p.continuesQuery() {
			g.query = p.queryFrom(inner.Start, inner.query)
		} else {
			g.items = []tree.Expr{p.extend(p.grouped(inner), noLevel, whole)}
		}
		p.leave(1)
	default:
		g.items = []tree.Expr{p.expression()}
	}
	for g.query == nil && p.accept(',') {
		g.items = append(g.items, p.expression())
	}
	p.want(')')
	g.End = max(g.Start, p.end())
	return g
}

// grouped returns what a pair of parentheses is as an operand, with the subscripts and fields behind it.
func (p *parser) grouped(g group) tree.Expr {
	switch {
	case g.query != nil:
		return p.indirect(&tree.Subquery{Span: g.Span, Query: g.query})
	case len(g.items) == 1:
		return p.indirect(&tree.Paren{Span: g.Span, X: g.items[0]})
	}
	return p.overlaps(&tree.Row{Span: g.Span, Items: g.items})
}

// overlaps reads the OVERLAPS and the second row that may follow a row.
func (p *parser) overlaps(left *tree.Row) tree.Expr {
	if !p.acceptWord("overlaps") {
		return left
	}
	n := &tree.Binary{Op: "OVERLAPS", L: left}
	p.reach(p.depth + 2)
	p.enter(1)
	if p.word() == "row" {
		n.R = p.row()
	} else {
		g := p.group()
		n.R = &tree.Row{Span: g.Span, Items: g.items}
		if len(g.items) < 2 {
			p.unexpected()
		}
	}
	p.leave(1)
	n.Span = p.since(left.Start)
	return n
}

// row reads ROW(…).
func (p *parser) row() *tree.Row {
	start := p.start()
	p.wantWord("row")
	n := &tree.Row{}
	if p.want('('); !p.accept(')') {
		n.Items = p.expressions()
		p.want(')')
	}
	n.Span = p.since(start)
	return n
}

// subquery reads a query in parentheses.
func (p *parser) subquery() *tree.Query {
	p.want('(')
	q := p.query()
	p.want(')')
	return q
}

// beginsQuery reports whether a query without parentheses begins here.
func (p *parser) beginsQuery() bool {
	switch p.word() {
	case "select", "with", "table":
		return true
	case "values": // can also be a column
		return p.ahead(1).kind == '('
	}
	return false
}

// continuesQuery reports whether what comes behind a query in parentheses makes it a part of another one, inside the next
// pair of parentheses; their end does as well.
func (p *parser) continuesQuery() bool {
	switch p.word() {
	case "union", "intersect", "except", "order", "limit", "offset", "fetch", "for":
		return true
	}
	return p.kind() == ')'
}
