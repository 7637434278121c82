package main

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

const nothingMuch = "select n from t"

// BenchmarkScatter asks many shards for one row each, over a scripted backend: own-ns/shard is what a scatter costs for
// each shard beyond what the backend takes when it is called directly.
func BenchmarkScatter(b *testing.B) {
	for _, n := range []int{1, 4, 64, 1000} {
		b.Run(fmt.Sprintf("shards=%d", n), func(b *testing.B) {
			var cfg coordinator.Config
			var fakes []*fake.Backend
			for i := range n {
				f := fake.New(fake.Config{Dialect: messages.SQLite})
				f.Reply("select", fake.Rows(fake.Column("n", 20)).Row(int64(1)))
				fakes = append(fakes, f)
				cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: shardID(i), Backend: f})
			}
			t := spawn(b, cfg)
			ctx := coordinator.AllShards(context.Background())
			var direct, scattered time.Duration
			b.ReportAllocs()
			for b.Loop() {
				start := time.Now()
				for _, f := range fakes {
					askDirectly(b, f)
				}
				asked := time.Now()
				rows, err := t.Query(ctx, nothingMuch)
				require.NoError(b, err)
				got := 0
				for rows.Next() {
					got++
				}
				require.NoError(b, rows.Err())
				require.Equal(b, n, got)
				direct += asked.Sub(start)
				scattered += time.Since(asked)
			}
			calls := float64(b.N) * float64(n)
			b.ReportMetric(float64(direct.Nanoseconds())/calls, "backend-ns/shard")
			b.ReportMetric(float64((scattered-direct).Nanoseconds())/calls, "own-ns/shard")
			b.ReportMetric(0, "ns/op") // of both together: says nothing
		})
	}
}

func askDirectly(b *testing.B, f *fake.Backend) {
	ctx := context.Background()
	conn, err := f.Acquire(ctx, 0)
	require.NoError(b, err)
	cur, err := conn.Query(ctx, nothingMuch, nil)
	require.NoError(b, err)
	batch := messages.NewRowBatch(cur.Description())
	for cur.Next() {
		cur.Append(batch)
	}
	batch.Recycle(messages.DefaultBatchBytes)
	_, err = cur.Close()
	require.NoError(b, err)
	conn.Release()
}
