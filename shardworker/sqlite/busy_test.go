package sqlite_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// lockedFile returns a backend on a file whose write lock another backend holds until unlock.
func lockedFile(t *testing.T, cfg sqlite.Config) (b *sqlite.Backend, unlock func()) {
	holder, file := openFile(t)
	exec(t, holder, "create table t (a)")
	lock := acquire(t, holder, writer)
	_, err := lock.Exec(background(t), "begin immediate", nil)
	require.NoError(t, err)
	cfg.Path = file
	return open(t, cfg), lock.Release
}

func TestBusyUntilDeadline(t *testing.T) {
	b, _ := lockedFile(t, sqlite.Config{})
	c := acquire(t, b, writer)
	for name, run := range map[string]func(ctx context.Context) error{
		"exec": func(ctx context.Context) error {
			_, err := c.Exec(ctx, "insert into t values (1)", nil)
			return err
		},
		"query": func(ctx context.Context) error {
			_, err := c.Query(ctx, "insert into t values (1) returning a", nil)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			started := time.Now()
			ctx, cancel := context.WithTimeout(background(t), 50*time.Millisecond)
			defer cancel()
			err := run(ctx)
			took := time.Since(started)
			require.ErrorIs(t, err, messages.ErrBusy)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			var cause *sqlite.Error
			require.ErrorAs(t, err, &cause)
			require.Equal(t, 5, cause.Code())
			require.GreaterOrEqual(t, took, 49*time.Millisecond, "it gave up early")
			require.Less(t, took, soon)
		})
	}
}

func TestBusyUntilCanceled(t *testing.T) {
	b, _ := lockedFile(t, sqlite.Config{BusyTimeout: time.Hour})
	ctx, cancel := context.WithCancel(background(t))
	timer := time.AfterFunc(20*time.Millisecond, cancel)
	defer timer.Stop()
	_, err := acquire(t, b, writer).Exec(ctx, "insert into t values (1)", nil)
	require.ErrorIs(t, err, messages.ErrBusy)
	require.ErrorIs(t, err, context.Canceled)
}

func TestBusyTimeoutWithoutDeadline(t *testing.T) {
	b, _ := lockedFile(t, sqlite.Config{BusyTimeout: 30 * time.Millisecond})
	started := time.Now()
	_, err := acquire(t, b, writer).Exec(context.Background(), "insert into t values (1)", nil)
	require.ErrorIs(t, err, messages.ErrBusy)
	require.GreaterOrEqual(t, time.Since(started), 30*time.Millisecond)
	require.Less(t, time.Since(started), soon)
}

func TestBusyDeadlineOutlastsBusyTimeout(t *testing.T) {
	b, unlock := lockedFile(t, sqlite.Config{BusyTimeout: time.Millisecond})
	ctx, cancel := context.WithTimeout(background(t), time.Minute)
	defer cancel()
	done := make(chan error, 1)
	c := acquire(t, b, writer)
	go func() {
		_, err := c.Exec(ctx, "insert into t values (1)", nil)
		done <- err
	}()
	select {
	case err := <-done:
		t.Fatalf("it didn't wait: %v", err)
	case <-time.After(50 * time.Millisecond):
	}
	unlock()
	require.NoError(t, <-done)
	require.Equal(t, int64(1), one(t, b, "select count(*) from t"))
}

func TestInterruptEndsBusyWait(t *testing.T) {
	b, _ := lockedFile(t, sqlite.Config{BusyTimeout: time.Hour})
	c := acquire(t, b, writer)
	started := time.Now()
	timer := time.AfterFunc(20*time.Millisecond, c.Interrupt)
	defer timer.Stop()
	_, err := c.Exec(context.Background(), "insert into t values (1)", nil)
	require.ErrorIs(t, err, messages.ErrCanceled)
	require.Less(t, time.Since(started), soon)
}

// TestBusyUpgrade: waiting can't help a transaction whose snapshot is old, so it fails at once.
func TestBusyUpgrade(t *testing.T) {
	b, file := openFile(t)
	exec(t, b, "create table t (a)")
	other := open(t, sqlite.Config{Path: file})
	c := acquire(t, b, writer)
	mustExec(t, c, "begin")
	_, err := c.Exec(background(t), "select * from t", nil)
	require.NoError(t, err)
	exec(t, other, "insert into t values (1)")
	_, err = c.Exec(context.Background(), "insert into t values (2)", nil)
	require.ErrorIs(t, err, messages.ErrBusy)
	var cause *sqlite.Error
	require.ErrorAs(t, err, &cause)
	require.Equal(t, 517, cause.ExtendedCode())
}

func TestReadersDoNotWaitForTheWriter(t *testing.T) {
	b, _ := openFile(t)
	exec(t, b, "create table t (a)")
	w := acquire(t, b, writer)
	mustExec(t, w, "begin immediate")
	_, err := w.Exec(background(t), "insert into t values (1)", nil)
	require.NoError(t, err)
	require.Equal(t, int64(0), one(t, b, "select count(*) from t"))
	_, err = w.Exec(background(t), "commit", nil)
	require.NoError(t, err)
	require.Equal(t, int64(1), one(t, b, "select count(*) from t"))
}
