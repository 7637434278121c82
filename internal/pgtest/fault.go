package pgtest

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
)

// Stop stops the server. An immediate stop is a crash as far as the data is concerned; otherwise open transactions are
// rolled back and connections ended. Stopping a stopped server does nothing.
func (c *Cluster) Stop(immediate bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	sig := syscall.SIGINT
	if immediate {
		sig = syscall.SIGQUIT
	}
	return c.mu.server.stop(sig)
}

// Kill9 kills the server and all its processes without a last word. The next StartAgain recovers the data.
func (c *Cluster) Kill9() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mu.server.kill()
}

// Restart stops the server immediately and starts it again.
func (c *Cluster) Restart() error {
	return errors.Join(c.Stop(true), c.StartAgain())
}

// Freeze suspends all processes of the server: it still accepts bytes but answers nothing, like one behind a network
// that drops packets.
func (c *Cluster) Freeze() error { return c.signal(syscall.SIGSTOP) }

// Thaw ends what Freeze did.
func (c *Cluster) Thaw() error { return c.signal(syscall.SIGCONT) }

func (c *Cluster) signal(sig syscall.Signal) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.mu.server.running() {
		return errNotRunning
	}
	return signalAll(c.mu.server.pid, sig)
}

// WriteFile writes a file that the server may read, below the data directory.
func (c *Cluster) WriteFile(name string, data []byte) error {
	path := filepath.Join(c.data, name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		return err
	}
	return c.as.own(path)
}

// RequirePasswords makes the server ask for a password from everybody who connects from now on through the loopback
// interface. The Unix socket stays open to all.
func (c *Cluster) RequirePasswords() error {
	const rules = "local all all trust\nhost all all all scram-sha-256\n"
	if err := c.WriteFile("pg_hba.conf", []byte(rules)); err != nil {
		return err
	}
	return c.Exec(`select pg_reload_conf()`)
}
