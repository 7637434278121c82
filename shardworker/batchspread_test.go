package shardworker_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/shardworker/fake"
)

// TestBatchesLeaveWorkForTheOtherConnections: statements that take a while of themselves are better run side by side than one after the other on one
// connection, so the batches don't take longer than the connections would without them.
func TestBatchesLeaveWorkForTheOtherConnections(t *testing.T) {
	const connections, callers, rounds = 4, 64, 10
	for _, each := range []time.Duration{50 * time.Microsecond, time.Millisecond, 5 * time.Millisecond} {
		bubble(t, sharing(connections), func(t *testing.T, e *env) {
			e.backend.Reply("select", count(1).At(fake.AtQuery, fake.Delay(each)))
			e.learn("select")
			begin := time.Now()
			waiting := make(chan *call, callers)
			for range callers {
				waiting <- e.execute("select")
			}
			for range callers * (rounds - 1) {
				(<-waiting).wait()
				waiting <- e.execute("select")
			}
			for range callers {
				(<-waiting).wait()
			}
			took := time.Since(begin)
			t.Logf("%v each: %v, %d batches of up to %d", each, took, e.backend.Stats().Batches, e.backend.Stats().LargestBatch)
			require.Less(t, took, callers*rounds*each/connections*3/2+50*time.Millisecond)
		})
	}
}
