package postgres

import (
	"context"
	"encoding/binary"
	"net"
	"sync"
	"sync/atomic"

	"github.com/jackc/pgx/v5/pgconn"
)

// frames is a connection, after TLS, that counts the messages that pass through it. The server sends its buffer whenever
// that is full, which cuts rows in two: only by counting can it be told whether the next row is here as a whole.
type frames struct {
	net.Conn
	session *session // of the connection; set when that is complete

	read  atomic.Int64 // bytes that were read
	whole atomic.Int64 // where the last whole message ended that a statement's answer consists of

	// pgx reads on one goroutine at a time while the connection is used. While it is closed, the goroutine that
	// drains it may meet the one that read in the background of a write; the counts mean nothing any more then.
	mu     sync.Mutex
	header [5]byte
	have   int   // bytes of header
	body   int64 // bytes of the body that are to come
}

// countFrames makes cfg's connections count messages.
func countFrames(cfg *pgconn.Config) {
	theirs := cfg.AfterNetConnect
	cfg.AfterNetConnect = func(ctx context.Context, cc *pgconn.Config, nc net.Conn) (net.Conn, error) {
		if theirs != nil {
			wrapped, err := theirs(ctx, cc, nc)
			if err != nil {
				return wrapped, err
			}
			nc = wrapped
		}
		return &frames{Conn: nc}, nil
	}
}

// Read reads, and counts what it reads.
func (f *frames) Read(p []byte) (int, error) {
	n, err := f.Conn.Read(p)
	if n > 0 {
		f.mu.Lock()
		f.scan(p[:n])
		f.mu.Unlock()
	}
	return n, err
}

// scan counts the messages in b. REQUIRES: mu is held.
func (f *frames) scan(b []byte) {
	at := f.read.Load()
	whole := int64(-1)
	for len(b) > 0 {
		if f.have < len(f.header) {
			n := copy(f.header[f.have:], b)
			f.have += n
			at += int64(n)
			b = b[n:]
			if f.have < len(f.header) {
				break
			}
			f.body = int64(binary.BigEndian.Uint32(f.header[1:])) - 4
		}
		n := min(f.body, int64(len(b)))
		f.body -= n
		at += n
		b = b[n:]
		if f.body > 0 {
			break
		}
		f.have = 0
		switch f.header[0] {
		case 'N', 'A', 'S': // notices, notifications and parameters don't end a wait for a row
		default:
			whole = at
		}
	}
	if whole >= 0 {
		f.whole.Store(whole)
	}
	f.read.Store(at)
}

// hasWhole reports whether a whole message is among the unread bytes that pgx has buffered.
func (f *frames) hasWhole(unread int) bool { return f.read.Load()-int64(unread) < f.whole.Load() }
