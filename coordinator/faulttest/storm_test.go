package faulttest_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
)

// A storm of callers whose deadlines are shorter than their statements must not become a storm of connections.
func TestCancelStorm(t *testing.T) {
	const callers, pool, deadline = 16, 4, 30 * time.Millisecond
	db := pgtest.Shared(t)
	troupe := over(t, postgresShard("s0", db, "pool_max_conns=4"), sqliteFile(t, "s1"))
	makeNumbered(t, troupe, 100_000)
	on(t, troupe, "s0", "create view slow as select 1 as n from pg_sleep(1)")
	stop := signalAfter(2 * time.Second)
	var overshoots durations
	var storm sync.WaitGroup
	for i := range callers {
		storm.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				ctx, cancel := context.WithTimeout(context.Background(), deadline)
				var err error
				took := elapsed(func() {
					if i%2 == 0 {
						var n int
						err = troupe.QueryRow(coordinator.OnShard(ctx, "s0"), "select * from slow").Scan(&n)
					} else {
						_, err = readAll(coordinator.AllShards(ctx), troupe, nil)
					}
				})
				cancel()
				overshoots.enter(took - deadline)
				assert.Less(t, took, deadline+soon)
				assert.ErrorIs(t, err, context.DeadlineExceeded)
			}
		})
	}
	most := 0
	for done := false; !done; {
		select {
		case <-stop:
			done = true
		default:
		}
		n, err := db.Backends()
		require.NoError(t, err)
		most = max(most, n)
	}
	storm.Wait()
	overshoots.log(t, "beyond the deadline")
	t.Logf("at most %d backends for a pool of %d", most, pool)
	// As many again may be saying goodbye, and a busy server takes its time to end those that have.
	assert.LessOrEqual(t, most, 4*pool)

	n, err := readRows(coordinator.AllShards(background(t)), troupe, "select n from numbered where n < 10")
	require.NoError(t, err)
	assert.Equal(t, 2*9, n)
	var calm sync.WaitGroup
	for range callers {
		calm.Go(func() {
			var n int
			assert.NoError(t, troupe.QueryRow(coordinator.OnShard(within(t, limit), "s0"), "select 1").Scan(&n))
		})
	}
	calm.Wait()
	eventually(t, func() bool { n, err := db.Backends(); return err == nil && n <= pool }, "more connections than the pool has")
}
