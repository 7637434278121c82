package schema_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/schema"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

// cast returns a troupe over n scripted shards, s0, s1, ….
func cast(t testing.TB, n int) *coordinator.Troupe {
	t.Helper()
	var shards []shardworker.Shard
	for i := range n {
		shards = append(shards, shardworker.Shard{ID: shardID(i), Backend: fake.New(fake.Config{Dialect: messages.SQLite})})
	}
	return over(t, shards...)
}

func shardID(i int) messages.ShardID { return messages.ShardID(fmt.Sprintf("s%d", i)) }

var errBroken = errors.New("broken")

func TestOnEachReportsEveryShard(t *testing.T) {
	troupe := cast(t, 4)
	report, err := schema.OnEach(within(t), troupe, "test", schema.Options{}, func(_ context.Context, id messages.ShardID) error {
		switch id {
		case "s1":
			return errBroken
		case "s2":
			return &messages.Error{Code: messages.ErrOutcomeUnknown, Op: "exec"}
		}
		return nil
	})
	require.Equal(t, ids("s0", "s3"), report.Done())
	require.Equal(t, ids("s1"), report.Failed())
	require.Equal(t, ids("s2"), report.Unknown())
	require.ErrorIs(t, err, messages.ErrOutcomeUnknown)
	require.ErrorIs(t, err, errBroken)
	var incomplete *schema.Incomplete
	require.ErrorAs(t, err, &incomplete)
	require.Same(t, report, incomplete.Report)
	var named []messages.ShardID
	for _, e := range messages.ShardErrors(err) {
		named = append(named, e.Shard)
	}
	require.Equal(t, ids("s1", "s2"), named)
	require.Contains(t, report.String(), "s1: failed after")
	require.Contains(t, report.String(), "s2: unknown after")
	require.Contains(t, report.String(), "s0: done in")
}

func TestOnEachCodes(t *testing.T) {
	troupe := cast(t, 2)
	fail := func(failing ...messages.ShardID) error {
		_, err := schema.OnEach(within(t), troupe, "test", schema.Options{}, func(_ context.Context, id messages.ShardID) error {
			if slices.Contains(failing, id) {
				return &messages.Error{Code: messages.ErrUnavailable}
			}
			return nil
		})
		return err
	}
	code := func(err error) messages.Code { return err.(*messages.Error).Code }
	require.NoError(t, fail())
	require.Equal(t, messages.ErrPartialCommit, code(fail("s1")))
	require.Equal(t, messages.ErrUnavailable, code(fail("s0", "s1")))
}

func TestOnEachPanicIsTheShardsOwn(t *testing.T) {
	troupe := cast(t, 2)
	report, err := schema.OnEach(within(t), troupe, "test", schema.Options{}, func(_ context.Context, id messages.ShardID) error {
		if id == "s0" {
			panic("oh")
		}
		return nil
	})
	require.ErrorIs(t, err, messages.ErrPanic)
	require.Equal(t, ids("s0"), report.Unknown())
	require.Equal(t, ids("s1"), report.Done())
}

func TestOnEachCanary(t *testing.T) {
	troupe := cast(t, 3)
	for _, broken := range []bool{true, false} {
		t.Run(fmt.Sprintf("broken=%v", broken), func(t *testing.T) {
			var mu sync.Mutex
			var order []messages.ShardID
			report, err := schema.OnEach(within(t), troupe, "test", schema.Options{Canary: "s1"}, func(_ context.Context, id messages.ShardID) error {
				mu.Lock()
				defer mu.Unlock()
				order = append(order, id)
				if broken {
					return errBroken
				}
				return nil
			})
			require.Equal(t, messages.ShardID("s1"), order[0])
			if !broken {
				require.NoError(t, err)
				require.Len(t, order, 3)
				return
			}
			require.Len(t, order, 1, "the others must not be touched")
			require.ErrorIs(t, err, errBroken)
			require.Equal(t, ids("s0", "s1", "s2"), report.Failed())
			require.True(t, report.Shards[0].Skipped && report.Shards[2].Skipped && !report.Shards[1].Skipped)
		})
	}
	t.Run("done before", func(t *testing.T) {
		report, err := schema.OnEach(within(t), troupe, "test", schema.Options{Canary: "s1", Shards: ids("s2")}, nothing)
		require.NoError(t, err)
		require.Equal(t, ids("s2"), report.Done())
	})
}

func nothing(context.Context, messages.ShardID) error { return nil }

func TestOnEachEndOfContextSkipsTheRest(t *testing.T) {
	troupe := cast(t, 4)
	ctx, cancel := context.WithCancel(within(t))
	report, err := schema.OnEach(ctx, troupe, "test", schema.Options{Parallel: 1}, func(_ context.Context, id messages.ShardID) error {
		if id == "s1" {
			cancel()
		}
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, ids("s0", "s1"), report.Done())
	require.Equal(t, ids("s2", "s3"), report.Failed())
	require.True(t, report.Shards[2].Skipped && report.Shards[3].Skipped)
}

func TestOnEachRefuses(t *testing.T) {
	troupe := cast(t, 2)
	for name, c := range map[string]struct {
		options schema.Options
		code    messages.Code
	}{
		"unknown shard":  {schema.Options{Shards: ids("s0", "nobody")}, messages.ErrUnknownShard},
		"shard twice":    {schema.Options{Shards: ids("s0", "s0")}, messages.ErrInvalidRequest},
		"unknown canary": {schema.Options{Canary: "nobody"}, messages.ErrUnknownShard},
		"parallel":       {schema.Options{Parallel: -1}, messages.ErrInvalidRequest},
	} {
		t.Run(name, func(t *testing.T) {
			report, err := schema.OnEach(within(t), troupe, "test", c.options, func(context.Context, messages.ShardID) error {
				t.Error("something was run")
				return nil
			})
			require.Nil(t, report)
			require.ErrorIs(t, err, c.code)
		})
	}
}

// TestOnEachProperty resumes until all is done: each shard is done exactly once, never more at a time than was allowed.
func TestOnEachProperty(t *testing.T) {
	troupe := cast(t, 6)
	rapid.Check(t, func(rt *rapid.T) {
		parallel := rapid.IntRange(0, 7).Draw(rt, "parallel")
		failures := rapid.SliceOfN(rapid.IntRange(0, 2), 6, 6).Draw(rt, "failures")
		canary := messages.ShardID("")
		if rapid.Bool().Draw(rt, "with canary") {
			canary = shardID(rapid.IntRange(0, 5).Draw(rt, "canary"))
		}
		var mu sync.Mutex
		left, done := map[messages.ShardID]int{}, map[messages.ShardID]int{}
		for i, n := range failures {
			left[shardID(i)] = n
		}
		var running, most atomic.Int64
		o := schema.Options{Parallel: parallel, Canary: canary}
		for range 4 {
			report, err := schema.OnEach(within(t), troupe, "test", o, func(_ context.Context, id messages.ShardID) error {
				if n := running.Add(1); n > most.Load() {
					most.Store(n)
				}
				defer running.Add(-1)
				mu.Lock()
				defer mu.Unlock()
				if left[id]--; left[id] >= 0 {
					return errBroken
				}
				done[id]++
				return nil
			})
			require.Equal(rt, len(report.Failed()) == 0, err == nil)
			o.Shards = report.Failed()
		}
		if canary == "" {
			require.Empty(rt, o.Shards)
			require.Len(rt, done, 6)
		}
		for id, n := range done {
			require.Equal(rt, 1, n, "%s", id)
		}
		if parallel > 0 {
			require.LessOrEqual(rt, most.Load(), int64(parallel))
		}
	})
}
