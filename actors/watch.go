package actors

import (
	"sync"
	"sync/atomic"
)

// Watch calls f once, on some goroutine, when the actor has stopped; at once if it has stopped already.
// The returned function ends the watch; it doesn't wait for an f that runs, and f may call it.
//
// It isn't protoactor's watch, whose Terminated is the same to an actor of this kit, for a kilobyte less each: there may be many shards.
func (s *System) Watch(ref *Ref, f func()) (unwatch func()) {
	w := &watcher{f: f}
	if !ref.watchers.add(w) {
		f()
		return func() {}
	}
	return func() { ref.watchers.remove(w) }
}

// watchers are told of one actor's end.
type watchers struct {
	sync.Mutex
	first *watcher
	over  bool // the actor has stopped
}

// watcher is one of them.
type watcher struct {
	f    func()
	over atomic.Bool // f was called, or isn't to be
	next *watcher
}

// add reports false if it is too late.
func (ws *watchers) add(w *watcher) bool {
	ws.Lock()
	defer ws.Unlock()
	if ws.over {
		return false
	}
	w.next, ws.first = ws.first, w
	return true
}

// remove takes w away, if it is there.
func (ws *watchers) remove(w *watcher) {
	w.over.Store(true)
	ws.Lock()
	defer ws.Unlock()
	for at := &ws.first; *at != nil; at = &(*at).next {
		if *at == w {
			*at = w.next
			return
		}
	}
}

// tell tells them all that the actor has stopped.
func (ws *watchers) tell() {
	ws.Lock()
	first := ws.first
	ws.first, ws.over = nil, true
	ws.Unlock()
	for w := first; w != nil; w = w.next {
		if !w.over.Swap(true) {
			w.f()
		}
	}
}
