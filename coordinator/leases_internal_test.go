package coordinator

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/messages"
)

// sim is one transaction of the simulation: the places that it wants one after the other, and how far it is.
type sim struct {
	x     *transaction
	wants []place
	next  int
	waits bool
}

// Transactions take connections in any order, as many at once as may be. Whoever is told to wait is served in the end, so nobody
// ever wedges; and who is refused would have waited for ever.
func TestTransactionsNeverWaitForEachOther(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		capacity := map[place]int{}
		var places []place
		for i := range rapid.IntRange(1, 4).Draw(t, "places") {
			p := place{database: i}
			places, capacity[p] = append(places, p), rapid.IntRange(1, 2).Draw(t, "connections")
		}
		l := newLeases(func(p place) int { return capacity[p] })
		held := map[place]int{}
		var running []*sim
		for range rapid.IntRange(2, 6).Draw(t, "transactions") {
			s := &sim{x: &transaction{}, wants: rapid.SliceOfNDistinct(rapid.SampledFrom(places), 1, len(places), func(p place) place { return p }).Draw(t, "wants")}
			require.True(t, l.open(s.x, true))
			running = append(running, s)
		}
		end := func(s *sim) {
			for _, p := range s.wants[:s.next] {
				held[p]--
				l.free(s.x, p)
			}
			if s.waits {
				l.got(s.x, s.wants[s.next], false)
			}
			l.close(s.x)
			running = slices.DeleteFunc(running, func(o *sim) bool { return o == s })
		}
		for len(running) > 0 {
			progress := false
			for _, s := range rapid.Permutation(running).Draw(t, "order") {
				if s.next == len(s.wants) {
					end(s)
					progress = true
					continue
				}
				p := s.wants[s.next]
				if !s.waits {
					if err := l.want(s.x, p); err != nil {
						require.ErrorIs(t, err, messages.ErrTxConflict)
						require.Equal(t, capacity[p], held[p], "it was refused though there was a connection")
						require.True(t, wedged(running, s, held, capacity), "it was refused though it could have waited")
						end(s)
						progress = true
						continue
					}
					s.waits, progress = true, true
				}
				if held[p] < capacity[p] {
					held[p]++
					l.got(s.x, p, true)
					s.next, s.waits, progress = s.next+1, false, true
				}
			}
			require.True(t, progress, "everybody waits")
		}
	})
}

// wedged reports whether s would never get what it wants, tried out: whoever can go on does, until nobody can.
func wedged(running []*sim, s *sim, held, capacity map[place]int) bool {
	free := map[place]int{}
	for p, n := range capacity {
		free[p] = n - held[p]
	}
	left := slices.Clone(running)
	for {
		i := slices.IndexFunc(left, func(o *sim) bool {
			waits := o.waits || o == s
			return !waits || free[o.wants[o.next]] > 0
		})
		if i < 0 {
			return true
		}
		if left[i] == s {
			return false
		}
		for _, p := range left[i].wants[:left[i].next] {
			free[p]++
		}
		left = slices.Delete(left, i, i+1)
	}
}
