package faulttest_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/postgres"
)

// Promise 5: what is in memory depends on shards, window and batch size, and not on the result or its reader.
func TestMemoryIsBoundedForAReaderThatIsSlowInBursts(t *testing.T) {
	rows, pause := 125_000, 5*time.Millisecond
	if long {
		rows, pause = 1_250_000, 20*time.Millisecond
	}
	const window, batchBytes = 4, messages.DefaultBatchBytes
	troupe := spawn(t, coordinator.Config{
		Shards:     []shardworker.Shard{postgresShard("s0", pgtest.Shared(t)), sqliteFile(t, "s1"), postgresShard("s2", pgtest.Shared(t)), sqliteMemory(t, "s3")},
		Window:     window,
		BatchBytes: batchBytes,
	})
	makeNumbered(t, troupe, rows)
	start := time.Now()
	answer, err := troupe.Query(coordinator.AllShards(within(t, 15*time.Minute)), readNumbered)
	require.NoError(t, err)
	heap := watchHeap()
	inFlight := 0
	rest := pace(10_000, pause)
	counts, err := count(answer, func(read int) {
		rest(read)
		if read%1000 == 0 {
			inFlight = max(inFlight, answer.(*coordinator.Rows).InFlight())
		}
	})
	growth := heap.growth(t)
	require.NoError(t, err)
	requireCounts(t, counts, int64(rows), troupe.Shards()...)
	t.Logf("%d rows in %v: the heap grew by %.1f MiB at most, %d batches were in flight at most", total(counts), time.Since(start), mebibytes(growth), inFlight)
	shards := len(troupe.Shards())
	assert.Less(t, growth, uint64(shards*window*batchBytes*3/2+16<<20))
	assert.LessOrEqual(t, inFlight, shards*window)
}

// largeValue selects one value of that many equal bytes.
var largeValue = map[messages.Dialect]string{
	messages.PostgreSQL: "select convert_to(repeat('x', $1::int), 'UTF8') as v",
	messages.SQLite:     "select zeroblob($1) as v",
}

func readLarge(t testing.TB, troupe *coordinator.Troupe, id messages.ShardID, size int) error {
	t.Helper()
	shard, err := troupe.Shard(id)
	require.NoError(t, err)
	rows, err := troupe.Query(coordinator.OnShard(background(t), id), largeValue[shard.Dialect()], size)
	if err != nil {
		return err
	}
	values, err := pgx.CollectRows(rows, pgx.RowTo[[]byte])
	if err != nil {
		return err
	}
	require.Len(t, values, 1)
	require.Equal(t, size, len(values[0]))
	require.Equal(t, size, bytes.Count(values[0], values[0][:1]))
	return nil
}

func TestLargeValues(t *testing.T) {
	troupe := over(t, postgresShard("s0", pgtest.Shared(t), "pool_max_conns=1"), sqliteFile(t, "s1"))
	for _, id := range troupe.Shards() {
		require.NoError(t, readLarge(t, troupe, id, 64<<20))
	}
}

func TestRowBeyondTheCap(t *testing.T) {
	const limit = 1 << 20
	db := pgtest.Shared(t)
	backend, err := postgres.New(postgres.Config{DSN: with(db.DSN(), "pool_max_conns=1"), MaxRowBytes: limit})
	require.NoError(t, err)
	troupe := over(t, shardworker.Shard{ID: "s0", Backend: backend}, sqliteFile(t, "s1", "max_row_bytes=1048576", "readers=1"))
	for _, id := range troupe.Shards() {
		// What else belongs to a row counts too: find the largest that passes.
		largest := limit
		for ; largest > limit-64; largest-- {
			if err = readLarge(t, troupe, id, largest); err == nil {
				break
			}
			require.ErrorIs(t, err, messages.ErrRowTooLarge)
			requireNames(t, err, id)
		}
		require.NoError(t, err, "a row of the size that is allowed doesn't pass on %s", id)
		t.Logf("%s: a value of the cap less %d bytes passes", id, limit-largest)
		err = readLarge(t, troupe, id, largest+1)
		require.ErrorIs(t, err, messages.ErrRowTooLarge)
		assert.NotErrorIs(t, err, messages.ErrOutcomeUnknown, "it was a read")
		assert.NotErrorIs(t, err, messages.ErrShardLost)
		require.NoError(t, readLarge(t, troupe, id, 10), "the next call finds a good connection")
	}
	n, err := db.Backends()
	require.NoError(t, err)
	assert.LessOrEqual(t, n, 2, "a pool of one, and one that says goodbye perhaps")
}
