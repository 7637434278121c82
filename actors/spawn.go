package actors

import (
	"fmt"
	"log/slog"
	"runtime/debug"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/troupedb/troupe/messages"
)

// Actor is the behaviour of an actor. Its methods are never run at the same time, but may run on any goroutine, so
// they neither block nor do I/O, and hold no lock while they send.
type Actor interface {
	// Started is called once, before any message.
	Started(self *Ref)
	// Receive handles a message. If it panics, the message is refused with [messages.ErrPanic], Stopped is called with
	// that error, and a new Actor from the same producer takes over: as often as it takes.
	Receive(msg any)
	// Stopped is called once, when the actor stops or is replaced. It ends everything that the actor has accepted:
	// err is why.
	Stopped(err error)
}

// Spawn starts an actor. The name is unique in the system; the logger is told of panics, with the stack.
func (s *System) Spawn(name string, logger *slog.Logger, produce func() Actor) (*Ref, error) {
	ref := &Ref{system: s, box: &mailbox{pool: &s.pool}, done: make(chan struct{})}
	shell := &shell{ref: ref, logger: logger, produce: produce}
	props := actor.PropsFromProducer(func() actor.Actor { return shell },
		actor.WithMailbox(func() actor.Mailbox { return ref.box }))
	pid, err := s.protoactor.Root.SpawnNamed(props, name)
	if err != nil {
		return nil, &messages.Error{Code: messages.ErrInvalidConfig, Op: "spawn", Detail: "actor " + name, Err: err}
	}
	ref.pid = pid
	ref.Notify(start{}) // not protoactor's Started, which comes before pid is known
	return ref, nil
}

type start struct{}

// shell stands between protoactor and an Actor: it recovers, answers and replaces, so that protoactor never sees a panic
// and its limit of ten restarts is never reached.
type shell struct {
	ref     *Ref
	logger  *slog.Logger
	produce func() Actor
	actor   Actor
}

func (s *shell) Receive(c actor.Context) {
	switch msg := c.Message().(type) {
	case *actor.Started, *actor.Restarting:
	case *actor.Stopping:
		if s.actor != nil {
			s.guard("stopping", func() { s.actor.Stopped(errStopping) })
		}
	case *actor.Stopped:
		s.ref.box.close()
		close(s.ref.done)
		s.ref.watchers.tell()
	case start:
		s.replace()
	default:
		s.receive(msg)
	}
}

func (s *shell) receive(msg any) {
	defer func() {
		if r := recover(); r != nil {
			err := s.panicked(msg, r)
			s.guard("refusing", func() { refuse(msg, err) })
			s.guard("stopping after a panic", func() {
				if s.actor != nil {
					s.actor.Stopped(err)
				}
			})
			s.replace()
		}
	}()
	s.actor.Receive(msg)
}

func (s *shell) replace() {
	s.actor = nil // a stopped one must not go on if there is no new one
	s.guard("starting", func() {
		s.actor = s.produce()
		s.actor.Started(s.ref)
	})
}

func (s *shell) guard(what string, f func()) {
	defer func() {
		if r := recover(); r != nil {
			s.logger.Error("actor panicked while "+what, "actor", s.ref.pid.GetId(), "panic", messages.PanicText(r), "stack", string(debug.Stack()))
		}
	}()
	f()
}

// panicked logs a panic with its stack and returns the error for whoever waits. The message itself is not logged: it
// may hold arguments.
func (s *shell) panicked(msg, value any) error {
	s.logger.Error("actor panicked", "actor", s.ref.pid.GetId(), "message", fmt.Sprintf("%T", msg),
		"panic", messages.PanicText(value), "stack", string(debug.Stack()))
	return &messages.Error{Code: messages.ErrPanic, Op: fmt.Sprintf("%T", msg), Detail: messages.PanicText(value)}
}
