package ids

import (
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// TestSpansAreAQueueOfIDs compares spans with a plain list, for blocks that are neighbours and such that aren't.
func TestSpansAreAQueueOfIDs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var got spans
		var want []any
		next := int64(1)
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				next += rapid.SampledFrom([]int64{0, 0, 1, 1000}).Draw(t, "gap") // what others took
				n := rapid.IntRange(1, 40).Draw(t, "block")
				next += int64(n)
				block, ok := blockBefore(next, n)
				require.True(t, ok)
				require.Equal(t, n, block.size())
				got.add(block)
				for id := block.first; id <= block.last; id++ {
					want = append(want, id)
				}
			},
			"take": func(t *rapid.T) {
				n := rapid.IntRange(0, got.total).Draw(t, "n")
				require.Equal(t, append([]any{}, want[:n]...), got.take(n))
				want = want[n:]
			},
			"": func(t *rapid.T) {
				require.Equal(t, len(want), got.total)
				for _, s := range got.list {
					require.Positive(t, s.size())
				}
			},
		})
	})
}

func TestBlockBefore(t *testing.T) {
	for _, test := range []struct {
		next int64
		n    int
		want span
		ok   bool
	}{
		{2, 1, span{1, 1}, true},
		{101, 100, span{1, 100}, true},
		{102, 100, span{2, 101}, true},
		{100, 100, span{}, false},
		{1, 1, span{}, false},
		{0, 1, span{}, false},
		{-5, 1, span{}, false},
		{math.MinInt64, maxIDs, span{}, false},
		{math.MaxInt64, maxIDs, span{math.MaxInt64 - maxIDs, math.MaxInt64 - 1}, true},
	} {
		got, ok := blockBefore(test.next, test.n)
		require.Equal(t, test.ok, ok, test)
		require.Equal(t, test.want, got)
	}
}

// TestBlocksDontMeet: whatever sizes processes take in whatever order, no two blocks share an id, and there is none between them.
func TestBlocksDontMeet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		next := rapid.Int64Range(1, math.MaxInt64-100*maxIDs).Draw(t, "start")
		var blocks []span
		for _, n := range rapid.SliceOfN(rapid.IntRange(1, maxIDs), 1, 99).Draw(t, "sizes") {
			next += int64(n) // the statement does it
			block, ok := blockBefore(next, n)
			require.True(t, ok)
			blocks = append(blocks, block)
		}
		require.True(t, slices.IsSortedFunc(blocks, func(a, b span) int { return int(a.first - b.first) }))
		for i := range blocks[1:] {
			require.Equal(t, blocks[i].last+1, blocks[i+1].first)
		}
	})
}
