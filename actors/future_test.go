package actors_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/actors"
)

var errFirst = errors.New("first")

func TestPromiseKeepsTheFirstAnswer(t *testing.T) {
	var p actors.Promise[int]
	f := p.Future()
	value, err, settled := f.Result()
	require.Zero(t, value)
	require.NoError(t, err)
	require.False(t, settled)

	require.True(t, p.Resolve(7, nil))
	require.False(t, p.Resolve(8, errFirst))
	value, err, settled = f.Result()
	require.Equal(t, 7, value)
	require.NoError(t, err)
	require.True(t, settled)
	soon(t, f.Done())

	var failed actors.Promise[int]
	done := failed.Future().Done()
	require.True(t, failed.Resolve(0, errFirst))
	require.False(t, failed.Resolve(1, nil))
	soon(t, done)
	_, err = failed.Future().Wait(t.Context())
	require.ErrorIs(t, err, errFirst)
}

func TestFutureWakesEveryWaiter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p actors.Promise[string]
		var answered, left atomic.Int64
		var wg sync.WaitGroup
		leaving, leave := context.WithCancel(t.Context())
		for i := range 1000 {
			wg.Go(func() {
				ctx := t.Context()
				if i%4 == 0 {
					ctx = leaving
				}
				switch value, err := p.Future().Wait(ctx); {
				case err == nil && value == "answer":
					answered.Add(1)
				case errors.Is(err, context.Canceled) && value == "":
					left.Add(1)
				}
			})
		}
		synctest.Wait()
		require.Zero(t, answered.Load()+left.Load())
		leave()
		synctest.Wait()
		require.EqualValues(t, 250, left.Load())
		require.True(t, p.Resolve("answer", nil))
		wg.Wait()
		require.EqualValues(t, 750, answered.Load())

		value, err := p.Future().Wait(leaving)
		require.NoError(t, err, "an answer that is there wins over a context that has ended")
		require.Equal(t, "answer", value)
	})
}

func TestPromiseRace(t *testing.T) {
	for range 300 {
		var p actors.Promise[int]
		var winner atomic.Int64
		var wg sync.WaitGroup
		for n := 1; n <= 6; n++ {
			wg.Go(func() {
				if p.Resolve(n, nil) {
					winner.Add(int64(n)) // the only one
				}
			})
			wg.Go(func() {
				value, err := p.Future().Wait(t.Context())
				if again, _ := p.Future().Wait(t.Context()); err != nil || value == 0 || again != value {
					t.Error(value, again, err)
				}
			})
		}
		wg.Wait()
		value, _, _ := p.Future().Result()
		require.EqualValues(t, winner.Load(), value)
	}
}
