package plan_test

import (
	"database/sql"
	"fmt"
	"math"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator/plan"
	"github.com/troupedb/troupe/messages"
)

func TestLimitTexts(t *testing.T) {
	for _, c := range []struct {
		sql, text string
		only      messages.Dialect
		args      []plan.Arg
	}{
		{sql: "SELECT name FROM users LIMIT 10", text: "SELECT name FROM users LIMIT 10"},
		{sql: "SELECT name FROM users LIMIT $1", text: "SELECT name FROM users LIMIT $1"},
		{sql: "SELECT name FROM users LIMIT 10 OFFSET 5", text: "SELECT name FROM users LIMIT 15"},
		{sql: "SELECT name FROM users OFFSET 5", text: "SELECT name FROM users", only: pg},
		{sql: "SELECT name FROM users OFFSET 5 ROWS FETCH NEXT 2 ROWS ONLY", text: "SELECT name FROM users LIMIT 7", only: pg},
		{sql: "SELECT name FROM users OFFSET 5 LIMIT 2 FOR UPDATE", only: pg},
		{sql: "SELECT name FROM users LIMIT ALL OFFSET 5", text: "SELECT name FROM users", only: pg},
		{sql: "SELECT name FROM users LIMIT 5, 2", text: "SELECT name FROM users LIMIT 7", only: lite},
		{sql: "SELECT name FROM users LIMIT -1 OFFSET 5", text: "SELECT name FROM users", only: lite},
		{sql: "SELECT name FROM users LIMIT 9223372036854775807 OFFSET 5", text: "SELECT name FROM users LIMIT 9223372036854775807"},
		{
			sql: "SELECT name FROM users WHERE age > $1 LIMIT $2 OFFSET $3", text: "SELECT name FROM users WHERE age > $1 LIMIT $2",
			args: []plan.Arg{{Ordinal: 1}, {Limit: true}}, only: pg,
		},
		{
			sql: "SELECT name FROM users WHERE age > ? LIMIT ? OFFSET ?", text: "SELECT name FROM users WHERE age > ? LIMIT ?",
			args: []plan.Arg{{Ordinal: 1}, {Limit: true}}, only: lite,
		},
		{ // SQLite calls a column by its text, so its parameters stay as they are.
			sql: "SELECT age + ? FROM users ORDER BY age + ? LIMIT ? OFFSET ?", text: "SELECT age + ?, age + ? AS troupe_1 FROM users ORDER BY age + ? LIMIT ?",
			args: []plan.Arg{{Ordinal: 1}, {Ordinal: 2}, {Ordinal: 2}, {Limit: true}}, only: lite,
		},
		{
			sql: "SELECT age + $3 FROM users LIMIT $2 OFFSET $1", text: "SELECT age + $3 FROM users LIMIT $2",
			args: []plan.Arg{{Ordinal: 1}, {Limit: true}, {Ordinal: 3}}, only: lite,
		},
		{
			sql: "SELECT age + ?1 FROM users LIMIT ?1 OFFSET ?2", text: "SELECT age + ?1 FROM users LIMIT ?3",
			args: []plan.Arg{{Ordinal: 1}, {Ordinal: 2}, {Limit: true}}, only: lite,
		},
		{
			sql: "SELECT age + ?1 FROM users LIMIT 5 OFFSET ?2", text: "SELECT age + ?1 FROM users LIMIT ?2",
			args: []plan.Arg{{Ordinal: 1}, {Limit: true}}, only: lite,
		},
		{
			sql: "SELECT name FROM users WHERE age > $3 LIMIT $1 OFFSET $2", text: "SELECT name FROM users WHERE age > $2 LIMIT $1",
			args: []plan.Arg{{Limit: true}, {Ordinal: 3}}, only: pg,
		},
		{ // The limit is used elsewhere as well, with its own value.
			sql: "SELECT name FROM users WHERE age > $1 LIMIT $1 OFFSET $2", text: "SELECT name FROM users WHERE age > $1 LIMIT $2",
			args: []plan.Arg{{Ordinal: 1}, {Limit: true}}, only: pg,
		},
		{
			sql: "SELECT name FROM users LIMIT 10 OFFSET $1", text: "SELECT name FROM users LIMIT $1",
			args: []plan.Arg{{Limit: true}}, only: pg,
		},
		{
			sql: "SELECT name FROM users WHERE age > $2 OFFSET $1", text: "SELECT name FROM users WHERE age > $1",
			args: []plan.Arg{{Ordinal: 2}}, only: pg,
		},
		{
			sql: "SELECT name FROM users LIMIT $1::int OFFSET $2::bigint", text: "SELECT name FROM users LIMIT $1",
			args: []plan.Arg{{Limit: true}}, only: pg,
		},
		{
			sql: "SELECT name FROM users WHERE age > :age LIMIT :n OFFSET @off", text: "SELECT name FROM users WHERE age > :age LIMIT :troupe_limit",
			args: []plan.Arg{{Ordinal: 1, Name: ":age"}, {Limit: true, Name: ":troupe_limit"}}, only: lite,
		},
	} {
		for _, d := range both {
			if c.only != 0 && c.only != d {
				continue
			}
			p := build(t, d, c.sql)
			if c.text == "" {
				require.Equal(t, "lock", string(p.Refusal.Code))
				continue
			}
			require.NoError(t, p.Refusal.Err())
			require.Equal(t, c.text, p.Gather.Text)
			require.Equal(t, c.args, p.Gather.Args, c.sql)
			require.True(t, p.Gather.Merge.Cut)
		}
	}
}

// TestBindLimits holds random limits and offsets, as arguments and as literals, against what they mean.
func TestBindLimits(t *testing.T) {
	integer := rapid.OneOf(rapid.Int64Range(-3, 50), rapid.SampledFrom([]int64{math.MaxInt64, math.MaxInt64 - 1, math.MinInt64 + 1}))
	rapid.Check(t, func(t *rapid.T) {
		d := rapid.SampledFrom(both).Draw(t, "dialect")
		limit, offset := integer.Draw(t, "limit"), integer.Draw(t, "offset")
		limitIsArg, offsetIsArg := rapid.Bool().Draw(t, "limit is argument"), rapid.Bool().Draw(t, "offset is argument")
		var args []any
		write := func(n int64, isArg bool) string {
			if !isArg {
				return fmt.Sprint(n)
			}
			args = append(args, n)
			return fmt.Sprintf("$%d", len(args))
		}
		text := "SELECT name FROM users LIMIT " + write(limit, limitIsArg) + " OFFSET " + write(offset, offsetIsArg)
		p, err := plan.Build(d, text, catalogue, plan.Options{})
		require.NoError(t, err)
		require.NoError(t, p.Refusal.Err())
		sql, out, gotOffset, gotLimit, err := p.Gather.Bind(args)
		if d == pg && (limit < 0 || offset < 0) {
			var pgErr *pgconn.PgError
			require.ErrorAs(t, err, &pgErr)
			require.ErrorIs(t, err, messages.ErrStatement)
			require.Equal(t, map[bool]string{true: "2201W", false: "2201X"}[limit < 0], pgErr.Code)
			return
		}
		require.NoError(t, err)
		require.Equal(t, max(offset, 0), gotOffset)
		pushed := int64(-1)
		if limit >= 0 {
			require.Equal(t, limit, gotLimit)
			pushed = limit + max(offset, 0)
			if pushed < 0 {
				pushed = math.MaxInt64
			}
		} else {
			require.Negative(t, gotLimit)
		}
		switch {
		case limitIsArg || offsetIsArg && limit >= 0:
			require.Contains(t, sql, "LIMIT")
			require.Equal(t, []any{pushed}, out)
		case limit < 0:
			require.Equal(t, "SELECT name FROM users", sql)
			require.Empty(t, out)
		default:
			require.Equal(t, fmt.Sprintf("SELECT name FROM users LIMIT %d", pushed), sql)
			require.Empty(t, out)
		}
	})
}

func TestBindTypes(t *testing.T) {
	type rows int16
	three := 3
	var none *int
	g := gather(t, pg, "SELECT name FROM users LIMIT $1")
	for _, c := range []struct {
		arg  any
		want int64
	}{
		{3, 3},
		{int8(3), 3},
		{uint64(3), 3},
		{rows(3), 3},
		{&three, 3},
		{nil, -1},
		{none, -1},
		{sql.NullInt64{}, -1},
		{sql.NullInt64{Int64: 3, Valid: true}, 3},
		{pgtype.Int8{Int64: 3, Valid: true}, 3},
		{(*pgtype.Int8)(nil), -1},
	} {
		_, out, _, limit, err := g.Bind([]any{c.arg})
		require.NoError(t, err)
		require.Equal(t, c.want, limit, "%T", c.arg)
		require.Equal(t, []any{c.arg}, out)
	}
	for _, arg := range []any{"3", 3.0, true, []byte("3"), uint64(math.MaxUint64), pgtype.Numeric{}} {
		_, _, _, _, err := g.Bind([]any{arg})
		if _, isNull := arg.(pgtype.Numeric); isNull {
			require.NoError(t, err)
			continue
		}
		require.ErrorIs(t, err, messages.ErrInvalidRequest, "%T", arg)
	}
	_, _, _, _, err := g.Bind(nil)
	require.ErrorIs(t, err, messages.ErrInvalidRequest)

	_, _, _, _, err = gather(t, lite, "SELECT name FROM users LIMIT $1").Bind([]any{nil})
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	_, out, offset, limit, err := gather(t, pg, "SELECT name FROM users LIMIT $1 OFFSET $2").Bind([]any{nil, 4})
	require.NoError(t, err)
	require.Equal(t, []any{nil}, out)
	require.EqualValues(t, 4, offset)
	require.Negative(t, limit)
}

func TestBindArguments(t *testing.T) {
	g := gather(t, pg, "SELECT name FROM users WHERE age > $3 ORDER BY city LIMIT $1 OFFSET $2")
	args := []any{pgx.QueryExecModeExec, 10, 5, 30}
	sql, out, offset, limit, err := g.Bind(args)
	require.NoError(t, err)
	require.Equal(t, "SELECT name, city AS troupe_1 FROM users WHERE age > $2 ORDER BY city LIMIT $1", sql)
	require.Equal(t, []any{pgx.QueryExecModeExec, int64(15), 30}, out)
	require.Equal(t, []any{pgx.QueryExecModeExec, 10, 5, 30}, args)
	require.EqualValues(t, 5, offset)
	require.EqualValues(t, 10, limit)

	for name, args := range map[string][]any{
		"too few":          {1, 2},
		"too many":         {1, 2, 3, 4},
		"formats":          {pgx.QueryResultFormats{0, 1}, 1, 2, 3},
		"rewritten":        {pgx.StructArgs(struct{ A int }{}), 1, 2},
		"named":            {pgx.NamedArgs{"a": 1}},
		"named and others": {pgx.NamedArgs{"a": 1}, 2, 3},
	} {
		_, _, _, _, err := g.Bind(args)
		require.ErrorIs(t, err, messages.ErrInvalidRequest, name)
	}
	_, out, _, _, err = g.Bind([]any{pgx.QueryResultFormats{1}, 1, 2, 3})
	require.NoError(t, err)
	require.Equal(t, pgx.QueryResultFormats{1}, out[0])
}

func TestBindNamedArguments(t *testing.T) {
	g := gather(t, lite, "SELECT name FROM users WHERE age > :age AND city = $city LIMIT :n OFFSET @off")
	for _, strict := range []bool{false, true} {
		named := map[string]any{"age": 1, "city": "x", "n": 10, "off": 5}
		args, want := []any{pgx.NamedArgs(named)}, any(pgx.NamedArgs{"age": 1, "city": "x", "n": 10, "off": 5, "troupe_limit": int64(15)})
		if strict {
			args, want = []any{pgx.StrictNamedArgs(named)}, pgx.StrictNamedArgs{"age": 1, "city": "x", "troupe_limit": int64(15)}
		}
		sql, out, offset, limit, err := g.Bind(args)
		require.NoError(t, err)
		require.Equal(t, "SELECT name FROM users WHERE age > :age AND city = $city LIMIT :troupe_limit", sql)
		require.Equal(t, []any{want}, out)
		require.EqualValues(t, 5, offset)
		require.EqualValues(t, 10, limit)
		require.Len(t, named, 4, "the caller's map stays as it is")
	}
	for name, args := range map[string][]any{
		"positions": {1, "x", 10, 5},
		"missing":   {pgx.StrictNamedArgs{"age": 1, "city": "x", "n": 10}},
		"surplus":   {pgx.StrictNamedArgs{"age": 1, "city": "x", "n": 10, "off": 1, "more": 1}},
	} {
		_, _, _, _, err := g.Bind(args)
		require.ErrorIs(t, err, messages.ErrInvalidRequest, name)
	}
	// As with pgx, one that isn't there is NULL, which is no limit in SQLite.
	_, _, _, _, err := g.Bind([]any{pgx.NamedArgs{}})
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
}

func TestPositional(t *testing.T) {
	sql, args, err := plan.Positional(pg, "SELECT @a, @b, @a", []any{pgx.QueryExecModeExec, pgx.NamedArgs{"a": 1, "b": 2}})
	require.NoError(t, err)
	require.Equal(t, "SELECT $1, $2, $1", sql)
	require.Equal(t, []any{pgx.QueryExecModeExec, 1, 2}, args)

	_, _, err = plan.Positional(pg, "SELECT @a", []any{pgx.StrictNamedArgs{}})
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	for _, given := range [][]any{nil, {1}, {pgx.QueryExecModeExec}} {
		sql, args, err = plan.Positional(pg, "SELECT @a", given)
		require.NoError(t, err)
		require.Equal(t, "SELECT @a", sql)
		require.Equal(t, given, args)
	}
	sql, args, err = plan.Positional(lite, "SELECT @a", []any{pgx.NamedArgs{"a": 1}})
	require.NoError(t, err)
	require.Equal(t, "SELECT @a", sql)
	require.Equal(t, []any{pgx.NamedArgs{"a": 1}}, args)
}
