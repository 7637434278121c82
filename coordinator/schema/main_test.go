package schema_test

import (
	"context"
	"io"
	"log/slog"
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

// limit is how long a test may take with one call.
const limit = 30 * time.Second

func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return ctx
}

func lite(t testing.TB, id messages.ShardID) shardworker.Shard {
	return shardworker.Shard{ID: id, DSN: shardworker.DSN("sqlite:" + filepath.Join(t.TempDir(), string(id)+".db") + "?synchronous=OFF")}
}

func postgres(t testing.TB, id messages.ShardID) shardworker.Shard {
	return shardworker.Shard{ID: id, DSN: shardworker.DSN(pgtest.Shared(t).DSN() + "&pool_max_conns=2")}
}

func over(t testing.TB, shards ...shardworker.Shard) *coordinator.Troupe {
	t.Helper()
	troupe, err := coordinator.Spawn(within(t), coordinator.Config{Shards: shards, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, troupe.Close(within(t))) })
	return troupe
}

// run runs SQL on one shard.
func run(t testing.TB, troupe *coordinator.Troupe, shard messages.ShardID, sql string) {
	t.Helper()
	_, err := troupe.Exec(coordinator.OnShard(within(t), shard), sql)
	require.NoError(t, err, "%s on %s", sql, shard)
}

// ids makes a list of shards.
func ids(list ...messages.ShardID) []messages.ShardID { return append([]messages.ShardID{}, list...) }
