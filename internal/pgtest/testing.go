package pgtest

import (
	"errors"
	"os"
	"sync"
	"testing"
)

// Start makes and starts a cluster that ends with the test. The test is skipped if PostgreSQL isn't installed, and fails
// instead if the environment has TROUPE_REQUIRE_POSTGRES=1.
func Start(tb testing.TB, opts ...Option) *Cluster {
	tb.Helper()
	c, err := New("", opts...)
	require(tb, err)
	tb.Cleanup(func() {
		if err := c.Close(); err != nil {
			tb.Errorf("pgtest: close: %v", err)
		}
	})
	return c
}

var shared struct {
	sync.Mutex
	cluster *Cluster
	err     error
}

// Shared returns a fresh database in the cluster that the tests of this process share; it is dropped when the test ends.
// A test that stops or breaks the server needs a cluster of its own: see [Start]. The package's TestMain has to stop the
// shared cluster: see [Main].
func Shared(tb testing.TB) *Database {
	tb.Helper()
	shared.Lock()
	if shared.cluster == nil && shared.err == nil {
		shared.cluster, shared.err = New("", MaxConnections(200), MaxPreparedTransactions(50))
	}
	c, err := shared.cluster, shared.err
	shared.Unlock()
	require(tb, err)
	db, err := c.CreateDatabase("")
	require(tb, err)
	tb.Cleanup(func() {
		if err := db.Drop(); err != nil {
			tb.Errorf("pgtest: drop database: %v", err)
		}
	})
	return db
}

// StopShared stops the shared cluster, if there is one.
func StopShared() error {
	shared.Lock()
	defer shared.Unlock()
	if shared.cluster == nil {
		return nil
	}
	c := shared.cluster
	shared.cluster = nil
	return c.Close()
}

// Tests runs a package's tests; *testing.M is one.
type Tests interface {
	Run() int
}

// Main returns tests that stop the shared cluster when they are through. It fits goleak:
//
//	func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Main(m)) }
func Main(m Tests) Tests { return stopping{m} }

type stopping struct{ tests Tests }

func (s stopping) Run() int {
	code := s.tests.Run()
	if err := StopShared(); err != nil {
		_, _ = os.Stderr.WriteString(err.Error() + "\n")
		code = max(code, 1)
	}
	return code
}

func require(tb testing.TB, err error) {
	tb.Helper()
	switch {
	case err == nil:
	case errors.Is(err, ErrNotInstalled) && os.Getenv("TROUPE_REQUIRE_POSTGRES") != "1":
		tb.Skip(err)
	default:
		tb.Fatal(err)
	}
}
