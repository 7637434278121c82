package coordinator_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

// spawnNumbers is three databases with t(k, v, name): the keys 0 to 29, ten on each, of which every fourth has no name.
func spawnNumbers(t *testing.T) *coordinator.Troupe {
	t.Helper()
	troupe := spawnDatabases(t, 3, "create table t (k integer, v integer, name text)", declaring(byDecade))
	for k := range 30 {
		name := any(fmt.Sprintf("n%02d", k*7%30))
		if k%4 == 3 {
			name = nil
		}
		_, err := troupe.Exec(t.Context(), "insert into t (k, v, name) values ($1, $2, $3)", k, k%5, name)
		require.NoError(t, err)
	}
	return troupe
}

func TestMergedRowsAreLikeOthers(t *testing.T) {
	troupe := spawnNumbers(t)
	type numbered struct {
		K    int64
		Name *string
	}
	const sql = "select k, name from t where name is not null order by v desc, name" // v is asked for, and not seen
	open := func() *coordinator.Rows {
		rows, err := troupe.Query(t.Context(), sql)
		require.NoError(t, err)
		return rows.(*coordinator.Rows)
	}
	rows := open()
	fields := rows.FieldDescriptions()
	require.Len(t, fields, 2, "before the first row, and without hidden columns")
	require.Equal(t, "k", fields[0].Name)
	require.Empty(t, rows.Shard())
	require.Error(t, rows.Scan(nil, nil), "there is no row yet")
	require.Nil(t, rows.RawValues())
	n := 0
	for rows.Next() {
		require.Len(t, rows.FieldDescriptions(), 2)
		values, err := rows.Values()
		require.NoError(t, err)
		require.Len(t, values, 2)
		raw := rows.RawValues()
		require.Len(t, raw, 2)
		var k int64
		var name string
		require.NoError(t, rows.Scan(&k, &name))
		require.Equal(t, []any{k, name}, values)
		require.Equal(t, uint64(k), binary.BigEndian.Uint64(raw[0]))
		require.Equal(t, name, string(raw[1]))
		require.Equal(t, shardIDs[k/10], rows.Shard(), "the shard of the row, not of the batch before")
		require.Equal(t, rows.Shard(), coordinator.ShardOf(rows))
		n++
	}
	require.NoError(t, rows.Err())
	require.Empty(t, rows.Shard())
	require.Len(t, rows.FieldDescriptions(), 2)
	require.Equal(t, fmt.Sprint("SELECT ", n), rows.CommandTag().String())
	require.Equal(t, shards{"s0", "s1", "s2"}, rows.Shards())
	for _, o := range rows.Outcomes() {
		require.True(t, o.Done, o.Shard)
	}

	byName, err := pgx.CollectRows[numbered](open(), pgx.RowToStructByName[numbered])
	require.NoError(t, err)
	require.Len(t, byName, n)
	byPosition, err := pgx.CollectRows[numbered](open(), pgx.RowToStructByPos[numbered])
	require.NoError(t, err)
	require.Equal(t, byName, byPosition)
	mine, err := coordinator.Collect[numbered](open())
	require.NoError(t, err)
	require.Equal(t, byName, mine)
	maps, err := pgx.CollectRows(open(), pgx.RowToMap)
	require.NoError(t, err)
	require.Len(t, maps[0], 2)
}

// TestMergedTags: the tag counts the rows of the answer, not those that the shards have sent for it.
func TestMergedTags(t *testing.T) {
	troupe := spawnNumbers(t)
	for sql, want := range map[string]string{
		"select k from t":                                                      "SELECT 30",
		"select k from t order by k limit 4":                                   "SELECT 4",
		"select k from t order by k limit 4 offset 28":                         "SELECT 2",
		"select k from t order by k limit 0":                                   "SELECT 0",
		"select distinct v from t":                                             "SELECT 5",
		"select count(*) from t":                                               "SELECT 1",
		"select v, count(*) from t group by v":                                 "SELECT 5",
		"select v from t group by v having count(*) > 99":                      "SELECT 0",
		"select k from t where k in (1, 11) union select 5 from t where k = 1": "SELECT 3",
	} {
		rows, err := troupe.Query(t.Context(), sql)
		require.NoError(t, err, sql)
		for rows.Next() {
		}
		require.NoError(t, rows.Err(), sql)
		require.Equal(t, want, rows.CommandTag().String(), sql)
	}
	rows, err := troupe.Query(t.Context(), "select k from t order by k")
	require.NoError(t, err)
	require.True(t, rows.Next())
	rows.Close()
	require.Empty(t, rows.CommandTag().String(), "nobody knows how many there would have been")
	require.NoError(t, rows.Err())
	require.False(t, rows.Next())

	// Exec reads no rows, so it couldn't tell how many the merged answer has.
	_, err = troupe.Exec(t.Context(), "select v, count(*) from t group by v order by v limit 2")
	require.ErrorIs(t, err, messages.ErrRefused)
	tag, err := troupe.Exec(t.Context(), "select k from t")
	require.NoError(t, err)
	require.True(t, tag.Select())
}

// TestMergedAnswersAreThoseOfOneDatabase compares with a troupe of one shard that has all rows.
func TestMergedAnswersAreThoseOfOneDatabase(t *testing.T) {
	many := spawnNumbers(t)
	whole := spawnDatabases(t, 1, "create table t (k integer, v integer, name text)", declaring(coordinator.Range{{Shard: "s0"}}))
	all, err := many.Query(t.Context(), "select k, v, name from t")
	require.NoError(t, err)
	for all.Next() {
		values, err := all.Values()
		require.NoError(t, err)
		_, err = whole.Exec(t.Context(), "insert into t values ($1, $2, $3)", values...)
		require.NoError(t, err)
	}
	answer := func(troupe *coordinator.Troupe, sql string, args []any) [][]any {
		rows, err := troupe.Query(t.Context(), sql, args...)
		require.NoError(t, err, sql)
		got, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
		require.NoError(t, err, sql)
		return got
	}
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.SampledFrom([]string{"k, v", "name", "v, name", "v", "k"}).Draw(t, "columns")
		order := rapid.SampledFrom([]string{"k", "v desc, k", "name, k desc", "name desc, k", "v, name desc, k"}).Draw(t, "order")
		sql := "select " + columns + " from t where k >= $1 order by " + order
		args := []any{rapid.IntRange(-1, 31).Draw(t, "from")}
		switch rapid.IntRange(0, 3).Draw(t, "limit") {
		case 0:
			sql += " limit $2"
			args = append(args, rapid.IntRange(0, 35).Draw(t, "n"))
		case 1:
			sql += fmt.Sprintf(" limit %d offset %d", rapid.IntRange(0, 35).Draw(t, "n"), rapid.IntRange(0, 35).Draw(t, "skip"))
		}
		require.Equal(t, answer(whole, sql, args), answer(many, sql, args), sql)
	})
	for _, sql := range []string{
		"select count(*), sum(k), avg(v), min(name), max(name), total(v) from t",
		"select v, count(name), avg(k) from t group by v order by v",
		"select v, count(distinct name) from t group by v having count(*) > 5 order by 2 desc, v limit 3",
		"select distinct v from t order by v desc", "select count(*) from t where k > 100", "select sum(k) from t where k > 100",
	} {
		require.Equal(t, answer(whole, sql, nil), answer(many, sql, nil), sql)
	}
}

// TestGroupsHaveNoShard of their own.
func TestGroupsHaveNoShard(t *testing.T) {
	troupe := spawnNumbers(t)
	rows, err := troupe.Query(t.Context(), "select v, count(*) as n from t group by v order by v")
	require.NoError(t, err)
	require.Equal(t, "n", rows.FieldDescriptions()[1].Name)
	for rows.Next() {
		require.Empty(t, coordinator.ShardOf(rows))
	}
	require.NoError(t, rows.Err())
}

func TestMergesThatAreTooLarge(t *testing.T) {
	c := spawn(t, 2, func(cfg *coordinator.Config) {
		declaring(byDecadeOfTwo)(cfg)
		cfg.MergeBytes = 10 << 10
	})
	for i, f := range []*fake.Backend{c.fakes["s0"], c.fakes["s1"]} {
		f.Reply("select", fake.Rows(fake.Column("v", pgtype.Int8OID), fake.Column("n", pgtype.Int8OID)).
			Generate(5000, func(n int) []any { return []any{int64(2*n + i), int64(n)} }))
	}
	for _, sql := range []string{"select distinct v, n from t", "select v, count(*) from t group by v"} {
		err := readAll(t.Context(), c, sql)
		require.ErrorIs(t, err, messages.ErrTooLarge, sql)
		c.requireReleased(t)
	}
}
