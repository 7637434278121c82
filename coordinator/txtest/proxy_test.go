package txtest_test

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// proxy stands between a client and a server, and can cut the wires or keep the server's answers back.
type proxy struct {
	listener net.Listener
	server   string
	running  sync.WaitGroup

	mu struct {
		sync.Mutex
		open map[net.Conn]struct{}
		held chan struct{} // not nil while answers are kept back; closed when they may pass
	}
}

// behindProxy returns a proxy before the server of dsn, which has to be a URL of TCP, and the DSN that leads through it.
func behindProxy(t testing.TB, dsn string) (*proxy, string) {
	t.Helper()
	u, err := url.Parse(dsn)
	require.NoError(t, err)
	p := &proxy{server: u.Host}
	p.mu.open = map[net.Conn]struct{}{}
	p.listener, err = net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p.running.Go(p.accept)
	t.Cleanup(func() {
		_ = p.listener.Close()
		p.cut()
		p.running.Wait()
	})
	u.Host = p.listener.Addr().String()
	return p, u.String()
}

func (p *proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.mu.Lock()
		p.mu.open[client], p.mu.open[server] = struct{}{}, struct{}{}
		p.mu.Unlock()
		p.running.Go(func() { p.pump(server, client, func() {}) })
		p.running.Go(func() { p.pump(client, server, p.wait) })
	}
}

// pump copies until one side ends, then ends the other.
func (p *proxy) pump(to, from net.Conn, before func()) {
	buf := make([]byte, 32<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			before()
			if _, e := to.Write(buf[:n]); err == nil {
				err = e
			}
		}
		if err != nil {
			p.end(to)
			p.end(from)
			return
		}
	}
}

func (p *proxy) end(c io.Closer) {
	_ = c.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.mu.open, c.(net.Conn))
}

func (p *proxy) wait() {
	p.mu.Lock()
	held := p.mu.held
	p.mu.Unlock()
	if held != nil {
		<-held
	}
}

// hold keeps back what the server answers from now on, until release or cut.
func (p *proxy) hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.held == nil {
		p.mu.held = make(chan struct{})
	}
}

func (p *proxy) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.mu.held != nil {
		close(p.mu.held)
		p.mu.held = nil
	}
}

// cut ends all connections without a word; what was held back is lost.
func (p *proxy) cut() {
	p.mu.Lock()
	for c := range p.mu.open {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.release()
}
