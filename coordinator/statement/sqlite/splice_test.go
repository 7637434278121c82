package sqlite_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement/sqlite"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// spliced returns the statement with every expression in parentheses, but for what can't be: stars, functions in a FROM, and a
// column whose name begins a query there.
// Around the body it leaves everything out.
func spliced(s *tree.Statement) string {
	var b strings.Builder
	var render func(n tree.Node)
	render = func(n tree.Node) {
		span := n.Extent()
		at := span.Start
		_, source := n.(*tree.TableFunction)
		tree.Children(n, func(child tree.Node) {
			inner := child.Extent()
			b.WriteString(s.Text[at:inner.Start])
			_, expression := child.(tree.Expr)
			_, star := child.(*tree.Star)
			begins := strings.EqualFold(inner.Of(s.Text), "with") || strings.HasPrefix(strings.ToLower(inner.Of(s.Text)), "with ")
			if expression && !star && !source && !begins {
				b.WriteString("(")
				render(child)
				b.WriteString(")")
			} else {
				render(child)
			}
			at = inner.End
		})
		b.WriteString(s.Text[at:span.End])
	}
	render(s.Root)
	return b.String()
}

// Where a tree is put in parentheses as it was understood, the text still means the same, to Parse and to SQLite. This
// checks the spans, and the precedence of all operators.
func TestSplices(t *testing.T) {
	e := newEngine(t)
	checked := 0
	logic := logicTests(t)
	for _, text := range append(corpus(t), logic...) {
		s, err := sqlite.Parse(text)
		if err != nil || s.Kind == tree.Other {
			continue
		}
		again, err := sqlite.Parse(spliced(s))
		if err != nil {
			require.True(t, err.(*tree.Error).Unsupported, "%v: %s", err, spliced(s)) // deeper than the bound
			continue
		}
		require.Equal(t, dump(s.Root), dump(again.Root), text)
		require.Equal(t, e.prepare(text).message, e.prepare(again.Text).message, "%s\n%s", text, again.Text)
		checked++
	}
	t.Log(checked, "statements")
	want := 25_000
	if len(logic) == 0 {
		want = 23_000 // meyer's own
	}
	require.Greater(t, checked, want)
}
