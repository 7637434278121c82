package session

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// Commit flushes and commits, see [coordinator.Tx.Commit]. The objects stay the session's, and are read anew when they are asked for next,
// if they haven't been changed by then; the next call begins another transaction.
//
// If nothing could be committed, all is as after Rollback. After a [coordinator.CommitError] the objects of each shard are what its
// outcome says: as after a commit, as after a rollback, or, where the outcome is unknown, expired. Those of the last kind that were
// written have to be read, by [Session.Refresh], or by [Get] if they were not changed, before the session writes again: until then Flush is
// [messages.ErrInvalidRequest].
func (s *Session) Commit(ctx context.Context) error {
	if err := s.enterSound(); err != nil {
		return err
	}
	defer s.leave()
	return s.commit(ctx)
}

func (s *Session) commit(ctx context.Context) error {
	if err := s.flush(ctx, nil); err != nil {
		return err
	}
	if s.tx == nil {
		s.committed(everyEntry)
		s.levels = []*level{newLevel(nil)}
		return nil
	}
	for _, target := range targetsFirst(s.moves) {
		if err := s.tx.CommitFirst(target); err != nil {
			return err
		}
	}
	err := s.tx.Commit(ctx)
	if errors.Is(err, messages.ErrInvalidRequest) && !errors.Is(err, pgx.ErrTxClosed) {
		return err // rows of the transaction are open, which goes on
	}
	s.forgetTx()
	had := s.lasting
	s.lasting = true
	var partial *coordinator.CommitError
	switch {
	case err == nil:
		s.committed(everyEntry)
	case errors.As(err, &partial):
		s.undo(0, onShards(partial.Failed))
		s.committed(onShards(partial.Committed))
		s.doubt(onShards(partial.Unknown))
	case errors.Is(err, messages.ErrOutcomeUnknown), errors.Is(err, messages.ErrShardLost):
		s.doubt(everyEntry)
	default:
		s.lasting = had
		s.undo(0, everyEntry)
	}
	s.levels = []*level{newLevel(nil)}
	return err
}

func everyEntry(*entry) bool { return true }

// onShards returns whether an entry's row is, or was, on one of the shards of outcomes.
func onShards(outcomes []coordinator.CommitOutcome) func(*entry) bool {
	shards := map[messages.ShardID]bool{}
	for _, o := range outcomes {
		shards[o.Shard] = true
	}
	return func(e *entry) bool { return shards[e.key.Shard] }
}

// committed makes what the entries are permanent.
func (s *Session) committed(which func(*entry) bool) {
	for _, e := range s.entries {
		if !which(e) {
			continue
		}
		e.settled()
		e.written = false
		switch e.state {
		case persistent:
			e.expired = true
		case gone:
			forgetKey(e.object, e.key)
		}
	}
}

// doubt expires entries of which nobody knows what their rows are.
func (s *Session) doubt(which func(*entry) bool) {
	for _, e := range s.entries {
		if which(e) {
			e.doubted = e.state == persistent && e.written
			e.expired, e.written = true, false
			e.settled()
		}
	}
}

// checkDoubt refuses to compare objects with rows that may never have been written: a value that is set once more, as it should be by
// then, would be no change.
func (s *Session) checkDoubt() error {
	for _, e := range s.entries {
		if e.there() && e.doubted {
			return inDoubt(e)
		}
	}
	return nil
}

func inDoubt(e *entry) error {
	return invalid("what %v is isn't known, after a commit whose outcome is unknown, or because it was read after changes that were rolled back: "+
		"Refresh it before anything is written", e.key)
}

func (s *Session) forgetTx() {
	s.met = s.tx.Shards()
	s.tx, s.moves = nil, nil
	s.endTx()
}

// Rollback takes back what was done since the session began, or since the last Commit or Rollback: added objects aren't the session's any
// more and have no key, deleted ones are there again, and changed ones have the values that they had. All of them are read
// anew when they are asked for next. An error is one of telling a database so, which has lost its connection then, and with it the transaction.
func (s *Session) Rollback(ctx context.Context) error {
	if err := s.take(); err != nil {
		return err
	}
	defer s.leave()
	return s.rollback(ctx)
}

func (s *Session) rollback(ctx context.Context) error {
	var err error
	if s.tx != nil {
		if err = s.tx.Rollback(ctx); errors.Is(err, pgx.ErrTxClosed) {
			err = nil // its context had ended, and that had rolled it back
		}
		s.forgetTx()
	}
	s.failed = nil
	s.undo(0, everyEntry)
	return err
}
