package load

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/troupedb/troupe/bench/results"
)

// Crew is clients that work at the same time. It keeps the memory of their latencies from sample to sample, so that
// writing them down doesn't count as allocations of who is measured. The zero value is ready; one Run at a time.
type Crew struct {
	// Meter measures. Its zero value does.
	Meter Meter

	latencies [][]time.Duration
	all       []time.Duration
}

// roomAtFirst is for how many latencies a client has room before its first sample.
const roomAtFirst = 4 << 10

// Run releases the clients at once. Each calls do, with its number, until d has passed since then, and at least once; a call that has begun is
// finished. The round's wall is from the release to the last client's end, and its count the number of calls. An error, which do also
// returns for a wrong answer, ends the sample for all, and is Run's.
func (c *Crew) Run(clients int, d time.Duration, do func(client int) error) (results.Round, error) {
	if clients < 1 || d <= 0 {
		return results.Round{}, errors.New("load: a sample needs clients and time")
	}
	for len(c.latencies) < clients {
		c.latencies = append(c.latencies, make([]time.Duration, 0, roomAtFirst))
	}
	release := make(chan struct{})
	var ready, done sync.WaitGroup
	var failed atomic.Pointer[error]
	ready.Add(clients)
	for client := range clients {
		done.Go(func() {
			ready.Done()
			<-release
			mine, err := work(c.latencies[client][:0], d, &failed, func() error { return do(client) })
			c.latencies[client] = mine
			if err != nil {
				err = fmt.Errorf("client %d: %w", client, err)
				failed.CompareAndSwap(nil, &err)
			}
		})
	}
	ready.Wait()
	started := c.Meter.Start()
	if started != nil {
		failed.Store(&started)
	}
	close(release)
	done.Wait()
	if started != nil {
		return results.Round{}, started
	}
	if err := failed.Load(); err != nil {
		_, stopped := c.Meter.Stop(0)
		return results.Round{}, errors.Join(*err, stopped)
	}
	count := 0
	for _, mine := range c.latencies[:clients] {
		count += len(mine)
	}
	r, err := c.Meter.Stop(count)
	r.P50, r.P99 = c.percentiles(clients)
	return r, err
}

// work calls do until d has passed or somebody has failed, and returns how long each call took.
func work(latencies []time.Duration, d time.Duration, failed *atomic.Pointer[error], do func() error) ([]time.Duration, error) {
	start := time.Now()
	for last := time.Duration(0); (last < d || len(latencies) == 0) && failed.Load() == nil; {
		if err := do(); err != nil {
			return latencies, err
		}
		now := time.Since(start)
		latencies, last = append(latencies, now-last), now
	}
	return latencies, nil
}

func (c *Crew) percentiles(clients int) (p50, p99 time.Duration) {
	c.all = c.all[:0]
	for _, mine := range c.latencies[:clients] {
		c.all = append(c.all, mine...)
	}
	if len(c.all) == 0 {
		return 0, 0
	}
	slices.Sort(c.all)
	at := func(percent int) time.Duration { return c.all[(len(c.all)-1)*percent/100] }
	return at(50), at(99)
}

// Once measures a single call of do, which returns how many units it did, each checked.
func (c *Crew) Once(do func() (int, error)) (results.Round, error) {
	if err := c.Meter.Start(); err != nil {
		return results.Round{}, err
	}
	count, err := do()
	r, stopped := c.Meter.Stop(count)
	return r, errors.Join(err, stopped)
}
