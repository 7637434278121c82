package session

import (
	"context"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/messages"
)

// Savepoint is a part of a session's transaction that can be taken back by itself. It ends with Release or Rollback, with those of
// one around it, or with the session's Commit or Rollback; afterwards its calls fail, and errors.Is finds pgx.ErrTxClosed.
type Savepoint struct {
	session *Session
	level   *level
}

// Begin flushes, and sets a savepoint on every shard that takes part. Savepoints may be nested.
func (s *Session) Begin(ctx context.Context) (*Savepoint, error) {
	if err := s.enterSound(); err != nil {
		return nil, err
	}
	defer s.leave()
	if err := s.flush(ctx, nil); err != nil {
		return nil, err
	}
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	tx, err := s.tx.Begin(ctx)
	if err != nil {
		return nil, err
	}
	l := newLevel(tx)
	s.levels = append(s.levels, l)
	return &Savepoint{s, l}, nil
}

// depth returns where the savepoint is among the session's levels.
func (p *Savepoint) depth() (int, error) {
	depth := slices.Index(p.session.levels, p.level)
	if depth < 0 {
		return 0, &messages.Error{Code: messages.ErrInvalidRequest, Op: "savepoint", Detail: "it has ended", Err: pgx.ErrTxClosed}
	}
	return depth, nil
}

// Release flushes, and makes what was done since the savepoint part of what is around it.
func (p *Savepoint) Release(ctx context.Context) error {
	s := p.session
	if err := s.enterSound(); err != nil {
		return err
	}
	defer s.leave()
	depth, err := p.depth()
	if err != nil {
		return err
	}
	if err := s.flush(ctx, nil); err != nil {
		return err
	}
	if err := p.level.savepoint.Commit(ctx); err != nil {
		s.failed = err
		return err
	}
	for len(s.levels) > depth {
		s.release()
	}
	return nil
}

// Rollback takes back what was done since the savepoint: the session's objects are what they were then, and are read anew when they are
// asked for next. It makes a session usable again whose Flush has failed since.
func (p *Savepoint) Rollback(ctx context.Context) error {
	s := p.session
	if err := s.take(); err != nil {
		return err
	}
	defer s.leave()
	depth, err := p.depth()
	if err != nil {
		return err
	}
	if err := p.level.savepoint.Rollback(ctx); err != nil {
		s.failed = err
		return err
	}
	s.failed = nil
	s.undo(depth, everyEntry)
	return nil
}
