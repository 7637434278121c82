package postgresql

import "github.com/troupedb/troupe/coordinator/statement/tree"

// jsonForms are the functions of SQL/JSON that have a grammar of their own since PostgreSQL 16 or 17. They are no keywords of
// ours: without that grammar they are calls as any other.
var jsonForms = words(`json json_array json_arrayagg json_exists json_object json_objectagg json_query json_scalar
	json_serialize json_table json_value`)

// jsonCall reads a function of SQL/JSON. Its clauses are taken in any order.
func (p *parser) jsonCall(start int, name []tree.Ident, tail bool) tree.Expr {
	n := &tree.Call{Name: name, Plain: true}
	p.want('(')
	for separated := true; p.kind() != ')' && p.kind() != endToken; {
		separated = p.jsonPart(n, separated)
	}
	p.want(')')
	return p.callTail(start, n, tail)
}

// jsonPart reads a clause, or an argument if it is separated from the one before. It reports whether another one may follow.
func (p *parser) jsonPart(n *tree.Call, separated bool) bool {
	plain := n.Plain
	n.Plain = false
	switch {
	case (!separated || len(n.Args) == 0) && p.jsonClause(n):
		return false
	case p.word() == "order" && n.OrderBy == nil:
		n.OrderBy = p.orderBy()
		return false
	case !separated:
		p.unexpected()
		return false
	case p.beginsQuery():
		query := p.query()
		n.Args = append(n.Args, &tree.Subquery{Span: query.Span, Query: query})
		return false
	}
	n.Plain = plain
	p.argument(n)
	switch {
	case p.accept(','):
		separated = true
	case p.accept(':'), p.acceptWord("value"):
		n.Plain = false
		separated = true
	default:
		return false
	}
	if p.kind() == ')' {
		p.unexpected()
	}
	return separated
}

// jsonClause reads a clause, if one comes next.
func (p *parser) jsonClause(n *tree.Call) bool {
	switch {
	case p.jsonFormat(), p.jsonUnique(), p.jsonWrapper(), p.jsonBehavior(n):
	case p.acceptWord("returning"):
		p.typeName()
	case p.acceptWord("passing"):
		p.jsonPassing(n)
	case p.acceptNamed("keep"), p.acceptNamed("omit"):
		p.wantNamed("quotes")
		if p.acceptWord("on") {
			p.wantNamed("scalar")
			p.wantNamed("string")
		}
	case p.named("columns") && p.ahead(1).kind == '(':
		p.advance()
		p.jsonColumns(n)
	default:
		return false
	}
	return true
}

// jsonFormat reads FORMAT JSON, if it comes next.
func (p *parser) jsonFormat() bool {
	if !p.named("format") || p.ahead(1).kind != wordToken {
		return false
	}
	p.advance()
	p.wantNamed("json")
	if p.acceptWord("encoding") {
		p.label()
	}
	return true
}

// jsonPassing reads what follows PASSING. The path of a JSON_TABLE has its name in the same manner.
func (p *parser) jsonPassing(n *tree.Call) {
	for {
		n.Args = append(n.Args, p.expression())
		p.jsonFormat()
		p.wantWord("as")
		p.label()
		if !p.accept(',') {
			return
		}
	}
}

// jsonBehavior reads what is to be done ON NULL, ON EMPTY or ON ERROR, if it comes next.
func (p *parser) jsonBehavior(n *tree.Call) bool {
	switch {
	case p.acceptWord("default"):
		n.Args = append(n.Args, p.expression())
	case p.named("empty") && p.ahead(1).kind == wordToken && p.wordAhead(2) == "on": // EMPTY ARRAY, EMPTY OBJECT
		p.advance()
		p.advance()
	case p.wordAhead(1) != "on":
		return false
	case p.named("null"), p.named("absent"), p.named("error"), p.named("empty"), p.named("true"), p.named("false"),
		p.named("unknown"):
		p.advance()
	default:
		return false
	}
	p.wantWord("on")
	if !p.acceptWord("null") && !p.acceptNamed("empty") {
		p.wantNamed("error")
	}
	return true
}

// jsonWrapper reads WITH or WITHOUT [ARRAY] WRAPPER, if it comes next.
func (p *parser) jsonWrapper() bool {
	if p.word() != "with" && p.word() != "without" {
		return false
	}
	next := p.source(p.ahead(1))
	switch fold(next) {
	case "conditional", "unconditional", "array", "wrapper":
	default:
		return false // the WITH clause of a query
	}
	p.advance()
	if !p.acceptNamed("conditional") {
		p.acceptNamed("unconditional")
	}
	p.acceptWord("array")
	p.wantWord("wrapper")
	return true
}

// jsonUnique reads WITH or WITHOUT UNIQUE [KEYS], if it comes next.
func (p *parser) jsonUnique() bool {
	if !p.acceptWords("with", "unique") && !p.acceptWords("without", "unique") {
		return false
	}
	p.acceptNamed("keys")
	return true
}

// jsonTable reads JSON_TABLE(x, path [AS name] [PASSING …] COLUMNS (…) …), from its parenthesis on.
func (p *parser) jsonTable(start int, name []tree.Ident) tree.Expr {
	n := &tree.Call{Name: name}
	p.want('(')
	n.Args = []tree.Expr{p.expression()}
	p.jsonFormat()
	p.want(',')
	n.Args = append(n.Args, p.expression())
	if p.acceptWord("as") {
		p.label()
	}
	for p.kind() != ')' && p.kind() != endToken {
		if !p.jsonClause(n) {
			p.unexpected()
		}
	}
	p.want(')')
	n.Span = p.since(start)
	return n
}

// jsonColumns reads the columns of a JSON_TABLE, in parentheses.
func (p *parser) jsonColumns(n *tree.Call) {
	p.enter(1)
	p.want('(')
	for {
		p.jsonColumn(n)
		if !p.accept(',') {
			break
		}
	}
	p.want(')')
	p.leave(1)
}

// jsonColumn reads a column of a JSON_TABLE. Its path is a constant, and no argument.
func (p *parser) jsonColumn(n *tree.Call) {
	if p.named("nested") && (p.ahead(1).isString() || p.ahead(2).isString()) {
		p.advance()
		p.acceptNamed("path")
		p.textConstant()
		if p.acceptWord("as") {
			p.columnName()
		}
		p.wantWord("columns")
		p.jsonColumns(n)
		return
	}
	p.columnName()
	if p.acceptWords("for", "ordinality") {
		return
	}
	p.typeName()
	for p.kind() != ',' && p.kind() != ')' && p.kind() != endToken {
		switch {
		case p.acceptWord("exists"):
		case p.acceptNamed("path"):
			p.textConstant()
		default:
			if !p.jsonClause(n) {
				p.unexpected()
			}
		}
	}
}

// wantNamed passes over a word that has to come next, and needn't be a keyword.
func (p *parser) wantNamed(name string) {
	if !p.acceptNamed(name) {
		p.unexpected()
	}
}
