package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/plan"
	"github.com/troupedb/troupe/messages"
)

func TestOrderBy(t *testing.T) {
	type keys func(d messages.Dialect) []merge.Key
	for _, c := range []struct {
		sql, text string // text is empty if it stays
		keys      keys
		hidden    int
		only      messages.Dialect
	}{
		{
			sql:  "SELECT name, age FROM users ORDER BY age, name DESC",
			keys: func(d messages.Dialect) []merge.Key { return []merge.Key{asc(d, 1), desc(d, 0)} },
		},
		{
			sql: "SELECT name FROM users ORDER BY age", text: "SELECT name, age AS troupe_1 FROM users ORDER BY age",
			keys: func(d messages.Dialect) []merge.Key { return []merge.Key{asc(d, -1)} }, hidden: 1,
		},
		{
			sql: "SELECT * FROM users ORDER BY age, name", text: "SELECT *, age AS troupe_1, name AS troupe_2 FROM users ORDER BY age, name",
			keys: func(d messages.Dialect) []merge.Key { return []merge.Key{asc(d, -2), asc(d, -1)} }, hidden: 2,
		},
		{
			sql:  "SELECT age AS name, name AS age FROM users ORDER BY age",
			keys: func(d messages.Dialect) []merge.Key { return []merge.Key{asc(d, 1)} },
		},
		{ // SQLite calls a column by all of its text up to the next token.
			sql: "SELECT age + 1 -- c\n FROM users ORDER BY name", text: "SELECT age + 1 -- c\n , name AS troupe_1 FROM users ORDER BY name",
			keys: func(d messages.Dialect) []merge.Key { return []merge.Key{asc(d, -1)} }, hidden: 1, only: lite,
		},
		{ // In an expression a name is a column, in PostgreSQL for certain.
			sql: "SELECT body AS score FROM notes ORDER BY score + 1", text: "SELECT body AS score, score + 1 AS troupe_1 FROM notes ORDER BY score + 1",
			keys: func(d messages.Dialect) []merge.Key { return []merge.Key{asc(d, -1)} }, hidden: 1, only: pg,
		},
		{ // In SQLite if the table is known to have it.
			sql: "SELECT name AS age FROM users ORDER BY age + 1", text: "SELECT name AS age, age + 1 AS troupe_1 FROM users ORDER BY age + 1",
			keys: func(d messages.Dialect) []merge.Key { return []merge.Key{bytewise(asc(d, -1))} }, hidden: 1, only: lite,
		},
		{
			sql:  "SELECT *, name AS n FROM users ORDER BY n",
			keys: func(d messages.Dialect) []merge.Key { return []merge.Key{asc(d, -1)} },
		},
		{
			sql:  "SELECT name AS n, * FROM users ORDER BY n, 1 DESC",
			keys: func(d messages.Dialect) []merge.Key { return []merge.Key{asc(d, 0), desc(d, 0)} },
		},
		{
			sql: "SELECT *, age + 1 AS n, u.* FROM users u ORDER BY n", text: "SELECT *, age + 1 AS n, u.*, age + 1 AS troupe_1 FROM users u ORDER BY n",
			keys: func(d messages.Dialect) []merge.Key { return []merge.Key{asc(d, -1)} }, hidden: 1, only: pg,
		},
		{
			sql:  "SELECT u.name FROM users AS u ORDER BY name, u.name DESC",
			keys: func(d messages.Dialect) []merge.Key { return []merge.Key{asc(d, 0), desc(d, 0)} },
		},
		{
			sql: "SELECT name FROM users ORDER BY lower(name), 2 + 3, 'x', $1", text: "SELECT name, lower(name) AS troupe_1 FROM users ORDER BY lower(name), 2 + 3, 'x', $1",
			keys: func(d messages.Dialect) []merge.Key { return []merge.Key{asc(d, -1)} }, hidden: 1, only: pg,
		},
		{
			sql:  "SELECT lower(name) FROM users ORDER BY lower",
			keys: func(d messages.Dialect) []merge.Key { return []merge.Key{asc(d, 0)} }, only: pg,
		},
		{
			sql: "SELECT troupe_1 AS x FROM notes ORDER BY body", text: "SELECT troupe_1 AS x, body AS troupe__1 FROM notes ORDER BY body",
			keys: func(d messages.Dialect) []merge.Key { return []merge.Key{asc(d, -1)} }, hidden: 1,
		},
		{
			sql: "SELECT name FROM users ORDER BY name NULLS FIRST, name DESC NULLS LAST",
			keys: func(messages.Dialect) []merge.Key {
				return []merge.Key{{Column: 0, NullsFirst: true}, {Column: 0, Desc: true}}
			},
		},
		{
			sql:  "SELECT name FROM users ORDER BY name USING >",
			keys: func(d messages.Dialect) []merge.Key { return []merge.Key{desc(d, 0)} }, only: pg,
		},
		{
			sql:  `SELECT name FROM users ORDER BY name COLLATE "C"`,
			keys: func(d messages.Dialect) []merge.Key { return []merge.Key{bytewise(asc(d, 0))} }, only: pg,
		},
		{
			sql: "SELECT name AS n FROM users ORDER BY n COLLATE nocase, name COLLATE rtrim, age COLLATE binary",
			text: "SELECT name AS n, age COLLATE binary AS troupe_1 FROM users ORDER BY n COLLATE nocase, name COLLATE rtrim, " +
				"age COLLATE binary",
			keys: func(d messages.Dialect) []merge.Key {
				return []merge.Key{
					{Column: 0, NullsFirst: true, Collation: merge.NoCase},
					{Column: 0, NullsFirst: true, Collation: merge.TrimRight},
					bytewise(asc(d, -1)),
				}
			}, hidden: 1, only: lite,
		},
		{
			sql:  "SELECT id, count(*) FROM users GROUP BY id ORDER BY count(*) DESC, max(age)",
			text: "SELECT id, count(*), max(age) AS troupe_1 FROM users GROUP BY id ORDER BY count(*) DESC, max(age)",
			keys: func(d messages.Dialect) []merge.Key {
				if d == lite {
					return []merge.Key{bytewise(desc(d, 1)), bytewise(asc(d, -1))}
				}
				return []merge.Key{desc(d, 1), asc(d, -1)}
			}, hidden: 1,
		},
	} {
		for _, d := range both {
			if c.only != 0 && c.only != d {
				continue
			}
			g := gather(t, d, c.sql)
			want := c.text
			if want == "" {
				want = c.sql
			}
			require.Equal(t, want, g.Text)
			require.Equal(t, c.keys(d), g.Merge.Order, c.sql)
			require.Equal(t, c.hidden, g.Merge.Hidden)
			require.Len(t, g.Hidden, c.hidden)
		}
	}
}

func TestSQLiteSortsByTheColumnsCollation(t *testing.T) {
	g := gather(t, lite, "SELECT name AS n, CAST(city AS text), name || '' FROM users u ORDER BY n, 2, 3, created")
	var got [][2]string
	for _, l := range g.Lookups {
		require.Equal(t, plan.OrderKey, l.Use)
		got = append(got, [2]string{l.Table, l.Column})
	}
	require.Equal(t, [][2]string{{"users", "name"}, {"users", "city"}, {"users", "created"}}, got)
	require.Equal(t, merge.Bytewise, g.Merge.Order[2].Collation)
	require.Equal(t, 3, g.Lookups[2].Index)

	p := build(t, lite, "SELECT name FROM users ORDER BY name COLLATE nocase || 'x'")
	require.Equal(t, "order-by", string(p.Refusal.Code))
}

func TestNullsAreSpelledOutForSeveralDialects(t *testing.T) {
	const sql = "SELECT name FROM users ORDER BY name, age DESC, city ASC NULLS FIRST LIMIT 3"
	var plans []*plan.Plan
	for _, d := range both {
		p, err := plan.Build(d, sql, catalogue, plan.Options{ExplicitNulls: true})
		require.NoError(t, err)
		require.Nil(t, p.Refusal)
		require.Equal(t, "SELECT name, age AS troupe_1, city AS troupe_2 FROM users "+
			"ORDER BY name NULLS LAST, age DESC NULLS FIRST, city ASC NULLS FIRST LIMIT 3", p.Gather.Text)
		require.Equal(t, []merge.Key{{Column: 0}, {Column: -2, Desc: true, NullsFirst: true}, {Column: -1, NullsFirst: true}}, p.Gather.Merge.Order)
		plans = append(plans, p)
	}
	require.NoError(t, plan.Same(plans[0], plans[1]))
}

func TestDistinct(t *testing.T) {
	for _, d := range both {
		g := gather(t, d, "SELECT DISTINCT name, city FROM users ORDER BY city LIMIT 5 OFFSET 2")
		require.Equal(t, "SELECT DISTINCT name, city FROM users ORDER BY city LIMIT 7", g.Text)
		require.Equal(t, merge.DistinctRows, g.Merge.Distinct)
		require.Equal(t, []merge.Key{asc(d, 1)}, g.Merge.Order)
		require.True(t, g.Merge.Cut)

		// A column that the star has as well makes no row more distinct.
		g = gather(t, d, "SELECT DISTINCT * FROM notes ORDER BY score")
		require.Equal(t, "SELECT DISTINCT *, score AS troupe_1 FROM notes ORDER BY score", g.Text)
		require.Equal(t, 1, g.Merge.Hidden)
	}
	g := gather(t, pg, "SELECT DISTINCT ON (city, lower(name)) age FROM users ORDER BY lower(name), city DESC, age LIMIT 3")
	require.Equal(t, "SELECT DISTINCT ON (city, lower(name)) age, lower(name) AS troupe_1, city AS troupe_2 FROM users "+
		"ORDER BY lower(name), city DESC, age LIMIT 3", g.Text)
	require.Equal(t, merge.DistinctKeys, g.Merge.Distinct)
	require.Equal(t, []merge.Key{asc(pg, -2), desc(pg, -1)}, g.Merge.DistinctOn)
	require.Equal(t, []merge.Key{asc(pg, -2), desc(pg, -1), asc(pg, 0)}, g.Merge.Order)

	g = gather(t, pg, "SELECT DISTINCT ON (id) name FROM users")
	require.Nil(t, g.Merge, "rows of one key are on one shard")
}

func TestDistinctCollations(t *testing.T) {
	find := func(l plan.Lookup) (merge.Collation, error) {
		if l.Table == "users" && l.Column == "name" {
			return merge.NoCase, nil
		}
		return merge.Bytewise, nil
	}
	for sql, want := range map[string]merge.Collation{
		"SELECT DISTINCT name FROM users":                merge.NoCase,
		"SELECT DISTINCT city FROM users":                merge.Bytewise,
		"SELECT DISTINCT name, city FROM users":          merge.Fuzzy,
		"SELECT DISTINCT name, age + 1 FROM users":       merge.Fuzzy,
		"SELECT DISTINCT upper(name) FROM users":         merge.Bytewise,
		"SELECT DISTINCT name COLLATE binary FROM users": merge.Bytewise,
	} {
		var o merge.Options
		require.NoError(t, gather(t, lite, sql).Collations(&o, find))
		require.Equal(t, want, o.Distinct, sql)
	}
}
