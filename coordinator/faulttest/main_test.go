package faulttest_test

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
)

func TestMain(m *testing.M) {
	messages.PoisonRecycled(true)
	goleak.VerifyTestMain(pgtest.Main(m))
}

const (
	// limit is how long a test waits for what should come at once.
	limit = 30 * time.Second
	// soon is what the promise of 50 ms is held to, with the race detector on two busy cores. The tests log what it was.
	soon = 500 * time.Millisecond
)

// long says whether the forms for the night run.
var long = os.Getenv("TROUPE_LONG") != ""

// background returns a context that outlives every promise but not a hanging test.
func background(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 4*limit)
	t.Cleanup(cancel)
	return ctx
}

// within returns a context with a deadline, which the test's end cancels.
func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// eventually waits until condition holds: for what another process does in its own time.
func eventually(t testing.TB, condition func() bool, what string, args ...any) {
	t.Helper()
	require.Eventuallyf(t, condition, limit, 5*time.Millisecond, what, args...)
}

func elapsed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}
