package actors_test

import (
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/actors"
)

type jobFunc func()

func (f jobFunc) Run() { f() }

// loops returns how many goroutines of a pool there are in the calling bubble or process.
func loops() int {
	buf := make([]byte, 4<<20)
	return strings.Count(string(buf[:runtime.Stack(buf, true)]), "actors.(*goroutines).loop(")
}

func TestGoroutinesAreUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := actors.New(discard)
		s.Use()
		seen := map[string]int{}
		for range 10_000 {
			done := make(chan string, 1)
			s.Go(jobFunc(func() { done <- goroutine() }))
			seen[<-done]++
			synctest.Wait() // until it has parked
		}
		require.Len(t, seen, 1)
		require.Equal(t, 1, loops())
		s.Unuse()
		synctest.Wait()
		require.Zero(t, loops())
	})
}

func TestParkedGoroutinesAreBoundedAndEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := actors.New(discard)
		s.Use()
		s.Use()
		block := make(chan struct{})
		var started sync.WaitGroup
		for range 1000 {
			started.Add(1)
			s.Go(jobFunc(func() { started.Done(); <-block }))
		}
		started.Wait()
		ran := make(chan struct{})
		s.Go(jobFunc(func() { close(ran) }))
		soon(t, ran, "a job waits for others")
		require.GreaterOrEqual(t, loops(), 1000)
		close(block)
		synctest.Wait()
		require.Equal(t, 256, loops())
		s.Unuse()
		synctest.Wait()
		require.Equal(t, 256, loops(), "there is still a user")
		s.Unuse()
		synctest.Wait()
		require.Zero(t, loops())

		s.Go(jobFunc(func() {}))
		synctest.Wait()
		require.Zero(t, loops(), "without a user nothing is kept")
	})
}

// TestShortJobsShareGoroutines: jobs that don't wait don't need a goroutine each, and some that never end don't hold them up.
func TestShortJobsShareGoroutines(t *testing.T) {
	const stuck, short = 20, 5000
	s := actors.New(discard)
	s.Use()
	defer s.Unuse()
	block := make(chan struct{})
	var started, ended, held sync.WaitGroup
	var order []int
	var seen sync.Map
	var mu sync.Mutex
	held.Add(stuck)
	for i := range stuck + short {
		if i%(short/stuck) == 0 && i/(short/stuck) < stuck {
			started.Add(1)
			s.Go(jobFunc(func() { started.Done(); <-block; held.Done() }))
		}
		ended.Add(1)
		s.Go(jobFunc(func() {
			seen.Store(goroutine(), true)
			mu.Lock()
			order = append(order, i)
			mu.Unlock()
			ended.Done()
		}))
	}
	finished := make(chan struct{})
	go func() { started.Wait(); ended.Wait(); close(finished) }()
	soon(t, finished, "jobs wait for those that don't end")
	close(block)
	held.Wait()
	require.Len(t, order, stuck+short)
	goroutines := 0
	seen.Range(func(any, any) bool { goroutines++; return true })
	require.Less(t, goroutines, short/4)
}

func TestGoroutinesUnderConcurrentUse(t *testing.T) {
	s := actors.New(discard)
	var callers, jobs sync.WaitGroup
	for range 8 {
		callers.Go(func() {
			for i := range 300 {
				if i%10 == 0 {
					s.Use()
				}
				jobs.Add(1)
				s.Go(jobFunc(jobs.Done))
				if i%10 == 9 {
					s.Unuse()
				}
			}
		})
	}
	callers.Wait()
	jobs.Wait()
}
