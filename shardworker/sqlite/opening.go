package sqlite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/troupedb/troupe/messages"
)

// memoryVFS keeps databases whose names begin with a slash in memory, one for all connections of the process. A shared
// cache would do the same, but one lock serializes its readers, and its lock waits know no time-out.
const memoryVFS = "memdb"

const opOpen = "open"

// open opens the database for c and sets it up. The caller closes c if it fails.
func (b *Backend) open(ctx context.Context, c *connection) error {
	c.busyTimeout, c.maxRowBytes = b.cfg.BusyTimeout, b.cfg.MaxRowBytes
	c.begin(ctx)
	defer c.end()
	if rc := c.openHandle(b.file, b.vfs, b.flags); rc != sqlite3.SQLITE_OK {
		return b.explain(c.failed(opOpen, rc))
	}
	if err := b.setUp(c); err != nil {
		return b.explain(err)
	}
	return nil
}

// openHandle opens a handle without mutexes of its own: one goroutine at a time uses it.
func (c *connection) openHandle(file, vfs string, flags int32) int32 {
	name, kind := allocateString(c.tls, file), uintptr(0)
	defer libc.Xfree(c.tls, name)
	if vfs != "" {
		kind = allocateString(c.tls, vfs)
		defer libc.Xfree(c.tls, kind)
	}
	rc := sqlite3.Xsqlite3_open_v2(c.tls, name, c.out, flags|sqlite3.SQLITE_OPEN_NOMUTEX|sqlite3.SQLITE_OPEN_EXRESCODE, kind)
	db := uintptrAt(c.out)
	c.mu.Lock()
	c.db = db
	c.mu.Unlock()
	if db != 0 {
		*(*uintptr)(pointer(c.flag + handleFlag)) = db
		connections.Store(db, c)
	}
	return rc
}

// setUp gives the handle its limits, callbacks and settings.
func (b *Backend) setUp(c *connection) *messages.Error {
	sqlite3.Xsqlite3_limit(c.tls, c.db, sqlite3.SQLITE_LIMIT_LENGTH, int32(b.cfg.MaxRowBytes))
	c.installBusyHandler()
	sqlite3.Xsqlite3_progress_handler(c.tls, c.db, progressSteps, callback(progressHandler), c.flag)
	if !b.cfg.DoubleQuotedTexts {
		c.forbidQuotedTexts()
	}
	settings := []string{
		"PRAGMA synchronous=" + b.cfg.Synchronous,
		"PRAGMA foreign_keys=" + map[bool]string{false: "1", true: "0"}[b.cfg.NoForeignKeys],
	}
	if b.cfg.CacheBytes > 0 {
		settings = append(settings, fmt.Sprintf("PRAGMA cache_size=-%d", max(b.cfg.CacheBytes/1024, 1)))
	}
	for _, sql := range settings {
		if err := c.run(sql); err != nil {
			return err
		}
	}
	if err := b.setJournal(c); err != nil {
		return err
	}
	if c.lane == readers {
		if err := c.run("PRAGMA query_only=1"); err != nil {
			return err
		}
	}
	if b.cfg.OnConnect != "" {
		if err := c.run(b.cfg.OnConnect); err != nil {
			return err
		}
	}
	c.installBusyHandler()
	c.unsettled = false // all this is what a new connection has
	return nil
}

// setJournal sets the journal mode of a file that may be written. WAL stays with the file, so this is a look at its first
// page for all but the first connection. The database must be readable for it, which is how a file that is none shows.
func (b *Backend) setJournal(c *connection) *messages.Error {
	if b.cfg.Mode == Memory {
		return nil
	}
	if c.readOnly() {
		return c.run("SELECT count(*) FROM sqlite_schema")
	}
	mode, err := c.ask("PRAGMA journal_mode=" + b.cfg.Journal)
	for err != nil && err.Code == messages.ErrBusy && c.waitForLock() { // SQLite doesn't wait when it changes the mode
		mode, err = c.ask("PRAGMA journal_mode=" + b.cfg.Journal)
	}
	if err != nil {
		return err
	}
	if !strings.EqualFold(mode, b.cfg.Journal) {
		return &messages.Error{Code: messages.ErrUnavailable, Op: opOpen, Detail: fmt.Sprintf("the database can't have journal mode %s here, it stays %s", b.cfg.Journal, mode)}
	}
	return nil
}

// readOnly reports whether the file can't be written.
func (c *connection) readOnly() bool {
	name := allocateString(c.tls, "main")
	defer libc.Xfree(c.tls, name)
	return sqlite3.Xsqlite3_db_readonly(c.tls, c.db, name) == 1
}

func (c *connection) forbidQuotedTexts() {
	const slot = 8 // of a variable argument
	args := allocate(c.tls, 2*slot)
	defer libc.Xfree(c.tls, args)
	sqlite3.Xsqlite3_db_config(c.tls, c.db, sqlite3.SQLITE_DBCONFIG_DQS_DML, libc.VaList(args, int32(0), uintptr(0)))
}

// explain adds to an error of opening what is wrong with the path, as far as that can be seen.
func (b *Backend) explain(err *messages.Error) *messages.Error {
	err.Op = opOpen
	if err.Code != messages.ErrUnavailable || b.cfg.Mode == Memory || err.Detail != "" {
		return err
	}
	if info, statErr := os.Stat(b.file); statErr == nil && info.IsDir() {
		err.Detail = fmt.Sprintf("%s is a directory", b.file)
	} else if _, dirErr := os.Stat(filepath.Dir(b.file)); dirErr != nil {
		err.Detail = fmt.Sprintf("the directory %s isn't there", filepath.Dir(b.file))
	} else if os.IsNotExist(statErr) && b.cfg.Mode != ReadWriteCreate {
		err.Detail = fmt.Sprintf("there is no file %s, and mode %s doesn't make one", b.file, b.cfg.Mode)
	} else {
		err.Detail = b.file
	}
	return err
}
