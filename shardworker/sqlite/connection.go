package sqlite

import (
	"context"
	"sync"
	"time"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// What modernc.org/sqlite does when it is imported, without registering its database/sql driver: on some platforms the
// library needs a patch before its first use. The mutexes set themselves up.
func init() { sqlite3.PatchIssue199() }

// connection is an open database handle. Its lease's user owns it, but for what mu guards.
type connection struct {
	backend     *Backend
	lane        int
	db          uintptr         // *sqlite3; mu guards its end
	tls         *libc.TLS       // the C library's idea of a thread, used by one goroutine at a time
	ctx         context.Context // bounds what is running; nil in between
	lock        lockWait
	busyTimeout time.Duration // bounds a wait for a lock under a context without a deadline

	maxRowBytes int

	statements cache
	controls   controls
	together   cursor  // of the statement of a batch that runs
	current    *cursor // the open cursor, or nil
	cells      []cell  // of the current row
	scratch    scratch
	out        uintptr // room for two pointers that C functions return

	unsettled bool // a user's statement may have changed the connection's own settings or objects

	disarm func() bool // takes back the context's watch; nil if there is none

	member bool // a statement of a batch runs, and ctx is its caller's

	// flag is a C int that is not zero once the connection is stopped. It is C memory for the progress handler to read; see stop.go
	// for what lies behind it.
	flag uintptr
	// wake has a token if the connection was stopped since the run began.
	wake chan struct{}

	resting resting // its place among the idle ones
	placed  bool    // it counts in the backend's OpenLimit

	mu struct {
		sync.Mutex
		lease *lease // who may interrupt it
		run   uint64 // counts what ran: a watch that comes late belongs to an older one
	}
}

// connections finds the connection of a handle for the callbacks, which can't carry a Go pointer.
var connections sync.Map // uintptr → *connection

func newConnection(b *Backend, lane int) *connection {
	c := &connection{backend: b, lane: lane, tls: libc.NewTLS(), wake: make(chan struct{}, 1)}
	c.flag = allocate(c.tls, flagBytes)
	c.out = allocate(c.tls, 2*int(unsafe.Sizeof(uintptr(0))))
	c.scratch.start = allocate(c.tls, scratchBytes)
	c.statements.limit = b.cfg.Statements
	return c
}

// attach gives the connection to l.
func (c *connection) attach(l *lease) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.lease = l
}

// detach takes the connection from its lease, whose interrupts have no effect from then on.
func (c *connection) detach() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.lease = nil
	c.mu.run++
	c.clearStop()
}

// clean makes the connection as a new one is, and reports whether it could. If it couldn't, closing it does the rest.
func (c *connection) clean() bool {
	if c.current != nil {
		c.current.abandon()
	}
	if c.unsettled {
		return false
	}
	return c.autocommit() || c.run("ROLLBACK") == nil && c.autocommit()
}

// close closes the database and gives its memory back. A checkpoint that this would have to wait for is left to others.
func (c *connection) close() {
	if c.db != 0 && sqlite3.Xsqlite3_is_interrupted(c.tls, c.db) != 0 {
		_ = c.run("SELECT 1") // forgets the interrupt, which would stop the checkpoint and leave the -wal file
	}
	c.statements.clear(c)
	c.controls.finalize(c)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.db != 0 {
		sqlite3.Xsqlite3_close_v2(c.tls, c.db)
		connections.Delete(c.db)
	}
	for _, p := range []uintptr{c.flag, c.out, c.scratch.start} {
		libc.Xfree(c.tls, p)
	}
	c.tls.Close()
	c.db, c.flag, c.tls = 0, 0, nil
}

// callback returns the C function pointer of f, which must be declared at the top level.
func callback[F any](f F) uintptr { return *(*uintptr)(unsafe.Pointer(&struct{ f F }{f})) }
