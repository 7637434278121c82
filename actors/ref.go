package actors

import (
	"context"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/troupedb/troupe/messages"
)

// Ref is a reference to a spawned actor. It stays valid after the actor has stopped: what is sent then is refused.
// It is safe for concurrent use.
type Ref struct {
	system *System
	pid    *actor.PID
	box    *mailbox
	done   chan struct{} // closed when the actor has stopped

	watchers watchers
}

var _ messages.Address = (*Ref)(nil)

// Tell sends msg, see [messages.Address]. A message that can't be received any more is refused if it is a [Refuser].
func (r *Ref) Tell(msg messages.Message) {
	if msg == nil {
		panic("bug: nil message")
	}
	r.box.PostUserMessage(msg)
}

// Notify sends an actor a message of its own package, which needs not be of the sealed set.
func (r *Ref) Notify(msg any) {
	if msg == nil {
		panic("bug: nil message")
	}
	r.box.PostUserMessage(msg)
}

// Stop makes the actor stop ahead of what waits in its mailbox, and waits until it has or ctx ends.
func (r *Ref) Stop(ctx context.Context) error {
	r.box.PostSystemMessage(&actor.Stop{}) // not by its PID: that may be another's by now
	select {
	case <-r.done:
		return nil
	default:
	}
	select {
	case <-r.done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Done is closed when the actor has stopped.
func (r *Ref) Done() <-chan struct{} { return r.done }

// String returns the actor's name.
func (r *Ref) String() string { return r.pid.Id }
