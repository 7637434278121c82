package main

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

const transactions = 500 // in a round

// BenchmarkTransactionOneShard commits single updates, one caller, one database: a pgx.Tx of each.
func BenchmarkTransactionOneShard(b *testing.B) {
	pools, t := postgresShards(b, 1, 1_000)
	lazily(b, pools)
	compare(b, transactions,
		variant{"pgxpool", func() (int, error) { return updateOn(pools[0], context.Background()) }},
		variant{"troupe", func() (int, error) { return updateOn(t, context.Background()) }},
	)
}

// BenchmarkTransactionTwoShards commits an update on each of two databases: by hand, two transactions that are committed one after
// the other, and by InTx.
func BenchmarkTransactionTwoShards(b *testing.B) {
	pools, t := postgresShards(b, 2, 1_000)
	lazily(b, pools)
	compare(b, transactions,
		variant{"pgxpool", func() (int, error) { return updateBoth(pools) }},
		variant{"troupe", func() (int, error) { return updateBothInTx(t) }},
	)
}

// lazily lets commits not wait for the disk, which is the same for both.
func lazily(b *testing.B, pools []*pgxpool.Pool) {
	for _, pool := range pools {
		_, err := pool.Exec(b.Context(), "alter system set synchronous_commit = off")
		require.NoError(b, err)
		_, err = pool.Exec(b.Context(), "select pg_reload_conf()")
		require.NoError(b, err)
	}
}

const updateCustomer = "update customer set name = name where id = $1"

type beginner interface {
	Begin(ctx context.Context) (pgx.Tx, error)
}

func updateOn(db beginner, ctx context.Context) (int, error) {
	for id := range transactions {
		err := pgx.BeginFunc(ctx, db, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, updateCustomer, id+1)
			return err
		})
		if err != nil {
			return id, err
		}
	}
	return transactions, nil
}

func updateBoth(pools []*pgxpool.Pool) (int, error) {
	ctx := context.Background()
	for id := range transactions {
		var open []pgx.Tx
		var failed error
		for _, pool := range pools {
			tx, err := pool.Begin(ctx)
			if err == nil {
				open = append(open, tx)
				_, err = tx.Exec(ctx, updateCustomer, id+1)
			}
			failed = errors.Join(failed, err)
		}
		for _, tx := range open {
			if failed != nil {
				_ = tx.Rollback(ctx)
			} else if err := tx.Commit(ctx); err != nil {
				failed = err
			}
		}
		if failed != nil {
			return id, failed
		}
	}
	return transactions, nil
}

func updateBothInTx(t *coordinator.Troupe) (int, error) {
	for id := range transactions {
		err := t.InTx(context.Background(), coordinator.TxOptions{}, func(ctx context.Context, tx *coordinator.Tx) error {
			for _, shard := range []messages.ShardID{"shard0", "shard1"} {
				if _, err := tx.Exec(coordinator.OnShard(ctx, shard), updateCustomer, id+1); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return id, err
		}
	}
	return transactions, nil
}
