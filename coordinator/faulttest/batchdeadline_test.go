package faulttest_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// Deadlines of 0 to 5 ms meet batches in every state: waiting, about to begin, running, committing, answered. Each call returns in time, with its answer
// or an error that says truly what is known.
func TestDeadlinesBesideBatches(t *testing.T) {
	const calls, most = 10_000, 5 * time.Millisecond
	for name, shard := range map[string]func(t *testing.T) shardworker.Shard{
		"PostgreSQL":               func(t *testing.T) shardworker.Shard { return groupShard(t, "s0", pgtest.Shared(t), false) },
		"PostgreSQL, group commit": func(t *testing.T) shardworker.Shard { return groupShard(t, "s0", pgtest.Shared(t), true) },
		"SQLite file":              func(t *testing.T) shardworker.Shard { return groupFile(t, "s0", filepath.Join(t.TempDir(), "s0.db")) },
		"SQLite memory":            func(t *testing.T) shardworker.Shard { return groupFile(t, "s0", "") },
	} {
		t.Run(name, func(t *testing.T) {
			c := newCrowd(t, over(t, shard(t)), "s0")
			tokens := newLedger("s0")
			var overshoots durations
			var left, answered atomic.Int64
			left.Store(calls)
			var callers sync.WaitGroup
			for caller := range crowdSize {
				callers.Go(func() {
					for i := 0; left.Add(-1) >= 0; i++ {
						deadline := time.Duration(rand.Int64N(int64(most)))
						ctx, cancel := context.WithTimeout(context.Background(), deadline)
						var err error
						writes := caller%4 == 0
						took := elapsed(func() {
							if writes {
								err = tokens.write(ctx, c.Troupe)
							} else {
								err = c.read(ctx, caller*31+i)
							}
						})
						cancel()
						overshoots.enter(took - deadline)
						assert.Less(t, took, deadline+soon)
						if err == nil {
							answered.Add(1)
						} else {
							requireLate(t, err, writes)
						}
					}
				})
			}
			callers.Wait()
			overshoots.log(t, "beyond the deadline")
			t.Logf("%d of %d calls were answered", answered.Load(), calls) // none, perhaps, where the machine is busy
			tokens.settle(t, c.Troupe)
			for i := range points { // the connections are as good as before
				assert.NoError(t, c.read(within(t, limit), i))
			}
		})
	}
}

// What batches, and calls that have left them, needed is given back.
func TestBatchesLeaveNothingBehind(t *testing.T) {
	for name, shard := range map[string]func(t *testing.T) shardworker.Shard{
		"PostgreSQL": func(t *testing.T) shardworker.Shard { return groupShard(t, "s0", pgtest.Shared(t), false) },
		"SQLite":     func(t *testing.T) shardworker.Shard { return groupFile(t, "s0", filepath.Join(t.TempDir(), "s0.db")) },
	} {
		t.Run(name, func(t *testing.T) {
			c := newCrowd(t, over(t, shard(t)), "s0")
			// Some have a deadline that they may miss, and most have none.
			ask := func(calls int) {
				var callers sync.WaitGroup
				for caller := range crowdSize {
					callers.Go(func() {
						for i := range calls / crowdSize {
							ctx, cancel := context.Background(), context.CancelFunc(func() {})
							if caller%8 == 0 {
								ctx, cancel = context.WithTimeout(ctx, time.Duration(rand.Int64N(int64(3*time.Millisecond))))
							}
							_ = c.read(ctx, caller*31+i)
							cancel()
						}
					})
				}
				callers.Wait()
			}
			live := func() (heap uint64, goroutines int) {
				runtime.GC()
				runtime.GC() // what pools have kept goes with the second
				return heapBytes(), runtime.NumGoroutine()
			}
			ask(5_000)
			heap, goroutines := live()
			ask(30_000)
			heapAfter, goroutinesAfter := live()
			t.Logf("%.1f MiB and %d goroutines before, %.1f MiB and %d after", mebibytes(heap), goroutines, mebibytes(heapAfter), goroutinesAfter)
			assert.Less(t, heapAfter, heap+2<<20)
			assert.Less(t, goroutinesAfter, goroutines+crowdSize)
		})
	}
}

// groupFile is a shard on a SQLite file, or in memory if there is no path.
func groupFile(t *testing.T, id, path string) shardworker.Shard {
	t.Helper()
	cfg := sqlite.Config{Path: path, Readers: crowdConnections}
	if path == "" {
		cfg.Mode = sqlite.Memory
	}
	b, err := sqlite.New(cfg)
	require.NoError(t, err)
	return shardworker.Shard{ID: messages.ShardID(id), Backend: watch(t, b)}
}

// Close in the midst of batches ends every call at once, and what was acknowledged stays.
func TestCloseInTheMidstOfBatches(t *testing.T) {
	for name, open := range map[string]func(t *testing.T) (shard, again shardworker.Shard){
		"PostgreSQL": func(t *testing.T) (shard, again shardworker.Shard) {
			db := pgtest.Shared(t)
			return groupShard(t, "s0", db, true), postgresShard("s0", db)
		},
		"SQLite": func(t *testing.T) (shard, again shardworker.Shard) {
			path := filepath.Join(t.TempDir(), "closed.db")
			return groupFile(t, "s0", path), shardworker.Shard{ID: "s0", DSN: shardworker.DSN("sqlite:" + path)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			shard, again := open(t)
			c := newCrowd(t, over(t, shard), "s0")
			tokens := newLedger("s0")
			ctx := background(t)
			var closed atomic.Bool
			begun := make(chan struct{}, 2*crowdSize)
			c.work(2*crowdSize, func(caller, i int) {
				var err error
				if caller%2 == 0 {
					err = c.read(ctx, caller*31+i)
				} else {
					err = tokens.write(ctx, c.Troupe)
				}
				if i == 5 {
					begun <- struct{}{}
				}
				if err != nil {
					assert.True(t, closed.Load(), "nothing was closed yet: %v", err)
					assert.ErrorIs(t, err, messages.ErrClosed)
					<-c.stop
				}
			})
			for range 2 * crowdSize {
				<-begun
			}
			closed.Store(true)
			took := elapsed(func() { require.NoError(t, c.Close(ctx)) })
			took += elapsed(c.end)
			t.Logf("closed after %v", took)
			assert.Less(t, took, soon)
			tokens.settle(t, over(t, again))
		})
	}
}

// requireLate checks that err says that its call's deadline has passed, and of a write whether it can have happened.
func requireLate(t *testing.T, err error, writes bool) {
	t.Helper()
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	var e *messages.Error
	if !assert.True(t, errors.As(err, &e), "%v", err) {
		return
	}
	switch e.Code {
	case messages.ErrPoolExhausted, messages.ErrCanceled, messages.ErrUnavailable, messages.ErrBusy:
	case messages.ErrOutcomeUnknown:
		assert.True(t, writes, "a read has no outcome that could be unknown: %v", err)
	default:
		assert.Fail(t, "no such end of a call whose deadline has passed", "%v", err)
	}
}
