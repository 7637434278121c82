package session

import (
	"context"
	"slices"

	"github.com/troupedb/troupe/coordinator"
)

// Run runs f with a session, commits it, and closes it. If f fails or panics, what it did is rolled back.
//
// If f or the commit fails with a [messages.Conflict], f is run again with a new session after a short random pause, up to
// cfg.Tx.MaxAttempts times: so it must have no other effects, or ask [Session.Attempt]. It is not run again if its session has committed
// something before, or where ctx carries a transaction, which only its owner can begin anew.
func Run(ctx context.Context, t *coordinator.Troupe, cfg Config, f func(ctx context.Context, s *Session) error) error {
	return coordinator.Retry(ctx, cfg.Tx.MaxAttempts, func(attempt int) (bool, error) {
		s := New(ctx, t, cfg)
		s.attempt = attempt
		err := s.run(ctx, f)
		cfg.Tx.Shards = slices.Clone(cfg.Tx.Shards)
		for _, shard := range s.met { // they are enlisted at once, in an order that knows no deadlock
			if !slices.Contains(cfg.Tx.Shards, shard) {
				cfg.Tx.Shards = append(cfg.Tx.Shards, shard)
			}
		}
		return !s.lasting && coordinator.TxOf(ctx) == nil, err
	})
}

func (s *Session) run(ctx context.Context, f func(ctx context.Context, s *Session) error) error {
	defer s.Close()
	if err := f(ctx, s); err != nil {
		return err
	}
	return s.Commit(ctx)
}

// Attempt returns how many times [Run] has run its function, this time included; 1 outside of it.
func (s *Session) Attempt() int { return s.attempt }
