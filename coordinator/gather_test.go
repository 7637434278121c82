package coordinator_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

type numberedRow struct {
	N   int64
	Pad string
}

func TestQueryGathersAllShardsCompletely(t *testing.T) {
	for _, rows := range []int{0, 1, 7, 10_000} {
		t.Run(fmt.Sprint(rows), func(t *testing.T) {
			c := spawn(t, 3, nil)
			c.reply("select", numbered(rows))
			got, err := c.Query(coordinator.AllShards(t.Context()), "select n, pad from t")
			require.NoError(t, err)
			next := readNumbered(t, got)
			require.NoError(t, got.Err())
			require.Equal(t, fmt.Sprintf("SELECT %d", 3*rows), got.CommandTag().String())
			if rows > 0 {
				require.Len(t, next, 3)
			}
			for shard, n := range next {
				require.EqualValues(t, rows, n, shard)
			}
			require.Equal(t, []messages.ShardID{"s0", "s1", "s2"}, got.(*coordinator.Rows).Shards())
			for _, outcome := range got.(*coordinator.Rows).Outcomes() {
				require.NoError(t, outcome.Err)
				require.EqualValues(t, rows, outcome.Tag.RowsAffected(), outcome.Shard)
			}
			for id, f := range c.fakes {
				require.Zero(t, f.Stats().InUse, id)
				require.Zero(t, f.Stats().Spent, id)
			}
		})
	}
}

func TestInShardOrder(t *testing.T) {
	c := spawn(t, 3, nil)
	c.reply("select", numbered(5_000))
	gate := fake.NewGate()
	c.fakes["s2"].Reply("select", numbered(5_000).At(fake.AtRow(0), fake.Wait(gate)))
	shards := []messages.ShardID{"s2", "s0", "s1"}
	f := c.Send(t.Context(), &messages.Query{SQL: "select n, pad from t", Options: messages.Options{Shards: shards, Order: messages.InShardOrder}})
	gate.Open()
	rows, err := f.Await(t.Context())
	require.NoError(t, err)
	var order []messages.ShardID
	for rows.Next() {
		if s := rows.Shard(); len(order) == 0 || order[len(order)-1] != s {
			order = append(order, s)
		}
	}
	require.NoError(t, rows.Err())
	require.Equal(t, shards, order)

	inContext, err := c.Query(coordinator.InShardOrder(coordinator.OnShards(t.Context(), shards)), "select n, pad from t")
	require.NoError(t, err)
	order = nil
	for inContext.Next() {
		if s := coordinator.ShardOf(inContext); len(order) == 0 || order[len(order)-1] != s {
			order = append(order, s)
		}
	}
	require.Equal(t, shards, order)
}

func TestAsTheyComeWaitsForNoShard(t *testing.T) {
	c := spawn(t, 2, nil)
	c.reply("select", numbered(1000))
	gate := fake.NewGate()
	c.fakes["s0"].Reply("select", numbered(1000).At(fake.AtRow(500), fake.Wait(gate)))
	rows, err := c.Query(coordinator.AllShards(t.Context()), "select n, pad from t")
	require.NoError(t, err)
	for range 1500 { // all of s1 and what s0 has, the last of which a Flush brings
		require.True(t, rows.Next())
	}
	gate.Open()
	for range 500 {
		require.True(t, rows.Next())
	}
	require.False(t, rows.Next())
	require.NoError(t, rows.Err())
}

func TestSlowReaderBoundsWhatIsInFlight(t *testing.T) {
	const shards, window = 3, 2
	c := spawn(t, shards, func(cfg *coordinator.Config) { cfg.Window, cfg.BatchBytes = window, 4096 })
	c.reply("select", numbered(20_000))
	rows, err := c.Query(coordinator.AllShards(t.Context()), "select n, pad from t")
	require.NoError(t, err)
	n := 0
	for ; rows.Next(); n++ {
		if n%50 == 0 {
			require.LessOrEqual(t, rows.(*coordinator.Rows).InFlight(), shards*window)
		}
	}
	require.NoError(t, rows.Err())
	require.Equal(t, shards*20_000, n)
	require.Zero(t, rows.(*coordinator.Rows).InFlight())
}

func TestFailingShardFailsTheCallAndNamesItself(t *testing.T) {
	broken := errors.New("the disk is gone")
	for name, test := range map[string]struct {
		answer  fake.Result
		atQuery bool
	}{
		"before its rows": {numbered(100_000).At(fake.AtQuery, fake.Fail(broken)), true},
		"at row 0":        {numbered(100_000).At(fake.AtRow(0), fake.Fail(broken)), true},
		"in its rows":     {numbered(100_000).At(fake.AtRow(50_000), fake.Fail(broken)), false},
		"after its rows":  {numbered(1000).At(fake.AtRow(1000), fake.Fail(broken)), false},
		"at its close":    {numbered(1000).At(fake.AtCursorClose, fake.Fail(broken)), false},
		"with a panic":    {numbered(1000).At(fake.AtRow(500), fake.Panic("the disk is gone")), false},
	} {
		t.Run(name, func(t *testing.T) {
			c := spawn(t, 3, nil)
			s0, s2 := opened(fake.NewGate()), opened(fake.NewGate())
			c.fakes["s0"].Reply("select", numbered(100_000).At(fake.AtQuery, fake.Wait(s0)))
			c.fakes["s2"].Reply("select", numbered(100_000).At(fake.AtQuery, fake.Wait(s2)))
			c.fakes["s1"].Reply("select", test.answer.At(fake.AtQuery, func(context.Context) error {
				receive(t, s0.Arrived()) // the others have begun, so that there is something to cancel
				receive(t, s2.Arrived())
				return nil
			}))
			rows, err := c.Query(coordinator.AllShards(t.Context()), "select n, pad from t")
			n := int64(0)
			for rows.Next() {
				n++
			}
			if test.atQuery && err == nil {
				t.Fatal("Query returned before s1 had described its columns")
			}
			err = rows.Err()
			require.ErrorContains(t, err, "the disk is gone")
			e := requireShard(t, err, "s1")
			require.Equal(t, n, e.Rows)
			require.Empty(t, rows.CommandTag().String())
			c.requireReleased(t)
			if !test.atQuery { // else the others may not have begun
				require.Positive(t, c.fakes["s0"].Stats().Spent+c.fakes["s2"].Stats().Spent, "the others were not cancelled")
			}
			rows.Close()
			require.Equal(t, err, rows.Err())
		})
	}
}

func TestLeavingEarlyCancelsTheShards(t *testing.T) {
	c := spawn(t, 3, nil)
	c.reply("select", numbered(1_000_000))
	rows, err := c.Query(coordinator.AllShards(t.Context()), "select n, pad from t")
	require.NoError(t, err)
	for range coordinator.Each[numberedRow](rows) {
		break
	}
	require.NoError(t, rows.Err())
	require.Empty(t, rows.CommandTag().String(), "no tag is true of a part")
	c.requireReleased(t)
	for id, f := range c.fakes {
		require.Equal(t, 1, f.Stats().Spent, id)
	}
}

// What was written must not be undone because the reader has seen enough.
func TestLeavingAWriteEarlyCompletesIt(t *testing.T) {
	for name, read := range map[string]func(t *testing.T, c cast) error{
		"QueryRow": func(t *testing.T, c cast) error {
			var n int64
			return c.QueryRow(t.Context(), "insert into t values (1) returning n").Scan(&n, nil)
		},
		"Close": func(t *testing.T, c cast) error {
			rows, err := c.Query(t.Context(), "insert into t values (1) returning n")
			require.NoError(t, err)
			require.True(t, rows.Next())
			rows.Close()
			return rows.Err()
		},
		"scan error": func(t *testing.T, c cast) error {
			rows, err := c.Query(t.Context(), "insert into t values (1) returning n")
			require.NoError(t, err)
			require.True(t, rows.Next())
			require.Error(t, rows.Scan(new(bool), nil))
			require.ErrorContains(t, rows.Err(), "bool")
			return nil
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := spawn(t, 1, nil)
			gate := fake.NewGate()
			c.reply("insert", numbered(3).WithTag("INSERT 0 3").At(fake.AtRow(1), fake.Wait(gate)))
			done := make(chan error, 1)
			go func() { done <- read(t, c) }()
			receive(t, gate.Arrived())
			gate.Open()
			require.NoError(t, receive(t, done))
			stats := c.fakes["s0"].Stats()
			require.Zero(t, stats.Interrupted)
			require.Zero(t, stats.Spent)
		})
	}
}

func TestQueryRowWaitsForTheEndOfItsRow(t *testing.T) {
	c := spawn(t, 1, nil)
	broken := errors.New("a deferred constraint")
	c.reply("select", one(7).At(fake.AtRow(1), fake.Fail(broken)).Buffered(func(int) bool { return false }))
	var n int64
	require.ErrorIs(t, c.QueryRow(t.Context(), "select f()").Scan(&n), broken)
}

func TestEach(t *testing.T) {
	c := spawn(t, 2, nil)
	c.reply("select", numbered(100))
	query := func() *coordinator.Rows {
		rows, err := c.Query(coordinator.AllShards(t.Context()), "select n, pad from t")
		require.NoError(t, err)
		return rows.(*coordinator.Rows)
	}
	all, err := coordinator.Collect[numberedRow](query())
	require.NoError(t, err)
	require.Len(t, all, 200)

	broken := errors.New("broken")
	c.reply("select", numbered(10_000))
	c.fakes["s1"].Reply("select", numbered(10_000).At(fake.AtRow(5_000), fake.Fail(broken)))
	pairs, failures := 0, 0
	for v, err := range coordinator.Each[numberedRow](query()) {
		require.Zero(t, failures, "something came after the error")
		if err != nil {
			require.ErrorIs(t, err, broken)
			require.Zero(t, v)
			failures++
			continue
		}
		pairs++
	}
	require.Equal(t, 1, failures)
	require.LessOrEqual(t, pairs, 15_000)

	rows, err := c.Query(coordinator.OnShard(t.Context(), "s0"), "select n, pad from t")
	require.NoError(t, err)
	for _, err := range coordinator.Each[struct{ Other int }](rows) {
		require.Error(t, err, "the struct doesn't fit")
	}
	c.fakes["s0"].Reply("single", one(4))
	single, err := c.Query(coordinator.OnShard(t.Context(), "s0"), "single")
	require.NoError(t, err)
	numbers, err := coordinator.Collect[int64](single)
	require.NoError(t, err)
	require.Equal(t, []int64{4}, numbers)
}

func TestRowsWithoutColumns(t *testing.T) {
	c := spawn(t, 2, nil)
	c.reply("select", fake.Rows().Generate(1000, func(int) []any { return nil }))
	rows, err := c.Query(coordinator.AllShards(t.Context()), "select from t")
	if err != nil { // SQLite has no such statement
		rows, err = c.Query(coordinator.OnShard(t.Context(), "s0"), "select from t")
		require.NoError(t, err)
	}
	n := 0
	for ; rows.Next(); n++ {
		require.NoError(t, rows.Scan())
	}
	require.NoError(t, rows.Err())
	require.Equal(t, 1000*len(rows.(*coordinator.Rows).Shards()), n)
}

func TestSchemaMismatchNamesBothShards(t *testing.T) {
	for name, other := range map[string]fake.Result{
		"count": fake.Rows(fake.Column("n", pgtype.Int8OID)).Row(int64(1)),
		"name":  fake.Rows(fake.Column("n", pgtype.Int8OID), fake.Column("pod", pgtype.TextOID)).Row(int64(1), "x"),
		"type":  fake.Rows(fake.Column("n", pgtype.TextOID), fake.Column("pad", pgtype.TextOID)).Row("1", "x"),
		"empty": fake.Rows(fake.Column("n", pgtype.Int8OID)),
	} {
		t.Run(name, func(t *testing.T) {
			c := spawn(t, 2, nil)
			c.reply("select", numbered(100_000))
			c.fakes["s1"].Reply("select", other)
			_, err := c.Query(coordinator.AllShards(t.Context()), "select n, pad from t")
			require.ErrorIs(t, err, messages.ErrSchemaMismatch)
			require.ErrorContains(t, err, "s0")
			require.ErrorContains(t, err, "s1")
			c.requireReleased(t)
		})
	}
}
