package plan

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

func TestCacheBuildsOnceForAllThatWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewCache(0, 0)
		key := cacheKey{dialect: messages.SQLite, text: "x"}
		release := make(chan struct{})
		var built atomic.Int32
		want := &Plan{}
		build := func(cacheKey) (*Plan, error) {
			built.Add(1)
			<-release
			return want, nil
		}
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				p, err := c.find(key, build)
				if err != nil || p != want {
					t.Error(p, err)
				}
			})
		}
		synctest.Wait()
		close(release)
		wg.Wait()
		require.EqualValues(t, 1, built.Load())
	})
}

func TestCachePanicLetsTheOthersGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewCache(0, 0)
		key := cacheKey{dialect: messages.SQLite, text: "x"}
		release := make(chan struct{})
		var panics, failed atomic.Int32
		build := func(cacheKey) (*Plan, error) {
			<-release
			panic("the planner is broken")
		}
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				defer func() {
					if recover() != nil {
						panics.Add(1)
					}
				}()
				_, err := c.find(key, build)
				if errors.Is(err, messages.ErrPanic) {
					failed.Add(1)
				}
			})
		}
		synctest.Wait()
		close(release)
		wg.Wait()
		require.EqualValues(t, 1, panics.Load())
		require.EqualValues(t, 4, failed.Load())
		// It isn't remembered.
		p, err := c.find(key, func(cacheKey) (*Plan, error) { return &Plan{}, nil })
		require.NoError(t, err)
		require.NotNil(t, p)
	})
}
