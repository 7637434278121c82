package shardworker_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

// TestStopEndsEverythingAtOnce even where the backend doesn't hear.
func TestStopEndsEverythingAtOnce(t *testing.T) {
	bubble(t, fake.Config{Lanes: []int{2}, Stubborn: true}, func(t *testing.T, e *env) {
		gate := fake.NewGate()
		e.backend.Reply("", count(1).At(fake.AtQuery, fake.Wait(gate)))
		read, write := e.execute("select 1"), e.execute("update t set n = 1", noRows)
		<-gate.Arrived()
		queued := []*call{e.execute("select 2"), e.execute("delete from t", noRows)}
		synctest.Wait()
		require.NoError(t, e.worker.Stop(t.Context()))
		require.Len(t, read.ends, 1)
		require.ErrorIs(t, read.wait().Err, messages.ErrShardLost)
		require.NotErrorIs(t, read.wait().Err, messages.ErrUnavailable)
		require.Len(t, write.ends, 1)
		require.ErrorIs(t, write.wait().Err, messages.ErrOutcomeUnknown)
		require.NotErrorIs(t, write.wait().Err, messages.ErrUnavailable)
		for _, c := range queued {
			require.Len(t, c.ends, 1)
			require.ErrorIs(t, c.wait().Err, messages.ErrUnavailable, "nothing was sent")
		}
		c := e.call("select 3")
		c.Execute.ReplyTo = refused{c}
		e.worker.Tell(&c.Execute)
		require.ErrorIs(t, c.wait().Err, messages.ErrUnavailable)

		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, e.worker.Drained(ctx), context.DeadlineExceeded)
		gate.Open()
		require.NoError(t, e.worker.Drained(t.Context()))
		require.Zero(t, e.backend.Stats().InUse)
	})
}

// refused is the address of a call that the kit refuses, which knows no shards.
type refused struct{ *call }

func (r refused) Tell(msg messages.Message) {
	end, ok := msg.(*messages.End)
	if !ok {
		r.call.Tell(msg)
		return
	}
	e := *end
	if e.Err != nil {
		e.Err = messages.OnShard(e.Err, "asia", "", messages.ErrShardLost)
	}
	r.call.Tell(&e)
}

func TestStopAtEachStage(t *testing.T) {
	for _, at := range stages {
		t.Run(at.name, func(t *testing.T) {
			bubble(t, fake.Config{}, func(t *testing.T, e *env) {
				gate := fake.NewGate()
				at.prepare(e, fake.Wait(gate))
				c := e.execute(at.sql)
				<-gate.Arrived()
				require.NoError(t, e.worker.Stop(t.Context()))
				require.ErrorIs(t, c.wait().Err, messages.ErrShardLost)
				require.NoError(t, e.worker.Drained(t.Context()))
			})
		})
	}
}

// TestPanicsInReceiveAreSurvived more often than protoactor would restart the actor.
func TestPanicsInReceiveAreSurvived(t *testing.T) {
	bubble(t, fake.Config{Lanes: []int{2}}, func(t *testing.T, e *env) {
		gate := fake.NewGate()
		e.backend.Reply("select hold", count(1).At(fake.AtQuery, fake.Wait(gate)))
		e.backend.Reply("read", count(250))
		for range 15 {
			running, alsoRunning, queued := e.execute("select hold"), e.execute("select hold"), e.execute("read")
			synctest.Wait()
			e.worker.Notify("a worker doesn't know this")
			for _, c := range []*call{running, alsoRunning, queued} {
				require.ErrorIs(t, c.wait().Err, messages.ErrPanic)
			}
			require.ErrorIs(t, running.wait().Err, messages.ErrShardLost)
			require.NoError(t, e.execute("read").wait().Err)
		}
		e.requireFree("probe", 2)
		gate.Open()
	})
}

func TestPanicOfTheClassifier(t *testing.T) {
	panics, lane := true, 0
	cfg := fake.Config{Lane: func(string, bool) int {
		if panics {
			panic("oops")
		}
		return lane
	}}
	bubble(t, cfg, func(t *testing.T, e *env) {
		e.backend.Reply("", count(1))
		c := e.call("select")
		c.Execute.ReplyTo = refused{c}
		e.worker.Tell(&c.Execute)
		require.ErrorIs(t, c.wait().Err, messages.ErrPanic)
		panics = false

		lane = 7
		other := e.call("select")
		other.Execute.ReplyTo = refused{other}
		e.worker.Tell(&other.Execute)
		require.ErrorIs(t, other.wait().Err, messages.ErrPanic)
		lane = 0
		e.requireFree("probe", 4)
	})
}

func TestBackendPanicsAtEachPoint(t *testing.T) {
	for _, at := range stages {
		t.Run(at.name, func(t *testing.T) {
			bubble(t, fake.Config{}, func(t *testing.T, e *env) {
				at.prepare(e, fake.Panic("oops"))
				for range 5 {
					err := e.execute(at.sql).wait().Err
					require.ErrorIs(t, err, messages.ErrPanic)
					require.ErrorContains(t, err, "oops")
				}
				err := e.execute("update t set n = 1", noRows).wait().Err
				if at.acquired > 0 && at.name != "reading" {
					require.ErrorIs(t, err, messages.ErrOutcomeUnknown)
				}
				e.backend.At(fake.AtAcquire)
				e.requireFree("probe", 4)
			})
		})
	}
}

// clumsy is a backend whose connections panic where nobody expects it.
type clumsy struct {
	*fake.Backend
	interrupt, release bool
}

type clumsyConn struct {
	shardworker.Conn
	b *clumsy
}

func (b *clumsy) Acquire(ctx context.Context, lane int) (shardworker.Conn, error) {
	conn, err := b.Backend.Acquire(ctx, lane)
	if err != nil {
		return nil, err
	}
	return &clumsyConn{conn, b}, nil
}

func (c *clumsyConn) Interrupt() {
	c.Conn.Interrupt()
	if c.b.interrupt {
		panic("interrupt")
	}
}

func (c *clumsyConn) Release() {
	c.Conn.Release()
	if c.b.release {
		panic("release")
	}
}

func TestPanicsWhileLettingGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEnv(t, actors.New(discard), fake.Config{})
		defer e.close()
		require.NoError(t, e.worker.Stop(t.Context()))
		b := &clumsy{Backend: e.backend}
		w, err := shardworker.Spawn("clumsy", shardworker.Config{ID: "asia", Backend: b, System: e.system, Logger: discard})
		require.NoError(t, err)
		e.worker = w
		e.backend.Reply("read", count(3))
		e.backend.Reply("panic", count(3).At(fake.AtRow(1), fake.Panic("oops")))
		b.release = true
		require.NoError(t, e.execute("read").wait().Err, "the answer is there")
		b.interrupt = true
		require.ErrorIs(t, e.execute("panic").wait().Err, messages.ErrPanic)
		e.requireFree("probe", 4)
	})
}

func TestRespawn(t *testing.T) {
	bubble(t, fake.Config{Lanes: []int{1}}, func(t *testing.T, e *env) {
		e.backend.Reply("", count(1))
		require.NoError(t, e.worker.Stop(t.Context()))
		old := e.worker
		w, err := old.Respawn("worker")
		require.NoError(t, err)
		require.Equal(t, old.Shard(), w.Shard())
		e.worker = w
		require.NoError(t, e.execute("select").wait().Err)
		_, err = old.Respawn("worker")
		require.ErrorIs(t, err, messages.ErrInvalidConfig)
	})
}

// TestRespawnKeepsCount: a connection that a job of the stopped actor still holds is not given to another job.
func TestRespawnKeepsCount(t *testing.T) {
	bubble(t, fake.Config{Lanes: []int{1}, Stubborn: true}, func(t *testing.T, e *env) {
		gate := fake.NewGate()
		e.backend.Reply("select stuck", count(1).At(fake.AtQuery, fake.Wait(gate)))
		e.backend.Reply("select", count(1))
		stuck := e.execute("select stuck")
		<-gate.Arrived()
		require.NoError(t, e.worker.Stop(t.Context()))
		require.ErrorIs(t, stuck.wait().Err, messages.ErrShardLost)
		w, err := e.worker.Respawn("worker")
		require.NoError(t, err)
		e.worker = w
		waiting := e.execute("select") // the fake panics if it is asked for more than it has
		synctest.Wait()
		require.False(t, waiting.ended())
		gate.Open()
		require.NoError(t, waiting.wait().Err)
		require.Equal(t, 1, e.backend.Stats().MaxInUse)
		e.requireFree("select", 1)
	})
}

// TestFirstRowsAreNotHeldBack: nobody can ask for the first rows, because the columns come with them.
func TestFirstRowsAreNotHeldBack(t *testing.T) {
	bubble(t, fake.Config{}, func(t *testing.T, e *env) {
		gate := fake.NewGate()
		e.backend.Reply("select", count(6).At(fake.AtRow(5), fake.Wait(gate)))
		x := e.execute("select")
		synctest.Wait()
		require.Equal(t, 5, x.got())
		gate.Open()
		require.NoError(t, x.wait().Err)
		require.Equal(t, 6, x.got())
	})
}
