package coordinator

import (
	"context"
	"slices"
	"sync"

	"github.com/troupedb/troupe/messages"
)

// Touched is what the calls of a context were sent, see [WatchTouched]. It is safe for concurrent use.
type Touched struct {
	outer *Touched // that of the context that this one's was made of; nil if there was none
	mu    struct {
		sync.Mutex
		calls []TouchedCall
	}
}

// TouchedCall is one call that was sent.
type TouchedCall struct {
	// SQL is the statement as it was asked; a Get's or Add's is the one that was made for it.
	SQL string
	// Shards are the shards that it was sent to, in the order in which they were chosen.
	Shards []messages.ShardID
}

// WatchTouched returns a context whose calls are noted in the result before they are sent: what a test asks which shards
// a call touched, through generated code too. What a chooser asks with the context that it is given is noted as well. Calls that fail
// before anything is sent aren't. A context that is watched already goes on being watched, too.
func WatchTouched(ctx context.Context) (context.Context, *Touched) {
	p := pinOf(ctx)
	p.touched = &Touched{outer: p.touched}
	return p.in(ctx), p.touched
}

// Calls returns the calls so far, in the order in which they were routed.
func (t *Touched) Calls() []TouchedCall {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.Clone(t.mu.calls)
}

// Shards returns the shards that any of the calls was sent to, each once, sorted.
func (t *Touched) Shards() []messages.ShardID {
	var shards []messages.ShardID
	for _, c := range t.Calls() {
		shards = append(shards, c.Shards...)
	}
	slices.Sort(shards)
	return slices.Compact(shards)
}

// Reset forgets the calls so far.
func (t *Touched) Reset() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mu.calls = nil
}

func (t *Touched) note(c TouchedCall) {
	if t.outer != nil {
		t.outer.note(c)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mu.calls = append(t.mu.calls, c)
}
