package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"sync"
	"sync/atomic"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/troupedb/troupe/internal/linked"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

var (
	_ shardworker.Backend = (*Backend)(nil)
	_ shardworker.Located = (*Backend)(nil)
)

// The lanes.
const (
	readers = iota
	writer
	lanes
)

// Backend is one SQLite database. Its connections are opened when they are first needed, and kept.
type Backend struct {
	cfg   Config
	file  string
	vfs   string
	flags int32

	free    [lanes]chan struct{} // a token for each connection that isn't leased
	closing chan struct{}        // closed when Close begins
	drained chan struct{}        // made by Close, closed when all connections are closed
	keeper  *connection          // keeps a database in memory alive until Close; else nil

	mu struct {
		sync.Mutex
		closed      bool
		closingIdle bool                 // Close's goroutine has yet to close what was idle
		idle        [lanes][]*connection // some of which the OpenLimit may be closing
		leases      linked.List[lease]
		used        bool            // a connection to a file was opened
		tidying     context.Context // Close's: bounds the removal of these files
	}
}

// privateNames counts the databases in memory that have no name.
var privateNames atomic.Uint64

// New returns a backend for the database that cfg describes. A file is opened when a connection is first acquired; a
// database in memory is there at once, until Close.
func New(cfg Config) (*Backend, error) {
	cfg, err := cfg.complete()
	if err != nil {
		return nil, err
	}
	b := &Backend{cfg: cfg, closing: make(chan struct{})}
	for lane, n := range b.Lanes() {
		b.free[lane] = make(chan struct{}, n)
		for range n {
			b.free[lane] <- struct{}{}
		}
	}
	if err := b.locate(); err != nil {
		return nil, err
	}
	if cfg.Mode != Memory {
		return b, nil
	}
	b.keeper = newConnection(b, writer)
	if err := b.open(context.Background(), b.keeper); err != nil {
		b.keeper.close()
		return nil, err
	}
	return b, nil
}

// locate finds what to open. A path is made absolute, so that a later change of the working directory doesn't matter.
func (b *Backend) locate() error {
	switch b.cfg.Mode {
	case ReadOnly:
		b.flags = sqlite3.SQLITE_OPEN_READONLY
	case ReadWrite:
		b.flags = sqlite3.SQLITE_OPEN_READWRITE
	default:
		b.flags = sqlite3.SQLITE_OPEN_READWRITE | sqlite3.SQLITE_OPEN_CREATE
	}
	if b.cfg.Mode == Memory {
		b.vfs, b.file = memoryVFS, "/"+b.cfg.Path
		if b.cfg.Path == "" {
			b.file = fmt.Sprintf("/troupe private %d", privateNames.Add(1))
		}
		return nil
	}
	file, err := filepath.Abs(b.cfg.Path)
	if err != nil {
		return &messages.Error{Code: messages.ErrInvalidConfig, Op: "sqlite", Detail: "the path can't be made absolute", Err: err}
	}
	b.file = file
	return nil
}

// Dialect returns [messages.SQLite].
func (b *Backend) Dialect() messages.Dialect { return messages.SQLite }

// Lanes returns the number of readers and 1, for the writer.
func (b *Backend) Lanes() []int { return []int{readers: b.cfg.Readers, writer: 1} }

// Lane returns the writer's lane if sql may write, and else the readers'.
func (b *Backend) Lane(sql string, _ bool) int {
	if messages.MayWrite(sql) {
		return writer
	}
	return readers
}

// Prompt returns false, but for [Config.CallerRuns]. Waits for locks, and statements between two of SQLite's instructions, end within milliseconds of an
// interrupt, but one long instruction, such as instr or replace on texts of hundreds of kilobytes, may take seconds, and
// a file system that is stuck for ever: a caller that ran it itself would miss its deadline.
func (b *Backend) Prompt() bool { return b.cfg.CallerRuns }
