package coordinator

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

// TestKinIsWhatPairsAre compares with a look at each pair of shards.
func TestKinIsWhatPairsAre(t *testing.T) {
	var backends []shardworker.Backend
	for range 4 {
		backends = append(backends, fake.New(fake.Config{Dialect: messages.SQLite}))
	}
	backends = append(backends, nil, incomparable{backends[0], nil})
	rapid.Check(t, func(t *rapid.T) {
		var k kin
		var given []shardworker.Backend
		var locations []string
		var shards []shardworker.Shard
		for n := range rapid.IntRange(1, 30).Draw(t, "shards") {
			which := rapid.IntRange(0, len(backends)-1).Draw(t, "backend")
			backend, location := backends[which], rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "location")
			alike := func(other int) bool { return which < 4 && given[other] == backend }
			var want []int
			for other := range n {
				if alike(other) || location != "" && location == locations[other] {
					want = append(want, other)
				}
			}
			if got := k.with(n, backend, location); !slices.Equal(got, want) {
				t.Fatalf("shard %d is one with %v, want %v", n, got, want)
			}
			if which < 4 {
				given = append(given, backend)
			} else {
				given = append(given, nil)
			}
			locations = append(locations, location)
			shards = append(shards, shardworker.Shard{Backend: backend})
		}
		for n, sharers := range sharersOf(shards) {
			var want []int
			for other := range shards {
				if other == n || given[n] != nil && given[n] == given[other] {
					want = append(want, other)
				}
			}
			if !slices.Equal(sharers, want) {
				t.Fatalf("shard %d shares with %v, want %v", n, sharers, want)
			}
		}
	})
}

// incomparable is a Backend whose values can't be compared.
type incomparable struct {
	shardworker.Backend
	_ []int
}
