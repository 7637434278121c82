//go:build unix

package postgres

import (
	"bytes"
	"encoding/binary"
	"net"
	"syscall"
)

// canPeek says whether a dead connection is noticed before it is used.
const canPeek = true

// peeker looks at what a socket has to read without reading it and without waiting.
type peeker struct {
	raw  syscall.RawConn // nil if the connection isn't a socket
	look func(fd uintptr)
	buf  [256]byte
	n    int
	err  error
}

func (p *peeker) on(nc net.Conn) {
	sc, ok := nc.(syscall.Conn)
	if !ok {
		return
	}
	raw, err := sc.SyscallConn()
	if err != nil {
		return
	}
	p.raw = raw
	p.look = func(fd uintptr) {
		p.n, _, p.err = syscall.Recvfrom(int(fd), p.buf[:], syscall.MSG_PEEK)
	}
}

// stale reports whether the server has ended an idle connection: the stream is at its end or broken, or a fatal error
// waits in it. encrypted says that the bytes can't be understood, and then any byte is taken for bad news.
func (p *peeker) stale(encrypted bool) bool {
	if p.raw == nil {
		return false
	}
	// Go's sockets don't block. Control, unlike Read, doesn't wait for a reader that pgx may have in the background.
	if err := p.raw.Control(p.look); err != nil {
		return true
	}
	switch {
	case p.err == syscall.EAGAIN || p.err == syscall.EINTR:
		return false
	case p.err != nil || p.n == 0:
		return true
	default:
		return encrypted || announcesEnd(p.buf[:p.n])
	}
}

// announcesEnd reports whether one of the messages that b begins with is an error, or a notice that the server ends, as
// it sends to all when it crashes. Other notices, notifications and changed parameters are welcome on an idle connection.
func announcesEnd(b []byte) bool {
	for len(b) >= 5 {
		size := min(1+uint64(binary.BigEndian.Uint32(b[1:])), uint64(len(b)))
		if b[0] == 'E' || b[0] == 'N' && bytes.Contains(b[:size], []byte("\x00C57P0")) {
			return true
		}
		b = b[size:]
	}
	return false
}
