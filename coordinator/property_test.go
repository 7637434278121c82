package coordinator_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

// Whatever the shards, the windows, the faults and the reader: an answer is complete and exact, or an error that names the
// shard that failed, and afterwards nothing is held.
func TestAnswersAreCompleteOrErrors(t *testing.T) {
	broken := errors.New("a fault")
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 5).Draw(rt, "shards")
		c := spawnOpen(t, n, func(cfg *coordinator.Config) {
			cfg.Window = rapid.IntRange(1, 6).Draw(rt, "window")
			cfg.BatchBytes = rapid.SampledFrom([]int{1, 64, 500, 8192, 64 << 10}).Draw(rt, "batch bytes")
			cfg.MaxInFlight = 4
		})
		defer func() { require.NoError(rt, c.Close(context.Background())) }()
		want, faulty := map[messages.ShardID]int64{}, map[messages.ShardID]bool{}
		for i := range n {
			id := messages.ShardID(fmt.Sprintf("s%d", i))
			rows := rapid.SampledFrom([]int{0, 1, 2, 50, 1000, 3000}).Draw(rt, "rows")
			answer := numbered(rows)
			if rapid.IntRange(0, 4).Draw(rt, "faulty") == 0 {
				faulty[id] = true
				at := rapid.SampledFrom([]fake.Point{fake.AtQuery, fake.AtCursorClose, fake.AtRow(0), fake.AtRow(rows / 2), fake.AtRow(rows)}).Draw(rt, "at")
				answer = answer.At(at, rapid.SampledFrom([]fake.Step{fake.Fail(broken), fake.Panic(broken)}).Draw(rt, "fault"))
			}
			if slow := rapid.IntRange(0, rows).Draw(rt, "slow"); rapid.Bool().Draw(rt, "unbuffered") {
				answer = answer.Buffered(func(next int) bool { return next != slow })
			}
			c.fakes[id].Reply("select", answer)
			if rows > 0 {
				want[id] = int64(rows)
			}
		}
		ctx, cancel := context.WithCancel(coordinator.AllShards(context.Background()))
		defer cancel()
		if rapid.Bool().Draw(rt, "in shard order") {
			ctx = coordinator.InShardOrder(ctx)
		}
		leave, end := -1, -1
		switch rapid.IntRange(0, 3).Draw(rt, "reader") {
		case 0:
			leave = rapid.IntRange(0, 2000).Draw(rt, "leaves after")
		case 1:
			end = rapid.IntRange(0, 2000).Draw(rt, "context ends after")
		}
		var rows *coordinator.Rows
		var err error
		if rapid.Bool().Draw(rt, "by message") {
			rows, err = c.Send(ctx, &messages.Query{SQL: "select n, pad from t"}).Await(context.Background())
		} else if r, queryErr := c.Query(ctx, "select n, pad from t"); queryErr == nil {
			rows = r.(*coordinator.Rows)
		} else {
			err = queryErr
		}
		got, left, count := map[messages.ShardID]int64{}, false, 0
		if err == nil {
			for ; ; count++ {
				if left = count == leave; left {
					break
				}
				if count == end {
					cancel()
				}
				if !rows.Next() {
					break
				}
				var i int64
				require.NoError(rt, rows.Scan(&i, nil))
				require.Equal(rt, got[rows.Shard()], i)
				got[rows.Shard()]++
			}
			rows.Close()
			err = rows.Err()
		}
		var e *messages.Error
		switch {
		case err != nil:
			require.ErrorAs(rt, err, &e, "an error without a code: %v", err)
			require.True(rt, faulty[e.Shard] || end >= 0 && errors.Is(err, context.Canceled), "%v", err)
		case !left:
			require.Equal(rt, want, got)
			require.Empty(rt, faulty)
		}
		c.requireReleased(rt)
	})
}
