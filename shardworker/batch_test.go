package shardworker_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

func allReads(string, []any, bool) shardworker.Company { return shardworker.AmongReads }

// learn runs the statement alone, so that it may join others.
func (e *env) learn(sql string) {
	e.t.Helper()
	require.NoError(e.t, e.execute(sql).wait().Err)
}

func TestWaitingReadsShareAConnection(t *testing.T) {
	bubble(t, fake.Config{Lanes: []int{2}, Company: allReads}, func(t *testing.T, e *env) {
		e.backend.Reply("select", count(3))
		e.learn("select")
		gate := fake.NewGate()
		e.backend.Reply("slow", count(1).At(fake.AtQuery, fake.Wait(gate)))
		first, second := e.execute("slow"), e.execute("slow")
		var waiting []*call
		for range 50 {
			waiting = append(waiting, e.execute("select"))
		}
		synctest.Wait()
		gate.Open()
		require.NoError(t, first.wait().Err)
		require.NoError(t, second.wait().Err)
		for _, c := range waiting {
			end := c.wait()
			require.NoError(t, end.Err)
			require.EqualValues(t, 1, end.Seq)
			c.requireRows(3)
		}
		stats := e.backend.Stats()
		require.Equal(t, 1, stats.Batches)
		require.Equal(t, 50, stats.LargestBatch)
		e.requireFree("probe", 2)
	})
}
