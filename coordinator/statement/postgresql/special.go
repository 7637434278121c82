package postgresql

import "github.com/troupedb/troupe/coordinator/statement/tree"

// special reads an operand that begins with a keyword of its own; nil if none does.
func (p *parser) special(f form) tree.Expr {
	start := p.start()
	if p.specialForm() {
		return p.specialCall(start)
	}
	switch p.word() {
	case "":
		if t, next := p.token(), p.ahead(1); next.kind == stringToken && next.start == t.end && p.named("n") {
			p.advance()
			return p.typedConstant(start, tree.TypeName{Span: p.since(start), Name: "nchar"})
		}
		return nil
	case "null":
		p.advance()
		return p.literal(start, nil)
	case "true", "false":
		value := p.word() == "true"
		p.advance()
		return p.literal(start, value)
	case "default":
		if f == simple {
			return nil
		}
		p.advance()
		return &tree.Default{Span: p.since(start)}
	case "case":
		return p.cases()
	case "array":
		return p.array()
	case "row":
		if p.ahead(1).kind == '(' {
			return p.overlaps(p.row())
		}
	case "exists":
		if p.ahead(1).kind == '(' {
			p.advance()
			n := &tree.Exists{Query: p.subquery()}
			n.Span = p.since(start)
			return n
		}
	case "unique":
		p.unsupported("UNIQUE as an expression")
	default:
		if p.beginsConstant() {
			return p.typedBuiltIn()
		}
	}
	return nil
}

// named reports whether the current token is a word that needn't be a keyword.
func (p *parser) named(name string) bool {
	t := p.token()
	return t.kind == wordToken && int(t.end-t.start) == len(name) && fold(p.source(t)) == name
}

// specialForm reports whether a function comes next that has a grammar of its own.
func (p *parser) specialForm() bool {
	switch p.word() {
	case "":
		return p.named("system_user") && p.ahead(1).kind != '(' && p.ahead(1).kind != '.' // reserved since PostgreSQL 16
	case "current_date", "current_time", "current_timestamp", "localtime", "localtimestamp", "current_role", "current_user",
		"session_user", "user", "current_catalog", "cast":
		return true
	case "current_schema":
		return p.ahead(1).kind != '(' && p.ahead(1).kind != '.'
	case "collation":
		return p.wordAhead(1) == "for"
	case "coalesce", "extract", "greatest", "grouping", "least", "normalize", "nullif", "overlay", "position", "substring",
		"treat", "trim", "xmlconcat", "xmlelement", "xmlexists", "xmlforest", "xmlparse", "xmlpi", "xmlroot", "xmlserialize",
		"xmltable":
		return p.ahead(1).kind == '('
	}
	return false
}

// specialCall reads a function that has a grammar of its own.
func (p *parser) specialCall(start int) tree.Expr {
	word := p.word()
	switch word {
	case "cast":
		return p.cast(start)
	case "collation":
		p.advance()
		p.advance()
		n := &tree.Opaque{What: "COLLATION FOR"}
		p.want('(')
		n.Children = []tree.Node{p.expression()}
		p.want(')')
		n.Span = p.since(start)
		return n
	case "treat":
		cast := p.cast(start)
		return &tree.Opaque{Span: cast.Span, What: "TREAT", Children: []tree.Node{cast.X}}
	}
	n := &tree.Call{Name: []tree.Ident{p.label()}}
	if p.kind() != '(' {
		n.Span = p.since(start)
		return n
	}
	p.advance()
	p.specialArguments(word, n)
	p.want(')')
	n.Span = p.since(start)
	return n
}

// cast reads CAST(x AS type).
func (p *parser) cast(start int) *tree.Cast {
	p.advance()
	p.want('(')
	n := &tree.Cast{X: p.expression()}
	p.wantWord("as")
	n.Type = p.typeName()
	p.want(')')
	n.Span = p.since(start)
	return n
}

// specialArguments reads what stands in the parentheses of a function with a grammar of its own.
func (p *parser) specialArguments(word string, n *tree.Call) {
	switch word {
	case "coalesce", "greatest", "least":
		n.Plain = true
		n.Args = p.expressions()
	case "grouping", "xmlconcat":
		n.Args = p.expressions()
	case "nullif":
		n.Plain = true
		n.Args = []tree.Expr{p.expression()}
		p.want(',')
		n.Args = append(n.Args, p.expression())
	case "normalize":
		n.Args = []tree.Expr{p.expression()}
		if n.Plain = !p.accept(','); !n.Plain {
			p.normalForm()
		}
	case "extract":
		p.extractField()
		p.wantWord("from")
		n.Args = []tree.Expr{p.expression()}
	case "position":
		n.Args = []tree.Expr{p.climb(noLevel, simple)}
		p.wantWord("in")
		n.Args = append(n.Args, p.climb(noLevel, simple))
	case "overlay", "substring":
		p.substring(word, n)
	case "trim":
		p.trim(n)
	case "current_time", "current_timestamp", "localtime", "localtimestamp":
		p.want(integerToken)
	default:
		p.xml(word, n)
	}
}

// extractField reads what EXTRACT extracts.
func (p *parser) extractField() {
	switch t := p.token(); {
	case t.isString():
		p.textConstant()
	case t.isName() && t.keyword == 0:
		p.label()
	default:
		switch p.word() {
		case "year", "month", "day", "hour", "minute", "second":
			p.advance()
		default:
			p.unexpected()
		}
	}
}

// substring reads the arguments of SUBSTRING and OVERLAY: with words between them, or as every function has them.
func (p *parser) substring(word string, n *tree.Call) {
	if p.kind() == ')' {
		n.Plain = true
		return
	}
	n.Plain = true
	p.plainArguments(n)
	separators := []string{"from", "for"}
	if word == "overlay" {
		separators = []string{"placing", "from", "for"}
	} else if p.acceptWord("similar") {
		n.Plain = false
		n.Args = append(n.Args, p.expression())
		p.wantWord("escape")
		n.Args = append(n.Args, p.expression())
		return
	}
	for p.kind() != ')' && p.kind() != endToken {
		separated := false
		for _, s := range separators {
			separated = separated || p.acceptWord(s)
		}
		if !separated {
			p.unexpected()
		}
		n.Plain = false
		n.Args = append(n.Args, p.expression())
	}
}

// trim reads the arguments of TRIM.
func (p *parser) trim(n *tree.Call) {
	n.Plain = true
	switch p.word() {
	case "both", "leading", "trailing":
		n.Plain = false
		p.advance()
	}
	if p.acceptWord("from") {
		n.Plain = false
		n.Args = p.expressions()
		return
	}
	n.Args = p.expressions()
	if p.acceptWord("from") {
		n.Plain = false
		n.Args = append(n.Args, p.expressions()...)
	}
}
