package bulktest_test

import (
	"context"
	"runtime"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

const batched = 60

// inserts returns a batch of that many rows, each of another shard than the one before.
func inserts() *pgx.Batch {
	var b pgx.Batch
	for id := range batched {
		b.Queue("insert into item (id, name) values ($1, 'x')", id)
	}
	return &b
}

// read takes n results.
func read(t *testing.T, results pgx.BatchResults, n int) {
	t.Helper()
	for range n {
		_, err := results.Exec()
		require.NoError(t, err)
	}
}

// TestOpenBatchHoldsItsTransaction: however much of it was read, nothing is committed or set beside it, and all of it comes or goes after its end.
func TestOpenBatchHoldsItsTransaction(t *testing.T) {
	onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
		for way := range 16 {
			ctx := within(t)
			known, inner, beside, keep, reading := way&1 > 0, way&2 > 0, way&4 > 0, way&8 > 0, way*batched/15
			var o coordinator.TxOptions
			if known {
				o.Shards = shardIDs
			}
			tx, err := troupe.BeginAll(ctx, o)
			require.NoError(t, err)
			defer func() { _ = tx.Rollback(ctx) }()
			var in pgx.Tx = tx
			if inner {
				in, err = tx.Begin(ctx)
				require.NoError(t, err)
			}
			sender := in
			if beside { // with the whole's Tx, and yet within the savepoint
				sender = tx
			}
			results := sender.SendBatch(ctx, inserts())
			read(t, results, reading)
			_, err = tx.Begin(ctx)
			require.ErrorIs(t, err, messages.ErrInvalidRequest)
			require.ErrorIs(t, tx.Commit(ctx), messages.ErrInvalidRequest)
			require.ErrorIs(t, in.Commit(ctx), messages.ErrInvalidRequest)
			if inner {
				require.ErrorIs(t, in.Rollback(ctx), messages.ErrInvalidRequest)
			}
			require.NoError(t, results.Close())
			want := [4]int64{}
			if keep {
				want = [4]int64{batched / 4, batched / 4, batched / 4, batched / 4}
				require.NoError(t, in.Commit(ctx))
			} else {
				require.NoError(t, in.Rollback(ctx))
			}
			if inner {
				require.NoError(t, tx.Commit(ctx))
			}
			require.Equal(t, want, count(t, troupe, "item"))
			_, err = troupe.Exec(ctx, "delete from item")
			require.NoError(t, err)
		}
	})
}

// TestRollbackStopsAnOpenBatch: the whole's, wherever the batch is, and whoever reads it or not.
func TestRollbackStopsAnOpenBatch(t *testing.T) {
	onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
		for way := range 12 {
			ctx := within(t)
			tx, err := troupe.BeginAll(ctx, coordinator.TxOptions{})
			require.NoError(t, err)
			var in pgx.Tx = tx
			if way%2 > 0 {
				in, err = tx.Begin(ctx)
				require.NoError(t, err)
			}
			results := in.SendBatch(ctx, inserts())
			read(t, results, way*batched/11)
			require.NoError(t, tx.Rollback(ctx))
			require.ErrorIs(t, tx.Commit(ctx), pgx.ErrTxClosed)
			require.ErrorIs(t, results.Close(), pgx.ErrTxClosed)
			require.Equal(t, [4]int64{}, count(t, troupe, "item"))
			require.ErrorIs(t, in.SendBatch(ctx, inserts()).Close(), pgx.ErrTxClosed)
		}
	})
}

// TestRollbackKeepsConnectionsOfAStoppedBatch: they are told, rather than closed.
func TestRollbackKeepsConnectionsOfAStoppedBatch(t *testing.T) {
	troupe, backends := scripted(t, nil)
	ctx := within(t)
	tx, err := troupe.BeginAll(ctx, coordinator.TxOptions{})
	require.NoError(t, err)
	results := tx.SendBatch(ctx, inserts())
	read(t, results, batched)
	require.NoError(t, tx.Rollback(ctx))
	for _, b := range backends {
		statements := b.Statements()
		require.Equal(t, "ROLLBACK", statements[len(statements)-1].SQL)
		require.Zero(t, b.Stats().InUse)
	}
	require.ErrorIs(t, results.Close(), pgx.ErrTxClosed)
}

// TestBatchOfASavepointThatEndedIsRefused: also through the Tx of a savepoint within one that ended.
func TestBatchOfASavepointThatEndedIsRefused(t *testing.T) {
	troupe := spawn(t, files(t), nil)
	ctx := within(t)
	for _, end := range []func(pgx.Tx) error{
		func(tx pgx.Tx) error { return tx.Commit(ctx) },
		func(tx pgx.Tx) error { return tx.Rollback(ctx) },
	} {
		tx, err := troupe.BeginAll(ctx, coordinator.TxOptions{})
		require.NoError(t, err)
		outer, err := tx.Begin(ctx)
		require.NoError(t, err)
		inner, err := outer.Begin(ctx)
		require.NoError(t, err)
		require.NoError(t, end(outer))
		require.ErrorIs(t, outer.SendBatch(ctx, inserts()).Close(), pgx.ErrTxClosed)
		require.ErrorIs(t, inner.SendBatch(ctx, inserts()).Close(), pgx.ErrTxClosed)
		require.NoError(t, tx.Commit(ctx))
		require.Equal(t, [4]int64{}, count(t, troupe, "item"))
	}
}

// TestForgottenBatchLetsItsTransactionGo: to be rolled back, which is all that is left.
func TestForgottenBatchLetsItsTransactionGo(t *testing.T) {
	troupe := spawn(t, files(t), nil)
	ctx := within(t)
	tx, err := troupe.BeginAll(ctx, coordinator.TxOptions{})
	require.NoError(t, err)
	inner, err := tx.Begin(ctx)
	require.NoError(t, err)
	func() { read(t, inner.SendBatch(ctx, inserts()), 1) }()
	require.Eventually(t, func() bool {
		runtime.GC()
		return inner.Rollback(ctx) == nil
	}, patience, patience/400)
	require.NoError(t, tx.Commit(ctx))
	require.Equal(t, [4]int64{}, count(t, troupe, "item"))
}

// TestNestedInTxThatLeavesABatchOpenIsNotCommitted: its savepoint can't be rolled back, so that the whole is.
func TestNestedInTxThatLeavesABatchOpenIsNotCommitted(t *testing.T) {
	onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
		ctx := within(t)
		var left []pgx.BatchResults
		for _, fails := range []error{nil, errSource} {
			err := troupe.InTx(ctx, coordinator.TxOptions{}, func(ctx context.Context, _ *coordinator.Tx) error {
				err := troupe.InTx(ctx, coordinator.TxOptions{}, func(ctx context.Context, tx *coordinator.Tx) error {
					results := tx.SendBatch(ctx, inserts())
					left = append(left, results)
					read(t, results, 10)
					return fails
				})
				require.Error(t, err)
				return nil
			})
			require.Error(t, err)
			require.Error(t, left[len(left)-1].Close())
			require.Equal(t, [4]int64{}, count(t, troupe, "item"))
		}
	})
}

// TestOpenCopyHoldsItsTransaction commits from within the source, while one shard has rows and the other's are not begun.
func TestOpenCopyHoldsItsTransaction(t *testing.T) {
	onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
		ctx := within(t)
		for name, end := range map[string]func(*coordinator.Tx) error{
			"commit":   func(tx *coordinator.Tx) error { return tx.Commit(ctx) },
			"rollback": func(tx *coordinator.Tx) error { return tx.Rollback(ctx) },
		} {
			tx, err := troupe.BeginAll(ctx, coordinator.TxOptions{})
			require.NoError(t, err)
			var ended error
			_, err = tx.CopyFrom(ctx, item, columns, itemsThen(0, 5000, func([]any) ([]any, error) {
				ended = end(tx)
				return nil, nil
			}))
			if name == "commit" {
				require.NoError(t, err)
				require.ErrorIs(t, ended, messages.ErrInvalidRequest)
			} else {
				require.NoError(t, ended)
				require.Error(t, err)
			}
			_ = tx.Rollback(ctx)
			require.Equal(t, [4]int64{}, count(t, troupe, "item"))
		}
	})
}

// TestBatchEndsWithAPanickingFunction: what the usual second, deferred Close finds is rolled back.
func TestBatchEndsWithAPanickingFunction(t *testing.T) {
	for name, leave := range map[string]func(){"panic": func() { panic("the application's own panic") }, "Goexit": runtime.Goexit} {
		t.Run(name, func(t *testing.T) {
			onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
				ctx := within(t)
				var b pgx.Batch
				b.Queue("insert into item (id, name) values (1, 'x'), (2, 'y')")
				b.Queue("select id from item order by id").Query(func(rows pgx.Rows) error { rows.Next(); leave(); return nil })
				b.Queue("select count(*) from item").QueryRow(func(pgx.Row) error { t.Error("called"); return nil })
				b.Queue("insert into item (id, name) values (3, 'z')")
				var value any
				var second error
				over := make(chan struct{})
				go func() {
					defer close(over)
					defer func() { value = recover() }()
					results := troupe.SendBatch(ctx, &b)
					defer func() { second = results.Close() }()
					_ = results.Close()
				}()
				<-over
				require.Equal(t, name == "panic", value == "the application's own panic", "it goes on")
				require.ErrorIs(t, second, messages.ErrPanic)
				require.ErrorContains(t, second, "statement 2 of 4")
				require.Equal(t, [4]int64{}, count(t, troupe, "item"))
			})
		})
	}
}

// TestFunctionMayCloseItsBatch: which runs the rest, and is no second commit.
func TestFunctionMayCloseItsBatch(t *testing.T) {
	troupe, backends := scripted(t, nil)
	var b pgx.Batch
	var results pgx.BatchResults
	b.Queue("insert into item (id, name) values (1, 'x')").Exec(func(pgconn.CommandTag) error { return results.Close() })
	b.Queue("insert into item (id, name) values (1, 'x')")
	results = troupe.SendBatch(within(t), &b)
	require.NoError(t, results.Close())
	var sent []string
	for _, s := range backends[1].Statements() {
		sent = append(sent, s.SQL)
	}
	require.Len(t, sent, 4)
	require.Equal(t, "COMMIT", sent[3])
}
