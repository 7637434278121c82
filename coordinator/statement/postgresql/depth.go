package postgresql

import (
	"fmt"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// enter notes that what is read next stands n nodes deeper.
func (p *parser) enter(n int) {
	p.depth += n
	p.reach(p.depth)
}

func (p *parser) leave(n int) { p.depth -= n }

// reach notes that there is a node at a depth.
func (p *parser) reach(depth int) {
	p.deepest = max(p.deepest, depth)
	if p.deepest > tree.MaxDepth && p.err == nil {
		p.unsupported(fmt.Sprintf("the statement nests deeper than %d levels", tree.MaxDepth))
	}
}

// A chain is a run of infix operators, each of which gets what was read before it as its left side, and so puts it one node
// deeper than it was read.
//
//	before := p.beginChain()
//	left := …
//	for … {
//		below := p.beginLink()
//		right := …
//		p.endLink(below)
//	}
//	p.endChain(before)

func (p *parser) beginChain() int {
	before := p.deepest
	p.deepest = p.depth
	return before
}

func (p *parser) endChain(before int) { p.deepest = max(p.deepest, before) }

func (p *parser) beginLink() int {
	below := p.deepest + 1
	p.deepest = p.depth
	return below
}

func (p *parser) endLink(below int) { p.reach(below) }
