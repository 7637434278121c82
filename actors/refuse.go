package actors

import (
	"errors"

	"github.com/troupedb/troupe/messages"
)

// Refuser is a message that somebody waits for an answer to. Refuse gives that answer when no actor will: the receiver
// has stopped, or panicked on it. It doesn't block.
type Refuser interface {
	Refuse(err error)
}

// errStopping is why an actor that stops ends what it has accepted. It has no code: only the actor knows what the stop
// has cut off.
var errStopping = errors.New("the actor has stopped")

// errStopped refuses a message that no actor has received.
var errStopped = &messages.Error{Code: messages.ErrUnavailable, Err: errStopping}

func refuse(message any, err error) {
	if r, ok := message.(Refuser); ok {
		r.Refuse(err)
	}
}
