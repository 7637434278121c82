package postgresql

import "github.com/troupedb/troupe/coordinator/statement/tree"

// joins reads the joins that follow left.
func (p *parser) joins(left tree.FromItem) tree.FromItem {
	for {
		start := left.Extent().Start
		n := &tree.Join{L: left}
		if !p.joinWords(n) {
			return left
		}
		below := p.beginLink()
		p.enter(1)
		if n.Kind == tree.Cross || n.Natural {
			n.R = p.fromOperand()
			p.leave(1)
		} else {
			// Joins that come before this one's ON or USING belong to its right side.
			p.leave(1)
			n.R = p.fromItem()
			p.joinCondition(n)
		}
		p.endLink(below)
		n.Span = p.since(start)
		left = n
	}
}

// joinWords reads the words of a join, if one comes next.
func (p *parser) joinWords(n *tree.Join) bool {
	if p.acceptWords("cross", "join") {
		n.Kind = tree.Cross
		return true
	}
	n.Natural = p.acceptWord("natural")
	outer := true
	switch {
	case p.acceptWord("left"):
		n.Kind = tree.Left
	case p.acceptWord("right"):
		n.Kind = tree.Right
	case p.acceptWord("full"):
		n.Kind = tree.Full
	case p.acceptWord("inner"):
		outer = false
	case p.acceptWord("join"):
		return true
	case n.Natural:
		p.unexpected()
		return true
	default:
		return false
	}
	if outer {
		p.acceptWord("outer")
	}
	p.wantWord("join")
	return true
}

// joinCondition reads ON or USING.
func (p *parser) joinCondition(n *tree.Join) {
	if p.acceptWord("on") {
		n.On = p.expression()
		return
	}
	p.wantWord("using")
	n.Using = p.columnNames()
	if p.acceptWord("as") {
		start := p.start()
		n.UsingAlias = &tree.Alias{Name: p.columnName()}
		n.UsingAlias.Span = p.since(start)
	}
}
