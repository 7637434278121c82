package postgresql

import "github.com/troupedb/troupe/coordinator/statement/tree"

// queryTail reads ORDER BY, LIMIT, OFFSET, FETCH and FOR. The last may also stand before LIMIT.
func (p *parser) queryTail(q *tree.Query) {
	start := p.start()
	if q.OrderBy = p.orderBy(); q.OrderBy != nil {
		q.OrderSpan = p.since(start)
	}
	q.Locks = p.locks()
	for p.limit(q) {
	}
	if q.Locks == nil {
		q.Locks = p.locks()
	}
}

// limit reads one of LIMIT, OFFSET and FETCH, if one comes next that hasn't come yet.
func (p *parser) limit(q *tree.Query) bool {
	start := p.start()
	switch {
	case q.Limit == nil && p.acceptWord("limit"):
		at := p.start()
		if p.acceptWord("all") {
			q.Limit = p.literal(at, nil)
		} else {
			q.Limit = p.expression()
		}
		q.LimitSpan = p.since(start)
	case q.Limit == nil && p.acceptWord("fetch"):
		p.fetch(q)
		q.LimitSpan = p.since(start)
	case q.Offset == nil && p.acceptWord("offset"):
		q.Offset = p.expression()
		if !p.acceptWord("rows") {
			p.acceptWord("row")
		}
		q.OffsetSpan = p.since(start)
	default:
		return false
	}
	return true
}

// fetch reads FETCH FIRST n ROWS ONLY.
func (p *parser) fetch(q *tree.Query) {
	if !p.acceptWord("first") {
		p.wantWord("next")
	}
	if word := p.word(); word == "row" && p.ahead(1).kind != '(' || word == "rows" {
		end := p.end()
		q.Limit = &tree.Literal{Span: tree.Span{Start: end, End: end}, Value: int64(1)}
	} else {
		// Only an operand can stand here, or a number with a sign.
		q.Limit = p.climb(levelSign, simple)
	}
	if !p.acceptWord("rows") {
		p.wantWord("row")
	}
	if q.WithTies = p.acceptWords("with", "ties"); !q.WithTies {
		p.wantWord("only")
	}
}

// orderBy reads ORDER BY, if it comes next.
func (p *parser) orderBy() []*tree.Order {
	if !p.acceptWord("order") {
		return nil
	}
	p.wantWord("by")
	list := []*tree.Order{p.order()}
	for p.accept(',') {
		list = append(list, p.order())
	}
	return list
}

func (p *parser) order() *tree.Order {
	p.enter(1)
	start := p.start()
	n := &tree.Order{X: p.expression()}
	switch {
	case p.acceptWord("using"):
		n.Using = p.operatorName().text()
	case p.acceptWord("desc"):
		n.Desc = true
	default:
		p.acceptWord("asc")
	}
	n.Nulls = p.nulls()
	n.Span = p.since(start)
	p.leave(1)
	return n
}

func (p *parser) nulls() tree.Nulls {
	switch {
	case p.acceptWords("nulls", "first"):
		return tree.NullsFirst
	case p.acceptWords("nulls", "last"):
		return tree.NullsLast
	}
	return tree.NullsDefault
}

// locks reads FOR UPDATE and its like. FOR READ ONLY is none.
func (p *parser) locks() []*tree.Lock {
	var list []*tree.Lock
	for p.word() == "for" {
		start := p.start()
		if p.acceptWords("for", "read", "only") {
			return nil
		}
		p.advance()
		switch {
		case p.acceptWord("update"), p.acceptWord("share"), p.acceptWords("key", "share"), p.acceptWords("no", "key", "update"):
		default:
			p.unexpected()
		}
		if p.acceptWord("of") {
			p.dotted()
			for p.accept(',') {
				p.dotted()
			}
		}
		if !p.acceptWord("nowait") && p.acceptWord("skip") {
			p.wantWord("locked")
		}
		list = append(list, &tree.Lock{Span: p.since(start)})
	}
	return list
}
