package shardworker

import (
	"context"
	"slices"
	"sync"

	"github.com/troupedb/troupe/messages"
)

// Lease is one connection that is kept over several statements, for a transaction. The first Execute that carries it acquires the
// connection under the worker's admission, and it takes a place there until End; later ones run on it without admission,
// through whichever worker they are sent to. A lease whose first statement fails is ended. It is safe for concurrent use.
//
// Statements take turns on it: who sends Executes asks for their turns before, with Claim.
type Lease struct {
	readOnly bool

	mu struct {
		sync.Mutex
		turns   []turn
		busy    bool          // turns[0] has the connection, or is acquiring it
		changed chan struct{} // made by who waits for a turn; closed when turns change
		holder  *job          // stands for the one that acquired the connection, whose place in the lane it is; nil before
		conn    Conn          // the holder's; nil before it has one, and once it was released
		status  byte          // of the transaction, after the last statement; 0 if the connection can't tell
		ended   bool
	}
}

// turn is one statement's use of the connection.
type turn struct {
	call   messages.CallID
	source int
}

var _ messages.Lease = (*Lease)(nil)

// NewLease returns a lease of a connection for reading only, or for any statement.
func NewLease(readOnly bool) *Lease { return &Lease{readOnly: readOnly} }

// LeaseLane returns the lane of a backend that a lease gets its connection from.
func LeaseLane(b Backend, readOnly bool) int {
	if readOnly {
		return b.Lane("SELECT 1", true)
	}
	return b.Lane("BEGIN IMMEDIATE", false)
}

// Claim asks for turns for the sources of a call, in their order. It fails with [messages.ErrInvalidRequest] while another call
// uses the connection, and with [messages.ErrTxAborted] once the lease is ended. A turn ends with its Execute, or with Pass.
func (l *Lease) Claim(call messages.CallID, sources ...int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.mu.ended:
		return errLeaseEnded
	case len(l.mu.turns) > 0:
		return &messages.Error{
			Code: messages.ErrInvalidRequest, Op: "lease",
			Detail: "another statement still runs on the transaction's connection: read its rows to the end, or close them",
		}
	}
	for _, source := range sources {
		l.mu.turns = append(l.mu.turns, turn{call, source})
	}
	return nil
}

var errLeaseEnded = &messages.Error{Code: messages.ErrTxAborted, Op: "lease", Detail: "the transaction's connection was given back"}

// Pass ends a turn that nobody takes.
func (l *Lease) Pass(call messages.CallID, source int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.pass(turn{call, source})
}

func (l *Lease) pass(t turn) {
	at := slices.Index(l.mu.turns, t)
	if at < 0 {
		return
	}
	l.mu.turns = slices.Delete(l.mu.turns, at, at+1)
	if l.mu.changed != nil {
		close(l.mu.changed)
		l.mu.changed = nil
	}
}

// held reports whether there is a connection already, so that no admission is needed.
func (l *Lease) held() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mu.holder != nil
}

// waited reports whether others wait for their turn.
func (l *Lease) waited() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.mu.turns) > 1
}

// take waits for j's turn and returns the connection; nil if j is the one that has to acquire it.
func (l *Lease) take(ctx context.Context, j *job) (Conn, error) {
	mine := turn{j.Call, j.Source}
	for {
		l.mu.Lock()
		if l.mu.ended {
			l.mu.Unlock()
			return nil, errLeaseEnded
		}
		if len(l.mu.turns) > 0 && l.mu.turns[0] == mine {
			l.mu.busy = true
			conn := l.mu.conn
			l.mu.Unlock()
			return conn, nil
		}
		if l.mu.changed == nil {
			l.mu.changed = make(chan struct{})
		}
		changed := l.mu.changed
		l.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, &messages.Error{Code: messages.ErrCanceled, Op: j.op(), Err: ctx.Err()}
		}
	}
}

// put ends j's turn. conn is what it used, nil if it came to none. It reports whether the connection, and j's place, are kept:
// they are unless j acquired the connection and failed.
func (l *Lease) put(j *job, conn Conn, failed bool) (kept bool) {
	var status byte
	if c, ok := conn.(TxConn); ok {
		status = c.TxStatus()
	}
	l.mu.Lock()
	if conn != nil {
		l.mu.status = status
	}
	first := len(l.mu.turns) > 0 && l.mu.turns[0] == turn{j.Call, j.Source}
	if first {
		l.mu.busy = false
	}
	l.pass(turn{j.Call, j.Source})
	if l.mu.holder == nil { // it was j's to acquire it
		if failed || l.mu.ended {
			l.mu.ended = true
			l.mu.Unlock()
			return false
		}
		// Not j itself, which leads to the caller's context and all that is in it.
		l.mu.holder = &job{shard: j.shard, worker: j.worker, lane: j.lane, admitted: true}
		l.mu.conn = conn
		j.shard.running.add() // until release
		l.mu.Unlock()
		return true
	}
	over := l.mu.ended && !l.mu.busy
	l.mu.Unlock()
	if over {
		l.release()
	}
	return true
}

// End gives the connection back.
func (l *Lease) End() {
	l.mu.Lock()
	if l.mu.ended {
		l.mu.Unlock()
		return
	}
	l.mu.ended = true
	if l.mu.changed != nil {
		close(l.mu.changed)
		l.mu.changed = nil
	}
	conn, busy := l.mu.conn, l.mu.busy
	l.mu.Unlock()
	switch {
	case conn == nil: // it has none yet; who acquires it finds the end
	case busy:
		conn.Interrupt()
	default:
		l.release()
	}
}

// release lets go of the connection and of its place. It is called once the lease is ended and nobody uses the connection.
func (l *Lease) release() {
	l.mu.Lock()
	conn, holder := l.mu.conn, l.mu.holder
	l.mu.conn = nil
	l.mu.Unlock()
	if conn == nil {
		return
	}
	holder.guard(conn.Release)
	(&endedLease{holder: holder}).Refuse(nil) // nobody was told yet
	holder.shard.running.done()
}

// Conn returns the connection, for what is asked of it between two statements; nil while a statement runs and when there is none.
// It isn't to be used when the next statement is sent.
func (l *Lease) Conn() Conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.mu.turns) > 0 || l.mu.ended {
		return nil
	}
	return l.mu.conn
}

// TxStatus returns what [TxConn] said after the last statement; 0 if there was none, or the connection can't tell.
func (l *Lease) TxStatus() byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.mu.status
}
