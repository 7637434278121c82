package migrations

import (
	"context"
	"path/filepath"
	"testing"
	"testing/fstest"

	"github.com/pressly/goose/v3/database"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/shardworker"
)

// TestTheLedger plays two processes by two ledgers of one shard.
func TestTheLedger(t *testing.T) {
	ctx := context.Background()
	dsn := shardworker.DSN("sqlite:" + filepath.Join(t.TempDir(), "one.db") + "?synchronous=OFF")
	troupe, err := coordinator.Spawn(ctx, coordinator.Config{Shards: []shardworker.Shard{{ID: "s", DSN: dsn}}})
	require.NoError(t, err)
	defer func() { require.NoError(t, troupe.Close(ctx)) }()
	files := fstest.MapFS{"1_a.sql": {Data: []byte("-- +goose Up\nCREATE TABLE a (n integer);")}}
	m := &migration{troupe: troupe, files: files, options: Options{Table: defaultTable}}
	mine, err := m.open("s")
	require.NoError(t, err)
	defer mine.close()
	theirs, err := m.open("s")
	require.NoError(t, err)
	defer theirs.close()

	versions := func(c *channel) []int64 {
		_, err := c.ledger.ListMigrations(ctx, c.plain)
		require.NoError(t, err)
		return append([]int64{}, c.ledger.believed...)
	}
	for range 2 { // the second finds it
		require.NoError(t, mine.ledger.create(ctx, mine.plain))
		require.NoError(t, theirs.ledger.create(ctx, theirs.plain))
	}
	require.Equal(t, []int64{0}, versions(mine))
	require.Equal(t, []int64{0}, versions(theirs))

	require.NoError(t, mine.ledger.Insert(ctx, mine.plain, database.InsertRequest{Version: 1}))
	_, err = theirs.guarded.BeginTx(ctx, nil)
	require.ErrorIs(t, err, errMoved, "they believe what was before")
	tx, err := mine.guarded.BeginTx(ctx, nil)
	require.NoError(t, err, "who has moved it knows")
	require.NoError(t, tx.Rollback())

	require.NoError(t, theirs.ledger.Insert(ctx, theirs.plain, database.InsertRequest{Version: 1}), "without a transaction both have come so far")
	require.Equal(t, []int64{0, 1}, versions(theirs), "and it is there once")
	require.NoError(t, theirs.ledger.Delete(ctx, theirs.plain, 1))
	_, err = mine.guarded.BeginTx(ctx, nil)
	require.ErrorIs(t, err, errMoved)
	require.Equal(t, []int64{0}, versions(mine))
	tx, err = mine.guarded.BeginTx(ctx, nil)
	require.NoError(t, err)
	require.NoError(t, tx.Rollback())
}
