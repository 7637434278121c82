package ids_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/ids"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// begin begins a transaction that has touched a shard of troupe.
func begin(t *testing.T, troupe *coordinator.Troupe, shard messages.ShardID) *coordinator.Tx {
	t.Helper()
	tx, err := troupe.BeginAll(within(t, limit), coordinator.TxOptions{Shards: []messages.ShardID{shard}})
	require.NoError(t, err)
	t.Cleanup(func() { _ = tx.Rollback(within(t, limit)) })
	return tx
}

// TestWithinATransactionThatHasTheShard exactly what is asked for is taken, by the transaction itself, and nothing is kept.
func TestWithinATransactionThatHasTheShard(t *testing.T) {
	onEach(t, func(t *testing.T, dsn shardworker.DSN) {
		troupe := spawn(t, shardworker.Shard{ID: "s0", DSN: dsn}, shardworker.Shard{ID: "s1", DSN: "sqlite::memory:"})
		table := newTable(t, troupe, 10)
		got, err := table.Next(t.Context(), "t", 3)
		require.NoError(t, err)
		require.Equal(t, []int64{1, 2, 3}, numbers(got))
		take := func(tx *coordinator.Tx, n int, want ...int64) {
			t.Helper()
			got, err := table.Next(coordinator.WithTx(within(t, limit), tx), "t", n)
			require.NoError(t, err)
			require.Equal(t, want, numbers(got))
		}
		tx := begin(t, troupe, "s0")
		take(tx, 2, 11, 12)
		take(tx, 1, 13)
		savepoint, err := tx.Begin(t.Context())
		require.NoError(t, err)
		take(savepoint.(*coordinator.Tx), 4, 14, 15, 16, 17)
		require.NoError(t, savepoint.Rollback(t.Context()))
		take(tx, 1, 14)
		got, err = table.Next(within(t, limit), "t", 2)
		require.NoError(t, err, "who is outside isn't kept from what it has")
		require.Equal(t, []int64{4, 5}, numbers(got))
		require.NoError(t, tx.Commit(t.Context()))
		require.EqualValues(t, 15, nextNumber(t, troupe))

		tx = begin(t, troupe, "s0")
		take(tx, 5, 15, 16, 17, 18, 19)
		require.NoError(t, tx.Rollback(t.Context()))
		require.EqualValues(t, 15, nextNumber(t, troupe), "it is as if they had never been taken")
		got, err = table.Next(within(t, limit), "t", 7)
		require.NoError(t, err)
		require.Equal(t, []int64{6, 7, 8, 9, 10, 15, 16}, numbers(got))
		_, err = table.Next(coordinator.WithTx(within(t, limit), tx), "t", 1)
		require.Error(t, err, "the transaction has ended")
	})
}

// TestWithinATransactionElsewhere a block is taken outside of it: it stays taken whatever becomes of the transaction, which doesn't
// get the shard by that.
func TestWithinATransactionElsewhere(t *testing.T) {
	onEach(t, func(t *testing.T, dsn shardworker.DSN) {
		troupe := spawn(t, shardworker.Shard{ID: "s0", DSN: dsn}, shardworker.Shard{ID: "s1", DSN: "sqlite::memory:"})
		table := newTable(t, troupe, 10)
		tx := begin(t, troupe, "s1")
		ctx := coordinator.WithTx(within(t, limit), tx)
		got, err := table.Next(ctx, "t", 3)
		require.NoError(t, err)
		require.Equal(t, []int64{1, 2, 3}, numbers(got))
		require.Equal(t, []messages.ShardID{"s1"}, tx.Shards())
		require.NoError(t, table.Create(ctx))
		require.Equal(t, []messages.ShardID{"s1"}, tx.Shards())
		require.NoError(t, tx.Rollback(t.Context()))
		require.EqualValues(t, 11, nextNumber(t, troupe))
		got, err = table.Next(within(t, limit), "t", 3)
		require.NoError(t, err)
		require.Equal(t, []int64{4, 5, 6}, numbers(got))
	})
}

// TestWithinATransactionOfAnotherTroupe it isn't used: its shards are others, though they have the same names.
func TestWithinATransactionOfAnotherTroupe(t *testing.T) {
	troupe := spawn(t, shardworker.Shard{ID: "s0", DSN: "sqlite::memory:"})
	other := spawn(t, shardworker.Shard{ID: "s0", DSN: "sqlite::memory:"})
	table := newTable(t, troupe, 10)
	tx := begin(t, other, "s0")
	got, err := table.Next(coordinator.WithTx(within(t, limit), tx), "t", 2)
	require.NoError(t, err)
	require.Equal(t, []int64{1, 2}, numbers(got))
	require.EqualValues(t, 11, nextNumber(t, troupe))
}

// TestCreateWithinATransaction is undone with it.
func TestCreateWithinATransaction(t *testing.T) {
	onEach(t, func(t *testing.T, dsn shardworker.DSN) {
		troupe := spawn(t, shardworker.Shard{ID: "s0", DSN: dsn})
		table, err := ids.NewTable(troupe, ids.TableConfig{})
		require.NoError(t, err)
		tx := begin(t, troupe, "s0")
		ctx := coordinator.WithTx(within(t, limit), tx)
		require.NoError(t, table.Create(ctx))
		got, err := table.Next(ctx, "t", 2)
		require.NoError(t, err)
		require.Equal(t, []int64{1, 2}, numbers(got))
		require.NoError(t, tx.Rollback(t.Context()))
		_, err = table.Next(within(t, limit), "t", 1)
		require.ErrorIs(t, err, messages.ErrStatement)
	})
}

// TestShardsThatAreOneDatabase have a table of numbers each, by their names, and one transaction: who has the first of them has all.
func TestShardsThatAreOneDatabase(t *testing.T) {
	onEach(t, func(t *testing.T, dsn shardworker.DSN) {
		troupe := spawn(t,
			shardworker.Shard{ID: "s0", DSN: dsn, Names: shardworker.Names{Prefix: "a_"}},
			shardworker.Shard{ID: "s1", DSN: dsn, Names: shardworker.Names{Prefix: "b_"}},
		)
		first := newTable(t, troupe, 10)
		second, err := ids.NewTable(troupe, ids.TableConfig{Shard: "s1", Block: 10})
		require.NoError(t, err)
		require.NoError(t, second.Create(within(t, limit)))
		for _, table := range []*ids.Table{first, second} {
			got, err := table.Next(within(t, limit), "t", 3)
			require.NoError(t, err)
			require.Equal(t, []int64{1, 2, 3}, numbers(got), "each counts for itself")
		}
		require.EqualValues(t, 11, nextNumber(t, troupe))
		tx := begin(t, troupe, "s0")
		got, err := second.Next(coordinator.WithTx(within(t, limit), tx), "t", 2)
		require.NoError(t, err)
		require.Equal(t, []int64{11, 12}, numbers(got), "within the transaction, which has the database")
		require.NoError(t, tx.Rollback(t.Context()))
		tx = begin(t, troupe, "s0")
		got, err = second.Next(coordinator.WithTx(within(t, limit), tx), "t", 2)
		require.NoError(t, err)
		require.Equal(t, []int64{11, 12}, numbers(got))
	})
}
