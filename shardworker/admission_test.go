package shardworker_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

var errBroken = errors.New("broken")

// twoLanes has two readers and one writer.
func twoLanes() fake.Config {
	return fake.Config{Lanes: []int{2, 1}, Lane: func(sql string, _ bool) int {
		if strings.HasPrefix(sql, "write") {
			return 1
		}
		return 0
	}}
}

func TestCallsQueueInOrder(t *testing.T) {
	bubble(t, twoLanes(), func(t *testing.T, e *env) {
		var order []any
		e.backend.Handle("read", func(_ context.Context, args []any) fake.Result {
			order = append(order, args[0])
			return count(1).At(fake.AtCursorClose, fake.Delay(time.Second))
		})
		var calls []*call
		gate := fake.NewGate()
		e.backend.Reply("hold", count(1).At(fake.AtQuery, fake.Wait(gate)))
		calls = append(calls, e.execute("hold"))
		for i := range 20 {
			calls = append(calls, e.execute("read", args(i)))
			synctest.Wait()
		}
		e.backend.Reply("write", count(1))
		require.NoError(t, e.execute("write").wait().Err, "a busy lane holds up no other")
		require.Equal(t, 2, e.backend.Stats().InUse)
		for _, c := range calls[1:] {
			require.NoError(t, c.wait().Err)
		}
		gate.Open()
		for i, n := range order {
			require.Equal(t, i, n)
		}
		require.Len(t, order, 20)
		require.Equal(t, 3, e.backend.Stats().MaxInUse)
		e.requireFree("read-probe", 2)
		e.requireFree("write-probe", 1)
	})
}

func TestCancelWhileQueued(t *testing.T) {
	bubble(t, fake.Config{Lanes: []int{1}}, func(t *testing.T, e *env) {
		gate := fake.NewGate()
		e.backend.Reply("hold", count(1).At(fake.AtQuery, fake.Wait(gate)))
		e.backend.Reply("read", count(1))
		hold := e.execute("hold")
		first, second, third := e.execute("read"), e.execute("read"), e.execute("read")
		second.cancel(context.DeadlineExceeded)
		require.True(t, second.ended(), "at once")
		err := second.wait().Err
		require.ErrorIs(t, err, messages.ErrPoolExhausted)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "all 1 connections are busy, 2 more calls wait")
		second.cancel(errBroken)
		require.False(t, first.ended())
		require.False(t, third.ended())
		gate.Open()
		for _, c := range []*call{hold, first, third} {
			require.NoError(t, c.wait().Err)
		}
		require.Len(t, e.backend.Statements(), 3, "the cancelled one was not sent")
		e.requireFree("probe", 1)
	})
}

// TestCancelledCallsDontPileUp keeps a connection busy while thousands give up.
func TestCancelledCallsDontPileUp(t *testing.T) {
	bubble(t, fake.Config{Lanes: []int{1}}, func(t *testing.T, e *env) {
		gate := fake.NewGate()
		e.backend.Reply("hold", count(1).At(fake.AtQuery, fake.Wait(gate)))
		e.backend.Reply("read", count(1))
		e.execute("hold")
		patient := e.execute("read")
		for range 5000 {
			c := e.execute("read")
			c.cancel(errBroken)
			require.Len(t, c.ends, 1)
		}
		last := e.execute("read")
		gate.Open()
		require.NoError(t, patient.wait().Err)
		require.NoError(t, last.wait().Err)
	})
}

func TestContextHasEndedAlready(t *testing.T) {
	bubble(t, fake.Config{}, func(t *testing.T, e *env) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		err := e.execute("select", under(ctx)).wait().Err
		require.ErrorIs(t, err, messages.ErrCanceled)
		require.ErrorIs(t, err, context.Canceled)
		require.Zero(t, e.backend.Stats().Acquired)
	})
}

func TestMessagesForNobody(t *testing.T) {
	bubble(t, fake.Config{}, func(t *testing.T, e *env) {
		e.backend.Reply("", count(300))
		c := e.call("select")
		c.cancel(errBroken) // in vain: whoever sends Executes says so again
		c.flush()
		c.sendCredit(100)
		e.worker.Tell(&c.Execute)
		require.NoError(t, c.wait().Err)
		c.requireRows(300)
		c.cancel(errBroken)
		c.flush()
		c.sendCredit(1)
		require.Equal(t, "asia", string(e.worker.Shard()))
		require.Equal(t, messages.PostgreSQL, e.worker.Dialect())
	})
}
