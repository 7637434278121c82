package sqlite

import (
	"context"
	"os"
	"runtime"
	"slices"
	"time"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// The last close of a file in WAL deletes its -wal and -shm, and the next open makes them anew, which is most of what opening costs. So a
// connection that is closed to make room leaves them, with nothing in the -wal, and the backend's Close removes them.

// openPlaced opens c when the OpenLimit has a place for it. The caller closes c if it fails.
func (b *Backend) openPlaced(ctx context.Context, c *connection) error {
	if err := b.cfg.Open.enter(ctx, b.closing); err != nil {
		return err
	}
	c.placed = true
	b.mu.Lock()
	b.mu.used = true
	b.mu.Unlock()
	return b.open(ctx, c)
}

// shut closes c, which nobody uses.
func (b *Backend) shut(c *connection) {
	c.close()
	if c.placed {
		b.cfg.Open.leave()
	}
}

// evict closes an idle connection, for the OpenLimit, which counts it.
func (b *Backend) evict(c *connection) {
	c.keepFiles()
	c.close()
	b.mu.Lock()
	idle := b.mu.idle[c.lane]
	b.mu.idle[c.lane] = slices.DeleteFunc(idle, func(other *connection) bool { return other == c })
	last := b.last()
	b.mu.Unlock()
	if last {
		b.drain()
	}
}

// keepFiles makes the close leave the -wal, empty, and the -shm. A -wal with what the checkpoint has written already would have to be read when the
// file is opened again.
func (c *connection) keepFiles() {
	if c.backend.cfg.Journal != "WAL" || c.readOnly() {
		return
	}
	if _, err := c.ask("PRAGMA journal_size_limit=0"); err != nil {
		return // then they aren't kept
	}
	name := allocateString(c.tls, "main")
	defer libc.Xfree(c.tls, name)
	*int32At(c.out) = 1
	sqlite3.Xsqlite3_file_control(c.tls, c.db, name, sqlite3.SQLITE_FCNTL_PERSIST_WAL, c.out)
}

// tidying bounds how many files are opened to be tidied at once.
var tidying = make(chan struct{}, runtime.GOMAXPROCS(0))

// tidy removes what keepFiles has left, or two connections that were closed at once and took each other for one that stays. It does so unless three
// quarters of Close's time are over before: nothing is in these files, so they may stay, and Close isn't to fail for their sake.
func (b *Backend) tidy() {
	b.mu.Lock()
	ctx, used := b.mu.tidying, b.mu.used
	b.mu.Unlock()
	if !used || b.cfg.Mode == ReadOnly || b.cfg.Journal != "WAL" {
		return
	}
	if _, err := os.Stat(withoutLinks(b.file, maxLinks) + "-wal"); err != nil {
		return // the last close has removed it
	}
	if deadline, limited := ctx.Deadline(); limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(deadline)*3/4)
		defer cancel()
	}
	select {
	case tidying <- struct{}{}:
		defer func() { <-tidying }()
	case <-ctx.Done():
		return
	}
	if ctx.Err() != nil {
		return
	}
	c := newConnection(b, writer)
	defer c.close()
	if c.openHandle(b.file, b.vfs, sqlite3.SQLITE_OPEN_READWRITE) == sqlite3.SQLITE_OK {
		_ = c.run("SELECT 1 FROM sqlite_schema") // what can't be read is left as it is
	}
}
