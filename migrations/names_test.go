package migrations_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/schema"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/migrations"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// TestShardsOfOneDatabase migrates shards that are told apart by their names: each has its own tables, and its own version table.
func TestShardsOfOneDatabase(t *testing.T) {
	prefixes := []shardworker.Names{{Prefix: "asia_"}, {Prefix: "europe_"}}
	schemas := []shardworker.Names{{Schema: "asia"}, {Schema: "europe"}}
	for name, one := range map[string]func(*testing.T) (shardworker.Shard, []shardworker.Names, string){
		"PostgreSQL schemas": func(t *testing.T) (shardworker.Shard, []shardworker.Names, string) {
			db := pgtest.Shared(t)
			require.NoError(t, db.Exec("CREATE SCHEMA asia; CREATE SCHEMA europe"))
			return shardworker.Shard{DSN: shardworker.DSN(db.DSN() + "&pool_max_conns=1")}, schemas, "europe."
		},
		"PostgreSQL prefixes": func(t *testing.T) (shardworker.Shard, []shardworker.Names, string) {
			return shardworker.Shard{DSN: shardworker.DSN(pgtest.Shared(t).DSN() + "&pool_max_conns=1")}, prefixes, "europe_"
		},
		"SQLite prefixes": func(t *testing.T) (shardworker.Shard, []shardworker.Names, string) {
			return lite(t, "one"), prefixes, "europe_"
		},
		"SQLite attached": func(t *testing.T) (shardworker.Shard, []shardworker.Names, string) {
			dir := t.TempDir()
			attach := "ATTACH '" + filepath.Join(dir, "asia.db") + "' AS asia; ATTACH '" + filepath.Join(dir, "europe.db") + "' AS europe"
			backend, err := sqlite.New(sqlite.Config{Path: filepath.Join(dir, "main.db"), OnConnect: attach, Synchronous: "OFF"})
			require.NoError(t, err)
			return shardworker.Shard{Backend: backend}, schemas, "europe."
		},
	} {
		t.Run(name, func(t *testing.T) {
			shard, names, whole := one(t)
			asia, europe := shard, shard
			asia.ID, asia.Names = "asia", names[0]
			europe.ID, europe.Names = "europe", names[1]
			troupe := over(t, asia, europe)
			report, err := migrations.Migrate(within(t), troupe, three, migrations.Options{Shards: ids("asia")})
			require.NoError(t, err)
			requireVersions(t, report, 3, 3)
			found, err := schema.Drift(within(t), troupe, schema.DriftOptions{})
			require.NoError(t, err)
			require.Len(t, found.List, 2, "%v", found)
			report, err = migrations.Migrate(within(t), troupe, three, migrations.Options{})
			require.NoError(t, err)
			requireVersions(t, report, 3, 0, 3)
			found, err = schema.Drift(within(t), troupe, schema.DriftOptions{})
			require.NoError(t, err)
			require.True(t, found.Empty(), "%v", found)
			require.Equal(t, 4, count(t, shard, whole+"goose_db_version"))
			report, err = migrations.Migrate(within(t), troupe, three, migrations.Options{Down: true, To: 2, Shards: ids("europe")})
			require.NoError(t, err)
			requireVersions(t, report, 2, 1)
			require.Equal(t, 0, number(t, troupe, "europe", "SELECT count(*) FROM people"))
			require.Equal(t, 1, number(t, troupe, "asia", "SELECT count(*) FROM people"))
		})
	}
}

// count counts a table's rows over a backend of its own, where names are as they are.
func count(t *testing.T, shard shardworker.Shard, table string) int {
	t.Helper()
	if shard.Backend == nil {
		shard.ID = "plain"
		return number(t, over(t, shard), "plain", "SELECT count(*) FROM "+table)
	}
	conn, err := shard.Backend.Acquire(within(t), shard.Backend.Lane("SELECT", true))
	require.NoError(t, err)
	defer conn.Release()
	cursor, err := conn.Query(within(t), "SELECT CAST(count(*) AS TEXT) FROM "+table, nil)
	require.NoError(t, err)
	require.True(t, cursor.Next())
	batch, row := messages.NewRowBatch(cursor.Description()), make([][]byte, 1)
	cursor.Append(batch)
	batch.ReadRow(0, row)
	text := string(row[0])
	_, err = cursor.Close()
	require.NoError(t, err)
	return int(text[0] - '0')
}
