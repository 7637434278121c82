package shardworker_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/shardworker/fake"
)

// TestWhatWasTooLargeIsRemembered, though its text has been known as small for long, so that not every run is timed.
func TestWhatWasTooLargeIsRemembered(t *testing.T) {
	bubble(t, sharing(1), func(t *testing.T, e *env) {
		rows := 1
		e.backend.Handle("select", func(context.Context, []any) fake.Result { return count(rows) })
		for range 20 {
			e.learn("select")
		}
		rows = 10_000
		for round := range 2 {
			hold := fake.NewGate()
			e.backend.Reply("hold", count(1).At(fake.AtQuery, fake.Wait(hold)))
			e.execute("hold")
			var waiting []*call
			for range 5 {
				waiting = append(waiting, e.execute("select", instantCredit))
			}
			synctest.Wait()
			hold.Open()
			for _, c := range waiting {
				require.NoError(t, c.wait().Err)
				c.requireRows(rows)
			}
			require.Equal(t, 1, e.backend.Stats().Batches, "round %d", round)
		}
	})
}
