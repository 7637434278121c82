package coordinator_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// spawnMemory returns a troupe over SQLite databases in memory, closed when the test ends.
func spawnMemory(t *testing.T, ids ...messages.ShardID) *coordinator.Troupe {
	t.Helper()
	cfg := coordinator.Config{CloseTimeout: patience} // a statement may be long that can't be interrupted
	for _, id := range ids {
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: id, DSN: "sqlite::memory:"})
	}
	troupe, err := coordinator.Spawn(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, troupe.Close(context.Background())) })
	return troupe
}

// TestSQLiteShardsAreComparedByWhatIsDeclared: what values a shard happens to have, or whether it has rows at all, makes
// no difference; what its tables declare does.
func TestSQLiteShardsAreComparedByWhatIsDeclared(t *testing.T) {
	troupe := spawnMemory(t, "full", "empty")
	ctx := t.Context()
	exec := func(shard messages.ShardID, sql string) {
		t.Helper()
		_, err := troupe.Exec(coordinator.OnShard(ctx, shard), sql)
		require.NoError(t, err)
	}
	exec("full", "create table t (a integer, b any_type, c)")
	exec("empty", "create table t (a integer, b any_type, c)")
	exec("full", "insert into t values (1, 2.5, x'00'), ('text in an integer column', null, 7)")

	all := coordinator.AllShards(ctx)
	rows, err := troupe.Query(all, "select a, b, c, a || 'x' as d, length(b) as e from t")
	require.NoError(t, err)
	n := 0
	for rows.Next() {
		n++
		_, err := rows.Values()
		require.NoError(t, err)
	}
	require.NoError(t, rows.Err())
	require.Equal(t, 2, n)

	exec("empty", "drop table t")
	exec("empty", "create table t (a text, b any_type, c)")
	_, err = troupe.Query(all, "select a, b, c from t")
	require.ErrorIs(t, err, messages.ErrSchemaMismatch)
	require.ErrorContains(t, err, "full")
	require.ErrorContains(t, err, "empty")
	require.ErrorContains(t, err, `"a"`)
}

func TestOneDatabaseIsNotTwoShards(t *testing.T) {
	path := filepath.Join(t.TempDir(), "one.db")
	for name, dsns := range map[string][2]shardworker.DSN{
		"memory":            {"sqlite:same?mode=memory", "sqlite:same?mode=memory"},
		"memory, two ways":  {"sqlite:same?mode=memory", "sqlite::memory:same"},
		"file, two ways":    {shardworker.DSN("sqlite:" + path), shardworker.DSN("sqlite:file:" + path + "?readers=2")},
		"PostgreSQL":        {"postgres://u@localhost/one", "postgres://u@localhost:5432/one?sslmode=disable"},
		"PostgreSQL, words": {"postgres://u@localhost/one", "host=localhost dbname=one user=u"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := coordinator.Spawn(t.Context(), coordinator.Config{Shards: []shardworker.Shard{
				{ID: "a", DSN: dsns[0]}, {ID: "b", DSN: dsns[1]},
			}})
			require.ErrorIs(t, err, messages.ErrInvalidConfig)
			require.ErrorContains(t, err, "a and b")
		})
	}
}

// TestDeadlineHoldsThoughSQLiteCannotBeInterrupted: one instruction of SQLite can take seconds.
func TestDeadlineHoldsThoughSQLiteCannotBeInterrupted(t *testing.T) {
	troupe := spawnMemory(t, "only")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	var n int64
	err := troupe.QueryRow(ctx, "select instr(replace(hex(zeroblob(400000)), '0', 'a'), replace(hex(zeroblob(200000)), '0', 'a') || 'b')").Scan(&n)
	took := time.Since(begin)
	if err == nil {
		t.Skip("this machine is too fast for the statement to take long")
	}
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Less(t, took, time.Second, "the statement alone takes seconds") // promised: 100 ms
}

// TestKeysAreCheckedBeforeAnythingIsWritten: an object whose key can't be told afterwards isn't written.
func TestKeysAreCheckedBeforeAnythingIsWritten(t *testing.T) {
	troupe := spawnMemory(t, "only")
	_, err := troupe.Exec(t.Context(), "create table odd (id real)")
	require.NoError(t, err)
	require.ErrorIs(t, troupe.Add(t.Context(), &oddKey{ID: 1.5}), messages.ErrInvalidRequest)
	var n int64
	require.NoError(t, troupe.QueryRow(t.Context(), "select count(*) from odd").Scan(&n))
	require.Zero(t, n)
}

type oddKey struct {
	coordinator.Identity
	ID float64 `db:"id,pk"`
}

func (oddKey) TableName() string { return "odd" }
