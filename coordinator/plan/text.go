package plan

import (
	"slices"
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// piece is a part of a text that is made of another: a text of its own, bytes of the statement's, or the computed limit.
type piece struct {
	text string
	span tree.Span
	slot bool
}

func literal(text string) piece { return piece{text: text} }

func source(n tree.Node) piece { return piece{span: n.Extent()} }

// slotOrdinal is the ordinal of the computed limit in a tree that is expected, before parameters are numbered.
const slotOrdinal = -1

// splice is a statement's text with some of its spans replaced.
type splice struct {
	stmt  *tree.Statement
	edits []edit
	// slotFor is the ordinal of the parameter that the computed limit replaces; 0 if it replaces none.
	slotFor int
}

// edit replaces a span, which may be empty, by pieces.
type edit struct {
	span tree.Span
	with []piece
}

func (s *splice) replace(span tree.Span, with ...piece) {
	s.edits = append(s.edits, edit{span, with})
}

func (s *splice) insert(at int, with ...piece) { s.replace(tree.Span{Start: at, End: at}, with...) }

func (s *splice) remove(span tree.Span) { s.replace(span) }

// pieces returns what span of the text has become. REQUIRES: edits don't overlap.
func (s *splice) pieces(span tree.Span) []piece {
	edits := slices.Clone(s.edits)
	slices.SortStableFunc(edits, func(a, b edit) int { return a.span.Start - b.span.Start })
	var out []piece
	at := span.Start
	for _, e := range edits {
		if !span.Contains(e.span) || e.span.Start < at {
			continue
		}
		out = append(out, piece{span: tree.Span{Start: at, End: e.span.Start}})
		out = append(out, e.with...)
		at = e.span.End
	}
	return append(out, piece{span: tree.Span{Start: at, End: span.End}})
}

// prefixFor returns what the names begin with that are put into a text: something that isn't in it.
func prefixFor(text string) string {
	prefix := "troupe_"
	lower := strings.ToLower(text)
	for strings.Contains(lower, prefix) {
		prefix += "_"
	}
	return prefix
}
