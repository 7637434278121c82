package postgresql

import "github.com/troupedb/troupe/coordinator/statement/tree"

// xml reads what stands in the parentheses of a function of SQL/XML.
func (p *parser) xml(word string, n *tree.Call) {
	switch word {
	case "xmlelement":
		p.wantWord("name")
		p.label()
		for p.accept(',') {
			if p.word() == "xmlattributes" && p.ahead(1).kind == '(' {
				p.advance()
				p.advance()
				p.xmlNamed(n)
				p.want(')')
				continue
			}
			n.Args = append(n.Args, p.expression())
		}
	case "xmlforest":
		p.xmlNamed(n)
	case "xmlpi":
		p.wantWord("name")
		p.label()
		if p.accept(',') {
			n.Args = append(n.Args, p.expression())
		}
	case "xmlparse":
		p.xmlDocument()
		n.Args = append(n.Args, p.expression())
		if !p.acceptWords("preserve", "whitespace") {
			p.acceptWords("strip", "whitespace")
		}
	case "xmlserialize":
		p.xmlDocument()
		n.Args = append(n.Args, p.expression())
		p.wantWord("as")
		p.simpleType()
		if !p.acceptWord("no") || p.named("indent") {
			p.acceptNamed("indent")
		}
	case "xmlroot":
		p.xmlRoot(n)
	case "xmlexists":
		n.Args = append(n.Args, p.climb(levelCast, simple))
		p.xmlPassing(n)
	case "xmltable":
		p.xmlTable(n)
	default:
		p.unexpected()
	}
}

// acceptNamed passes over a word that needn't be a keyword.
func (p *parser) acceptNamed(name string) bool {
	if !p.named(name) {
		return false
	}
	p.advance()
	return true
}

// xmlNamed reads expressions with AS and a name behind them.
func (p *parser) xmlNamed(n *tree.Call) {
	for {
		n.Args = append(n.Args, p.expression())
		if p.acceptWord("as") {
			p.label()
		}
		if !p.accept(',') {
			return
		}
	}
}

func (p *parser) xmlDocument() {
	if !p.acceptWord("document") {
		p.wantWord("content")
	}
}

func (p *parser) xmlRoot(n *tree.Call) {
	n.Args = append(n.Args, p.expression())
	p.want(',')
	p.wantWord("version")
	if !p.acceptWords("no", "value") {
		n.Args = append(n.Args, p.expression())
	}
	if p.accept(',') {
		p.wantWord("standalone")
		if !p.acceptWords("no", "value") && !p.acceptWord("no") {
			p.wantWord("yes")
		}
	}
}

// xmlPassing reads PASSING [BY REF] x [BY REF].
func (p *parser) xmlPassing(n *tree.Call) {
	by := func() {
		if p.acceptWord("by") && !p.acceptWord("ref") {
			p.wantWord("value")
		}
	}
	p.wantWord("passing")
	by()
	n.Args = append(n.Args, p.climb(levelCast, simple))
	by()
}

// xmlTable reads what stands in the parentheses of XMLTABLE.
func (p *parser) xmlTable(n *tree.Call) {
	if p.acceptWord("xmlnamespaces") {
		p.want('(')
		for {
			p.acceptWord("default")
			n.Args = append(n.Args, p.climb(noLevel, simple))
			if p.acceptWord("as") {
				p.label()
			}
			if !p.accept(',') {
				break
			}
		}
		p.want(')')
		p.want(',')
	}
	n.Args = append(n.Args, p.climb(levelCast, simple))
	p.xmlPassing(n)
	p.wantWord("columns")
	for {
		p.xmlColumn(n)
		if !p.accept(',') {
			return
		}
	}
}

// xmlColumn reads a column of XMLTABLE.
func (p *parser) xmlColumn(n *tree.Call) {
	p.columnName()
	if p.acceptWords("for", "ordinality") {
		return
	}
	p.typeName()
	for p.kind() != ',' && p.kind() != ')' && p.kind() != endToken {
		switch {
		case p.acceptWords("not", "null"), p.acceptWord("null"):
		case p.acceptWord("default"), p.acceptNamed("path"):
			n.Args = append(n.Args, p.climb(noLevel, simple))
		default:
			p.unexpected()
		}
	}
}
