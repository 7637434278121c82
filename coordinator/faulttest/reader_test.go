package faulttest_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

const million = 1_000_000

// big is a troupe whose pools have one connection each, over shards with a million rows.
type big struct {
	*coordinator.Troupe
	db  *pgtest.Database
	log recorder
}

func spawnBig(t *testing.T) *big {
	b := &big{db: pgtest.Shared(t)}
	b.Troupe = spawn(t, coordinator.Config{
		Shards: []shardworker.Shard{postgresShard("s0", b.db, "pool_max_conns=1"), sqliteFile(t, "s1", "readers=1")},
		Logger: slog.New(slog.NewTextHandler(&b.log, nil)),
	})
	makeNumbered(t, b.Troupe, million)
	return b
}

// sending returns how many backends work at sending numbered.
func (b *big) sending() int { return active(b.db, readNumbered) }

func (b *big) query(t *testing.T) *coordinator.Rows {
	t.Helper()
	rows, err := b.Query(coordinator.AllShards(background(t)), readNumbered)
	require.NoError(t, err)
	require.True(t, rows.Next())
	return rows.(*coordinator.Rows)
}

// requireFree checks that the connections, of which there is one per shard, serve somebody else.
func (b *big) requireFree(t *testing.T) {
	t.Helper()
	for _, id := range b.Shards() {
		took := elapsed(func() { assert.EqualValues(t, 1, number(t, b.Troupe, id, "select 1")) })
		assert.Less(t, took, 2*soon, id)
	}
}

func (b *big) requireSilence(t *testing.T, what string) {
	t.Helper()
	start := time.Now()
	eventually(t, func() bool { return b.sending() == 0 }, "the server still sends to nobody")
	t.Logf("%s: the server stopped sending within %v", what, time.Since(start))
}

func TestReaderWhoLeavesStopsTheServers(t *testing.T) {
	b := spawnBig(t)
	heap := watchHeap()
	for range 10 {
		type row struct {
			N   int64
			Pad string
		}
		rows, err := b.Query(coordinator.AllShards(background(t)), readNumbered)
		require.NoError(t, err)
		var left time.Time
		for r, err := range coordinator.Each[row](rows) {
			require.NoError(t, err)
			if r.N == 2000 {
				left = time.Now()
				break
			}
		}
		took := time.Since(left)
		assert.Less(t, took, soon)
		b.requireFree(t)
	}
	b.requireSilence(t, "break")
	for range 5 {
		rows := b.query(t)
		assert.Less(t, elapsed(rows.Close), soon)
		assert.NoError(t, rows.Err())
		b.requireFree(t)
	}
	b.requireSilence(t, "Close")
	assert.Less(t, heap.growth(t), uint64(16<<20))
	eventually(t, func() bool { n, err := b.db.Backends(); return err == nil && n <= 1 }, "more connections than the pool has")
}

func TestSlowReaderHoldsTheServerUp(t *testing.T) {
	b := spawnBig(t)
	rows := b.query(t)
	heap := watchHeap()
	// The server comes to wait for the reader, who doesn't read.
	eventually(t, func() bool {
		n, err := b.db.QueryInt("select count(*) from pg_stat_activity where wait_event = 'ClientWrite' and query = $1", readNumbered)
		return err == nil && n == 1
	}, "the server doesn't wait for its reader")
	eventually(t, func() bool { return rows.InFlight() >= 4 }, "nothing is sent ahead")
	assert.LessOrEqual(t, rows.InFlight(), 2*4, "two shards, a window of four")
	for range 50_000 {
		require.True(t, rows.Next())
	}
	assert.Less(t, heap.growth(t), uint64(16<<20))
	rows.Close()
	b.requireSilence(t, "slow reader")
	b.requireFree(t)
}

func TestForgottenRowsAreClosed(t *testing.T) {
	b := spawnBig(t)
	func() { _ = b.query(t) }()
	eventually(t, func() bool {
		runtime.GC()
		return b.sending() == 0
	}, "the server sends to rows that nobody has")
	b.requireFree(t)
	assert.Contains(t, b.log.String(), "Rows were forgotten")
}

func TestCancelledContextStopsTheServers(t *testing.T) {
	b := spawnBig(t)
	const deadline = 100 * time.Millisecond
	var overshoots durations
	for range 10 {
		start := time.Now()
		counts, err := readAll(coordinator.AllShards(within(t, deadline)), b.Troupe, pace(1000, time.Millisecond))
		overshoots.enter(time.Since(start) - deadline)
		assert.Less(t, time.Since(start), deadline+soon)
		require.ErrorIs(t, err, messages.ErrCanceled)
		assert.Equal(t, total(counts), requireTyped(t, err).Rows)
		b.requireFree(t)
	}
	overshoots.log(t, "beyond the deadline")
	b.requireSilence(t, "deadline")
}

// Whatever a context was cancelled for: rows that end before their end have an error, also if the reason is io.EOF,
// which means the end elsewhere.
func TestCancelCauseNeverLooksLikeTheEnd(t *testing.T) {
	b := spawnBig(t)
	for _, cause := range []error{nil, io.EOF, errors.New("the user has left"), messages.ErrClosed} {
		ctx, cancel := context.WithCancelCause(coordinator.AllShards(background(t)))
		counts, err := readAll(ctx, b.Troupe, func(read int) {
			if read == 1000 {
				cancel(cause)
			}
		})
		require.Error(t, err, "after %d of %d rows, for %v", total(counts), 2*million, cause)
		assert.ErrorIs(t, err, messages.ErrCanceled)
		assert.ErrorIs(t, err, context.Canceled)
		requireTyped(t, err)
		b.requireFree(t)
	}
}
