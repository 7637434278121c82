package session

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/messages"
)

// TestTargetsFirst: as long as no moves lead around, each row is written where it goes before it is taken from where it was.
func TestTargetsFirst(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		shards := rapid.Permutation([]messages.ShardID{"a", "b", "c", "d", "e"}).Draw(t, "shards")
		var moves []moved
		for range rapid.IntRange(0, 8).Draw(t, "moves") {
			from := rapid.IntRange(0, 3).Draw(t, "from")
			moves = append(moves, moved{shards[from], shards[rapid.IntRange(from+1, 4).Draw(t, "to")]})
		}
		order := targetsFirst(moves)
		for _, m := range moves {
			from, to := slices.Index(order, m.from), slices.Index(order, m.to)
			require.GreaterOrEqual(t, to, 0)
			require.True(t, from < 0 || to < from, "%v of %v", order, moves)
		}
	})
	require.Equal(t, []messages.ShardID{"a", "b"}, targetsFirst([]moved{{"a", "b"}, {"b", "a"}}))
}
