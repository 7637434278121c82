package coordinator_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/translate"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
	"github.com/troupedb/troupe/shardworker/postgres"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// spawnNamed spawns a troupe over three shards, with the tables that namedScript uses.
func spawnNamed(t *testing.T, shards []shardworker.Shard) *coordinator.Troupe {
	t.Helper()
	cfg := coordinator.Config{Shards: shards, CloseTimeout: patience}
	cfg.Tables = coordinator.Tables{
		"t":   {Key: "k", Type: coordinator.Integer, Route: byDecade, Group: "g"},
		"Big": {Key: "k", Type: coordinator.Integer, Route: byDecade, Group: "g"},
		"u":   {Key: "k", Type: coordinator.Integer, Route: byDecade, Group: "g"},
		"r":   {Reference: true},
	}
	troupe, err := coordinator.Spawn(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, troupe.Close(context.Background())) })
	return troupe
}

// shardsNamed are three shards; each has what of returns, and its id.
func shardsNamed(of func(i int) shardworker.Shard) []shardworker.Shard {
	var list []shardworker.Shard
	for i, id := range shardIDs[:3] {
		s := of(i)
		s.ID = id
		list = append(list, s)
	}
	return list
}

// prefixes are such that one begins as a table of the other is called.
var prefixes = []string{"t_", "Shard1_", "u9_"}

func sqliteTopologies(t *testing.T) map[string][]shardworker.Shard {
	dir := t.TempDir()
	var attach []string
	for i := range 3 {
		file := filepath.Join(dir, fmt.Sprintf("attached%d.db", i))
		attach = append(attach, fmt.Sprintf("ATTACH '%s' AS schema%d", file, i))
	}
	shared, err := sqlite.New(sqlite.Config{Path: filepath.Join(dir, "shared.db"), OnConnect: strings.Join(attach, "; ")})
	require.NoError(t, err)
	memory, err := sqlite.New(sqlite.Config{Mode: sqlite.Memory})
	require.NoError(t, err)
	file := shardworker.DSN("sqlite:" + filepath.Join(dir, "prefixed.db"))
	return map[string][]shardworker.Shard{
		"attached": shardsNamed(func(i int) shardworker.Shard {
			return shardworker.Shard{Backend: shared, Names: shardworker.Names{Schema: fmt.Sprintf("schema%d", i)}}
		}),
		"prefixes of a file": shardsNamed(func(i int) shardworker.Shard {
			return shardworker.Shard{DSN: file, Names: shardworker.Names{Prefix: prefixes[i]}}
		}),
		"prefixes in memory": shardsNamed(func(i int) shardworker.Shard {
			return shardworker.Shard{Backend: memory, Names: shardworker.Names{Prefix: prefixes[i]}}
		}),
		"some": shardsNamed(func(i int) shardworker.Shard {
			s := shardworker.Shard{DSN: "sqlite::memory:"}
			if i == 1 {
				s.Names.Prefix = "only_"
			}
			return s
		}),
	}
}

func postgresTopologies(t *testing.T) map[string][]shardworker.Shard {
	schemas, named := pgtest.Shared(t), pgtest.Shared(t)
	for i := range 3 {
		require.NoError(t, schemas.Exec(fmt.Sprintf(`CREATE SCHEMA "Schema%d"`, i)))
	}
	backend, err := postgres.New(postgres.Config{DSN: named.DSN() + "&pool_max_conns=6"})
	require.NoError(t, err)
	return map[string][]shardworker.Shard{
		"schemas": shardsNamed(func(i int) shardworker.Shard {
			return shardworker.Shard{DSN: shardworker.DSN(schemas.DSN()), Names: shardworker.Names{Schema: fmt.Sprintf("Schema%d", i)}}
		}),
		"prefixes": shardsNamed(func(i int) shardworker.Shard {
			return shardworker.Shard{Backend: backend, Names: shardworker.Names{Prefix: prefixes[i]}}
		}),
	}
}

// namedSchema, namedRows and namedScript are run alike by every topology.
func namedSchema(d messages.Dialect) []string {
	text, folded := "text", "text COLLATE nocase"
	if d == messages.PostgreSQL {
		text, folded = `text COLLATE "C"`, `text COLLATE "en-x-icu"`
	}
	return []string{
		fmt.Sprintf(`CREATE TABLE IF NOT EXISTS t (k integer CONSTRAINT t_pkey PRIMARY KEY, v integer, name %s, at timestamp, nick %s, t integer DEFAULT 7)`, text, folded),
		`CREATE TABLE IF NOT EXISTS t (k integer)`,
		`CREATE TABLE u (k integer REFERENCES t (k) ON DELETE CASCADE, n integer, CONSTRAINT positive CHECK (n > 0))`,
		`CREATE INDEX u_n ON u (n)`,
		fmt.Sprintf(`CREATE TABLE Big (k integer, "Name" %s)`, text),
		fmt.Sprintf(`CREATE TABLE r (code integer PRIMARY KEY, label %s)`, text),
		`CREATE UNIQUE INDEX big_k ON Big (k)`,
		`CREATE TABLE gone (a integer)`,
		`ALTER TABLE gone RENAME TO lost`,
		`ALTER TABLE lost ADD COLUMN b integer`,
		`ALTER TABLE lost RENAME COLUMN a TO c`,
		`DROP INDEX IF EXISTS absent`,
		`DROP TABLE lost`,
		`DROP TABLE IF EXISTS lost`,
		`INSERT INTO r (code, label) VALUES (0, 'none'), (1, 't'), (2, 'u')`,
	}
}

type asked struct {
	sql  string
	args []any
}

func namedScript(d messages.Dialect) []asked {
	script := []asked{
		{"SELECT * FROM t ORDER BY k", nil},
		{"SELECT t.k, t.name, u.n FROM t JOIN u ON u.k = t.k WHERE t.name <> 't' ORDER BY t.name DESC, u.n", nil},
		{"SELECT name FROM t ORDER BY name LIMIT 7 OFFSET 2", nil},
		{"SELECT DISTINCT v FROM t ORDER BY v", nil},
		{"SELECT v, count(*), sum(t.k), max(name) FROM t GROUP BY v ORDER BY v", nil},
		{"SELECT count(*), min(name), max(t.name) FROM t", nil},
		{"SELECT k, at FROM t ORDER BY at DESC, k", nil},
		{"SELECT DISTINCT at FROM t ORDER BY at", nil},
		{"SELECT nick, k FROM t ORDER BY nick, k", nil},
		{"SELECT count(DISTINCT nick) FROM t", nil},
		{"SELECT DISTINCT v, name FROM t WHERE k < 15", nil},
		{"SELECT k, (SELECT count(*) FROM u WHERE u.k = t.k) FROM t ORDER BY k", nil},
		{"SELECT k, EXISTS (SELECT 1 FROM u WHERE u.k = t.k) FROM t WHERE v = $1 ORDER BY k", []any{1}},
		{`WITH t AS (SELECT k, "Name" FROM Big) SELECT t."Name" FROM t ORDER BY t."Name"`, nil},
		{`SELECT "Name", k FROM Big WHERE Big.k BETWEEN $1 AND $2 ORDER BY 2`, []any{5, 14}},
		{"SELECT t.k, r.label FROM t JOIN r ON r.code = t.v ORDER BY t.k", nil},
		{"SELECT t.* FROM t LEFT JOIN u USING (k) WHERE u.n IS NULL ORDER BY t.k", nil},
		{"SELECT k FROM t UNION ALL SELECT k FROM u ORDER BY k", nil},
		{"SELECT count(*) FROM t WHERE name LIKE 'n%' -- FROM t", nil},
		{"SELECT k, name FROM t WHERE k = $1", []any{12}},
		{"INSERT INTO t (k, v, name) VALUES (3, 33, 'x'), (13, 33, 'y'), (40, 1, 'z') ON CONFLICT (k) DO UPDATE SET name = t.name || excluded.name", nil},
		{"SELECT k, name FROM t WHERE v = 33 OR k > 30 OR k % 10 = 3 ORDER BY k", nil},
		{"UPDATE t SET name = upper(t.name) WHERE t.v = 2 RETURNING k, name", nil},
		{"UPDATE u SET n = n + 1 WHERE EXISTS (SELECT 1 FROM t WHERE t.k = u.k AND t.v = 1)", nil},
		{"DELETE FROM t WHERE t.k = 4 OR k = 14 RETURNING t.k", nil},
		{"SELECT k, n FROM u ORDER BY k, n", nil},
		{"INSERT INTO t (k) SELECT k + 100 FROM t WHERE k = 5", nil},
	}
	if d == messages.PostgreSQL {
		script = append(script,
			asked{"INSERT INTO t (k, v) VALUES (5, 1) ON CONFLICT ON CONSTRAINT t_pkey DO NOTHING", nil},
			asked{"SELECT k FROM ONLY t ORDER BY t.k", nil},
			asked{"SELECT name FROM t WHERE k < 6 ORDER BY name COLLATE \"C\" DESC", nil},
			asked{"TRUNCATE u", nil},
			asked{"ALTER TABLE u DROP CONSTRAINT positive", nil},
			asked{"INSERT INTO u (k, n) VALUES (5, -1)", nil},
		)
	}
	return append(script, asked{"SELECT count(*) FROM u", nil})
}

func fillNamed(t *testing.T, troupe *coordinator.Troupe, d messages.Dialect) {
	t.Helper()
	execAll(t, troupe, namedSchema(d)...)
	times := []string{"2024-03-01 10:00:00", "2024-03-01T09:00:00Z", "2024-03-01 12:00:00"} // of which SQLite orders the bytes
	for k := range 30 {
		_, err := troupe.Exec(t.Context(), "INSERT INTO t (k, v, name, at, nick) VALUES ($1, $2, $3, '"+times[k%3]+"', $4)",
			k, k%3, fmt.Sprintf("n%02d", k*7%30), []string{"a", "B", "A", "b"}[k*7%4])
		require.NoError(t, err)
		_, err = troupe.Exec(t.Context(), "INSERT INTO u (k, n) VALUES ($1, $2)", k, k%4+1)
		require.NoError(t, err)
		_, err = troupe.Exec(t.Context(), `INSERT INTO big (k, "Name") VALUES ($1, 'Big' || $2)`, k, fmt.Sprint(k%5))
		require.NoError(t, err)
	}
}

// runNamed runs a statement and returns what it answers: an error by its code, rows, or the count.
func runNamed(t *testing.T, troupe *coordinator.Troupe, q asked) []string {
	t.Helper()
	ctx := t.Context()
	if word, _, _ := strings.Cut(q.sql, " "); word == "TRUNCATE" || word == "ALTER" {
		ctx = coordinator.AllShards(ctx)
	}
	if !strings.HasPrefix(q.sql, "SELECT") && !strings.HasPrefix(q.sql, "WITH") && !strings.Contains(q.sql, "RETURNING") {
		tag, err := troupe.Exec(ctx, q.sql, q.args...)
		return []string{fmt.Sprint(tag, codeOf(err))}
	}
	shown, err := readShown(t, troupe, q.sql, q.args...)
	if !strings.Contains(q.sql, "ORDER BY") {
		sort.Strings(shown)
	}
	return append(shown, codeOf(err))
}

func codeOf(err error) string {
	if err == nil {
		return ""
	}
	var refusal *statement.Refusal
	if errors.As(err, &refusal) {
		return "refused: " + string(refusal.Code)
	}
	var e *messages.Error
	if errors.As(err, &e) {
		return fmt.Sprint(e.Code)
	}
	return err.Error()
}

// TestNames: shards that are one database, told apart by names, answer as databases of their own do.
func TestNames(t *testing.T) {
	for d, topologies := range map[messages.Dialect]func(*testing.T) map[string][]shardworker.Shard{
		messages.SQLite: sqliteTopologies, messages.PostgreSQL: postgresTopologies,
	} {
		apart := spawnNamed(t, shardsNamed(func(int) shardworker.Shard {
			if d == messages.SQLite {
				return shardworker.Shard{DSN: "sqlite::memory:"}
			}
			return shardworker.Shard{DSN: shardworker.DSN(pgtest.Shared(t).DSN())}
		}))
		fillNamed(t, apart, d)
		var want [][]string
		for _, q := range namedScript(d) {
			want = append(want, runNamed(t, apart, q))
		}
		answered := 0
		for _, w := range want {
			if !strings.HasPrefix(w[len(w)-1], "refused") {
				answered++
			}
		}
		require.Greater(t, answered, 20)
		for name, shards := range topologies(t) {
			t.Run(d.String()+" "+name, func(t *testing.T) {
				troupe := spawnNamed(t, shards)
				fillNamed(t, troupe, d)
				for i, q := range namedScript(d) {
					require.Equal(t, want[i], runNamed(t, troupe, q), q.sql)
				}
			})
		}
	}
}

// TestNamesAreSeen: Echo and Explain show what is sent, and what can't be translated is refused before anything is.
func TestNamesAreSeen(t *testing.T) {
	var echoed bytes.Buffer
	c := spawn(t, 3, func(cfg *coordinator.Config) {
		declaring(byDecade)(cfg)
		cfg.Echo = slog.New(slog.NewTextHandler(&echoed, nil))
		cfg.Shards[0].Names.Prefix = "a_"
		cfg.Shards[1].Names.Schema = "b"
	})
	for sql, answer := range map[string]fake.Result{
		`SELECT k FROM "a_t" AS t`: one(1), `SELECT k FROM "b".t`: one(2), "SELECT k FROM t": one(3),
	} {
		c.reply(sql, answer)
	}
	require.ElementsMatch(t, []int64{1, 2, 3}, column[int64](t, c.Troupe, "SELECT k FROM t"))
	require.Contains(t, echoed.String(), `FROM \"a_t\" AS t`)
	require.Contains(t, echoed.String(), `FROM \"b\".t`)

	e, err := c.Explain(t.Context(), "SELECT k FROM t ORDER BY k")
	require.NoError(t, err)
	require.Contains(t, e.Shards[0].SQL, `FROM "a_t" AS t`)
	require.Contains(t, e.Shards[1].SQL, `FROM "b".t`)
	require.Contains(t, e.Shards[2].SQL, `FROM t`)

	before := c.asked()
	for _, sql := range []string{"SELECT k FROM main.t", "PRAGMA user_version", "CREATE VIEW w AS SELECT 1", "SELECT k FROM t; VACUUM"} {
		for _, ctx := range []context.Context{coordinator.OnShard(t.Context(), "s1"), coordinator.OnShard(t.Context(), "s0")} {
			_, err := c.Exec(ctx, sql)
			require.ErrorIs(t, err, messages.ErrRefused, sql)
			var refusal *statement.Refusal
			require.ErrorAs(t, err, &refusal)
			require.Equal(t, translate.Untranslated, refusal.Code)
			_, err = c.Send(ctx, &messages.Exec{SQL: sql}).Await(ctx)
			require.ErrorIs(t, err, messages.ErrRefused, sql)
		}
	}
	require.Equal(t, before, c.asked())
	refused, err := c.Explain(coordinator.OnShard(t.Context(), "s0"), "PRAGMA user_version")
	require.NoError(t, err)
	require.Equal(t, translate.Untranslated, refused.Refusal.Code)
}

func TestSpawnTellsShardsOfOneDatabaseApart(t *testing.T) {
	b := fake.New(fake.Config{Dialect: messages.SQLite})
	small, err := sqlite.New(sqlite.Config{Mode: sqlite.Memory, Readers: 1})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, small.Close(context.Background())) })
	file := shardworker.DSN("sqlite:" + filepath.Join(t.TempDir(), "x.db"))
	prefix := func(p string) shardworker.Names { return shardworker.Names{Prefix: p} }
	schema := func(s string) shardworker.Names { return shardworker.Names{Schema: s} }
	for name, test := range map[string]struct {
		a, b  shardworker.Shard
		wrong bool
	}{
		"one without":            {shardworker.Shard{Backend: b}, shardworker.Shard{Backend: b, Names: prefix("a")}, true},
		"equal":                  {shardworker.Shard{Backend: b, Names: prefix("a")}, shardworker.Shard{Backend: b, Names: prefix("a")}, true},
		"equal but for case":     {shardworker.Shard{Backend: b, Names: schema("a")}, shardworker.Shard{Backend: b, Names: schema("A")}, true},
		"one begins the other":   {shardworker.Shard{Backend: b, Names: prefix("a_")}, shardworker.Shard{Backend: b, Names: prefix("a_b")}, true},
		"a prefix and a schema":  {shardworker.Shard{Backend: b, Names: prefix("a")}, shardworker.Shard{Backend: b, Names: schema("main")}, true},
		"one location":           {shardworker.Shard{DSN: file}, shardworker.Shard{DSN: file, Names: prefix("a")}, true},
		"both":                   {shardworker.Shard{DSN: "sqlite::memory:", Names: shardworker.Names{Prefix: "a", Schema: "b"}}, shardworker.Shard{DSN: file}, true},
		"bad grammar":            {shardworker.Shard{DSN: "sqlite::memory:", Names: prefix(`a"b`)}, shardworker.Shard{DSN: file}, true},
		"begins with a digit":    {shardworker.Shard{DSN: "sqlite::memory:", Names: prefix("1a")}, shardworker.Shard{DSN: file}, true},
		"too long":               {shardworker.Shard{DSN: "sqlite::memory:", Names: schema(strings.Repeat("a", 32))}, shardworker.Shard{DSN: file}, true},
		"the databases' own":     {shardworker.Shard{DSN: "sqlite::memory:", Names: prefix("SQLite_")}, shardworker.Shard{DSN: file}, true},
		"a session's own":        {shardworker.Shard{DSN: "sqlite::memory:", Names: schema("Temp")}, shardworker.Shard{DSN: file}, true},
		"too few readers":        {shardworker.Shard{Backend: small, Names: prefix("a")}, shardworker.Shard{Backend: small, Names: prefix("b")}, true},
		"apart by prefix":        {shardworker.Shard{DSN: file, Names: prefix("a")}, shardworker.Shard{DSN: file, Names: prefix("b")}, false},
		"apart by schema":        {shardworker.Shard{DSN: file, Names: schema("main")}, shardworker.Shard{DSN: file, Names: schema("b")}, false},
		"equal on two databases": {shardworker.Shard{DSN: file, Names: prefix(strings.Repeat("a", 31))}, shardworker.Shard{DSN: "sqlite::memory:", Names: prefix(strings.Repeat("a", 31))}, false},
	} {
		t.Run(name, func(t *testing.T) {
			test.a.ID, test.b.ID = "s0", "s1"
			troupe, err := coordinator.Spawn(t.Context(), coordinator.Config{Shards: []shardworker.Shard{test.a, test.b}})
			if test.wrong {
				require.ErrorIs(t, err, messages.ErrInvalidConfig)
				require.Nil(t, troupe)
				require.False(t, b.Closed())
				return
			}
			require.NoError(t, err)
			require.NoError(t, troupe.Close(context.Background()))
		})
	}
}

// TestChangesOfOneDatabaseReturnTheirRows: SQLite changes for one shard at a time, whose rows are more than the window.
func TestChangesOfOneDatabaseReturnTheirRows(t *testing.T) {
	for name, shards := range sqliteTopologies(t) {
		t.Run(name, func(t *testing.T) {
			cfg := coordinator.Config{Shards: shards, CloseTimeout: patience, Window: 1, BatchBytes: 64, MergeBytes: 4 << 10}
			declaring(byDecade)(&cfg)
			troupe, err := coordinator.Spawn(t.Context(), cfg)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, troupe.Close(context.Background())) })
			execAll(t, troupe, "CREATE TABLE t (k integer, v)")
			for k := range 30 {
				_, err := troupe.Exec(t.Context(), "INSERT INTO t (k, v) VALUES ($1, $2)", k, []any{"text", k}[k%2])
				require.NoError(t, err)
			}
			const sql = "UPDATE t SET v = v || 'x' RETURNING k, v"
			for _, options := range []messages.Options{{}, {AllShards: true, Order: messages.InShardOrder}} {
				for _, ctx := range []context.Context{t.Context(), nil} {
					var tx *coordinator.Tx
					if ctx == nil {
						tx, err = troupe.BeginAll(t.Context(), coordinator.TxOptions{})
						require.NoError(t, err)
						ctx = coordinator.WithTx(t.Context(), tx)
					}
					rows, err := troupe.Send(ctx, &messages.Query{SQL: sql, Options: options}).Await(within(t, patience))
					require.NoError(t, err)
					n := 0
					for rows.Next() {
						n++
					}
					require.NoError(t, rows.Err())
					require.Equal(t, 30, n)
					if tx != nil {
						require.NoError(t, tx.Commit(t.Context()))
					}
				}
			}
			if name == "some" {
				return // databases of their own hold nothing up
			}
			_, err = troupe.Exec(t.Context(), "UPDATE t SET v = $1 || k", strings.Repeat("long", 1000))
			require.NoError(t, err)
			_, err = troupe.Send(t.Context(), &messages.Query{SQL: sql}).Await(within(t, patience))
			require.ErrorIs(t, err, messages.ErrTooLarge)
		})
	}
}
