package faulttest_test

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
)

// kills are the ways in which a server goes away, and what brings it back.
var kills = []struct {
	name     string
	strike   func(*pgtest.Cluster) error
	unusable bool // until it is started again
}{
	{"killed", (*pgtest.Cluster).Kill9, true},
	{"stopped at once", func(c *pgtest.Cluster) error { return c.Stop(true) }, true},
	{"backends terminated", func(c *pgtest.Cluster) error { _, err := c.TerminateBackends(); return err }, false},
}

// trio is a troupe over three servers, s0, s1 and s2, of which s1 is struck.
type trio struct {
	*coordinator.Troupe
	clusters []*pgtest.Cluster
}

func startTrio(t testing.TB, rows int, parameters ...string) trio {
	t.Helper()
	c := clusters(t, 3)
	troupe := over(t, postgresShard("s0", c[0], parameters...), postgresShard("s1", c[1], parameters...), postgresShard("s2", c[2], parameters...))
	makeNumbered(t, troupe, rows)
	return trio{troupe, c}
}

// back starts the struck server again, and checks how long the troupe takes to notice: promise 6.
func (tr trio) back(t testing.TB) {
	t.Helper()
	require.NoError(t, tr.clusters[1].StartAgain())
	took := recovered(t, tr.Troupe, "s1")
	t.Logf("recovered %v after the server was back", took)
	assert.Less(t, took, time.Second)
}

func TestShardLostInAStream(t *testing.T) {
	const rows = 20_000
	tr := startTrio(t, rows)
	for _, kill := range kills {
		t.Run(kill.name, func(t *testing.T) {
			t.Cleanup(func() { require.NoError(t, tr.clusters[1].StartAgain()) })
			// Readers of the other shards have begun before and go on until after.
			type answer struct {
				counts map[messages.ShardID]int64
				err    error
			}
			others := make(chan answer)
			begun, struck := make(chan struct{}), make(chan struct{})
			go func() {
				ctx := coordinator.OnShards(background(t), []messages.ShardID{"s0", "s2"})
				counts, err := readAll(ctx, tr.Troupe, func(read int) {
					if read == 1000 {
						close(begun)
						<-struck
					}
				})
				others <- answer{counts, err}
			}()
			<-begun

			ctx := coordinator.AllShards(background(t))
			var struckAt time.Time
			var read int64
			_, err := readAll(ctx, tr.Troupe, func(n int) {
				read = int64(n)
				if n == 1000 {
					require.NoError(t, kill.strike(tr.clusters[1]))
					struckAt = time.Now()
				}
			})
			took := time.Since(struckAt)
			close(struck)
			t.Logf("the call ended %v after the fault, with %d rows read: %v", took, read, err)
			require.ErrorIs(t, err, messages.ErrShardLost)
			e := requireNames(t, err, "s1")
			assert.Equal(t, read, e.Rows)
			assert.Less(t, took, soon)

			other := <-others
			require.NoError(t, other.err)
			requireCounts(t, other.counts, rows, "s0", "s2")
			tr.back(t)
			counts, err := readAll(ctx, tr.Troupe, nil)
			require.NoError(t, err)
			requireCounts(t, counts, rows, tr.Shards()...)
		})
	}

	// The reader asks for nothing while the server dies: its idle connections are found dead before the next statement.
	for _, kill := range kills {
		t.Run(kill.name+" between streams", func(t *testing.T) {
			t.Cleanup(func() { require.NoError(t, tr.clusters[1].StartAgain()) })
			ctx := coordinator.AllShards(within(t, limit))
			_, err := readAll(ctx, tr.Troupe, nil)
			require.NoError(t, err)
			require.NoError(t, kill.strike(tr.clusters[1]))
			if kill.unusable {
				took := elapsed(func() { _, err = readAll(ctx, tr.Troupe, nil) })
				t.Logf("refused after %v: %v", took, err)
				// A server that dies at this very moment can still take the statement, and then it is lost.
				require.True(t, errors.Is(err, messages.ErrUnavailable) || errors.Is(err, messages.ErrShardLost), "%v", err)
				requireNames(t, err, "s1")
				assert.Less(t, took, soon)
				others, err := readAll(coordinator.OnShards(ctx, []messages.ShardID{"s0", "s2"}), tr.Troupe, nil)
				require.NoError(t, err)
				requireCounts(t, others, rows, "s0", "s2")
				tr.back(t)
			}
			counts, err := readAll(ctx, tr.Troupe, nil)
			require.NoError(t, err, "nothing was sent on the dead connections, so nobody need know")
			requireCounts(t, counts, rows, tr.Shards()...)
		})
	}
}

func TestShardDownBeforeTheFirstCall(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t)
	require.NoError(t, c.Stop(false))
	troupe := over(t, sqliteFile(t, "s0"), postgresShard("s1", c))
	on(t, troupe, "s0", "create table t (n integer)")
	_, err := troupe.Exec(coordinator.AllShards(background(t)), "delete from t")
	require.ErrorIs(t, err, messages.ErrUnavailable)
	requireNames(t, err, "s1")
	require.NoError(t, c.StartAgain())
	took := recovered(t, troupe, "s1")
	t.Logf("recovered %v after the server was back", took)
	assert.Less(t, took, time.Second)
}
