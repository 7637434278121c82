package postgresql

import "github.com/troupedb/troupe/coordinator/statement/tree"

// block reads SELECT … FROM … WHERE … GROUP BY … HAVING … WINDOW ….
func (p *parser) block() *tree.Block {
	start := p.start()
	p.wantWord("select")
	p.census.Blocks++
	n := &tree.Block{}
	p.distinct(n)
	at := tree.Span{Start: p.end(), End: p.end()}
	if !p.endsTarget(p.token()) {
		n.Targets = p.targets()
		at = p.since(n.Targets[0].Start)
	}
	n.TargetsSpan = at
	n.Into = p.into()
	if p.acceptWord("from") {
		n.From = p.fromList()
	}
	if p.acceptWord("where") {
		n.Where = p.expression()
	}
	p.groupBy(n)
	if p.acceptWord("having") {
		n.Having = p.expression()
	}
	if p.acceptWord("window") {
		n.Windows = p.windows()
	}
	n.Span = p.since(start)
	return n
}

// distinct reads ALL, DISTINCT or DISTINCT ON (…).
func (p *parser) distinct(n *tree.Block) {
	if p.acceptWord("all") {
		return
	}
	n.Distinct = p.acceptWord("distinct")
	if n.Distinct && p.acceptWord("on") {
		p.want('(')
		n.DistinctOn = p.expressions()
		p.want(')')
	}
	if n.Distinct && p.endsTarget(p.token()) {
		p.unexpected()
	}
}

// targets reads output columns, at least one.
func (p *parser) targets() []*tree.Target {
	list := []*tree.Target{p.target()}
	for p.accept(',') {
		list = append(list, p.target())
	}
	return list
}

func (p *parser) target() *tree.Target {
	p.enter(1)
	start := p.start()
	n := p.outputs.next()
	if p.accept('*') {
		p.reach(p.depth + 1)
		n.X = &tree.Star{Span: p.since(start)}
	} else {
		n.X = p.expression()
		if p.acceptWord("as") {
			alias := p.label()
			n.Alias = &alias
		} else if p.token().labels() {
			alias := p.label()
			n.Alias = &alias
		}
	}
	n.Span = p.since(start)
	p.leave(1)
	return n
}

// into reads INTO and the table that is made, which is no table that is read.
func (p *parser) into() bool {
	if !p.acceptWord("into") {
		return false
	}
	if !p.acceptWord("local") {
		p.acceptWord("global")
	}
	switch p.word() {
	case "temporary", "temp", "unlogged":
		p.advance()
	}
	p.acceptWord("table")
	p.dotted()
	return true
}

// groupBy reads GROUP BY, if it comes next.
func (p *parser) groupBy(n *tree.Block) {
	if !p.acceptWord("group") {
		return
	}
	p.wantWord("by")
	if n.GroupDistinct = p.acceptWord("distinct"); !n.GroupDistinct {
		p.acceptWord("all") // it is the default
	}
	for {
		if set := p.groupingSet(); set != nil {
			n.GroupingSets = true
			n.GroupBy = append(n.GroupBy, set)
		} else {
			n.GroupBy = append(n.GroupBy, p.expression())
		}
		if !p.accept(',') {
			return
		}
	}
}

// groupingSet reads ROLLUP, CUBE, GROUPING SETS or the empty set, if one comes next.
func (p *parser) groupingSet() tree.Expr {
	start := p.start()
	n := &tree.Opaque{}
	switch word := p.word(); {
	case p.kind() == '(' && p.ahead(1).kind == ')':
		p.advance()
		p.advance()
		p.reach(p.depth + 1)
		n.Span, n.What = p.since(start), "grouping set"
		return n
	case word == "rollup" && p.ahead(1).kind == '(', word == "cube" && p.ahead(1).kind == '(':
		p.advance()
		n.What = upper(word)
	case p.acceptWords("grouping", "sets"):
		n.What = "GROUPING SETS"
	default:
		return nil
	}
	p.enter(1)
	p.want('(')
	for {
		var item tree.Expr
		if item = p.groupingSet(); item == nil {
			item = p.expression()
		}
		n.Children = append(n.Children, item)
		if !p.accept(',') {
			break
		}
	}
	p.want(')')
	n.Span = p.since(start)
	p.leave(1)
	return n
}

// windows reads what follows WINDOW.
func (p *parser) windows() []*tree.NamedWindow {
	var list []*tree.NamedWindow
	for {
		p.enter(1)
		start := p.start()
		n := &tree.NamedWindow{Name: p.columnName()}
		p.wantWord("as")
		n.Window = p.window()
		n.Span = p.since(start)
		p.leave(1)
		list = append(list, n)
		if !p.accept(',') {
			return list
		}
	}
}
