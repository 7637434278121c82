package coordinator_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

func TestMain(m *testing.M) {
	messages.PoisonRecycled(true)
	goleak.VerifyTestMain(m)
}

// cast is a troupe over fake shards.
type cast struct {
	*coordinator.Troupe
	fakes map[messages.ShardID]*fake.Backend
}

// spawn returns a troupe over n fake shards s0, s1, …, closed when the test ends.
func spawn(t *testing.T, n int, change func(*coordinator.Config), fc ...fake.Config) cast {
	t.Helper()
	cfg := coordinator.Config{}
	c := cast{fakes: map[messages.ShardID]*fake.Backend{}}
	for i := range n {
		id := messages.ShardID(fmt.Sprintf("s%d", i))
		config := fake.Config{Dialect: messages.SQLite}
		if len(fc) > 0 {
			config = fc[0]
		}
		c.fakes[id] = fake.New(config)
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: id, Backend: c.fakes[id]})
	}
	if change != nil {
		change(&cfg)
	}
	troupe, err := coordinator.Spawn(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, troupe.Close(ctx))
	})
	c.Troupe = troupe
	return c
}

// numbered is n rows of (n bigint, pad text), numbered from 0.
func numbered(n int) fake.Result {
	return fake.Rows(fake.Column("n", pgtype.Int8OID), fake.Column("pad", pgtype.TextOID)).
		Generate(n, func(i int) []any { return []any{int64(i), "some text that takes its place"} })
}

func TestQueryGathersAllShardsCompletely(t *testing.T) {
	for _, rows := range []int{0, 1, 7, 10_000} {
		t.Run(fmt.Sprint(rows), func(t *testing.T) {
			c := spawn(t, 3, nil)
			for _, f := range c.fakes {
				f.Reply("select", numbered(rows))
			}
			got, err := c.Query(coordinator.AllShards(t.Context()), "select n, pad from t")
			require.NoError(t, err)
			next := map[messages.ShardID]int64{}
			for got.Next() {
				var n int64
				var pad string
				require.NoError(t, got.Scan(&n, &pad))
				shard := coordinator.ShardOf(got)
				require.Equal(t, next[shard], n)
				next[shard]++
			}
			require.NoError(t, got.Err())
			require.Equal(t, fmt.Sprintf("SELECT %d", 3*rows), got.CommandTag().String())
			if rows > 0 {
				require.Len(t, next, 3)
			}
			for shard, n := range next {
				require.EqualValues(t, rows, n, shard)
			}
			require.Equal(t, []messages.ShardID{"s0", "s1", "s2"}, got.(*coordinator.Rows).Shards())
			for id, f := range c.fakes {
				require.Zero(t, f.Stats().InUse, id)
			}
		})
	}
}

func TestQueryRow(t *testing.T) {
	c := spawn(t, 2, nil)
	c.fakes["s1"].Reply("select", numbered(1))
	var n int64
	require.NoError(t, c.QueryRow(coordinator.OnShard(t.Context(), "s1"), "select n, pad from t").Scan(&n, nil))
	require.Zero(t, n)
	c.fakes["s1"].Reply("select", numbered(0))
	require.ErrorIs(t, c.QueryRow(coordinator.OnShard(t.Context(), "s1"), "select n, pad from t").Scan(&n, nil), pgx.ErrNoRows)
	err := c.QueryRow(coordinator.AllShards(t.Context()), "select n, pad from t").Scan(&n, nil)
	require.ErrorIs(t, err, messages.ErrRefused)
}

func TestFailingShardFailsTheCallAndNamesItself(t *testing.T) {
	c := spawn(t, 3, nil)
	for _, f := range c.fakes {
		f.Reply("select", numbered(100_000))
	}
	broken := errors.New("the disk is gone")
	c.fakes["s1"].Reply("select", numbered(100_000).At(fake.AtRow(50_000), fake.Fail(broken)))
	rows, err := c.Query(coordinator.AllShards(t.Context()), "select n, pad from t")
	require.NoError(t, err)
	for rows.Next() {
	}
	require.ErrorIs(t, rows.Err(), broken)
	var e *messages.Error
	require.ErrorAs(t, rows.Err(), &e)
	require.Equal(t, messages.ShardID("s1"), e.Shard)
	require.Positive(t, e.Rows)
	for id, f := range c.fakes {
		require.Zero(t, f.Stats().InUse, id)
	}
}

func TestLeavingEarlyCancelsTheShards(t *testing.T) {
	c := spawn(t, 3, nil)
	for _, f := range c.fakes {
		f.Reply("select", numbered(1_000_000))
	}
	rows, err := c.Query(coordinator.AllShards(t.Context()), "select n, pad from t")
	require.NoError(t, err)
	for range coordinator.Each[struct {
		N   int64
		Pad string
	}](rows) {
		break
	}
	for id, f := range c.fakes {
		require.Zero(t, f.Stats().InUse, id)
		require.Equal(t, 1, f.Stats().Spent, id)
	}
}
