package coordinator_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

var timesSchema = []string{
	`create table t (k integer primary key, at timestamp, zoned timestamptz, "On" date, made datetime, n integer, name text)`,
	`create table joined (k integer, at datetime)`,
	`create view times as select k, at as "when", max(at, zoned) as latest from t`,
}

// storedTimes are forms that SQLite orders by their bytes, or before all texts, and that are few times.
var storedTimes = []string{
	"NULL", "'2024-03-01 10:00:00'", "'2024-03-01T10:00:00Z'", "'2024-03-01 12:00:00+02:00'", "'2024-03-01 05:00-05:00'", "'2024-03-01'",
	"'2024-03-01 00:00:00'", "'2023-12-31 23:59:59.999999'", "'2023-12-31T23:59:59.9999990Z'", "'2024'", "2024.5", "1709287200", "-1",
	"'yesterday'", "'Yesterday'", "'2024-02-30'", "x'323032342d30332d3031'", "'2024-03-01 10:00'", "'2024-03-01 11:30:00 +0130'", "''",
}

// spawnTimes returns a troupe over three shards and a database, each with all rows together.
func spawnTimes(t *testing.T, rows int, seed uint64, more ...string) (many, one *coordinator.Troupe) {
	t.Helper()
	many = spawnDatabases(t, 3, timesSchema[0], func(cfg *coordinator.Config) {
		route := coordinator.Hash{Buckets: coordinator.Buckets(60, shardIDs[:3]...)}
		cfg.Tables = coordinator.Tables{
			"t":      {Key: "k", Type: coordinator.Integer, Route: route, Group: "t"},
			"joined": {Key: "k", Type: coordinator.Integer, Route: route, Group: "t"},
			"folded": {Key: "k", Type: coordinator.Integer, Route: route, Group: "t"},
			"times":  {Key: "k", Type: coordinator.Integer, Route: route, Group: "t"},
		}
	})
	one = spawnDatabases(t, 1, timesSchema[0], func(*coordinator.Config) {})
	execAll(t, many, append(timesSchema[1:], more...)...)
	execAll(t, one, append(timesSchema[1:], more...)...)
	r := rand.New(rand.NewPCG(seed, 1))
	stored := func() string { return storedTimes[r.IntN(len(storedTimes))] }
	for k := range rows {
		for _, insert := range []string{
			fmt.Sprintf("insert into t (k, at, zoned, \"On\", made, n, name) values (%d, %s, %s, %s, %s, %d, 'n%d')", k, stored(), stored(), stored(), stored(), r.IntN(4), r.IntN(3)),
			fmt.Sprintf("insert into joined (k, at) values (%d, %s)", k, stored()),
		} {
			for _, troupe := range []*coordinator.Troupe{many, one} {
				_, err := troupe.Exec(t.Context(), insert)
				require.NoError(t, err, insert)
			}
		}
	}
	return many, one
}

// readShown returns the rows of a query as they are shown: names, types and values.
func readShown(t *testing.T, troupe *coordinator.Troupe, sql string, args ...any) ([]string, error) {
	t.Helper()
	rows, err := troupe.Query(t.Context(), sql, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	shown := []string{}
	for rows.Next() {
		values, err := rows.Values()
		require.NoError(t, err, sql)
		row := make([]string, len(values))
		for i, f := range rows.FieldDescriptions() {
			if values[i] == nil {
				f.DataTypeOID = 0 // a NULL is described by what came before it
			}
			row[i] = fmt.Sprintf("%s %d %v", f.Name, f.DataTypeOID, values[i])
		}
		shown = append(shown, strings.Join(row, " | "))
	}
	return shown, rows.Err()
}

// TestStoredTimes compares with one database what is ordered, told apart and grouped by columns that are declared as times.
func TestStoredTimes(t *testing.T) {
	many, one := spawnTimes(t, 120, 1)
	for _, sql := range []string{
		"select k, at from t order by at, k", "select k, at from t order by at desc, k limit 7",
		"select k, at from t order by at desc nulls last, k limit 7 offset 60", "select k from t order by zoned desc, k",
		"select at as x, k from t order by x desc, k desc", "select at, k from t order by 1, 2", "select * from t order by at, k limit 20",
		"select *, at as x from t order by x desc, k", "select t.*, k, * from t order by at, t.k",
		"select k, t.at, upper(name) from t order by t.at, zoned desc, k", `select k, "On" from t order by "on" desc, k`,
		"select k, made from t order by made collate nocase, k", "select k, made as m from t order by m collate rtrim, k",
		"select k, at collate nocase as c from t order by c, k", "select k, at from t order by +at, k", "select k, at from t order by date(at), k",
		"select k, at from t where zoned > ? order by at, k limit ?",
		// Of a view, and of what has no table of its own, nobody knows the types.
		`select k, "when" from times order by "when", k`, "select k, latest from times order by latest desc, k",
		`select k from times order by "when" desc, k limit 4`, "select distinct \"when\" from times order by 1",
		"select d.x, d.k from (select at as x, k from t) d order by d.x, d.k",
		"with c as (select k, at as x from t) select x, k from c order by x desc, k",
		"select t.k, joined.at, t.at from t join joined on joined.k = t.k order by joined.at, t.at desc, t.k",
		"select k, at, count(*) from t group by k order by at, k", "select k, row_number() over (partition by k order by at) from t order by at, k",

		"select distinct at from t order by at", "select distinct at from t order by at desc limit 5 offset 2",
		"select distinct at, n from t order by n, at", "select distinct n as at, at as n from t order by 1, 2",
		"select distinct zoned, at, zoned from t order by 1 desc, 2", "select distinct t.at as x from t join joined on joined.k = t.k order by x",
		"select distinct at || '' from t order by 1",

		"select at, count(*), min(k) from t group by at order by at", "select at as x, count(*) from t group by 1 order by x desc limit 4",
		`select "On", sum(n), at from t group by "on", at order by "on", at`, "select count(*), at from t group by at order by 1, 2",
		"select at from t group by at having max(n) > 1 order by at", "select n, count(distinct at), count(at) from t group by n order by n",
		"select count(distinct at), count(distinct zoned) filter (where n > 1), count(distinct made) from t",
		"select at, count(distinct zoned) from t group by at order by at",
		`select min(at), max(at), min(zoned), max("On"), min(made) from t`, "select n, max(at), min(zoned) from t group by n order by n",
		"select distinct max(at) from t group by n order by 1", "select max(at) as last, name from t group by name order by last desc, name",
		"select made, count(*) from (select lower(made) as made from t) group by made order by made", "select k, coalesce(at, zoned) as c from t order by c, k",
	} {
		requireOrder(t, many, one, sql)
	}
	for _, sql := range []string{"select distinct at from t", "select distinct n, at, name from t", "select at, count(*) from t group by at", "select distinct made from t where made < 'a'"} {
		want, err := readShown(t, one, sql)
		require.NoError(t, err, sql)
		got, err := readShown(t, many, sql)
		require.NoError(t, err, sql)
		slices.Sort(want)
		slices.Sort(got)
		require.Equal(t, want, got, sql)
	}
}

// requireOrder requires that a statement, of which an argument is a text and the next one a number, has the same answer from both.
func requireOrder(t *testing.T, many, one *coordinator.Troupe, sql string) {
	t.Helper()
	args := []any{"2024", 11}[:strings.Count(sql, "?")]
	want, err := readShown(t, one, sql, args...)
	require.NoError(t, err, sql)
	require.NotEmpty(t, want, sql)
	got, err := readShown(t, many, sql, args...)
	require.NoError(t, err, sql)
	require.Equal(t, want, got, sql)
}

// TestStoredTimesOfACollation: what is merged keeps the collation of the column, which it would be told apart by.
func TestStoredTimesOfACollation(t *testing.T) {
	many, one := spawnTimes(t, 120, 5, "create table folded (k integer primary key, made datetime collate nocase, cut timestamp collate rtrim)")
	for k, made := range []string{"'b'", "'B'", "'a'", "'A'", "'2024-03-01 10:00'", "'2024-03-01T10:00Z'", "'2024-03-01t10:00Z'", "NULL", "3", "'c '", "'C'", "'c'"} {
		for _, troupe := range []*coordinator.Troupe{many, one} {
			_, err := troupe.Exec(t.Context(), fmt.Sprintf("insert into folded (k, made, cut) values (%d, %s, %s)", k, made, made))
			require.NoError(t, err)
		}
	}
	for _, sql := range []string{
		"select made, k from folded order by made, k", "select k from folded order by made desc, k limit 5", "select made, k from folded order by made collate binary, k",
		"select cut, k from folded order by cut, k", "select distinct made is null, lower(made) from folded order by 2",
		"select count(distinct made), count(distinct cut) from folded", "select count(*) from folded group by made order by made",
		"select count(*), cut is null from folded group by cut order by cut desc", "select distinct made collate binary from folded order by 1",
	} {
		requireOrder(t, many, one, sql)
	}
	distinct, err := readShown(t, many, "select distinct made from folded")
	require.NoError(t, err)
	require.Len(t, distinct, 8)
	distinct, err = readShown(t, many, "select distinct made from folded order by made")
	require.NoError(t, err)
	require.Len(t, distinct, 8)
}

// TestStoredTimesRefused has what is refused, with a way out that works, and that names no column of troupe's own.
func TestStoredTimesRefused(t *testing.T) {
	many, one := spawnTimes(t, 30, 2)
	for sql, instead := range map[string]string{
		"select at from t union all select at from joined order by 1":                                     "select +at from t union all select at from joined order by 1",
		"select at from t union select at from joined order by 1":                                         "select +at from t union select at from joined order by 1",
		"select k from t order by (select at from joined where joined.k = t.k), k":                        "select k from t order by +(select at from joined where joined.k = t.k), k",
		"select distinct t.* from t join joined on joined.k = t.k and joined.at is not null order by t.n": "",
	} {
		want, err := readShown(t, one, sql)
		require.NoError(t, err, sql)
		got, err := readShown(t, many, sql)
		if instead == "" { // the key tells the rows apart
			require.NoError(t, err, sql)
			slices.Sort(want)
			slices.Sort(got)
			require.Equal(t, want, got, sql)
			continue
		}
		require.ErrorIs(t, err, messages.ErrRefused, sql)
		require.ErrorContains(t, err, "+", sql)
		require.NotContains(t, err.Error(), "troupe_", sql)
		want, err = readShown(t, one, instead)
		require.NoError(t, err, instead)
		got, err = readShown(t, many, instead)
		require.NoError(t, err, instead)
		require.Equal(t, want, got, instead)
	}
}

// TestTimesAreAskedForOnce and again when they may have changed; then plans know of columns that came meanwhile.
func TestTimesAreAskedForOnce(t *testing.T) {
	many, one := spawnTimes(t, 30, 3)
	const sql = "select k, at from t order by at, k"
	hidden := func(sql string) []string {
		e, err := many.Explain(t.Context(), sql)
		require.NoError(t, err)
		return e.Hidden
	}
	want, err := readShown(t, one, sql)
	require.NoError(t, err)
	require.Empty(t, hidden(sql), "nothing is known yet")
	got, err := readShown(t, many, sql)
	require.NoError(t, err)
	require.Equal(t, want, got)
	require.Equal(t, []string{"+at"}, hidden(sql))
	require.Equal(t, []string{"n", "name"}, hidden("select k from t order by n, name"), "they are no times")
	require.Equal(t, []string{}, append([]string{}, hidden("select n, k from t order by n, k")...))

	asked := many.TextsAsked()
	_, err = readShown(t, many, sql)
	require.NoError(t, err)
	require.Equal(t, asked, many.TextsAsked())

	// The troupe's own DDL makes it ask again.
	const later = "select later, k from t order by later, k"
	for _, troupe := range []*coordinator.Troupe{many, one} {
		execAll(t, troupe, "alter table t add column later timestamp", "update t set later = at")
	}
	want, err = readShown(t, one, later)
	require.NoError(t, err)
	got, err = readShown(t, many, later)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

// TestStoredTimesInAPinnedCall that names several shards, by a chooser of its own.
func TestStoredTimesInAPinnedCall(t *testing.T) {
	many, one := spawnTimes(t, 40, 4)
	const sql = "select k, at from t order by at desc, k limit 9"
	want, err := readShown(t, one, sql)
	require.NoError(t, err)
	ctx := coordinator.AllShards(t.Context())
	rows, err := many.Query(ctx, sql)
	require.NoError(t, err)
	n := 0
	for rows.Next() {
		n++
	}
	require.NoError(t, rows.Err())
	require.Len(t, want, n)
	var shards []shardworker.Shard
	for _, id := range shardIDs[:2] {
		shards = append(shards, shardworker.Shard{ID: id, DSN: "sqlite::memory:"})
	}
	troupe, err := coordinator.Spawn(t.Context(), coordinator.Config{
		CloseTimeout: patience, Shards: shards,
		ExecuteChooser: func(context.Context, *coordinator.StatementRequest) ([]messages.ShardID, error) {
			return shardIDs[:2], nil
		},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, troupe.Close(context.Background())) })
	execAll(t, troupe, timesSchema...)
	for i, id := range shardIDs[:2] {
		_, err = troupe.Exec(coordinator.OnShard(t.Context(), id), fmt.Sprintf("insert into t (k, at) values (%d, '2024-01-0%d 10:00'), (%d, '2024-01-02T0%d:00Z')", i, 2-i, 10+i, i))
		require.NoError(t, err)
	}
	require.Equal(t, []int64{1, 0, 10, 11}, column[int64](t, troupe, "select k from t order by at"))
}
