package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/troupedb/troupe/messages"
)

// Register makes the stream addressable in its actor system until it has ended, and returns its PID's id; "" if it has
// ended. Within a process nobody needs it: a stream is an address itself, and the registry costs each call 400 bytes and
// keeps its maps.
func (s *Stream) Register() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.opened && s.mu.running == 0 {
		return ""
	}
	if s.mu.pid == nil {
		registry := s.system.protoactor.ProcessRegistry
		s.mu.pid, _ = registry.Add((*streamProcess)(s), "stream"+registry.NextId())
	}
	return s.mu.pid.Id
}

// unregister undoes Register. REQUIRES: mu is held.
func (s *Stream) unregister() {
	if s.mu.pid != nil {
		s.system.protoactor.ProcessRegistry.Remove(s.mu.pid)
		s.mu.pid = nil
	}
}

// streamProcess is a Stream as protoactor's registry knows it, so that it can be addressed by its PID.
type streamProcess Stream

var _ actor.Process = (*streamProcess)(nil)

func (p *streamProcess) SendUserMessage(_ *actor.PID, message any) {
	if msg, ok := actor.UnwrapEnvelopeMessage(message).(messages.Message); ok {
		(*Stream)(p).Tell(msg)
	}
}

// SendSystemMessage ignores message: a stream watches nobody.
func (p *streamProcess) SendSystemMessage(*actor.PID, any) {}

func (p *streamProcess) Stop(*actor.PID) { (*Stream)(p).Fail(errStopped) }
