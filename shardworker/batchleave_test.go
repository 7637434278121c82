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
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

// party lets statements that begin with "select" run with each other, and those that begin with "insert".
func party(sql string, _ []any, _ bool) shardworker.Company {
	switch {
	case strings.HasPrefix(sql, "select"):
		return shardworker.AmongReads
	case strings.HasPrefix(sql, "insert"):
		return shardworker.AmongWrites
	}
	return shardworker.Alone
}

func sharing(connections int) fake.Config {
	return fake.Config{Lanes: []int{connections}, Company: party}
}

// guests are calls of one text that wait for a connection, so that they will run together. Each has its number as argument.
type guests struct {
	*env
	hold  *fake.Gate // opens when the connections may come free
	calls []*call
}

// invite runs the text once alone, so that it is known, and then has n calls of it wait. In their batch, those that steps has steps for take
// them; all answer one row, 0.
func (e *env) invite(sql string, connections, n int, steps map[int][]fake.Step) *guests {
	e.t.Helper()
	known := false
	e.backend.Handle(sql, func(_ context.Context, args []any) fake.Result {
		result := count(1)
		if known {
			result = result.At(fake.AtQuery, steps[args[0].(int)]...)
		}
		return result
	})
	options := []func(*call){args(-1)}
	if strings.HasPrefix(sql, "insert") {
		options = append(options, noRows)
	}
	require.NoError(e.t, e.execute(sql, options...).wait().Err)
	synctest.Wait()
	known = true

	g := &guests{env: e, hold: fake.NewGate()}
	e.backend.Reply("hold", count(1).At(fake.AtQuery, fake.Wait(g.hold)))
	for range connections {
		e.execute("hold")
	}
	for i := range n {
		options[0] = args(i)
		g.calls = append(g.calls, e.execute(sql, options...))
	}
	synctest.Wait()
	require.Equal(e.t, connections, e.backend.Stats().InUse)
	return g
}

// answered says which of the calls have ended.
func (g *guests) answered() (which []bool) {
	for _, c := range g.calls {
		which = append(which, c.ended())
	}
	return which
}

// requireAnswered checks that those calls, and no others, end well, all in the same batch.
func (g *guests) requireAnswered(which ...int) {
	g.t.Helper()
	for _, i := range which {
		require.NoError(g.t, g.calls[i].wait().Err, "guest %d", i)
	}
}

func TestWaitingCallLeavesItsQueue(t *testing.T) {
	bubble(t, sharing(1), func(t *testing.T, e *env) {
		g := e.invite("select", 1, 4, nil)
		gone := errors.New("gone")
		g.calls[1].cancel(gone)
		synctest.Wait()
		require.Equal(t, []bool{false, true, false, false}, g.answered())
		require.ErrorIs(t, g.calls[1].wait().Err, messages.ErrPoolExhausted)
		require.ErrorIs(t, g.calls[1].wait().Err, gone)
		g.hold.Open()
		g.requireAnswered(0, 2, 3)
		require.Equal(t, 3, e.backend.Stats().LargestBatch)
		e.requireFree("probe", 1)
	})
}

func TestCallLeavesItsBatch(t *testing.T) {
	for sql, code := range map[string]messages.Code{"select": messages.ErrCanceled, "insert": messages.ErrOutcomeUnknown} {
		t.Run(sql, func(t *testing.T) {
			bubble(t, sharing(1), func(t *testing.T, e *env) {
				gate := fake.NewGate()
				g := e.invite(sql, 1, 5, map[int][]fake.Step{2: {fake.Wait(gate)}})
				g.hold.Open()
				<-gate.Arrived()
				begin := time.Now()
				require.Equal(t, []bool{false, false, false, false, false}, g.answered(), "nothing is known before the batch has ended")
				gone := errors.New("gone")
				for _, i := range []int{1, 2, 3} { // that has run, that runs, and that hasn't begun
					g.calls[i].cancel(gone)
				}
				require.Equal(t, []bool{false, true, true, true, false}, g.answered())
				require.Zero(t, time.Since(begin), "it leaves at once")
				for _, i := range []int{1, 2} {
					require.ErrorIs(t, g.calls[i].wait().Err, code)
					require.ErrorIs(t, g.calls[i].wait().Err, gone)
				}
				require.ErrorIs(t, g.calls[3].wait().Err, messages.ErrPoolExhausted, "nothing was sent")
				gate.Open()
				g.requireAnswered(0, 4)
				stats := e.backend.Stats()
				require.Zero(t, stats.Interrupted)
				require.Equal(t, 4, stats.LargestBatch, "what was left before it began is not run")
				require.Equal(t, 1, stats.Batches)
				e.requireFree("probe", 1)
			})
		})
	}
}

func TestBatchThatAllHaveLeftIsCutOff(t *testing.T) {
	for _, sql := range []string{"select", "insert"} {
		for _, point := range []fake.Point{fake.AtQuery, fake.AtBatch, fake.AtCommit, fake.AtAcquire} {
			bubble(t, sharing(1), func(t *testing.T, e *env) {
				gate := fake.NewGate()
				steps := map[int][]fake.Step{}
				if point == fake.AtQuery {
					steps[1] = []fake.Step{fake.Wait(gate)}
				}
				g := e.invite(sql, 1, 3, steps)
				if point != fake.AtQuery {
					e.backend.At(point, fake.Wait(gate))
				}
				g.hold.Open()
				<-gate.Arrived()
				for i, c := range g.calls {
					require.Equal(t, point != fake.AtAcquire, e.backend.Stats().InUse == 1, "still in use after %d have left", i)
					c.cancel(nil)
					synctest.Wait()
				}
				require.Equal(t, []bool{true, true, true}, g.answered())
				require.Zero(t, e.backend.Stats().InUse, "nobody waits for it")
				if point != fake.AtAcquire {
					require.Equal(t, 1, e.backend.Stats().Spent)
				}
				e.backend.At(fake.AtBatch)
				e.backend.At(fake.AtCommit)
				e.backend.At(fake.AtAcquire)
				e.requireFree("probe", 1)
			})
		}
	}
}

// A deaf backend must not keep anybody beyond his time.
func TestCallLeavesADeafBatch(t *testing.T) {
	cfg := sharing(1)
	cfg.Stubborn = true
	bubble(t, cfg, func(t *testing.T, e *env) {
		gate := fake.NewGate()
		g := e.invite("select", 1, 3, map[int][]fake.Step{1: {fake.Wait(gate)}})
		g.hold.Open()
		<-gate.Arrived()
		for _, c := range g.calls {
			c.cancel(context.DeadlineExceeded)
			require.True(t, c.ended())
			require.ErrorIs(t, c.wait().Err, context.DeadlineExceeded)
		}
		late := e.execute("select", args(9))
		require.False(t, late.ended())
		gate.Open()
		require.NoError(t, late.wait().Err)
		e.requireFree("probe", 1)
	})
}
