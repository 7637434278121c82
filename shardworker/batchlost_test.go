package shardworker_test

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

var lostError = &messages.Error{Code: messages.ErrShardLost, Err: errors.New("connection reset")}

func TestReadsOfALostBatchAreRunAgain(t *testing.T) {
	for name, at := range map[string]fake.Point{"before": fake.AtBatch, "within": fake.AtQuery, "after": fake.AtCommit} {
		for _, sql := range []string{"select", "insert"} { // writes too: their COMMIT can't have been carried out
			t.Run(name+" "+sql, func(t *testing.T) {
				bubble(t, sharing(2), func(t *testing.T, e *env) {
					fault := fake.Once(fake.Fail(lostError))
					steps := map[int][]fake.Step{}
					if at == fake.AtQuery {
						steps[7] = []fake.Step{fault}
					}
					g := e.invite(sql, 2, 20, steps)
					if at != fake.AtQuery {
						e.backend.At(at, fault)
					}
					g.hold.Open()
					for i, c := range g.calls {
						require.NoError(t, c.wait().Err, "guest %d", i)
						c.requireRows(map[bool]int{true: 1, false: 0}[c.WantRows])
					}
					synctest.Wait() // the log is complete
					effects := map[int]int{}
					for _, s := range e.backend.Statements() {
						if s.SQL == sql && !s.Again {
							effects[s.Args[0].(int)]++
						}
					}
					for i := range g.calls {
						if sql == "insert" {
							require.Equal(t, 1, effects[i], "guest %d", i)
						}
					}
					require.Equal(t, 1, e.backend.Stats().Spent)
					e.requireFree("probe", 2)
				})
			})
		}
	}
}

func TestWritesWithAnUnknownOutcomeAreNotRunAgain(t *testing.T) {
	bubble(t, sharing(1), func(t *testing.T, e *env) {
		g := e.invite("insert", 1, 5, nil)
		e.backend.At(fake.AtCommit, fake.Fail(&messages.Error{Code: messages.ErrOutcomeUnknown, Err: lostError}))
		g.hold.Open()
		for _, c := range g.calls {
			require.ErrorIs(t, c.wait().Err, messages.ErrOutcomeUnknown)
			require.ErrorIs(t, c.wait().Err, messages.ErrShardLost)
		}
		alone, together := e.shared("insert")
		require.Equal(t, []int{1, 5}, []int{alone, together})
		e.backend.At(fake.AtCommit)
		e.requireFree("probe", 1)
	})
}

// What hangs in a batch keeps nobody else: the others run elsewhere, and what hangs has its own deadline.
func TestReadsOfABatchThatHangsAreRunElsewhere(t *testing.T) {
	for _, stubborn := range []bool{false, true} {
		cfg := sharing(3)
		cfg.Stubborn = stubborn
		bubble(t, cfg, func(t *testing.T, e *env) {
			gate := fake.NewGate()
			g := e.invite("select", 3, 10, map[int][]fake.Step{4: {fake.Wait(gate)}})
			begin := time.Now()
			g.hold.Open()
			g.requireAnswered(0, 1, 2, 3, 5, 6, 7, 8, 9)
			took := time.Since(begin)
			require.Less(t, took, time.Second)
			require.False(t, g.calls[4].ended())
			if !stubborn {
				require.Equal(t, 1, e.backend.Stats().InUse, "the batch is given up, and what hangs runs alone")
			}
			g.calls[4].cancel(context.DeadlineExceeded)
			if !stubborn {
				require.True(t, g.calls[4].ended())
				require.ErrorIs(t, g.calls[4].wait().Err, messages.ErrCanceled)
			}
			gate.Open()
			require.ErrorIs(t, g.calls[4].wait().Err, context.DeadlineExceeded)
			e.requireFree("probe", 3)
		})
	}
}

// Of a write nobody knows whether it is done, so it is run nowhere else; who doesn't want to wait can leave.
func TestWritesOfABatchThatHangsWait(t *testing.T) {
	bubble(t, sharing(2), func(t *testing.T, e *env) {
		gate := fake.NewGate()
		g := e.invite("insert", 2, 4, map[int][]fake.Step{1: {fake.Wait(gate)}})
		g.hold.Open()
		<-gate.Arrived()
		time.Sleep(time.Minute)
		require.Equal(t, []bool{false, false, false, false}, g.answered())
		g.calls[0].cancel(context.DeadlineExceeded)
		g.calls[3].cancel(context.DeadlineExceeded)
		require.Equal(t, []bool{true, false, false, true}, g.answered())
		gate.Open()
		g.requireAnswered(1, 2)
		_, together := e.shared("insert")
		require.Equal(t, 3, together)
	})
}

func TestBatchThatPanics(t *testing.T) {
	for _, sql := range []string{"select", "insert"} {
		t.Run(sql, func(t *testing.T) {
			bubble(t, sharing(1), func(t *testing.T, e *env) {
				g := e.invite(sql, 1, 5, map[int][]fake.Step{2: {fake.Panic("oops")}})
				g.hold.Open()
				for i, c := range g.calls {
					err := c.wait().Err
					switch {
					case i > 2 && err == nil: // it hadn't begun, so it may have been run again
					case sql == "insert" && i <= 2:
						require.ErrorIs(t, err, messages.ErrOutcomeUnknown)
					default:
						require.ErrorIs(t, err, messages.ErrPanic)
						require.NotErrorIs(t, err, messages.ErrOutcomeUnknown)
					}
				}
				require.Equal(t, 1, e.backend.Stats().Spent)
				e.requireFree("probe", 1)
			})
		})
	}
}

func TestBatchWithoutAConnection(t *testing.T) {
	bubble(t, sharing(2), func(t *testing.T, e *env) {
		g := e.invite("insert", 2, 5, nil)
		e.backend.At(fake.AtAcquire, fake.Fail(errBroken))
		g.hold.Open()
		for _, c := range g.calls {
			require.ErrorIs(t, c.wait().Err, messages.ErrUnavailable)
			require.NotErrorIs(t, c.wait().Err, messages.ErrOutcomeUnknown, "nothing was sent")
		}
		e.backend.At(fake.AtAcquire)
		e.requireFree("probe", 2)
	})
}

func TestStopInABatch(t *testing.T) {
	for sql, code := range map[string]messages.Code{"select": messages.ErrShardLost, "insert": messages.ErrOutcomeUnknown} {
		for _, restart := range []bool{false, true} {
			bubble(t, sharing(1), func(t *testing.T, e *env) {
				gate := fake.NewGate()
				defer gate.Open()
				g := e.invite(sql, 1, 4, map[int][]fake.Step{1: {fake.Stubborn(fake.Wait(gate))}})
				g.hold.Open()
				<-gate.Arrived()
				queued := e.execute("update")
				synctest.Wait()
				if restart {
					e.worker.Notify("nonsense") // which makes it panic
				} else {
					require.NoError(t, e.worker.Stop(t.Context()))
				}
				require.Equal(t, []bool{true, true, true, true}, g.answered(), "at once")
				for i, c := range g.calls {
					err := c.wait().Err
					if i <= 1 {
						require.ErrorIs(t, err, code, "guest %d, which had begun: %v", i, err)
						require.NotErrorIs(t, err, messages.ErrUnavailable)
						continue
					}
					require.NotErrorIs(t, err, messages.ErrOutcomeUnknown, "nothing was sent")
					require.Equal(t, queued.wait().Err.(*messages.Error).Code, err.(*messages.Error).Code,
						"guest %d is refused as what waited in the queue: %v", i, err)
				}
				gate.Open()
				if restart {
					e.backend.Reply("update", count(1))
					require.NoError(t, e.execute("update").wait().Err)
					e.requireFree("probe", 1)
				} else {
					require.NoError(t, e.worker.Drained(t.Context()))
				}
				require.Zero(t, e.backend.Stats().InUse)
			})
		}
	}
}
