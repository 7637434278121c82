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
	"github.com/troupedb/troupe/messages"
)

func TestWritesInFlightAreAcknowledgedFailedOrUnknown(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	troupe := over(t, postgresShard("s0", c, "pool_max_conns=4"), sqliteFile(t, "s1"))
	everywhere(t, troupe, createLedger)
	struck, other := newLedger("s0"), newLedger("s1")
	for _, kill := range kills {
		const writers = 6
		ctx, stop := context.WithCancel(background(t))
		var wg sync.WaitGroup
		warm := make(chan struct{}, writers)
		for range writers {
			wg.Go(func() {
				for i := 0; ctx.Err() == nil; i++ {
					// The writes themselves have no deadline: what ends them is the fault.
					_ = struck.write(background(t), troupe)
					if i == 20 {
						warm <- struct{}{}
					}
				}
			})
		}
		wg.Go(func() {
			for ctx.Err() == nil {
				assert.NoError(t, other.write(background(t), troupe), "the other shard has nothing to do with it")
			}
		})
		for range writers {
			<-warm
		}
		require.NoError(t, kill.strike(c))
		require.NoError(t, c.StartAgain())
		recovered(t, troupe, "s0")
		stop()
		wg.Wait()
	}
	struck.settle(t, troupe)
	other.settle(t, troupe)
}

// A write that waits when its server dies, or when its deadline comes, may have happened: never a plain error.
func TestWriteThatWaitsHasAnUnknownOutcome(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	troupe := over(t, postgresShard("s0", c), sqliteMemory(t, "s1"))
	on(t, troupe, "s0", createLedger)
	const slow = "insert into written select $1 from (select pg_sleep(100)) s"
	for _, kill := range kills {
		outcome := make(chan error, 1)
		go func() {
			_, err := troupe.Exec(coordinator.OnShard(background(t), "s0"), slow, 1)
			outcome <- err
		}()
		eventually(t, func() bool { return active(c, slow) == 1 }, "the write doesn't run")
		var err error
		require.NoError(t, kill.strike(c))
		took := elapsed(func() { err = <-outcome })
		t.Logf("%s: unknown after %v", kill.name, took)
		assert.Less(t, took, soon)
		require.ErrorIs(t, err, messages.ErrOutcomeUnknown)
		require.ErrorIs(t, err, messages.ErrShardLost)
		requireNames(t, err, "s0")
		require.NoError(t, c.StartAgain())
		recovered(t, troupe, "s0")
	}

	const deadline = 100 * time.Millisecond
	var err error
	took := elapsed(func() {
		_, err = troupe.Exec(coordinator.OnShard(within(t, deadline), "s0"), slow, 1)
	})
	t.Logf("%v beyond the deadline", took-deadline)
	assert.Less(t, took, deadline+soon)
	require.ErrorIs(t, err, messages.ErrOutcomeUnknown)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	eventually(t, func() bool { return active(c, slow) == 0 }, "the server still runs what nobody waits for")
	assert.Zero(t, number(t, troupe, "s0", "select count(*) from written"))
}

// active returns how many backends run sql at the moment; -1 if the server doesn't say.
func active(db interface {
	QueryInt(string, ...any) (int, error)
}, sql string,
) int {
	n, err := db.QueryInt("select count(*) from pg_stat_activity where state = 'active' and query = $1", sql)
	if err != nil {
		return -1
	}
	return n
}
