package profile

import (
	"context"
	"errors"
	"log/slog"
	"sync"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// Stage is what the setups and tests of a suite are given: the same one from the suite's first call to its last. Fields are not to be
// changed. Split, Everybody, Answer and Defer may be called by several goroutines at once.
type Stage struct {
	// N is how many iterations a test does, by all clients together.
	N int
	// Clients is how many goroutines do them.
	Clients int
	// Shards are the databases, by DSN. They have different ids, and no names to be translated.
	Shards []shardworker.Shard
	// Dir is a temporary directory, which is removed when the suite ends.
	Dir string
	// Log writes to stderr. Echo does too with --echo, and else is nil.
	Log, Echo *slog.Logger
	// Troupe is what Spawn has made; nil before.
	Troupe *coordinator.Troupe

	mu         sync.Mutex
	answer     Answer
	operations int
	closers    []func() error
}

// Spawn makes a troupe of cfg and of the suite's shards, logger and echo, and closes the one that it made before. The suite's end closes
// the last one.
func (s *Stage) Spawn(ctx context.Context, cfg coordinator.Config) error {
	cfg.Shards, cfg.Logger, cfg.Echo = s.Shards, s.Log, s.Echo
	t, err := coordinator.Spawn(ctx, cfg)
	if err != nil {
		return err
	}
	before := s.Troupe
	s.Troupe = t
	return closeTroupe(ctx, before)
}

func closeTroupe(ctx context.Context, t *coordinator.Troupe) error {
	if t == nil {
		return nil
	}
	return t.Close(context.WithoutCancel(ctx)) // bounded by Config.CloseTimeout
}

// IDs returns the ids of the shards.
func (s *Stage) IDs() []messages.ShardID {
	var ids []messages.ShardID
	for _, shard := range s.Shards {
		ids = append(ids, shard.ID)
	}
	return ids
}

// Dialects returns which SQL each shard speaks. REQUIRES: Spawn has succeeded.
func (s *Stage) Dialects() ([]messages.Dialect, error) {
	var dialects []messages.Dialect
	for _, id := range s.IDs() {
		backend, err := s.Troupe.Shard(id)
		if err != nil {
			return nil, err
		}
		dialects = append(dialects, backend.Dialect())
	}
	return dialects, nil
}

// Split has the clients do the iterations at once, each its part of them: f is called with the first of its part, from 0, and how many
// there are, which is never none. The first error ends ctx for the others.
func (s *Stage) Split(ctx context.Context, f func(ctx context.Context, first, count int) error) error {
	s.did(s.N)
	return s.atOnce(ctx, func(ctx context.Context, client int) error {
		first, end := s.N*client/s.Clients, s.N*(client+1)/s.Clients
		if first == end {
			return nil
		}
		return f(ctx, first, end-first)
	})
}

// Everybody has each client do all iterations, all clients at once: for what can't be divided. The first error ends ctx for the others.
func (s *Stage) Everybody(ctx context.Context, f func(ctx context.Context) error) error {
	s.did(s.N * s.Clients)
	return s.atOnce(ctx, func(ctx context.Context, _ int) error { return f(ctx) })
}

func (s *Stage) atOnce(ctx context.Context, f func(ctx context.Context, client int) error) error {
	if s.Clients == 1 {
		return f(ctx, 0)
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	for client := range s.Clients {
		wg.Go(func() {
			if err := f(ctx, client); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

// Answer adds to what the test has found. A test that calls it for a client at a time is judged by all clients' answers together.
func (s *Stage) Answer(a Answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer.Join(a)
}

// Defer has f called when the suite ends, after the troupe is closed; what was deferred last comes first.
func (s *Stage) Defer(f func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closers = append(s.closers, f)
}

func (s *Stage) did(operations int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.operations += operations
}

// begin forgets what the test before has found and done.
func (s *Stage) begin() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer, s.operations = Answer{}, 0
}

// end returns what the test has found and done: its number of iterations if it hasn't said.
func (s *Stage) end() (Answer, int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.operations == 0 {
		return s.answer, s.N
	}
	return s.answer, s.operations
}

func (s *Stage) close(ctx context.Context) error {
	err := closeTroupe(ctx, s.Troupe)
	for i := len(s.closers) - 1; i >= 0; i-- {
		err = errors.Join(err, s.closers[i]())
	}
	return err
}
