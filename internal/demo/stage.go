package demo

import (
	"context"
	"errors"
	"log/slog"
	"net/url"
	"path/filepath"
	"time"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// Stage is what a program plays on. One goroutine uses it at a time.
type Stage struct {
	*Report
	// Dir is a temporary directory, which is removed when the program ends.
	Dir string
	// DSN is what -dsn says if all shards are in one database, and else DSNs is; empty without -dsn.
	DSN  shardworker.DSN
	DSNs map[messages.ShardID]shardworker.DSN
	// Log writes to stderr. Echo does too with -echo, and else is nil.
	Log, Echo *slog.Logger
	// Troupe is there when the program plays.
	Troupe *coordinator.Troupe

	ids     []messages.ShardID // of the program's shards
	explain bool
	timeout time.Duration
}

// File returns the DSN of a SQLite file in the stage's directory.
func (s *Stage) File(name string) shardworker.DSN {
	return shardworker.DSN("sqlite:" + url.PathEscape(filepath.Join(s.Dir, name))) // the directory's name may have a "?" or "%"
}

// Databases returns the program's shards, each a database of its own: what -dsn says of it, or else a file.
func (s *Stage) Databases() []shardworker.Shard {
	var shards []shardworker.Shard
	for _, id := range s.ids {
		dsn, ok := s.DSNs[id]
		if !ok {
			dsn = s.File(string(id) + ".db")
		}
		shards = append(shards, shardworker.Shard{ID: id, DSN: dsn})
	}
	return shards
}

// Take takes steps one after the other, up to the first that fails.
func (s *Stage) Take(ctx context.Context, steps ...func(context.Context) error) error {
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Explain prints, with -explain, what the troupe does with a statement: nothing is run for it.
func (s *Stage) Explain(ctx context.Context, sql string, args ...any) error {
	if !s.explain {
		return nil
	}
	plan, err := s.Troupe.Explain(ctx, sql, args...)
	if err != nil {
		return err
	}
	s.Printf("%v", plan)
	return nil
}

// Dialect returns which SQL a shard speaks.
func (s *Stage) Dialect(id messages.ShardID) (messages.Dialect, error) {
	backend, err := s.Troupe.Shard(id)
	if err != nil {
		return 0, err
	}
	return backend.Dialect(), nil
}

// show prints what the shards are.
func (s *Stage) show(shards []shardworker.Shard) error {
	for _, shard := range shards {
		dialect, err := s.Dialect(shard.ID)
		if err != nil {
			return err
		}
		s.engines = append(s.engines, dialect.String())
		place := ""
		switch {
		case shard.Names.Schema != "":
			place = ", schema " + shard.Names.Schema
		case shard.Names.Prefix != "":
			place = ", tables " + shard.Names.Prefix + "…"
		}
		s.Printf("shard %-14s %v%s\n", shard.ID, dialect, place)
	}
	return nil
}

// closeBackends closes what was opened for a troupe that there won't be.
func closeBackends(ctx context.Context, shards []shardworker.Shard) error {
	var errs []error
	closed := map[shardworker.Backend]bool{}
	for _, shard := range shards {
		if b := shard.Backend; b != nil && !closed[b] {
			closed[b] = true
			errs = append(errs, b.Close(context.WithoutCancel(ctx)))
		}
	}
	return errors.Join(errs...)
}
