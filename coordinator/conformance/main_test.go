package conformance_test

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

// limit is how long a behaviour may take.
const limit = 30 * time.Second

// within returns a context that outlives any behaviour, but not one that hangs. It isn't the test's own, which ends before the
// clean-up.
func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return ctx
}
