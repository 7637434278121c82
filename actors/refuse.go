package actors

import "github.com/troupedb/troupe/messages"

// Refuser is a message that somebody waits for an answer to. Refuse gives that answer when no actor will: the receiver
// has stopped, or panicked on it. It doesn't block.
type Refuser interface {
	Refuse(err error)
}

var errStopped = &messages.Error{Code: messages.ErrUnavailable, Detail: "the actor has stopped"}

func refuse(message any, err error) {
	if r, ok := message.(Refuser); ok {
		r.Refuse(err)
	}
}
