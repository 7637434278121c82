package actors

import (
	"sync"

	"github.com/asynkron/protoactor-go/actor"
)

// Watch calls f once, on some goroutine, when the actor has stopped; at once if it has stopped already.
// The returned function ends the watch.
func (s *System) Watch(ref *Ref, f func()) (unwatch func()) {
	w := &watcher{system: s, f: f}
	registry := s.protoactor.ProcessRegistry
	w.pid, _ = registry.Add(w, "watch"+registry.NextId())
	tellSystem(s, ref.pid, &actor.Watch{Watcher: w.pid})
	return func() {
		w.once.Do(func() {
			registry.Remove(w.pid)
			tellSystem(s, ref.pid, &actor.Unwatch{Watcher: w.pid})
		})
	}
}

// watcher is the process that hears of one actor's end.
type watcher struct {
	system *System
	pid    *actor.PID
	once   sync.Once
	f      func()
}

var _ actor.Process = (*watcher)(nil)

// SendUserMessage ignores msg: nobody has a reason to send one.
func (w *watcher) SendUserMessage(*actor.PID, any) {}

func (w *watcher) SendSystemMessage(_ *actor.PID, message any) {
	if _, ok := message.(*actor.Terminated); !ok {
		return
	}
	w.once.Do(func() {
		w.system.protoactor.ProcessRegistry.Remove(w.pid)
		w.f()
	})
}

func (w *watcher) Stop(*actor.PID) {}

func tellSystem(s *System, pid *actor.PID, message any) {
	process, _ := s.protoactor.ProcessRegistry.Get(pid)
	process.SendSystemMessage(pid, message)
}
