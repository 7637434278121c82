package coordinator_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// What only pgx has works on a transaction of one PostgreSQL shard.
func TestPgxPartsOfATx(t *testing.T) {
	dsn := pgtest.Shared(t).DSN()
	troupe, err := coordinator.Spawn(t.Context(), coordinator.Config{Shards: []shardworker.Shard{
		{ID: "plain", DSN: shardworker.DSN(pgtest.Shared(t).DSN())},
		{ID: "lite", DSN: "sqlite::memory:"},
		{ID: "one", DSN: shardworker.DSN(dsn), Names: shardworker.Names{Prefix: "a_"}},
		{ID: "two", DSN: shardworker.DSN(dsn), Names: shardworker.Names{Prefix: "b_"}},
	}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, troupe.Close(context.Background())) })
	on := func(shard messages.ShardID) pgx.Tx {
		tx, err := troupe.Begin(coordinator.OnShard(t.Context(), shard))
		require.NoError(t, err)
		t.Cleanup(func() { _ = tx.Rollback(context.Background()) })
		return tx
	}

	tx := on("plain")
	s, err := tx.Prepare(t.Context(), "twice", "select $1::int * 2")
	require.NoError(t, err)
	require.Len(t, s.ParamOIDs, 1)
	var n int
	require.NoError(t, tx.QueryRow(t.Context(), "twice", 21).Scan(&n))
	require.Equal(t, 42, n)
	require.NoError(t, tx.Conn().Deallocate(t.Context(), "twice"))
	objects := tx.LargeObjects()
	oid, err := objects.Create(t.Context(), 0)
	require.NoError(t, err)
	object, err := objects.Open(t.Context(), oid, pgx.LargeObjectModeWrite)
	require.NoError(t, err)
	_, err = object.Write([]byte("large"))
	require.NoError(t, err)
	require.NoError(t, tx.QueryRow(t.Context(), "select length(lo_get($1))", oid).Scan(&n))
	require.Equal(t, 5, n)
	require.NoError(t, tx.Commit(t.Context()))
	require.Nil(t, tx.Conn())

	for _, shard := range []messages.ShardID{"lite", "one", "two"} {
		tx := on(shard)
		_, err := tx.Prepare(t.Context(), "ps", "select 1")
		require.ErrorIs(t, err, messages.ErrInvalidRequest, shard)
		require.NoError(t, tx.QueryRow(t.Context(), "select 7").Scan(&n), "that is no harm to the transaction")
		require.NoError(t, tx.Rollback(t.Context()))
	}
	lite := on("lite")
	require.Nil(t, lite.Conn())
	require.Panics(t, func() { lite.LargeObjects() })
	all, err := troupe.BeginAll(t.Context(), coordinator.TxOptions{Shards: []messages.ShardID{"plain"}})
	require.NoError(t, err)
	require.Nil(t, all.Conn(), "it may have several")
	_, err = all.Prepare(t.Context(), "ps", "select 1")
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	require.NoError(t, all.Rollback(t.Context()))
}
