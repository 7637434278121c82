package migrations_test

import (
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/sqldb"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/migrations"
)

// TestALockedSQLiteShard is busy for as long as it may be, and done later.
func TestALockedSQLiteShard(t *testing.T) {
	locked := lite(t, "locked")
	locked.DSN += "&busy_timeout=20ms"
	troupe, other := over(t, locked, lite(t, "free")), over(t, locked)
	tx, err := other.Begin(coordinator.OnShard(within(t), "locked"))
	require.NoError(t, err)
	report, err := migrations.Migrate(t.Context(), troupe, three, migrations.Options{}) // without a deadline
	require.ErrorIs(t, err, messages.ErrBusy)
	require.Equal(t, ids("locked"), report.Unfinished())
	require.NoError(t, tx.Rollback(within(t)))
	report, err = migrations.Migrate(within(t), troupe, three, migrations.Options{})
	require.NoError(t, err)
	requireVersions(t, report, 3, 3, 0)
}

// TestPlainGooseReadsOurTable, and we read its table.
func TestPlainGooseReadsOurTable(t *testing.T) {
	troupe := over(t, lite(t, "x"), postgres(t, "y"))
	_, err := migrations.Migrate(within(t), troupe, three, migrations.Options{To: 1})
	require.NoError(t, err)
	for shard, dialect := range map[messages.ShardID]goose.Dialect{"x": goose.DialectSQLite3, "y": goose.DialectPostgres} {
		db, err := sqldb.Open(troupe, shard)
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		provider, err := goose.NewProvider(dialect, db, three)
		require.NoError(t, err)
		version, err := provider.GetDBVersion(within(t))
		require.NoError(t, err)
		require.EqualValues(t, 1, version)
		_, err = provider.UpTo(within(t), 2)
		require.NoError(t, err)
	}
	report, err := migrations.Migrate(within(t), troupe, three, migrations.Options{})
	require.NoError(t, err)
	requireVersions(t, report, 3, 1, 1)
}
