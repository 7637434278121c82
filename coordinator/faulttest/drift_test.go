package faulttest_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/postgres"
)

// A shard whose schema lags behind is an error that names it and one that it differs from; nothing is handed out.
func TestSchemaDrift(t *testing.T) {
	for name, drifted := range map[string]string{
		"another name":         "create table t (n bigint, other text)",
		"one column less":      "create table t (n bigint)",
		"one column more":      "create table t (n bigint, v text, w text)",
		"columns change place": "create table t (v text, n bigint)",
		"another type":         "create table t (n bigint, v timestamp with time zone)",
		"another integer":      "create table t (n integer, v text)",
	} {
		t.Run(name, func(t *testing.T) {
			troupe := over(t, postgresShard("s0", pgtest.Shared(t)), postgresShard("s1", pgtest.Shared(t)), postgresShard("s2", pgtest.Shared(t)))
			for _, id := range troupe.Shards() {
				if id != "s1" {
					on(t, troupe, id, "create table t (n bigint, v text)")
					on(t, troupe, id, "insert into t select generate_series(1, 1000), 'text'")
				}
			}
			on(t, troupe, "s1", drifted)
			on(t, troupe, "s1", "insert into t (n) select generate_series(1, 1000)")
			for range 10 { // the shards answer in another order each time
				n, err := readRows(coordinator.AllShards(background(t)), troupe, "select * from t")
				require.ErrorIs(t, err, messages.ErrSchemaMismatch)
				assert.Contains(t, err.Error(), "s1")
				assert.Regexp(t, "s0|s2", err.Error(), "the shard that it differs from")
				assert.Zero(t, n, "rows that were handed out before the drift was known")
			}
			// The connections are fine, and so is what the shards agree on.
			n, err := readRows(coordinator.OnShards(background(t), []messages.ShardID{"s0", "s2"}), troupe, "select * from t")
			require.NoError(t, err)
			assert.Equal(t, 2000, n)
		})
	}
}

func TestSchemaDriftBetweenEngines(t *testing.T) {
	troupe := over(t, postgresShard("s0", pgtest.Shared(t)), sqliteMemory(t, "s1"))
	on(t, troupe, "s0", "create table t (n bigint, v text)")
	on(t, troupe, "s1", "create table t (n integer, w text)")
	everywhere(t, troupe, "insert into t values (1, 'v')")
	_, err := readRows(coordinator.AllShards(background(t)), troupe, "select * from t")
	require.ErrorIs(t, err, messages.ErrSchemaMismatch)
	assert.ErrorContains(t, err, "s0")
	assert.ErrorContains(t, err, "s1")
	n, err := readRows(coordinator.AllShards(background(t)), troupe, "select n from t")
	require.NoError(t, err)
	assert.Equal(t, 2, n)
}

// DDL on one shard while statements are prepared elsewhere: the pooled connections notice.
func TestSchemaChangesUnderPreparedStatements(t *testing.T) {
	dbs := []*pgtest.Database{pgtest.Shared(t), pgtest.Shared(t)}
	troupe := over(t, postgresShard("s0", dbs[0]), postgresShard("s1", dbs[1]))
	everywhere(t, troupe, "create table t (n bigint)")
	everywhere(t, troupe, "insert into t values (1)")
	ctx := coordinator.AllShards(background(t))
	for range 3 {
		n, err := readRows(ctx, troupe, "select * from t")
		require.NoError(t, err)
		require.Equal(t, 2, n)
	}
	require.NoError(t, dbs[0].Exec("alter table t add v text"))
	_, err := readRows(ctx, troupe, "select * from t")
	require.ErrorIs(t, err, messages.ErrSchemaMismatch, "one has it, the other not yet")
	require.NoError(t, dbs[1].Exec("alter table t add v text"))
	n, err := readRows(ctx, troupe, "select * from t")
	require.NoError(t, err, "a plan that is stale is made anew, for nothing was handed out")
	assert.Equal(t, 2, n)
}

// An enum's type has another OID in each database: each row is decoded by its own shard's types.
func TestEnumsWithDifferentOIDs(t *testing.T) {
	dbs := []*pgtest.Database{pgtest.Shared(t), pgtest.Shared(t), pgtest.Shared(t)}
	var oids []int
	for i, db := range dbs {
		for range 3 * i {
			require.NoError(t, db.Exec("create type filler as enum ('f'); drop type filler"))
		}
		require.NoError(t, db.Exec("create type mood as enum ('sad', 'froh'); create table moods (n bigint, m mood, list mood[]); insert into moods values (1, 'sad', '{sad,froh}'), (2, 'froh', null), (3, null, '{}')"))
		oid, err := db.QueryInt("select 'mood'::regtype::oid::bigint")
		require.NoError(t, err)
		oids = append(oids, oid)
	}
	require.NotEqual(t, oids[0], oids[1])
	require.NotEqual(t, oids[0], oids[2])

	registered := func(id messages.ShardID, db *pgtest.Database) shardworker.Shard {
		cfg, err := pgxpool.ParseConfig(db.DSN())
		require.NoError(t, err)
		cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
			types, err := conn.LoadTypes(ctx, []string{"mood", "_mood"})
			if err == nil {
				conn.TypeMap().RegisterTypes(types)
			}
			return err
		}
		backend, err := postgres.New(postgres.Config{Pool: cfg})
		require.NoError(t, err)
		return shardworker.Shard{ID: id, Backend: backend}
	}
	type row struct {
		N    int64
		M    *string
		List []string
	}
	sad, froh := "sad", "froh"
	want := []row{{1, &sad, []string{"sad", "froh"}}, {2, &froh, nil}, {3, nil, []string{}}}
	for name, shards := range map[string][]shardworker.Shard{
		"registered":   {registered("s0", dbs[0]), registered("s1", dbs[1]), registered("s2", dbs[2])},
		"unregistered": {postgresShard("s0", dbs[0]), postgresShard("s1", dbs[1]), postgresShard("s2", dbs[2])},
		"some":         {registered("s0", dbs[0]), postgresShard("s1", dbs[1]), registered("s2", dbs[2])},
	} {
		t.Run(name, func(t *testing.T) {
			troupe := over(t, shards...)
			sql := "select n, m, list from moods"
			if name != "registered" { // pgx too needs the type of an array to be registered
				sql = "select n, m, case when list is null then null else cast(list as text[]) end as list from moods"
			}
			for range 5 {
				rows, err := troupe.Query(coordinator.AllShards(background(t)), sql)
				require.NoError(t, err)
				next := map[messages.ShardID]int{}
				for rows.Next() {
					got, err := pgx.RowToStructByName[row](rows)
					require.NoError(t, err)
					values, err := rows.Values()
					require.NoError(t, err)
					id := coordinator.ShardOf(rows)
					assert.Equal(t, want[next[id]], got, id)
					if got.M == nil {
						assert.Nil(t, values[1])
					} else {
						assert.Equal(t, *got.M, values[1], id)
					}
					next[id]++
				}
				require.NoError(t, rows.Err())
				assert.Equal(t, map[messages.ShardID]int{"s0": 3, "s1": 3, "s2": 3}, next)
			}
		})
	}
}
