package txtest_test

import (
	"context"
	"io"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
)

func TestMain(m *testing.M) {
	if path := os.Getenv(lockedFile); path != "" {
		holdLock(path)
		return
	}
	messages.PoisonRecycled(true)
	goleak.VerifyTestMain(pgtest.Main(m))
}

const (
	// limit is how long a test waits for what should come at once.
	limit = 30 * time.Second
	// soon is what the promise of 50 ms is held to, with the race detector on two busy cores.
	soon = 500 * time.Millisecond
)

// long says whether the forms for the night run.
var long = os.Getenv("TROUPE_LONG") != ""

// repeats returns how often a random test is run.
func repeats(short, forTheNight int) int {
	if long {
		return forTheNight
	}
	return short
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// background returns a context that outlives every promise but not a hanging test.
func background(t testing.TB) context.Context { return within(t, 4*limit) }

// within returns a context with a deadline, which the test's end cancels.
func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// eventually waits until condition holds: for what another process does in its own time.
func eventually(t require.TestingT, condition func() bool, what string, args ...any) {
	if h, ok := t.(interface{ Helper() }); ok {
		h.Helper()
	}
	for begin := time.Now(); !condition(); {
		if time.Since(begin) > limit {
			require.FailNow(t, "it never happened", append([]any{what}, args...)...)
		}
		<-time.After(time.Millisecond)
	}
}
