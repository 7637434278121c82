//go:build !race

package shardworker_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

// counter is a reader that counts rows and gives credit at once.
type counter struct {
	e    *env
	rows int
	done chan error
}

func (c *counter) Tell(msg messages.Message) {
	switch msg := msg.(type) {
	case *messages.RowBatch:
		c.rows += msg.Rows()
		credit := &messages.Credit{Call: msg.Call, Source: msg.Source, Batches: msg.Cost}
		msg.Recycle(1 << 20)
		c.e.worker.Tell(credit)
	case *messages.End:
		if msg.Rows != nil {
			c.Tell(msg.Rows)
		}
		c.done <- msg.Err
	}
}

// TestRowsAllocateNothing compares a long result with a short one: what a row costs beyond the call is what its batch
// does.
func TestRowsAllocateNothing(t *testing.T) {
	messages.PoisonRecycled(false)
	defer messages.PoisonRecycled(true)
	e := newEnv(t, actors.New(discard), fake.Config{})
	row := []any{fake.Raw("12345678")}
	sizes := map[string]int{"short": 1000, "long": 201_000}
	for sql, n := range sizes {
		e.backend.Reply(sql, numbers.Generate(n, func(int) []any { return row }))
	}
	allocs := func(sql string) float64 {
		return testing.AllocsPerRun(10, func() {
			c := &counter{e: e, done: make(chan error, 1)}
			e.worker.Tell(&messages.Execute{
				Call: 1, SQL: sql, WantRows: true, Window: 4, BatchBytes: messages.DefaultBatchBytes, Context: context.Background(), ReplyTo: c,
			})
			require.NoError(t, <-c.done)
			require.Equal(t, sizes[sql], c.rows)
		})
	}
	perRow := (allocs("long") - allocs("short")) / 200_000
	require.Less(t, perRow, 0.001)
	require.NoError(t, e.worker.Stop(t.Context()))
	require.NoError(t, e.worker.Drained(t.Context()))
	require.NoError(t, e.backend.Close(t.Context()))
	e.system.Unuse()
}
