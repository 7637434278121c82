package faulttest_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

var (
	chaosTime = flag.Duration("chaos", 8*time.Second, "how long TestChaos makes trouble")
	chaosSeed = flag.Uint64("seed", 0, "the seed of TestChaos's faults; 0 takes a new one")
)

const (
	chaosRows     = 300
	chaosDeadline = 500 * time.Millisecond
)

// faults are what happens to a server in TestChaos. Each ends with the server in order.
var faults = []struct {
	name string
	run  func(*pgtest.Cluster) error
}{
	{"terminate", func(c *pgtest.Cluster) error { _, err := c.TerminateBackends(); return err }},
	{"stop and start", func(c *pgtest.Cluster) error { return errors.Join(c.Stop(true), c.StartAgain()) }},
	{"kill and start", func(c *pgtest.Cluster) error { return errors.Join(c.Kill9(), c.StartAgain()) }},
	{"freeze", func(c *pgtest.Cluster) error {
		if err := c.Freeze(); err != nil {
			return err
		}
		<-time.After(300 * time.Millisecond)
		return c.Thaw()
	}},
}

// chaos is a troupe in trouble, and what came of its calls.
type chaos struct {
	*coordinator.Troupe
	t       *testing.T
	stop    chan struct{}
	workers sync.WaitGroup

	calls, failed atomic.Int64
	took          durations
	mu            sync.Mutex
	codes         map[string]int
}

// TestChaos strikes one server after the other while readers scatter over all of them and writers keep a ledger: no
// answer is wrong or short, no acknowledged write is lost, no deadline missed, and each shard is back within a second.
func TestChaos(t *testing.T) {
	seed := *chaosSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("to see these faults again: go test ./coordinator/faulttest -run TestChaos -seed %d -chaos %v", seed, *chaosTime)
	random := rand.New(rand.NewPCG(seed, 0))
	servers := clusters(t, 3)
	x := &chaos{t: t, stop: make(chan struct{}), codes: map[string]int{}}
	shards := []shardworker.Shard{sqliteFile(t, "s3", "readers=8")}
	for i, c := range servers {
		shards = append(shards, postgresShard(shardName(i), c, "pool_max_conns=6"))
	}
	x.Troupe = spawn(t, coordinator.Config{Shards: shards})
	makeNumbered(t, x.Troupe, chaosRows)
	everywhere(t, x.Troupe, createLedger)

	for range 3 {
		x.work(x.scatter)
	}
	x.work(func(ctx context.Context) error { return x.scatter(coordinator.InShardOrder(ctx)) })
	x.work(x.leave)
	x.work(x.send)
	var ledgers []*ledger
	for _, id := range x.Shards() {
		l := newLedger(id)
		ledgers = append(ledgers, l)
		x.work(func(ctx context.Context) error { return l.write(ctx, x.Troupe) })
	}
	recoveries := map[string]*durations{}
	for end := time.Now().Add(*chaosTime); time.Now().Before(end); {
		<-time.After(time.Duration(random.IntN(250)) * time.Millisecond)
		i, fault := random.IntN(len(servers)), faults[random.IntN(len(faults))]
		require.NoError(t, fault.run(servers[i]), "%s of s%d", fault.name, i)
		if recoveries[fault.name] == nil {
			recoveries[fault.name] = &durations{}
		}
		took := recovered(t, x.Troupe, messages.ShardID(shardName(i)))
		recoveries[fault.name].enter(took)
		assert.Less(t, took, time.Second, "%s of s%d", fault.name, i)
	}
	close(x.stop)
	x.workers.Wait()

	calls, failed := x.calls.Load(), x.failed.Load()
	t.Logf("%d calls, of which %.2f %% failed: %v", calls, 100*float64(failed)/float64(calls), x.codes)
	x.took.log(t, "calls took")
	for _, name := range slices.Sorted(maps.Keys(recoveries)) {
		recoveries[name].log(t, "recovered after "+name)
	}
	assert.Less(t, failed, calls/2)
	for _, l := range ledgers {
		l.settle(t, x.Troupe)
	}
	counts, err := readAll(coordinator.AllShards(background(t)), x.Troupe, nil)
	require.NoError(t, err)
	requireCounts(t, counts, chaosRows, x.Shards()...)
	for i, c := range servers {
		eventually(t, func() bool { n, err := c.Backends(); return err == nil && n <= 6 }, "s%d has more connections than its pool", i)
	}
}

// work makes one call after the other until the chaos ends.
func (x *chaos) work(call func(context.Context) error) {
	x.workers.Go(func() {
		for {
			select {
			case <-x.stop:
				return
			default:
			}
			ctx, cancel := context.WithTimeout(context.Background(), chaosDeadline)
			var err error
			took := elapsed(func() { err = call(ctx) })
			cancel()
			x.took.enter(took)
			assert.Less(x.t, took, chaosDeadline+soon)
			x.calls.Add(1)
			if err != nil {
				x.enter(err)
			}
		}
	})
}

func (x *chaos) enter(err error) {
	x.failed.Add(1)
	requireTypedAsync(x.t, err)
	assert.NotErrorIs(x.t, err, errNumbers)
	var e *messages.Error
	if errors.As(err, &e) {
		if e.Code != messages.ErrCanceled { // which a deadline is, and nobody's fault in particular
			assert.NotEmpty(x.t, messages.ShardErrors(err), "%v", err)
		}
		if e.Code != messages.ErrCanceled && e.Code != messages.ErrPoolExhausted { // which a busy machine does to any
			assert.NotEqual(x.t, messages.ShardID("s3"), e.Shard, "nothing was done to it: %v", err)
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		x.codes[string(e.Code)]++
	}
}

// scatter reads everything from everywhere.
func (x *chaos) scatter(ctx context.Context) error {
	counts, err := readAll(coordinator.AllShards(ctx), x.Troupe, nil)
	if err == nil {
		x.complete(counts)
	}
	return err
}

func (x *chaos) complete(counts map[messages.ShardID]int64) {
	for _, id := range x.Shards() {
		assert.EqualValues(x.t, chaosRows, counts[id], "a short answer from %s", id)
	}
}

// send is scatter by message and future.
func (x *chaos) send(ctx context.Context) error {
	rows, err := x.Send(ctx, &messages.Query{SQL: readNumbered, Options: messages.Options{AllShards: true}}).Await(ctx)
	if err != nil {
		return err
	}
	counts, err := count(rows, nil)
	if err == nil {
		x.complete(counts)
	}
	return err
}

// leave reads a few rows and goes.
func (x *chaos) leave(ctx context.Context) error {
	rows, err := x.Query(coordinator.AllShards(ctx), readNumbered)
	if err != nil {
		return err
	}
	defer rows.Close()
	for range 100 {
		if !rows.Next() {
			if err := rows.Err(); err != nil {
				return err
			}
			return fmt.Errorf("%w: rows have ended that can't have", errNumbers)
		}
	}
	return nil
}
