package faulttest_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
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

// So many callers at so few connections have most of their statements run in batches.
const (
	crowdSize        = 64
	crowdConnections = 4
	points           = 500
)

// crowd is callers that ask for points and write tokens without a pause.
type crowd struct {
	*coordinator.Troupe
	t     *testing.T
	shard messages.ShardID
	stop  chan struct{}
	all   sync.WaitGroup

	reads atomic.Int64
	mu    sync.Mutex
	lost  int // reads that failed with messages.ErrShardLost
	codes map[messages.Code]int
}

// groupShard is a shard on db whose writes share commits, or don't.
func groupShard(t *testing.T, id string, db dsn, groupCommit bool) shardworker.Shard {
	t.Helper()
	b, err := postgres.New(postgres.Config{DSN: with(db.DSN(), fmt.Sprintf("pool_max_conns=%d", crowdConnections)), GroupCommit: groupCommit})
	require.NoError(t, err)
	return shardworker.Shard{ID: messages.ShardID(id), Backend: watch(t, b)}
}

// watched is a backend whose batches are counted, so that a test knows that there were any.
type watched struct {
	shardworker.Batcher
	batches, members atomic.Int64
}

// wholeConn is all that a backend's connection can do.
type wholeConn interface {
	shardworker.BatchConn
	shardworker.TxConn
	shardworker.Copier
}

type watchedConn struct {
	wholeConn
	b *watched
}

// watch returns b as a backend that counts, and fails the test if there was no batch at its end.
func watch(t *testing.T, b shardworker.Backend) *watched {
	t.Helper()
	batcher, ok := b.(shardworker.Batcher)
	require.True(t, ok)
	w := &watched{Batcher: batcher}
	t.Cleanup(func() {
		t.Logf("%d batches of %.1f statements", w.batches.Load(), float64(w.members.Load())/float64(max(1, w.batches.Load())))
		require.Positive(t, w.batches.Load(), "the test was about batches")
	})
	return w
}

func (w *watched) Acquire(ctx context.Context, lane int) (shardworker.Conn, error) {
	c, err := w.Batcher.Acquire(ctx, lane)
	if err != nil {
		return nil, err
	}
	return &watchedConn{c.(wholeConn), w}, nil
}

func (c *watchedConn) RunBatch(ctx context.Context, batch []*shardworker.Shared) {
	c.b.batches.Add(1)
	c.b.members.Add(int64(len(batch)))
	c.wholeConn.RunBatch(ctx, batch)
}

func newCrowd(t *testing.T, troupe *coordinator.Troupe, shard messages.ShardID) *crowd {
	t.Helper()
	on(t, troupe, shard, "create table points (id bigint primary key, v text not null)")
	on(t, troupe, shard, createLedger)
	for i := range points {
		on(t, troupe, shard, "insert into points values ($1, $2)", i, fmt.Sprintf("point %d", i))
	}
	return &crowd{Troupe: troupe, t: t, shard: shard, stop: make(chan struct{}), codes: map[messages.Code]int{}}
}

// work has n callers make one call after another until end.
func (c *crowd) work(n int, call func(caller, i int)) {
	for caller := range n {
		c.all.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-c.stop:
					return
				default:
					call(caller, i)
				}
			}
		})
	}
}

func (c *crowd) end() {
	close(c.stop)
	c.all.Wait()
	c.t.Logf("%d reads, errors: %v", c.reads.Load(), c.codes)
}

// read asks for a point, or for one that isn't there, and checks the answer.
func (c *crowd) read(ctx context.Context, n int) error {
	ctx = coordinator.OnShard(ctx, c.shard)
	id, there := n%points, true
	if n%10 == 9 {
		id, there = -1-n, false
	}
	var got int
	var v string
	err := c.QueryRow(ctx, "select id, v from points where id = $1", id).Scan(&got, &v)
	c.reads.Add(1)
	switch {
	case err == nil:
		assert.True(c.t, there && got == id && v == fmt.Sprintf("point %d", id), "(%d, %q) instead of point %d", got, v, id)
		return nil
	case errors.Is(err, pgx.ErrNoRows):
		assert.False(c.t, there, "point %d isn't found", id)
		return nil
	}
	c.enter(err)
	return err
}

// enter counts an error, which has to be typed and never to doubt a read.
func (c *crowd) enter(err error) {
	requireTypedAsync(c.t, err)
	var e *messages.Error
	if !errors.As(err, &e) {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.codes[e.Code]++
	if errors.Is(err, messages.ErrShardLost) {
		c.lost++
	}
}

// strikeOne terminates one of the server's backends, and reports whether there was one.
func strikeOne(t testing.TB, db *pgtest.Cluster) bool {
	t.Helper()
	n, err := db.QueryInt(`select count(pg_terminate_backend(pid)) from (select pid from pg_stat_activity
		where backend_type = 'client backend' and pid <> pg_backend_pid() order by random() limit 1) one`)
	require.NoError(t, err)
	return n > 0
}

// A connection that is lost takes no read with it but one that ran on it alone: those of a batch are sent again.
func TestReadsOfBatchesSurviveTheirConnections(t *testing.T) {
	server := pgtest.Start(t)
	c := newCrowd(t, over(t, groupShard(t, "s0", server, false)), "s0")
	ctx := background(t)
	c.work(crowdSize, func(caller, i int) {
		if err := c.read(ctx, caller*31+i); err != nil {
			assert.ErrorIs(t, err, messages.ErrShardLost)
			assert.NotErrorIs(t, err, messages.ErrOutcomeUnknown)
		}
	})
	struck := 0
	for end := time.Now().Add(faultTime(2 * time.Second)); time.Now().Before(end); {
		if strikeOne(t, server) {
			struck++
		}
	}
	c.end()
	t.Logf("%d connections terminated", struck)
	assert.LessOrEqual(t, c.lost, struck, "a lost connection can cost one read at most: one that was alone on it")
}

// faultTime is how long a test makes trouble.
func faultTime(d time.Duration) time.Duration {
	if long {
		return 10 * d
	}
	return d
}

// Whatever happens to the server, answers are right, errors typed, and writes happen once or not at all.
func TestBatchesWhileTheServerDies(t *testing.T) {
	for name, groupCommit := range map[string]bool{"each commits": false, "group commit": true} {
		t.Run(name, func(t *testing.T) {
			server := pgtest.Start(t)
			c := newCrowd(t, over(t, groupShard(t, "s0", server, groupCommit), sqliteFile(t, "s1")), "s0")
			tokens := newLedger("s0")
			ask := func(caller, i int) {
				ctx, cancel := context.WithTimeout(context.Background(), limit)
				defer cancel()
				if caller%2 == 0 {
					_ = c.read(ctx, caller*31+i)
				} else if err := tokens.write(ctx, c.Troupe); err != nil {
					c.enter(err)
				}
			}
			c.work(2*crowdSize, ask)
			for range 3 {
				for range 10 {
					strikeOne(t, server)
				}
				require.NoError(t, server.Kill9())
				require.NoError(t, server.StartAgain())
				recovered(t, c.Troupe, "s0")
			}
			c.end()
			tokens.settle(t, c.Troupe)
			assert.Zero(t, c.codes[messages.ErrStatement], "nothing was wrong with the statements")
			assert.Zero(t, c.codes[messages.ErrCanceled], "nobody has given up")
			eventually(t, func() bool { n, err := server.Backends(); return err == nil && n <= crowdConnections+1 }, "more connections than the pool has")
		})
	}
}

// Single connections that are lost make writes doubtful at most, and none is lost or done twice.
func TestWritesOfBatchesWhileConnectionsAreLost(t *testing.T) {
	for name, groupCommit := range map[string]bool{"each commits": false, "group commit": true} {
		t.Run(name, func(t *testing.T) {
			server := pgtest.Start(t)
			shard := postgresShard("s0", server, "pool_max_conns=4")
			if groupCommit {
				shard = groupShard(t, "s0", server, true)
			}
			c := newCrowd(t, over(t, shard), "s0")
			tokens, ctx := newLedger("s0"), background(t)
			c.work(crowdSize, func(int, int) {
				if err := tokens.write(ctx, c.Troupe); err != nil {
					c.enter(err)
					assert.True(t, errors.Is(err, messages.ErrOutcomeUnknown) || errors.Is(err, messages.ErrUnavailable), "%v", err)
				}
			})
			struck := 0
			for end := time.Now().Add(faultTime(2 * time.Second)); time.Now().Before(end); {
				if strikeOne(t, server) {
					struck++
				}
			}
			c.end()
			t.Logf("%d connections terminated", struck)
			tokens.settle(t, c.Troupe)
		})
	}
}

// TestNoAcknowledgedRowIsLostByGroupCommit kills a server that syncs, again and again, in the midst of shared commits.
func TestNoAcknowledgedRowIsLostByGroupCommit(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Fsync(true))
	c := newCrowd(t, over(t, groupShard(t, "s0", server, true)), "s0")
	tokens, ctx := newLedger("s0"), background(t)
	c.work(crowdSize, func(int, int) {
		if err := tokens.write(ctx, c.Troupe); err != nil {
			c.enter(err)
			<-signalAfter(50 * time.Millisecond) // rather than ask a server that is away
		}
	})
	for range 20 {
		before := tokens.written()
		eventually(t, func() bool { return tokens.written() > before+crowdSize }, "nothing is written")
		require.NoError(t, server.Kill9())
		require.NoError(t, server.StartAgain())
	}
	c.end()
	recovered(t, c.Troupe, "s0")
	tokens.settle(t, c.Troupe)
}
