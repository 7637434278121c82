package schema_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/schema"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// named is a schema with everything whose name a shard's database shows otherwise; @ stands for the prefix or the schema.
const named = `CREATE TABLE @people (id integer PRIMARY KEY, name text DEFAULT 'x');
CREATE TABLE @things (id integer PRIMARY KEY, owner integer REFERENCES @people (id))`

// TestDriftOfOneDatabase compares shards that are one database: what a shard's tables are called makes no difference.
func TestDriftOfOneDatabase(t *testing.T) {
	prefixes := []shardworker.Names{{Prefix: "asia_"}, {Prefix: "europe_"}}
	schemas := []shardworker.Names{{Schema: "asia"}, {Schema: "europe"}}
	for name, make := range map[string]func(*testing.T) (*coordinator.Troupe, func(string)){
		"PostgreSQL schemas": func(t *testing.T) (*coordinator.Troupe, func(string)) {
			db := pgtest.Shared(t)
			exec := func(sql string) { require.NoError(t, db.Exec(sql)) }
			for _, n := range schemas {
				exec("CREATE SCHEMA " + n.Schema + "; SET search_path = " + n.Schema +
					"; CREATE TYPE mood AS ENUM ('good'); " + strings.ReplaceAll(named, "@", "") +
					"; ALTER TABLE people ADD COLUMN no serial, ADD COLUMN m mood DEFAULT 'good'; CREATE INDEX i ON people (lower(name), m)")
			}
			exec("CREATE TABLE public.other (a integer)")
			return twins(t, schemas, shardworker.Shard{DSN: shardworker.DSN(db.DSN())}), exec
		},
		"PostgreSQL prefixes": func(t *testing.T) (*coordinator.Troupe, func(string)) {
			db := pgtest.Shared(t)
			exec := func(sql string) { require.NoError(t, db.Exec(sql)) }
			for _, n := range prefixes {
				exec(strings.ReplaceAll(named, "@", n.Prefix) + "; ALTER TABLE " + n.Prefix + "people ADD COLUMN no serial")
			}
			exec("CREATE TABLE other (a integer)")
			return twins(t, prefixes, shardworker.Shard{DSN: shardworker.DSN(db.DSN())}), exec
		},
		"SQLite prefixes": func(t *testing.T) (*coordinator.Troupe, func(string)) {
			plain := lite(t, "plain")
			exec := executor(t, over(t, plain))
			for _, n := range prefixes {
				exec(strings.ReplaceAll(named, "@", n.Prefix) + "; CREATE INDEX " + n.Prefix + "i ON " + n.Prefix + "people (lower(name))")
			}
			exec("CREATE TABLE other (a integer)")
			return twins(t, prefixes, plain), exec
		},
		"SQLite attached": func(t *testing.T) (*coordinator.Troupe, func(string)) {
			dir := t.TempDir()
			attach := "ATTACH '" + filepath.Join(dir, "asia.db") + "' AS asia; ATTACH '" + filepath.Join(dir, "europe.db") + "' AS europe"
			backend, err := sqlite.New(sqlite.Config{Path: filepath.Join(dir, "main.db"), OnConnect: attach})
			require.NoError(t, err)
			troupe := twins(t, schemas, shardworker.Shard{Backend: backend})
			exec := func(sql string) {
				conn, err := backend.Acquire(within(t), backend.Lane("insert", false))
				require.NoError(t, err)
				defer conn.Release()
				_, err = conn.Exec(within(t), sql, nil)
				require.NoError(t, err)
			}
			for _, n := range schemas {
				exec("CREATE TABLE " + n.Schema + ".people (id integer PRIMARY KEY, name text DEFAULT 'x'); CREATE INDEX " + n.Schema + ".i ON people (lower(name))")
			}
			exec("CREATE TABLE main.other (a integer)")
			return troupe, exec
		},
	} {
		t.Run(name, func(t *testing.T) {
			troupe, exec := make(t)
			found, err := schema.Drift(within(t), troupe, schema.DriftOptions{})
			require.NoError(t, err)
			require.True(t, found.Empty(), "%v", found)
			table := map[bool]string{true: "europe_people", false: "europe.people"}[strings.Contains(name, "prefixes")]
			exec("ALTER TABLE " + table + " ADD COLUMN more text")
			found, err = schema.Drift(within(t), troupe, schema.DriftOptions{})
			require.NoError(t, err)
			require.Equal(t, "people.more: column: missing on asia; present on europe", found.String())
		})
	}
}

// TestApplyToOneDatabase makes the same tables for both shards of one database, by one text.
func TestApplyToOneDatabase(t *testing.T) {
	dir := t.TempDir()
	attach := "ATTACH '" + filepath.Join(dir, "asia.db") + "' AS asia; ATTACH '" + filepath.Join(dir, "europe.db") + "' AS europe"
	prefixes := []shardworker.Names{{Prefix: "asia_"}, {Prefix: "europe_"}}
	schemas := []shardworker.Names{{Schema: "asia"}, {Schema: "europe"}}
	for name, make := range map[string]func(*testing.T) *coordinator.Troupe{
		"PostgreSQL schemas": func(t *testing.T) *coordinator.Troupe {
			db := pgtest.Shared(t)
			require.NoError(t, db.Exec("CREATE SCHEMA asia; CREATE SCHEMA europe"))
			return twins(t, schemas, shardworker.Shard{DSN: shardworker.DSN(db.DSN() + "&pool_max_conns=1")})
		},
		"PostgreSQL prefixes": func(t *testing.T) *coordinator.Troupe { return twins(t, prefixes, postgres(t, "one")) },
		"SQLite prefixes":     func(t *testing.T) *coordinator.Troupe { return twins(t, prefixes, lite(t, "one")) },
		"SQLite attached": func(t *testing.T) *coordinator.Troupe {
			backend, err := sqlite.New(sqlite.Config{Path: filepath.Join(dir, "main.db"), OnConnect: attach})
			require.NoError(t, err)
			return twins(t, schemas, shardworker.Shard{Backend: backend})
		},
	} {
		t.Run(name, func(t *testing.T) {
			troupe := make(t)
			text := strings.ReplaceAll(named, "@", "") + "; CREATE INDEX i ON people (name)"
			_, err := schema.Apply(within(t), troupe, text, schema.Options{})
			require.NoError(t, err)
			found, err := schema.Drift(within(t), troupe, schema.DriftOptions{Tables: []string{"people", "things"}})
			require.NoError(t, err)
			require.True(t, found.Empty(), "%v", found)
			report, err := schema.Apply(within(t), troupe, `CREATE VIEW v AS SELECT 1`, schema.Options{})
			require.ErrorIs(t, err, messages.ErrRefused)
			require.Equal(t, ids("asia", "europe"), report.Failed())
		})
	}
}

// twins returns a troupe over two shards that are one database.
func twins(t *testing.T, names []shardworker.Names, one shardworker.Shard) *coordinator.Troupe {
	t.Helper()
	asia, europe := one, one
	asia.ID, asia.Names = "asia", names[0]
	europe.ID, europe.Names = "europe", names[1]
	return over(t, asia, europe)
}

func executor(t *testing.T, troupe *coordinator.Troupe) func(string) {
	return func(sql string) { run(t, troupe, troupe.Shards()[0], sql) }
}
