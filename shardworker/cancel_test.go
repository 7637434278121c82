package shardworker_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

// stage is a point at which a call is held up until somebody gives up.
type stage struct {
	name     string
	prepare  func(e *env, hold fake.Step)
	sql      string
	acquired int
}

var stages = []stage{
	{"acquiring", func(e *env, hold fake.Step) { e.backend.At(fake.AtAcquire, hold) }, "select", 0},
	{"sending", func(e *env, hold fake.Step) { e.backend.Reply("", count(9).At(fake.AtQuery, hold)) }, "select", 1},
	{"reading", func(e *env, hold fake.Step) { e.backend.Reply("", count(9).At(fake.AtRow(4), hold)) }, "select", 1},
	{"closing", func(e *env, hold fake.Step) { e.backend.Reply("", count(9).At(fake.AtCursorClose, hold)) }, "select", 1},
}

// checkGivenUp checks that a call that was given up let go of everything.
func checkGivenUp(t *testing.T, e *env, c *call, at stage, cause error) {
	t.Helper()
	require.True(t, c.ended())
	err := c.wait().Err
	require.ErrorIs(t, err, messages.ErrCanceled)
	require.ErrorIs(t, err, cause)
	require.Empty(t, c.wait().Tag.String())
	stats := e.backend.Stats()
	require.Equal(t, at.acquired, stats.Acquired)
	require.Equal(t, at.acquired, stats.Released)
	require.Equal(t, at.acquired, stats.Spent, "the connection isn't used again")
	e.backend.At(fake.AtAcquire)
	e.requireFree("probe", 4)
}

func TestCancelAtEachStage(t *testing.T) {
	for _, at := range stages {
		t.Run(at.name, func(t *testing.T) {
			bubble(t, fake.Config{}, func(t *testing.T, e *env) {
				gate := fake.NewGate()
				at.prepare(e, fake.Wait(gate))
				c := e.execute(at.sql)
				<-gate.Arrived()
				require.False(t, c.ended())
				c.cancel(errBroken)
				c.cancel(context.DeadlineExceeded) // the first counts
				checkGivenUp(t, e, c, at, errBroken)
			})
		})
	}
	t.Run("waiting for credit", func(t *testing.T) {
		bubble(t, fake.Config{}, func(t *testing.T, e *env) {
			e.backend.Reply("", count(5000))
			c := e.execute("select", window(1))
			require.False(t, c.ended())
			c.cancel(errBroken)
			checkGivenUp(t, e, c, stage{acquired: 1}, errBroken)
			c.requireRows(100)
		})
	})
	t.Run("without a cause", func(t *testing.T) {
		bubble(t, fake.Config{}, func(t *testing.T, e *env) {
			e.backend.Reply("", count(5000))
			c := e.execute("select", window(1))
			require.False(t, c.ended())
			c.cancel(nil)
			checkGivenUp(t, e, c, stage{acquired: 1}, context.Canceled)
		})
	})
}

func TestContextEndsAtEachStage(t *testing.T) {
	for _, at := range stages {
		t.Run(at.name, func(t *testing.T) {
			bubble(t, fake.Config{}, func(t *testing.T, e *env) {
				gate := fake.NewGate()
				at.prepare(e, fake.Wait(gate))
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				c := e.execute(at.sql, under(ctx))
				<-gate.Arrived()
				require.False(t, c.ended())
				time.Sleep(time.Second)
				checkGivenUp(t, e, c, at, context.DeadlineExceeded)
			})
		})
	}
	t.Run("waiting for credit", func(t *testing.T) {
		bubble(t, fake.Config{}, func(t *testing.T, e *env) {
			e.backend.Reply("", count(5000))
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			c := e.execute("select", under(ctx), window(1))
			require.False(t, c.ended())
			time.Sleep(time.Second)
			checkGivenUp(t, e, c, stage{acquired: 1}, context.DeadlineExceeded)
		})
	})
	t.Run("queued", func(t *testing.T) { // it is looked at when its turn comes, unless a Cancel comes before
		bubble(t, fake.Config{Lanes: []int{1}}, func(t *testing.T, e *env) {
			gate := fake.NewGate()
			e.backend.Reply("hold", count(1).At(fake.AtQuery, fake.Wait(gate)))
			e.execute("hold")
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			c := e.execute("select", under(ctx))
			time.Sleep(time.Second)
			synctest.Wait()
			gate.Open()
			require.ErrorIs(t, c.wait().Err, context.DeadlineExceeded)
			require.Len(t, e.backend.Statements(), 1)
			e.requireFree("probe", 1)
		})
	})
}

// TestStubbornBackend doesn't hear of Interrupt: the worker goes on, and the connection stays taken until it comes back.
func TestStubbornBackend(t *testing.T) {
	bubble(t, fake.Config{Lanes: []int{2}, Stubborn: true}, func(t *testing.T, e *env) {
		gate := fake.NewGate()
		e.backend.Reply("hold", count(1).At(fake.AtQuery, fake.Wait(gate)))
		e.backend.Reply("read", count(1))
		c := e.execute("hold")
		<-gate.Arrived()
		c.cancel(errBroken)
		require.False(t, c.ended())
		for range 3 {
			require.NoError(t, e.execute("read").wait().Err)
		}
		gate.Open()
		require.ErrorIs(t, c.wait().Err, messages.ErrCanceled)
		e.requireFree("probe", 2)
	})
}

// TestCancelledWriteIsUnknown gives up a statement that writes and returns rows, after it was sent.
func TestCancelledWriteIsUnknown(t *testing.T) {
	bubble(t, fake.Config{}, func(t *testing.T, e *env) {
		e.backend.Reply("", count(5000))
		c := e.execute("insert into t select … returning n", window(1))
		synctest.Wait()
		c.cancel(errBroken)
		err := c.wait().Err
		require.ErrorIs(t, err, messages.ErrOutcomeUnknown)
		require.ErrorIs(t, err, messages.ErrCanceled)
		require.ErrorIs(t, err, errBroken)
	})
}

// TestCancelRacesEverything cancels at random moments of real scheduling.
func TestCancelRacesEverything(t *testing.T) {
	bubble(t, fake.Config{Lanes: []int{2}}, func(t *testing.T, e *env) {
		e.backend.Reply("", count(500))
		for range 400 {
			c := e.execute("select", instantCredit)
			go c.cancel(errBroken)
			if err := c.wait().Err; err == nil {
				c.requireRows(500)
			} else {
				require.ErrorIs(t, err, errBroken)
			}
		}
		e.requireFree("probe", 2)
	})
}
