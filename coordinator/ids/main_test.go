package ids_test

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
)

func TestMain(m *testing.M) {
	messages.PoisonRecycled(true)
	goleak.VerifyTestMain(pgtest.Main(m))
}

// limit is how long a test waits for what should come at once.
const limit = 30 * time.Second

// within returns a context with a deadline, which the test's end cancels.
func within(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}
