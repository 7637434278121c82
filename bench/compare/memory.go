package compare

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"time"

	"github.com/troupedb/troupe/bench/compare/load"
	"github.com/troupedb/troupe/bench/compare/sqlpeer"
	"github.com/troupedb/troupe/bench/results"
	"github.com/troupedb/troupe/coordinator"
)

// memoryWork is what a process does whose memory is measured.
type memoryWork string

const (
	idleShards    memoryWork = "idle"
	openShards    memoryWork = "open"
	openPlain     memoryWork = "open-plain"
	streamSQLite  memoryWork = "stream-sqlite"
	streamServer  memoryWork = "stream-postgres"
	memoryCommand            = "memory" // the hidden command of that process
)

// memoryRequest is what such a process is asked for: once, because memory that was freed would hide what comes next.
type memoryRequest struct {
	Work      memoryWork `json:"work"`
	Paths     []string   `json:"paths,omitempty"`     // of files
	DSN       string     `json:"dsn,omitempty"`       // of a server; never on a command line, which everybody can read
	Databases []string   `json:"databases,omitempty"` // there
	Customers int        `json:"customers"`           // of each
	Times     int        `json:"times,omitempty"`     // that a stream reads them
}

type memoryAnswer struct {
	Round results.Round `json:"round"`
	Err   string        `json:"err,omitempty"`
}

// measureMemory has a new process of this program do the work.
func (s *stage) measureMemory(r memoryRequest) (results.Round, error) {
	self, err := os.Executable()
	if err != nil {
		return results.Round{}, err
	}
	c, err := start(self, Command, memoryCommand)
	if err != nil {
		return results.Round{}, err
	}
	var a memoryAnswer
	if err := c.ask(r, &a); err != nil {
		return results.Round{}, err
	}
	err = c.close()
	if a.Err != "" {
		err = errors.Join(errors.New(a.Err), err)
	}
	if err == nil && a.Round.PeakRSS == 0 {
		err = skipped("/proc doesn't tell how much memory a process has")
	}
	return a.Round, err
}

// serveMemory is that process.
func serveMemory(ctx context.Context, in io.Reader, out, stderr io.Writer) error {
	var r memoryRequest
	if err := json.NewDecoder(in).Decode(&r); err != nil {
		return fmt.Errorf("the request can't be read: %w", err)
	}
	s, err := newStage(&options{postgres: r.DSN}, stderr)
	if err != nil {
		return err
	}
	round, err := s.remember(ctx, r)
	a := memoryAnswer{Round: round}
	if err := errors.Join(err, s.close()); err != nil {
		a.Err = err.Error()
	}
	return json.NewEncoder(out).Encode(a)
}

func (s *stage) remember(ctx context.Context, r memoryRequest) (results.Round, error) {
	switch r.Work {
	case idleShards, openShards:
		return resting(r.Paths, func(paths []string) error {
			t, err := s.spawn(ctx, sqliteShards(paths))
			if err != nil || r.Work == idleShards {
				return err
			}
			return countAll(t, len(paths))
		})
	case openPlain:
		return resting(r.Paths, func(paths []string) error {
			peer, err := sqlpeer.Open(sqlpeer.Spec{Driver: "sqlite", Sources: sources(paths, moderncSource), Conns: 1, Customers: r.Customers})
			if err != nil {
				return err
			}
			s.onReset(peer.Close)
			_, err = peer.Count(1, time.Nanosecond)
			return err
		})
	case streamSQLite, streamServer:
		return s.stream(ctx, r)
	}
	return results.Round{}, fmt.Errorf("no work is called %q", string(r.Work))
}

// resting returns by how much the memory grew by what do has made of all files but the first, once all garbage is gone. The first one was for
// what a process needs once: code, actors, and SQLite.
func resting(paths []string, do func(paths []string) error) (results.Round, error) {
	if len(paths) < 2 {
		return results.Round{}, errors.New("there are no files")
	}
	if err := do(paths[:1]); err != nil {
		return results.Round{}, err
	}
	before := settled()
	crew := new(load.Crew)
	round, err := crew.Once(func() (int, error) { return len(paths) - 1, do(paths[1:]) })
	if before > 0 {
		round.PeakRSS = max(1, settled()-before)
	}
	return round, err
}

// settled returns the resident memory when garbage was collected and given back.
func settled() int64 {
	runtime.GC()
	debug.FreeOSMemory()
	return load.Resident()
}

// stream reads all customers several times over as one stream, by a reader that takes its time.
func (s *stage) stream(ctx context.Context, r memoryRequest) (results.Round, error) {
	var t *coordinator.Troupe
	var err error
	if r.Work == streamServer {
		t, _, err = s.postgresTroupe(ctx, r.Databases, false)
	} else {
		cfg := sqliteShards(r.Paths)
		for i := range cfg.Shards { // SQLite's own page caches aren't the stream's: hardly any
			cfg.Shards[i].DSN += "?cache_bytes=65536"
		}
		t, err = s.spawn(ctx, cfg)
	}
	if err != nil {
		return results.Round{}, err
	}
	if err := warmStream(t, r.Customers); err != nil {
		return results.Round{}, err
	}
	settled()
	return new(load.Crew).Once(func() (int, error) {
		sum, err := readStream(t, r.Customers, time.Now())
		if err != nil {
			return 0, err
		}
		return int(sum.Rows), sum.Check(databases*r.Times, r.Customers)
	})
}
