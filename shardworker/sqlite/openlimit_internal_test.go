package sqlite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/messages"
)

// limited returns n backends on new files in one directory that share a limit, and the directory.
func limited(t testing.TB, o *OpenLimit, n int) ([]*Backend, string) {
	t.Helper()
	dir := t.TempDir()
	backends := make([]*Backend, n)
	for i := range backends {
		b, err := New(Config{Path: filepath.Join(dir, fmt.Sprintf("%d.db", i)), Open: o, Synchronous: "OFF"})
		require.NoError(t, err)
		backends[i] = b
	}
	return backends, dir
}

func closeAll(t testing.TB, backends []*Backend) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	for _, b := range backends {
		require.NoError(t, b.Close(ctx))
	}
}

// settled waits until o closes nothing any more, and returns how many connections are open.
func settled(t rapid.TB, o *OpenLimit) int {
	deadline := time.Now().Add(10 * time.Second)
	for {
		o.mu.Lock()
		open, closers := o.mu.open, o.mu.closers
		o.mu.Unlock()
		if closers == 0 {
			return open
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d goroutines still close connections", closers)
		}
		runtime.Gosched()
	}
}

// idleOf returns the number of the backend of each idle connection, the oldest first.
func idleOf(o *OpenLimit, backends []*Backend) []int {
	o.mu.Lock()
	defer o.mu.Unlock()
	idle := []int{}
	for c := o.mu.oldest; c != nil; c = c.resting.newer {
		idle = append(idle, slices.Index(backends, c.backend))
	}
	return idle
}

func names(t rapid.TB, dir string) []string {
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatalf("%v", err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}

// TestOpenLimitClosesTheOldest compares random acquisitions and releases with a list.
func TestOpenLimitClosesTheOldest(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		limit := rapid.SampledFrom([]int{1, 2, 3, 5, 8}).Draw(rt, "limit")
		o := NewOpenLimit(limit)
		backends, dir := limited(t, o, rapid.IntRange(1, 9).Draw(rt, "backends"))
		type held struct {
			lease   *lease
			backend int
		}
		var inUse []held
		idle := []int{} // backends, the oldest first: the model
		room := func() {
			for len(idle) > 0 && len(inUse)+len(idle) > limit-o.spare {
				idle = idle[1:]
			}
		}
		for range rapid.IntRange(1, 40).Draw(rt, "steps") {
			if len(inUse) == limit || len(inUse) > 0 && rapid.Bool().Draw(rt, "release") {
				i := rapid.IntRange(0, len(inUse)-1).Draw(rt, "which")
				inUse[i].lease.Release()
				idle = append(idle, inUse[i].backend)
				inUse = slices.Delete(inUse, i, i+1)
			} else {
				n := rapid.IntRange(0, len(backends)-1).Draw(rt, "backend")
				if len(slices.DeleteFunc(slices.Clone(inUse), func(h held) bool { return h.backend != n })) == backends[n].cfg.Readers {
					continue
				}
				conn, err := backends[n].Acquire(t.Context(), readers)
				if err != nil {
					rt.Fatalf("acquire: %v", err)
				}
				inUse = append(inUse, held{conn.(*lease), n})
				for i := len(idle) - 1; i >= 0; i-- { // the one used last is taken
					if idle[i] == n {
						idle = slices.Delete(idle, i, i+1)
						break
					}
				}
			}
			room()
			if open := settled(rt, o); open != len(inUse)+len(idle) || open > limit {
				rt.Fatalf("%d are open, want %d in use and %d idle, and at most %d", open, len(inUse), len(idle), limit)
			}
			if got := idleOf(o, backends); !slices.Equal(got, idle) {
				rt.Fatalf("idle are those of %v, want %v", got, idle)
			}
		}
		for _, h := range inUse {
			h.lease.Release()
		}
		closeAll(t, backends)
		if open := settled(rt, o); open != 0 {
			rt.Fatalf("%d are still open", open)
		}
		for _, name := range names(rt, dir) {
			if !strings.HasSuffix(name, ".db") {
				rt.Fatalf("Close left %s", name)
			}
		}
	})
}

// TestOpenLimitIsExceededRatherThanWedge: who holds the only connections may wait for one more.
func TestOpenLimitIsExceededRatherThanWedge(t *testing.T) {
	o := NewOpenLimit(2)
	backends, _ := limited(t, o, 5)
	defer closeAll(t, backends)
	var held []interface{ Release() }
	for _, b := range backends {
		c, err := b.Acquire(t.Context(), readers)
		require.NoError(t, err)
		held = append(held, c)
	}
	require.Equal(t, 5, settled(t, o))
	for _, c := range held {
		c.Release()
	}
	require.Equal(t, 2, settled(t, o))
	require.Equal(t, []int{3, 4}, idleOf(o, backends))
}

// ceiling lets the process have no more than n connections than there are.
func ceiling(t *testing.T, n int) {
	before := mostOpen
	most := int(openOfProcess.Load()) + n
	mostOpen = func() int { return most }
	t.Cleanup(func() { mostOpen = before })
}

// waiters waits until n wait for a connection.
func waiters(t *testing.T, o *OpenLimit, n int) {
	t.Helper()
	require.Eventually(t, func() bool {
		o.mu.Lock()
		defer o.mu.Unlock()
		return o.mu.waiting.Len() == n
	}, 10*time.Second, time.Millisecond)
}

func TestOpenLimitAtTheCeiling(t *testing.T) {
	ceiling(t, 1)
	o := NewOpenLimit(1)
	backends, _ := limited(t, o, 4)
	defer closeAll(t, backends)
	first, err := backends[0].Acquire(t.Context(), readers)
	require.NoError(t, err)

	type answer struct {
		who int
		err error
	}
	answers := make(chan answer, 4)
	ask := func(ctx context.Context, who int) {
		c, err := backends[who].Acquire(ctx, readers)
		if err == nil {
			defer c.Release()
		}
		answers <- answer{who, err}
	}
	ctx, cancel := context.WithCancel(t.Context())
	go ask(ctx, 1)
	waiters(t, o, 1)
	go ask(t.Context(), 2)
	waiters(t, o, 2)
	go ask(t.Context(), 3)
	waiters(t, o, 3)

	cancel()
	a := <-answers
	require.Equal(t, 1, a.who)
	require.ErrorIs(t, a.err, messages.ErrPoolExhausted)
	require.ErrorIs(t, a.err, context.Canceled)
	require.ErrorContains(t, a.err, "limit 1")

	require.NoError(t, backends[2].Close(t.Context()))
	a = <-answers
	require.Equal(t, 2, a.who)
	require.ErrorIs(t, a.err, messages.ErrClosed)

	require.Equal(t, 1, o.mu.open, "nobody waits any more but the third, so this is no race with them")
	first.Release()
	require.Equal(t, answer{who: 3}, <-answers)
}

// TestOpenLimitIsFair lets many wait, who are served in their order.
func TestOpenLimitIsFair(t *testing.T) {
	ceiling(t, 1)
	o := NewOpenLimit(1)
	backends, _ := limited(t, o, 20)
	defer closeAll(t, backends)
	held, err := backends[0].Acquire(t.Context(), readers)
	require.NoError(t, err)
	served := make(chan int, len(backends))
	for i := 1; i < len(backends); i++ {
		go func() {
			c, err := backends[i].Acquire(t.Context(), readers)
			if err != nil {
				i = -1
			}
			served <- i
			if err == nil {
				c.Release()
			}
		}()
		waiters(t, o, i)
	}
	held.Release()
	for i := 1; i < len(backends); i++ {
		require.Equal(t, i, <-served)
	}
}

// TestOpenLimitStarvesNobody: who uses one connection again and again doesn't keep it from those who wait.
func TestOpenLimitStarvesNobody(t *testing.T) {
	ceiling(t, 1)
	o := NewOpenLimit(1)
	backends, _ := limited(t, o, 2)
	defer closeAll(t, backends)
	held, err := backends[0].Acquire(t.Context(), readers)
	require.NoError(t, err)
	served := make(chan int, 2)
	use := func(i int) {
		c, err := backends[i].Acquire(t.Context(), readers)
		if err != nil {
			i = -1
		}
		served <- i
		if err == nil {
			c.Release()
		}
	}
	go use(1)
	waiters(t, o, 1)
	held.Release()
	use(0)
	require.Equal(t, 1, <-served)
	require.Equal(t, 0, <-served)
}

func TestDefaultOpenLimit(t *testing.T) {
	b, err := New(Config{Path: filepath.Join(t.TempDir(), "a.db")})
	require.NoError(t, err)
	require.Same(t, DefaultOpenLimit(), b.cfg.Open)
	closeAll(t, []*Backend{b})
	require.LessOrEqual(t, 2*b.cfg.Open.limit, mostOpen())
	require.Less(t, mostOpen()*filesOfConnection, openFiles())
	require.Positive(t, b.cfg.Open.limit)

	m, err := New(Config{Mode: Memory})
	require.NoError(t, err)
	require.Nil(t, m.cfg.Open, "it needs no files")
	closeAll(t, []*Backend{m})
	require.Equal(t, 1, NewOpenLimit(-3).limit)
}

// TestCloseLeavesFilesInTime: when there is no time to remove what an evicted connection has left, that is no error.
func TestCloseLeavesFilesInTime(t *testing.T) {
	o := NewOpenLimit(1)
	backends, dir := limited(t, o, 3)
	for _, b := range backends {
		c, err := b.Acquire(t.Context(), readers)
		require.NoError(t, err)
		_, err = c.Exec(t.Context(), "SELECT 1 FROM sqlite_schema", nil)
		require.NoError(t, err)
		c.Release()
	}
	require.Equal(t, 1, settled(t, o))
	for range cap(tidying) { // others are at it
		tidying <- struct{}{}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	require.NoError(t, backends[0].Close(ctx))
	require.NoError(t, ctx.Err())
	for range cap(tidying) {
		<-tidying
	}
	closeAll(t, backends)
	for _, name := range names(t, dir) {
		require.True(t, strings.HasSuffix(name, ".db") || strings.HasPrefix(name, "0.db-"), name)
	}
}
