package conformance_test

import (
	"fmt"
	"net/url"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/postgres"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// topology is a way to have four shards.
type topology struct {
	name string
	lay  func(*testing.T) ground
}

// ground is the databases of a topology.
type ground struct {
	// shards opens them for one troupe, which closes them.
	shards func(*testing.T) []shardworker.Shard
	// databases are the shards' own, to be looked at directly.
	databases map[messages.ShardID]*database
	// bare are databases that have no tables: what the others are attached to.
	bare []*database
	// together says that all shards are one database, so that a transaction over them is one transaction.
	together bool
	// dialects are those of the shards.
	dialects []messages.Dialect
}

var topologies = []topology{
	{"SQLite files", laySQLiteFiles},
	{"SQLite attached", laySQLiteAttached},
	{"SQLite prefixes", laySQLitePrefixes},
	{"PostgreSQL databases", layPostgreSQLDatabases},
	{"PostgreSQL schemas", layPostgreSQLSchemas},
	{"SQLite and PostgreSQL", layBoth},
}

var (
	lite  = []messages.Dialect{messages.SQLite}
	pg    = []messages.Dialect{messages.PostgreSQL}
	mixed = []messages.Dialect{messages.SQLite, messages.PostgreSQL}
)

// How many connections a pool may have: that of one shard, and that which four shards share, of which each gets a fourth. Four
// sessions that read and a call to all shards are at it at once.
const (
	connections = "&pool_max_conns=5"
	shared      = 20
)

func laySQLiteFiles(t *testing.T) ground {
	g := ground{databases: map[messages.ShardID]*database{}, dialects: lite}
	dsns := map[messages.ShardID]shardworker.DSN{}
	for _, id := range shards {
		file := filepath.Join(t.TempDir(), string(id)+".db")
		dsns[id] = liteDSN(file)
		g.databases[id] = open(t, messages.SQLite, file, "")
	}
	g.shards = byDSN(dsns)
	return g
}

// laySQLiteAttached has one pool of connections, each of which has four files attached, one for each shard.
func laySQLiteAttached(t *testing.T) ground {
	dir := t.TempDir()
	g := ground{databases: map[messages.ShardID]*database{}, together: true, dialects: lite}
	for _, id := range shards {
		g.databases[id] = attachable(t, filepath.Join(dir, string(id)+".db"))
	}
	g.bare = []*database{open(t, messages.SQLite, filepath.Join(dir, attachedTo), "")}
	g.shards = func(t *testing.T) []shardworker.Shard {
		return bySchema(attached(t, dir, shards...))
	}
	return g
}

// attachable makes a file that readers may attach: its journal mode is set, which they couldn't.
func attachable(t *testing.T, file string) *database {
	t.Helper()
	d := open(t, messages.SQLite, file, "")
	d.exec(t, "pragma journal_mode = wal")
	return d
}

// attachedTo is the file that the others are attached to.
const attachedTo = "main.db"

// attached opens a backend whose connections have the files of these shards attached, as schemas with their names.
func attached(t *testing.T, dir string, ids ...messages.ShardID) *sqlite.Backend {
	t.Helper()
	var script strings.Builder
	for _, id := range ids {
		script.WriteString("attach database '" + filepath.Join(dir, string(id)+".db") + "' as " + string(id) + "; ")
	}
	backend, err := sqlite.New(sqlite.Config{Path: filepath.Join(dir, attachedTo), Synchronous: "OFF", OnConnect: script.String(), Readers: shared})
	require.NoError(t, err)
	return backend
}

func laySQLitePrefixes(t *testing.T) ground {
	file := filepath.Join(t.TempDir(), "all.db")
	g := ground{databases: map[messages.ShardID]*database{}, together: true, dialects: lite}
	for _, id := range shards {
		g.databases[id] = open(t, messages.SQLite, file, string(id)+"_")
	}
	g.shards = func(*testing.T) []shardworker.Shard {
		var list []shardworker.Shard
		for _, id := range shards {
			list = append(list, shardworker.Shard{ID: id, DSN: liteDSN(file), Names: shardworker.Names{Prefix: string(id) + "_"}})
		}
		return list
	}
	return g
}

func layPostgreSQLDatabases(t *testing.T) ground {
	g := ground{databases: map[messages.ShardID]*database{}, dialects: pg}
	dsns := map[messages.ShardID]shardworker.DSN{}
	for _, id := range shards {
		db := pgtest.Shared(t)
		dsns[id] = shardworker.DSN(db.DSN() + connections)
		g.databases[id] = open(t, messages.PostgreSQL, db.DSN(), "")
	}
	g.shards = byDSN(dsns)
	return g
}

// layPostgreSQLSchemas has one pool of connections for four schemas.
func layPostgreSQLSchemas(t *testing.T) ground {
	db := pgtest.Shared(t)
	g := ground{databases: map[messages.ShardID]*database{}, together: true, dialects: pg}
	for _, id := range shards {
		g.databases[id] = schema(t, db, string(id))
	}
	g.shards = func(t *testing.T) []shardworker.Shard {
		backend, err := postgres.New(postgres.Config{DSN: fmt.Sprintf("%s&pool_max_conns=%d", db.DSN(), shared)})
		require.NoError(t, err)
		return bySchema(backend)
	}
	return g
}

// schema makes a schema in a PostgreSQL database.
func schema(t *testing.T, db *pgtest.Database, name string) *database {
	t.Helper()
	require.NoError(t, db.Exec("create schema "+pgx.Identifier{name}.Sanitize()))
	return open(t, messages.PostgreSQL, db.DSN(), name+".")
}

// layBoth has two attached SQLite files, which share their connections and transactions, a PostgreSQL database, and a schema of
// another.
func layBoth(t *testing.T) ground {
	dir, whole, parted := t.TempDir(), pgtest.Shared(t), pgtest.Shared(t)
	g := ground{dialects: mixed, databases: map[messages.ShardID]*database{
		northAmerica: attachable(t, filepath.Join(dir, "north_america.db")),
		asia:         open(t, messages.PostgreSQL, whole.DSN(), ""),
		europe:       attachable(t, filepath.Join(dir, "europe.db")),
		southAmerica: schema(t, parted, "south_america"),
	}}
	g.bare = []*database{open(t, messages.SQLite, filepath.Join(dir, attachedTo), "")}
	g.shards = func(t *testing.T) []shardworker.Shard {
		files := attached(t, dir, northAmerica, europe)
		return []shardworker.Shard{
			{ID: northAmerica, Backend: files, Names: shardworker.Names{Schema: "north_america"}},
			{ID: asia, DSN: shardworker.DSN(whole.DSN() + connections)},
			{ID: europe, Backend: files, Names: shardworker.Names{Schema: "europe"}},
			{ID: southAmerica, DSN: shardworker.DSN(parted.DSN() + connections), Names: shardworker.Names{Schema: "south_america"}},
		}
	}
	return g
}

func liteDSN(file string) shardworker.DSN {
	return shardworker.DSN("sqlite:" + url.PathEscape(file) + "?synchronous=OFF")
}

// byDSN opens each shard by its own DSN.
func byDSN(dsns map[messages.ShardID]shardworker.DSN) func(*testing.T) []shardworker.Shard {
	return func(*testing.T) []shardworker.Shard {
		var list []shardworker.Shard
		for _, id := range shards {
			list = append(list, shardworker.Shard{ID: id, DSN: dsns[id]})
		}
		return list
	}
}

// bySchema has each shard in the schema with its name, all in one database.
func bySchema(backend shardworker.Backend) []shardworker.Shard {
	var list []shardworker.Shard
	for _, id := range shards {
		list = append(list, shardworker.Shard{ID: id, Backend: backend, Names: shardworker.Names{Schema: string(id)}})
	}
	return list
}
