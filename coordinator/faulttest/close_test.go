package faulttest_test

import (
	"context"
	"errors"
	"runtime"
	"runtime/pprof"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// Promises 7 and 8: Close in the middle of everything. Each call succeeds or says why not, and nothing is left.
func TestCloseUnderLoad(t *testing.T) {
	dbs := []*pgtest.Database{pgtest.Shared(t), pgtest.Shared(t)}
	goroutines := runtime.NumGoroutine()
	for round := range 4 {
		troupe, err := coordinator.Spawn(background(t), coordinator.Config{
			Shards: []shardworker.Shard{postgresShard("s0", dbs[0]), postgresShard("s1", dbs[1]), sqliteFile(t, "s2"), sqliteMemory(t, "s3")},
			Logger: quiet,
		})
		require.NoError(t, err)
		makeNumbered(t, troupe, 1000)
		for _, id := range troupe.Shards() {
			on(t, troupe, id, "drop table if exists written")
			on(t, troupe, id, createLedger)
		}
		ledgers := map[messages.ShardID]*ledger{}
		for _, id := range troupe.Shards() {
			ledgers[id] = newLedger(id)
		}

		ctx := background(t)
		var load, warm sync.WaitGroup
		work := func(call func() error) {
			warm.Add(1)
			load.Go(func() {
				var once sync.Once
				defer once.Do(warm.Done)
				for {
					err := call()
					once.Do(warm.Done)
					switch {
					case errors.Is(err, messages.ErrClosed):
						return
					case err != nil:
						requireTypedAsync(t, err)
						if !errors.Is(err, messages.ErrOutcomeUnknown) {
							assert.NoError(t, err, "neither a success nor closed")
						}
						return
					}
				}
			})
		}
		for range 4 {
			work(func() error { _, err := readAll(coordinator.AllShards(ctx), troupe, nil); return err })
		}
		for _, l := range ledgers {
			work(func() error { return l.write(ctx, troupe) })
		}
		work(func() error { // who sends and waits later
			rows, err := troupe.Send(ctx, &messages.Query{SQL: readNumbered, Options: messages.Options{AllShards: true}}).Await(ctx)
			if err != nil {
				return err
			}
			_, err = count(rows, nil)
			return err
		})
		warm.Wait()
		closers := make(chan error, 2)
		took := elapsed(func() {
			for range cap(closers) {
				go func() { closers <- troupe.Close(ctx) }()
			}
			for range cap(closers) {
				require.NoError(t, <-closers)
			}
		})
		calls := elapsed(load.Wait)
		t.Logf("round %d: closed in %v, the calls had ended %v later", round, took, calls)
		assert.Less(t, took, 5*time.Second)
		assert.Less(t, calls, soon)
		for _, db := range dbs {
			n, err := db.Backends()
			require.NoError(t, err)
			assert.Zero(t, n, "backends that are left after Close")
		}
		require.NoError(t, troupe.Close(ctx))
		_, err = troupe.Exec(coordinator.AllShards(ctx), "delete from written")
		require.ErrorIs(t, err, messages.ErrClosed)

		// What was acknowledged before is there for the next.
		again := over(t, postgresShard("s0", dbs[0]), postgresShard("s1", dbs[1]))
		ledgers["s0"].settle(t, again)
		ledgers["s1"].settle(t, again)
		require.NoError(t, again.Close(ctx))
	}
	assert.Eventually(t, func() bool { return runtime.NumGoroutine() <= goroutines+1 }, 5*time.Second, 10*time.Millisecond, "goroutines are left, without the one that looks:\n%s", stacks())
}

// requireTypedAsync is requireTyped for goroutines other than the test's own.
func requireTypedAsync(t testing.TB, err error) {
	var e *messages.Error
	assert.ErrorAs(t, err, &e)
	assert.NotErrorIs(t, err, messages.ErrProtocol)
	assert.NotErrorIs(t, err, messages.ErrPanic)
}

// Rows that are open when the troupe closes end with ErrClosed, and whoever reads them may close too.
func TestCloseFromWithinAStream(t *testing.T) {
	db := pgtest.Shared(t)
	troupe, err := coordinator.Spawn(background(t), coordinator.Config{
		Shards: []shardworker.Shard{postgresShard("s0", db), sqliteFile(t, "s1")}, Logger: quiet,
	})
	require.NoError(t, err)
	makeNumbered(t, troupe, million)
	rows, err := troupe.Query(coordinator.AllShards(background(t)), readNumbered)
	require.NoError(t, err)
	var took time.Duration
	_, err = count(rows, func(read int) {
		if read == 5000 {
			took = elapsed(func() { require.NoError(t, troupe.Close(context.Background())) })
		}
	})
	require.ErrorIs(t, err, messages.ErrClosed)
	t.Logf("closed in %v", took)
	assert.Less(t, took, 5*time.Second)
	n, err := db.Backends()
	require.NoError(t, err)
	assert.Zero(t, n)
}

// A Close without time names the shards that hold on, and no others.
func TestCloseWithoutTimeNamesWhoHoldsOn(t *testing.T) {
	c := pgtest.Start(t)
	troupe, err := coordinator.Spawn(background(t), coordinator.Config{
		Shards: []shardworker.Shard{postgresShard("s0", pgtest.Shared(t)), postgresShard("s1", c), sqliteFile(t, "s2"), sqliteMemory(t, "s3")}, Logger: quiet,
	})
	require.NoError(t, err)
	everywhere(t, troupe, "create table t (n integer)")
	ended, cancel := context.WithCancel(background(t))
	cancel()
	err = troupe.Close(ended)
	for _, e := range messages.ShardErrors(err) {
		// An idle connection has to take its leave of the server or to write its log back, for which there is no time.
		assert.NotContains(t, e.Detail, "jobs", "there were no calls: %v", e)
	}
	noBackends(t, c)
}

func stacks() string {
	var b strings.Builder
	_ = pprof.Lookup("goroutine").WriteTo(&b, 1)
	return b.String()
}
