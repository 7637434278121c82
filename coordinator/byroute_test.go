package coordinator_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

// byDecadeOfTwo has the keys below 10 on s0, and the others below 20 on s1.
var byDecadeOfTwo = coordinator.Range{{Below: 10, Shard: "s0"}, {Below: 20, Shard: "s1"}}

// spawnDatabases returns a troupe over n SQLite databases s0, s1, … in memory with these tables, made by schema and closed when the
// test ends.
func spawnDatabases(t *testing.T, n int, schema string, change func(*coordinator.Config)) *coordinator.Troupe {
	t.Helper()
	cfg := coordinator.Config{CloseTimeout: patience}
	for i := range n {
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: shardIDs[i], DSN: "sqlite::memory:"})
	}
	change(&cfg)
	troupe, err := coordinator.Spawn(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, troupe.Close(context.Background())) })
	execAll(t, troupe, schema)
	return troupe
}

var shardIDs = shards{"s0", "s1", "s2", "s3"}

func execAll(t *testing.T, troupe *coordinator.Troupe, sql ...string) {
	t.Helper()
	for _, sql := range sql {
		_, err := troupe.Exec(coordinator.AllShards(t.Context()), sql)
		require.NoError(t, err, sql)
	}
}

// column returns the single column of a query's rows.
func column[T any](t *testing.T, troupe *coordinator.Troupe, sql string, args ...any) []T {
	t.Helper()
	rows, err := troupe.Query(t.Context(), sql, args...)
	require.NoError(t, err, sql)
	values, err := coordinator.Collect[T](rows)
	require.NoError(t, err, sql)
	return values
}

// TestStatementsGoWhereTheirKeysLive for every way to ask.
func TestStatementsGoWhereTheirKeysLive(t *testing.T) {
	ask := map[string]func(ctx context.Context, c cast, sql string, args []any) error{
		"Query": func(ctx context.Context, c cast, sql string, args []any) error { return readArgs(ctx, c, sql, args) },
		"QueryRow": func(ctx context.Context, c cast, sql string, args []any) error {
			return c.QueryRow(ctx, sql, args...).Scan(nil)
		},
		"Exec": func(ctx context.Context, c cast, sql string, args []any) error {
			_, err := c.Exec(ctx, sql, args...)
			return err
		},
		"Send": func(ctx context.Context, c cast, sql string, args []any) error {
			rows, err := c.Send(ctx, &messages.Query{SQL: sql, Args: args}).Await(ctx)
			if err == nil {
				rows.Close()
			}
			return err
		},
	}
	for how, call := range ask {
		for name, test := range map[string]struct {
			sql  string
			args []any
			want shards
		}{
			"key":                  {"select k from t where k = $1", []any{3}, shards{"s0"}},
			"another":              {"select k from t where $1 = k and v > 2", []any{int16(13)}, shards{"s1"}},
			"set":                  {"select k from t where k in ($1, 4)", []any{13}, shards{"s0", "s1"}},
			"any key":              {"select k from t", nil, shards{"s0", "s1"}},
			"above the last bound": {"select k from t where k >= 20", nil, shards{"s0"}},
			"no key":               {"select k from t where k = 1 and k = 12", nil, shards{"s0"}},
			"NULL":                 {"select k from t where k = $1", []any{nil}, shards{"s0"}},
			"one shard, any text":  {"select k, row_number() over (order by v) from t where k = 15 limit 3", nil, shards{"s1"}},
			"reference":            {"select k from r", nil, shards{"s0"}},
			"joined":               {"select t.k from t join r on r.k = t.v where t.k = 15", nil, shards{"s1"}},
			"joined, all":          {"select t.k from t join r on r.k = t.v", nil, shards{"s0", "s1"}},
			"no table":             {"select 1", nil, shards{"s0"}},
		} {
			t.Run(how+"/"+name, func(t *testing.T) {
				c := spawn(t, 2, declaring(byDecadeOfTwo))
				c.reply("", one(1))
				ctx, touched := coordinator.WatchTouched(t.Context())
				require.NoError(t, call(ctx, c, test.sql, test.args))
				require.Equal(t, test.want, touched.Shards())
				for _, id := range test.want {
					require.Equal(t, test.sql, c.fakes[id].Statements()[0].SQL)
				}
				require.Len(t, c.asked(), len(test.want))
			})
		}
	}
}

func readArgs(ctx context.Context, c cast, sql string, args []any) error {
	rows, err := c.Query(ctx, sql, args...)
	if err != nil {
		return err
	}
	for rows.Next() {
	}
	return rows.Err()
}

func TestRefusedByTables(t *testing.T) {
	for _, dialect := range []messages.Dialect{messages.SQLite, messages.PostgreSQL} {
		c := spawn(t, 2, declaring(byDecadeOfTwo), fake.Config{Dialect: dialect})
		for sql, code := range map[string]statement.Code{
			"select x from other":                                              statement.UndeclaredTable,
			"select a.k from t a join t b on a.v = b.v":                        statement.UnlinkedJoin,
			"select a.k from t a join t b on a.v = b.v where a.k=1 and b.k=12": statement.UnlinkedJoin,
			"update t set k = 5 where k = 4":                                   statement.KeyAssignment,
			"update t set k = 5":                                               statement.KeyAssignment,
			"create table x (a int)":                                           "",
			"begin":                                                            "",
			"insert into r values (1)":                                         statement.ReferenceChange,
			"insert into r select * from r":                                    statement.ReferenceChange,
			"update r set v = 1":                                               statement.ReferenceChange,
			"delete from r":                                                    statement.ReferenceChange,
			"insert into t (v) values (1)":                                     "",
			"insert into other (v) values (1)":                                 statement.UndeclaredTable,
		} {
			for _, err := range []error{readAll(t.Context(), c, sql), c.QueryRow(t.Context(), sql).Scan(), exec(t.Context(), c, sql)} {
				require.ErrorIs(t, err, messages.ErrRefused, "%s: %v", dialect, sql)
				var r *statement.Refusal
				require.ErrorAs(t, err, &r)
				if code != "" {
					require.Equal(t, code, r.Code, "%s: %s: %v", dialect, sql, err)
				}
				require.NotEmpty(t, r.Reason)
				require.NotEmpty(t, r.Hint)
			}
		}
		require.Empty(t, c.asked(), "nothing may be sent")
	}
}

func exec(ctx context.Context, c cast, sql string) error { _, err := c.Exec(ctx, sql); return err }

// TestReferenceTablesAreChangedEverywhere by an Exec that says so.
func TestReferenceTablesAreChangedEverywhere(t *testing.T) {
	troupe := spawnDatabases(t, 2, "create table r (a integer)", declaring(byDecadeOfTwo))
	execAll(t, troupe, "insert into r values (1), (2)", "update r set a = a + 10", "delete from r where a = 12")
	for _, id := range (shards{"s0", "s1"}) {
		var n int64
		require.NoError(t, troupe.QueryRow(coordinator.OnShard(t.Context(), id), "select a from r").Scan(&n))
		require.EqualValues(t, 11, n)
	}
	require.Equal(t, []int64{11}, column[int64](t, troupe, "select a from r"), "not once for each shard")
}

func TestGetByTables(t *testing.T) {
	c := spawn(t, 3, func(cfg *coordinator.Config) {
		cfg.Tables = coordinator.Tables{"things": {Key: "id", Type: coordinator.Integer, Route: byDecade}, "parts": {Key: "id", Type: coordinator.Integer, Route: byDecade}}
	})
	c.reply("SELECT", fake.Rows(fake.Column("id", 20), fake.Column("name", 25)).Row(int64(12), "x"))
	got, err := coordinator.Get[thing](t.Context(), c.Troupe, 12)
	require.NoError(t, err)
	require.Equal(t, "x", got.Name)
	require.Equal(t, map[messages.ShardID]int{"s1": 1}, c.asked())
	_, err = coordinator.Related[thing](t.Context(), c.Troupe, &thing{ID: 1}, "name", "x")
	require.NoError(t, err, "the column is no key, so that every shard is asked")
	require.Equal(t, map[messages.ShardID]int{"s0": 1, "s1": 2, "s2": 1}, c.asked())
	_, err = coordinator.Get[thing](coordinator.WithToken(t.Context(), "s2"), c.Troupe, 12)
	require.NoError(t, err)
	require.Equal(t, 2, c.asked()["s2"], "a token is asked no further")
}

func TestAddByTables(t *testing.T) {
	troupe := spawnDatabases(t, 3, "create table things (id integer primary key, name text)", func(cfg *coordinator.Config) {
		cfg.Tables = coordinator.Tables{"things": {Key: "id", Type: coordinator.Integer, Route: byDecade}}
	})
	objects := []*thing{{ID: 3}, {ID: 13}, {ID: 23}}
	for i, o := range objects {
		require.NoError(t, troupe.Add(t.Context(), o))
		key, known := coordinator.KeyOf(o)
		require.True(t, known)
		require.Equal(t, shardIDs[i], key.Shard)
		got, err := coordinator.Get[thing](t.Context(), troupe, o.ID)
		require.NoError(t, err)
		require.Equal(t, o.ID, got.ID)
	}
	require.NoError(t, troupe.Add(coordinator.OnShard(t.Context(), "s2"), &thing{ID: 4}), "who pins vouches for it")
	var n int64
	require.NoError(t, troupe.QueryRow(coordinator.OnShard(t.Context(), "s2"), "select count(*) from things").Scan(&n))
	require.EqualValues(t, 2, n)
}

// TestNamesAreFoundInAnyCase as the databases find them.
func TestNamesAreFoundInAnyCase(t *testing.T) {
	troupe := spawnDatabases(t, 2, "create table t (k integer, v integer)", func(cfg *coordinator.Config) {
		cfg.Tables = coordinator.Tables{"T": {Key: "K", Type: coordinator.Integer, Route: byDecadeOfTwo, Columns: []string{"K", "V"}}}
	})
	_, err := troupe.Exec(t.Context(), `INSERT INTO T VALUES (1, 2), (11, 3)`)
	require.NoError(t, err)
	_, err = troupe.Exec(t.Context(), `insert into "T" ("K", v) values (12, 4)`)
	require.NoError(t, err)
	require.Equal(t, []int64{11, 12}, column[int64](t, troupe, "select k from T where K in (11, 12) order by V"))
	e, err := troupe.Explain(t.Context(), "select * from t where t.K = 1")
	require.NoError(t, err)
	require.Equal(t, shards{"s0"}, e.Targets())
}

// TestTheDialectOfAMergeIsThatOfItsShards: in a troupe of both, a statement whose rows are on shards of one is merged as that one does.
func TestTheDialectOfAMergeIsThatOfItsShards(t *testing.T) {
	sqlite, postgres := fake.Config{Dialect: messages.SQLite}, fake.Config{Dialect: messages.PostgreSQL}
	for _, test := range []struct {
		dialects []fake.Config
		want     messages.Dialect
	}{
		{[]fake.Config{sqlite, postgres, postgres}, messages.PostgreSQL},
		{[]fake.Config{postgres, sqlite, sqlite}, messages.SQLite},
	} {
		c := spawn(t, 3, declaring(byDecade), test.dialects...)
		for _, ctx := range []context.Context{t.Context(), coordinator.OnShards(t.Context(), shards{"s1", "s2"})} {
			e := explain(t, c, ctx, "select k from t where k > 12 order by v")
			require.Nil(t, e.Refusal)
			require.Equal(t, shards{"s1", "s2"}, e.Targets())
			require.Equal(t, test.want, e.Spec.Dialect)
		}
		e := explain(t, c, t.Context(), "select k from t order by v")
		require.Equal(t, test.dialects[0].Dialect, e.Spec.Dialect, "the first shard's")
	}
}
