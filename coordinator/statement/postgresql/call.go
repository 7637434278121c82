package postgresql

import "github.com/troupedb/troupe/coordinator/statement/tree"

// call reads a function's arguments, and what follows them. In a FROM nothing does: what looks like it is an alias.
func (p *parser) call(start int, name []tree.Ident, tail bool) tree.Expr {
	if len(name) == 1 && !name[0].Quoted && jsonForms[name[0].Name] {
		if name[0].Name == "json_table" && !tail {
			return p.jsonTable(start, name)
		}
		return p.jsonCall(start, name, tail)
	}
	n := &tree.Call{Name: name, Plain: true}
	p.want('(')
	switch {
	case p.kind() == '*':
		p.advance()
		n.Star = true
	case p.kind() != ')':
		p.arguments(n)
	}
	p.want(')')
	if tail && p.token().isString() {
		return p.modifiedConstant(start, n)
	}
	return p.callTail(start, n, tail)
}

// arguments reads what stands in a function's parentheses.
func (p *parser) arguments(n *tree.Call) {
	if n.Distinct = p.acceptWord("distinct"); !n.Distinct {
		p.acceptWord("all")
	}
	p.plainArguments(n)
	n.OrderBy = p.orderBy()
}

// plainArguments reads arguments with commas between them, at least one.
func (p *parser) plainArguments(n *tree.Call) {
	for {
		p.argument(n)
		if !p.accept(',') {
			return
		}
	}
}

// argument reads an argument with its name, if it has one.
func (p *parser) argument(n *tree.Call) {
	if p.acceptWord("variadic") {
		n.Plain = false
	}
	if next := p.ahead(1).kind; (next == assignToken || next == arrowToken) && p.token().isFunctionName() {
		n.Plain = false
		p.advance()
		p.advance()
	}
	n.Args = append(n.Args, p.expression())
}

// modifiedConstant reads the constant behind what turns out to be a type with modifiers.
func (p *parser) modifiedConstant(start int, n *tree.Call) tree.Expr {
	for _, arg := range n.Args {
		switch arg.(type) {
		case *tree.Literal, *tree.Column:
		default:
			p.fail("a type's modifiers are constants or names")
		}
	}
	if !n.Plain || n.Distinct || len(n.Args) == 0 {
		p.unexpected()
	}
	t := genericType(p.since(start), n.Name)
	t.Modified = true
	return p.typedConstant(start, t)
}

// callTail reads what can follow a call: WITHIN GROUP, FILTER and OVER.
func (p *parser) callTail(start int, n *tree.Call, tail bool) tree.Expr {
	if tail && p.acceptWords("within", "group") {
		p.want('(')
		if n.WithinGroup = p.orderBy(); n.WithinGroup == nil {
			p.unexpected()
		}
		p.want(')')
	}
	if tail && p.word() == "filter" && p.ahead(1).kind == '(' {
		p.advance()
		p.advance()
		p.wantWord("where")
		n.Filter = p.expression()
		p.want(')')
	}
	if tail && p.word() == "over" && (p.ahead(1).kind == '(' || p.ahead(1).isColumnName()) {
		p.advance()
		n.Over = p.over()
	}
	n.Span = p.since(start)
	return n
}

// over reads what follows OVER.
func (p *parser) over() *tree.Window {
	if p.kind() == '(' {
		return p.window()
	}
	start := p.start()
	name := p.columnName()
	return &tree.Window{Span: p.since(start), Name: &name}
}

// window reads a window's specification in its parentheses.
func (p *parser) window() *tree.Window {
	p.enter(1)
	start := p.start()
	n := &tree.Window{}
	p.want('(')
	if p.token().isColumnName() && !p.beginsWindowClause() {
		name := p.columnName()
		n.Name = &name
	}
	if p.acceptWords("partition", "by") {
		n.PartitionBy = p.expressions()
	}
	n.OrderBy = p.orderBy()
	p.frame(n)
	p.want(')')
	n.Span = p.since(start)
	p.leave(1)
	return n
}

// beginsWindowClause reports whether a word comes next that could be a window's name, but isn't there.
func (p *parser) beginsWindowClause() bool {
	switch p.word() {
	case "partition", "range", "rows", "groups":
		return true
	}
	return false
}

// frame reads a frame clause.
func (p *parser) frame(n *tree.Window) {
	switch p.word() {
	case "range", "rows", "groups":
		p.advance()
	default:
		return
	}
	if p.acceptWord("between") {
		p.frameBound(n)
		p.wantWord("and")
	}
	p.frameBound(n)
	if !p.acceptWord("exclude") {
		return
	}
	if !p.acceptWords("current", "row") && !p.acceptWords("no", "others") && !p.acceptWord("group") {
		p.wantWord("ties")
	}
}

func (p *parser) frameBound(n *tree.Window) {
	if p.acceptWords("current", "row") {
		return
	}
	if following := p.wordAhead(1); p.word() == "unbounded" && (following == "preceding" || following == "following") {
		p.advance()
	} else {
		n.Frame = append(n.Frame, p.expression())
	}
	if !p.acceptWord("preceding") {
		p.wantWord("following")
	}
}
