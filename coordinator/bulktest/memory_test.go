package bulktest_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

// scripted returns a troupe over four scripted shards of one connection each that take what they are given.
func scripted(t *testing.T, change func(*coordinator.Config)) (*coordinator.Troupe, []*fake.Backend) {
	t.Helper()
	cfg := coordinator.Config{Tables: tables(), CloseTimeout: patience}
	var backends []*fake.Backend
	for _, id := range shardIDs {
		b := fake.New(fake.Config{Dialect: messages.SQLite, Lanes: []int{1}})
		for _, sql := range []string{"BEGIN", "COMMIT", "ROLLBACK", "insert"} {
			b.Reply(sql, fake.Tag(sql))
		}
		b.HandleCopy("", fake.Copy{})
		backends = append(backends, b)
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: id, Backend: b})
	}
	if change != nil {
		change(&cfg)
	}
	troupe, err := coordinator.Spawn(context.Background(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, troupe.Close(context.Background())) })
	return troupe, backends
}

func heap() int64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestCopyOfAMillionRowsHoldsFew has one shard wait for a gate that the source opens when it was asked for as many rows as may be held.
func TestCopyOfAMillionRowsHoldsFew(t *testing.T) {
	troupe, backends := scripted(t, nil)
	const rows = 1_000_000
	gate := fake.NewGate()
	backends[2].HandleCopy("item", fake.Copy{Steps: fake.Tag("").At(fake.AtRow(1), fake.Wait(gate))})
	before, most := heap(), int64(0)
	var asked atomic.Int64
	src := pgx.CopyFromFunc(func() ([]any, error) {
		n := asked.Add(1)
		if n > rows {
			return nil, nil
		}
		if n%100_000 == 0 {
			most = max(most, heap()-before)
		}
		return []any{"a note of some length, which takes its place", n, "name"}, nil
	})
	done := make(chan error, 1)
	go func() {
		n, err := troupe.CopyFrom(within(t), item, columns, src)
		if err == nil && n != rows {
			err = fmt.Errorf("%d rows", n)
		}
		done <- err
	}()
	<-gate.Arrived()
	// The source is asked for more until the slow shard's chunks are full, and then no more.
	held := int64(0)
	require.Eventually(t, func() bool {
		before := held
		held = asked.Load()
		return held > 1000 && held == before
	}, patience, patience/400)
	require.Less(t, held, int64(8*4*256))
	gate.Open()
	require.NoError(t, <-done)
	t.Logf("%d rows were read while a shard waited, and the heap grew by %d KiB at the most", held, most>>10)
	require.Less(t, most, int64(8<<20))
	for _, b := range backends {
		require.Len(t, b.Copies(), 1)
		require.EqualValues(t, rows/4, b.Copies()[0].Rows)
	}
}

// TestSmallCopyTouchesItsShardsOnly: a few rows take no connection of a shard that gets none.
func TestSmallCopyTouchesItsShardsOnly(t *testing.T) {
	troupe, backends := scripted(t, nil)
	_, err := troupe.CopyFrom(within(t), item, columns, pgx.CopyFromRows([][]any{{nil, 1, "a"}, {nil, 5, "b"}, {nil, 3, "c"}}))
	require.NoError(t, err)
	_, err = troupe.CopyFrom(within(t), item, columns, pgx.CopyFromRows([][]any{{nil, 1, "a"}, {nil, 5, "b"}}))
	require.NoError(t, err)
	for i, n := range []int{0, 2, 0, 1} {
		require.Equal(t, n, backends[i].Stats().Acquired, "shard %d", i)
		require.Len(t, backends[i].Copies(), n)
	}
	require.Len(t, backends[1].Statements(), 2, "a transaction for the first copy, and none for the second")
}

// TestBatchHoldsFewResults sends many statements and reads no result at first: large ones fill their windows, small ones are counted.
func TestBatchHoldsFewResults(t *testing.T) {
	for _, size := range []int{1, 500} {
		troupe, backends := scripted(t, func(cfg *coordinator.Config) { cfg.Window, cfg.BatchBytes = 2, 16<<10 })
		text := strings.Repeat("x", 4000)
		for _, b := range backends {
			b.Reply("select", fake.Rows(fake.Column("t", pgtype.TextOID)).Generate(size, func(int) []any { return []any{text} }))
		}
		var b pgx.Batch
		for i := range 200 {
			b.Queue("select note from item where id = $1", i)
		}
		before := heap()
		results := troupe.SendBatch(within(t), &b)
		held := -1
		require.Eventually(t, func() bool {
			before := held
			held = 0
			for _, b := range backends {
				held += len(b.Statements())
			}
			return held > 4 && held == before
		}, patience, patience/400)
		grown := heap() - before
		t.Logf("%d statements were sent, and the heap grew by %d KiB", held, grown>>10)
		require.LessOrEqual(t, held, 16+len(backends), "with a BEGIN for each shard")
		require.Less(t, grown, int64(16<<20), "all large results together have 400 MB")
		for range 200 {
			rows, err := results.Query()
			require.NoError(t, err)
			n := 0
			for rows.Next() {
				n++
			}
			require.NoError(t, rows.Err())
			require.Equal(t, size, n)
		}
		require.NoError(t, results.Close())
	}
}

// TestBatchAsksChoosers: statements of which a chooser says where they go are run in their order, too, and it is asked once for each.
func TestBatchAsksChoosers(t *testing.T) {
	var asked atomic.Int64
	troupe, backends := scripted(t, func(cfg *coordinator.Config) {
		cfg.ExecuteChooser = func(_ context.Context, r *coordinator.StatementRequest) ([]messages.ShardID, error) {
			asked.Add(1)
			return shardIDs[r.Args[0].(int)%4:][:1], nil
		}
	})
	var b pgx.Batch
	for i := range 100 {
		b.Queue("insert into whatever values (?)", i)
	}
	require.NoError(t, troupe.SendBatch(within(t), &b).Close())
	require.EqualValues(t, 100, asked.Load())
	for i, b := range backends {
		statements := b.Statements()
		require.Len(t, statements, 27)
		for n, s := range statements[1:26] {
			require.Equal(t, []any{4*n + i}, s.Args)
		}
	}
}

// TestForgottenBatchIsRolledBack: the garbage collector ends it.
func TestForgottenBatchIsRolledBack(t *testing.T) {
	troupe, backends := scripted(t, nil)
	func() {
		var b pgx.Batch
		b.Queue("insert into item (id) values (1)")
		_, err := troupe.SendBatch(context.Background(), &b).Exec()
		require.NoError(t, err)
	}()
	require.Eventually(t, func() bool {
		runtime.GC()
		return backends[1].Stats().InUse == 0
	}, patience, patience/400)
	for _, s := range backends[1].Statements() {
		require.NotEqual(t, "COMMIT", s.SQL)
	}
}
