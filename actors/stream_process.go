package actors

import (
	"github.com/asynkron/protoactor-go/actor"

	"github.com/troupedb/troupe/messages"
)

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
