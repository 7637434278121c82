package actors_test

import (
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/actors"
)

func TestWatchHearsOfTheEnd(t *testing.T) {
	ref := spawn(t, &script{})
	heard := make(chan int, 3)
	system().Watch(ref, func() { heard <- 1 })
	system().Watch(ref, func() { heard <- 2 })
	unwatch := system().Watch(ref, func() { heard <- 3 })
	unwatch()
	unwatch()
	require.NoError(t, ref.Stop(t.Context()))
	require.ElementsMatch(t, []int{1, 2}, []int{soon(t, heard), soon(t, heard)})
	require.Empty(t, heard)
	unwatch()

	again := make(chan struct{}, 1)
	unwatch = system().Watch(ref, func() { again <- struct{}{} })
	soon(t, again, "the actor has stopped already")
	unwatch()
	require.Empty(t, heard)
}

func TestWatchIsNotToldOfAPanic(t *testing.T) {
	ref := spawn(t, &script{receive: func(any) { panic("oops") }})
	heard := make(chan struct{}, 1)
	system().Watch(ref, func() { heard <- struct{}{} })
	ref.Notify(1)
	require.Empty(t, heard)
	require.NoError(t, ref.Stop(t.Context()))
	soon(t, heard)
}

func TestWatcherMayUnwatch(t *testing.T) {
	ref := spawn(t, &script{})
	heard := make(chan struct{})
	var unwatch func()
	unwatch = system().Watch(ref, func() { unwatch(); close(heard) })
	require.NoError(t, ref.Stop(t.Context()))
	soon(t, heard)
}

func TestWatchRacesStop(t *testing.T) {
	for range 300 {
		ref, err := system().Spawn(t.Name(), discard, func() actors.Actor { return &script{} })
		require.NoError(t, err)
		var kept, left atomic.Int64
		heard := make(chan struct{}, 2)
		var wg sync.WaitGroup
		wg.Go(func() { system().Watch(ref, func() { kept.Add(1); heard <- struct{}{} }) })
		wg.Go(func() { system().Watch(ref, func() { left.Add(1) })() })
		wg.Go(func() { _ = ref.Stop(t.Context()) })
		wg.Wait()
		soon(t, heard)
		require.EqualValues(t, 1, kept.Load())
		require.LessOrEqual(t, left.Load(), int64(1))
	}
}
