package sqlite

import (
	"time"

	"modernc.org/libc"
)

// The waits between two attempts at a lock.
const (
	firstLockWait = 100 * time.Microsecond
	longestWait   = 10 * time.Millisecond
)

// lockWait is how long a run has waited for locks.
type lockWait struct {
	since time.Time
	turns int
}

// busyHandler is called by SQLite when another connection holds the lock that it needs: not 0 means to try again.
func busyHandler(_ *libc.TLS, arg uintptr, _ int32) int32 {
	if c, ok := connections.Load(arg); ok && c.(*connection).waitForLock() {
		return 1
	}
	return 0
}

// waitForLock waits a little, and reports false if there is no more time: the context ended or the connection was stopped,
// or there is no deadline and the busy timeout is over, which also bounds how long one statement of a batch lets the others wait.
// Outside of a run nothing is waited for.
func (c *connection) waitForLock() bool {
	ctx := c.ctx
	if ctx == nil || c.stopped() {
		return false
	}
	if c.lock.turns == 0 {
		c.lock.since = time.Now()
	}
	wait := min(firstLockWait<<min(c.lock.turns, 10), longestWait)
	if _, limited := ctx.Deadline(); !limited || c.member {
		left := c.busyTimeout - time.Since(c.lock.since)
		if left <= 0 {
			return false
		}
		wait = min(wait, left)
	}
	c.lock.turns++
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	case <-c.wake:
		return false
	}
}
