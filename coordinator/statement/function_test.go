package statement_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
)

// volatilities reads what PostgreSQL says of its own functions: the most volatile of each name, without those that SQL can't
// call.
const volatilities = `SELECT proname, bool_or(prokind = 'a'), bool_or(prokind = 'w'),
	max(CASE provolatile WHEN 'i' THEN 1 WHEN 's' THEN 2 ELSE 3 END)
	FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind IN ('f', 'a', 'w')
	AND NOT EXISTS (SELECT 1 FROM unnest(proargtypes) x WHERE x IN ('internal'::regtype, 'cstring'::regtype))
	AND prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype, 'cstring'::regtype,
		'language_handler'::regtype, 'fdw_handler'::regtype, 'index_am_handler'::regtype, 'tsm_handler'::regtype,
		'table_am_handler'::regtype)
	GROUP BY proname ORDER BY proname`

// No function counts as less volatile than the server says; and of those that it says are immutable none is unknown.
func TestFunctionsAreAsTheServerSays(t *testing.T) {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, pgtest.Shared(t).DSN())
	require.NoError(t, err)
	defer conn.Close(ctx)
	rows, err := conn.Query(ctx, volatilities)
	require.NoError(t, err)
	seen := 0
	for rows.Next() {
		var name string
		var aggregate, window bool
		var volatility int
		require.NoError(t, rows.Scan(&name, &aggregate, &window, &volatility))
		known := statement.PostgreSQLFunction(name)
		seen++
		switch {
		case window:
			require.Equal(t, "window", known, name)
		case aggregate:
			require.Equal(t, "aggregate", known, name)
		case volatility == 1:
			require.Equal(t, "immutable", known, name)
		case volatility == 2:
			require.Equal(t, "stable", known, name)
		default:
			require.Equal(t, "volatile", known, name)
		}
	}
	require.NoError(t, rows.Err())
	require.Greater(t, seen, 1000)
}

// What is settled though the server calls it stable is so by its settings only: none of these reads clock or session.
func TestSettledFunctions(t *testing.T) {
	for _, f := range []string{"to_char(x, 'a')", "concat(x, 1)", "extract(year from x)", "date_trunc('day', x)", "json_build_object(x, 1)"} {
		sql := "select " + f + " from users where " + f + " is null"
		require.Nil(t, analyse(t, messages.PostgreSQL, sql).Scatter, sql)
	}
}
