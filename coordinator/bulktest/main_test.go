package bulktest_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
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

// patience is how long a test waits for what should come at once.
const patience = 20 * time.Second

func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 3*patience)
	t.Cleanup(cancel)
	return ctx
}

func tables() coordinator.Tables {
	return coordinator.Tables{
		"item": {Key: "id", Type: coordinator.Integer, Route: coordinator.RouteFunc(func(_ context.Context, key []any) (messages.ShardID, error) {
			id := key[0].(int64)
			switch {
			case id < -10:
				panic("the route's own panic")
			case id < 0:
				return "", fmt.Errorf("no shard for negative ids")
			}
			return shardIDs[id%4], nil
		})},
		"kind": {Reference: true},
	}
}

var shardIDs = []messages.ShardID{"s0", "s1", "s2", "s3"}

// spawn returns a troupe of four shards with the schema.
func spawn(t testing.TB, dsn func(i int) string, change func(*coordinator.Config)) *coordinator.Troupe {
	t.Helper()
	cfg := coordinator.Config{Tables: tables(), CloseTimeout: patience}
	for i, id := range shardIDs {
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: id, DSN: shardworker.DSN(dsn(i))})
	}
	if change != nil {
		change(&cfg)
	}
	troupe, err := coordinator.Spawn(context.Background(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, troupe.Close(context.Background())) })
	for _, shard := range troupe.Shards() {
		for _, sql := range []string{
			"create table item (id bigint primary key, name text not null check (name <> 'bad'), note text)",
			"create table kind (code text primary key, title text)", "create table other (id bigint)",
		} {
			_, err = troupe.Exec(coordinator.OnShard(within(t), shard), sql)
			require.NoError(t, err)
		}
	}
	return troupe
}

func files(t testing.TB) func(int) string {
	dir := t.TempDir()
	return func(i int) string { return "sqlite:" + filepath.Join(dir, fmt.Sprintf("%d.db", i)) }
}

// databases have pools of one connection.
func databases(t testing.TB) func(int) string {
	return func(int) string { return pgtest.Shared(t).DSN() + "&pool_max_conns=1" }
}

func mixed(t testing.TB) func(int) string {
	file, database := files(t), databases(t)
	return func(i int) string {
		if i%2 == 0 {
			return file(i)
		}
		return database(i)
	}
}

// onEngines runs f on four shards of each engine, and on a mixture.
func onEngines(t *testing.T, f func(t *testing.T, troupe *coordinator.Troupe)) {
	for name, dsns := range map[string]func(testing.TB) func(int) string{"SQLite": files, "PostgreSQL": databases, "mixed": mixed} {
		t.Run(name, func(t *testing.T) { f(t, spawn(t, dsns(t), nil)) })
	}
	t.Run("one database", func(t *testing.T) {
		f(t, spawn(t, func(int) string { return "" }, func(cfg *coordinator.Config) {
			path := filepath.Join(t.TempDir(), "all.db")
			for i := range cfg.Shards {
				cfg.Shards[i].DSN = shardworker.DSN("sqlite:" + path)
				cfg.Shards[i].Names = shardworker.Names{Prefix: fmt.Sprintf("p%d_", i)}
			}
		}))
	})
}

// count returns how many rows of a table each shard has, in order.
func count(t testing.TB, troupe *coordinator.Troupe, table string) [4]int64 {
	t.Helper()
	var counts [4]int64
	for i, shard := range shardIDs {
		ctx := coordinator.OnShard(within(t), shard)
		require.NoError(t, troupe.QueryRow(ctx, "select count(*) from "+table).Scan(&counts[i]))
	}
	return counts
}
