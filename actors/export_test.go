package actors

import "github.com/asynkron/protoactor-go/actor"

// Process returns s as protoactor's registry knows it.
func (s *Stream) Process() actor.Process { return (*streamProcess)(s) }
