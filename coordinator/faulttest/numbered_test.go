package faulttest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

const readNumbered = "select n, pad from numbered"

// pad is what makes a row 100 bytes long, more or less.
const pad = "a text that is long enough to be found in a buffer if its bytes are not where they should be, é世"

// makeNumbered gives each shard a view named numbered of rows (n, pad), numbered from 1: a result of any size that takes no
// room in the database and that the server computes while it sends.
func makeNumbered(t testing.TB, troupe *coordinator.Troupe, rows int) {
	t.Helper()
	for _, id := range troupe.Shards() {
		shard, err := troupe.Shard(id)
		require.NoError(t, err)
		if shard.Dialect() == messages.PostgreSQL {
			on(t, troupe, id, "drop view if exists numbered")
			on(t, troupe, id, fmt.Sprintf("create view numbered as select n, '%s'::text as pad from (select generate_series(1::bigint, %d) as n) s", pad, rows))
			continue
		}
		on(t, troupe, id, "drop view if exists numbered")
		on(t, troupe, id, fmt.Sprintf("create view numbered as with recursive s(n) as (values (1) union all select n + 1 from s where n < %d) select n, '%s' as pad from s", rows, pad))
	}
}

// count reads rows to their end, calls each (if there is one) with the number of rows read so far, and returns how many
// rows came from each shard. Rows that are not numbered from 1 without a gap, or that have other bytes, are errNumbers.
func count(rows pgx.Rows, each func(read int)) (map[messages.ShardID]int64, error) {
	defer rows.Close()
	counts := map[messages.ShardID]int64{}
	for read := 1; rows.Next(); read++ {
		var n int64
		var text string
		if err := rows.Scan(&n, &text); err != nil {
			return counts, err
		}
		shard := coordinator.ShardOf(rows)
		counts[shard]++
		if n != counts[shard] || text != pad {
			return counts, fmt.Errorf("%w: %s has (%d, %q) as row %d", errNumbers, shard, n, text, counts[shard])
		}
		if each != nil {
			each(read)
		}
	}
	return counts, rows.Err()
}

var errNumbers = errors.New("a wrong row")

// requireCounts checks that each of shards gave exactly that many rows, and no other shard any.
func requireCounts(t testing.TB, counts map[messages.ShardID]int64, rows int64, shards ...messages.ShardID) {
	t.Helper()
	want := map[messages.ShardID]int64{}
	for _, id := range shards {
		want[id] = rows
	}
	require.Equal(t, want, counts)
}

// readAll reads all of numbered from the shards that ctx is pinned to.
func readAll(ctx context.Context, troupe *coordinator.Troupe, each func(read int)) (map[messages.ShardID]int64, error) {
	rows, err := troupe.Query(ctx, readNumbered)
	if err != nil {
		return nil, err
	}
	return count(rows, each)
}

// total is how many rows were read.
func total(counts map[messages.ShardID]int64) (n int64) {
	for _, c := range counts {
		n += c
	}
	return n
}

// pace returns a func for count that lets a reader rest for pause after every so many rows.
func pace(every int, pause time.Duration) func(int) {
	timer := time.NewTimer(pause)
	return func(read int) {
		if read%every == 0 {
			timer.Reset(pause)
			<-timer.C
		}
	}
}
