package actors

import (
	"sync/atomic"

	"github.com/asynkron/protoactor-go/actor"
)

// Watch calls f once, on some goroutine, when the actor has stopped; at once if it has stopped already.
// The returned function ends the watch; it doesn't wait for an f that runs, and f may call it.
func (s *System) Watch(ref *Ref, f func()) (unwatch func()) {
	w := &watcher{system: s, f: f}
	registry := s.protoactor.ProcessRegistry
	w.pid, _ = registry.Add(w, "watch"+registry.NextId())
	// The PID remembers the process when it is used first. So a Terminated that crosses an unwatch comes to w too and is
	// ignored: a dead letter would start a goroutine of protoactor's that ends a second later.
	s.protoactor.Root.Send(w.pid, nil)
	ref.box.PostSystemMessage(&actor.Watch{Watcher: w.pid})
	return func() {
		if w.over.Swap(true) {
			return
		}
		registry.Remove(w.pid)
		ref.box.PostSystemMessage(&actor.Unwatch{Watcher: w.pid})
	}
}

// watcher is the process that hears of one actor's end.
type watcher struct {
	system *System
	pid    *actor.PID
	over   atomic.Bool
	f      func()
}

var _ actor.Process = (*watcher)(nil)

// SendUserMessage ignores msg: nobody has a reason to send one.
func (w *watcher) SendUserMessage(*actor.PID, any) {}

func (w *watcher) SendSystemMessage(_ *actor.PID, message any) {
	if _, ok := message.(*actor.Terminated); !ok || w.over.Swap(true) {
		return
	}
	w.system.protoactor.ProcessRegistry.Remove(w.pid)
	w.f()
}

func (w *watcher) Stop(*actor.PID) {}
