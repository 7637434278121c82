package load_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/bench/compare/load"
)

// TestRunCounts holds Run to its word for any number of clients: all of them work, every call counts, and the wall is as long as it was asked to be.
func TestRunCounts(t *testing.T) {
	crew := new(load.Crew)
	rapid.Check(t, func(t *rapid.T) {
		clients := rapid.IntRange(1, 40).Draw(t, "clients")
		d := time.Duration(rapid.IntRange(1, 2_000).Draw(t, "µs")) * time.Microsecond
		calls := make([]atomic.Int64, clients)
		r, err := crew.Run(clients, d, func(client int) error {
			calls[client].Add(1)
			return nil
		})
		require.NoError(t, err)
		all := int64(0)
		for i := range calls {
			assert.Positive(t, calls[i].Load(), "client %d", i)
			all += calls[i].Load()
		}
		assert.EqualValues(t, all, r.Count)
		assert.GreaterOrEqual(t, r.Wall, d)
		assert.LessOrEqual(t, r.P50, r.P99)
		assert.LessOrEqual(t, r.P99, r.Wall)
	})
}

// TestRunReleasesAtOnce has every client wait for all others in its first call.
func TestRunReleasesAtOnce(t *testing.T) {
	const clients = 32
	var all sync.WaitGroup
	all.Add(clients)
	first := make([]sync.Once, clients)
	r, err := new(load.Crew).Run(clients, time.Nanosecond, func(client int) error {
		first[client].Do(all.Done)
		all.Wait()
		return nil
	})
	require.NoError(t, err)
	assert.Equal(t, clients, r.Count, "one call each: the time was over before the first had ended")
}

func TestRunFails(t *testing.T) {
	wrong := errors.New("a wrong answer")
	var calls atomic.Int64
	_, err := new(load.Crew).Run(8, time.Minute, func(client int) error {
		if calls.Add(1) > 100 && client == 3 {
			return wrong
		}
		return nil
	})
	require.ErrorIs(t, err, wrong, "and the others don't work on for a minute")
	assert.ErrorContains(t, err, "client 3")

	for _, clients := range []int{0, -1} {
		_, err = new(load.Crew).Run(clients, time.Second, func(int) error { return nil })
		assert.Error(t, err)
	}
	_, err = new(load.Crew).Run(1, 0, func(int) error { return nil })
	assert.Error(t, err)
}

var kept []byte

func TestMeasures(t *testing.T) {
	const size = 64 << 20
	server := time.Duration(0)
	crew := &load.Crew{Meter: load.Meter{Server: func() time.Duration { server += time.Second; return server }}}
	r, err := crew.Once(func() (int, error) {
		kept = make([]byte, size)
		for i := 0; i < len(kept); i += 512 { // so that it is resident
			kept[i] = 1
		}
		return 7, nil
	})
	kept = nil
	require.NoError(t, err)
	assert.Equal(t, 7, r.Count)
	assert.GreaterOrEqual(t, r.AllocBytes, uint64(size))
	assert.Positive(t, r.Allocs)
	assert.Less(t, r.Allocs, uint64(1_000))
	assert.Positive(t, r.ClientCPU)
	assert.Equal(t, time.Second, r.ServerCPU)
	if load.Resident() > 0 {
		assert.Greater(t, r.PeakRSS, int64(size)/2)
	}

	wrong := errors.New("a wrong answer")
	_, err = crew.Once(func() (int, error) { return 0, wrong })
	assert.ErrorIs(t, err, wrong)
}

// TestLatenciesAreNotAllocations runs a crew that knows how many calls there will be.
func TestLatenciesAreNotAllocations(t *testing.T) {
	crew := new(load.Crew)
	sample := func() float64 {
		r, err := crew.Run(2, 20*time.Millisecond, func(int) error { return nil })
		require.NoError(t, err)
		return float64(r.Allocs) / float64(r.Count)
	}
	sample()
	assert.Less(t, sample(), 0.01)
}
