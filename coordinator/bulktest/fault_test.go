package bulktest_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

// TestBulkOnPoolsOfOneCannotWedge has copies, batches and transactions at once, each over all shards in an order of its own.
func TestBulkOnPoolsOfOneCannotWedge(t *testing.T) {
	onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
		ctx := within(t)
		var all sync.WaitGroup
		for worker := range 6 {
			all.Go(func() {
				random := rand.New(rand.NewPCG(uint64(worker), 1))
				for round := range 8 {
					first := (worker*8 + round) * 1000
					switch worker % 3 {
					case 0:
						_, err := troupe.CopyFrom(ctx, item, columns, items(first, random.IntN(900)))
						require.NoError(t, err)
					case 1:
						var b pgx.Batch
						for range 10 {
							b.Queue("update item set note = 'b' where id = $1", random.IntN(4))
						}
						b.Queue("select count(*) from item")
						require.NoError(t, troupe.SendBatch(ctx, &b).Close())
					case 2:
						require.NoError(t, troupe.InTx(ctx, coordinator.TxOptions{MaxAttempts: 100}, func(ctx context.Context, tx *coordinator.Tx) error {
							for range 3 {
								if _, err := tx.Exec(ctx, "update item set note = 't' where id = $1", random.IntN(4)); err != nil {
									return err
								}
							}
							_, err := troupe.CopyFrom(ctx, item, columns, items(first, 10))
							return err
						}))
					}
				}
			})
		}
		all.Wait()
	})
}

// TestCopyAndBatchSayWhatACommitHasDone has the commit of the third shard fail.
func TestCopyAndBatchSayWhatACommitHasDone(t *testing.T) {
	for name, run := range map[string]func(context.Context, *coordinator.Troupe) error{
		"copy": func(ctx context.Context, troupe *coordinator.Troupe) error {
			_, err := troupe.CopyFrom(ctx, item, columns, items(0, 5000))
			return err
		},
		"batch": func(ctx context.Context, troupe *coordinator.Troupe) error {
			var b pgx.Batch
			for i := range 4 {
				b.Queue("insert into item (id, name) values ($1, 'x')", i)
			}
			return troupe.SendBatch(ctx, &b).Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			troupe, backends := scripted(t, nil)
			backends[2].Reply("COMMIT", fake.Error(errors.New("no space")))
			err := run(within(t), troupe)
			var outcome *coordinator.CommitError
			require.ErrorAs(t, err, &outcome)
			require.ErrorIs(t, err, messages.ErrPartialCommit)
			require.Len(t, outcome.Committed, 2)
			require.Len(t, outcome.Failed, 2)
			require.Equal(t, messages.ShardID("s2"), outcome.Failed[0].Shard)
			for _, b := range backends {
				require.Eventually(t, func() bool { return b.Stats().InUse == 0 }, patience, time.Millisecond)
			}
		})
	}
}

// TestAFailureDoesNotWaitForASickShard: while one shard doesn't answer, another fails.
func TestAFailureDoesNotWaitForASickShard(t *testing.T) {
	troupe, backends := scripted(t, nil)
	gate := fake.NewGate()
	backends[0].HandleCopy("item", fake.Copy{Steps: fake.Tag("").At(fake.AtRow(0), fake.Wait(gate))})
	backends[1].HandleCopy("item", fake.Copy{Take: func([]any) error {
		<-gate.Arrived()
		return errors.New("this shard's own error")
	}})
	began := time.Now()
	_, err := troupe.CopyFrom(within(t), item, columns, items(0, 100_000))
	took := time.Since(began)
	t.Logf("it failed after %v", took)
	require.ErrorContains(t, err, "this shard's own error")
	require.ErrorIs(t, err, messages.ErrStatement)
	require.NotErrorIs(t, err, messages.ErrOutcomeUnknown)
	require.Less(t, took, time.Second)

	backends[0].Reply("insert", fake.Tag("INSERT 0 1").At(fake.AtQuery, fake.Wait(fake.NewGate())))
	backends[1].Reply("insert", fake.Error(errors.New("this shard's own error")))
	var b pgx.Batch
	b.Queue("insert into item (id, name) values (0, 'x')")
	b.Queue("insert into item (id, name) values (1, 'x')")
	began = time.Now()
	err = troupe.SendBatch(within(t), &b).Close()
	require.ErrorContains(t, err, "this shard's own error")
	require.Less(t, time.Since(began), time.Second)
	for _, b := range backends {
		require.Eventually(t, func() bool { return b.Stats().InUse == 0 }, patience, time.Millisecond)
		for _, s := range b.Statements() {
			require.NotEqual(t, "COMMIT", s.SQL)
		}
	}
}

// TestLostCopyIsNoUnknownOutcome: what was never committed isn't there.
func TestLostCopyIsNoUnknownOutcome(t *testing.T) {
	troupe, backends := scripted(t, nil)
	lost := &messages.Error{Code: messages.ErrOutcomeUnknown, Err: &messages.Error{Code: messages.ErrShardLost}}
	for _, at := range []fake.Point{fake.AtRow(700), fake.AtCursorClose} {
		for _, n := range []int{1000, 10_000} {
			ctx := within(t)
			if n == 1000 { // on one shard alone
				ctx = coordinator.OnShard(ctx, "s3")
			}
			backends[3].HandleCopy("item", fake.Copy{Steps: fake.Tag("").At(at, fake.Fail(lost))})
			_, err := troupe.CopyFrom(ctx, item, columns, items(0, n))
			require.ErrorIs(t, err, messages.ErrShardLost)
			require.Equal(t, n == 1000 && at == fake.AtCursorClose, errors.Is(err, messages.ErrOutcomeUnknown), "%v", err)
		}
	}
}

// TestBatchLeavesAChooserBehind: one that never answers costs its batch its deadline, and no more.
func TestBatchLeavesAChooserBehind(t *testing.T) {
	stuck := make(chan struct{})
	troupe, _ := scripted(t, func(cfg *coordinator.Config) {
		cfg.ExecuteChooser = func(context.Context, *coordinator.StatementRequest) ([]messages.ShardID, error) {
			<-stuck
			return shardIDs[:1], nil
		}
	})
	defer close(stuck)
	ctx, cancel := context.WithTimeout(within(t), 50*time.Millisecond)
	defer cancel()
	var b pgx.Batch
	b.Queue("insert into whatever values (1)")
	began := time.Now()
	results := troupe.SendBatch(ctx, &b)
	_, err := results.Exec()
	require.ErrorIs(t, err, messages.ErrCanceled)
	require.ErrorIs(t, results.Close(), context.DeadlineExceeded)
	require.Less(t, time.Since(began), time.Second)
}

// TestOpenRowsOfABatchAreClosedByTheNextCall: the reader may leave rows in the middle.
func TestOpenRowsOfABatchAreClosedByTheNextCall(t *testing.T) {
	onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
		_, err := troupe.CopyFrom(within(t), item, columns, items(0, 4000))
		require.NoError(t, err)
		var b pgx.Batch
		for range 20 {
			b.Queue("select id, name from item")
			b.Queue("update item set note = 'x' where id = 1")
		}
		results := troupe.SendBatch(within(t), &b)
		for range 10 {
			rows, err := results.Query()
			require.NoError(t, err)
			require.True(t, rows.Next())
			tag, err := results.Exec()
			require.NoError(t, err)
			require.EqualValues(t, 1, tag.RowsAffected())
			require.False(t, rows.Next())
		}
		require.NoError(t, results.Close())
	})
}

// TestCopyToOneShardThatFailsLeavesNothing: it is a single COPY without a transaction, whose end must not look like the rows' end.
func TestCopyToOneShardThatFailsLeavesNothing(t *testing.T) {
	onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
		for i := range 40 {
			ctx := coordinator.OnShard(within(t), shardIDs[i%4])
			_, err := troupe.CopyFrom(ctx, item, columns, itemsThen(0, 600, func([]any) ([]any, error) { return nil, errSource }))
			require.ErrorIs(t, err, errSource)
		}
		require.Equal(t, [4]int64{}, count(t, troupe, "item"))
	})
}

// TestWhatWasSentAbortsATransaction: also where the database itself has nothing against going on.
func TestWhatWasSentAbortsATransaction(t *testing.T) {
	onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
		ctx := within(t)
		for name, fail := range map[string]func(tx *coordinator.Tx) error{
			"a value that can't be sent": func(tx *coordinator.Tx) error {
				_, err := tx.CopyFrom(ctx, item, columns, itemsThen(0, 3000, func(row []any) ([]any, error) { row[0] = make(chan int); return row, nil }))
				return err
			},
			"a function's error": func(tx *coordinator.Tx) error {
				var b pgx.Batch
				b.Queue("select count(*) from item").QueryRow(func(pgx.Row) error { return errSource })
				return tx.SendBatch(ctx, &b).Close()
			},
		} {
			tx, err := troupe.BeginAll(ctx, coordinator.TxOptions{})
			require.NoError(t, err)
			require.Error(t, fail(tx), name)
			_, err = tx.Exec(ctx, "update item set note = 'x'")
			require.ErrorIs(t, err, messages.ErrTxAborted, name)
			require.NoError(t, tx.Rollback(ctx))
		}
		require.Equal(t, [4]int64{}, count(t, troupe, "item"))
	})
}
