package coordinator

import (
	"context"
	"errors"
	"time"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// WorkerOf returns the worker that has the shard now.
func (t *Troupe) WorkerOf(id messages.ShardID) *shardworker.Worker {
	return t.workers[t.index[id]].Load()
}

// Coordinator returns the coordinator's reference.
func (t *Troupe) Coordinator() *actors.Ref { return t.self }

// Admitted returns how many calls have a place among those in flight.
func (t *Troupe) Admitted() int { return len(t.inFlight) }

// QueryOutOfRange makes the coordinator panic on a call: its target is a shard that isn't there.
func (t *Troupe) QueryOutOfRange(ctx context.Context) error {
	c := t.newCall(ctx, "select 1", nil, true, messages.Options{})
	c.targets = []int{len(t.cfg.Shards)}
	if err := c.admit(true); err != nil {
		return err
	}
	c.mu.attended = true
	c.submit()
	return c.attend()
}

// AcceptOver has a coordinator accept a call that is over already, and returns how many calls it has then.
func (t *Troupe) AcceptOver(ctx context.Context) (int, error) {
	c := t.newCall(ctx, "select 1", nil, true, messages.Options{})
	if err := errors.Join(c.preset(), c.admit(true)); err != nil {
		return 0, err
	}
	c.stream.Fail(&messages.Error{Code: messages.ErrCanceled})
	actor := &coordinator{troupe: t}
	actor.accept(c)
	return len(t.calls.all()), nil
}

// ClosedDone is closed when the shutdown has ended.
func (t *Troupe) ClosedDone() <-chan struct{} { return t.closed.Future().Done() }

// AgeTexts makes what is known of the shards' collations older.
func (t *Troupe) AgeTexts(by time.Duration) {
	for i := range t.texts {
		s := &t.texts[i]
		s.mu.Lock()
		s.mu.at = s.mu.at.Add(-by)
		s.mu.Unlock()
	}
}

// TextsAsked returns when each shard was asked for its collations.
func (t *Troupe) TextsAsked() []time.Time {
	times := make([]time.Time, len(t.texts))
	for i := range t.texts {
		s := &t.texts[i]
		s.mu.Lock()
		times[i] = s.mu.at
		s.mu.Unlock()
	}
	return times
}
