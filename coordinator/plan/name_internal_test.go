package plan

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
)

// TestFigureName compares the names that are known with the server's.
func TestFigureName(t *testing.T) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, pgtest.Shared(t).DSN())
	require.NoError(t, err)
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, "CREATE TABLE t (a int, b text, c boolean, d date, tags text[])")
	require.NoError(t, err)
	unknown := 0
	for _, x := range []string{
		"a", "t.a", `"a"`, "(a)", "a + 1", "-a", "NOT c", "a = 1", "a IS NULL", "c IS TRUE", "a IN (1)", "a BETWEEN 1 AND 2", "b LIKE 'x'",
		"1", "'x'", "NULL", "1.5", "$1::int", "count(*)", "max(a)", "lower(b)", "pg_catalog.lower(b)", "coalesce(a, 1)",
		"nullif(a, 1)", "greatest(a, 1)", "least(a, 1)", "a::text", "'1'::int", "CAST('1' AS integer)", "1::bigint", "1::smallint",
		"1::real", "1::double precision", "1::float", "true::boolean", "1::decimal(10, 2)", "'x'::character varying(3)", "'x'::char(3)",
		"'x'::varchar", "B'1'::bit varying", "now()::timestamp with time zone", "now()::timestamp", "now()::time with time zone",
		"'12:00'::time without time zone", "lower(b)::varchar", "(a + 1)::text", "date '2020-01-01'", `b COLLATE "C"`, "CASE WHEN c THEN 1 END",
		"CASE WHEN c THEN 1 ELSE a END", "CASE WHEN c THEN 1 ELSE 2 END", "CASE a WHEN 1 THEN 2 ELSE 3::text::int END", "ARRAY[1, 2]", "EXISTS (SELECT 1)",
		"substring(b FROM 1 FOR 2)", "position('x' IN b)", "overlay(b PLACING 'x' FROM 1)", "trim(b)", "extract(year FROM d)", "current_date",
		"current_timestamp", "tags[1]", "(SELECT 1)", "ROW(1, 2)", "a || b", "c AND c", "true", "round(a::numeric, 2)",
		"CASE WHEN c THEN 1 ELSE round(1.5) END", "nullif(coalesce(a, 1), 2)::text", "(a + 1)::numeric(10, 2)", "abs(a) + 1", "(a IN (1, 2))::int",
		"CASE WHEN c THEN a END::float8", "CASE WHEN c THEN 1 ELSE 2 END::float8", "ceiling(1.5)", "-abs(a)", "d AT TIME ZONE 'UTC'",
	} {
		sql := "SELECT " + x + " FROM t"
		s, err := statement.Read(messages.PostgreSQL, sql)
		require.NoError(t, err, sql)
		name, known := figureName(s.Root.(*tree.Query).Body.(*tree.Block).Targets[0].X)
		if !known {
			unknown++
			continue
		}
		described, err := conn.Prepare(ctx, "", sql)
		require.NoError(t, err, sql)
		require.Equal(t, described.Fields[0].Name, name, sql)
	}
	require.LessOrEqual(t, unknown, 9)
}
