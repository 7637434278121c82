package ids_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/ids"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// spawn returns a troupe over shards that is closed when the test ends.
func spawn(t testing.TB, shards ...shardworker.Shard) *coordinator.Troupe {
	t.Helper()
	troupe, err := coordinator.Spawn(t.Context(), coordinator.Config{Shards: shards, Logger: quiet})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, troupe.Close(context.WithoutCancel(t.Context()))) })
	return troupe
}

// databases are the kinds of databases that any number of processes may open.
var databases = map[string]func(t testing.TB) shardworker.DSN{
	"sqlite": func(t testing.TB) shardworker.DSN {
		return shardworker.DSN("sqlite:" + filepath.Join(t.TempDir(), "ids.db") + "?synchronous=NORMAL")
	},
	"postgres": func(t testing.TB) shardworker.DSN { return shardworker.DSN(pgtest.Shared(t).DSN()) },
}

// onEach runs a test on each kind.
func onEach(t *testing.T, test func(t *testing.T, dsn shardworker.DSN)) {
	for name, open := range databases {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// newTable returns ids in the troupe's shard s0, of which the table is there.
func newTable(t testing.TB, troupe *coordinator.Troupe, block int) *ids.Table {
	t.Helper()
	table, err := ids.NewTable(troupe, ids.TableConfig{Shard: "s0", Block: block})
	require.NoError(t, err)
	require.NoError(t, table.Create(within(t, limit)))
	return table
}

// number returns one integer from s0.
func number(t testing.TB, troupe *coordinator.Troupe, sql string, args ...any) (n int64) {
	t.Helper()
	require.NoError(t, troupe.QueryRow(coordinator.OnShard(within(t, limit), "s0"), sql, args...).Scan(&n))
	return n
}

func run(t testing.TB, troupe *coordinator.Troupe, sql string, args ...any) {
	t.Helper()
	_, err := troupe.Exec(coordinator.OnShard(within(t, limit), "s0"), sql, args...)
	require.NoError(t, err)
}

// nextNumber returns the number that the table has for t.
func nextNumber(t testing.TB, troupe *coordinator.Troupe) int64 {
	t.Helper()
	return number(t, troupe, "select next from troupe_ids where name = 't'")
}

// numbers returns ids as a sorted list of numbers.
func numbers(got []any) []int64 {
	list := make([]int64, len(got))
	for i, id := range got {
		list[i] = id.(int64)
	}
	slices.Sort(list)
	return list
}

func isUnknown(err error) bool { return errors.Is(err, messages.ErrUnknownShard) }
