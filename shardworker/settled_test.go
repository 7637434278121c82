package shardworker_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

// listener hears what a call is told, before the call does.
type listener struct {
	*call
	heard func(messages.Message)
}

func (l listener) Tell(msg messages.Message) {
	l.heard(msg)
	l.call.Tell(msg)
}

// hearing has heard called with all that the call is told.
func hearing(heard func(c *call, msg messages.Message)) func(*call) {
	return func(c *call) { c.ReplyTo = listener{c, func(msg messages.Message) { heard(c, msg) }} }
}

// TestWhoIsBeingAnsweredCantLeave: once the first rows of a batch's answer are told, the rest follows, whatever comes between.
func TestWhoIsBeingAnsweredCantLeave(t *testing.T) {
	leave := map[string]func(e *env, c *call){
		"cancelled":    func(_ *env, c *call) { c.cancel(errors.New("gone")) },
		"worker stops": func(e *env, _ *call) { require.NoError(e.t, e.worker.Stop(context.Background())) },
	}
	for name, leaves := range leave {
		t.Run(name, func(t *testing.T) {
			bubble(t, sharing(1), func(t *testing.T, e *env) {
				text := fake.Column("t", pgtype.TextOID)
				e.backend.Reply("select", fake.Rows(text).Row("a").Row("b").Redescribe(1, text).Row("c").Redescribe(2, text))
				e.learn("select")
				hold := fake.NewGate()
				e.backend.Reply("hold", count(1).At(fake.AtQuery, fake.Wait(hold)))
				e.execute("hold")
				told := 0
				first := e.execute("select", hearing(func(c *call, msg messages.Message) {
					if _, rows := msg.(*messages.RowBatch); rows && told == 0 {
						leaves(e, c)
					}
					told++
				}))
				second := e.execute("select")
				synctest.Wait()
				hold.Open()
				require.NoError(t, first.wait().Err)
				require.Equal(t, []int{1, 1, 1}, first.batches)
				require.Equal(t, 3, told)
				end := second.wait()
				require.Equal(t, 1, e.backend.Stats().Batches)
				if name == "cancelled" {
					require.NoError(t, end.Err)
					e.requireFree("probe", 1)
				}
			})
		})
	}
}

// TestDrainedMeansAnswered: while an End is being told, the worker isn't drained.
func TestDrainedMeansAnswered(t *testing.T) {
	for name, together := range map[string]bool{"alone": false, "in a batch": true} {
		t.Run(name, func(t *testing.T) {
			bubble(t, sharing(1), func(t *testing.T, e *env) {
				ended, cancel := context.WithCancel(context.Background())
				cancel()
				var drained []error
				heard := hearing(func(c *call, msg messages.Message) {
					if _, ok := msg.(*messages.End); ok {
						drained = append(drained, c.e.worker.Drained(ended))
					}
				})
				e.backend.Reply("select", count(1))
				if !together {
					require.NoError(t, e.execute("select", heard).wait().Err)
				} else {
					e.learn("select")
					synctest.Wait()
					hold := fake.NewGate()
					e.backend.Reply("hold", count(1).At(fake.AtQuery, fake.Wait(hold)))
					e.execute("hold")
					first, second := e.execute("select", heard), e.execute("select")
					synctest.Wait()
					hold.Open()
					require.NoError(t, first.wait().Err)
					require.NoError(t, second.wait().Err)
					require.Equal(t, 1, e.backend.Stats().Batches)
				}
				require.Len(t, drained, 1)
				require.ErrorIs(t, drained[0], context.Canceled)
			})
		})
	}
}

// hollow is a Backend whose batches have an answer with a batch of rows that isn't there.
type hollow struct{ *fake.Backend }

func (h hollow) Acquire(ctx context.Context, lane int) (shardworker.Conn, error) {
	conn, err := h.Backend.Acquire(ctx, lane)
	if err != nil {
		return nil, err
	}
	return hollowConn{conn.(shardworker.BatchConn)}, nil
}

type hollowConn struct{ shardworker.BatchConn }

func (h hollowConn) RunBatch(ctx context.Context, batch []*shardworker.Shared) {
	h.BatchConn.RunBatch(ctx, batch)
	batch[1].Outcome.Batches[0] = nil
}

// TestAnswerThatPanics: each call has its End, and the connection is counted once.
func TestAnswerThatPanics(t *testing.T) {
	bubble(t, sharing(1), func(t *testing.T, e *env) {
		require.NoError(t, e.worker.Stop(context.Background()))
		var err error
		e.worker, err = shardworker.Spawn("hollow", shardworker.Config{ID: "asia", Backend: hollow{e.backend}, System: e.system, Logger: discard})
		require.NoError(t, err)
		g := e.invite("select", 1, 4, nil)
		g.hold.Open()
		for i, c := range g.calls {
			if end := c.wait(); i == 0 {
				require.NoError(t, end.Err)
			} else {
				require.ErrorIs(t, end.Err, messages.ErrPanic)
			}
		}
		e.requireFree("probe", 1)
	})
}

// TestWorkerPanicsWhileABatchRuns: its calls are ended at once, and when the batch comes back its connection is free.
func TestWorkerPanicsWhileABatchRuns(t *testing.T) {
	for sql, code := range map[string]messages.Code{"select": messages.ErrShardLost, "insert": messages.ErrOutcomeUnknown} {
		bubble(t, sharing(1), func(t *testing.T, e *env) {
			gate := fake.NewGate()
			g := e.invite(sql, 1, 4, map[int][]fake.Step{1: {fake.Stubborn(fake.Wait(gate))}})
			g.hold.Open()
			<-gate.Arrived()
			e.worker.Notify("what no worker understands")
			for i, c := range g.calls {
				if err := c.wait().Err; i < 2 {
					require.ErrorIs(t, err, code)
				} else {
					require.ErrorIs(t, err, messages.ErrPanic, "nothing was sent")
					require.NotErrorIs(t, err, code)
				}
			}
			late := e.execute("late")
			require.False(t, late.ended())
			gate.Open()
			require.Error(t, late.wait().Err, "nobody has scripted it")
			e.requireFree("probe", 1)
		})
	}
}
