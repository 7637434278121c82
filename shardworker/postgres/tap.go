package postgres

import (
	"net"
	"sync"
	"time"
)

// tap is one network connection of a wire. It keeps an interruption in force whatever deadlines pgx sets later, and lets
// nobody wait longer than the grace for a goodbye.
type tap struct {
	net.Conn
	wire *wire
	peek peeker

	mu struct {
		sync.Mutex
		interrupted bool
	}
}

func newTap(nc net.Conn, w *wire) *tap {
	t := &tap{Conn: nc, wire: w}
	t.peek.on(nc)
	return t
}

// longAgo is a deadline that has passed.
var longAgo = time.Unix(1, 0)

// interrupt makes reading and writing fail from now on.
func (t *tap) interrupt() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.mu.interrupted = true
	_ = t.Conn.SetDeadline(longAgo)
}

// SetDeadline sets the deadline, with two exceptions. Once interrupted, pgx may set one for its goodbye but can't remove
// it. And no deadline is later than the grace: only goodbyes have one that isn't now, and pgx would give them 15 seconds.
func (t *tap) SetDeadline(at time.Time) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if at.IsZero() {
		if t.mu.interrupted {
			at = longAgo
		}
	} else if latest := time.Now().Add(grace); at.After(latest) {
		at = latest
	}
	return t.Conn.SetDeadline(at)
}

// Close closes the connection.
func (t *tap) Close() error {
	t.wire.remove(t)
	return t.Conn.Close()
}
