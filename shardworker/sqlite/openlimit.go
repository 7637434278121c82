package sqlite

import (
	"container/list"
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/troupedb/troupe/messages"
)

// OpenLimit bounds how many connections to files are open at once, over all Backends that share it, so that there may be many more
// databases than the process may have files open: a connection in WAL has three. Opening one more closes the one that was idle for
// longest, whichever Backend's it is. It is safe for concurrent use, and needs no Close.
//
// Where all are in use, whoever wants one more waits until one comes back, in order, under its context. But a connection may be held
// by somebody who waits for another one: an ordered merge, a transaction over several shards, a program that asks one question
// while it reads the rows of another. So when none has come back for a moment (20 ms), those who wait may exceed the limit, as far as the
// process's limit of open files lets them; the connections above it are closed when they come back. Beyond that they wait.
//
// Databases in memory don't count.
type OpenLimit struct {
	limit int // how many may be open
	spare int // how many of these are kept free, so that whoever opens one needn't wait for the end of another

	mu struct {
		sync.Mutex
		open           int           // connections that are open, being opened, or being closed
		closing        int           // idle ones that are being closed, or will be
		doomed         []*connection // those that will be
		closers        int           // goroutines that do so
		oldest, newest *connection   // the idle ones; what links them is guarded by mu, too
		waiting        list.List     // of *opening, in order
		returned       uint64        // counts what came back
		watched        bool          // a stall will be noticed
	}
}

// opening is somebody who wants to open a connection and waits.
type opening struct {
	at      *list.Element // nil once it may; guarded by the limit's mu
	granted chan struct{} // closed then
}

// NewOpenLimit returns a limit of n connections, at least one.
func NewOpenLimit(n int) *OpenLimit {
	n = max(n, 1)
	return &OpenLimit{limit: n, spare: min(n/8, mostSpare)}
}

const (
	mostSpare    = 8
	stalledAfter = 20 * time.Millisecond
)

// openOfProcess counts the connections to files, over all limits.
var openOfProcess atomic.Int64

// DefaultOpenLimit returns the limit of Backends whose Config names none, one for the process: half of what its limit of open files allows,
// and 2,048 at most, which are some 300 MB.
func DefaultOpenLimit() *OpenLimit { return defaultOpenLimit() }

var defaultOpenLimit = sync.OnceValue(func() *OpenLimit { return NewOpenLimit(min(mostOpen()/2, largestDefault)) })

const largestDefault = 2048

// mostOpen is how many connections the process's limit of open files allows, with a quarter of it left to everything else.
var mostOpen = sync.OnceValue(func() int { return max(1, openFiles()/4*3/filesOfConnection) })

// What is taken for the limit of open files where the system doesn't say, and where it says more.
const (
	fewestOpenFiles = 256
	mostOpenFiles   = 1 << 16
)

// filesOfConnection are the database, its -wal and its -shm.
const filesOfConnection = 3

// enter waits until one more connection may be opened: each enter has its leave. It fails when ctx ends or closing is closed. A nil
// limit is none.
func (o *OpenLimit) enter(ctx context.Context, closing <-chan struct{}) error {
	if o == nil {
		return nil
	}
	o.mu.Lock()
	if o.mu.waiting.Len() == 0 && o.mu.open < o.limit {
		o.take()
		o.makeRoom()
		o.mu.Unlock()
		return nil
	}
	w := &opening{granted: make(chan struct{})}
	w.at = o.mu.waiting.PushBack(w)
	o.makeRoom()
	o.watch()
	o.mu.Unlock()
	var err error
	select {
	case <-w.granted:
		return nil
	case <-closing:
		err = errClosed(opAcquire)
	case <-ctx.Done():
		err = &messages.Error{
			Code: messages.ErrPoolExhausted, Op: opAcquire, Err: contextError(ctx),
			Detail: fmt.Sprintf("all connections to files that may be open at once are in use (limit %d)", o.limit),
		}
	}
	o.mu.Lock()
	granted := w.at == nil
	if !granted {
		o.mu.waiting.Remove(w.at)
	}
	o.mu.Unlock()
	if granted {
		o.leave()
	}
	return err
}

// leave says that a connection is closed, or wasn't opened.
func (o *OpenLimit) leave() {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.left()
}

// left is leave. REQUIRES: mu is held.
func (o *OpenLimit) left() {
	o.mu.open--
	openOfProcess.Add(-1)
	o.mu.returned++
	for o.mu.open < o.limit && o.mu.waiting.Len() > 0 {
		o.grant()
	}
}

// rest says that c is idle. From then on it may be closed at any time.
func (o *OpenLimit) rest(c *connection) {
	if o == nil {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.mu.returned++
	c.resting.idle = true
	if c.resting.older = o.mu.newest; c.resting.older != nil {
		c.resting.older.resting.newer = c
	} else {
		o.mu.oldest = c
	}
	o.mu.newest = c
	o.makeRoom()
}

// wake says that c, which was idle, is wanted. It reports false if c is being closed: then it is the limit's until the backend's evicted
// is called.
func (o *OpenLimit) wake(c *connection) bool {
	if o == nil {
		return true
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if !c.resting.idle {
		return false
	}
	o.unlink(c)
	return true
}

// unlink takes c out of the idle ones. REQUIRES: mu is held, and c is idle.
func (o *OpenLimit) unlink(c *connection) {
	older, newer := c.resting.older, c.resting.newer
	c.resting = resting{}
	if older != nil {
		older.resting.newer = newer
	} else {
		o.mu.oldest = newer
	}
	if newer != nil {
		newer.resting.older = older
	} else {
		o.mu.newest = older
	}
}

// resting is a connection's place among the idle ones of its limit, which guards it.
type resting struct {
	idle         bool
	older, newer *connection
}

// take counts one more. REQUIRES: mu is held.
func (o *OpenLimit) take() {
	o.mu.open++
	openOfProcess.Add(1)
}

// grant lets the first that waits open a connection. REQUIRES: mu is held, and somebody waits.
func (o *OpenLimit) grant() {
	w := o.mu.waiting.Remove(o.mu.waiting.Front()).(*opening)
	w.at = nil
	o.take()
	close(w.granted)
}

// crowded reports whether an idle connection has to go. REQUIRES: mu is held.
func (o *OpenLimit) crowded() bool {
	return o.mu.oldest != nil && o.mu.open-o.mu.closing+o.mu.waiting.Len() > o.limit-o.spare
}

// makeRoom sees to it that idle connections are closed, the oldest first, if need be. Which ones is decided at once, or who uses one again and
// again would keep it from those who wait. The close of a file may take its time (its checkpoint waits for the disk), so neither who
// releases a connection nor who opens one does it. REQUIRES: mu is held.
func (o *OpenLimit) makeRoom() {
	for o.crowded() {
		c := o.mu.oldest
		o.unlink(c)
		o.mu.closing++
		o.mu.doomed = append(o.mu.doomed, c)
	}
	if len(o.mu.doomed) > 0 && o.mu.closers < runtime.GOMAXPROCS(0) {
		o.mu.closers++
		go o.closeDoomed()
	}
}

// closeDoomed closes the connections that are to be closed.
func (o *OpenLimit) closeDoomed() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for len(o.mu.doomed) > 0 {
		c := o.mu.doomed[0]
		o.mu.doomed = slices.Delete(o.mu.doomed, 0, 1)
		o.mu.Unlock()
		c.backend.evict(c)
		o.mu.Lock()
		o.mu.closing--
		o.left()
	}
	o.mu.closers--
}

// watch looks for a stall as long as somebody waits. REQUIRES: mu is held.
func (o *OpenLimit) watch() {
	if o.mu.watched || o.mu.waiting.Len() == 0 {
		return
	}
	o.mu.watched = true
	returned := o.mu.returned
	time.AfterFunc(stalledAfter, func() {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.mu.watched = false
		if o.mu.returned == returned {
			for o.mu.waiting.Len() > 0 && openOfProcess.Load() < int64(mostOpen()) {
				o.grant()
			}
		}
		o.watch()
	})
}
