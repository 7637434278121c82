package coordinator_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/postgres"
)

// servers is a troupe over PostgreSQL databases s0, s1, … of one server, closed when the test ends.
type servers struct {
	*coordinator.Troupe
	databases []*pgtest.Database
}

// spawnServers makes n databases with this schema. conns is the size of each pool.
func spawnServers(t *testing.T, n, conns int, schema string, change func(*coordinator.Config)) servers {
	t.Helper()
	cfg := coordinator.Config{CloseTimeout: patience}
	var s servers
	for i := range n {
		db := pgtest.Shared(t)
		require.NoError(t, db.Exec(schema))
		s.databases = append(s.databases, db)
		dsn := fmt.Sprintf("%s&pool_max_conns=%d", db.DSN(), conns)
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: shardIDs[i], DSN: shardworker.DSN(dsn)})
	}
	change(&cfg)
	var err error
	s.Troupe, err = coordinator.Spawn(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close(context.Background())) })
	return s
}

// made returns how many connections the pools have made, and how many there are.
func (s servers) made(t *testing.T) (opened, open int64) {
	t.Helper()
	for _, id := range s.Shards() {
		b, err := s.Shard(id)
		require.NoError(t, err)
		stat := b.(*postgres.Backend).Pool().Stat()
		opened += stat.NewConnsCount()
		open += int64(stat.TotalConns())
	}
	return opened, open
}

const manyRows = `create table t (k bigint, v bigint, name text collate "C"); insert into t select i, i % 7, 'n' || i from generate_series(0, 4999) i`

// TestALimitCostsNoConnection: PostgreSQL can only be told to stop by ending the connection, or by a cancel request.
func TestALimitCostsNoConnection(t *testing.T) {
	s := spawnServers(t, 2, 1, manyRows, declaring(byDecadeOfTwo))
	for i := range 20 {
		for _, sql := range []string{
			"select k, name from t order by k limit 3", "select name from t order by name desc limit 3 offset 20", "select k from t limit 1",
			"select distinct v from t order by v limit 2",
		} {
			rows, err := s.Query(t.Context(), sql)
			require.NoError(t, err, sql)
			n := 0
			for rows.Next() {
				n++
			}
			require.NoError(t, rows.Err(), sql)
			require.LessOrEqual(t, n, 3, sql)
			require.Positive(t, n)
		}
		opened, open := s.made(t)
		require.EqualValues(t, 2, opened, "round %d: one for each shard", i)
		require.EqualValues(t, 2, open)
	}
}

// TestMergesOverThePoolsOfOneDoNotWaitForEachOther: were two merges to get one shard's only connection each, both would wait for
// ever.
func TestMergesOverThePoolsOfOneDoNotWaitForEachOther(t *testing.T) {
	s := spawnServers(t, 2, 1, manyRows, declaring(byDecadeOfTwo))
	ctx := within(t, 3*patience)
	var all sync.WaitGroup
	gate := make(chan struct{})
	for i := range 200 {
		for _, sql := range []string{"select k, name from t order by k limit 300", "select name, k from t order by name desc limit 2000"} {
			all.Go(func() {
				<-gate
				ctx := ctx
				if i%3 == 0 {
					ctx = coordinator.OnShards(ctx, shards{"s1", "s0"}) // the other way round
				}
				rows, err := s.Query(ctx, sql)
				if err == nil {
					for rows.Next() {
						if i%5 == 0 { // leaves early
							break
						}
					}
					rows.Close()
					err = rows.Err()
				}
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
	close(gate)
	all.Wait()
}

// spawnMixed is a SQLite database s0 and a PostgreSQL database s1 with a few rows, configured in this sequence.
func spawnMixed(t *testing.T, ids ...messages.ShardID) *coordinator.Troupe {
	t.Helper()
	db := pgtest.Shared(t)
	require.NoError(t, db.Exec(`create table t (k bigint, v bigint, name text collate "C")`))
	dsns := map[messages.ShardID]shardworker.DSN{"s0": "sqlite::memory:", "s1": shardworker.DSN(db.DSN())}
	var cfg coordinator.Config
	declaring(byDecadeOfTwo)(&cfg)
	for _, id := range ids {
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: id, DSN: dsns[id]})
	}
	troupe, err := coordinator.Spawn(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, troupe.Close(context.Background())) })
	_, err = troupe.Exec(coordinator.OnShard(t.Context(), "s0"), "create table t (k integer, v integer, name text)")
	require.NoError(t, err)
	_, err = troupe.Exec(t.Context(), "insert into t (k, v, name) values (1, 5, 'b'), (12, 4, 'a'), (3, null, null), (14, null, 'B'), (15, 4, null), (6, 3, 'z')")
	require.NoError(t, err)
	return troupe
}

// TestMixedDialectsMerge as PostgreSQL would: NULLs are the last.
func TestMixedDialectsMerge(t *testing.T) {
	troupe := spawnMixed(t, "s0", "s1")
	type pair struct {
		K int64
		V *int64
	}
	keys := func(sql string) (keys []int64) {
		rows, err := troupe.Query(t.Context(), sql)
		require.NoError(t, err, sql)
		pairs, err := pgx.CollectRows(rows, pgx.RowToStructByPos[pair])
		require.NoError(t, err, sql)
		for _, p := range pairs {
			keys = append(keys, p.K)
		}
		return keys
	}
	require.Equal(t, []int64{6, 12, 15, 1, 3, 14}, keys("select k, v from t order by v, k"))
	require.Equal(t, []int64{3, 14, 1, 12, 15, 6}, keys("select k, v from t order by v desc, k"))
	require.Equal(t, []int64{3, 14, 6, 12, 15}, keys("select k, v from t order by v nulls first, k limit 5"))
	require.Equal(t, []int64{14, 12, 1, 6, 3, 15}, keys("select k, v from t order by name, k"))
	require.Equal(t, []int64{3, 15, 6, 1, 12, 14}, keys("select k, v from t order by name desc, k"))
	require.Equal(t, []int64{3, 4, 5}, column[int64](t, troupe, "select distinct v from t where v is not null order by v"))
	require.Equal(t, []int64{12, 14}, column[int64](t, troupe, "select k from t where k in (12, 14) order by name desc"))
	rows, err := troupe.Query(t.Context(), "select k, name from t order by k")
	require.NoError(t, err)
	for rows.Next() { // each row is decoded as its own shard describes it
		values, err := rows.Values()
		require.NoError(t, err)
		require.IsType(t, int64(0), values[0])
	}
	require.NoError(t, rows.Err())
}

// TestMixedDialectsAggregate where a partial answer has the same meaning in both, whoever is the first; else it is refused.
func TestMixedDialectsAggregate(t *testing.T) {
	for name, ids := range map[string]shards{"SQLite first": {"s0", "s1"}, "PostgreSQL first": {"s1", "s0"}} {
		t.Run(name, func(t *testing.T) {
			troupe := spawnMixed(t, ids...)
			for range 5 { // the shards describe their columns in any sequence
				require.Equal(t, []int64{6}, column[int64](t, troupe, "select count(*) as n from t"))
				require.Equal(t, []int64{4}, column[int64](t, troupe, "select count(v) from t"))
				require.Equal(t, []int64{5}, column[int64](t, troupe, "select max(v) from t"))
				require.Equal(t, []int64{1, 1, 2, 2}, column[int64](t, troupe, "select count(*) from t group by v order by 1"))
			}
			for _, sql := range []string{"select avg(v) from t", "select sum(v) / 4 from t"} {
				rows, err := troupe.Query(t.Context(), sql)
				require.NoError(t, err)
				if rows.Next() {
					var mean float64
					require.NoError(t, rows.Scan(&mean))
					require.InDelta(t, 4, mean, 0)
					require.False(t, rows.Next())
					require.NoError(t, rows.Err())
				} else {
					require.Error(t, rows.Err())
					var e *messages.Error
					require.ErrorAs(t, rows.Err(), &e)
					require.Contains(t, []messages.Code{messages.ErrRefused, messages.ErrSchemaMismatch}, e.Code, "the types of sums are the dialects' own: %v", e)
				}
			}
		})
	}
}

// TestAServerThatDiesInAnOrderedMerge with all its connections.
func TestAServerThatDiesInAnOrderedMerge(t *testing.T) {
	s := spawnServers(t, 2, 2, strings.ReplaceAll(manyRows, "4999", "199999"), declaring(byDecadeOfTwo))
	rows, err := s.Query(t.Context(), "select k, name from t order by k")
	require.NoError(t, err)
	for range 10 {
		require.True(t, rows.Next())
	}
	_, err = s.databases[1].TerminateBackends()
	require.NoError(t, err)
	read := int64(10)
	for rows.Next() {
		read++
	}
	e := requireShard(t, rows.Err(), "s1")
	require.Equal(t, messages.ErrShardLost, e.Code)
	require.Equal(t, read, e.Rows)
	require.Less(t, read, int64(400_000))
	var n int64
	require.NoError(t, s.QueryRow(t.Context(), "select count(*) from t").Scan(&n))
	require.EqualValues(t, 400_000, n)
}
