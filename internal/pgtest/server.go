package pgtest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

const (
	pollEvery  = 5 * time.Millisecond
	startLimit = 30 * time.Second
	stopLimit  = 20 * time.Second
)

// server is one run of the postmaster.
type server struct {
	pid  int
	done chan struct{} // closed when the postmaster has ended
}

// errNotRunning reports that a signal was meant for a server that has ended.
var errNotRunning = errors.New("pgtest: the server is not running")

// StartAgain starts the server if it isn't running, on the port that it had, and waits until it accepts connections.
func (c *Cluster) StartAgain() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.closed {
		return errors.New("pgtest: the cluster is closed")
	}
	if c.mu.server.running() {
		return nil
	}
	limit := time.After(startLimit)
	for {
		// Until its first start the cluster has promised no port, so it takes another if somebody was faster.
		if c.mu.server == nil {
			port, err := freePort()
			if err != nil {
				return err
			}
			c.mu.port = port
		}
		s, err := c.launch()
		if err == nil {
			c.mu.server = s
			return nil
		}
		// After a kill -9, a new postmaster refuses to start until the kernel has let go of the old one's memory.
		select {
		case <-limit:
			return fmt.Errorf("%w\n%s", err, c.Log())
		case <-time.After(10 * pollEvery):
		}
	}
}

func (c *Cluster) launch() (*server, error) {
	log, err := os.OpenFile(c.logFile(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }()
	cmd := exec.Command(c.in.program("postgres"), append([]string{
		"-D", c.data, "-k", c.sockets, "-p", strconv.Itoa(c.mu.port),
		"-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_permissions=0777",
	}, c.settings.arguments()...)...)
	c.as.assume(cmd)
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("pgtest: start postgres: %w", err)
	}
	s := &server{pid: cmd.Process.Pid, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		close(s.done)
	}()
	return s, s.waitReady(c.data)
}

// waitReady waits until the server's own status file says that it accepts connections.
func (s *server) waitReady(data string) error {
	limit := time.After(startLimit)
	for {
		lines, _ := os.ReadFile(filepath.Join(data, "postmaster.pid"))
		fields := bytes.Split(lines, []byte("\n"))
		if len(fields) > 7 && string(fields[0]) == strconv.Itoa(s.pid) && bytes.HasPrefix(fields[7], []byte("ready")) {
			return nil
		}
		select {
		case <-s.done:
			return errors.New("pgtest: the server ended while it started")
		case <-limit:
			return errors.Join(errors.New("pgtest: the server doesn't become ready"), s.kill())
		case <-time.After(pollEvery):
		}
	}
}

func (s *server) running() bool {
	if s == nil {
		return false
	}
	select {
	case <-s.done:
		return false
	default:
		return true
	}
}

// stop ends the server by a signal to the postmaster, and by force if that takes too long.
func (s *server) stop(sig syscall.Signal) error {
	if !s.running() {
		return nil
	}
	if err := syscall.Kill(s.pid, sig); err != nil {
		return fmt.Errorf("pgtest: stop: %w", err)
	}
	select {
	case <-s.done:
		return nil
	case <-time.After(stopLimit):
		return errors.Join(errors.New("pgtest: the server didn't stop; it was killed"), s.kill())
	}
}

// kill ends the postmaster and its children at once and waits until the postmaster is gone.
func (s *server) kill() error {
	if !s.running() {
		return nil
	}
	err := killAll(s.pid)
	<-s.done
	return err
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer func() { _ = l.Close() }()
	return l.Addr().(*net.TCPAddr).Port, nil
}
