package coordinator_test

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

// manyLanes has room for what a lost worker's jobs still hold.
var manyLanes = fake.Config{Dialect: messages.SQLite, Lanes: []int{200}}

func TestLostWorkerElevenTimes(t *testing.T) {
	c := spawn(t, 2, nil, manyLanes)
	c.reply("select quick", numbered(10))
	c.reply("delete quick", fake.Tag("DELETE 1"))
	for range 11 {
		gate, other := fake.NewGate(), fake.NewGate()
		c.fakes["s0"].Reply("select slow", numbered(10).At(fake.AtRow(5), fake.Wait(gate)))
		c.fakes["s0"].Reply("delete slow", fake.Tag("DELETE 1").At(fake.AtQuery, fake.Wait(gate)))
		c.fakes["s1"].Reply("select slow", numbered(10).At(fake.AtRow(5), fake.Wait(other)))
		ctx := t.Context()
		read := c.Send(coordinator.OnShard(ctx, "s0"), &messages.Query{SQL: "select slow"})
		write := c.Send(coordinator.OnShard(ctx, "s0"), &messages.Exec{SQL: "delete slow"})
		unharmed := c.Send(coordinator.OnShard(ctx, "s1"), &messages.Query{SQL: "select slow"})
		receive(t, gate.Arrived())
		receive(t, other.Arrived())
		lost := c.WorkerOf("s0")
		begin := time.Now()
		require.NoError(t, lost.Stop(within(t, patience)))
		rows, err := read.Await(ctx)
		if err == nil { // it had described its columns
			for rows.Next() {
			}
			err = rows.Err()
		}
		require.ErrorIs(t, err, messages.ErrShardLost)
		requireShard(t, err, "s0")
		_, err = write.Await(ctx)
		require.ErrorIs(t, err, messages.ErrOutcomeUnknown)
		requireShard(t, err, "s0")
		require.Less(t, time.Since(begin), time.Second)

		require.Eventually(t, func() bool { return c.WorkerOf("s0") != lost }, patience, time.Millisecond)
		again, err := c.Query(coordinator.AllShards(ctx), "select quick from t")
		require.NoError(t, err)
		require.Equal(t, map[messages.ShardID]int64{"s0": 10, "s1": 10}, readNumbered(t, again))
		require.NoError(t, again.Err())
		other.Open()
		gate.Open()
		rows, err = unharmed.Await(ctx)
		require.NoError(t, err)
		require.EqualValues(t, 10, readNumbered(t, rows)["s1"])
		require.NoError(t, rows.Err())
		c.requireReleased(t)
	}
	require.Eventually(t, func() bool { return strings.Contains(c.log.String(), "started anew") }, patience, time.Millisecond)
}

// A worker that is lost while choosers are being asked is nothing to their calls.
func TestLostWorkerWhileChoosing(t *testing.T) {
	answer, entered := make(chan struct{}), make(chan struct{})
	c := spawn(t, 2, func(cfg *coordinator.Config) {
		chosenBy["execute"].configure(cfg, func(context.Context) ([]messages.ShardID, error) {
			close(entered)
			<-answer
			return []messages.ShardID{"s1", "s0"}, nil
		})
	}, manyLanes)
	c.reply("select", numbered(10))
	f := c.Send(t.Context(), &messages.Query{SQL: "select n, pad from t"})
	receive(t, entered)
	lost := c.WorkerOf("s0")
	go close(answer)
	require.NoError(t, lost.Stop(within(t, patience)))
	rows, err := f.Await(t.Context())
	if err == nil {
		for rows.Next() {
		}
		err = rows.Err()
	}
	if err != nil { // the command came to the stopped worker
		requireShard(t, err, "s0")
	}
}

func TestCoordinatorStoppedFromOutside(t *testing.T) {
	entered, answer := make(chan struct{}), make(chan struct{})
	c := spawn(t, 2, func(cfg *coordinator.Config) {
		chosenBy["execute"].configure(cfg, func(context.Context) ([]messages.ShardID, error) {
			close(entered)
			<-answer
			return []messages.ShardID{"s1"}, nil
		})
	})
	gate := fake.NewGate()
	c.reply("select", numbered(10).At(fake.AtRow(0), fake.Wait(gate)))
	choosing := c.Send(t.Context(), &messages.Query{SQL: "select n, pad from t"})
	receive(t, entered)
	var futures []*coordinator.Future
	for range 20 {
		futures = append(futures, c.Send(coordinator.AllShards(t.Context()), &messages.Query{SQL: "select n, pad from t"}))
	}
	receive(t, gate.Arrived())
	begin := time.Now()
	require.NoError(t, c.Coordinator().Stop(within(t, patience)))
	for _, f := range append(futures, choosing) {
		_, err := f.Await(t.Context())
		require.ErrorIs(t, err, messages.ErrClosed)
	}
	require.Less(t, time.Since(begin), time.Second)
	close(answer)
	_, err := c.Query(coordinator.OnShard(t.Context(), "s0"), "select n, pad from t")
	require.ErrorIs(t, err, messages.ErrClosed)
	c.requireReleased(t)
}

func TestCoordinatorPanics(t *testing.T) {
	c := spawn(t, 2, nil)
	c.reply("select", numbered(10))
	for range 11 {
		err := c.QueryOutOfRange(t.Context())
		require.ErrorIs(t, err, messages.ErrPanic)
		rows, err := c.Query(coordinator.AllShards(t.Context()), "select n, pad from t")
		require.NoError(t, err)
		require.Len(t, readNumbered(t, rows), 2)
	}
	lost := c.WorkerOf("s1") // the new coordinator watches the workers as the first did
	require.NoError(t, lost.Stop(within(t, patience)))
	require.Eventually(t, func() bool { return c.WorkerOf("s1") != lost }, patience, time.Millisecond)
	require.NoError(t, c.QueryRow(coordinator.OnShard(t.Context(), "s1"), "select n, pad").Scan(nil, nil))
}

// blockingLog is a log handler that blocks or panics.
type blockingLog struct {
	slog.Handler
	handle func()
}

func (b blockingLog) Handle(context.Context, slog.Record) error {
	b.handle()
	return nil
}

// TestLogHandlersHoldNobodyUp: whatever a log handler does when a worker was lost, calls go on and the worker is replaced.
func TestLogHandlersHoldNobodyUp(t *testing.T) {
	release, entered := make(chan struct{}), make(chan struct{}, 10)
	for name, handle := range map[string]func(){
		"blocks": func() {
			entered <- struct{}{}
			<-release
		},
		"panics": func() {
			entered <- struct{}{}
			panic("no log")
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := spawn(t, 2, func(cfg *coordinator.Config) {
				cfg.Logger = slog.New(blockingLog{cfg.Logger.Handler(), handle})
			})
			c.reply("select", numbered(10))
			lost := c.WorkerOf("s0")
			require.NoError(t, lost.Stop(within(t, patience)))
			receive(t, entered)
			require.Eventually(t, func() bool { return c.WorkerOf("s0") != lost }, patience, time.Millisecond)
			for range 3 {
				rows, err := c.Query(coordinator.AllShards(within(t, patience)), "select n, pad from t")
				require.NoError(t, err)
				require.Equal(t, map[messages.ShardID]int64{"s0": 10, "s1": 10}, readNumbered(t, rows))
			}
		})
	}
	close(release)
}

// TestEchoThatPanicsCostsItsOwnCall: a call with a chooser is echoed on a goroutine of the system, where a panic would end
// the process.
func TestEchoThatPanicsCostsItsOwnCall(t *testing.T) {
	panics := true
	c := spawn(t, 2, func(cfg *coordinator.Config) {
		cfg.Echo = slog.New(blockingLog{cfg.Logger.Handler(), func() {
			if panics {
				panic("no echo")
			}
		}})
		cfg.ExecuteChooser = func(context.Context, *coordinator.StatementRequest) ([]messages.ShardID, error) {
			return shards{"s1"}, nil
		}
	})
	c.reply("select", numbered(1))
	require.ErrorIs(t, readAll(within(t, patience), c, "select n, pad from t"), messages.ErrPanic)
	panics = false
	require.NoError(t, readAll(within(t, patience), c, "select n, pad from t"))
	require.Zero(t, c.Admitted())
}
