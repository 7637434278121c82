package coordinator_test

import (
	"context"
	"errors"
	"runtime"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

func TestInsertIsSplitByRow(t *testing.T) {
	for _, test := range []struct {
		dialect messages.Dialect
		sql     string
		args    []any
		want    map[messages.ShardID]fake.Statement // SQL and Args of the only statement
	}{
		{
			messages.PostgreSQL, "insert into t (k, v) values ($1, $2), ($3, $2), (4, 'x'), (12, $4) returning v, $5",
			[]any{3, "a", 11, "b", "c"},
			map[messages.ShardID]fake.Statement{
				"s0": {SQL: "insert into t (k, v) values ($1, $2), (4, 'x') returning v, $3", Args: []any{3, "a", "c"}},
				"s1": {SQL: "insert into t (k, v) values ($1, $2), (12, $3) returning v, $4", Args: []any{11, "a", "b", "c"}},
			},
		},
		{
			messages.SQLite, "insert into t values (?, ?), (?, ?)",
			[]any{13, "a", 3, "b"},
			map[messages.ShardID]fake.Statement{
				"s0": {SQL: "insert into t values (?, ?)", Args: []any{3, "b"}},
				"s1": {SQL: "insert into t values (?, ?)", Args: []any{13, "a"}},
			},
		},
		{
			messages.SQLite, "insert into t (v, k) values (@v, @a), (@v, @b)",
			[]any{pgx.NamedArgs{"v": 1, "a": 2, "b": 15}},
			map[messages.ShardID]fake.Statement{
				"s0": {SQL: "insert into t (v, k) values (@v, @a)", Args: []any{pgx.NamedArgs{"v": 1, "a": 2, "b": 15}}},
				"s1": {SQL: "insert into t (v, k) values (@v, @b)", Args: []any{pgx.NamedArgs{"v": 1, "a": 2, "b": 15}}},
			},
		},
		{
			messages.PostgreSQL, "insert into t values ($1, $2), ($1, 1)",
			[]any{11, 5},
			map[messages.ShardID]fake.Statement{"s1": {SQL: "insert into t values ($1, $2), ($1, 1)", Args: []any{11, 5}}},
		},
	} {
		c := spawn(t, 2, declaring(byDecadeOfTwo), fake.Config{Dialect: test.dialect})
		c.reply("", fake.Tag("INSERT 0 2"))
		c.fakes["s1"].Reply("", fake.Tag("INSERT 0 3"))
		rows, err := c.Send(t.Context(), &messages.Exec{SQL: test.sql, Args: test.args}).Await(t.Context())
		require.NoError(t, err, test.sql)
		for id, want := range test.want {
			got := c.fakes[id].Statements()
			require.Len(t, got, 1)
			require.Equal(t, want.SQL, got[0].SQL)
			require.Equal(t, want.Args, got[0].Args)
		}
		require.Len(t, c.asked(), len(test.want))
		outcomes := rows.Outcomes()
		require.Len(t, outcomes, len(test.want))
		for _, o := range outcomes {
			require.True(t, o.Done)
			require.Equal(t, map[messages.ShardID]int64{"s0": 2, "s1": 3}[o.Shard], o.Tag.RowsAffected())
		}
		if len(test.want) == 2 {
			require.Equal(t, "INSERT 0 5", rows.CommandTag().String())
		}
	}
}

func TestInsertsThatCannotBeRouted(t *testing.T) {
	secret := int64(424242)
	for name, test := range map[string]struct {
		sql  string
		args []any
		code messages.Code
		says string
	}{
		"unknown key":                        {"insert into t values (1, 2), (424242, 3)", nil, messages.ErrInvalidRequest, "row 2"},
		"unknown key, argument":              {"insert into t values ($1, 2)", []any{secret}, messages.ErrInvalidRequest, "row 1"},
		"NULL":                               {"insert into t values (1, 2), (3, 4), (null, 3)", nil, messages.ErrRefused, "row 3"},
		"NULL, argument":                     {"insert into t values (1, 2), ($1, 3)", []any{nil}, messages.ErrRefused, "row 2"},
		"another type, argument":             {"insert into t values (1, 2), ($1, 3)", []any{"424242"}, messages.ErrRefused, "row 2"},
		"another type":                       {"insert into t values (1, 2), ('424242', 3)", nil, messages.ErrRefused, "row 2"},
		"computed":                           {"insert into t values (1, 2), (424242 + 1, 3)", nil, messages.ErrRefused, "row 2"},
		"without the key":                    {"insert into t (v) values (424242)", nil, messages.ErrRefused, "k"},
		"default values":                     {"insert into t default values", nil, messages.ErrRefused, "DEFAULT VALUES"},
		"too few arguments":                  {"insert into t values ($1, $2)", []any{secret}, messages.ErrInvalidRequest, "2 parameters"},
		"from another's rows":                {"insert into t select v, k from t", nil, messages.ErrRefused, "INSERT"},
		"from the reference":                 {"insert into t select k, k from r", nil, messages.ErrRefused, "INSERT"},
		"a subquery among values":            {"insert into t values (1, (select max(v) from t)), (12, 3)", nil, messages.ErrRefused, "subquery"},
		"its own rows, with one key":         {"insert into t values (1, (select max(v) from t where k = 1)), (424242, 3)", nil, messages.ErrInvalidRequest, "no shard"},
		"an unknown key, selected":           {"insert into t select 424242, 1", nil, messages.ErrInvalidRequest, "no shard"},
		"an unknown key, from another's row": {"insert into t select 424242, v from t where k = 1", nil, messages.ErrInvalidRequest, "no shard"},
		"no key, from another's row":         {"insert into t (v) select v from t where k = 1", nil, messages.ErrRefused, "INSERT"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, dialect := range []messages.Dialect{messages.SQLite, messages.PostgreSQL} {
				c := spawn(t, 2, declaring(byDecadeOfTwo), fake.Config{Dialect: dialect})
				_, err := c.Exec(t.Context(), test.sql, test.args...)
				require.ErrorIs(t, err, test.code, "%v", err)
				require.ErrorContains(t, err, test.says)
				require.NotContains(t, err.Error(), "424242", "a key is no business of a log")
				require.Empty(t, c.asked(), "not one row may be written")
				var r *statement.Refusal
				require.Equal(t, test.code == messages.ErrRefused, errors.As(err, &r))
			}
		})
	}
}

func TestInsertReturningRowsOfAllShards(t *testing.T) {
	troupe := spawnDatabases(t, 2, "create table t (k integer, v text)", declaring(byDecadeOfTwo))
	rows, err := troupe.Query(t.Context(), "insert into t values (1, 'a'), (11, 'b'), (2, 'c') returning k, v || '!' as w")
	require.NoError(t, err)
	type returned struct {
		K int64
		W string
	}
	homes := map[int64]messages.ShardID{}
	got, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (returned, error) {
		r, err := pgx.RowToStructByName[returned](row)
		homes[r.K] = coordinator.ShardOf(row)
		return r, err
	})
	require.NoError(t, err)
	require.ElementsMatch(t, []returned{{1, "a!"}, {11, "b!"}, {2, "c!"}}, got)
	require.Equal(t, map[int64]messages.ShardID{1: "s0", 2: "s0", 11: "s1"}, homes)
	require.EqualValues(t, 3, rows.CommandTag().RowsAffected())

	tag, err := troupe.Exec(t.Context(), "update t set v = v || '?' where k < 12")
	require.NoError(t, err)
	require.EqualValues(t, 3, tag.RowsAffected())
	tag, err = troupe.Exec(t.Context(), "insert into t select k, v from t where k <> 2")
	require.NoError(t, err)
	require.EqualValues(t, 2, tag.RowsAffected(), "each row stays on its shard")
	tag, err = troupe.Exec(t.Context(), "delete from t where k in (1, 11)")
	require.NoError(t, err)
	require.EqualValues(t, 4, tag.RowsAffected())
}

// TestASplitInsertThatFailsOnOneShard says what it did on which.
func TestASplitInsertThatFailsOnOneShard(t *testing.T) {
	for name, call := range map[string]func(ctx context.Context, c cast) error{
		"Exec": func(ctx context.Context, c cast) error { return exec(ctx, c, "insert into t values (1, 1), (12, 2)") },
		"Query": func(ctx context.Context, c cast) error {
			return readAll(ctx, c, "insert into t values (1, 1), (12, 2) returning k")
		},
		"Send": func(ctx context.Context, c cast) error {
			_, err := c.Send(ctx, &messages.Exec{SQL: "insert into t values (1, 1), (12, 2)"}).Await(ctx)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := spawn(t, 2, declaring(byDecadeOfTwo))
			done := fake.NewGate()
			c.fakes["s0"].Reply("insert", fake.Rows(fake.Column("k", pgtype.Int8OID)).Row(int64(1)).WithTag("INSERT 0 1").At(fake.AtCursorClose, fake.Wait(opened(done))))
			afterS0 := fake.Stubborn(func(context.Context) error {
				<-done.Arrived()
				for c.fakes["s0"].Stats().InUse > 0 { // until it has let go, which is microseconds away
					runtime.Gosched()
				}
				return nil
			})
			c.fakes["s1"].Reply("insert", fake.Tag("").At(fake.AtQuery, afterS0, fake.Fail(&messages.Error{Code: messages.ErrStatement, Detail: "unique"})))
			err := call(t.Context(), c)
			require.ErrorIs(t, err, messages.ErrStatement)
			var partial *coordinator.PartialError
			require.ErrorAs(t, err, &partial)
			require.ErrorIs(t, err, messages.ErrOutcomeUnknown)
			require.Len(t, partial.Outcomes, 2)
			require.True(t, partial.Outcomes[0].Done)
			require.EqualValues(t, 1, partial.Outcomes[0].Tag.RowsAffected())
			require.Equal(t, messages.ShardID("s1"), partial.Outcomes[1].Shard)
			require.ErrorIs(t, partial.Outcomes[1].Err, messages.ErrStatement)
		})
	}
}
