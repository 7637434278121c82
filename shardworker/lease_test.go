package shardworker_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

// on sends a statement on a lease, with its turn claimed.
func (e *env) on(l *shardworker.Lease, sql string, options ...func(c *call)) *call {
	c := e.call(sql, options...)
	c.Lease = l
	require.NoError(e.t, l.Claim(c.Call, c.Source))
	e.worker.Tell(&c.Execute)
	return c
}

// sessions returns on which session of the backend each statement ran.
func (e *env) sessions() map[string]int {
	ran := map[string]int{}
	for _, s := range e.backend.Statements() {
		ran[s.SQL] = s.Session
	}
	return ran
}

func TestLeaseKeepsItsConnection(t *testing.T) {
	bubble(t, fake.Config{Lanes: []int{2}}, func(t *testing.T, e *env) {
		e.backend.Reply("", count(3))
		l := shardworker.NewLease(false)
		require.NoError(t, e.on(l, "begin", noRows).wait().Err)
		require.Equal(t, 1, e.backend.Stats().InUse)
		for _, sql := range []string{"a", "b", "c"} {
			require.NoError(t, e.execute("other "+sql).wait().Err)
			require.NoError(t, e.on(l, sql).wait().Err)
		}
		ran := e.sessions()
		require.Equal(t, []int{ran["begin"], ran["begin"], ran["begin"]}, []int{ran["a"], ran["b"], ran["c"]})
		require.NotEqual(t, ran["begin"], ran["other a"])
		require.NotNil(t, l.Conn())
		l.End()
		l.End()
		synctest.Wait()
		require.Nil(t, l.Conn())
		require.Zero(t, e.backend.Stats().InUse)
		require.ErrorIs(t, l.Claim(99, 0), messages.ErrTxAborted)
		e.requireFree("probe", 2)
	})
}

func TestLeaseTakesItsPlace(t *testing.T) {
	bubble(t, fake.Config{Lanes: []int{1}}, func(t *testing.T, e *env) {
		e.backend.Reply("", count(1))
		l := shardworker.NewLease(false)
		require.NoError(t, e.on(l, "begin", noRows).wait().Err)
		queued := e.execute("select 1")
		second := shardworker.NewLease(false)
		waits := e.on(second, "begin", noRows)
		synctest.Wait()
		require.False(t, queued.ended())
		require.NoError(t, e.on(l, "update", noRows).wait().Err)
		l.End()
		require.NoError(t, queued.wait().Err)
		require.NoError(t, waits.wait().Err)
		second.End()
	})
}

func TestReadOnlyLeaseUsesTheReadersLane(t *testing.T) {
	bubble(t, fake.Config{Lanes: []int{1, 1}, Lane: func(sql string, _ bool) int {
		if messages.MayWrite(sql) {
			return 1
		}
		return 0
	}}, func(t *testing.T, e *env) {
		e.backend.Reply("", count(1))
		reader, writer := shardworker.NewLease(true), shardworker.NewLease(false)
		require.NoError(t, e.on(reader, "BEGIN", noRows).wait().Err)
		require.NoError(t, e.on(writer, "BEGIN IMMEDIATE", noRows).wait().Err)
		reader.End()
		writer.End()
	})
}

func TestLeaseTakesOneCallAtATime(t *testing.T) {
	bubble(t, fake.Config{Lanes: []int{1}}, func(t *testing.T, e *env) {
		e.backend.Reply("", count(1))
		e.backend.Reply("long", count(1000))
		l := shardworker.NewLease(false)
		require.NoError(t, e.on(l, "begin", noRows).wait().Err)
		long := e.on(l, "long", window(1))
		synctest.Wait()
		require.ErrorIs(t, l.Claim(99, 0), messages.ErrInvalidRequest)
		require.Nil(t, l.Conn(), "it is in use")
		long.cancel(errBroken)
		require.Error(t, long.wait().Err)
		synctest.Wait()
		require.NoError(t, l.Claim(99, 0))
		l.Pass(99, 0)
		l.End()
	})
}

// The sources of one call that share a lease answer one after the other, in the order of their turns.
func TestLeaseTurnsComeInOrder(t *testing.T) {
	bubble(t, fake.Config{Lanes: []int{1}}, func(t *testing.T, e *env) {
		e.backend.Reply("", count(1))
		l := shardworker.NewLease(false)
		require.NoError(t, e.on(l, "begin", noRows).wait().Err)
		var calls []*call
		for i := range 4 {
			c := e.call(fmt.Sprintf("part %d", i), instantCredit)
			c.Execute.Call, c.Execute.Source, c.Lease = 77, i, l
			calls = append(calls, c)
		}
		require.NoError(t, l.Claim(77, 0, 1, 2, 3))
		for _, i := range []int{3, 1, 2, 0} {
			e.worker.Tell(&calls[i].Execute)
			synctest.Wait()
		}
		var order []string
		for _, s := range e.backend.Statements()[1:] {
			order = append(order, s.SQL)
		}
		require.Equal(t, []string{"part 0", "part 1", "part 2", "part 3"}, order)
		l.End()
	})
}

// A source that is out of credit while others wait for the connection would wait for ever if the reader needs those first.
func TestOrderedSourcesOnOneLeaseDoNotWedge(t *testing.T) {
	bubble(t, fake.Config{Lanes: []int{1}}, func(t *testing.T, e *env) {
		e.backend.Reply("", count(1))
		e.backend.Reply("part", count(10_000))
		l := shardworker.NewLease(false)
		require.NoError(t, e.on(l, "begin", noRows).wait().Err)
		require.NoError(t, l.Claim(77, 0, 1))
		var parts [2]*call
		for i := range parts {
			parts[i] = e.call("part", window(2))
			parts[i].Execute.Call, parts[i].Execute.Source, parts[i].Lease, parts[i].Ordered = 77, i, l, true
			e.worker.Tell(&parts[i].Execute)
		}
		require.ErrorIs(t, parts[0].wait().Err, messages.ErrTooLarge)
		parts[1].cancel(errBroken)
		parts[1].wait()
		l.End()
	})
}

func TestEndInterruptsWhatRuns(t *testing.T) {
	bubble(t, fake.Config{Lanes: []int{1}}, func(t *testing.T, e *env) {
		e.backend.Reply("", count(1))
		gate := fake.NewGate()
		e.backend.Reply("hang", count(1).At(fake.AtQuery, fake.Wait(gate)))
		l := shardworker.NewLease(false)
		require.NoError(t, e.on(l, "begin", noRows).wait().Err)
		hang := e.on(l, "hang")
		<-gate.Arrived()
		l.End()
		require.Error(t, hang.wait().Err)
		synctest.Wait()
		require.Zero(t, e.backend.Stats().InUse)
		require.Equal(t, 1, e.backend.Stats().Spent)
		e.requireFree("probe", 1)
	})
}

func TestLeaseWhoseFirstStatementFailsIsEnded(t *testing.T) {
	bubble(t, fake.Config{Lanes: []int{1}}, func(t *testing.T, e *env) {
		e.backend.Reply("begin", fake.Error(errBroken))
		l := shardworker.NewLease(false)
		require.ErrorIs(t, e.on(l, "begin", noRows).wait().Err, errBroken)
		require.ErrorIs(t, l.Claim(99, 0), messages.ErrTxAborted)
		e.requireFree("probe", 1)
		l.End()
	})
}

func TestLeaseThatIsCanceledInTheQueue(t *testing.T) {
	bubble(t, fake.Config{Lanes: []int{1}}, func(t *testing.T, e *env) {
		gate := fake.NewGate()
		e.backend.Reply("", count(1))
		e.backend.Reply("hold", count(1).At(fake.AtQuery, fake.Wait(gate)))
		hold := e.execute("hold")
		l := shardworker.NewLease(false)
		begin := e.on(l, "begin", noRows)
		begin.cancel(context.DeadlineExceeded)
		require.ErrorIs(t, begin.wait().Err, messages.ErrPoolExhausted)
		require.ErrorIs(t, l.Claim(99, 0), messages.ErrTxAborted)
		gate.Open()
		require.NoError(t, hold.wait().Err)
		e.requireFree("probe", 1)
	})
}

func TestLeaseSurvivesItsWorker(t *testing.T) {
	bubble(t, fake.Config{Lanes: []int{1}}, func(t *testing.T, e *env) {
		e.backend.Reply("", count(1))
		l := shardworker.NewLease(false)
		require.NoError(t, e.on(l, "begin", noRows).wait().Err)
		old := e.worker
		require.NoError(t, old.Stop(t.Context()))
		var err error
		e.worker, err = old.Respawn("worker again")
		require.NoError(t, err)
		require.NoError(t, e.on(l, "update", noRows).wait().Err)
		queued := e.execute("select 1")
		synctest.Wait()
		require.False(t, queued.ended())
		l.End()
		require.NoError(t, queued.wait().Err)
	})
}

// A lease that ends while there is no worker frees its place at the one that comes next.
func TestLeaseEndsBetweenTwoWorkers(t *testing.T) {
	bubble(t, fake.Config{Lanes: []int{1}}, func(t *testing.T, e *env) {
		e.backend.Reply("", count(1))
		l := shardworker.NewLease(false)
		require.NoError(t, e.on(l, "begin", noRows).wait().Err)
		old := e.worker
		require.NoError(t, old.Stop(t.Context()))
		l.End()
		synctest.Wait()
		var err error
		e.worker, err = old.Respawn("worker again")
		require.NoError(t, err)
		e.requireFree("probe", 1)
	})
}

// Whatever happens to leases, at the end every connection and every place is free again.
func TestLeasesLeakNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		system := actors.New(discard)
		e := newEnv(t, system, fake.Config{Lanes: []int{3}})
		e.backend.Reply("", count(5))
		e.backend.Reply("fail", fake.Error(errBroken))
		var leases []*shardworker.Lease
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			switch rapid.SampledFrom([]string{"new", "run", "run", "end", "cancel", "plain"}).Draw(t, "step") {
			case "new":
				if len(leases) == 3 { // a fourth would wait for ever
					continue
				}
				l := shardworker.NewLease(false)
				begin := "begin"
				if rapid.Bool().Draw(t, "fails") {
					begin = "fail"
				}
				if e.on(l, begin, noRows).wait().Err == nil {
					leases = append(leases, l)
				}
			case "run", "cancel":
				if len(leases) == 0 {
					continue
				}
				l := rapid.SampledFrom(leases).Draw(t, "lease")
				c := e.call(rapid.SampledFrom([]string{"select", "fail"}).Draw(t, "sql"), instantCredit)
				if c.Lease = l; l.Claim(c.Call, c.Source) != nil {
					l.End()
					c.ends = append(c.ends, &messages.End{})
					continue
				}
				e.worker.Tell(&c.Execute)
				if rapid.Bool().Draw(t, "canceled") {
					c.cancel(errBroken)
				}
				c.wait()
			case "end":
				if len(leases) > 0 {
					leases[0].End()
					leases = leases[1:]
				}
			case "plain":
				if len(leases) < 3 {
					require.NoError(t, e.execute("select", instantCredit).wait().Err)
				}
			}
		}
		for _, l := range leases {
			l.End()
		}
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, e.worker.Drained(ctx))
		require.NoError(t, e.worker.Stop(ctx))
		require.NoError(t, e.backend.Close(ctx))
		system.Unuse()
		stats := e.backend.Stats()
		require.Equal(t, stats.Acquired, stats.Released)
	})
}
