package shardworker_test

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

// gathering is the owner of a stream.
type gathering struct {
	described atomic.Int64
	ended     chan struct{}
}

func (g *gathering) StreamDescribed(error) { g.described.Add(1) }
func (g *gathering) StreamEnded()          { close(g.ended) }

// TestWorkersAndStream lets real streams read from real workers: rows of all sizes under every window, readers that leave,
// shards that fail. Nothing may hang, and what ends without an error is complete.
func TestWorkersAndStream(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		system := actors.New(discard)
		random := rand.New(rand.NewPCG(1, 2))
		for round := range 150 {
			gather(t, system, round, random)
		}
	})
}

func gather(t *testing.T, system *actors.System, round int, random *rand.Rand) {
	const batchBytes = 500
	n, window := 1+random.IntN(3), 1+random.IntN(5)
	owner := &gathering{ended: make(chan struct{})}
	var stream actors.Stream
	stream.Init(system, owner, actors.StreamConfig{
		Call: messages.CallID(round), Window: window, BatchBytes: batchBytes, Order: messages.Order(random.IntN(2)),
	})
	var sources []actors.Source
	var workers []*shardworker.Worker
	want, failing := 0, false
	for i := range n {
		backend := fake.New(fake.Config{})
		rows := fake.Rows(fake.Column("s", pgtype.TextOID))
		for range random.IntN(40) {
			size := random.IntN(20)
			if random.IntN(4) == 0 {
				size = random.IntN(20 * batchBytes)
			}
			rows = rows.Row(strings.Repeat("x", size))
			want++
		}
		if random.IntN(3) == 0 {
			rows = rows.EachRow(fake.Delay(time.Duration(random.IntN(5)) * time.Millisecond))
		}
		if random.IntN(12) == 0 {
			rows, failing = rows.At(fake.AtCursorClose, fake.Fail(errBroken)), true
		}
		backend.Reply("", rows)
		id := messages.ShardID(fmt.Sprintf("s%d", i))
		w, err := shardworker.Spawn(string(id), shardworker.Config{ID: id, Backend: backend, System: system, Logger: discard})
		require.NoError(t, err)
		workers, sources = append(workers, w), append(sources, actors.Source{Shard: id, Worker: w})
		defer func() {
			require.NoError(t, w.Stop(t.Context()))
			require.NoError(t, w.Drained(t.Context()))
			require.NoError(t, backend.Close(t.Context()))
			require.Zero(t, backend.Stats().InUse)
		}()
	}
	require.True(t, stream.Open(sources...))
	for i, w := range workers {
		w.Tell(&messages.Execute{
			Call: messages.CallID(round), Source: i, SQL: "select", WantRows: true, Window: window, BatchBytes: batchBytes,
			Context: t.Context(), ReplyTo: &stream,
		})
	}
	stream.CancelIfOver()
	leaveAfter := want + 1
	if random.IntN(4) == 0 {
		leaveAfter = random.IntN(want + 1)
	}
	began, got := time.Now(), 0
	for got < leaveAfter {
		b, err := stream.Next(t.Context())
		if errors.Is(err, io.EOF) {
			require.Equal(t, want, got)
			require.False(t, failing)
			break
		}
		if err != nil {
			require.True(t, failing)
			require.ErrorIs(t, err, errBroken)
			break
		}
		got += b.Rows()
	}
	stream.Leave(errBroken)
	<-owner.ended
	synctest.Wait() // one source's end may overtake what another's led to
	require.EqualValues(t, 1, owner.described.Load())
	require.Less(t, time.Since(began), 10*time.Second)
}
