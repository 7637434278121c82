package migrations_test

import (
	"context"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

func TestMain(m *testing.M) {
	messages.PoisonRecycled(true)
	goleak.VerifyTestMain(pgtest.Main(m))
}

const limit = 60 * time.Second

func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return ctx
}

func lite(t testing.TB, id messages.ShardID) shardworker.Shard {
	return shardworker.Shard{ID: id, DSN: shardworker.DSN("sqlite:" + filepath.Join(t.TempDir(), string(id)+".db") + "?synchronous=OFF")}
}

// postgres returns a shard with a pool of one connection: migrations need no more.
func postgres(t testing.TB, id messages.ShardID) shardworker.Shard {
	return shardworker.Shard{ID: id, DSN: shardworker.DSN(pgtest.Shared(t).DSN() + "&pool_max_conns=1")}
}

func over(t testing.TB, shards ...shardworker.Shard) *coordinator.Troupe {
	t.Helper()
	troupe, err := coordinator.Spawn(within(t), coordinator.Config{Shards: shards, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, troupe.Close(within(t))) })
	return troupe
}

func ids(list ...messages.ShardID) []messages.ShardID { return append([]messages.ShardID{}, list...) }

// run runs SQL on one shard.
func run(t testing.TB, troupe *coordinator.Troupe, shard messages.ShardID, sql string) {
	t.Helper()
	_, err := troupe.Exec(coordinator.OnShard(within(t), shard), sql)
	require.NoError(t, err, "%s on %s", sql, shard)
}

// number returns the one integer that a query has on a shard.
func number(t testing.TB, troupe *coordinator.Troupe, shard messages.ShardID, sql string) (n int) {
	t.Helper()
	require.NoError(t, troupe.QueryRow(coordinator.OnShard(within(t), shard), sql).Scan(&n), "%s on %s", sql, shard)
	return n
}

// files makes migration files of their texts.
func files(texts map[string]string) fstest.MapFS {
	fs := fstest.MapFS{}
	for name, text := range texts {
		fs[name] = &fstest.MapFile{Data: []byte(text)}
	}
	return fs
}

// three is a series that both dialects understand.
var three = files(map[string]string{
	"00001_people.sql": "-- +goose Up\nCREATE TABLE people (id integer PRIMARY KEY, name text NOT NULL);\n-- +goose Down\nDROP TABLE people;\n",
	"00002_pets.sql": "-- +goose Up\nCREATE TABLE pets (id integer PRIMARY KEY, owner integer REFERENCES people (id));\n" +
		"CREATE INDEX pets_owner ON pets (owner);\n-- +goose Down\nDROP TABLE pets;\n",
	"00003_first.sql": "-- +goose Up\nINSERT INTO people (id, name) VALUES (1, 'the first');\n-- +goose Down\nDELETE FROM people WHERE id = 1;\n",
})
