package postgresql

import "github.com/troupedb/troupe/coordinator/statement/tree"

// cases reads CASE.
func (p *parser) cases() tree.Expr {
	start := p.start()
	p.wantWord("case")
	n := &tree.Case{}
	if p.word() != "when" {
		n.Operand = p.expression()
	}
	for {
		p.enter(1)
		at := p.start()
		p.wantWord("when")
		w := &tree.When{Cond: p.expression()}
		p.wantWord("then")
		w.Result = p.expression()
		w.Span = p.since(at)
		p.leave(1)
		n.Whens = append(n.Whens, w)
		if p.word() != "when" {
			break
		}
	}
	if p.acceptWord("else") {
		n.Else = p.expression()
	}
	p.wantWord("end")
	n.Span = p.since(start)
	return n
}

// array reads ARRAY[…] or ARRAY(…).
func (p *parser) array() tree.Expr {
	start := p.start()
	p.wantWord("array")
	n := &tree.Array{}
	if p.kind() == '(' {
		n.Query = p.subquery()
	} else {
		n.Items = p.arrayItems()
	}
	n.Span = p.since(start)
	return n
}

// arrayItems reads […], whose items may be […] as well.
func (p *parser) arrayItems() []tree.Expr {
	var list []tree.Expr
	p.want('[')
	if p.accept(']') {
		return nil
	}
	for {
		if p.kind() == '[' {
			p.enter(1)
			start := p.start()
			n := &tree.Array{Items: p.arrayItems()}
			n.Span = p.since(start)
			list = append(list, n)
			p.leave(1)
		} else {
			list = append(list, p.expression())
		}
		if !p.accept(',') {
			break
		}
	}
	p.want(']')
	return list
}
