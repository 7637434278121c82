package plan

import (
	"strconv"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// bounds are the LIMIT and OFFSET of a statement, and what the shards get instead.
type bounds struct {
	d             messages.Dialect
	q             *tree.Query
	limit, offset Bound
	// pushed and pushedOffset are what the shards' text has: the statement's own until push.
	pushed, pushedOffset tree.Expr
	slot                 *tree.Param
}

func (p *planner) boundsOf(q *tree.Query) (bounds, *statement.Refusal) {
	b := bounds{d: p.d, q: q, pushed: q.Limit, pushedOffset: q.Offset}
	if q.WithTies {
		return b, refuse(Limit, "WITH TIES", q.Limit, "how many rows tie is only known to all shards together", hintPin)
	}
	for _, c := range []struct {
		name string
		x    tree.Expr
		to   *Bound
	}{{"LIMIT", q.Limit, &b.limit}, {"OFFSET", q.Offset, &b.offset}} {
		bound, ok := boundOf(p.d, c.x)
		if !ok {
			return b, refuse(Limit, c.name, c.x, "it is no literal and no parameter", "pass the number as an argument")
		}
		*c.to = bound
	}
	return b, nil
}

// cut reports whether there is anything to cut.
func (b *bounds) cut() bool { return b.limit.Kind != Unbound || b.offset.Kind != Unbound }

// push gives the shards a limit that leaves all the rows that the answer may need, and no offset. REQUIRES: the first rows of the
// answer are among the first rows of the shards, each as many.
func (b *bounds) push(s *splice) {
	if b.q.Offset == nil {
		return // a limit alone is the shards' as it is
	}
	b.pushedOffset = nil
	limit := int64(unlimited)
	if b.limit.Kind == BoundLiteral && b.limit.Value >= 0 {
		limit = b.limit.Value
	}
	switch {
	case b.limit.Kind != BoundArgument && limit == unlimited:
		b.drop(s)
	case b.limit.Kind == BoundLiteral && b.offset.Kind != BoundArgument:
		n := plus(limit, max(b.offset.Value, 0))
		b.pushed = &tree.Literal{Value: n}
		b.put(s, literal("LIMIT "+strconv.FormatInt(n, 10)))
	default:
		b.slot = &tree.Param{Ordinal: slotOrdinal}
		b.pushed = b.slot
		if s.slotFor = b.limit.Ordinal; s.slotFor == 0 {
			s.slotFor = b.offset.Ordinal
		}
		b.put(s, literal("LIMIT "), piece{slot: true})
	}
}

// put writes the limit in place of both clauses.
func (b *bounds) put(s *splice, with ...piece) {
	s.replace(b.q.LimitSpan, with...)
	if b.q.OffsetSpan != b.q.LimitSpan {
		s.remove(withBlanks(s.stmt.Text, b.q.OffsetSpan))
	}
}

// drop removes both clauses.
func (b *bounds) drop(s *splice) {
	b.pushed, b.pushedOffset = nil, nil
	if b.q.Limit != nil {
		s.remove(withBlanks(s.stmt.Text, b.q.LimitSpan))
	}
	if b.q.Offset != nil && (b.q.Limit == nil || b.q.OffsetSpan != b.q.LimitSpan) {
		s.remove(withBlanks(s.stmt.Text, b.q.OffsetSpan))
	}
}

// withBlanks extends a span over the blanks before it. A line's end stays: it may end a comment.
func withBlanks(text string, span tree.Span) tree.Span {
	for span.Start > 0 && (text[span.Start-1] == ' ' || text[span.Start-1] == '\t') {
		span.Start--
	}
	return span
}
