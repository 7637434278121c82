package faulttest_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
)

func TestPoolExhaustedByOpenRows(t *testing.T) {
	db := pgtest.Shared(t)
	troupe := over(t, postgresShard("s0", db, "pool_max_conns=2"), sqliteFile(t, "s1", "readers=2"))
	makeNumbered(t, troupe, million)
	for _, id := range troupe.Shards() {
		var open []pgx.Rows
		for range 2 {
			rows, err := troupe.Query(coordinator.OnShard(background(t), id), readNumbered)
			require.NoError(t, err)
			require.True(t, rows.Next())
			open = append(open, rows)
		}
		const deadline = 100 * time.Millisecond
		var overshoots durations
		var callers sync.WaitGroup
		for range 8 {
			callers.Go(func() {
				var n int
				var err error
				took := elapsed(func() {
					err = troupe.QueryRow(coordinator.OnShard(within(t, deadline), id), "select 1").Scan(&n)
				})
				overshoots.enter(took - deadline)
				assert.Less(t, took, deadline+soon)
				assert.ErrorIs(t, err, messages.ErrPoolExhausted)
				assert.ErrorIs(t, err, context.DeadlineExceeded)
				var e *messages.Error
				if assert.ErrorAs(t, err, &e) {
					assert.Equal(t, id, e.Shard)
				}
			})
		}
		callers.Wait()
		overshoots.log(t, string(id)+": beyond the deadline")

		// The other shard has its own connections.
		for _, other := range troupe.Shards() {
			if other != id {
				assert.EqualValues(t, 1, number(t, troupe, other, "select 1"))
			}
		}
		// Who waits gets the connection that comes free.
		got := make(chan error, 1)
		go func() {
			var n int
			got <- troupe.QueryRow(coordinator.OnShard(background(t), id), "select 1").Scan(&n)
		}()
		select {
		case err := <-got:
			require.Fail(t, "it didn't wait", "%v", err)
		case <-signalAfter(20 * time.Millisecond):
		}
		open[0].Close()
		require.NoError(t, <-got)
		open[1].Close()
	}
}

// More readers than connections take turns: nobody is passed over for long.
func TestPoolIsFair(t *testing.T) {
	troupe := over(t, postgresShard("s0", pgtest.Shared(t), "pool_max_conns=2"))
	const readers = 16
	turns := make([]int, readers)
	var waits durations
	stop := signalAfter(time.Second)
	var all sync.WaitGroup
	for i := range readers {
		all.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				waits.enter(elapsed(func() {
					var n int
					assert.NoError(t, troupe.QueryRow(within(t, limit), "select 1 from pg_sleep(0.002)").Scan(&n))
				}))
				turns[i]++
			}
		})
	}
	all.Wait()
	waits.log(t, "16 readers, 2 connections, 2 ms each")
	least, most := turns[0], turns[0]
	for _, n := range turns {
		least, most = min(least, n), max(most, n)
	}
	t.Logf("turns: %d to %d", least, most)
	assert.LessOrEqual(t, most, 2*least+2)
}

// Whoever holds rows and queries the same shard again needs a second connection. With a pool of one there is none: that
// ends by the deadline, and takes nothing from anybody but the caller.
func TestNestedQueryOnAPoolOfOneEndsByItsDeadline(t *testing.T) {
	troupe := over(t, postgresShard("s0", pgtest.Shared(t), "pool_max_conns=1"), sqliteFile(t, "s1", "readers=1"))
	makeNumbered(t, troupe, million)
	for _, id := range troupe.Shards() {
		rows, err := troupe.Query(coordinator.OnShard(background(t), id), readNumbered)
		require.NoError(t, err)
		require.True(t, rows.Next())
		const deadline = 50 * time.Millisecond
		for range 3 {
			took := elapsed(func() { _, err = readAll(coordinator.OnShard(within(t, deadline), id), troupe, nil) })
			require.ErrorIs(t, err, messages.ErrPoolExhausted)
			requireNames(t, err, id)
			assert.Less(t, took, deadline+soon)
			// A scatter that finds no connection on one of its shards fails too, and lets go of the others.
			took = elapsed(func() { _, err = readAll(coordinator.AllShards(within(t, deadline)), troupe, nil) })
			require.ErrorIs(t, err, context.DeadlineExceeded)
			assert.Less(t, took, deadline+soon)
		}
		for range 1000 {
			require.True(t, rows.Next(), "the rows that were open go on")
		}
		rows.Close()
		assert.EqualValues(t, 1, number(t, troupe, id, "select 1"))
	}
}
