package fake_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

func TestCleanConnectionsAreUsedAgain(t *testing.T) {
	b := fake.New(fake.Config{})
	b.Reply("", count(2))
	for _, test := range []struct {
		name  string
		spent bool
		use   func(c shardworker.Conn)
	}{
		{"unused", false, func(shardworker.Conn) {}},
		{"read to the end", false, func(c shardworker.Conn) { _, _, _ = read(t, query(t, c, "select")) }},
		{"committed", false, func(c shardworker.Conn) {
			_, _ = c.Exec(t.Context(), "begin", nil)
			_, _ = c.Exec(t.Context(), "commit", nil)
		}},
		{"released twice", false, func(c shardworker.Conn) { c.Release() }},
		{"in a transaction", true, func(c shardworker.Conn) { _, _ = c.Exec(t.Context(), "BEGIN;", nil) }},
		{"open cursor", true, func(c shardworker.Conn) { query(t, c, "select") }},
		{"abandoned cursor", true, func(c shardworker.Conn) { _, _ = query(t, c, "select").Close() }},
		{"interrupted", true, func(c shardworker.Conn) { c.Interrupt() }},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := b.Stats()
			c := acquire(t, b)
			test.use(c)
			c.Release()
			after := b.Stats()
			require.Equal(t, test.spent, after.Spent == before.Spent+1)
			require.Zero(t, after.InUse)
			require.Equal(t, before.Released+1, after.Released)
		})
	}
	require.Equal(t, 1, b.Stats().MaxInUse)
	require.NoError(t, b.Close(t.Context()))
}

func TestBrokenContractsPanic(t *testing.T) {
	b := fake.New(fake.Config{Lanes: []int{1, 1}})
	b.Reply("", count(2))
	c := acquire(t, b)
	require.Panics(t, func() { _, _ = b.Acquire(t.Context(), 0) }, "beyond capacity")
	require.Panics(t, func() { _, _ = b.Acquire(t.Context(), 2) }, "no such lane")
	cur := query(t, c, "select")
	require.Panics(t, func() { _, _ = c.Query(t.Context(), "select", nil) }, "a second cursor")
	require.True(t, cur.Next())
	require.Panics(t, func() { cur.Append(messages.NewRowBatch(&messages.Description{})) }, "another description")
	c.Release()
	require.Panics(t, func() { _, _ = c.Exec(t.Context(), "select", nil) }, "after Release")
	require.Zero(t, b.Stats().InUse)
}

func TestUseByTwoGoroutinesPanics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := fake.NewGate()
		b := fake.New(fake.Config{})
		b.Reply("select", count(1).At(fake.AtQuery, fake.Wait(gate)))
		c := acquire(t, b)
		done := make(chan error)
		go func() {
			_, err := c.Exec(t.Context(), "select", nil)
			done <- err
		}()
		<-gate.Arrived()
		require.Panics(t, func() { _, _ = c.Exec(t.Context(), "select", nil) })
		gate.Open()
		require.NoError(t, <-done)
		c.Release()
	})
}

func TestCloseInterruptsAndWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := fake.New(fake.Config{})
		gate := fake.NewGate()
		b.Reply("select", count(1).At(fake.AtRow(0), fake.Wait(gate)))
		c := acquire(t, b)
		released := make(chan struct{})
		go func() {
			_, err := c.Exec(t.Context(), "select", nil)
			require.ErrorIs(t, err, messages.ErrCanceled)
			<-time.After(time.Second)
			c.Release()
			close(released)
		}()
		<-gate.Arrived()
		require.False(t, b.Closed())
		require.NoError(t, b.Close(t.Context()))
		<-released
		require.True(t, b.Closed())
		require.NoError(t, b.Close(t.Context()))
		_, err := b.Acquire(t.Context(), 0)
		require.ErrorIs(t, err, messages.ErrClosed)
	})
}

func TestCloseEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := fake.New(fake.Config{})
		c := acquire(t, b)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := b.Close(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		c.Release()
	})
}

func TestCloseEndsAWaitingAcquire(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := fake.New(fake.Config{})
		gate := fake.NewGate()
		b.At(fake.AtAcquire, fake.Wait(gate))
		got := make(chan error)
		go func() {
			_, err := b.Acquire(t.Context(), 0)
			got <- err
		}()
		<-gate.Arrived()
		require.NoError(t, b.Close(t.Context()))
		require.ErrorIs(t, <-got, messages.ErrClosed)
	})
}

func TestConcurrentUse(t *testing.T) {
	b := fake.New(fake.Config{Lanes: []int{8}})
	b.Reply("select", count(10))
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range 50 {
				c := acquire(t, b)
				rows, _, err := read(t, query(t, c, "select"))
				if err != nil || len(rows) != 10 {
					t.Error(len(rows), err)
				}
				c.Release()
				c.Interrupt()
			}
		})
	}
	group.Wait()
	s := b.Stats()
	require.Equal(t, 400, s.Acquired)
	require.LessOrEqual(t, s.MaxInUse, 8)
	require.Equal(t, s.MaxInUse, s.Opened)
	require.Zero(t, s.Interrupted)
	require.Len(t, b.Statements(), 400)
	require.NoError(t, b.Close(t.Context()))
}
