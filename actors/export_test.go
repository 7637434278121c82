package actors

import "github.com/asynkron/protoactor-go/actor"

// Protoactor returns what s wraps.
func Protoactor(s *System) *actor.ActorSystem { return s.protoactor }
