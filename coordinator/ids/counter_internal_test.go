package ids

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/messages"
)

const limit = 30 * time.Second

// store is the table of one name, as a counter sees it: each fetch waits until it is told how it ends.
type store struct {
	next    int64
	fetches chan *fetching
}

// fetching is a fetch under way.
type fetching struct {
	ctx context.Context
	n   int
	end chan error
}

func newStore(block int) (*store, *counter) {
	s := &store{next: 1, fetches: make(chan *fetching)}
	return s, &counter{name: "t", block: block, fetch: s.fetch}
}

// fetch takes the ids and then answers, or doesn't, as a database may.
func (s *store) fetch(ctx context.Context, _ string, n int) (span, error) {
	s.next += int64(n)
	taken, _ := blockBefore(s.next, n)
	f := &fetching{ctx, n, make(chan error)}
	s.fetches <- f
	select {
	case err := <-f.end:
		return taken, err
	case <-ctx.Done():
		return span{}, ctx.Err()
	}
}

type answer struct {
	ids []any
	err error
}

// ask asks for ids on a goroutine of its own.
func ask(ctx context.Context, c *counter, n int) chan answer {
	got := make(chan answer, 1)
	go func() {
		ids, err := c.next(ctx, n)
		got <- answer{ids, err}
	}()
	return got
}

func receive[T any](t require.TestingT, from <-chan T) T {
	select {
	case v := <-from:
		return v
	case <-time.After(limit):
		require.FailNow(t, "nothing came")
		panic("unreachable")
	}
}

// waits waits until so many callers wait.
func (c *counter) waits(t require.TestingT, n int) {
	require.Eventually(t, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return len(c.mu.waiting) == n
	}, limit, 100*time.Microsecond)
}

// rests waits until nothing is under way.
func (c *counter) rests(t require.TestingT) {
	require.Eventually(t, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return !c.mu.fetching && c.mu.cancel == nil && len(c.mu.waiting) == 0
	}, limit, 100*time.Microsecond)
}

func numbers(from, to int64) []any {
	var list []any
	for n := from; n <= to; n++ {
		list = append(list, n)
	}
	return list
}

func TestCallersShareAFetch(t *testing.T) {
	ctx := t.Context()
	s, c := newStore(10)
	first := ask(ctx, c, 3)
	f := receive(t, s.fetches)
	require.Equal(t, 10, f.n)
	second, third := ask(ctx, c, 3), ask(ctx, c, 3)
	c.waits(t, 3)
	f.end <- nil
	seen := map[any]bool{}
	for _, got := range []chan answer{first, second, third} {
		a := receive(t, got)
		require.NoError(t, a.err)
		require.Len(t, a.ids, 3)
		for _, id := range a.ids {
			require.False(t, seen[id])
			seen[id] = true
		}
	}
	// What is left comes first, and the rest from the next block: nothing is left out.
	more := ask(ctx, c, 25)
	f = receive(t, s.fetches)
	require.Equal(t, 24, f.n)
	f.end <- nil
	require.Equal(t, numbers(10, 34), receive(t, more).ids)
	c.rests(t)
	require.Zero(t, c.mu.free.total)
}

func TestACallerWhoseContextEndsLeavesAtOnce(t *testing.T) {
	s, c := newStore(10)
	ctx, cancel := context.WithCancelCause(t.Context())
	first := ask(ctx, c, 1)
	f := receive(t, s.fetches)
	other := ask(t.Context(), c, 1)
	c.waits(t, 2)
	cancel(errors.New("enough"))
	left := receive(t, first) // the fetch hasn't ended, and won't before the test says so
	require.ErrorIs(t, left.err, messages.ErrCanceled)
	require.ErrorIs(t, left.err, context.Canceled)
	require.NoError(t, f.ctx.Err(), "it goes on for the other")
	f.end <- nil
	require.Equal(t, numbers(1, 1), receive(t, other).ids, "the first got none, so it is nobody's")
	c.rests(t)
}

func TestAFetchThatNobodyWaitsForIsCanceled(t *testing.T) {
	s, c := newStore(10)
	ctx, cancel := context.WithCancel(t.Context())
	first := ask(ctx, c, 1)
	f := receive(t, s.fetches)
	cancel()
	require.ErrorIs(t, receive(t, first).err, messages.ErrCanceled)
	require.Error(t, receiveErr(t, f.ctx))
	c.rests(t)
	// The ids of that fetch are a gap, whatever became of it.
	again := ask(t.Context(), c, 1)
	receive(t, s.fetches).end <- nil
	require.Equal(t, numbers(11, 11), receive(t, again).ids)
	c.rests(t)
}

func receiveErr(t require.TestingT, ctx context.Context) error {
	receive(t, ctx.Done())
	return ctx.Err()
}

// TestWhoComesWhileAFetchIsBeingCanceled isn't told of it.
func TestWhoComesWhileAFetchIsBeingCanceled(t *testing.T) {
	var late chan answer
	s := &store{next: 1, fetches: make(chan *fetching)}
	canceled, ended := make(chan struct{}), make(chan struct{})
	c := &counter{name: "t", block: 10}
	c.fetch = func(ctx context.Context, name string, n int) (span, error) {
		if late != nil {
			return s.fetch(ctx, name, n)
		}
		<-ctx.Done()
		close(canceled)
		<-ended
		return span{}, ctx.Err()
	}
	ctx, cancel := context.WithCancel(t.Context())
	first := ask(ctx, c, 1)
	c.waits(t, 1)
	require.Eventually(t, func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.mu.cancel != nil
	}, limit, 100*time.Microsecond)
	cancel()
	receive(t, canceled)
	require.Error(t, receive(t, first).err)
	late = ask(t.Context(), c, 1)
	c.waits(t, 1)
	close(ended)
	receive(t, s.fetches).end <- nil
	require.Equal(t, answer{ids: numbers(1, 1)}, receive(t, late))
	c.rests(t)
}

func TestAFailureIsEverybodys(t *testing.T) {
	s, c := newStore(10)
	first := ask(t.Context(), c, 1)
	f := receive(t, s.fetches)
	second := ask(t.Context(), c, 1)
	c.waits(t, 2)
	failure := &messages.Error{Code: messages.ErrUnavailable}
	f.end <- failure
	require.Equal(t, answer{err: failure}, receive(t, first))
	require.Equal(t, answer{err: failure}, receive(t, second))
	c.rests(t)
	third := ask(t.Context(), c, 1)
	receive(t, s.fetches).end <- nil
	require.NoError(t, receive(t, third).err, "the next tries anew")
	c.rests(t)
}

// TestTheFetchHasTheValuesOfTheCaller, so that who watches or traces it sees it, but not its deadline.
func TestTheFetchHasTheValuesOfTheCaller(t *testing.T) {
	type key struct{}
	s, c := newStore(1)
	ctx, cancel := context.WithTimeout(context.WithValue(t.Context(), key{}, "mine"), limit)
	defer cancel()
	got := ask(ctx, c, 1)
	f := receive(t, s.fetches)
	require.Equal(t, "mine", f.ctx.Value(key{}))
	_, bounded := f.ctx.Deadline()
	require.False(t, bounded)
	f.end <- nil
	require.NoError(t, receive(t, got).err)
	c.rests(t)
}

// TestNoIDIsHandedOutTwice has callers come and go, and fetches succeed, fail, and fail after they had taken their ids.
func TestNoIDIsHandedOutTwice(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		block := rapid.IntRange(1, 20).Draw(t, "block")
		s, c := newStore(block)
		stop, answered := make(chan struct{}), make(chan int)
		lost := 0 // ids of fetches that failed
		outcomes := rapid.SliceOfN(rapid.IntRange(0, 5), 1, 50).Draw(t, "outcomes")
		go func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					answered <- lost
					return
				case f := <-s.fetches:
					var err error
					if outcomes[i%len(outcomes)] == 0 {
						err = messages.ErrOutcomeUnknown
						lost += f.n
					}
					select {
					case f.end <- err:
					case <-f.ctx.Done():
						if err == nil {
							lost += f.n
						}
					}
				}
			}
		}()
		type caller struct {
			n     int
			stays bool
		}
		callers := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) caller {
			return caller{rapid.IntRange(1, 30).Draw(t, "n"), rapid.IntRange(0, 3).Draw(t, "stays") > 0}
		}), 1, 40).Draw(t, "callers")
		var mu sync.Mutex
		seen := map[any]int{}
		var all sync.WaitGroup
		for _, who := range callers {
			all.Go(func() {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				if !who.stays {
					go cancel()
				}
				ids, err := c.next(ctx, who.n)
				mu.Lock()
				defer mu.Unlock()
				if err == nil && len(ids) != who.n {
					seen["short"]++
				}
				for _, id := range ids {
					seen[id]++
				}
			})
		}
		all.Wait()
		c.rests(t)
		close(stop)
		lost = <-answered
		require.Zero(t, seen["short"])
		for id, times := range seen {
			require.Equal(t, 1, times, id)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		require.EqualValues(t, s.next-1, len(seen)+c.mu.free.total+lost, "every id is used, free or lost")
	})
}
