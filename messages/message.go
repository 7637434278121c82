package messages

// Message is the sealed set of what actors of troupe say to each other: pointers to the structs of this package.
// A message is immutable once it was sent.
type Message interface {
	message()
}

// Request is what an application may send to the coordinator: [Query], [Exec] or [Get].
type Request interface {
	Message
	// RouteOptions returns how the request wants to be routed and gathered.
	RouteOptions() Options
}

// Address is where a message can be sent. The actor kit's references and streams are addresses; a test may pass any.
type Address interface {
	// Tell delivers msg or refuses it, and never blocks. It is safe for concurrent use, and the caller must hold no
	// lock: an idle receiver may run on the caller's goroutine.
	Tell(msg Message)
}

// CallID numbers a call within one process. It ties every message of a call together.
type CallID uint64
