package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/metrics"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/demo"
	"github.com/troupedb/troupe/internal/demo/weather"
	"github.com/troupedb/troupe/messages"
)

const (
	rowsPerRest = 1000
	// What a shard may be ahead of the reader: so many batches of that size. There are defaults, and the numbers are
	// needed because they bound the memory.
	window     = 4
	batchBytes = 64 << 10
	// mostInFlight is how many batches all shards together may be ahead of the reader.
	mostInFlight = 4 * window
	// mostHeap is how much memory that may take: half as much again for what batches are made of, and 16 MiB for
	// everything else, garbage included.
	mostHeap = mostInFlight*batchBytes*3/2 + 16<<20
)

// filler makes rows of about 100 bytes.
var filler = " " + strings.Repeat("weather ", 11)

// streamSlowly reads all of a large table on four shards with a reader that rests again and again. The shards wait for
// it: what is in memory is bounded by the window, and not by the table.
func (e *example) streamSlowly(ctx context.Context) error {
	counts, err := e.fill(ctx)
	if err != nil {
		return err
	}
	started := time.Now()
	s, err := e.read(ctx)
	if err != nil {
		return err
	}
	e.Printf("stream of %d rows in %v by a reader that rests %v before every %dth\n",
		s.rows, time.Since(started).Round(time.Millisecond), e.rest, rowsPerRest)
	e.Printf("stream peak of %d batches in flight, %s of heap; all rows together are %s\n",
		s.inFlight, mib(s.heap), mib(s.bytes))
	demo.Check(e.Report, "rows of each shard, numbered and in order", s.last, counts)
	demo.Check(e.Report, "rows out of order, or with another payload", s.wrong, 0)
	e.atMost("batches in flight, of shards × window = "+decimal(mostInFlight)+" at most", uint64(s.inFlight), mostInFlight, decimal)
	e.atMost("heap, of shards × window × batch × 1.5 + 16 MiB = "+mib(mostHeap)+" at most", s.heap, mostHeap, mib)
	return nil
}

// fill writes -rows rows, a quarter on each shard and on all at the same time, and returns how many each has.
func (e *example) fill(ctx context.Context) (map[messages.ShardID]int64, error) {
	// Both engines understand this. A recursive INSERT can't run on several shards as one statement, so it is four.
	const sql = `
		insert into stream_rows (n, payload)
		with recursive numbers (n) as (
			select cast(1 as bigint) union all select n + 1 from numbers where n < cast($1 as bigint)
		)
		select n, cast(n as text) || cast($2 as text) from numbers`
	counts := map[messages.ShardID]int64{}
	var futures []*coordinator.Future
	for i, shard := range weather.Shards {
		counts[shard] = int64((e.rows + i) / len(weather.Shards))
		futures = append(futures, e.Troupe.Send(ctx, &messages.Exec{
			SQL: sql, Args: []any{counts[shard], filler},
			Options: messages.Options{Shards: []messages.ShardID{shard}},
		}))
	}
	for _, future := range futures {
		if _, err := future.Await(ctx); err != nil {
			return nil, err
		}
	}
	return counts, nil
}

// streamed is what the slow reader saw.
type streamed struct {
	rows     int
	bytes    uint64
	last     map[messages.ShardID]int64 // number of the last row of each shard
	wrong    int                        // rows that weren't the next one of their shard
	inFlight int                        // at the peak
	heap     uint64                     // at the peak, beyond what there was before
}

func (e *example) read(ctx context.Context) (streamed, error) {
	s := streamed{last: map[messages.ShardID]int64{}}
	runtime.GC()
	before := heapBytes()
	rows, err := e.Troupe.Query(coordinator.AllShards(ctx), `select n, payload from stream_rows`)
	if err != nil {
		return s, err
	}
	defer rows.Close()
	var n int64
	var payload string
	for rows.Next() {
		if err := rows.Scan(&n, &payload); err != nil {
			return s, err
		}
		if s.rows%rowsPerRest == 0 {
			if err := pause(ctx, e.rest); err != nil {
				return s, err
			}
			s.sample(rows, before)
		}
		// One SELECT without ORDER BY may give rows in any order. Both engines read a table that was just filled from its
		// beginning to its end, though, and troupe keeps each shard's order.
		shard := coordinator.ShardOf(rows)
		if n != s.last[shard]+1 || !belongs(payload, n) {
			s.wrong++
		}
		s.last[shard] = n
		s.rows++
		s.bytes += uint64(len(payload)) + 8
	}
	return s, rows.Err()
}

// belongs reports whether payload is what fill wrote into row n. It leaves no garbage, which would count as heap.
func belongs(payload string, n int64) bool {
	digits, ok := strings.CutSuffix(payload, filler)
	number, err := strconv.ParseInt(digits, 10, 64)
	return ok && err == nil && number == n
}

// sample looks at what is in memory. The reader does it itself after a rest, when the shards have had time to run ahead.
func (s *streamed) sample(rows pgx.Rows, before uint64) {
	s.inFlight = max(s.inFlight, rows.(*coordinator.Rows).InFlight())
	if now := heapBytes(); now > before {
		s.heap = max(s.heap, now-before)
	}
}

// heapBytes returns the size of the objects on the heap, with the garbage that wasn't collected yet.
func heapBytes() uint64 {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64()
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// atMost asserts that got is at most limit.
func (e *example) atMost(what string, got, limit uint64, show func(uint64) string) {
	e.Assert(got <= limit, what, show(got), "at most "+show(limit))
}

func decimal(n uint64) string { return strconv.FormatUint(n, 10) }

func mib(bytes uint64) string { return fmt.Sprintf("%.1f MiB", float64(bytes)/(1<<20)) }
