package sqlite

import (
	"context"
	"sync/atomic"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// What runs on a connection is stopped by the end of its context, by its lease's Interrupt, or by the backend's Close.
// Three things happen then: a flag is set, which the progress handler reads; a wait for a lock is woken; and SQLite's own
// interrupt reaches some of the long instructions in which no progress handler is called. Nothing reaches a single call of
// a function on long texts, nor a call of the operating system.

// begin starts a run under ctx: the context's end stops it.
func (c *connection) begin(ctx context.Context) {
	c.ctx = ctx
	c.lock = lockWait{}
	if c.unsettled {
		c.installBusyHandler()
	}
	if ctx.Done() == nil {
		return
	}
	c.mu.Lock()
	run := c.mu.run
	c.mu.Unlock()
	c.disarm = context.AfterFunc(ctx, func() { c.stopRun(run) })
}

// end ends the run. The next one can't be hit by what was meant for it.
func (c *connection) end() {
	c.endMember(c.ctx) // which it hasn't if the statement of a batch has panicked
	c.ctx = nil
	if c.disarm == nil {
		return
	}
	c.disarm()
	c.disarm = nil
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mu.run++
	if c.mu.lease == nil || !c.mu.lease.interrupted.Load() {
		c.clearStop()
	}
}

// stopRun stops run, unless it has ended.
func (c *connection) stopRun(run uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.run == run {
		c.stop()
	}
}

// stop makes what runs fail. REQUIRES: mu is held.
func (c *connection) stop() {
	if c.tls == nil { // closed
		return
	}
	atomic.StoreInt32(int32At(c.flag), 1)
	select {
	case c.wake <- struct{}{}:
	default:
	}
	c.interruptDatabase()
}

// interruptDatabase is SQLite's own interrupt. It is forgotten if no statement has begun, which is what flag is for.
func (c *connection) interruptDatabase() {
	if c.db == 0 {
		return
	}
	tls := libc.NewTLS() // c.tls may be in use by the goroutine that runs the statement
	defer tls.Close()
	sqlite3.Xsqlite3_interrupt(tls, c.db)
}

// clearStop forgets a stop. REQUIRES: mu is held.
func (c *connection) clearStop() {
	atomic.StoreInt32(int32At(c.flag), 0)
	select {
	case <-c.wake:
	default:
	}
}

// stopped reports whether what runs is to fail.
func (c *connection) stopped() bool { return atomic.LoadInt32(int32At(c.flag)) != 0 }

// Behind the flag lie a C int that is not zero while a statement of a batch runs whose own context may end, and the handle.
const (
	memberFlag = 4
	handleFlag = 8
	flagBytes  = 16
)

// progressHandler ends a statement whose connection is stopped, or one of a batch whose caller has left. SQLite calls it every
// progressSteps instructions, on the goroutine that runs the statement.
func progressHandler(tls *libc.TLS, flag uintptr) int32 {
	stopped := atomic.LoadInt32(int32At(flag))
	if stopped == 0 && *int32At(flag + memberFlag) == 0 {
		return 0
	}
	db := uintptrAt(flag + handleFlag)
	if stopped == 0 {
		if c, ok := connections.Load(db); !ok || c.(*connection).ctx.Err() == nil {
			return 0
		}
	}
	return running(tls, db)
}

// running returns 1 if a statement of db runs. SQLite also asks when one has just ended, and would then call one interrupted that
// has taken effect, or has even been committed.
func running(tls *libc.TLS, db uintptr) int32 {
	for s := sqlite3.Xsqlite3_next_stmt(tls, db, 0); s != 0; s = sqlite3.Xsqlite3_next_stmt(tls, db, s) {
		if sqlite3.Xsqlite3_stmt_busy(tls, s) != 0 {
			return 1
		}
	}
	return 0
}

// beginMember starts a statement of a batch under its caller's context. Nothing watches that: the statement looks for itself.
func (c *connection) beginMember(ctx context.Context) {
	c.ctx, c.member = ctx, true
	if ctx.Done() != nil {
		*int32At(c.flag + memberFlag) = 1
	}
}

// endMember ends a statement of a batch whose own context is ctx.
func (c *connection) endMember(ctx context.Context) {
	c.ctx = ctx
	if c.member {
		c.member = false
		*int32At(c.flag + memberFlag) = 0
	}
}

// progressSteps are some ten microseconds.
const progressSteps = 1000
