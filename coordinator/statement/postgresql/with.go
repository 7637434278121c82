package postgresql

import "github.com/troupedb/troupe/coordinator/statement/tree"

// with reads a WITH clause.
func (p *parser) with() *tree.With {
	p.enter(1)
	start := p.start()
	p.wantWord("with")
	n := &tree.With{}
	if p.word() == "recursive" && p.ahead(1).isColumnName() { // else it is a name
		p.advance()
		n.Recursive = true
	}
	for {
		n.Tables = append(n.Tables, p.commonTable())
		if !p.accept(',') {
			break
		}
	}
	n.Span = p.since(start)
	p.leave(1)
	return n
}

func (p *parser) commonTable() *tree.CommonTable {
	p.enter(1)
	start := p.start()
	n := &tree.CommonTable{Name: p.columnName()}
	if p.kind() == '(' {
		n.Columns = p.columnNames()
	}
	p.wantWord("as")
	if !p.acceptWords("not", "materialized") {
		p.acceptWord("materialized")
	}
	p.want('(')
	n.Body = p.statement()
	p.want(')')
	n.Extras = p.search()
	n.Extras = p.cycle() || n.Extras
	n.Span = p.since(start)
	p.leave(1)
	return n
}

// statement reads a statement that changes or reads rows, with its WITH clause.
func (p *parser) statement() tree.Node {
	start := p.start()
	return p.statementAfter(start, p.optionalWith())
}

// optionalWith reads the WITH clause of a statement, if it comes next.
func (p *parser) optionalWith() *tree.With {
	if p.word() != "with" {
		return nil
	}
	p.enter(1)
	defer p.leave(1)
	return p.with()
}

// statementAfter reads a statement behind its WITH clause; with is nil if it has none. Its span begins at start.
func (p *parser) statementAfter(start int, with *tree.With) tree.Node {
	p.enter(1)
	defer p.leave(1)
	switch p.word() {
	case "insert":
		return p.insert(start, with)
	case "update":
		return p.update(start, with)
	case "delete":
		return p.deletion(start, with)
	case "merge":
		p.unsupported("MERGE")
	}
	before := p.beginChain()
	q := &tree.Query{With: with}
	p.queryBody(q, start)
	p.endChain(before)
	return q
}

// search reads the SEARCH clause of a common table expression, if it comes next.
func (p *parser) search() bool {
	if !p.acceptWord("search") {
		return false
	}
	if !p.acceptWord("depth") {
		p.wantWord("breadth")
	}
	p.wantWords("first", "by")
	p.columnList()
	p.wantWord("set")
	p.columnName()
	return true
}

// cycle reads the CYCLE clause of a common table expression, if it comes next.
func (p *parser) cycle() bool {
	if !p.acceptWord("cycle") {
		return false
	}
	p.columnList()
	p.wantWord("set")
	p.columnName()
	if p.acceptWord("to") {
		p.constant()
		p.wantWord("default")
		p.constant()
	}
	p.wantWord("using")
	p.columnName()
	return true
}

func (p *parser) columnList() {
	p.columnName()
	for p.accept(',') {
		p.columnName()
	}
}

// constant passes over a constant, perhaps with its type; nothing else, because it is no part of the tree.
func (p *parser) constant() {
	at := p.start()
	e := p.primary(simple)
	if cast, ok := e.(*tree.Cast); ok {
		e = cast.X
	}
	switch n := e.(type) {
	case *tree.Literal:
	case *tree.Opaque:
		if len(n.Children) > 0 {
			p.stop(at, "a constant belongs here", false)
		}
	default:
		p.stop(at, "a constant belongs here", false)
	}
}
