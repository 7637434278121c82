package postgresql

import "github.com/troupedb/troupe/coordinator/statement/tree"

// alias reads an alias with its columns, if one comes next. Its span begins with the name.
func (p *parser) alias() *tree.Alias {
	if !p.acceptWord("as") && !p.token().isColumnName() {
		return nil
	}
	start := p.start()
	a := &tree.Alias{Name: p.columnName()}
	if p.kind() == '(' {
		a.Columns = p.columnNames()
	}
	a.Span = p.since(start)
	return a
}

// functionAlias is alias for a function, whose columns may have types.
func (p *parser) functionAlias() *tree.Alias {
	as := p.acceptWord("as")
	if !as && !p.token().isColumnName() {
		return nil
	}
	start := p.start()
	a := &tree.Alias{}
	switch {
	case as && p.kind() == '(':
		a.Name.Span = tree.Span{Start: start, End: start}
	default:
		a.Name = p.columnName()
	}
	if p.kind() == '(' {
		if next := p.ahead(2); next.kind == ',' || next.kind == ')' {
			a.Columns = p.columnNames()
		} else {
			p.columnDefinitions(a)
		}
	}
	a.Span = p.since(start)
	return a
}

// columnDefinitions reads columns with their types, in parentheses.
func (p *parser) columnDefinitions(a *tree.Alias) {
	a.Typed = true
	p.want('(')
	for {
		a.Columns = append(a.Columns, p.columnName())
		p.typeName()
		if p.acceptWord("collate") {
			p.dotted()
		}
		if !p.accept(',') {
			break
		}
	}
	p.want(')')
}
