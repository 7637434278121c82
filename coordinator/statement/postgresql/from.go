package postgresql

import "github.com/troupedb/troupe/coordinator/statement/tree"

// fromList reads items of a FROM with commas between them.
func (p *parser) fromList() []tree.FromItem {
	list := []tree.FromItem{p.fromItem()}
	for p.accept(',') {
		list = append(list, p.fromItem())
	}
	return list
}

// fromItem reads an item with all its joins.
func (p *parser) fromItem() tree.FromItem {
	p.enter(1)
	before := p.beginChain()
	item := p.joins(p.fromOperand())
	p.endChain(before)
	p.leave(1)
	return item
}

// fromOperand reads what joins stand between.
func (p *parser) fromOperand() tree.FromItem {
	start := p.start()
	if p.acceptWord("lateral") {
		if p.kind() != '(' {
			return p.tableFunction(start, true)
		}
		return p.derived(start, &tree.Derived{Lateral: true, Query: p.subquery()})
	}
	switch {
	case p.kind() == '(':
		query, join := p.fromGroup()
		if query != nil {
			return p.derived(start, &tree.Derived{Query: query})
		}
		join.Alias = p.alias()
		join.Span = p.since(start)
		return join
	case p.word() == "only":
		return p.sampled(p.relation())
	case p.isTableFunction():
		return p.tableFunction(start, false)
	}
	return p.sampled(p.relation())
}

func (p *parser) derived(start int, n *tree.Derived) *tree.Derived {
	n.Alias = p.alias()
	n.Span = p.since(start)
	return n
}

// fromGroup reads a pair of parentheses in a FROM: a query, taken for one as long as it can be as in [parser.group], or a
// join.
func (p *parser) fromGroup() (*tree.Query, *tree.Join) {
	p.enter(1)
	defer p.leave(1)
	p.want('(')
	var item tree.FromItem
	switch {
	case p.beginsQuery():
		query := p.query()
		p.want(')')
		return query, nil
	case p.kind() == '(':
		start := p.start()
		query, join := p.fromGroup()
		switch {
		case query == nil:
			// An alias of the inner join would make this an operand, which needs a join.
			join.Alias = p.alias()
			join.Span = p.since(start)
			item = p.joins(join)
			if join.Alias != nil && item == tree.FromItem(join) {
				p.unexpected()
			}
		case p.continuesQuery():
			query = p.queryFrom(start, query)
			p.want(')')
			return query, nil
		default:
			item = p.joins(p.derived(start, &tree.Derived{Query: query}))
		}
	default:
		item = p.fromItem()
	}
	join, ok := item.(*tree.Join)
	if !ok {
		p.unexpected()
		join = &tree.Join{L: item, R: item}
	}
	p.want(')')
	return nil, join
}

// isTableFunction reports whether a function comes next, and no table.
func (p *parser) isTableFunction() bool {
	if p.specialForm() || p.acceptsRowsFrom() {
		return true
	}
	n := 0
	for p.ahead(n).isName() {
		switch p.ahead(n + 1).kind {
		case '(':
			return true
		case '.':
			n += 2
		default:
			return false
		}
	}
	return false
}

func (p *parser) acceptsRowsFrom() bool {
	return p.word() == "rows" && p.wordAhead(1) == "from" && p.ahead(2).kind == '('
}

// tableFunction reads a function, or ROWS FROM (…), and its alias.
func (p *parser) tableFunction(start int, lateral bool) *tree.TableFunction {
	n := &tree.TableFunction{Lateral: lateral}
	p.enter(1)
	if p.acceptsRowsFrom() {
		p.advance()
		p.advance()
		p.advance()
		for {
			n.Calls = append(n.Calls, p.tableCall())
			if p.acceptWord("as") {
				p.columnDefinitions(&tree.Alias{})
			}
			if !p.accept(',') {
				break
			}
		}
		p.want(')')
	} else {
		n.Calls = []tree.Expr{p.tableCall()}
	}
	p.leave(1)
	p.acceptWords("with", "ordinality")
	n.Alias = p.functionAlias()
	n.Span = p.since(start)
	return n
}

// tableCall reads a function's call in a FROM.
func (p *parser) tableCall() tree.Expr {
	start := p.start()
	if p.specialForm() && p.word() != "grouping" {
		return p.specialCall(start)
	}
	if !p.isTableFunction() {
		p.unexpected()
		return &tree.Opaque{}
	}
	t := p.token()
	name := []tree.Ident{p.label()}
	for p.accept('.') {
		name = append(name, p.label())
	}
	if len(name) == 1 && !t.isFunctionName() || !t.isFunctionName() && !t.isColumnName() {
		p.unexpectedAt(t)
	}
	return p.call(start, name, false)
}

// relation reads a table's name, with ONLY or a star. What it covers ends there: the alias comes later.
func (p *parser) relation() *tree.Table {
	start := p.start()
	if !p.acceptWord("only") {
		n := p.relationName()
		p.accept('*')
		n.Span = p.since(start)
		n.RelationSpan = n.Span
		return n
	}
	parentheses := p.accept('(')
	n := p.relationName()
	n.Only = true
	if parentheses {
		p.want(')')
	}
	n.Span = p.since(start)
	n.RelationSpan = n.Span
	return n
}

// relationName reads a table's name.
func (p *parser) relationName() *tree.Table {
	at := p.start()
	n := p.tables.next()
	n.Name = p.columnName()
	p.census.Tables++
	for parts := 1; p.accept('.'); parts++ {
		if parts == 3 {
			p.stop(at, "a table's name has too many parts", false)
			break
		}
		schema := n.Name
		n.Schema, n.Name = &schema, p.label()
	}
	n.NameSpan = p.since(at)
	n.Span, n.RelationSpan = n.NameSpan, n.NameSpan
	return n
}

// sampled reads the alias and the TABLESAMPLE behind a table.
func (p *parser) sampled(n *tree.Table) *tree.Table {
	n.Alias = p.alias()
	if p.acceptWord("tablesample") {
		n.Sample = true
		p.label()
		for p.accept('.') {
			p.label()
		}
		p.want('(')
		n.Sampled = p.expressions()
		p.want(')')
		if p.acceptWord("repeatable") {
			p.want('(')
			n.Sampled = append(n.Sampled, p.expression())
			p.want(')')
		}
	}
	n.Span = p.since(n.Start)
	return n
}
