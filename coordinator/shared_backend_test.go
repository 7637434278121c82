package coordinator_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// sharing returns three shards of one backend.
func sharing(b shardworker.Backend) []shardworker.Shard {
	return shardsNamed(func(i int) shardworker.Shard {
		return shardworker.Shard{Backend: b, Names: shardworker.Names{Prefix: prefixes[i]}}
	})
}

// TestMergesOverOneBackendDontWaitForEachOther: each holds a connection for each of its shards, and needs rows of all of them.
func TestMergesOverOneBackendDontWaitForEachOther(t *testing.T) {
	b, err := sqlite.New(sqlite.Config{Mode: sqlite.Memory, Readers: 4})
	require.NoError(t, err)
	cfg := coordinator.Config{Shards: sharing(b), CloseTimeout: patience, Window: 1, BatchBytes: 64}
	declaring(byDecade)(&cfg)
	troupe, err := coordinator.Spawn(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, troupe.Close(context.Background())) })
	execAll(t, troupe, "CREATE TABLE t (k integer, v text)")
	for k := range 30 {
		_, err := troupe.Exec(t.Context(), "INSERT INTO t (k, v) VALUES ($1, $2)", k, strings.Repeat("v", 40))
		require.NoError(t, err)
	}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			ctx := within(t, patience)
			for range 20 {
				rows, err := troupe.Query(ctx, "SELECT v, k FROM t ORDER BY v, k")
				if err != nil {
					t.Error(err)
					return
				}
				n := 0
				for rows.Next() {
					n++
				}
				if rows.Err() != nil || n != 30 {
					t.Error(n, rows.Err())
					return
				}
			}
		})
	}
	wg.Wait()
}

// closing is a backend that can't be closed well.
type closing struct {
	shardworker.Backend
	times atomic.Int32
}

func (c *closing) Close(ctx context.Context) error {
	c.times.Add(1)
	return errors.Join(c.Backend.Close(ctx), errBroken)
}

var errBroken = errors.New("broken")

func TestASharedBackendIsClosedOnce(t *testing.T) {
	b := &closing{Backend: fake.New(fake.Config{})}
	troupe, err := coordinator.Spawn(t.Context(), coordinator.Config{Shards: sharing(b), CloseTimeout: patience})
	require.NoError(t, err)
	err = troupe.Close(context.Background())
	require.ErrorIs(t, err, errBroken)
	require.Equal(t, 1, strings.Count(err.Error(), errBroken.Error()), "%v", err)
	require.EqualValues(t, 1, b.times.Load())
}
