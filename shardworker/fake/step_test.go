package fake_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

var errBroken = errors.New("broken")

func TestFailAtEachPoint(t *testing.T) {
	fail := fake.Fail(errBroken)
	t.Run("acquire", func(t *testing.T) {
		b := fake.New(fake.Config{})
		b.At(fake.AtAcquire, fake.Once(fail))
		_, err := b.Acquire(t.Context(), 0)
		require.ErrorIs(t, err, messages.ErrUnavailable)
		require.ErrorIs(t, err, errBroken)
		acquire(t, b).Release()
	})
	t.Run("query", func(t *testing.T) {
		b := fake.New(fake.Config{})
		b.Reply("select", fake.Error(errBroken))
		c := acquire(t, b)
		_, err := c.Query(t.Context(), "select", nil)
		require.ErrorIs(t, err, messages.ErrStatement)
		require.ErrorIs(t, err, errBroken)
		c.Release()
		require.Zero(t, b.Stats().Spent)
	})
	t.Run("row", func(t *testing.T) {
		b := fake.New(fake.Config{})
		b.Reply("select", count(5).At(fake.AtRow(2), fake.Fail(&messages.Error{Code: messages.ErrShardLost})))
		c := acquire(t, b)
		rows, _, err := read(t, query(t, c, "select"))
		require.ErrorIs(t, err, messages.ErrShardLost)
		require.Len(t, rows, 2)
		c.Release()
		require.Equal(t, 1, b.Stats().Spent)
	})
	t.Run("end of the rows", func(t *testing.T) {
		b := fake.New(fake.Config{})
		b.Reply("select", count(5).At(fake.AtRow(5), fail))
		c := acquire(t, b)
		defer c.Release()
		rows, _, err := read(t, query(t, c, "select"))
		require.ErrorIs(t, err, errBroken)
		require.Len(t, rows, 5)
	})
	t.Run("close", func(t *testing.T) {
		b := fake.New(fake.Config{})
		b.Reply("select", count(1).At(fake.AtCursorClose, fail))
		c := acquire(t, b)
		defer c.Release()
		_, _, err := read(t, query(t, c, "select"))
		require.ErrorIs(t, err, errBroken)
	})
}

func TestPanicLeavesAConnectionThatCanBeReleased(t *testing.T) {
	for name, p := range map[string]fake.Point{"query": fake.AtQuery, "row": fake.AtRow(1), "close": fake.AtCursorClose} {
		t.Run(name, func(t *testing.T) {
			b := fake.New(fake.Config{})
			b.Reply("select", count(3).At(p, fake.Panic("boom")))
			c := acquire(t, b)
			require.PanicsWithValue(t, "boom", func() { _, _ = c.Exec(t.Context(), "select", nil) })
			c.Release()
			require.Equal(t, 1, b.Stats().Spent)
			require.NoError(t, b.Close(t.Context()))
		})
	}
}

func TestDelayIsVirtualInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := fake.New(fake.Config{})
		b.Reply("select", count(60).EachRow(fake.Delay(time.Minute)))
		c := acquire(t, b)
		begin := time.Now()
		rows, _, err := read(t, query(t, c, "select"))
		require.NoError(t, err)
		require.Len(t, rows, 60)
		require.Equal(t, time.Hour, time.Since(begin))
		c.Release()
	})
}

func TestGateHoldsUpUntilOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := fake.NewGate()
		b := fake.New(fake.Config{})
		b.Reply("select", count(3).At(fake.AtRow(2), fake.Wait(gate)))
		c := acquire(t, b)
		cur := query(t, c, "select")
		require.True(t, cur.Buffered())
		require.True(t, cur.Next())
		require.True(t, cur.Next())
		require.False(t, cur.Buffered())
		moved := make(chan bool)
		go func() { moved <- cur.Next() }()
		<-gate.Arrived()
		synctest.Wait()
		select {
		case <-moved:
			t.Fatal("the gate is shut")
		default:
		}
		gate.Open()
		gate.Open()
		require.True(t, <-moved)
		require.False(t, cur.Next())
		_, err := cur.Close()
		require.NoError(t, err)
		c.Release()
	})
}

func TestContextAndInterruptEndAWait(t *testing.T) {
	for _, p := range []fake.Point{fake.AtQuery, fake.AtRow(0), fake.AtRow(2), fake.AtCursorClose} {
		synctest.Test(t, func(t *testing.T) {
			gate := fake.NewGate()
			b := fake.New(fake.Config{})
			b.Reply("select", count(2).At(p, fake.Wait(gate)))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			c := acquire(t, b)
			_, err := c.Exec(ctx, "select", nil)
			require.ErrorIs(t, err, messages.ErrCanceled)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			c.Release()

			c = acquire(t, b)
			go func() {
				<-gate.Arrived()
				c.Interrupt()
			}()
			_, err = c.Exec(t.Context(), "select", nil)
			require.ErrorIs(t, err, messages.ErrCanceled)
			require.NotErrorIs(t, err, context.Canceled)
			c.Release()
			c.Interrupt()
			synctest.Wait()
			require.Equal(t, fake.Stats{Opened: 2, Acquired: 2, Released: 2, MaxInUse: 1, Spent: 2, Interrupted: 1}, b.Stats())
		})
	}
}

func TestStubbornStepsWaitForTheirGate(t *testing.T) {
	for _, wholly := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			gate := fake.NewGate()
			wait := fake.Wait(gate)
			if !wholly {
				wait = fake.Stubborn(wait)
			}
			b := fake.New(fake.Config{Stubborn: wholly})
			require.Equal(t, !wholly, b.Prompt())
			b.Reply("select", count(2).At(fake.AtRow(1), wait))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			c := acquire(t, b)
			begin := time.Now()
			go func() {
				<-gate.Arrived()
				c.Interrupt()
				<-time.After(time.Hour)
				gate.Open()
			}()
			_, err := c.Exec(ctx, "select", nil)
			require.ErrorIs(t, err, messages.ErrCanceled)
			require.Equal(t, time.Hour, time.Since(begin))
			c.Release()
		})
	}
}
