package backendtest

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

// delays are how long a slow statement runs before it is ended: not at all, so that it may not have begun, and long
// enough that it has.
var delays = []time.Duration{0, time.Millisecond, 100 * time.Millisecond}

func contextDone(f *fixture) {
	f.exec(f.Statements.Create)
	canceled, cancel := context.WithCancel(f.ctx)
	cancel()
	expired, cancel := context.WithDeadline(f.ctx, time.Unix(1, 0))
	defer cancel()
	for _, ctx := range []context.Context{canceled, expired} {
		lane := f.lane(f.Statements.Insert, false)
		if c, err := f.b.Acquire(ctx, lane); err == nil {
			c.Release() // there was a connection: that is fine too
		} else {
			f.requireTyped(err)
			require.ErrorIs(f, err, ctx.Err())
		}
		c := f.acquire(f.Statements.Insert, false)
		_, err := c.Exec(ctx, f.Statements.Insert, []any{int64(1), "one"})
		f.requireError(err, messages.ErrCanceled)
		require.ErrorIs(f, err, ctx.Err())
		c.Release()

		c = f.acquire(f.Statements.Numbers, true)
		err = query(ctx, c, f.Statements.Numbers, int64(3)).err
		f.requireError(err, messages.ErrCanceled)
		require.ErrorIs(f, err, ctx.Err())
		c.Release()
	}
	f.requireRows(0)
}

func cancelSlowQuery(f *fixture) { cancelSlow(f, true) }

func cancelSlowExec(f *fixture) { cancelSlow(f, false) }

func cancelSlow(f *fixture, wantRows bool) {
	for _, delay := range delays {
		c := f.acquire(f.Statements.Slow, wantRows)
		ctx, cancel := context.WithCancel(f.ctx)
		var canceledAt time.Time
		timer := time.AfterFunc(delay, func() {
			canceledAt = time.Now()
			cancel()
		})
		var err error
		if wantRows {
			err = query(ctx, c, f.Statements.Slow).err
		} else {
			_, err = c.Exec(ctx, f.Statements.Slow, nil)
		}
		require.False(f, timer.Stop(), "the statement ended by itself: %v", err)
		<-ctx.Done() // orders canceledAt before what follows
		took := time.Since(canceledAt)
		f.Logf("the statement ended %v after its context", took)
		require.Less(f, took, promptly)
		f.requireError(err, messages.ErrCanceled)
		require.ErrorIs(f, err, context.Canceled)
		f.requirePromptly("Release", c.Release)
		cancel()
	}
	f.allUsable(f.lane(f.Statements.Slow, wantRows))
}

func cancelBetweenRows(f *fixture) {
	c := f.acquire(f.Statements.Numbers, true)
	ctx, cancel := context.WithCancel(f.ctx)
	defer cancel()
	cur, err := c.Query(ctx, f.Statements.Numbers, []any{int64(1e9)})
	require.NoError(f, err)
	for range 100 {
		require.True(f, cur.Next())
	}
	cancel()
	f.requirePromptly("reading on and Close", func() {
		for cur.Next() { // rows that are here already may still come
		}
		_, err = cur.Close()
	})
	f.requireError(err, messages.ErrCanceled)
	require.ErrorIs(f, err, context.Canceled)
	c.Release()
	f.allUsable(f.lane(f.Statements.Numbers, true))
}

func interruptSlow(f *fixture) {
	for _, delay := range delays {
		c := f.acquire(f.Statements.Slow, true)
		interrupted := make(chan time.Duration, 1)
		var at time.Time
		time.AfterFunc(delay, func() {
			at = time.Now()
			c.Interrupt()
			interrupted <- time.Since(at)
		})
		err := query(f.ctx, c, f.Statements.Slow).err
		blocked := <-interrupted
		took := time.Since(at)
		f.Logf("Interrupt took %v, the statement ended %v after it: %v", blocked, took, err)
		require.Less(f, blocked, promptly)
		require.Less(f, took, promptly)
		f.requireTyped(err)
		f.requirePromptly("what comes after", func() {
			_, err = c.Exec(f.ctx, f.Statements.Slow, nil)
			f.requireTyped(err)
		})
		c.Release()
	}
	f.allUsable(f.lane(f.Statements.Slow, true))
}

func interruptBeforeUse(f *fixture) {
	c := f.acquire(f.Statements.Slow, true)
	c.Interrupt()
	c.Interrupt()
	f.requirePromptly("Query", func() { f.requireTyped(query(f.ctx, c, f.Statements.Slow).err) })
	f.requirePromptly("Exec", func() {
		_, err := c.Exec(f.ctx, f.Statements.Slow, nil)
		f.requireTyped(err)
	})
	c.Release()
	f.allUsable(f.lane(f.Statements.Slow, true))
}

// interruptAfterRelease has every earlier user interrupt while the next one works.
func interruptAfterRelease(f *fixture) {
	lane := f.lane(f.Statements.Numbers, true)
	stale, err := f.b.Acquire(f.ctx, lane)
	require.NoError(f, err)
	stale.Release()
	for range 20 {
		c, err := f.b.Acquire(f.ctx, lane)
		require.NoError(f, err)
		cur, err := c.Query(f.ctx, f.Statements.Numbers, []any{int64(3)})
		require.NoError(f, err)
		stale.Interrupt()
		requireNumbers(f, read(cur), 3)
		f.usable(c)
		c.Release()
		stale = c
		stale.Interrupt()
	}
}
