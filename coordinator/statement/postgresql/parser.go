package postgresql

import "github.com/troupedb/troupe/coordinator/statement/tree"

// parser goes through the tokens of one statement, once. When something is wrong it notes the first error and jumps to the
// end, where no token fits any more: what is built after that is whole in its form, and thrown away.
type parser struct {
	text   string
	tokens []token
	pos    int
	err    *tree.Error

	// depth is how many nodes are above what is being read; deepest is the depth of the deepest one in the expression, join
	// or set operation that is being read.
	depth, deepest int

	census tree.Census
	params []*tree.Param

	columns  slab[tree.Column]
	outputs  slab[tree.Target]
	tables   slab[tree.Table]
	literals slab[tree.Literal]
	binaries slab[tree.Binary]
}

// fail notes that the current token can't be.
func (p *parser) fail(detail string) { p.stop(p.start(), detail, false) }

// unsupported notes that the statement has something at the current token that may be right, but isn't read here.
func (p *parser) unsupported(detail string) { p.stop(p.start(), detail, true) }

func (p *parser) stop(at int, detail string, unsupported bool) {
	if p.err == nil {
		p.err = &tree.Error{Offset: at, Detail: detail, Unsupported: unsupported}
	}
	p.pos = len(p.tokens) - 1
}

// unexpected says that the current token doesn't fit.
func (p *parser) unexpected() {
	t := p.token()
	if t.kind == endToken {
		p.fail("the statement isn't complete")
		return
	}
	p.fail("unexpected " + abridged(p.source(t)))
}

// abridged shortens what goes into a message.
func abridged(text string) string {
	const most = 40
	if len(text) <= most {
		return text
	}
	return clip(text, most) + "…"
}

func (p *parser) token() token { return p.tokens[p.pos] }

// ahead returns the token n places on.
func (p *parser) ahead(n int) token { return p.tokens[min(p.pos+n, len(p.tokens)-1)] }

func (p *parser) kind() kind { return p.tokens[p.pos].kind }

// word returns the keyword that the current token is, "" if it is none.
func (p *parser) word() string { return keywords[p.tokens[p.pos].keyword].word }

func (p *parser) wordAhead(n int) string { return keywords[p.ahead(n).keyword].word }

// source returns a token as it is written.
func (p *parser) source(t token) string { return p.text[t.start:t.end] }

// start returns where the current token begins.
func (p *parser) start() int { return int(p.tokens[p.pos].start) }

// end returns where the token before the current one ends.
func (p *parser) end() int {
	if p.pos == 0 {
		return int(p.tokens[0].start)
	}
	return int(p.tokens[p.pos-1].end)
}

// since returns the span from start to the end of the last token.
func (p *parser) since(start int) tree.Span { return tree.Span{Start: start, End: max(start, p.end())} }

func (p *parser) advance() {
	if p.pos < len(p.tokens)-1 {
		p.pos++
	}
}

// accept passes over the current token if it is of kind k.
func (p *parser) accept(k kind) bool {
	if p.kind() != k {
		return false
	}
	p.advance()
	return true
}

// want passes over a token that has to be of kind k.
func (p *parser) want(k kind) {
	if !p.accept(k) {
		p.unexpected()
	}
}

// acceptWords passes over keywords if all of them come next.
func (p *parser) acceptWords(words ...string) bool {
	for i, word := range words {
		if p.wordAhead(i) != word {
			return false
		}
	}
	for range words {
		p.advance()
	}
	return true
}

// acceptWord passes over the current token if it is the keyword.
func (p *parser) acceptWord(word string) bool {
	if p.word() != word {
		return false
	}
	p.advance()
	return true
}

// wantWord passes over a token that has to be the keyword.
func (p *parser) wantWord(word string) {
	if !p.acceptWord(word) {
		p.unexpected()
	}
}

// wantWords passes over tokens that have to be the keywords.
func (p *parser) wantWords(words ...string) {
	for _, word := range words {
		p.wantWord(word)
	}
}

// slab hands out nodes of one type from chunks, which grow, so that long lists cost few allocations.
type slab[T any] struct {
	free []T
	size int
}

func (s *slab[T]) next() *T {
	if len(s.free) == 0 {
		s.size = min(max(2, 2*s.size), 256)
		s.free = make([]T, s.size)
	}
	n := &s.free[0]
	s.free = s.free[1:]
	return n
}
