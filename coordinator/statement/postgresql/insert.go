package postgresql

import "github.com/troupedb/troupe/coordinator/statement/tree"

// insert reads INSERT. Its span begins at start, where its WITH clause does.
func (p *parser) insert(start int, with *tree.With) *tree.InsertStmt {
	p.wantWords("insert", "into")
	n := &tree.InsertStmt{With: with, Target: p.insertTarget()}
	if p.kind() == '(' && !p.beginsSource() {
		n.Columns = p.insertColumns()
	}
	if p.acceptWord("overriding") {
		n.Overriding = true
		if !p.acceptWord("system") {
			p.wantWord("user")
		}
		p.wantWord("value")
	}
	p.insertSource(n)
	if p.word() == "on" {
		n.Upserts = []*tree.Upsert{p.upsert()}
	}
	n.Returning = p.returning()
	n.Span = p.since(start)
	return n
}

// insertTarget reads the table of an INSERT, whose alias needs AS.
func (p *parser) insertTarget() *tree.Table {
	p.enter(1)
	defer p.leave(1)
	n := p.relationName()
	if p.word() == "as" {
		p.advance()
		at := p.start()
		n.Alias = &tree.Alias{Name: p.columnName()}
		n.Alias.Span = p.since(at)
	}
	n.Span = p.since(n.Start)
	return n
}

// beginsSource reports whether the parenthesis that comes next is the source's and not that of the columns.
func (p *parser) beginsSource() bool {
	switch p.wordAhead(1) {
	case "select", "with", "table":
		return true
	case "values":
		return p.ahead(2).kind == '('
	}
	return p.ahead(1).kind == '('
}

// insertColumns reads the columns of an INSERT. Parts of columns are left: the tree has no room for them.
func (p *parser) insertColumns() []tree.Ident {
	p.want('(')
	var list []tree.Ident
	for {
		list = append(list, p.columnName())
		if p.kind() == '.' || p.kind() == '[' {
			p.unsupported("an INSERT into a part of a column")
		}
		if !p.accept(',') {
			break
		}
	}
	p.want(')')
	return list
}

// insertSource reads DEFAULT VALUES or a query. The rows of a VALUES that isn't a part of something larger are the INSERT's.
func (p *parser) insertSource(n *tree.InsertStmt) {
	if p.acceptWords("default", "values") {
		return
	}
	q := p.query()
	if values, ok := q.Body.(*tree.Values); ok && q.Span == values.Span {
		p.census.Blocks-- // it isn't a list of its own
		n.Rows = values.Rows
		n.RowsSpan = tree.Span{Start: values.Rows[0].Start, End: values.End}
		return
	}
	n.Query = q
}

// returning reads RETURNING, if it comes next.
func (p *parser) returning() []*tree.Target {
	if !p.acceptWord("returning") {
		return nil
	}
	return p.targets()
}

// upsert reads ON CONFLICT.
func (p *parser) upsert() *tree.Upsert {
	p.enter(1)
	defer p.leave(1)
	start := p.start()
	p.wantWords("on", "conflict")
	n := &tree.Upsert{}
	switch {
	case p.acceptWords("on", "constraint"):
		name := p.columnName()
		n.Constraint = &name
	case p.accept('('):
		for {
			n.Target = append(n.Target, p.indexElement())
			if !p.accept(',') {
				break
			}
		}
		p.want(')')
		if p.acceptWord("where") {
			n.TargetWhere = p.expression()
		}
	}
	p.wantWord("do")
	if n.DoNothing = p.acceptWord("nothing"); !n.DoNothing {
		p.wantWords("update", "set")
		n.Set = p.assignments()
		if p.acceptWord("where") {
			n.Where = p.expression()
		}
	}
	n.Span = p.since(start)
	return n
}

// indexElement reads an element of an index: a column, a function, or an expression in parentheses, with a collation and an
// operator class. What has an operator class isn't just the column any more.
func (p *parser) indexElement() tree.Expr {
	p.enter(1)
	defer p.leave(1)
	start := p.start()
	var e tree.Expr
	switch {
	case p.kind() == '(':
		e = p.grouped(p.group())
	case p.isTableFunction():
		e = p.tableCall()
	default:
		n := p.columns.next()
		n.Name = p.columnName()
		n.Span = p.since(start)
		e = n
	}
	if p.acceptWord("collate") {
		p.reach(p.deepest + 1)
		n := &tree.Collate{X: e, Name: p.dotted()}
		n.Span = p.since(start)
		e = n
	}
	if p.token().isColumnName() && p.word() != "nulls" {
		p.reach(p.deepest + 1)
		p.dotted()
		e = &tree.Opaque{Span: p.since(start), What: "operator class", Children: []tree.Node{e}}
	}
	if !p.acceptWord("asc") {
		p.acceptWord("desc")
	}
	p.nulls()
	return e
}
