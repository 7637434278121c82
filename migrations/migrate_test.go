package migrations_test

import (
	"encoding/json"
	"errors"
	"io/fs"
	"maps"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/schema"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/migrations"
	"github.com/troupedb/troupe/shardworker"
)

// topologies are sets of shards x, y and z.
var topologies = map[string]func(*testing.T) []shardworker.Shard{
	"SQLite": func(t *testing.T) []shardworker.Shard {
		return []shardworker.Shard{lite(t, "x"), lite(t, "y"), lite(t, "z")}
	},
	"PostgreSQL": func(t *testing.T) []shardworker.Shard {
		return []shardworker.Shard{postgres(t, "x"), postgres(t, "y"), postgres(t, "z")}
	},
	"mixed": func(t *testing.T) []shardworker.Shard {
		return []shardworker.Shard{lite(t, "x"), postgres(t, "y"), lite(t, "z")}
	},
	"memory": func(*testing.T) []shardworker.Shard {
		return []shardworker.Shard{{ID: "x", DSN: "sqlite::memory:"}, {ID: "y", DSN: "sqlite::memory:"}, {ID: "z", DSN: "sqlite::memory:"}}
	},
}

// requireVersions requires what each shard is at, in order, and how many migrations were applied to it.
func requireVersions(t *testing.T, r *migrations.Report, version int64, applied ...int) {
	t.Helper()
	for i := range r.Shards {
		require.Equal(t, version, r.Shards[i].Version, "%v", r)
		require.Len(t, r.Shards[i].Applied, applied[i], "%v", r)
	}
}

func TestUpAndDown(t *testing.T) {
	for name, shards := range topologies {
		t.Run(name, func(t *testing.T) {
			troupe := over(t, shards(t)...)
			report, err := migrations.Migrate(within(t), troupe, three, migrations.Options{To: 1})
			require.NoError(t, err)
			requireVersions(t, report, 1, 1, 1, 1)
			require.Equal(t, "00001_people.sql", report.Shards[1].Applied[0].File)
			require.Positive(t, report.Shards[1].Applied[0].Took)

			report, err = migrations.Migrate(within(t), troupe, three, migrations.Options{Shards: ids("x")})
			require.NoError(t, err)
			requireVersions(t, report, 3, 2)
			report, err = migrations.Migrate(within(t), troupe, three, migrations.Options{Canary: "y", Parallel: 1})
			require.NoError(t, err)
			requireVersions(t, report, 3, 0, 2, 2)
			for _, id := range troupe.Shards() {
				require.Equal(t, 1, number(t, troupe, id, `SELECT count(*) FROM people`))
				require.Equal(t, 4, number(t, troupe, id, `SELECT count(*) FROM goose_db_version`))
			}
			found, err := schema.Drift(within(t), troupe, schema.DriftOptions{})
			require.NoError(t, err)
			require.True(t, found.Empty(), "%v", found)

			report, err = migrations.Migrate(within(t), troupe, three, migrations.Options{Down: true, To: 1})
			require.NoError(t, err)
			requireVersions(t, report, 1, 2, 2, 2)
			require.Equal(t, migrations.Applied{Version: 3, File: "00003_first.sql", Down: true, Took: report.Shards[0].Applied[0].Took}, report.Shards[0].Applied[0])
			report, err = migrations.Migrate(within(t), troupe, three, migrations.Options{Down: true, To: migrations.Zero})
			require.NoError(t, err)
			requireVersions(t, report, 0, 1, 1, 1)
			report, err = migrations.Migrate(within(t), troupe, three, migrations.Options{})
			require.NoError(t, err)
			requireVersions(t, report, 3, 3, 3, 3)
		})
	}
}

// TestAFileThatFailsOnOneShard fails in its middle, leaves the shard at the version before, and goes on when the cause is mended.
func TestAFileThatFailsOnOneShard(t *testing.T) {
	for name, shards := range topologies {
		t.Run(name, func(t *testing.T) {
			troupe := over(t, shards(t)...)
			run(t, troupe, "y", `CREATE TABLE pets_owner (in_the integer, way integer)`) // an index and a table can't have one name
			report, err := migrations.Migrate(within(t), troupe, three, migrations.Options{})
			require.ErrorIs(t, err, messages.ErrPartialCommit)
			require.ErrorIs(t, err, messages.ErrStatement)
			require.Equal(t, ids("y"), report.Unfinished())
			var e *messages.Error
			require.ErrorAs(t, report.Shards[1].Err, &e)
			require.Equal(t, messages.ShardID("y"), e.Shard)
			require.Equal(t, messages.ErrStatement, e.Code)
			require.Equal(t, "00002_pets.sql", e.Detail)
			var pg *pgconn.PgError
			require.Equal(t, name == "PostgreSQL" || name == "mixed", errors.As(err, &pg))
			require.EqualValues(t, 1, report.Shards[1].Version)
			require.Len(t, report.Shards[1].Applied, 1)
			require.Contains(t, report.String(), "y: failed after")
			require.Contains(t, report.String(), "at version 1\n  applied 00001_people.sql in ")

			run(t, troupe, "y", `DROP TABLE pets_owner`)
			report, err = migrations.Migrate(within(t), troupe, three, migrations.Options{Shards: report.Unfinished()})
			require.NoError(t, err)
			requireVersions(t, report, 3, 2)
		})
	}
}

func TestCanary(t *testing.T) {
	troupe := over(t, topologies["mixed"](t)...)
	run(t, troupe, "y", `CREATE TABLE people (old integer)`)
	report, err := migrations.Migrate(within(t), troupe, three, migrations.Options{Canary: "y"})
	require.ErrorIs(t, err, messages.ErrStatement)
	require.Equal(t, ids("x", "y", "z"), report.Unfinished())
	require.True(t, report.Shards[0].Skipped && report.Shards[2].Skipped)
	require.EqualValues(t, migrations.Unknown, report.Shards[0].Version)
	text, err := json.Marshal(report.Shards[0])
	require.NoError(t, err)
	require.Contains(t, string(text), `"skipped":true,"error":"troupe: canceled: shard x: migrate: the canary y wasn't done"`)
}

func TestRefusals(t *testing.T) {
	troupe := over(t, lite(t, "x"), postgres(t, "y"))
	for name, c := range map[string]struct {
		files   fs.FS
		options migrations.Options
	}{
		"no files":           {files(nil), migrations.Options{}},
		"one version twice":  {files(map[string]string{"1_a.sql": "-- +goose Up", "01_b.sql": "-- +goose Up"}), migrations.Options{}},
		"down to nowhere":    {three, migrations.Options{Down: true}},
		"up to zero":         {three, migrations.Options{To: migrations.Zero}},
		"negative":           {three, migrations.Options{To: -2}},
		"no such version":    {three, migrations.Options{To: 7}},
		"table":              {three, migrations.Options{Table: `x"; drop`}},
		"dialects disagree":  {three, migrations.Options{Files: map[messages.Dialect]fs.FS{messages.SQLite: files(map[string]string{"1_a.sql": "-- +goose Up"})}}},
		"unknown shard":      {three, migrations.Options{Shards: ids("nobody")}},
		"negative parallels": {three, migrations.Options{Parallel: -1}},
	} {
		t.Run(name, func(t *testing.T) {
			report, err := migrations.Migrate(within(t), troupe, c.files, c.options)
			require.Nil(t, report)
			var e *messages.Error
			require.ErrorAs(t, err, &e)
			require.Contains(t, []messages.Code{messages.ErrInvalidRequest, messages.ErrUnknownShard}, e.Code)
		})
	}
	t.Run("a file that can't be read", func(t *testing.T) {
		report, err := migrations.Migrate(within(t), troupe, files(map[string]string{"1_a.sql": "CREATE TABLE a (n integer);"}), migrations.Options{})
		require.ErrorIs(t, err, messages.ErrInvalidRequest)
		require.Equal(t, ids("x", "y"), report.Unfinished())
		require.EqualValues(t, 0, report.Shards[0].Version)
	})
	t.Run("a file that came late", func(t *testing.T) {
		_, err := migrations.Migrate(within(t), troupe, three, migrations.Options{})
		require.NoError(t, err)
		late := files(map[string]string{"00005_e.sql": "-- +goose Up\nSELECT 1;"})
		maps.Copy(late, three)
		_, err = migrations.Migrate(within(t), troupe, late, migrations.Options{})
		require.NoError(t, err)
		late["00004_d.sql"] = late["00005_e.sql"]
		report, err := migrations.Migrate(within(t), troupe, late, migrations.Options{})
		require.ErrorIs(t, err, messages.ErrInvalidRequest)
		requireVersions(t, report, 5, 0, 0)
		report, err = migrations.Migrate(within(t), troupe, late, migrations.Options{AllowMissing: true})
		require.NoError(t, err)
		requireVersions(t, report, 5, 1, 1)
	})
	t.Run("a file that is gone", func(t *testing.T) {
		gone := maps.Clone(three)
		delete(gone, "00002_pets.sql")
		_, err := migrations.Migrate(within(t), troupe, gone, migrations.Options{Down: true, To: 1})
		require.ErrorIs(t, err, messages.ErrInvalidRequest)
	})
}

// TestDialectsMayHaveTheirOwnFiles uses what only one of them understands.
func TestDialectsMayHaveTheirOwnFiles(t *testing.T) {
	troupe := over(t, lite(t, "x"), postgres(t, "y"))
	pg := files(map[string]string{"1_a.sql": `-- +goose Up
CREATE TABLE a (n bigint GENERATED ALWAYS AS IDENTITY, t timestamptz);
-- +goose StatementBegin
CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.t = now(); RETURN NEW; END $$;
-- +goose StatementEnd
CREATE TRIGGER g BEFORE INSERT ON a FOR EACH ROW EXECUTE FUNCTION f();
`, "2_b.sql": "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX CONCURRENTLY i ON a (t);\n"})
	sqlite := files(map[string]string{
		"1_a.sql": "-- +goose Up\nCREATE TABLE a (n INTEGER PRIMARY KEY AUTOINCREMENT, t TIMESTAMPTZ);",
		"2_b.sql": "-- +goose NO TRANSACTION\n-- +goose Up\nCREATE INDEX i ON a (t);\nVACUUM;\n",
	})
	report, err := migrations.Migrate(within(t), troupe, pg, migrations.Options{Files: map[messages.Dialect]fs.FS{messages.SQLite: sqlite}, Table: "versions"})
	require.NoError(t, err)
	requireVersions(t, report, 2, 2, 2)
	for _, id := range troupe.Shards() {
		require.Equal(t, 3, number(t, troupe, id, `SELECT count(*) FROM versions`))
	}
}

// TestATableIsMadeAnew as SQLite wants it, with others that refer to it.
func TestATableIsMadeAnew(t *testing.T) {
	troupe := over(t, lite(t, "x"))
	fs := maps.Clone(three)
	fs["00004_anew.sql"] = files(map[string]string{"f": `-- +goose Up
PRAGMA defer_foreign_keys=ON;
CREATE TABLE aside AS SELECT id, name FROM people;
DROP TABLE people;
CREATE TABLE people (id integer PRIMARY KEY, name text);
INSERT INTO people SELECT id, name FROM aside;
DROP TABLE aside;
`})["f"]
	_, err := migrations.Migrate(within(t), troupe, three, migrations.Options{})
	require.NoError(t, err)
	run(t, troupe, "x", `INSERT INTO pets VALUES (1, 1)`)
	_, err = migrations.Migrate(within(t), troupe, fs, migrations.Options{})
	require.NoError(t, err)
	require.Equal(t, 1, number(t, troupe, "x", `SELECT count(*) FROM people JOIN pets ON owner = people.id WHERE name = 'the first'`))
}
