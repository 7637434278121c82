package sqlite_test

import (
	"os"
	"os/signal"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// TestGroupThatCannotCommit: the WAL is written by the COMMIT, so that is what fails where a file may not grow. Nothing is there then, and
// each statement comes to what it would have come to alone.
func TestGroupThatCannotCommit(t *testing.T) {
	b, file := openFile(t)
	exec(t, b, "create table t (id integer primary key, a)")
	ctx := background(t)
	batch := []*shardworker.Shared{
		told(ctx, "insert into t values (1, zeroblob(50000))"), asked(ctx, "insert into t values (2, zeroblob(50000)) returning id"),
		told(ctx, "insert into t values (1, null)"), told(ctx, "insert into nonsense values (1)"),
	}
	wal, err := os.Stat(file + "-wal")
	require.NoError(t, err)
	withFileLimit(t, uint64(wal.Size())+5000, func() {
		runBatch(t, b, writer, batch...)
		for i, m := range batch {
			require.True(t, m.Outcome.Again, i)
			runAlone(t, b, m)
		}
	})
	require.ErrorIs(t, batch[0].Outcome.Err, messages.ErrUnwritable)
	require.ErrorIs(t, batch[1].Outcome.Err, messages.ErrUnwritable)
	require.NoError(t, batch[2].Outcome.Err, "it is small")
	require.ErrorIs(t, batch[3].Outcome.Err, messages.ErrStatement)
	require.Equal(t, int64(1), one(t, b, "select count(*) from t"))
	exec(t, b, "delete from t")

	runBatch(t, b, writer, batch...)
	require.NoError(t, batch[0].Outcome.Err)
	require.Equal(t, [][]any{{int64(2)}}, sharedRows(t, batch[1]))
	require.Equal(t, 1555, codeOf(t, batch[2]))
	require.ErrorIs(t, batch[3].Outcome.Err, messages.ErrStatement)
	require.Equal(t, int64(2), one(t, b, "select count(*) from t"))
}

// withFileLimit runs f while no file of this process may grow beyond size.
func withFileLimit(t *testing.T, size uint64, f func()) {
	t.Helper()
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var before syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_FSIZE, &before))
	require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: before.Max}))
	defer func() { require.NoError(t, syscall.Setrlimit(syscall.RLIMIT_FSIZE, &before)) }()
	f()
}
