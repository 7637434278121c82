package faulttest_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// spawn returns a troupe that is closed when the test ends, without a complaint.
func spawn(t testing.TB, cfg coordinator.Config) *coordinator.Troupe {
	t.Helper()
	if cfg.Logger == nil {
		cfg.Logger = quiet
	}
	troupe, err := coordinator.Spawn(background(t), cfg)
	require.NoError(t, err)
	t.Cleanup(func() {
		require.NoError(t, troupe.Close(within(t, limit)))
	})
	return troupe
}

// over returns a troupe over shards and nothing else.
func over(t testing.TB, shards ...shardworker.Shard) *coordinator.Troupe {
	t.Helper()
	return spawn(t, coordinator.Config{Shards: shards})
}

// dsn is what both a cluster and a database have.
type dsn interface{ DSN() string }

// postgresShard is a shard on db, with parameters of pgx such as pool_max_conns=2.
func postgresShard(id string, db dsn, parameters ...string) shardworker.Shard {
	return shardworker.Shard{ID: messages.ShardID(id), DSN: shardworker.DSN(with(db.DSN(), parameters...))}
}

func with(dsn string, parameters ...string) string {
	for _, p := range parameters {
		dsn += "&" + p
	}
	return dsn
}

func sqliteFile(t testing.TB, id string, parameters ...string) shardworker.Shard {
	path := "sqlite:" + filepath.Join(t.TempDir(), id+".db") + "?synchronous=NORMAL"
	return shardworker.Shard{ID: messages.ShardID(id), DSN: shardworker.DSN(with(path, parameters...))}
}

func sqliteMemory(t testing.TB, id string) shardworker.Shard {
	name := strings.Map(func(r rune) rune {
		if r == '/' || r == '#' || r == '%' || r == '?' {
			return '_'
		}
		return r
	}, t.Name())
	return shardworker.Shard{ID: messages.ShardID(id), DSN: shardworker.DSN("sqlite::memory:" + name + id)}
}

// clusters starts n servers at once.
func clusters(t testing.TB, n int, opts ...pgtest.Option) []*pgtest.Cluster {
	t.Helper()
	all := make([]*pgtest.Cluster, n)
	for i := range all {
		all[i] = pgtest.Start(t, opts...)
	}
	return all
}

// everywhere runs sql on every shard.
func everywhere(t testing.TB, troupe *coordinator.Troupe, sql string) {
	t.Helper()
	for _, id := range troupe.Shards() {
		on(t, troupe, id, sql)
	}
}

func on(t testing.TB, troupe *coordinator.Troupe, id messages.ShardID, sql string, args ...any) {
	t.Helper()
	_, err := troupe.Exec(coordinator.OnShard(background(t), id), sql, args...)
	require.NoError(t, err, id)
}

// number returns one integer from one shard.
func number(t testing.TB, troupe *coordinator.Troupe, id messages.ShardID, sql string, args ...any) (n int64) {
	t.Helper()
	require.NoError(t, troupe.QueryRow(coordinator.OnShard(background(t), id), sql, args...).Scan(&n), id)
	return n
}

// noBackends waits until the server has no connection to db.
func noBackends(t testing.TB, db interface{ Backends() (int, error) }) {
	t.Helper()
	backends := -1
	require.Eventually(t, func() bool {
		n, err := db.Backends()
		backends = n
		return err == nil && n == 0
	}, limit, 10*time.Millisecond, "the server still has %d connections", backends)
}

// recovered asks one shard again and again until it answers, and returns how long that took.
func recovered(t testing.TB, troupe *coordinator.Troupe, id messages.ShardID) time.Duration {
	t.Helper()
	start := time.Now()
	for time.Since(start) < limit {
		ctx, cancel := context.WithTimeout(coordinator.OnShard(context.Background(), id), 250*time.Millisecond)
		var one int
		err := troupe.QueryRow(ctx, "select 1").Scan(&one)
		cancel()
		if err == nil {
			return time.Since(start)
		}
		requireTyped(t, err)
	}
	require.Fail(t, "the shard doesn't recover", id)
	return 0
}

// requireTyped checks that err is one that callers can ask questions.
func requireTyped(t testing.TB, err error) *messages.Error {
	t.Helper()
	var e *messages.Error
	require.ErrorAs(t, err, &e)
	require.NotErrorIs(t, err, messages.ErrProtocol, "it says itself that it is a bug")
	require.NotErrorIs(t, err, messages.ErrPanic, "it says itself that it is a bug")
	return e
}

// requireNames checks that err is typed and names shard and no other.
func requireNames(t testing.TB, err error, shard messages.ShardID) *messages.Error {
	t.Helper()
	e := requireTyped(t, err)
	named := messages.ShardErrors(err)
	require.Len(t, named, 1, "%v", err)
	require.Equal(t, shard, named[0].Shard, "%v", err)
	return e
}

// recorder is a log that a test reads, and that many goroutines write.
type recorder struct {
	mu   sync.Mutex
	text strings.Builder
}

func (r *recorder) Write(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.Write(p)
}

func (r *recorder) String() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.text.String()
}

func shardName(i int) string { return fmt.Sprintf("s%d", i) }
