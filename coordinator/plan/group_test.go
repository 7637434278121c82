package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/plan"
	"github.com/troupedb/troupe/messages"
)

func TestGroupTexts(t *testing.T) {
	for _, c := range []struct {
		sql, text string
		only      messages.Dialect
	}{
		{"SELECT count(*) FROM users", "SELECT count(*) FROM users", 0},
		{"SELECT city, count(*) FROM users GROUP BY city", "SELECT city, count(*) FROM users GROUP BY 1", 0},
		{"SELECT count(*), city FROM users WHERE age > 3 GROUP BY city", "SELECT city, count(*) FROM users WHERE age > 3 GROUP BY 1", 0},
		{"SELECT sum(age) FROM users GROUP BY city, name", "SELECT city, name, sum(age) FROM users GROUP BY 1, 2", 0},
		{"SELECT u.city FROM users AS u GROUP BY city", "SELECT u.city FROM users AS u GROUP BY 1", 0},
		{"SELECT city c, count(*) FROM users GROUP BY 1", "SELECT city, count(*) FROM users GROUP BY 1", 0},
		{
			"SELECT city, count(*) AS n FROM users GROUP BY city HAVING count(*) > 1 AND max(age) < 9 ORDER BY n DESC, city LIMIT 3 OFFSET 1",
			"SELECT city, count(*), max(age) FROM users GROUP BY 1", 0,
		},
		{"SELECT count(*) FROM users HAVING count(*) > 1", "SELECT count(*) FROM users", 0},
		{"SELECT count(*) FROM users WHERE age = 1 -- one\nHAVING max(age) > 1;", "SELECT count(*), max(age) FROM users WHERE age = 1;", 0},
		{"SELECT avg(age), sum(age) FROM users", "SELECT sum(age), count(age) FROM users", 0},
		{"SELECT AVG( age ) FROM users", "SELECT sum( age ), count( age ) FROM users", lite},
		{"SELECT avg(age) FILTER (WHERE age > 3) FROM users", "SELECT sum(age) FILTER (WHERE age > 3), count(age) FILTER (WHERE age > 3) FROM users", pg},
		{"SELECT count(DISTINCT city) FROM users", "SELECT city FROM users GROUP BY 1", 0},
		{"SELECT count(DISTINCT id) FROM users", "SELECT count(DISTINCT id) FROM users", 0},
		{"SELECT avg(DISTINCT id) FROM users", "SELECT sum(DISTINCT id), count(DISTINCT id) FROM users", pg},
		{
			"SELECT name, count(DISTINCT city), count(DISTINCT id), count(*) FROM users GROUP BY name",
			"SELECT name, city, id, count(*) FROM users GROUP BY 1, 2, 3", 0,
		},
		{
			"SELECT sum(DISTINCT age) FILTER (WHERE city = 'x') FROM users",
			"SELECT CASE WHEN city = 'x' THEN age END FROM users GROUP BY 1", 0,
		},
		{"SELECT min(DISTINCT age) FROM users", "SELECT min(DISTINCT age) FROM users", 0},
		{"SELECT upper(city), count(*) FROM users GROUP BY city", "SELECT city, CASE WHEN true THEN upper(city) END, count(*) FROM users GROUP BY 1", pg},
		{"SELECT upper(city), count(*) FROM users GROUP BY city", "SELECT city, upper(city), count(*) FROM users GROUP BY 1", lite},
		{"SELECT age / 10, count(*) FROM users GROUP BY age / 10", "SELECT age / 10, count(*) FROM users GROUP BY 1", 0},
		{"SELECT age / 10 AS decade, count(*) FROM users GROUP BY decade", "SELECT age / 10 AS decade, count(*) FROM users GROUP BY decade", 0},
		{"SELECT score / 10 AS decade, count(*) FROM notes GROUP BY decade", "SELECT score / 10 AS decade, count(*) FROM notes GROUP BY decade", pg},
		{"SELECT age / 10 AS age, count(*) FROM users GROUP BY age", "SELECT age, age / 10, count(*) FROM users GROUP BY 1", 0},
		{"SELECT DISTINCT count(*) FROM users GROUP BY city ORDER BY 1", "SELECT DISTINCT city, count(*) FROM users GROUP BY 1", 0},
		{"SELECT 1, count(*) FROM users", "SELECT 1, count(*) FROM users", 0},
		{"SELECT 1, count(DISTINCT age) FROM users", "SELECT age FROM users GROUP BY 1", 0},
		{
			"SELECT city, bool_and(age > 1), every(age > 2), bool_or(age > 3) FROM users GROUP BY city",
			"SELECT city, bool_and(age > 1), every(age > 2), bool_or(age > 3) FROM users GROUP BY 1", pg,
		},
		{"SELECT city, count(*) FROM users u JOIN orders o ON o.user_id = u.id GROUP BY u.city ORDER BY u.city", "", 0},
		{"SELECT city, count(*) AS n FROM users GROUP BY city HAVING n > 1", "SELECT city, count(*) FROM users GROUP BY 1", lite},
		{"SELECT EXISTS (SELECT 1 FROM users WHERE age = 1)", "SELECT EXISTS (SELECT 1 FROM users WHERE age = 1)", 0},
		{
			"SELECT NOT EXISTS (SELECT 1 FROM users) OR EXISTS (SELECT 1 FROM orders) AS any, 1 LIMIT 1",
			"SELECT EXISTS (SELECT 1 FROM users), EXISTS (SELECT 1 FROM orders), 1", 0,
		},
	} {
		for _, d := range both {
			if c.only != 0 && c.only != d {
				continue
			}
			if c.text == "" {
				require.Equal(t, "group-by", string(build(t, d, c.sql).Refusal.Code), c.sql)
				continue
			}
			g := gather(t, d, c.sql)
			require.Equal(t, c.text, g.Text)
			require.NotNil(t, g.Merge.Group)
			require.Zero(t, g.Merge.Hidden)
			require.Empty(t, g.Merge.Order)
		}
	}
}

func TestGroupSpec(t *testing.T) {
	const sql = "SELECT city, count(*) + 1 AS n, avg(age), max(name) FROM users GROUP BY city " +
		"HAVING count(*) BETWEEN 2 AND $1 OR NOT (max(name) IS NOT NULL) ORDER BY avg(age) DESC, city LIMIT $2"
	g := gather(t, pg, sql)
	require.Equal(t, "SELECT city, count(*), sum(age), count(age), max(name) FROM users GROUP BY 1", g.Text)
	require.Equal(t, []plan.Arg{}, g.Args)
	count, avg, most := merge.AggregateRef{Index: 0}, merge.AggregateRef{Index: 1}, merge.AggregateRef{Index: 2}
	require.Equal(t, &merge.Spec{
		Dialect: pg,
		Group: &merge.Group{
			Keys: []merge.Key{{Column: 0}},
			Aggregates: []merge.Aggregate{
				{Func: merge.AddCounts, Column: 1},
				{Func: merge.Avg, Column: 2, Count: 3},
				{Func: merge.Max, Column: 4},
			},
			Having: merge.Junction{Or: true, Args: []merge.Expr{
				merge.Junction{Args: []merge.Expr{
					merge.Operation{Op: ">=", L: count, R: merge.Constant{Value: int64(2)}},
					merge.Operation{Op: "<=", L: count, R: merge.Argument{Ordinal: 1}},
				}},
				merge.Negation{X: merge.NullTest{X: most, Not: true}},
			}},
			Outputs: []merge.Output{
				{X: merge.KeyRef{}},
				{Name: "n", X: merge.Operation{Op: "+", L: count, R: merge.Constant{Value: int64(1)}}},
				{Name: "avg", X: avg},
				{NameOf: 4, X: most},
			},
			Order: []merge.GroupOrder{{X: avg, Desc: true, NullsFirst: true}, {X: merge.KeyRef{}}},
		},
		Cut: true,
	}, g.Merge)

	_, out, _, limit, err := g.Bind([]any{9, 5})
	require.NoError(t, err)
	require.Empty(t, out)
	require.EqualValues(t, 5, limit)
	args, err := g.MergeArgs([]any{9, 5})
	require.NoError(t, err)
	require.Equal(t, []any{9, 5}, args)
}

func TestGroupNames(t *testing.T) {
	for _, c := range []struct {
		d    messages.Dialect
		sql  string
		want []string // empty: that of a column of the shards
	}{
		{
			pg, "SELECT city, count(*), avg(age), count(*) * 2, count(DISTINCT age), Max(age) AS \"Max\" FROM users GROUP BY city",
			[]string{"", "", "avg", "?column?", "count", "Max"},
		},
		{pg, "SELECT -count(*), NOT bool_or(age > 1), count(*) IS NULL, (min(age)) FROM users", []string{"?column?", "?column?", "?column?", ""}},
		{pg, "SELECT upper(city), city || 'x' FROM users GROUP BY city", []string{"upper", ""}},
		{lite, "SELECT City, COUNT( * ), avg(age) AS Age, `city` FROM users GROUP BY city", []string{"", "COUNT( * )", "Age", ""}},
		{lite, "SELECT count( * ) -- all\n /* or */\n, max(age)\n\n-- end\nFROM users", []string{"count( * ) -- all\n /* or */", "max(age)\n\n-- end"}},
		{lite, "SELECT count(*) AS \"N \"\"n\"\"\", (count(*) + 1), max(age) [m x] FROM users", []string{`N "n"`, "(count(*) + 1)", "m x"}},
	} {
		outputs := gather(t, c.d, c.sql).Merge.Group.Outputs
		got := make([]string, len(outputs))
		for i, o := range outputs {
			got[i] = o.Name
		}
		require.Equal(t, c.want, got, c.sql)
	}
}

// TestGroupAmbiguousAlias: PostgreSQL finds out itself whether a name is a column's, unless all of the alias is grouped by anyway.
func TestGroupAmbiguousAlias(t *testing.T) {
	p := build(t, pg, "SELECT score + 1 AS x, count(*) FROM notes GROUP BY x, score")
	require.Equal(t, "group-by", string(p.Refusal.Code))
	gather(t, pg, "SELECT age + 1 AS x, count(*) FROM users GROUP BY x, age")
}

func TestGroupLookups(t *testing.T) {
	g := gather(t, lite, "SELECT city, max(name), count(DISTINCT name COLLATE nocase) FROM users GROUP BY city ORDER BY city")
	var o merge.Options
	require.NoError(t, g.Collations(&o, func(l plan.Lookup) (merge.Collation, error) {
		require.Equal(t, "users", l.Table)
		return map[string]merge.Collation{"city": merge.TrimRight, "name": merge.NoCase}[l.Column], nil
	}))
	require.Equal(t, []merge.Collation{merge.TrimRight}, o.Group)
	require.Equal(t, []merge.Collation{merge.TrimRight}, o.Order)
	require.Equal(t, []merge.Collation{merge.NoCase, merge.CollationUnknown}, o.Aggregates)
	require.Equal(t, merge.NoCase, g.Merge.Group.Aggregates[1].Collation)
}

func TestExistsSpec(t *testing.T) {
	for _, d := range both {
		g := gather(t, d, "SELECT EXISTS (SELECT 1 FROM users WHERE age = $2) AND NOT EXISTS (SELECT 1 FROM orders) AS b, $1 AS c")
		require.Equal(t, []merge.Aggregate{{Func: merge.Or, Column: 0}, {Func: merge.Or, Column: 1}, {Func: merge.Any, Column: 2}}, g.Merge.Group.Aggregates)
		require.Equal(t, []merge.Output{
			{Name: "b", X: merge.Junction{Args: []merge.Expr{merge.AggregateRef{}, merge.Negation{X: merge.AggregateRef{Index: 1}}}}},
			{Name: "c", X: merge.AggregateRef{Index: 2}},
		}, g.Merge.Group.Outputs)
		require.Nil(t, g.Args)
	}
	// A name is given to a computed column by its text in SQLite, by its kind in PostgreSQL.
	require.Equal(t, 0, gather(t, pg, "SELECT EXISTS (SELECT 1 FROM users)").Merge.Group.Outputs[0].NameOf)
}

func TestUnion(t *testing.T) {
	for _, d := range both {
		g := gather(t, d, "SELECT name AS n, id FROM users UNION ALL SELECT kind, no FROM orders UNION SELECT city, 2 FROM users ORDER BY n DESC, 2 LIMIT 5 OFFSET 5")
		require.Equal(t, "SELECT name AS n, id FROM users UNION ALL SELECT kind, no FROM orders UNION SELECT city, 2 FROM users ORDER BY n DESC, 2 LIMIT 10", g.Text)
		require.Equal(t, merge.DistinctRows, g.Merge.Distinct)
		require.Equal(t, []merge.Key{desc(d, 0), asc(d, 1)}, g.Merge.Order)

		g = gather(t, d, "SELECT name, id FROM users WHERE age = 1 UNION SELECT city, id FROM users WHERE age = 2")
		require.Nil(t, g.Merge, "equal rows have equal keys")
		g = gather(t, d, "SELECT name, id FROM users UNION SELECT kind, user_id FROM orders")
		require.Equal(t, merge.DistinctRows, g.Merge.Distinct)
		g = gather(t, d, "SELECT name FROM users UNION ALL SELECT kind FROM orders ORDER BY name")
		require.Equal(t, merge.AllRows, g.Merge.Distinct)
		require.Equal(t, []merge.Key{asc(d, 0)}, g.Merge.Order)
		g = gather(t, d, "SELECT id, count(*) FROM users GROUP BY id UNION ALL SELECT DISTINCT user_id, 1 FROM orders")
		require.Nil(t, g.Merge)
	}
	g := gather(t, pg, "SELECT * FROM users UNION ALL SELECT * FROM users ORDER BY name")
	require.Equal(t, []merge.Key{{Name: "name"}}, g.Merge.Order)
}
