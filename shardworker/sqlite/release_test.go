package sqlite_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

func TestReleaseRollsBack(t *testing.T) {
	b, observer := withTable(t)
	for _, interrupted := range []bool{false, true} {
		c := acquire(t, b, writer)
		mustExec(t, c, "begin")
		_, err := c.Exec(background(t), "insert into t values (1)", nil)
		require.NoError(t, err)
		if interrupted {
			c.Interrupt()
		}
		c.Release()
		c.Release()
		require.Equal(t, int64(0), one(t, observer, "select count(*) from t"))
		require.Equal(t, "BEGIN", exec(t, b, "begin").String(), "no transaction is open")
	}
}

func TestReleaseClosesCursor(t *testing.T) {
	b := memory(t)
	exec(t, b, "create table t (a)")
	exec(t, b, "insert into t values (1), (2)")
	c := acquire(t, b, readers)
	cursor, err := c.Query(background(t), "select a from t", nil)
	require.NoError(t, err)
	_, err = c.Query(background(t), "select 1", nil)
	require.ErrorIs(t, err, messages.ErrInvalidRequest, "one cursor at a time")
	c.Release()
	require.False(t, cursor.Next())
	_, err = cursor.Close()
	require.ErrorIs(t, err, messages.ErrCanceled)
	_, err = c.Exec(background(t), "select 1", nil)
	require.ErrorIs(t, err, messages.ErrInvalidRequest, "it was released")
	exec(t, b, "drop table t") // its lock is gone
}

func TestAcquireWaitsForAConnection(t *testing.T) {
	b := memory(t)
	c := acquire(t, b, writer)
	ctx, cancel := context.WithTimeout(background(t), 10*time.Millisecond)
	defer cancel()
	_, err := b.Acquire(ctx, writer)
	require.ErrorIs(t, err, messages.ErrPoolExhausted)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	got := make(chan shardworker.Conn)
	go func() {
		next, err := b.Acquire(background(t), writer)
		require.NoError(t, err)
		got <- next
	}()
	c.Release()
	(<-got).Release()
}

func TestClose(t *testing.T) {
	dir := t.TempDir()
	b, err := sqlite.New(sqlite.Config{Path: dir + "/a.db"})
	require.NoError(t, err)
	exec(t, b, "create table t (a)")
	running, err := b.Acquire(background(t), readers)
	require.NoError(t, err)
	ended := make(chan error, 1)
	started := make(chan struct{})
	go func() {
		cursor, err := running.Query(context.Background(), endless, nil)
		close(started)
		if err == nil {
			for cursor.Next() {
				continue
			}
			_, err = cursor.Close()
		}
		running.Release()
		ended <- err
	}()
	<-started
	require.NoError(t, b.Close(background(t)))
	require.ErrorIs(t, <-ended, messages.ErrCanceled)
	_, err = b.Acquire(background(t), readers)
	require.ErrorIs(t, err, messages.ErrClosed)
	require.NoError(t, b.Close(background(t)), "a second one does nothing")
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 1, "no -wal and no -shm, though the last connection was interrupted")
}

func TestCloseWhileAConnectionIsKept(t *testing.T) {
	b, err := sqlite.New(sqlite.Config{Mode: sqlite.Memory})
	require.NoError(t, err)
	c, err := b.Acquire(background(t), readers)
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(background(t), 10*time.Millisecond)
	defer cancel()
	err = b.Close(ctx)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	_, err = c.Query(background(t), "select 1", nil)
	require.ErrorIs(t, err, messages.ErrCanceled)
	c.Release()
	c.Interrupt()
	_, err = b.Acquire(background(t), readers)
	require.ErrorIs(t, err, messages.ErrClosed)
}

func TestCloseWakesAcquire(t *testing.T) {
	b, err := sqlite.New(sqlite.Config{Mode: sqlite.Memory})
	require.NoError(t, err)
	c, err := b.Acquire(background(t), writer)
	require.NoError(t, err)
	failed := make(chan error, 1)
	go func() {
		_, err := b.Acquire(context.Background(), writer)
		failed <- err
	}()
	ctx, cancel := context.WithTimeout(background(t), 10*time.Millisecond)
	defer cancel()
	require.Error(t, b.Close(ctx))
	require.ErrorIs(t, <-failed, messages.ErrClosed)
	c.Release()
}

// TestCloseLeavesNoFile opens a hundred databases and looks for descriptors and files that stay.
func TestCloseLeavesNoFile(t *testing.T) {
	dir := t.TempDir()
	for i := range 100 {
		b, err := sqlite.New(sqlite.Config{Path: dir + "/a.db"})
		require.NoError(t, err)
		if i == 0 {
			exec(t, b, "create table t (a)")
		}
		exec(t, b, "insert into t values ($1)", strings.Repeat("x", 5000))
		one(t, b, "select count(*) from t")
		require.NoError(t, b.Close(background(t)))
	}
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 1, "no -wal and no -shm")
	links, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skip("this system doesn't list descriptors")
	}
	for _, link := range links {
		target, err := os.Readlink("/proc/self/fd/" + link.Name())
		if err == nil {
			require.False(t, strings.HasPrefix(target, dir), "%s is still open", target)
		}
	}
}

// TestCloseDoesNotWaitForCheckpoint: the last connection's close writes the whole journal to the file, which may take
// longer than Close has.
func TestCloseDoesNotWaitForCheckpoint(t *testing.T) {
	dir := t.TempDir()
	b, err := sqlite.New(sqlite.Config{Path: dir + "/a.db", Synchronous: "OFF", OnConnect: "pragma wal_autocheckpoint=0"})
	require.NoError(t, err)
	exec(t, b, "create table t (a)")
	exec(t, b, series(64)+" insert into t select zeroblob(1<<20) from s")
	wal, err := os.Stat(dir + "/a.db-wal")
	require.NoError(t, err)
	require.Greater(t, wal.Size(), int64(64<<20))
	ctx, cancel := context.WithTimeout(background(t), time.Millisecond)
	defer cancel()
	err = b.Close(ctx)
	require.ErrorIs(t, err, messages.ErrCanceled)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.ErrorContains(t, err, "idle connections are still being closed")
	require.NoError(t, b.Close(background(t)), "a second one does nothing")
	require.Eventually(t, func() bool {
		_, err := os.Stat(dir + "/a.db-wal")
		return os.IsNotExist(err)
	}, time.Minute, 5*time.Millisecond, "they are closed all the same")
}
