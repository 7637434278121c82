package session

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

const (
	defaultAttempts = 10
	firstPause      = 2 * time.Millisecond // between two attempts, at the most
	longestPause    = 200 * time.Millisecond
)

// Run runs f with a session, commits it, and closes it. If f fails or panics, what it did is rolled back.
//
// If f or the commit fails with a [messages.Conflict], f is run again with a new session after a short random pause, up to
// cfg.Tx.MaxAttempts times: so it must have no other effects, or ask [Session.Attempt]. It is not run again if its session has committed
// something before, or where ctx carries a transaction, which only its owner can begin anew.
func Run(ctx context.Context, t *coordinator.Troupe, cfg Config, f func(ctx context.Context, s *Session) error) error {
	attempts := cfg.Tx.MaxAttempts
	switch {
	case coordinator.TxOf(ctx) != nil:
		attempts = 1
	case attempts == 0:
		attempts = defaultAttempts
	}
	for attempt := 1; ; attempt++ {
		s := New(ctx, t, cfg)
		s.attempt = attempt
		err := s.run(ctx, f)
		switch {
		case err == nil || !messages.Conflict(err) || s.lasting || coordinator.TxOf(ctx) != nil:
			return err
		case attempt >= attempts:
			return fmt.Errorf("attempt %d, the last one: %w", attempt, err)
		}
		cfg.Tx.Shards = slices.Clone(cfg.Tx.Shards)
		for _, shard := range s.met { // they are enlisted at once, in an order that knows no deadlock
			if !slices.Contains(cfg.Tx.Shards, shard) {
				cfg.Tx.Shards = append(cfg.Tx.Shards, shard)
			}
		}
		if !pause(ctx, attempt) {
			return &messages.Error{
				Code: messages.ErrCanceled, Op: "session",
				Detail: fmt.Sprintf("the context ended after attempt %d", attempt), Err: errors.Join(ctx.Err(), err),
			}
		}
	}
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

// pause waits a random while before the next attempt, and reports false if ctx ends.
func pause(ctx context.Context, attempt int) bool {
	timer := time.NewTimer(rand.N(min(firstPause<<min(attempt, 10), longestPause)))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
