package postgresql

import "github.com/troupedb/troupe/coordinator/statement/tree"

// update reads UPDATE. Its span begins at start, where its WITH clause does.
func (p *parser) update(start int, with *tree.With) *tree.UpdateStmt {
	p.wantWord("update")
	n := &tree.UpdateStmt{With: with, Target: p.changeTarget()}
	p.wantWord("set")
	n.Set = p.assignments()
	if p.acceptWord("from") {
		n.From = p.fromList()
	}
	n.Where, n.Cursor = p.whereOrCursor()
	n.Returning = p.returning()
	n.Span = p.since(start)
	return n
}

// deletion reads DELETE. Its span begins at start, where its WITH clause does.
func (p *parser) deletion(start int, with *tree.With) *tree.DeleteStmt {
	p.wantWords("delete", "from")
	n := &tree.DeleteStmt{With: with, Target: p.changeTarget()}
	if p.acceptWord("using") {
		n.Using = p.fromList()
	}
	n.Where, n.Cursor = p.whereOrCursor()
	n.Returning = p.returning()
	n.Span = p.since(start)
	return n
}

// changeTarget reads the table of an UPDATE or DELETE with its alias, which can't be SET without AS.
func (p *parser) changeTarget() *tree.Table {
	p.enter(1)
	defer p.leave(1)
	n := p.relation()
	if p.acceptWord("as") || p.token().isColumnName() && p.word() != "set" {
		at := p.start()
		n.Alias = &tree.Alias{Name: p.columnName()}
		n.Alias.Span = p.since(at)
	}
	n.Span = p.since(n.Start)
	return n
}

// whereOrCursor reads WHERE, if it comes next: a condition or CURRENT OF a cursor.
func (p *parser) whereOrCursor() (tree.Expr, bool) {
	if !p.acceptWord("where") {
		return nil, false
	}
	if p.acceptWords("current", "of") {
		p.columnName()
		return nil, true
	}
	return p.expression(), false
}

// assignments reads what follows SET.
func (p *parser) assignments() []*tree.Assignment {
	list := []*tree.Assignment{p.assignment()}
	for p.accept(',') {
		list = append(list, p.assignment())
	}
	return list
}

func (p *parser) assignment() *tree.Assignment {
	p.enter(1)
	start := p.start()
	n := &tree.Assignment{}
	if p.accept('(') {
		for {
			p.assigned(n)
			if !p.accept(',') {
				break
			}
		}
		p.want(')')
	} else {
		p.assigned(n)
	}
	p.want('=')
	n.Value = p.expression()
	n.Span = p.since(start)
	p.leave(1)
	return n
}

// assigned reads a column that is assigned, or a part of one.
func (p *parser) assigned(n *tree.Assignment) {
	n.Columns = append(n.Columns, p.columnName())
	for {
		switch {
		case p.kind() == '[':
			n.Part = true
			from, to := p.subscript()
			if from != nil {
				n.Children = append(n.Children, from)
			}
			if to != nil {
				n.Children = append(n.Children, to)
			}
		case p.accept('.'):
			n.Part = true
			p.label()
		default:
			return
		}
	}
}
