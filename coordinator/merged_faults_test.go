package coordinator_test

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

const ordered = "select n, pad from t order by n"

// readInOrder reads rows of (n, pad) and requires that n never descends.
func readInOrder(t require.TestingT, rows *coordinator.Rows) (read int64) {
	last := int64(-1)
	for rows.Next() {
		var n int64
		require.NoError(t, rows.Scan(&n, nil))
		require.GreaterOrEqual(t, n, last)
		last = n
		read++
	}
	return read
}

func queryOrdered(t require.TestingT, ctx context.Context, c cast) *coordinator.Rows {
	rows, err := c.Query(coordinator.AllShards(ctx), ordered)
	require.NoError(t, err)
	return rows.(*coordinator.Rows)
}

// TestAShardThatDiesInAnOrderedMerge: the error names it, and how many rows had been handed out.
func TestAShardThatDiesInAnOrderedMerge(t *testing.T) {
	for name, cause := range map[string]*messages.Error{
		"lost": {Code: messages.ErrShardLost, Detail: "the connection broke"}, "statement": {Code: messages.ErrStatement, Detail: "division by zero"},
	} {
		t.Run(name, func(t *testing.T) {
			c := spawn(t, 3, func(cfg *coordinator.Config) { cfg.BatchBytes = 1024 })
			c.reply("select", numbered(10_000))
			gate := fake.NewGate()
			c.fakes["s1"].Reply("select", numbered(10_000).At(fake.AtRow(7_000), fake.Wait(gate), fake.Fail(cause)))
			rows := queryOrdered(t, t.Context(), c)
			for range 9000 {
				require.True(t, rows.Next())
			}
			gate.Open()
			read := 9000 + readInOrder(t, rows)
			err := rows.Err()
			require.ErrorIs(t, err, cause.Code)
			e := requireShard(t, err, "s1")
			require.Equal(t, read, e.Rows, "%v", err)
			require.LessOrEqual(t, read, int64(3*7_000))
			require.False(t, rows.Next())
			require.Empty(t, rows.CommandTag().String())
			c.requireReleased(t)
		})
	}
}

func TestContextEndsInAnOrderedMerge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := spawn(t, 3, ownSystem)
		c.reply("select", numbered(10_000))
		c.fakes["s2"].Reply("select", numbered(10_000).At(fake.AtRow(3_000), fake.Wait(fake.NewGate())))
		ctx, cancel := context.WithTimeout(t.Context(), deadline)
		defer cancel()
		begin := time.Now()
		rows := queryOrdered(t, ctx, c)
		read := readInOrder(t, rows)
		require.Equal(t, deadline, time.Since(begin))
		require.ErrorIs(t, rows.Err(), messages.ErrCanceled)
		require.ErrorIs(t, rows.Err(), context.DeadlineExceeded)
		var e *messages.Error
		require.ErrorAs(t, rows.Err(), &e)
		require.NotEmpty(t, e.Shard, "the stuck shard, or one that waits for the reader")
		require.Equal(t, read, e.Rows)
		require.LessOrEqual(t, read, int64(3*3_000+2))
		rows.Close()
		synctest.Wait()
		c.requireReleased(t)
	})
}

// TestContextThatEndsBetweenTheRowsOfAMerge: an end that nobody waits for is noticed at the next batch at the latest.
func TestContextThatEndsBetweenTheRowsOfAMerge(t *testing.T) {
	c := spawn(t, 3, func(cfg *coordinator.Config) { cfg.BatchBytes = 1024 })
	c.reply("select", numbered(50_000))
	ctx, cancel := context.WithCancel(t.Context())
	rows := queryOrdered(t, ctx, c)
	for range 100 {
		require.True(t, rows.Next())
	}
	cancel()
	require.Less(t, readInOrder(t, rows), int64(140_000))
	require.ErrorIs(t, rows.Err(), context.Canceled)
	c.requireReleased(t)
}

// TestEarlyCloseOfAMerge cancels the shards, and gives everything back.
func TestEarlyCloseOfAMerge(t *testing.T) {
	for _, read := range []int{0, 1, 1500} {
		c := spawn(t, 3, nil)
		c.reply("select", numbered(100_000))
		rows := queryOrdered(t, t.Context(), c)
		for range read {
			require.True(t, rows.Next())
		}
		rows.Close()
		rows.Close()
		require.NoError(t, rows.Err())
		require.False(t, rows.Next())
		require.Empty(t, rows.Shard())
		c.requireReleased(t)
		require.Zero(t, rows.InFlight())
	}
}

func TestForgottenMergedRowsAreClosed(t *testing.T) {
	c := spawn(t, 3, nil)
	c.reply("select", numbered(100_000))
	func() {
		rows := queryOrdered(t, t.Context(), c)
		require.True(t, rows.Next())
	}()
	require.Eventually(t, func() bool {
		runtime.GC()
		return c.Admitted() == 0
	}, patience, time.Millisecond)
	require.Eventually(t, func() bool { return c.log.String() != "" }, patience, time.Millisecond)
	require.Contains(t, c.log.String(), "forgotten")
	c.requireReleased(t)
}

// TestMergesHoldNoMoreThanTheirWindows whatever the shards send, and however late one is.
func TestMergesHoldNoMoreThanTheirWindows(t *testing.T) {
	const window = 2
	c := spawn(t, 3, func(cfg *coordinator.Config) { cfg.Window, cfg.BatchBytes = window, 1024 })
	c.reply("select", numbered(20_000))
	gate := fake.NewGate()
	c.fakes["s1"].Reply("select", numbered(20_000).At(fake.AtRow(500), fake.Wait(gate)))
	rows := queryOrdered(t, t.Context(), c)
	n := 0
	for rows.Next() {
		require.LessOrEqual(t, rows.InFlight(), 3*window)
		if n++; n == 1000 {
			gate.Open()
		}
	}
	require.NoError(t, rows.Err())
	require.Equal(t, 60_000, n)
}

// TestALimitDrainsWhatIsLeft rather than to cancel, if it is small: to cancel costs a connection.
func TestALimitDrainsWhatIsLeft(t *testing.T) {
	for _, test := range []struct {
		sql     string
		drained bool
	}{
		{"select n, pad from t order by n limit 5", true},
		{"select n, pad from t order by n limit 5 offset 7", true},
		{"select n, pad from t limit 5", true},
		{"select n, pad from t order by n limit 1000000", true}, // there is nothing left
		{"select n, pad from t order by n limit 20000", false},
		{"select n, pad from t limit 5 offset 9999", false},
	} {
		c := spawn(t, 3, nil)
		c.reply("select", numbered(30_000))
		rows, err := c.Query(coordinator.AllShards(t.Context()), test.sql)
		require.NoError(t, err)
		for rows.Next() {
		}
		require.NoError(t, rows.Err())
		c.requireReleased(t)
		spent := 0
		for _, f := range c.fakes {
			spent += f.Stats().Spent
		}
		require.Equal(t, test.drained, spent == 0, "%s: %d connections were spent", test.sql, spent)
	}
}

// TestAnErrorAfterTheLimitIsNone: the answer was complete.
func TestAnErrorAfterTheLimitIsNone(t *testing.T) {
	c := spawn(t, 2, nil)
	c.reply("select", numbered(2_000))
	gate := fake.NewGate()
	c.fakes["s1"].Reply("select", numbered(2_000).At(fake.AtRow(1_500), fake.Wait(gate), fake.Fail(errors.New("too late"))))
	rows, err := c.Query(coordinator.AllShards(t.Context()), ordered+" limit 5")
	require.NoError(t, err)
	for range 5 {
		require.True(t, rows.Next())
	}
	gate.Open()
	require.False(t, rows.Next())
	require.NoError(t, rows.Err())
	require.Equal(t, "SELECT 5", rows.CommandTag().String())
}

// TestAShardThatDoesNotSortIsFoundOut: a wrong order is an error.
func TestAShardThatDoesNotSortIsFoundOut(t *testing.T) {
	c := spawn(t, 2, nil)
	c.reply("select", numbered(10))
	c.fakes["s1"].Reply("select", fake.Rows(fake.Column("n", pgtype.Int8OID), fake.Column("pad", pgtype.TextOID)).
		Row(int64(3), "").Row(int64(2), ""))
	rows := queryOrdered(t, t.Context(), c)
	readInOrder(t, rows)
	require.ErrorIs(t, rows.Err(), messages.ErrRefused)
	require.ErrorContains(t, rows.Err(), "order")
	c.requireReleased(t)
}
