package shardworker_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

// TestEveryExecuteHasOneEnd lets random faults and random messages meet random statements. Whatever happens, each call
// gets one End, with all rows or an error, and every connection comes back.
func TestEveryExecuteHasOneEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		system := actors.New(discard)
		rapid.Check(struct{ testing.TB }{t}, func(rt *rapid.T) { checkEnds(rt, system) }) // without Deadline, which a bubble refuses
	})
}

var causes = []error{errBroken, context.DeadlineExceeded, nil}

func checkEnds(rt *rapid.T, system *actors.System) {
	cfg := twoLanes()
	cfg.Lanes = []int{rapid.IntRange(1, 3).Draw(rt, "readers"), 1}
	cfg.Stubborn = rapid.IntRange(0, 3).Draw(rt, "stubborn") == 0
	e := newEnv(rt, system, cfg)
	defer e.close()
	ms := func(most int, what string) time.Duration {
		return time.Duration(rapid.IntRange(0, most).Draw(rt, what)) * time.Millisecond
	}
	if rapid.Bool().Draw(rt, "faults at acquire") {
		e.backend.At(fake.AtAcquire, drawFault(rt))
	}
	rows := map[*call]int{}
	for range rapid.IntRange(1, 15).Draw(rt, "calls") {
		n := rapid.SampledFrom([]int{0, 1, 99, 100, 101, 500}).Draw(rt, "rows")
		sql := rapid.SampledFrom([]string{"select", "write"}).Draw(rt, "sql") + rapid.StringMatching(`[a-z]{8}`).Draw(rt, "name")
		result := count(n)
		if rapid.Bool().Draw(rt, "slow") {
			result = result.EachRow(fake.Delay(ms(2, "per row")))
		}
		if rapid.Bool().Draw(rt, "lies") {
			result = result.Buffered(func(next int) bool { return next%7 > 0 })
		}
		for range rapid.IntRange(0, 2).Draw(rt, "faults") {
			at := rapid.SampledFrom([]fake.Point{fake.AtQuery, fake.AtRow(0), fake.AtRow(60), fake.AtRow(n), fake.AtCursorClose}).Draw(rt, "at")
			result = result.At(at, drawFault(rt))
		}
		e.backend.Reply(sql, result)

		c := e.call(sql, window(rapid.IntRange(1, 3).Draw(rt, "window")))
		c.instant = rapid.Bool().Draw(rt, "instant")
		c.WantRows = rapid.IntRange(0, 4).Draw(rt, "exec") > 0
		if rapid.IntRange(0, 3).Draw(rt, "inline") == 0 {
			c.Runner = &lazy{system: system, after: ms(3, "runs after")}
		}
		if rapid.IntRange(0, 3).Draw(rt, "limited") == 0 {
			ctx, cancel := context.WithTimeout(context.Background(), ms(50, "timeout"))
			defer cancel()
			c.Context = ctx
		}
		rows[c] = n
		c.Execute.ReplyTo = refused{c}
		e.worker.Tell(&c.Execute)
		for range rapid.IntRange(0, 3).Draw(rt, "messages") {
			to := e.calls[rapid.IntRange(0, len(e.calls)-1).Draw(rt, "to")]
			switch rapid.IntRange(0, 20).Draw(rt, "message") {
			case 0, 1, 2, 3:
				to.cancel(rapid.SampledFrom(causes).Draw(rt, "cause"))
			case 4:
				if rapid.Bool().Draw(rt, "stop") {
					require.NoError(rt, e.worker.Stop(context.Background()))
				}
			case 5:
				e.worker.Notify("nonsense")
			case 6, 7, 8, 9, 10:
				to.flush()
			default:
				to.repay()
			}
		}
		time.Sleep(ms(5, "pause"))
	}
	e.settleAll()
	for c, n := range rows {
		require.Len(rt, c.ends, 1, c.SQL)
		if end := c.ends[0]; end.Err == nil && c.WantRows {
			c.requireRows(n)
		}
	}
	require.NoError(rt, e.worker.Stop(context.Background()))
	require.NoError(rt, e.worker.Drained(context.Background()))
	w, err := e.worker.Respawn("worker")
	require.NoError(rt, err)
	e.worker = w
	e.backend.At(fake.AtAcquire)
	e.requireFree("select-probe", cfg.Lanes[0])
	e.requireFree("write-probe", 1)
}

func drawFault(t *rapid.T) fake.Step {
	return rapid.SampledFrom([]fake.Step{
		fake.Fail(errBroken), fake.Panic("oops"), fake.Delay(30 * time.Millisecond), fake.Stubborn(fake.Delay(20 * time.Millisecond)),
		fake.Fail(&messages.Error{Code: messages.ErrShardLost}), fake.Once(fake.Panic("once")),
	}).Draw(t, "fault")
}

// lazy is a caller that runs its job a while after it took it.
type lazy struct {
	system *actors.System
	after  time.Duration
}

func (l *lazy) Offer(job messages.Job) bool {
	time.AfterFunc(l.after, job.Run)
	return true
}

// repay gives back all credit that is owed.
func (c *call) repay() {
	c.mu.Lock()
	n := c.unread
	c.mu.Unlock()
	if n > 0 {
		c.credit(n)
	}
}

// settleAll gives credit until every call has ended, and proves that all connections are free if the worker still lives.
func (e *env) settleAll() {
	for {
		open := false
		for _, c := range e.calls {
			if !c.ended() {
				open = true
				c.repay()
			}
		}
		if !open {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	select {
	case <-e.worker.Done():
		return
	default:
	}
	e.backend.At(fake.AtAcquire)
	require.NoError(e.t, e.worker.Drained(context.Background()))
	synctest.Wait()
	e.requireFree("select-probe", e.backend.Lanes()[0])
	e.requireFree("write-probe", 1)
}
