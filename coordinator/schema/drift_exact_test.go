package schema_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/schema"
	"github.com/troupedb/troupe/messages"
)

// exacts are two forms of a table that the same statements use, and what Drift says if shards of one dialect have one each.
var exacts = []struct {
	name       string
	dialect    messages.Dialect
	one, other string
	want       []string
}{
	{
		"collation", messages.SQLite, `CREATE TABLE a (n text COLLATE NoCase)`, `CREATE TABLE a (n text)`,
		[]string{"a.n: type: TEXT collate nocase on 0, 2; TEXT on 1"},
	},
	{
		"collation of a later column", messages.SQLite, `CREATE TABLE a (m text); ALTER TABLE a ADD COLUMN n text COLLATE rtrim`, `CREATE TABLE a (m text, "n" text)`,
		[]string{"a.n: type: TEXT collate rtrim on 0, 2; TEXT on 1"},
	},
	{
		"key's collation", messages.SQLite, `CREATE TABLE a (n text, PRIMARY KEY (n COLLATE nocase))`, `CREATE TABLE a (n text PRIMARY KEY)`,
		[]string{"a: primary key: (n collate nocase) on 0, 2; (n) on 1"},
	},
	{
		"key's order", messages.SQLite, `CREATE TABLE a (n text, PRIMARY KEY (n DESC)) WITHOUT ROWID`, `CREATE TABLE a (n text PRIMARY KEY) WITHOUT ROWID`,
		[]string{"a: primary key: (n desc) on 0, 2; (n) on 1"},
	},
	{
		"a key that is no rowid", messages.SQLite, `CREATE TABLE a (n integer PRIMARY KEY DESC)`, `CREATE TABLE a (n integer, PRIMARY KEY (n DESC))`,
		[]string{"a: primary key: (n desc) on 0, 2; (n) on 1"},
	},
	{
		"autoincrement", messages.SQLite, `CREATE TABLE a (n integer PRIMARY KEY AUTOINCREMENT) STRICT`, `CREATE TABLE a (n integer PRIMARY KEY) STRICT`,
		[]string{"a: options: autoincrement, strict on 0, 2; strict on 1"},
	},
	{
		"on conflict", messages.SQLite, `CREATE TABLE a (n integer NOT NULL ON CONFLICT REPLACE, UNIQUE (n) ON CONFLICT IGNORE)`, `CREATE TABLE a (n integer NOT NULL UNIQUE ON CONFLICT ABORT)`,
		[]string{"a: options: not null (n) on conflict replace, unique (n) on conflict ignore on 0, 2; plain on 1"},
	},
	{
		"stored", messages.SQLite, `CREATE TABLE a (n integer, m AS (n + 1) STORED)`, `CREATE TABLE a (n integer, m AS (n + 1))`,
		[]string{"a.m: default: generated always as (n + 1) stored on 0, 2; generated always as (n + 1) virtual on 1"},
	},
	{
		"generated otherwise", messages.SQLite, `CREATE TABLE a (n integer, m AS (n + 1))`, `CREATE TABLE a (n integer, m AS (n + 2))`,
		[]string{"a.m: default: generated always as (n + 1) virtual on 0, 2; generated always as (n + 2) virtual on 1"},
	},
	{
		"unlogged", messages.PostgreSQL, `CREATE UNLOGGED TABLE a (n int)`, `CREATE TABLE a (n int)`,
		[]string{"a: options: unlogged on 0, 2; plain on 1"},
	},
	{
		"deferrable unique constraint", messages.PostgreSQL, `CREATE TABLE a (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)`, `CREATE TABLE a (n int UNIQUE DEFERRABLE)`,
		[]string{"a: index: missing on 0, 2; unique (n) deferrable on 1", "a: index: unique (n) deferrable initially deferred on 0, 2; missing on 1"},
	},
	{
		"deferrable key", messages.PostgreSQL, `CREATE TABLE a (n int PRIMARY KEY DEFERRABLE)`, `CREATE TABLE a (n int PRIMARY KEY)`,
		[]string{"a: primary key: (n) deferrable on 0, 2; (n) on 1"},
	},
	{
		"key with more in its index", messages.PostgreSQL, `CREATE TABLE a (n int, m int, PRIMARY KEY (n) INCLUDE (m))`, `CREATE TABLE a (n int PRIMARY KEY, m int)`,
		[]string{"a: primary key: (n) INCLUDE (m) on 0, 2; (n) on 1"},
	},
	{
		"exclusion constraint", messages.PostgreSQL, `CREATE TABLE a (n int, EXCLUDE (n WITH =) WHERE (n > 0))`, `CREATE TABLE a (n int); CREATE INDEX ON a (n) WHERE (n > 0)`,
		[]string{"a: index: missing on 0, 2; (n) where (n > 0) on 1", "a: index: EXCLUDE USING btree (n WITH =) WHERE ((n > 0)) on 0, 2; missing on 1"},
	},
	{
		"what an exclusion constraint excludes", messages.PostgreSQL, `CREATE TABLE a (n int4range, EXCLUDE USING gist (n WITH =))`, `CREATE TABLE a (n int4range, EXCLUDE USING gist (n WITH &&))`,
		[]string{"a: index: missing on 0, 2; EXCLUDE USING gist (n WITH &&) on 1", "a: index: EXCLUDE USING gist (n WITH =) on 0, 2; missing on 1"},
	},
	{
		"labels", messages.PostgreSQL, `CREATE TYPE e AS ENUM ('b', 'a'); CREATE TABLE a (n e)`, `CREATE TYPE e AS ENUM ('a', 'b'); CREATE TABLE a (n e)`,
		[]string{"a.n: type: e ('b', 'a') on 0, 2; e ('a', 'b') on 1"},
	},
	{
		"labels of an array's elements", messages.PostgreSQL, `CREATE TYPE e AS ENUM ('a'); CREATE TABLE a (n e[])`, `CREATE TYPE e AS ENUM ('a', 'it''s'); CREATE TABLE a (n e[])`,
		[]string{"a.n: type: e[] ('a') on 0, 2; e[] ('a', 'it''s') on 1"},
	},
	{
		"labels of a domain", messages.PostgreSQL, `CREATE TYPE e AS ENUM ('a'); CREATE DOMAIN d AS e; CREATE TABLE a (n d)`, `CREATE TYPE e AS ENUM ('b'); CREATE DOMAIN d AS e; CREATE TABLE a (n d)`,
		[]string{"a.n: type: d ('a') on 0, 2; d ('b') on 1"},
	},
}

// TestDriftIsExact: among shards of one dialect nothing of this goes unseen, also if there are others; and what is alike is nothing.
func TestDriftIsExact(t *testing.T) {
	for _, e := range exacts {
		t.Run(e.dialect.String()+" "+e.name, func(t *testing.T) {
			stranger := messages.SQLite
			if e.dialect == messages.SQLite {
				stranger = messages.PostgreSQL
			}
			like := kinds[e.dialect]
			troupe := over(t, like(t, "0"), like(t, "1"), like(t, "2"), kinds[stranger](t, "3"))
			run(t, troupe, "0", e.one)
			run(t, troupe, "1", e.other)
			run(t, troupe, "2", e.one)
			run(t, troupe, "3", `CREATE TABLE other (n integer)`)
			for _, shards := range [][]messages.ShardID{ids("0", "1", "2"), ids("0", "1", "2", "3")} {
				found, err := schema.Drift(within(t), troupe, schema.DriftOptions{Shards: shards})
				require.NoError(t, err)
				var lines []string
				for _, d := range found.List {
					if d.Aspect != schema.TableMissing { // which 3 makes it
						lines = append(lines, strings.ToLower(d.String()))
					}
				}
				require.Equal(t, strings.Split(strings.ToLower(strings.Join(e.want, "\n")), "\n"), lines, "%v", shards)
			}
			found, err := schema.Drift(within(t), troupe, schema.DriftOptions{Shards: ids("0", "2")})
			require.NoError(t, err)
			require.True(t, found.Empty(), "%v", found)
		})
	}
}

// TestDriftBetweenDialects: what only one of them has is no difference to the other.
func TestDriftBetweenDialects(t *testing.T) {
	troupe := over(t, lite(t, "l"), postgres(t, "p"), postgres(t, "q"))
	run(t, troupe, "l", `CREATE TABLE a (n integer PRIMARY KEY AUTOINCREMENT, m text COLLATE nocase, o integer UNIQUE ON CONFLICT IGNORE)`)
	for _, id := range ids("p", "q") {
		run(t, troupe, id, `CREATE UNLOGGED TABLE a (n bigint PRIMARY KEY DEFERRABLE, m text, o int UNIQUE DEFERRABLE)`)
	}
	found, err := schema.Drift(within(t), troupe, schema.DriftOptions{})
	require.NoError(t, err)
	require.True(t, found.Empty(), "%v", found)

	run(t, troupe, "q", `ALTER TABLE a DROP CONSTRAINT a_o_key; ALTER TABLE a ADD UNIQUE (o)`)
	found, err = schema.Drift(within(t), troupe, schema.DriftOptions{})
	require.NoError(t, err)
	require.Equal(t, "a: index: unique (o) deferrable on p; missing on q", found.String())
}
