package pgtest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
)

// Cluster is one PostgreSQL server with its own data. Its methods are safe for concurrent use.
type Cluster struct {
	Database // the database "postgres"

	in       installation
	as       account
	settings settings
	data     string
	sockets  string
	dog      *watchdog

	mu struct {
		sync.Mutex
		port    int
		server  *server // nil if it never ran
		closed  bool
		created int
	}
}

// New makes a cluster below dir, or below the temporary directory if dir is empty, and starts it. It returns
// [ErrNotInstalled] if there is no PostgreSQL. The caller has to Close the cluster.
func New(dir string, opts ...Option) (*Cluster, error) {
	in, err := findInstallation()
	if err != nil {
		return nil, err
	}
	as, err := serverAccount()
	if err != nil {
		return nil, err
	}
	c := &Cluster{in: in, as: as, settings: newSettings(opts)}
	c.Database = Database{c, "postgres"}
	if err := c.makeDirectories(dir); err != nil {
		return nil, err
	}
	// From here on the watchdog removes the files.
	if c.dog, err = startWatchdog(c.data, c.sockets); err != nil {
		return nil, errors.Join(err, os.RemoveAll(c.data), os.RemoveAll(c.sockets))
	}
	if err := c.fill(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// makeDirectories makes the two directories of the cluster. The one for the socket is always in the short temporary
// directory, because the path of a socket has 107 bytes at most.
func (c *Cluster) makeDirectories(dir string) error {
	if dir != "" {
		abs, err := filepath.Abs(dir)
		if err != nil {
			return err
		}
		dir = abs
	}
	var err error
	if c.data, err = os.MkdirTemp(dir, "pgtest-data-"); err != nil {
		return err
	}
	// The watchdog knows the server by this path.
	if c.data, err = filepath.EvalSymlinks(c.data); err != nil {
		return err
	}
	if c.sockets, err = os.MkdirTemp("/tmp", "pgt"); err != nil {
		return errors.Join(err, os.RemoveAll(c.data))
	}
	return os.Chmod(c.sockets, 0o755)
}

func (c *Cluster) fill() error {
	from, err := template(c.in, c.as)
	if err != nil {
		return err
	}
	if err := os.Remove(c.data); err != nil {
		return err
	}
	if err := c.as.copyTree(from, c.data); err != nil {
		return err
	}
	if err := c.as.own(c.sockets); err != nil {
		return err
	}
	return c.StartAgain()
}

// Close crashes the server and removes its files. A second Close does nothing.
func (c *Cluster) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.mu.closed {
		return nil
	}
	c.mu.closed = true
	var err error
	if c.mu.server.running() {
		// It may be frozen. It isn't killed, because it reaps its children, which not every container's init would.
		_ = signalAll(c.mu.server.pid, syscall.SIGCONT)
		err = c.mu.server.stop(syscall.SIGQUIT)
	}
	return errors.Join(err, c.dog.release())
}

// DataDirectory returns where the cluster's files are.
func (c *Cluster) DataDirectory() string { return c.data }

// Log returns the last lines of what the server logged.
func (c *Cluster) Log() string {
	text, err := os.ReadFile(c.logFile())
	if err != nil {
		return err.Error()
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return strings.Join(lines[max(0, len(lines)-20):], "\n")
}

func (c *Cluster) logFile() string { return filepath.Join(c.data, "pgtest.log") }

// CreateDatabase makes a database. If name is empty, the cluster chooses one.
func (c *Cluster) CreateDatabase(name string) (*Database, error) {
	if name == "" {
		c.mu.Lock()
		c.mu.created++
		name = fmt.Sprintf("test%d", c.mu.created)
		c.mu.Unlock()
	}
	if err := c.Exec(`create database "` + strings.ReplaceAll(name, `"`, `""`) + `"`); err != nil {
		return nil, err
	}
	return &Database{c, name}, nil
}
