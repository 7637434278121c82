package coordinator_test

import (
	"context"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

func TestFutureHasManyWaiters(t *testing.T) {
	c := spawn(t, 2, nil)
	gate := fake.NewGate()
	c.reply("select", numbered(10).At(fake.AtQuery, fake.Wait(gate)))
	f := c.Send(coordinator.AllShards(t.Context()), &messages.Query{SQL: "select n, pad from t"})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := f.Await(ended)
	require.ErrorIs(t, err, messages.ErrCanceled)
	require.ErrorIs(t, err, context.Canceled)
	var wg sync.WaitGroup
	got := make([]*coordinator.Rows, 20)
	for i := range got {
		wg.Go(func() {
			rows, err := f.Await(t.Context())
			requireNoErrorHere(t, err)
			got[i] = rows
		})
	}
	gate.Open()
	wg.Wait()
	for _, rows := range got {
		require.Same(t, got[0], rows)
	}
	require.Equal(t, map[messages.ShardID]int64{"s0": 10, "s1": 10}, readNumbered(t, got[0]))
	receive(t, f.Done())
}

func TestFutureOfAnExec(t *testing.T) {
	c := spawn(t, 2, nil)
	c.fakes["s0"].Reply("update", fake.Tag("UPDATE 3"))
	c.fakes["s1"].Reply("update", fake.Tag("UPDATE 4"))
	rows, err := c.Send(coordinator.AllShards(t.Context()), &messages.Exec{SQL: "update t set a = 1"}).Await(t.Context())
	require.NoError(t, err)
	require.False(t, rows.Next())
	require.NoError(t, rows.Err())
	require.Equal(t, "UPDATE 7", rows.CommandTag().String())
	require.Len(t, rows.Outcomes(), 2)
	require.Equal(t, "UPDATE 4", rows.Outcomes()[1].Tag.String())
	require.Equal(t, messages.ShardID("s1"), rows.Outcomes()[1].Shard)
	tag, err := c.Exec(coordinator.AllShards(t.Context()), "update t set a = 1")
	require.NoError(t, err)
	require.EqualValues(t, 7, tag.RowsAffected())
}

func TestFutureCancel(t *testing.T) {
	c := spawn(t, 1, nil)
	gate := fake.NewGate()
	c.reply("select", numbered(10).At(fake.AtQuery, fake.Wait(gate)))
	c.reply("delete", fake.Tag("DELETE 1").At(fake.AtQuery, fake.Wait(gate)))
	read := c.Send(t.Context(), &messages.Query{SQL: "select n, pad from t"})
	receive(t, gate.Arrived())
	read.Cancel()
	_, err := read.Await(t.Context())
	require.ErrorIs(t, err, messages.ErrCanceled)
	require.ErrorIs(t, err, context.Canceled)

	write := c.Send(t.Context(), &messages.Exec{SQL: "delete from t"})
	require.Eventually(t, func() bool { return len(c.fakes["s0"].Statements()) == 2 }, patience, time.Millisecond)
	write.Cancel()
	_, err = write.Await(t.Context())
	require.ErrorIs(t, err, messages.ErrOutcomeUnknown, "it was sent and may have taken effect")
	require.ErrorIs(t, err, context.Canceled)
	write.Cancel()
	c.Send(t.Context(), &messages.Query{SQL: "select 1", Options: messages.Options{Token: "none"}}).Cancel()
	require.Panics(t, func() { c.Send(t.Context(), nil) })
}

// fill sends calls until no more fit, and returns them.
func fill(t *testing.T, c cast, n int) []*coordinator.Future {
	var futures []*coordinator.Future
	for range n {
		futures = append(futures, c.Send(coordinator.AllShards(t.Context()), &messages.Query{SQL: "select blocked from t"}))
	}
	require.Equal(t, n, c.Admitted())
	return futures
}

func TestOverload(t *testing.T) {
	const most = 10
	c := spawn(t, 2, func(cfg *coordinator.Config) { cfg.MaxInFlight = most })
	gate := fake.NewGate()
	c.reply("select blocked", one(1).At(fake.AtQuery, fake.Wait(gate)))
	c.reply("select quick", one(1))
	futures := fill(t, c, most)
	_, err := c.Send(coordinator.AllShards(t.Context()), &messages.Query{SQL: "select quick from t"}).Await(t.Context())
	require.ErrorIs(t, err, messages.ErrOverloaded)
	ctx, cancel := context.WithTimeout(coordinator.OnShard(t.Context(), "s0"), 5*time.Millisecond)
	defer cancel()
	_, err = c.Query(ctx, "select quick")
	require.ErrorIs(t, err, messages.ErrOverloaded)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	waited := make(chan error, 1)
	go func() { waited <- readAll(coordinator.OnShard(context.Background(), "s0"), c, "select quick") }()
	gate.Open()
	for _, f := range futures {
		rows, err := f.Await(t.Context())
		require.NoError(t, err)
		rows.Close()
	}
	require.NoError(t, receive(t, waited))
	c.requireReleased(t)
	for range most { // they fit again, all at once
		futures = append(futures, c.Send(coordinator.AllShards(t.Context()), &messages.Query{SQL: "select blocked from t"}))
	}
	for _, f := range futures[most:] {
		rows, err := f.Await(t.Context())
		require.NoError(t, err)
		rows.Close()
	}
}

func TestForgottenRowsAreClosed(t *testing.T) {
	c := spawn(t, 2, nil)
	c.reply("select", numbered(1_000_000))
	forget := func() {
		ctx := coordinator.AllShards(context.Background())
		rows, err := c.Query(ctx, "select secret from t")
		require.NoError(t, err)
		require.True(t, rows.Next())
		c.QueryRow(coordinator.OnShard(ctx, "s0"), "select secret from t")
		f := c.Send(ctx, &messages.Query{SQL: "select secret from t"})
		receive(t, f.Done())
		c.Send(ctx, &messages.Query{SQL: "select secret from t"})
	}
	forget()
	require.Eventually(t, func() bool {
		runtime.GC()
		return c.Admitted() == 0
	}, patience, 5*time.Millisecond)
	c.requireReleased(t)
	require.Contains(t, c.log.String(), "forgotten")
	require.NotContains(t, c.log.String(), "secret")
}

func TestAMillionRequestsAgainstBlockedShards(t *testing.T) {
	if testing.Short() {
		t.Skip("a million requests")
	}
	const requests, most = 1_000_000, 1000
	c := spawn(t, 2, func(cfg *coordinator.Config) { cfg.MaxInFlight = most })
	gate := fake.NewGate()
	c.reply("select blocked", one(1).At(fake.AtQuery, fake.Wait(gate)))
	held := fill(t, c, most)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	ctx := coordinator.AllShards(t.Context())
	for range requests {
		if _, err := c.Send(ctx, &messages.Query{SQL: "select blocked from t"}).Await(ctx); err == nil {
			t.Fatal("more than MaxInFlight")
		}
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(16<<20))
	gate.Open()
	for _, f := range held {
		rows, err := f.Await(t.Context())
		require.NoError(t, err)
		rows.Close()
	}
	c.requireReleased(t)
	for range most {
		held = append(held, c.Send(ctx, &messages.Query{SQL: "select blocked from t"}))
	}
	for _, f := range held[most:] {
		rows, err := f.Await(t.Context())
		require.NoError(t, err)
		rows.Close()
	}
}
