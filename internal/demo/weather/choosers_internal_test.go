package weather

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/messages"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What the chooser doesn't know it may not narrow by.
func TestShardsOfContinents(t *testing.T) {
	text := "Asia"
	for _, c := range []struct {
		continents []any
		want       []messages.ShardID
	}{
		{[]any{"Asia"}, []messages.ShardID{Asia}},
		{[]any{"Europe", "Asia", "Europe"}, []messages.ShardID{Europe, Asia, Europe}},
		{[]any{"Asia", "Atlantis"}, []messages.ShardID{Asia}},
		{[]any{"Atlantis"}, Shards[:1]},
		{nil, Shards[:1]},
		{[]any{"Asia", &text}, Shards},
		{[]any{"Asia", 7}, Shards},
	} {
		require.Equal(t, c.want, shardsOf(c.continents), fmt.Sprint(c.continents))
	}
}

func TestChooseShard(t *testing.T) {
	for _, object := range []any{&Location{Continent: "Asia"}, &Report{Location: &Location{Continent: "Asia"}}} {
		shard, err := ChooseShard(t.Context(), object)
		require.NoError(t, err)
		require.Equal(t, Asia, shard)
	}
	for _, object := range []any{&Location{Continent: "Atlantis"}, &Report{}, Location{Continent: "Asia"}, nil} {
		_, err := ChooseShard(t.Context(), object)
		require.Error(t, err, "%T", object)
	}
}
