package plan_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/plan"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
)

// statements are planned for several shards; the shards' texts have to be valid for the databases.
var statements = []struct {
	sql  string
	only messages.Dialect
}{
	{"SELECT * FROM users ORDER BY age DESC, lower(name) || $1 LIMIT $2 OFFSET $3", 0},
	{"SELECT DISTINCT name, city FROM users WHERE age > $1 ORDER BY city, 1 LIMIT 5 OFFSET 2", 0},
	{"SELECT DISTINCT * FROM notes ORDER BY score", 0},
	{"SELECT DISTINCT ON (city, lower(name)) age FROM users ORDER BY lower(name), city DESC, age LIMIT 3", pg},
	{"SELECT FROM users ORDER BY age OFFSET 1", pg},
	{"TABLE users LIMIT 3 OFFSET 2", pg},
	{"SELECT u.city, count(*), avg(u.age), sum(o.total) FILTER (WHERE o.no > $1) FROM users u JOIN orders o ON o.user_id = u.id GROUP BY u.city HAVING count(*) > $2 ORDER BY 2 LIMIT $3", 0},
	{"SELECT count(*) FROM users WHERE age = 1 -- one\nHAVING max(age) > 1;", 0},
	{"SELECT city, count(DISTINCT age) FILTER (WHERE name = $1), count(DISTINCT name) FROM users GROUP BY city", 0},
	{"SELECT count(DISTINCT age), avg(DISTINCT age), min(name), 1 FROM users", 0},
	{"SELECT upper(city), length(city) + $1 AS l, count(*) FROM users GROUP BY city ORDER BY city", 0},
	{"SELECT date_trunc('day', created) AS day, count(*) FROM users GROUP BY day ORDER BY day", pg},
	{"SELECT score / 10 AS decade, bool_and(done), every(done), bool_or(NOT done) FROM notes GROUP BY decade", pg},
	{"SELECT age / 10 AS age, count(*) FROM users GROUP BY age", 0},
	{"SELECT city, count(*) AS n FROM users GROUP BY city HAVING n > 1", lite},
	{"SELECT EXISTS (SELECT 1 FROM users WHERE age = $1) AND NOT EXISTS (SELECT 1 FROM orders) AS b, 1", 0},
	{"SELECT name AS n, id FROM users UNION SELECT kind, no FROM orders ORDER BY n DESC, 2 LIMIT 5 OFFSET 5", 0},
	{"WITH a AS (SELECT id, name FROM users WHERE age > $1) SELECT a.name, o.no FROM a JOIN orders o ON o.user_id = a.id ORDER BY o.total", 0},
}

func TestTextsAreValidForPostgreSQL(t *testing.T) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, pgtest.Shared(t).DSN())
	require.NoError(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, schema)
	require.NoError(t, err)
	for _, s := range statements {
		if s.only == lite {
			continue
		}
		g := gather(t, pg, s.sql)
		described, err := conn.Prepare(ctx, "", g.Text)
		require.NoError(t, err, g.Text)
		want := len(g.Args)
		if g.Args != nil {
			require.Len(t, described.ParamOIDs, want, g.Text)
		}
		original, err := conn.Prepare(ctx, "", s.sql)
		require.NoError(t, err, s.sql)
		if g.Merge.Group == nil {
			require.Len(t, described.Fields, len(original.Fields)+g.Merge.Hidden)
			continue
		}
		require.Len(t, g.Merge.Group.Outputs, len(original.Fields))
		for i, o := range g.Merge.Group.Outputs {
			name := o.Name
			if name == "" {
				name = described.Fields[o.NameOf].Name
			}
			require.Equal(t, original.Fields[i].Name, name, s.sql)
		}
	}
}

func TestTextsAreValidForSQLite(t *testing.T) {
	db, err := sql.Open("sqlite", ":memory:")
	require.NoError(t, err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	_, err = db.Exec(schema)
	require.NoError(t, err)
	columns := func(text string, args []any) []string {
		rows, err := db.Query(text, args...)
		require.NoError(t, err, text)
		defer rows.Close()
		names, err := rows.Columns()
		require.NoError(t, err)
		return names
	}
	for _, s := range statements {
		if s.only == pg {
			continue
		}
		g := gather(t, lite, s.sql)
		n := build(t, lite, s.sql).Analysis.Tree.Params
		args := make([]any, len(n))
		for i := range args {
			args[i] = 1
		}
		text, out, _, _, err := g.Bind(args)
		require.NoError(t, err)
		shards, original := columns(text, out), columns(s.sql, args)
		if g.Merge.Group == nil {
			require.Len(t, shards, len(original)+g.Merge.Hidden)
			continue
		}
		for i, o := range g.Merge.Group.Outputs {
			name := o.Name
			if name == "" {
				name = shards[o.NameOf]
			}
			require.Equal(t, original[i], name, s.sql)
		}
	}
}

func TestProbe(t *testing.T) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, pgtest.Shared(t).DSN())
	require.NoError(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `CREATE COLLATION fuzzy (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
		CREATE TABLE users (id bigint, name text COLLATE "C", city text COLLATE "en-x-icu", age integer, created text COLLATE fuzzy);
		CREATE TABLE orders (user_id bigint, kind text COLLATE "POSIX")`)
	require.NoError(t, err)
	var locale string
	require.NoError(t, conn.QueryRow(ctx, "SHOW lc_collate").Scan(&locale))
	byDefault := merge.Locale
	if locale == "C" || locale == "POSIX" || locale == "C.UTF-8" {
		byDefault = merge.Bytewise
	}
	const none = merge.Collation(255) // a type that has no collation
	for _, c := range []struct {
		sql  string
		want []merge.Collation
	}{
		{"SELECT * FROM users WHERE age = $1 ORDER BY name, city, created, lower(name) LIMIT $2 OFFSET $3", []merge.Collation{merge.Bytewise, merge.Locale, merge.Fuzzy, merge.Bytewise}},
		{"SELECT age FROM users ORDER BY age::text || $2, name || $2, age + $1", []merge.Collation{byDefault, merge.Bytewise, none}},
		{"SELECT city, max(name), count(DISTINCT created) FROM users GROUP BY city ORDER BY city", []merge.Collation{merge.Locale, merge.Bytewise, merge.Fuzzy, merge.Locale}},
		{"SELECT id, max(name) || min(name) AS m FROM users GROUP BY id ORDER BY m", []merge.Collation{merge.Bytewise}},
		{"SELECT 1, name FROM users UNION ALL SELECT 2, kind FROM orders ORDER BY 1, name", []merge.Collation{none, merge.CollationUnknown}},
		{"SELECT 1, name FROM users UNION ALL SELECT 2, name || 'x' FROM users ORDER BY name", []merge.Collation{merge.Bytewise}},
		{"SELECT DISTINCT name, city, age FROM users", []merge.Collation{merge.Bytewise, merge.Locale, none}},
		{"SELECT DISTINCT * FROM (SELECT name, age FROM users) AS u", []merge.Collation{merge.Fuzzy}}, // there is a fuzzy one, and no telling where
		{"WITH u AS (SELECT name AS n, id FROM users) SELECT n FROM u ORDER BY n; -- end", []merge.Collation{merge.Bytewise}},
	} {
		g := gather(t, pg, c.sql)
		args := []any{1, "2", 3}[:len(build(t, pg, c.sql).Analysis.Tree.Params)]
		require.Len(t, g.Lookups, len(c.want), c.sql)
		for i, l := range g.Lookups {
			text, out, ok, err := g.Probe(l, args)
			require.NoError(t, err)
			require.True(t, ok)
			var answer string
			err = conn.QueryRow(ctx, text, out...).Scan(&answer)
			if c.want[i] == none {
				require.ErrorContains(t, err, "42804", text)
				continue
			}
			require.NoError(t, err, text)
			got, err := plan.ParseCollation(answer)
			require.NoError(t, err)
			require.Equal(t, c.want[i], got, "%s: %s", c.sql, text)
		}
	}
	_, err = plan.ParseCollation("other")
	require.ErrorIs(t, err, messages.ErrProtocol)
	_, _, ok, err := gather(t, lite, "SELECT name FROM users ORDER BY name").Probe(plan.Lookup{}, nil)
	require.NoError(t, err)
	require.False(t, ok)
}
