package coordinator_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

func TestTouchedNotesWhatIsSent(t *testing.T) {
	c := spawn(t, 3, declaring(byDecade))
	c.reply("", one(1))
	ctx, touched := coordinator.WatchTouched(t.Context())
	require.Empty(t, touched.Shards())
	require.NoError(t, readAll(ctx, c, "select k from t where k in (12, 2)"))
	require.NoError(t, readAll(coordinator.OnShards(ctx, shards{"s2", "s0"}), c, "select k from t"))
	require.NoError(t, readAll(t.Context(), c, "select k from t"), "nobody watches it")
	_, err := c.Exec(ctx, "insert into t values (25, 1)")
	require.NoError(t, err)
	require.Equal(t, []coordinator.TouchedCall{
		{SQL: "select k from t where k in (12, 2)", Shards: shards{"s0", "s1"}},
		{SQL: "select k from t", Shards: shards{"s2", "s0"}},
		{SQL: "insert into t values (25, 1)", Shards: shards{"s2"}},
	}, touched.Calls())
	require.Equal(t, shards{"s0", "s1", "s2"}, touched.Shards())

	calls := touched.Calls()
	touched.Reset()
	require.Empty(t, touched.Calls())
	require.Len(t, calls, 3, "they are the caller's")
	for _, sql := range []string{"select a.k from t a, t b", "select k from", "insert into t values ('x', 1)"} {
		require.Error(t, readAll(ctx, c, sql))
	}
	require.Empty(t, touched.Calls(), "nothing was sent")
	_, err = c.Send(ctx, &messages.Query{SQL: "select k from t where k = 1"}).Await(t.Context())
	require.NoError(t, err)
	require.Equal(t, shards{"s0"}, touched.Shards())
}

// TestTouchedIsNotToldOfWhatIsNotAdmitted: it was routed, but not sent.
func TestTouchedIsNotToldOfWhatIsNotAdmitted(t *testing.T) {
	c := spawn(t, 2, func(cfg *coordinator.Config) { cfg.MaxInFlight = 1 })
	gate := fake.NewGate()
	c.reply("", one(1).At(fake.AtRow(0), fake.Wait(gate)))
	busy := c.Send(coordinator.OnShard(t.Context(), "s0"), &messages.Query{SQL: "select 1"})
	ctx, touched := coordinator.WatchTouched(coordinator.OnShard(t.Context(), "s1"))
	_, err := c.Send(ctx, &messages.Query{SQL: "select 1"}).Await(t.Context())
	require.ErrorIs(t, err, messages.ErrOverloaded)
	require.Empty(t, touched.Calls())
	gate.Open()
	rows, err := busy.Await(t.Context())
	require.NoError(t, err)
	rows.Close()
}

// TestTouchedByChoosersToo: what a chooser asks is a part of what the call does. Watches may be nested.
func TestTouchedByChoosersToo(t *testing.T) {
	var troupe *coordinator.Troupe
	c := spawn(t, 2, func(cfg *coordinator.Config) {
		chosenBy["execute"].configure(cfg, func(ctx context.Context) ([]messages.ShardID, error) {
			var n int64
			err := troupe.QueryRow(coordinator.OnShard(ctx, "s0"), "select where").Scan(&n)
			return shards{"s1"}, err
		})
	})
	troupe = c.Troupe
	c.reply("", one(1))
	outer, all := coordinator.WatchTouched(t.Context())
	inner, some := coordinator.WatchTouched(outer)
	require.NoError(t, readAll(inner, c, "select k from t"))
	want := []coordinator.TouchedCall{{SQL: "select where", Shards: shards{"s0"}}, {SQL: "select k from t", Shards: shards{"s1"}}}
	require.Equal(t, want, some.Calls())
	require.Equal(t, want, all.Calls())
	require.NoError(t, readAll(coordinator.OnShard(outer, "s1"), c, "select 2"))
	require.Len(t, some.Calls(), 2)
	require.Len(t, all.Calls(), 3)
}

func TestTouchedByManyAtOnce(t *testing.T) {
	c := spawn(t, 3, declaring(byDecade))
	c.reply("", one(1))
	ctx, touched := coordinator.WatchTouched(t.Context())
	var all sync.WaitGroup
	for i := range 60 {
		all.Go(func() {
			sql := fmt.Sprintf("select k from t where k = %d", i%30)
			if err := readAll(ctx, c, sql); err != nil {
				t.Error(err)
			}
			_ = touched.Shards()
		})
	}
	all.Wait()
	require.Len(t, touched.Calls(), 60)
	for _, call := range touched.Calls() {
		require.Len(t, call.Shards, 1)
	}
	require.Equal(t, shards{"s0", "s1", "s2"}, touched.Shards())
}
