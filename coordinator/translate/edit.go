package translate

import (
	"slices"
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// edit puts a text in the place of a span, which may be empty.
type edit struct {
	tree.Span
	with string
}

// edits are changes of one text. They don't overlap.
type edits []edit

func (e *edits) replace(span tree.Span, with string) { *e = append(*e, edit{span, with}) }

func (e *edits) insert(at int, with string) { e.replace(tree.Span{Start: at, End: at}, with) }

// sort brings them into the order of the text; those of one place stay in theirs.
func (e edits) sort() { slices.SortStableFunc(e, func(a, b edit) int { return a.Start - b.Start }) }

// apply returns the changed text. REQUIRES: they are sorted.
func (e edits) apply(text string) string {
	if len(e) == 0 {
		return text
	}
	var b strings.Builder
	at := 0
	for _, change := range e {
		b.WriteString(text[at:change.Start])
		b.WriteString(change.with)
		at = change.End
	}
	b.WriteString(text[at:])
	return b.String()
}
