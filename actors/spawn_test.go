package actors_test

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/asynkron/protoactor-go/actor"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
)

type secretMessage struct {
	*refusable
	secret string
}

// TestPanicsAreSurvived panics more often than protoactor's own limit of restarts.
func TestPanicsAreSurvived(t *testing.T) {
	logger, lines := logbook()
	var instances, received int
	var stopped []error
	ref, err := system().Spawn(t.Name(), logger, func() actors.Actor {
		instances++
		mine := 0
		return &script{
			receive: func(msg any) {
				received++
				if mine++; mine > 1 {
					t.Error("an instance went on after it had panicked")
				}
				if _, ok := msg.(*secretMessage); ok {
					panic("oops")
				}
			},
			stopped: func(err error) { stopped = append(stopped, err) },
		}
	})
	require.NoError(t, err)
	const panics = 25
	for i := range panics {
		m := &secretMessage{newRefusable(), "hunter2"}
		ref.Notify(m)
		err := soon(t, m.refused)
		require.ErrorIs(t, err, messages.ErrPanic)
		require.ErrorContains(t, err, "oops")
		require.Len(t, stopped, i+1)
		require.ErrorIs(t, stopped[i], messages.ErrPanic)
		require.Equal(t, i+2, instances)
	}
	ref.Notify("fine")
	require.Equal(t, panics+1, received)
	require.NoError(t, ref.Stop(t.Context()))
	require.Len(t, stopped, panics+1)
	require.EqualError(t, stopped[panics], "the actor has stopped")
	require.Contains(t, lines(), "spawn_test.go", "the stack")
	require.NotContains(t, lines(), "hunter2")
}

func TestQueuedMessagesSurviveAPanic(t *testing.T) {
	var self *actors.Ref
	var got []any
	ref := spawn(t, &script{
		started: func(ref *actors.Ref) { self = ref },
		receive: func(msg any) {
			if msg == "panic" {
				self.Notify("a")
				self.Notify("b")
				panic("oops")
			}
			got = append(got, msg)
		},
	})
	ref.Notify("panic")
	require.Equal(t, []any{"a", "b"}, got)
}

func TestPanicsElsewhereAreContained(t *testing.T) {
	works := func(t *testing.T, ref *actors.Ref, trigger bool) {
		t.Helper()
		if trigger {
			m := newRefusable()
			ref.Notify(m)
			require.ErrorIs(t, soon(t, m.refused), messages.ErrPanic)
		}
		ref.Notify("fine")
		require.NoError(t, ref.Stop(t.Context()))
	}
	receive := func(received *int) func(msg any) {
		return func(msg any) {
			if msg != "fine" {
				panic("oops")
			}
			*received++
		}
	}
	t.Run("Started", func(t *testing.T) {
		received := 0
		ref, err := system().Spawn(t.Name(), discard, func() actors.Actor {
			return &script{started: func(*actors.Ref) { panic("starting") }, receive: receive(&received)}
		})
		require.NoError(t, err)
		works(t, ref, true)
		require.Equal(t, 1, received)
	})
	t.Run("Stopped", func(t *testing.T) {
		received := 0
		ref := spawn(t, &script{stopped: func(error) { panic("stopping") }, receive: receive(&received)})
		works(t, ref, true)
		require.Equal(t, 1, received)
	})
	t.Run("Refuse", func(t *testing.T) {
		received, stops := 0, 0
		ref := spawn(t, &script{stopped: func(error) { stops++ }, receive: receive(&received)})
		for range 12 {
			ref.Notify(refuseFunc(func(error) { panic("refusing") }))
		}
		require.Equal(t, 12, stops)
		works(t, ref, false)
		require.Equal(t, 1, received)
	})
	t.Run("the producer", func(t *testing.T) {
		received, made, stops := 0, 0, 0
		ref, err := system().Spawn(t.Name(), discard, func() actors.Actor {
			if made++; made == 2 {
				panic("producing")
			}
			return &script{receive: receive(&received), stopped: func(error) { stops++ }}
		})
		require.NoError(t, err)
		for range 2 { // the second finds no actor, and makes that one be produced
			m := newRefusable()
			ref.Notify(m)
			require.ErrorIs(t, soon(t, m.refused), messages.ErrPanic)
			require.Equal(t, 1, stops, "Stopped is called once for each instance")
		}
		works(t, ref, false)
		require.Equal(t, 1, received)
		require.Equal(t, 2, stops)
	})
}

func TestStop(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	t.Run("twice", func(t *testing.T) {
		stops := 0
		ref := spawn(t, &script{stopped: func(error) { stops++ }})
		require.Equal(t, t.Name(), ref.String())
		require.NoError(t, ref.Stop(t.Context()))
		soon(t, ref.Done())
		require.NoError(t, ref.Stop(t.Context()))
		require.NoError(t, ref.Stop(ended), "what is done is done")
		require.Equal(t, 1, stops)
	})
	t.Run("concurrently", func(t *testing.T) {
		stops := 0
		ref := spawn(t, &script{stopped: func(error) { stops++ }})
		var wg sync.WaitGroup
		for range 16 {
			wg.Go(func() {
				if err := ref.Stop(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		require.Equal(t, 1, stops)
	})
	t.Run("context ends", func(t *testing.T) {
		busy, release := make(chan struct{}), make(chan struct{})
		var first bool
		ref := spawn(t, &script{receive: func(any) {
			if first {
				t.Error("a message came after Stop")
			}
			first = true
			close(busy)
			<-release
		}})
		go ref.Notify(1)
		soon(t, busy)
		m := newRefusable()
		ref.Notify(m)
		require.ErrorIs(t, ref.Stop(ended), context.Canceled)
		close(release)
		soon(t, ref.Done())
		require.ErrorIs(t, soon(t, m.refused), messages.ErrUnavailable, "Stop is ahead of what waits")
	})
	t.Run("within Receive", func(t *testing.T) {
		var self *actors.Ref
		ref := spawn(t, &script{
			started: func(ref *actors.Ref) { self = ref },
			receive: func(any) { _ = self.Stop(ended) },
		})
		ref.Notify(1)
		soon(t, ref.Done())
	})
	t.Run("an old reference", func(t *testing.T) {
		spawnNamed := func() *actors.Ref {
			ref, err := system().Spawn(t.Name(), discard, func() actors.Actor { return &script{} })
			require.NoError(t, err)
			return ref
		}
		old := spawnNamed()
		require.NoError(t, old.Stop(t.Context()))
		young := spawnNamed()
		require.NoError(t, old.Stop(t.Context()))
		select {
		case <-young.Done():
			t.Error("the actor that has the name now was stopped")
		default:
		}
		require.NoError(t, young.Stop(t.Context()))
	})
}

func TestNamesAreUnique(t *testing.T) {
	spawn(t, &script{})
	_, err := system().Spawn(t.Name(), discard, func() actors.Actor { return &script{} })
	require.ErrorIs(t, err, messages.ErrInvalidConfig)
	require.ErrorContains(t, err, t.Name())
	require.True(t, errors.Is(err, actor.ErrNameExists))
}

func TestWrapSharesTheApplicationsSystem(t *testing.T) {
	synctest.Test(t, testWrap) // a dead letter starts a goroutine of protoactor's that ends a second later
}

func testWrap(t *testing.T) {
	app := actor.NewActorSystem(actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return discard }))
	s := actors.Wrap(app)
	got := make(chan any, 2)
	ref, err := s.Spawn("ours", discard, func() actors.Actor { return &script{receive: func(msg any) { got <- msg }} })
	require.NoError(t, err)
	ref.Notify("from us")
	app.Root.Send(app.NewLocalPID("ours"), "from the application")
	require.Equal(t, "from us", soon(t, got))
	require.Equal(t, "from the application", soon(t, got))
	app.Root.Stop(app.NewLocalPID("ours"))
	soon(t, ref.Done())
	m := newRefusable()
	ref.Notify(m)
	require.ErrorIs(t, soon(t, m.refused), messages.ErrUnavailable)

	same := make(chan struct{})
	pid := app.Root.Spawn(actor.PropsFromFunc(func(c actor.Context) {
		if c.Message() == "ping" {
			close(same)
		}
	}))
	app.Root.Send(pid, "ping")
	soon(t, same)
	require.NoError(t, app.Root.StopFuture(pid).Wait())
}

func TestDefaultSystemIsOne(t *testing.T) {
	require.Same(t, actors.Default(), actors.Default())
}
