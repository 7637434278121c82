package postgresql

import "github.com/troupedb/troupe/coordinator/statement/tree"

// query reads a query, which may begin with a parenthesis but not end with the one that belongs to it.
func (p *parser) query() *tree.Query {
	p.enter(1)
	before := p.beginChain()
	start := p.start()
	q := &tree.Query{}
	if p.word() == "with" {
		q.With = p.with()
	}
	p.queryBody(q, start)
	p.endChain(before)
	p.leave(1)
	return q
}

// queryBody reads a query behind its WITH clause. Its span begins at start.
func (p *parser) queryBody(q *tree.Query, start int) {
	at := p.start()
	q.Body = p.setOperations(p.queryOperand(), at, 0)
	p.queryTail(q)
	q.Span = p.since(start)
}

// queryFrom reads the rest of the query that begins with first in parentheses, which begin at start.
func (p *parser) queryFrom(start int, first *tree.Query) *tree.Query {
	q := &tree.Query{Body: p.setOperations(first, start, 0)}
	p.queryTail(q)
	q.Span = p.since(start)
	return q
}

// setOperator returns the level of the set operation that comes next; 0 if there is none.
func (p *parser) setOperator() int {
	switch p.word() {
	case "union", "except":
		return 1
	case "intersect":
		return 2
	}
	return 0
}

// setOperations reads the set operations of at least a level that follow left, which begins at start.
func (p *parser) setOperations(left tree.Node, start, least int) tree.Node {
	for {
		level := p.setOperator()
		if level == 0 || level < least {
			return left
		}
		n := &tree.SetOp{Op: upper(p.word()), Left: left}
		p.advance()
		if n.All = p.acceptWord("all"); !n.All {
			p.acceptWord("distinct")
		}
		below := p.beginLink()
		p.enter(1)
		at := p.start()
		n.Right = p.setOperations(p.queryOperand(), at, level+1)
		p.leave(1)
		p.endLink(below)
		n.Span = p.since(start)
		left = n
	}
}

// queryOperand reads what set operations stand between.
func (p *parser) queryOperand() tree.Node {
	if p.kind() == '(' {
		return p.subquery()
	}
	p.enter(1)
	defer p.leave(1)
	switch p.word() {
	case "select":
		return p.block()
	case "values":
		return p.values()
	case "table":
		return p.tableCommand()
	}
	p.unexpected()
	return &tree.Values{}
}

// values reads a VALUES list.
func (p *parser) values() *tree.Values {
	start := p.start()
	p.wantWord("values")
	p.census.Blocks++
	n := &tree.Values{Rows: p.valuesRows()}
	n.Span = p.since(start)
	return n
}

func (p *parser) valuesRows() []*tree.ValuesRow {
	var rows []*tree.ValuesRow
	for {
		p.enter(1)
		start := p.start()
		p.want('(')
		row := &tree.ValuesRow{Items: p.expressionsLike(rows)}
		p.want(')')
		row.Span = p.since(start)
		p.leave(1)
		rows = append(rows, row)
		if !p.accept(',') {
			return rows
		}
	}
}

// expressionsLike reads expressions, probably as many as the rows before have.
func (p *parser) expressionsLike(rows []*tree.ValuesRow) []tree.Expr {
	if len(rows) == 0 {
		return p.expressions()
	}
	list := append(make([]tree.Expr, 0, len(rows[0].Items)), p.expression())
	for p.accept(',') {
		list = append(list, p.expression())
	}
	return list
}

// tableCommand reads TABLE t.
func (p *parser) tableCommand() *tree.Block {
	start := p.start()
	p.wantWord("table")
	p.census.Blocks++
	n := &tree.Block{TableCommand: true}
	n.TargetsSpan = tree.Span{Start: p.end(), End: p.end()}
	p.enter(1)
	n.From = []tree.FromItem{p.relation()}
	p.leave(1)
	n.Span = p.since(start)
	return n
}
