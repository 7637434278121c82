package sqlite_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// endless runs until it is interrupted; endlessCount, inside one step.
const (
	endless      = "with recursive s(i) as (select 1 union all select i+1 from s) select i from s"
	endlessCount = "with recursive s(i) as (select 1 union all select i+1 from s) select count(*) from s"
)

// soon is the bound of the tests on an end. What is promised is 20 ms; the machine may be busy.
const soon = 500 * time.Millisecond

func TestContextEndsStatement(t *testing.T) {
	b := memory(t)
	cause := errors.New("the user left")
	for name, run := range map[string]func(context.Context, *testing.T) error{
		"Query": func(ctx context.Context, t *testing.T) error {
			_, err := acquire(t, b, readers).Query(ctx, endlessCount, nil)
			return err
		},
		"Next": func(ctx context.Context, t *testing.T) error {
			cursor, err := acquire(t, b, readers).Query(ctx, endless, nil)
			require.NoError(t, err)
			for cursor.Next() {
				continue
			}
			tag, err := cursor.Close()
			require.Empty(t, tag.String())
			_, again := cursor.Close()
			require.Equal(t, err, again)
			return err
		},
		"Exec": func(ctx context.Context, t *testing.T) error {
			_, err := acquire(t, b, readers).Exec(ctx, endlessCount, nil)
			return err
		},
		"Script": func(ctx context.Context, t *testing.T) error {
			_, err := acquire(t, b, readers).Exec(ctx, "select 1;"+endless, nil)
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancelCause(background(t))
			var ended time.Time
			timer := time.AfterFunc(20*time.Millisecond, func() { ended = time.Now(); cancel(cause) })
			defer timer.Stop()
			err := run(ctx, t)
			require.ErrorIs(t, err, messages.ErrCanceled)
			require.ErrorIs(t, err, context.Canceled)
			require.ErrorIs(t, err, cause)
			require.Less(t, time.Since(ended), soon)
		})
	}
}

func TestContextEndedBefore(t *testing.T) {
	b := memory(t)
	c := acquire(t, b, writer)
	ctx, cancel := context.WithCancel(background(t))
	cancel()
	_, err := c.Query(ctx, "select 1", nil)
	require.ErrorIs(t, err, messages.ErrCanceled)
	_, err = c.Exec(ctx, "create table t (a)", nil)
	require.ErrorIs(t, err, context.Canceled)
	require.Equal(t, int64(0), one(t, b, "select count(*) from sqlite_schema"))
	_, err = b.Acquire(ctx, readers)
	require.ErrorIs(t, err, context.Canceled)
}

func TestInterruptEndsStatement(t *testing.T) {
	b := memory(t)
	c := acquire(t, b, readers)
	timer := time.AfterFunc(20*time.Millisecond, c.Interrupt)
	defer timer.Stop()
	_, err := c.Query(context.Background(), endlessCount, nil)
	require.ErrorIs(t, err, messages.ErrCanceled)
	_, err = c.Query(context.Background(), "select 1", nil)
	require.ErrorIs(t, err, messages.ErrCanceled, "what comes after fails too")
	_, err = c.Exec(context.Background(), "select 1", nil)
	require.ErrorIs(t, err, messages.ErrCanceled)
}

func TestInterruptBetweenRows(t *testing.T) {
	c := acquire(t, memory(t), readers)
	cursor, err := c.Query(context.Background(), endless, nil)
	require.NoError(t, err)
	require.True(t, cursor.Next())
	c.Interrupt()
	for range 10_000 {
		if !cursor.Next() {
			_, err = cursor.Close()
			require.ErrorIs(t, err, messages.ErrCanceled)
			return
		}
	}
	t.Fatal("the interrupt had no effect")
}

// TestLateInterrupts has contexts end, and interrupts come, around the end of each use of a connection: none may hit the
// next use.
func TestLateInterrupts(t *testing.T) {
	b := open(t, sqlite.Config{Mode: sqlite.Memory, Readers: 1})
	exec(t, b, "create table t (a)")
	for range 2000 {
		victim, err := b.Acquire(background(t), readers)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(background(t))
		cursor, err := victim.Query(ctx, "select * from t", nil)
		require.NoError(t, err)
		done := make(chan struct{})
		go func() {
			defer close(done)
			cancel()
			victim.Interrupt()
		}()
		_, _ = cursor.Close()
		victim.Release()

		next, err := b.Acquire(background(t), readers)
		require.NoError(t, err)
		_, err = next.Exec(context.Background(), "select count(*) from t", nil)
		require.NoError(t, err)
		victim.Interrupt()
		_, err = next.Exec(background(t), "select count(*) from t", nil)
		require.NoError(t, err)
		next.Release()
		<-done
	}
}

func TestContextOfOneStatementDoesNotHitTheNext(t *testing.T) {
	c := acquire(t, memory(t), readers)
	ctx, cancel := context.WithCancel(background(t))
	_, err := c.Exec(ctx, "select 1", nil)
	require.NoError(t, err)
	cursor, err := c.Query(context.Background(), series(5000)+" select i from s", nil)
	require.NoError(t, err)
	cancel()
	rows := 0
	for cursor.Next() {
		rows++
	}
	_, err = cursor.Close()
	require.NoError(t, err)
	require.Equal(t, 5000, rows)
}
