package coordinator_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

func TestCloseIdleTwiceAndConcurrently(t *testing.T) {
	c := spawnOpen(t, 3, nil)
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() { requireNoErrorHere(t, c.Close(context.Background())) })
	}
	wg.Wait()
	require.NoError(t, c.Close(t.Context()))
	for id, f := range c.fakes {
		require.True(t, f.Closed(), id)
	}
	requireClosed(t, c)
}

// requireClosed requires that no kind of call is accepted any more.
func requireClosed(t *testing.T, c cast) {
	ctx := coordinator.OnShard(t.Context(), "s0")
	rows, err := c.Query(ctx, "select 1")
	require.ErrorIs(t, err, messages.ErrClosed)
	require.False(t, rows.Next())
	require.ErrorIs(t, rows.Err(), messages.ErrClosed)
	_, err = c.Exec(ctx, "delete from t")
	require.ErrorIs(t, err, messages.ErrClosed)
	require.NotErrorIs(t, err, messages.ErrOutcomeUnknown)
	require.ErrorIs(t, c.QueryRow(ctx, "select 1").Scan(), messages.ErrClosed)
	require.ErrorIs(t, c.Add(ctx, &thing{ID: 1}), messages.ErrClosed)
	_, err = c.Send(ctx, &messages.Query{SQL: "select 1"}).Await(t.Context())
	require.ErrorIs(t, err, messages.ErrClosed)
}

func TestCloseEndsCallsAtEveryStage(t *testing.T) {
	gate := fake.NewGate() // never opened
	for name, script := range map[string]func(f *fake.Backend){
		"in acquire":     func(f *fake.Backend) { f.At(fake.AtAcquire, fake.Wait(gate)) },
		"in query":       func(f *fake.Backend) { f.Reply("select", numbered(1).At(fake.AtQuery, fake.Wait(gate))) },
		"before a row":   func(f *fake.Backend) { f.Reply("select", numbered(1).At(fake.AtRow(0), fake.Wait(gate))) },
		"mid rows":       func(f *fake.Backend) { f.Reply("select", numbered(9000).At(fake.AtRow(5000), fake.Wait(gate))) },
		"before the end": func(f *fake.Backend) { f.Reply("select", numbered(500).At(fake.AtRow(500), fake.Wait(gate))) },
		"for credit":     func(f *fake.Backend) { f.Reply("select", numbered(1_000_000)) },
	} {
		t.Run(name, func(t *testing.T) {
			c := spawnOpen(t, 2, nil)
			for _, f := range c.fakes {
				script(f)
			}
			const calls = 6 // more than there are connections
			futures := make([]*coordinator.Future, calls)
			for i := range futures {
				futures[i] = c.Send(coordinator.AllShards(t.Context()), &messages.Query{SQL: "select n, pad from t"})
			}
			begin := time.Now()
			require.NoError(t, c.Close(t.Context()))
			require.Less(t, time.Since(begin), 2*time.Second)
			for _, f := range futures {
				rows, err := f.Await(t.Context())
				if err == nil {
					for rows.Next() {
					}
					err = rows.Err()
				}
				require.ErrorIs(t, err, messages.ErrClosed)
			}
			c.requireReleased(t)
		})
	}
}

func TestCloseLeavesTheOutcomeOfAWriteUnknown(t *testing.T) {
	c := spawnOpen(t, 1, nil)
	gate := fake.NewGate()
	c.reply("delete", fake.Tag("DELETE 1").At(fake.AtQuery, fake.Wait(gate)))
	failed := make(chan error, 1)
	go func() {
		_, err := c.Exec(context.Background(), "delete from t")
		failed <- err
	}()
	receive(t, gate.Arrived())
	require.NoError(t, c.Close(t.Context()))
	err := receive(t, failed)
	require.ErrorIs(t, err, messages.ErrOutcomeUnknown)
	require.ErrorIs(t, err, messages.ErrClosed)
}

func TestCloseUnderLoad(t *testing.T) {
	c := spawnOpen(t, 3, func(cfg *coordinator.Config) {
		chosenBy["execute"].configure(cfg, func(context.Context) ([]messages.ShardID, error) { return []messages.ShardID{"s0", "s2"}, nil })
	})
	c.reply("select", numbered(300))
	c.reply("delete", fake.Tag("DELETE 1"))
	var wg sync.WaitGroup
	running := make(chan struct{}, 16)
	for i := range 16 {
		wg.Go(func() {
			for n := 0; ; n++ {
				var err error
				switch (i + n) % 3 {
				case 0:
					rows, queryErr := c.Query(coordinator.AllShards(context.Background()), "select n, pad from t")
					if err = queryErr; err == nil {
						count := 0
						for rows.Next() {
							count++
						}
						if err = rows.Err(); err == nil && count != 900 {
							t.Errorf("a short result: %d rows", count)
						}
					}
				case 1:
					rows, queryErr := c.Query(context.Background(), "select n, pad from t")
					err = queryErr
					rows.Close()
				default:
					_, err = c.Exec(coordinator.OnShard(context.Background(), "s1"), "delete from t")
				}
				if n == 3 {
					running <- struct{}{}
				}
				if err != nil {
					var e *messages.Error
					if !errors.As(err, &e) || !errors.Is(err, messages.ErrClosed) && !errors.Is(err, messages.ErrCanceled) &&
						!errors.Is(err, messages.ErrUnavailable) && !errors.Is(err, messages.ErrShardLost) {
						t.Errorf("call %d: %v", n, err)
					}
					return
				}
			}
		})
	}
	for range 16 {
		receive(t, running)
	}
	require.NoError(t, c.Close(t.Context()))
	wg.Wait()
	c.requireReleased(t)
	requireClosed(t, c)
}

func TestCloseWithAnEndedContext(t *testing.T) {
	c := spawnOpen(t, 2, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	begin := time.Now()
	_ = c.Close(ctx) // it may say that it couldn't wait
	require.Less(t, time.Since(begin), time.Second)
	requireClosed(t, c)
	for id, f := range c.fakes {
		require.Eventually(t, f.Closed, patience, time.Millisecond, id)
	}
}

func TestCloseNamesTheStubbornShard(t *testing.T) {
	c := spawnOpen(t, 3, func(cfg *coordinator.Config) { cfg.CloseTimeout = 100 * time.Millisecond })
	c.reply("select", numbered(1))
	gate := fake.NewGate()
	c.fakes["s1"].Reply("select stubborn", numbered(1).At(fake.AtRow(0), fake.Stubborn(fake.Wait(gate))))
	f := c.Send(coordinator.OnShard(context.Background(), "s1"), &messages.Query{SQL: "select stubborn"})
	receive(t, gate.Arrived())
	begin := time.Now()
	err := c.Close(context.Background())
	require.Less(t, time.Since(begin), time.Second)
	require.ErrorContains(t, err, "s1")
	require.ErrorIs(t, err, context.DeadlineExceeded)
	for _, e := range messages.ShardErrors(err) {
		require.Equal(t, messages.ShardID("s1"), e.Shard)
	}
	_, err = f.Await(t.Context())
	require.ErrorIs(t, err, messages.ErrClosed)
	gate.Open()
	c.requireReleased(t)
	require.Error(t, c.Close(context.Background()), "a second Close says the same")
}

// TestCloseIsBoundedThoughABackendIsNot: a backend whose own Close overstays doesn't hold up a Close without a deadline.
func TestCloseIsBoundedThoughABackendIsNot(t *testing.T) {
	c := spawnOpen(t, 2, func(cfg *coordinator.Config) { cfg.CloseTimeout = 50 * time.Millisecond })
	gate := fake.NewGate()
	c.fakes["s0"].At(fake.AtBackendClose, fake.Stubborn(fake.Wait(gate)))
	begin := time.Now()
	require.Error(t, c.Close(context.Background()))
	require.Less(t, time.Since(begin), 5*time.Second)
	gate.Open()
	require.Eventually(t, func() bool { return c.fakes["s0"].Closed() }, patience, time.Millisecond)
	<-c.ClosedDone()
}
