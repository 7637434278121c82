package postgresql

import "github.com/troupedb/troupe/coordinator/statement/tree"

// is reads IS [NOT] …, ISNULL or NOTNULL.
func (p *parser) is(left tree.Expr, f form) (tree.Expr, level) {
	n := &tree.Is{X: left}
	spent := noLevel
	switch {
	case p.acceptWord("isnull"):
	case p.acceptWord("notnull"):
		n.Not = true
	default:
		p.advance()
		n.Not = p.acceptWord("not")
		spent = p.isTest(n, f)
	}
	n.Span = p.since(left.Extent().Start)
	return n, spent
}

// isTest reads what IS tests.
func (p *parser) isTest(n *tree.Is, f form) level {
	switch {
	case p.acceptWord("null"):
		n.Test = tree.IsNull
	case p.acceptWord("true"):
		n.Test = tree.IsTrue
	case p.acceptWord("false"):
		n.Test = tree.IsFalse
	case p.acceptWord("unknown"):
		n.Test = tree.IsUnknown
	case p.acceptWords("distinct", "from"):
		n.Test = tree.IsDistinct
		n.Y = p.climb(levelIs+1, f)
		return levelIs
	case p.named("json"):
		n.Test = tree.IsOther
		p.advance()
		p.isJSON()
	default:
		n.Test = tree.IsOther
		if p.acceptWord("document") || p.acceptWord("normalized") {
			break
		}
		p.normalForm()
		p.wantWord("normalized")
	}
	return noLevel
}

// normalForm reads one of Unicode's.
func (p *parser) normalForm() {
	switch p.word() {
	case "nfc", "nfd", "nfkc", "nfkd":
		p.advance()
	default:
		p.unexpected()
	}
}

// isJSON reads what can follow IS JSON.
func (p *parser) isJSON() {
	if p.word() == "value" || p.word() == "array" || p.named("object") || p.named("scalar") {
		p.advance()
	}
	p.jsonUnique()
}

// matching reads [NOT] BETWEEN, IN, LIKE, ILIKE or SIMILAR TO.
func (p *parser) matching(left tree.Expr) (tree.Expr, level) {
	start := left.Extent().Start
	not := p.acceptWord("not")
	switch word := p.word(); word {
	case "between":
		p.advance()
		n := &tree.Between{X: left, Not: not}
		if n.Symmetric = p.acceptWord("symmetric"); !n.Symmetric {
			p.acceptWord("asymmetric")
		}
		n.Lo = p.climb(noLevel, simple)
		p.wantWord("and")
		n.Hi = p.climb(levelMatch+1, whole)
		n.Span = p.since(start)
		return n, levelMatch
	case "in":
		p.advance()
		g := p.group()
		return &tree.In{Span: p.since(start), X: left, Not: not, List: g.items, Query: g.query}, noLevel
	case "like":
		return p.like(left, not, "LIKE")
	case "ilike":
		return p.like(left, not, "ILIKE")
	default:
		p.advance()
		return p.like(left, not, "SIMILAR TO")
	}
}

// like reads a pattern and its escape, or ANY or ALL of several.
func (p *parser) like(left tree.Expr, not bool, op string) (tree.Expr, level) {
	start := left.Extent().Start
	p.advance()
	if p.quantifies() && op != "SIMILAR TO" {
		n := &tree.Opaque{What: op + " ANY", Children: []tree.Node{left}}
		all, array, query := p.quantified()
		if all {
			n.What = op + " ALL"
		}
		if query != nil {
			n.Children = append(n.Children, query)
		} else {
			n.Children = append(n.Children, array)
		}
		n.Span = p.since(start)
		return n, noLevel
	}
	n := &tree.Like{X: left, Op: op, Not: not, Pattern: p.climb(levelMatch+1, whole)}
	if p.acceptWord("escape") {
		n.Escape = p.climb(levelMatch+1, whole)
	}
	n.Span = p.since(start)
	return n, levelMatch
}
