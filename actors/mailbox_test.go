package actors_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
)

func TestIdleActorRunsOnItsSender(t *testing.T) {
	var on string
	ref := spawn(t, &script{receive: func(any) { on = goroutine() }})
	for range 50 {
		on = ""
		ref.Notify(1)
		require.Equal(t, goroutine(), on)
	}
}

func TestOneAtATimeAndInOrder(t *testing.T) {
	const senders, each = 16, 2000
	type numbered struct{ sender, n int }
	var next [senders]int // without a lock: the race detector is the judge
	var wrong, received int
	all := make(chan struct{})
	ref := spawn(t, &script{receive: func(msg any) {
		m := msg.(numbered)
		if next[m.sender] != m.n {
			wrong++
		}
		next[m.sender]++
		if received++; received == senders*each {
			close(all)
		}
	}})
	for sender := range senders {
		go func() {
			for n := range each {
				ref.Notify(numbered{sender, n})
			}
		}()
	}
	soon(t, all)
	require.Zero(t, wrong)
}

// TestSenderIsReleased has an actor that always has more to do: its first sender must come back soon nonetheless.
func TestSenderIsReleased(t *testing.T) {
	var self *actors.Ref
	var enough atomic.Bool
	perGoroutine := map[string]int{}
	over := make(chan struct{})
	ref := spawn(t, &script{
		started: func(ref *actors.Ref) { self = ref },
		receive: func(any) {
			perGoroutine[goroutine()]++
			if enough.Load() {
				close(over)
				return
			}
			self.Notify("more")
		},
	})
	sender := goroutine()
	ref.Notify("the first")
	enough.Store(true)
	soon(t, over)
	require.Positive(t, perGoroutine[sender])
	require.LessOrEqual(t, perGoroutine[sender], 17, "what one send may cost its caller")
}

func TestActorTellsItself(t *testing.T) {
	var self *actors.Ref
	depth, deepest, left := 0, 0, 10_000
	over := make(chan struct{})
	ref := spawn(t, &script{
		started: func(ref *actors.Ref) { self = ref },
		receive: func(any) {
			depth++
			deepest = max(deepest, depth)
			if left--; left > 0 {
				self.Notify(1)
			} else if left == 0 {
				close(over)
			}
			depth--
		},
	})
	ref.Notify(1)
	soon(t, over)
	require.Equal(t, 1, deepest, "Receive within Receive")
}

func TestActorsTellEachOtherInARing(t *testing.T) {
	const actorsInRing = 3
	var ring [actorsInRing]*actors.Ref
	var deepest atomic.Int64
	over := make(chan struct{})
	for i := range ring {
		ref, err := system().Spawn(t.Name()+string(rune('a'+i)), discard, func() actors.Actor {
			return &script{receive: func(msg any) {
				frames := make([]uintptr, 2000)
				if n := int64(runtime.Callers(0, frames)); n > deepest.Load() {
					deepest.Store(n)
				}
				if msg == 0 {
					close(over)
					return
				}
				ring[(i+1)%actorsInRing].Notify(msg.(int) - 1)
			}}
		})
		require.NoError(t, err)
		defer func() { require.NoError(t, ref.Stop(t.Context())) }()
		ring[i] = ref
	}
	ring[0].Notify(10_000)
	soon(t, over)
	require.Less(t, deepest.Load(), int64(200), "the stack grows with the hops")
}

func TestNilMessagesPanicAtTheSender(t *testing.T) {
	ref := spawn(t, &script{})
	require.PanicsWithValue(t, "bug: nil message", func() { ref.Tell(nil) })
	require.PanicsWithValue(t, "bug: nil message", func() { ref.Notify(nil) })
}

func TestStoppedActorRefuses(t *testing.T) {
	received := 0
	ref := spawn(t, &script{receive: func(any) { received++ }})
	require.NoError(t, ref.Stop(t.Context()))
	m := newRefusable()
	ref.Notify(m)
	require.ErrorIs(t, soon(t, m.refused), messages.ErrUnavailable)
	ref.Notify("nobody waits for this")
	ref.Tell(&messages.Cancel{})
	require.Zero(t, received)

	var inbox recorder
	ref.Tell(&messages.Execute{Call: 3, Source: 1, ReplyTo: &inbox})
	require.Len(t, inbox.all(), 1)
	end := inbox.all()[0].(*messages.End)
	require.ErrorIs(t, end.Err, messages.ErrUnavailable)
	require.Equal(t, messages.CallID(3), end.Call)
	require.Equal(t, 1, end.Source)
}

// TestStopDropsNothing stops an actor while others send: each message is either received or refused.
func TestStopDropsNothing(t *testing.T) {
	const senders, each = 8, 30
	for range 150 {
		var received, refused atomic.Int64
		ref, err := system().Spawn(t.Name(), discard, func() actors.Actor {
			return &script{receive: func(any) { received.Add(1) }}
		})
		require.NoError(t, err)
		var wg sync.WaitGroup
		for range senders {
			wg.Go(func() {
				for range each {
					ref.Notify(refuseFunc(func(error) { refused.Add(1) }))
				}
			})
		}
		wg.Go(func() { _ = ref.Stop(t.Context()) })
		wg.Wait()
		require.NoError(t, ref.Stop(t.Context()))
		require.EqualValues(t, senders*each, received.Load()+refused.Load())
	}
}

type refuseFunc func(error)

func (f refuseFunc) Refuse(err error) { f(err) }

func BenchmarkNotifyIdle(b *testing.B) {
	n := 0
	ref := spawn(b, &script{receive: func(any) { n++ }})
	msg := any(&messages.Cancel{})
	b.ReportAllocs()
	for b.Loop() {
		ref.Notify(msg)
	}
	require.Positive(b, n)
}
