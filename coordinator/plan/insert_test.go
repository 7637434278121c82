package plan_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator/plan"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/messages"
)

// byParity routes integer keys to two shards.
func byParity(keys []any) (int, error) { return int(keys[0].(int64) & 1), nil }

func insertion(t testing.TB, d messages.Dialect, sql string) *plan.Insert {
	t.Helper()
	p := build(t, d, sql)
	require.NoError(t, p.Refusal.Err(), sql)
	require.NotNil(t, p.Insert, sql)
	return p.Insert
}

func TestInsertIsSplitByRow(t *testing.T) {
	const sql = "INSERT INTO users (name, id) VALUES ($1, 1), ($2, $3), ($4, -4), ('x', (5)) " +
		"ON CONFLICT (id) DO UPDATE SET name = excluded.name || $5 RETURNING id, $2;"
	for _, d := range both {
		insert := insertion(t, d, sql)
		require.True(t, insert.Returning)
		require.True(t, insert.Conflicts)
		require.Equal(t, 4, insert.Rows())
		parts, err := insert.Split([]any{pgx.QueryExecModeExec, "a", "b", 2, "d", "e"}, byParity)
		require.NoError(t, err)
		tail := " ON CONFLICT (id) DO UPDATE SET name = excluded.name || $%d RETURNING id, $%d;"
		want := []plan.Part{
			{
				Shard: 1, SQL: "INSERT INTO users (name, id) VALUES ($1, 1), ('x', (5))" + fmt.Sprintf(tail, 2, 3),
				Args: []any{pgx.QueryExecModeExec, "a", "e", "b"}, Rows: []int{0, 3},
			},
			{
				Shard: 0, SQL: "INSERT INTO users (name, id) VALUES ($1, $2), ($3, -4)" + fmt.Sprintf(tail, 4, 1),
				Args: []any{pgx.QueryExecModeExec, "b", 2, "d", "e"}, Rows: []int{1, 2},
			},
		}
		if d == lite { // the parameters are part of the returned columns' names, so they stay
			want[0].SQL = "INSERT INTO users (name, id) VALUES ($1, 1), ('x', (5))" + fmt.Sprintf(tail, 5, 2)
			want[1].SQL = "INSERT INTO users (name, id) VALUES ($2, $3), ($4, -4)" + fmt.Sprintf(tail, 5, 2)
			for i := range want {
				want[i].Args = []any{pgx.QueryExecModeExec, "a", "b", 2, "d", "e"}
			}
		}
		require.Equal(t, want, parts)
	}
}

func TestInsertOfOneShardStays(t *testing.T) {
	args := []any{1, 3}
	parts, err := insertion(t, pg, "INSERT INTO users VALUES ($1), ($2)").Split(args, byParity)
	require.NoError(t, err)
	require.Len(t, parts, 1)
	require.Equal(t, "INSERT INTO users VALUES ($1), ($2)", parts[0].SQL)
	require.Same(t, &args[0], &parts[0].Args[0])
	require.Equal(t, []int{0, 1}, parts[0].Rows)
}

func TestInsertArguments(t *testing.T) {
	insert := insertion(t, lite, "REPLACE INTO users (id, name) VALUES (?, ?), (?, ?)")
	require.True(t, insert.Conflicts)
	parts, err := insert.Split([]any{1, "a", 2, "b"}, byParity)
	require.NoError(t, err)
	require.Equal(t, "REPLACE INTO users (id, name) VALUES (?, ?)", parts[1].SQL)
	require.Equal(t, []any{2, "b"}, parts[1].Args)

	// Of numbered ones those are left out that are behind the last one used.
	parts, err = insertion(t, lite, "INSERT INTO users (id, name) VALUES (?3, ?2), (?1, ?4)").Split([]any{1, "a", 2, "b"}, byParity)
	require.NoError(t, err)
	require.Equal(t, "INSERT INTO users (id, name) VALUES (?3, ?2)", parts[0].SQL)
	require.Equal(t, []any{1, "a", 2}, parts[0].Args)
	require.Equal(t, []any{1, "a", 2, "b"}, parts[1].Args)

	for name, args := range map[string][]any{"too few": {1, "a", 2}, "too many": {1, "a", 2, "b", 3}, "named": {pgx.NamedArgs{}}} {
		_, err := insert.Split(args, byParity)
		require.ErrorIs(t, err, messages.ErrInvalidRequest, name)
	}
	for _, key := range []any{nil, "2", 2.0, (*int)(nil)} {
		_, err := insert.Split([]any{1, "a", key, "b"}, byParity)
		require.ErrorIs(t, err, messages.ErrRefused, "%T", key)
		var refusal *statement.Refusal
		require.ErrorAs(t, err, &refusal)
		require.Equal(t, "row 2", refusal.Clause)
		require.Equal(t, plan.InsertKey, refusal.Code)
	}
	nowhere := errors.New("nowhere")
	_, err = insert.Split([]any{1, "a", 2, "b"}, func([]any) (int, error) { return 0, nowhere })
	require.Same(t, nowhere, err)

	named := insertion(t, lite, "INSERT INTO users (id, name) VALUES (:a, :b), (:c, :b)")
	parts, err = named.Split([]any{pgx.StrictNamedArgs{"a": 1, "b": "x", "c": 2}}, byParity)
	require.NoError(t, err)
	require.Equal(t, "INSERT INTO users (id, name) VALUES (:a, :b)", parts[0].SQL)
	require.Equal(t, []any{pgx.StrictNamedArgs{"a": 1, "b": "x"}}, parts[0].Args)
	require.Equal(t, []any{pgx.StrictNamedArgs{"b": "x", "c": 2}}, parts[1].Args)
}

// TestInsertRowsGoOnceEach splits random INSERTs: every row is in one part, with its own arguments.
func TestInsertRowsGoOnceEach(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom(both).Draw(t, "dialect")
		rows := rapid.IntRange(1, 12).Draw(t, "rows")
		shards := rapid.Int64Range(1, 4).Draw(t, "shards")
		var args []any
		var values []string
		for i := range rows {
			key := fmt.Sprint(i)
			if rapid.Bool().Draw(t, "argument") {
				args = append(args, i)
				key = fmt.Sprintf("$%d", len(args))
			}
			args = append(args, fmt.Sprint("row ", i))
			values = append(values, fmt.Sprintf("(%s, $%d)", key, len(args)))
		}
		p, err := plan.Build(d, "INSERT INTO users (id, name) VALUES "+strings.Join(values, ","), catalogue, plan.Options{})
		require.NoError(t, err)
		require.NoError(t, p.Refusal.Err())
		parts, err := p.Insert.Split(args, func(keys []any) (int, error) { return int(keys[0].(int64) % shards), nil })
		require.NoError(t, err)
		seen := map[int]bool{}
		for _, part := range parts {
			again, err := plan.Build(d, part.SQL, catalogue, plan.Options{})
			require.NoError(t, err)
			require.Equal(t, len(part.Rows), again.Insert.Rows())
			// Each row of the part has the key and the value that it had.
			n := 0
			_, err = again.Insert.Split(part.Args, func(keys []any) (int, error) {
				require.EqualValues(t, part.Rows[n], keys[0])
				require.Contains(t, part.Args, fmt.Sprint("row ", part.Rows[n]))
				require.False(t, seen[part.Rows[n]])
				seen[part.Rows[n]] = true
				n++
				return part.Shard, nil
			})
			require.NoError(t, err)
		}
		require.Len(t, seen, rows)
	})
}

func TestChangesEverywhere(t *testing.T) {
	for _, d := range both {
		for sql, refused := range map[string]bool{
			"CREATE TABLE x (a int)":                       false,
			"INSERT INTO users (id) VALUES (1)":            false,
			"INSERT INTO kinds VALUES ('a', 'b')":          false,
			"UPDATE kinds SET title = 'x'":                 false,
			"DELETE FROM users":                            false,
			"UPDATE users SET id = 1":                      true,
			"BEGIN":                                        true,
			"SELECT 1":                                     true,
			"SELECT name FROM users":                       false,
			"SELECT name FROM users LIMIT 3":               true,
			"INSERT INTO orders SELECT user_id FROM notes": false,
		} {
			require.Equal(t, refused, build(t, d, sql).Everywhere != nil, sql)
		}
	}
	for _, d := range both {
		g := gather(t, d, "INSERT INTO orders (no, user_id) SELECT age, id FROM users WHERE city = $1")
		require.Nil(t, g.Merge)
		require.Equal(t, "insert-source", string(build(t, d, "INSERT INTO orders (no, user_id) SELECT id, age FROM users").Refusal.Code))
	}
}
