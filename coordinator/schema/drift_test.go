package schema_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/schema"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// base is a schema that both dialects understand and read alike.
const base = `CREATE TABLE people (id bigint PRIMARY KEY, name varchar(20) NOT NULL, born timestamp, score double precision DEFAULT 1.5, ok boolean);
CREATE UNIQUE INDEX people_name ON people (name);
CREATE TABLE tags (person bigint NOT NULL, tag text NOT NULL, PRIMARY KEY (person, tag))`

// drifts are changes to one shard's schema, and what Drift says of them, where 1 has the change and 0 hasn't.
var drifts = []struct {
	name, change string
	only         messages.Dialect // 0: any
	mixed        bool             // is it seen between dialects, too?
	want         []string
}{
	{"nothing", `SELECT 1`, 0, true, nil},
	{"table more", `CREATE TABLE extra (a integer)`, 0, true, []string{"extra: table: missing on 0; present on 1"}},
	{"table less", `DROP TABLE tags`, 0, true, []string{"tags: table: present on 0; missing on 1"}},
	{
		"column more", `ALTER TABLE people ADD COLUMN age integer`, 0, true,
		[]string{"people.age: column: missing on 0; present on 1"},
	},
	{"column less", `ALTER TABLE people DROP COLUMN ok`, 0, true, []string{"people.ok: column: present on 0; missing on 1"}},
	{
		"type", `ALTER TABLE people DROP COLUMN ok; ALTER TABLE people ADD COLUMN ok text`, 0, true,
		[]string{"people.ok: type: boolean on 0; text on 1"},
	},
	{
		"exact type", `ALTER TABLE people DROP COLUMN ok; ALTER TABLE people ADD COLUMN ok bool`, messages.SQLite, false,
		[]string{"people.ok: type: BOOLEAN on 0; BOOL on 1"},
	},
	{
		"length", `ALTER TABLE people ALTER COLUMN name TYPE varchar(21)`, messages.PostgreSQL, false,
		[]string{"people.name: type: character varying(20) on 0; character varying(21) on 1"},
	},
	{
		"integer's size", `ALTER TABLE tags ALTER COLUMN person TYPE integer`, messages.PostgreSQL, false,
		[]string{"tags.person: type: bigint on 0; integer on 1"},
	},
	{
		"order", `ALTER TABLE people DROP COLUMN score; ALTER TABLE people ADD COLUMN score double precision DEFAULT 1.5`, 0, true,
		[]string{"people: order: (id, name, born, score, ok) on 0; (id, name, born, ok, score) on 1"},
	},
	{
		"null", `ALTER TABLE people ALTER COLUMN name DROP NOT NULL`, messages.PostgreSQL, true,
		[]string{"people.name: null: not null on 0; null on 1"},
	},
	{
		"default", `ALTER TABLE people DROP COLUMN ok; ALTER TABLE people ADD COLUMN ok boolean DEFAULT false`, 0, false,
		[]string{"people.ok: default: none on 0; false on 1"},
	},
	{
		"primary key", `ALTER TABLE tags DROP CONSTRAINT tags_pkey; ALTER TABLE tags ADD PRIMARY KEY (tag, person)`, messages.PostgreSQL, true,
		[]string{"tags: primary key: (person, tag) on 0; (tag, person) on 1"},
	},
	{
		"index less", `DROP INDEX people_name`, 0, true,
		[]string{"people: index: unique (name) on 0; missing on 1"},
	},
	{"index called otherwise", `DROP INDEX people_name; CREATE UNIQUE INDEX other ON people (name)`, 0, true, nil},
	{
		"index on more", `CREATE INDEX more ON people (name, born)`, 0, true,
		[]string{"people: index: missing on 0; (name, born) on 1"},
	},
	{
		"index on an expression", `CREATE INDEX more ON people (lower(name)) WHERE ok`, 0, false,
		[]string{"people: index: missing on 0; (lower("},
	},
	{
		"descending index", `CREATE INDEX more ON people (name DESC)`, 0, false,
		[]string{"people: index: missing on 0; (name "},
	},
	{
		"strict", `DROP TABLE tags; CREATE TABLE tags (person bigint NOT NULL, tag text NOT NULL, PRIMARY KEY (person, tag)) WITHOUT ROWID`,
		messages.SQLite, false,
		[]string{"tags: options: plain on 0; without rowid on 1"},
	},
	{
		"enum", `CREATE TYPE mood AS ENUM ('good'); ALTER TABLE people DROP COLUMN ok; ALTER TABLE people ADD COLUMN ok mood`,
		messages.PostgreSQL, true,
		[]string{"people.ok: type: boolean on 0; "},
	},
	{"view", `CREATE VIEW v AS SELECT 1 AS a`, 0, true, nil},
	{"goose's table", `CREATE TABLE goose_db_version (id integer)`, 0, true, nil},
}

var kinds = map[messages.Dialect]func(testing.TB, messages.ShardID) shardworker.Shard{messages.SQLite: lite, messages.PostgreSQL: postgres}

func TestDrift(t *testing.T) {
	for _, first := range []messages.Dialect{messages.SQLite, messages.PostgreSQL} {
		for _, second := range []messages.Dialect{messages.SQLite, messages.PostgreSQL} {
			t.Run(fmt.Sprintf("%s and %s", first, second), func(t *testing.T) {
				for _, d := range drifts {
					if d.only != 0 && d.only != second {
						continue
					}
					t.Run(d.name, func(t *testing.T) {
						troupe := over(t, kinds[first](t, "0"), kinds[second](t, "1"))
						run(t, troupe, "0", base)
						run(t, troupe, "1", base)
						run(t, troupe, "1", d.change)
						found, err := schema.Drift(within(t), troupe, schema.DriftOptions{})
						require.NoError(t, err)
						want := d.want
						if first != second && !d.mixed {
							want = nil
						}
						require.Len(t, found.List, len(want), "%v", found)
						require.Equal(t, len(want) == 0, found.Empty())
						for i, line := range want {
							require.True(t, strings.HasPrefix(strings.ToLower(found.List[i].String()), strings.ToLower(line)), "%v instead of %s", found.List[i], line)
						}
					})
				}
			})
		}
	}
}

func TestDriftOverThree(t *testing.T) {
	troupe := over(t, lite(t, "a"), postgres(t, "b"), postgres(t, "c"))
	for _, id := range troupe.Shards() {
		run(t, troupe, id, base)
	}
	run(t, troupe, "c", `ALTER TABLE tags ALTER COLUMN person TYPE integer; ALTER TABLE people DROP COLUMN score`)
	found, err := schema.Drift(within(t), troupe, schema.DriftOptions{})
	require.NoError(t, err)
	require.Equal(t, "people.score: column: present on a, b; missing on c\ntags.person: type: bigint on b; integer on c", found.String())
	text, err := json.Marshal(found)
	require.NoError(t, err)
	require.JSONEq(t, `{"shards":["a","b","c"],"differences":[
		{"table":"people","column":"score","aspect":"column","variants":[{"value":"present","shards":["a","b"]},{"value":"missing","shards":["c"]}]},
		{"table":"tags","column":"person","aspect":"type","variants":[{"value":"bigint","shards":["b"]},{"value":"integer","shards":["c"]}]}]}`, string(text))

	found, err = schema.Drift(within(t), troupe, schema.DriftOptions{Tables: []string{"tags", "Nothing"}, Shards: ids("b", "a")})
	require.NoError(t, err)
	require.Equal(t, "Nothing: table: missing on a, b", strings.Replace(found.String(), "nothing", "Nothing", 1))
	require.Equal(t, ids("a", "b"), found.Shards)

	found, err = schema.Drift(within(t), troupe, schema.DriftOptions{Except: []string{"People"}})
	require.NoError(t, err)
	require.Equal(t, "tags.person: type: bigint on b; integer on c", found.String())
}

func TestDriftNamesWhoDoesNotAnswer(t *testing.T) {
	gone := shardworker.Shard{ID: "gone", DSN: "postgres://nobody@127.0.0.1:1/none?connect_timeout=5"}
	ro := shardworker.Shard{ID: "nofile", DSN: shardworker.DSN("sqlite:" + t.TempDir() + "/none.db?mode=ro")}
	troupe := over(t, lite(t, "a"), gone, ro)
	found, err := schema.Drift(within(t), troupe, schema.DriftOptions{})
	require.Nil(t, found)
	require.ErrorIs(t, err, messages.ErrUnavailable)
	var named []messages.ShardID
	for _, e := range messages.ShardErrors(err) {
		named = append(named, e.Shard)
	}
	require.Equal(t, ids("gone", "nofile"), named)
}
