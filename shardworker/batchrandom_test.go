package shardworker_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

// TestEveryGuestHasOneEnd lets faults of every kind meet calls that share connections. Whatever happens, each call gets one End: its own answer or
// an error; no write takes effect twice, and none that was acknowledged or refused has another effect than that says.
func TestEveryGuestHasOneEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		system := actors.New(discard)
		shared := 0
		rapid.Check(struct{ testing.TB }{t}, func(rt *rapid.T) { shared += checkGuests(rt, system) })
		require.Positive(t, shared)
		t.Logf("%d statements ran in batches", shared)
	})
}

// fates are what may happen to a statement.
var fates = map[string]func(gate *fake.Gate) fake.Result{
	"refused":   func(*fake.Gate) fake.Result { return fake.Error(errBroken) },
	"lost":      func(*fake.Gate) fake.Result { return fake.Error(lostError) },
	"lost late": func(*fake.Gate) fake.Result { return count(3).At(fake.AtRow(2), fake.Fail(lostError)) },
	"panics":    func(*fake.Gate) fake.Result { return count(3).At(fake.AtRow(1), fake.Panic("oops")) },
	"large":     func(*fake.Gate) fake.Result { return count(10_000) },
	"slow":      func(*fake.Gate) fake.Result { return count(3).EachRow(fake.Delay(20 * time.Millisecond)) },
	"deaf":      func(*fake.Gate) fake.Result { return count(3).At(fake.AtQuery, fake.Stubborn(fake.Delay(time.Second))) },
	"hangs":     func(gate *fake.Gate) fake.Result { return count(3).At(fake.AtQuery, fake.Wait(gate)) },
}

func checkGuests(rt *rapid.T, system *actors.System) (shared int) {
	cfg := sharing(rapid.IntRange(1, 3).Draw(rt, "connections"))
	cfg.Stubborn = rapid.IntRange(0, 5).Draw(rt, "stubborn") == 0
	e := newEnv(rt, system, cfg)
	defer e.close()
	gate := fake.NewGate()
	defer gate.Open()
	fate := make([]string, rapid.IntRange(1, 60).Draw(rt, "calls")) // of the first run, or of all
	always, met := make([]bool, len(fate)), make([]atomic.Bool, len(fate))
	for id := range fate {
		if rapid.IntRange(0, 5).Draw(rt, "fate?") == 0 {
			fate[id] = rapid.SampledFrom([]string{"refused", "lost", "lost late", "panics", "large", "slow", "deaf", "hangs"}).Draw(rt, "fate")
			always[id] = rapid.Bool().Draw(rt, "always")
		}
	}
	answer := func(_ context.Context, args []any) fake.Result {
		id := args[0].(int)
		if id >= 0 && fate[id] != "" && (!met[id].Swap(true) || always[id]) {
			return fates[fate[id]](gate)
		}
		return count(3).WithTag(fmt.Sprintf("OK %d", id))
	}
	texts := []string{"select a", "select b", "insert a", "insert b", "update"}
	for _, sql := range texts {
		e.backend.Handle(sql, answer)
		require.NoError(rt, e.execute(sql, args(-1)).wait().Err)
	}
	own := map[int]*call{}
	for id := range fate {
		c := e.call(rapid.SampledFrom(texts).Draw(rt, "sql"), args(id), window(rapid.IntRange(1, 4).Draw(rt, "window")))
		c.instant = true
		c.WantRows = c.SQL[0] == 's' || rapid.Bool().Draw(rt, "returning")
		c.Execute.ReplyTo = refused{c}
		own[id] = c
		e.worker.Tell(&c.Execute)
		switch rapid.IntRange(0, 40).Draw(rt, "then") {
		case 0, 1, 2, 3:
			own[rapid.IntRange(0, id).Draw(rt, "who")].cancel(rapid.SampledFrom(causes).Draw(rt, "cause"))
		case 4:
			point := rapid.SampledFrom([]fake.Point{fake.AtBatch, fake.AtCommit, fake.AtAcquire}).Draw(rt, "point")
			e.backend.At(point, fake.Once(drawFault(rt)))
		case 5:
			e.backend.At(fake.AtCommit, fake.Once(fake.Fail(&messages.Error{Code: messages.ErrOutcomeUnknown, Err: lostError})))
		case 6:
			e.worker.Notify("nonsense")
		case 7:
			if rapid.IntRange(0, 5).Draw(rt, "stop") == 0 {
				require.NoError(rt, e.worker.Stop(context.Background()))
			}
		case 8, 9, 10, 11, 12, 13:
			time.Sleep(time.Duration(rapid.IntRange(0, 300).Draw(rt, "pause")) * time.Millisecond)
		}
	}
	time.Sleep(time.Minute)
	for id, c := range own {
		if fate[id] == "hangs" {
			c.cancel(context.DeadlineExceeded)
		}
	}
	gate.Open()
	time.Sleep(time.Minute)
	synctest.Wait()
	e.requireOnce(own, fate)
	require.NoError(rt, e.worker.Stop(context.Background()))
	require.NoError(rt, e.worker.Drained(context.Background()))
	w, err := e.worker.Respawn("worker")
	require.NoError(rt, err)
	e.worker = w
	for _, p := range []fake.Point{fake.AtBatch, fake.AtCommit, fake.AtAcquire} {
		e.backend.At(p)
	}
	e.requireFree("probe", cfg.Lanes[0])
	return e.backend.Stats().Shared
}

// requireOnce checks every answer against what the database was asked.
func (e *env) requireOnce(own map[int]*call, fate []string) {
	effects := map[int]int{}
	for _, s := range e.backend.Statements() {
		if !s.Again {
			effects[s.Args[0].(int)]++
		}
	}
	for id, c := range own {
		require.Len(e.t, c.ends, 1, "%s %d, %s", c.SQL, id, fate[id])
		end := c.ends[0]
		switch {
		case end.Err == nil:
			if c.WantRows && fate[id] != "large" {
				c.requireRows(3)
			}
			if fate[id] == "" {
				require.Equal(e.t, fmt.Sprintf("OK %d", id), end.Tag.String())
			}
			require.GreaterOrEqual(e.t, effects[id], 1)
		case errors.Is(end.Err, messages.ErrPoolExhausted), errors.Is(end.Err, messages.ErrUnavailable):
			if c.SQL[0] != 's' {
				require.Zero(e.t, effects[id], "%s %d was refused, and took effect: %v", c.SQL, id, end.Err)
			}
		}
		if c.SQL[0] != 's' {
			require.LessOrEqual(e.t, effects[id], 1, "%s %d, %s: %v", c.SQL, id, fate[id], end.Err)
		}
	}
}

// TestCloseUnderLoad stops a worker that hundreds of callers are at, in all the states that their calls can be in.
func TestCloseUnderLoad(t *testing.T) {
	for _, sql := range []string{"select", "insert"} {
		for after := range 12 {
			bubble(t, sharing(3), func(t *testing.T, e *env) {
				e.backend.Handle(sql, func(context.Context, []any) fake.Result {
					return count(1).At(fake.AtQuery, fake.Delay(time.Millisecond))
				})
				e.learn(sql)
				var calls []*call
				for i := range 300 {
					c := e.call(sql, args(i))
					c.Execute.ReplyTo = refused{c}
					calls = append(calls, c)
					e.worker.Tell(&c.Execute)
					if i%50 == 0 {
						time.Sleep(time.Duration(after) * 100 * time.Microsecond)
					}
				}
				time.Sleep(time.Duration(after) * time.Millisecond)
				begin := time.Now()
				require.NoError(t, e.worker.Stop(t.Context()))
				for _, c := range calls {
					require.True(t, c.ended())
				}
				require.Zero(t, time.Since(begin))
				require.NoError(t, e.worker.Drained(t.Context()))
				require.Zero(t, e.backend.Stats().InUse)
			})
		}
	}
}
