package bulktest_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/postgres"
)

// The figures of docs/bulk.md. Each benchmark stands beside the loop that one would write by hand.
const (
	benchRows       = 100_000
	benchStatements = 2_000
)

func empty(b *testing.B, troupe *coordinator.Troupe) {
	b.Helper()
	b.StopTimer()
	for _, shard := range shardIDs {
		backend, err := troupe.Shard(shard)
		require.NoError(b, err)
		sql := "delete from item"
		if backend.Dialect() == messages.PostgreSQL {
			sql = "truncate item" // a delete would leave its rows behind for the next round
		}
		_, err = troupe.Exec(coordinator.OnShard(within(b), shard), sql)
		require.NoError(b, err)
	}
	b.StartTimer()
}

func checked(b *testing.B, troupe *coordinator.Troupe, want int64) {
	b.Helper()
	b.StopTimer()
	require.Equal(b, [4]int64{want / 4, want / 4, want / 4, want / 4}, count(b, troupe, "item"))
	b.StartTimer()
}

func BenchmarkCopyFrom(b *testing.B) {
	for name, dsns := range map[string]func(testing.TB) func(int) string{"SQLite": files, "PostgreSQL": databases} {
		troupe := spawn(b, dsns(b), nil)
		run := func(how string, load func(ctx context.Context) error) {
			b.Run(name+"/"+how, func(b *testing.B) {
				for b.Loop() {
					empty(b, troupe)
					require.NoError(b, load(within(b)))
					checked(b, troupe, benchRows)
				}
				b.ReportMetric(float64(benchRows)*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			})
		}
		run("troupe", func(ctx context.Context) error {
			_, err := troupe.CopyFrom(ctx, item, columns, items(0, benchRows))
			return err
		})
		run("inserts in a transaction", func(ctx context.Context) error {
			return troupe.InTx(ctx, coordinator.TxOptions{}, func(ctx context.Context, tx *coordinator.Tx) error {
				for src := items(0, benchRows); src.Next(); {
					row, _ := src.Values()
					if _, err := tx.Exec(ctx, "insert into item (note, id, name) values ($1, $2, $3)", string(row[0].([]byte)), row[1], row[2]); err != nil {
						return err
					}
				}
				return nil
			})
		})
		if name == "PostgreSQL" {
			run("by hand", func(ctx context.Context) error { return copyByHand(ctx, troupe) })
		}
	}
}

// onEachPool runs f in a transaction on a connection of each shard at once, and commits one after the other.
func onEachPool(ctx context.Context, troupe *coordinator.Troupe, f func(shard int, tx pgx.Tx) error) error {
	errs := make(chan error, len(shardIDs))
	txs := make([]pgx.Tx, len(shardIDs))
	for i, id := range shardIDs {
		backend, err := troupe.Shard(id)
		if err == nil {
			txs[i], err = backend.(*postgres.Backend).Pool().Begin(ctx)
		}
		if err != nil {
			return err
		}
		go func() { errs <- f(i, txs[i]) }()
	}
	var failed error
	for range shardIDs {
		if err := <-errs; err != nil {
			failed = err
		}
	}
	for _, tx := range txs {
		if failed == nil {
			failed = tx.Commit(ctx)
		} else {
			_ = tx.Rollback(ctx)
		}
	}
	return failed
}

// copyByHand sorts the rows by shard, all of them in memory, and copies each part with pgx.
func copyByHand(ctx context.Context, troupe *coordinator.Troupe) error {
	var parts [4][][]any
	for src := items(0, benchRows); src.Next(); {
		row, _ := src.Values()
		id := row[1].(int)
		parts[id%4] = append(parts[id%4], []any{string(row[0].([]byte)), id, row[2]})
	}
	return onEachPool(ctx, troupe, func(shard int, tx pgx.Tx) error {
		_, err := tx.CopyFrom(ctx, item, columns, pgx.CopyFromRows(parts[shard]))
		return err
	})
}

func BenchmarkSendBatch(b *testing.B) {
	const sql = "insert into item (id, name) values ($1, 'x')"
	for name, dsns := range map[string]func(testing.TB) func(int) string{"SQLite": files, "PostgreSQL": databases} {
		troupe := spawn(b, dsns(b), nil)
		run := func(how string, send func(ctx context.Context) error) {
			b.Run(name+"/"+how, func(b *testing.B) {
				for b.Loop() {
					empty(b, troupe)
					require.NoError(b, send(within(b)))
					checked(b, troupe, benchStatements)
				}
				b.ReportMetric(float64(benchStatements)*float64(b.N)/b.Elapsed().Seconds(), "statements/s")
			})
		}
		run("troupe", func(ctx context.Context) error {
			var batch pgx.Batch
			for id := range benchStatements {
				batch.Queue(sql, id)
			}
			return troupe.SendBatch(ctx, &batch).Close()
		})
		run("one by one in a transaction", func(ctx context.Context) error {
			return troupe.InTx(ctx, coordinator.TxOptions{}, func(ctx context.Context, tx *coordinator.Tx) error {
				for id := range benchStatements {
					if _, err := tx.Exec(ctx, sql, id); err != nil {
						return err
					}
				}
				return nil
			})
		})
		if name == "PostgreSQL" {
			run("by hand", func(ctx context.Context) error {
				return onEachPool(ctx, troupe, func(shard int, tx pgx.Tx) error {
					var batch pgx.Batch
					for id := shard; id < benchStatements; id += 4 {
						batch.Queue(sql, id)
					}
					return tx.SendBatch(ctx, &batch).Close()
				})
			})
		}
	}
}
