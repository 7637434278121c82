package actors

import (
	"log/slog"
	"sync"

	"github.com/asynkron/protoactor-go/actor"

	"github.com/troupedb/troupe/messages"
)

// System is where actors live: protoactor's actor system and the goroutines that run jobs. One per process is enough
// and [Default] is it, because an actor system costs 2.9 MB. It is safe for concurrent use.
type System struct {
	protoactor *actor.ActorSystem
	pool       goroutines

	mu struct {
		sync.Mutex
		users int
	}
}

var defaultSystem = sync.OnceValue(func() *System {
	return New(slog.New(slog.DiscardHandler))
})

// Default returns the process's own system, made on first use. Protoactor's own log lines are dropped: what matters is
// answered as an error.
func Default() *System { return defaultSystem() }

// New returns a system of its own, whose protoactor logs to logger. Most programs want [Default].
func New(logger *slog.Logger) *System {
	return Wrap(actor.NewActorSystem(
		actor.WithLoggerFactory(func(*actor.ActorSystem) *slog.Logger { return logger }),
		actor.WithDeadLetterRequestLogging(false), // a message may hold arguments
	))
}

// Wrap returns a system on an actor system that the application has already. The application goes on owning it, and
// shuts it down after everything on it is closed.
func Wrap(protoactor *actor.ActorSystem) *System { return &System{protoactor: protoactor} }

// Go runs job on a goroutine of the system, at once. The job recovers its own panics.
func (s *System) Go(job messages.Job) { s.pool.Go(job) }

// Use declares a user of the system. While there is one, idle goroutines are kept for the next job.
func (s *System) Use() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mu.users++
	s.pool.setKeep(true)
}

// Unuse undoes one Use. When the last user has gone, the idle goroutines end.
func (s *System) Unuse() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.mu.users--; s.mu.users == 0 {
		s.pool.setKeep(false)
	}
}
