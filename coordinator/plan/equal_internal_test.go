package plan

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

func read(t testing.TB, sql string) tree.Node {
	t.Helper()
	s, err := statement.Read(messages.PostgreSQL, sql)
	require.NoError(t, err, sql)
	return s.Root
}

// TestEqual: the second text differs from the first in spans only, or loosely, or for certain.
func TestEqual(t *testing.T) {
	for _, c := range []struct {
		a, b          string
		strict, loose bool
	}{
		{"SELECT a FROM t", "select  a\nfrom t", true, true},
		{"SELECT a FROM t", "SELECT (a) FROM t", false, true},
		{"SELECT a FROM t", `SELECT "a" FROM t`, false, true},
		{"SELECT a FROM t", "SELECT t.a FROM t", false, true},
		{"SELECT a FROM t", "SELECT u.a FROM t", false, false},
		{"SELECT a FROM t", "SELECT b FROM t", false, false},
		{"SELECT a FROM t", "SELECT a FROM t LIMIT 1", false, false},
		{"SELECT a FROM t LIMIT 1", "SELECT a FROM t OFFSET 1", false, false},
		{"SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY a DESC", false, false},
		{"SELECT a FROM t ORDER BY a", "SELECT a FROM t ORDER BY a NULLS FIRST", false, false},
		{"SELECT 1", "SELECT '1'", false, false},
		{"SELECT 1", "SELECT 1.0", false, false},
		{"SELECT CASE WHEN a THEN b END FROM t", "SELECT CASE a WHEN b THEN c END FROM t", false, false},
		{"SELECT CASE WHEN a THEN b END FROM t", "SELECT CASE WHEN a THEN b ELSE NULL END FROM t", false, false},
		{"SELECT count(*) FROM t", "SELECT count(*) FILTER (WHERE a) FROM t", false, false},
		{"SELECT a FROM t WHERE a = $1", "SELECT a FROM t WHERE a = $2", false, false},
		{"SELECT a, b FROM t", "SELECT a FROM t", false, false},
	} {
		a, b := read(t, c.a), read(t, c.b)
		require.Equal(t, c.strict, (&tree.Comparer{}).Equal(a, b), "%s | %s", c.a, c.b)
		require.Equal(t, c.loose, (&tree.Comparer{Loose: true, Only: "t"}).Equal(a, b), "%s | %s", c.a, c.b)
	}
	renumbered := tree.Comparer{Old: []int{3, 1}}
	require.True(t, renumbered.Equal(read(t, "SELECT $1, $3"), read(t, "SELECT $2, $1")))
	require.False(t, renumbered.Equal(read(t, "SELECT $1, $3"), read(t, "SELECT $1, $3")))
	require.False(t, renumbered.Equal(read(t, "SELECT $3"), read(t, "SELECT $3")))
}

// TestMisreadTextIsRefused: a text that was spliced wrongly doesn't reach a shard.
func TestMisreadTextIsRefused(t *testing.T) {
	const sql = "SELECT a FROM t ORDER BY b"
	s, err := statement.Read(messages.PostgreSQL, sql)
	require.NoError(t, err)
	p := &planner{d: messages.PostgreSQL, stmt: s}
	for _, wrong := range []string{", b) --", "", ", c"} {
		block := *s.Root.(*tree.Query).Body.(*tree.Block)
		query := *s.Root.(*tree.Query)
		query.Body = &block
		block.Targets = append(block.Targets[:1:1], &tree.Target{X: query.OrderBy[0].X})
		text := &splice{stmt: s}
		text.insert(block.TargetsSpan.End, piece{text: wrong, span: tree.Span{}})
		_, r := p.newGather(text, &query, nil)
		require.NotNil(t, r, wrong)
		require.Equal(t, statement.NotUnderstood, r.Code)
	}
}
