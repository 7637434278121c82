package faulttest_test

import (
	"context"
	"slices"
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

// latencies asks one shard something small until stop is closed, each time with success, and returns how long each took.
func latencies(t testing.TB, troupe *coordinator.Troupe, id messages.ShardID, stop <-chan struct{}) []time.Duration {
	var all []time.Duration
	for {
		select {
		case <-stop:
			slices.Sort(all)
			return all
		default:
		}
		all = append(all, elapsed(func() {
			counts, err := readAll(coordinator.OnShard(within(t, limit), id), troupe, nil)
			if assert.NoError(t, err) {
				assert.EqualValues(t, 100, counts[id])
			}
		}))
	}
}

func percentile(sorted []time.Duration, p float64) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(int(p*float64(len(sorted))), len(sorted)-1)]
}

// signalAfter returns a channel that is closed after d.
func signalAfter(d time.Duration) <-chan struct{} {
	c := make(chan struct{})
	time.AfterFunc(d, func() { close(c) })
	return c
}

func TestFrozenShard(t *testing.T) {
	const pool = 3
	frozen := pgtest.Start(t)
	troupe := over(t, postgresShard("s0", pgtest.Shared(t)), postgresShard("s1", frozen, "pool_max_conns=3"), sqliteFile(t, "s2"))
	makeNumbered(t, troupe, 100)
	everywhere(t, troupe, "create table t (n integer)")
	healthy := []messages.ShardID{"s0", "s2"}
	before := map[messages.ShardID][]time.Duration{}
	for _, id := range healthy {
		before[id] = latencies(t, troupe, id, signalAfter(700*time.Millisecond))
	}
	_, err := readAll(coordinator.AllShards(background(t)), troupe, nil)
	require.NoError(t, err)

	require.NoError(t, frozen.Freeze())
	stop := make(chan struct{})
	var overshoots durations
	during := map[messages.ShardID][]time.Duration{}
	var load sync.WaitGroup
	load.Go(func() { // callers of the frozen shard, as many as would fill any pool
		var callers sync.WaitGroup
		for range 3 * pool {
			callers.Go(func() { troubleWith(t, troupe, stop, &overshoots) })
		}
		callers.Wait()
	})
	for _, id := range healthy {
		during[id] = latencies(t, troupe, id, signalAfter(700*time.Millisecond))
	}
	close(stop)
	load.Wait()
	overshoots.log(t, "beyond the deadline")
	for _, id := range healthy {
		t.Logf("%s: p50 %v before, %v while s1 was frozen; p99 %v and %v; %d and %d calls", id, percentile(before[id], 0.5), percentile(during[id], 0.5),
			percentile(before[id], 0.99), percentile(during[id], 0.99), len(before[id]), len(during[id]))
		assert.Less(t, percentile(during[id], 0.99), soon)
	}

	require.NoError(t, frozen.Thaw())
	took := recovered(t, troupe, "s1")
	t.Logf("recovered %v after the thaw", took)
	assert.Less(t, took, time.Second)
	// All places in the pool are free: as many streams as there are connections are open at once.
	for range pool {
		rows, err := troupe.Query(coordinator.OnShard(within(t, limit), "s1"), readNumbered)
		require.NoError(t, err)
		require.True(t, rows.Next())
		defer rows.Close()
	}
}

// troubleWith calls the frozen shard s1 with deadlines, alone and together with others, and checks that they are kept.
func troubleWith(t testing.TB, troupe *coordinator.Troupe, stop <-chan struct{}, overshoots *durations) {
	const deadline = 150 * time.Millisecond
	for {
		select {
		case <-stop:
			return
		default:
		}
		for _, pin := range []func(context.Context) context.Context{
			func(ctx context.Context) context.Context { return coordinator.OnShard(ctx, "s1") },
			func(ctx context.Context) context.Context { return coordinator.AllShards(ctx) },
		} {
			ctx, cancel := context.WithTimeout(context.Background(), deadline)
			var err error
			took := elapsed(func() { _, err = readAll(pin(ctx), troupe, nil) })
			overshoots.enter(took - deadline)
			assert.Less(t, took, deadline+soon)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			took = elapsed(func() { _, err = troupe.Exec(pin(ctx), "update t set n = 1") })
			assert.Less(t, took, soon)
			assert.ErrorIs(t, err, context.DeadlineExceeded)
			cancel()
		}
	}
}

// durations are how long things took.
type durations struct {
	mu  sync.Mutex
	all []time.Duration
}

func (d *durations) enter(took time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.all = append(d.all, took)
}

// log tells the spread of the durations.
func (d *durations) log(t testing.TB, what string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	slices.Sort(d.all)
	t.Logf("%s: p50 %v, p99 %v, max %v of %d", what, percentile(d.all, 0.5), percentile(d.all, 0.99), percentile(d.all, 1), len(d.all))
}

func TestShardFreezesInAStream(t *testing.T) {
	t.Parallel()
	tr := startTrio(t, 50_000)
	const deadline = 1500 * time.Millisecond
	start := time.Now()
	var frozenAt time.Time
	var read int64
	_, err := readAll(coordinator.AllShards(within(t, deadline)), tr.Troupe, func(n int) {
		read = int64(n)
		if n == 1000 {
			require.NoError(t, tr.clusters[1].Freeze())
			frozenAt = time.Now()
		}
	})
	took := time.Since(start)
	t.Logf("frozen after %v, %v beyond the deadline, with %d rows: %v", frozenAt.Sub(start), took-deadline, read, err)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	assert.Less(t, took, deadline+soon)
	assert.Equal(t, read, requireTyped(t, err).Rows)

	// Without a deadline the reader leaves when it likes.
	rows, err := tr.Query(coordinator.OnShards(background(t), []messages.ShardID{"s0"}), readNumbered)
	require.NoError(t, err)
	require.True(t, rows.Next())
	assert.Less(t, elapsed(rows.Close), soon)

	require.NoError(t, tr.clusters[1].Thaw())
	assert.Less(t, recovered(t, tr.Troupe, "s1"), time.Second)
	counts, err := readAll(coordinator.AllShards(background(t)), tr.Troupe, nil)
	require.NoError(t, err)
	requireCounts(t, counts, 50_000, tr.Shards()...)
}

func TestCloseWithAFrozenShard(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	for name, timeout := range map[string]time.Duration{"patient": 3 * time.Second, "impatient": 100 * time.Millisecond} {
		troupe, err := coordinator.Spawn(background(t), coordinator.Config{
			Shards: []shardworker.Shard{postgresShard("s0", c, "pool_max_conns=4"), sqliteFile(t, "s1")}, CloseTimeout: timeout, Logger: quiet,
		})
		require.NoError(t, err)
		makeNumbered(t, troupe, 1_000_000)
		ctx := coordinator.AllShards(background(t))
		rows, err := troupe.Query(ctx, readNumbered)
		require.NoError(t, err)
		require.True(t, rows.Next())
		// An idle connection too.
		number(t, troupe, "s0", "select 1")
		require.NoError(t, c.Freeze())
		calls := make(chan error, 2)
		for range cap(calls) {
			go func() {
				_, err := readAll(ctx, troupe, nil)
				calls <- err
			}()
		}
		var closeErr error
		took := elapsed(func() { closeErr = troupe.Close(background(t)) })
		t.Logf("%s: closed in %v: %v", name, took, closeErr)
		assert.Less(t, took, timeout+soon)
		for range cap(calls) {
			requireTyped(t, <-calls)
		}
		for rows.Next() {
		}
		assert.ErrorIs(t, rows.Err(), messages.ErrClosed)
		require.NoError(t, c.Thaw())
		noBackends(t, c)
	}
}
