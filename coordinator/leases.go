package coordinator

import (
	"maps"
	"slices"
	"sync"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// place is the connections of one lane of a database, any of which a transaction may get.
type place struct {
	database, lane int
}

// leases knows which transactions hold connections and which wait for one, so that no two of them wait for each other.
//
// Connections that single statements use don't count: they come back by themselves. Only those of a merge that reads its shards in
// order may have to wait for another shard's, which a transaction holds: see merging.
type leases struct {
	connections func(place) int // how many there are

	mu struct {
		sync.Mutex
		closed bool
		open   map[*transaction]*holding
		merges map[int]int // how many merges that hold connections while they wait for others go over a database
	}
}

// holding is what one transaction holds and waits for.
type holding struct {
	nested bool // it took no place among the calls in flight
	holds  []place
	wants  []place
}

func newLeases(connections func(place) int) *leases {
	l := &leases{connections: connections}
	l.mu.open, l.mu.merges = map[*transaction]*holding{}, map[int]int{}
	return l
}

// open registers a transaction; false if the troupe is closed.
func (l *leases) open(x *transaction, nested bool) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.mu.closed {
		return false
	}
	l.mu.open[x] = &holding{nested: nested}
	return true
}

// close forgets a transaction and gives its place among the calls in flight back.
func (l *leases) close(x *transaction) {
	l.mu.Lock()
	h := l.mu.open[x]
	delete(l.mu.open, x)
	l.mu.Unlock()
	if h != nil && !h.nested {
		<-x.troupe.inFlight
	}
}

// shut refuses new transactions and returns those that are open.
func (l *leases) shut() []*transaction {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.mu.closed = true
	return slices.Collect(maps.Keys(l.mu.open))
}

// want says that x is about to wait for a connection, one at a time. It fails with [messages.ErrTxConflict] if it would never get one, because
// everybody who has one waits, directly or through others, for what x holds.
func (l *leases) want(x *transaction, p place) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.mu.open[x]
	if h == nil {
		return txClosed("it was rolled back", errGone)
	}
	h.wants = append(h.wants, p)
	if len(h.holds) == 0 || l.canEnd(x) { // nobody waits for who holds nothing
		return nil
	}
	h.wants = withoutOne(h.wants, p)
	return &messages.Error{
		Code: messages.ErrTxConflict, Op: opBegin,
		Detail: "all connections belong to transactions that wait for a connection of this one: name its shards when it begins, or run it again",
	}
}

var errGone = &messages.Error{Code: messages.ErrCanceled, Op: opBegin}

// withoutOne returns places without p, or one of them if it is there more than once.
func withoutOne(places []place, p place) []place {
	if i := slices.Index(places, p); i >= 0 {
		return slices.Delete(places, i, i+1)
	}
	return places
}

// got says that x waits no longer, and whether it has the connection.
func (l *leases) got(x *transaction, p place, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.mu.open[x]
	if h == nil {
		return
	}
	h.wants = withoutOne(h.wants, p)
	if ok {
		h.holds = append(h.holds, p)
	}
}

// free says that x has given a connection back.
func (l *leases) free(x *transaction, p place) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if h := l.mu.open[x]; h != nil {
		h.holds = withoutOne(h.holds, p)
	}
}

// merge counts a merge over databases that begins, or ends.
func (l *leases) merge(databases []int, n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range databases {
		l.mu.merges[d] += n
	}
}

// holding reports whether x holds a connection.
func (l *leases) holding(x *transaction) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.mu.open[x]
	return h != nil && len(h.holds) > 0
}

// merging reports whether a merge goes over a database of which x holds a connection, and may wait for that one.
func (l *leases) merging(x *transaction) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	h := l.mu.open[x]
	if h == nil {
		return false
	}
	return slices.ContainsFunc(h.holds, func(p place) bool { return l.mu.merges[p.database] > 0 })
}

// canEnd reports whether x gets what it waits for, if all who don't wait go on to their end and give back what they hold, and then
// those who waited for that do, and so on. REQUIRES: mu is held.
func (l *leases) canEnd(x *transaction) bool {
	taken := map[place]int{}
	waiting := map[*transaction]*holding{}
	for other, h := range l.mu.open {
		if len(h.wants) == 0 {
			continue
		}
		waiting[other] = h
		for _, p := range h.holds {
			taken[p]++
		}
	}
	for {
		var ends *transaction
		for other, h := range waiting {
			if l.satisfied(h, taken) {
				ends = other
				break
			}
		}
		if ends == nil || ends == x {
			return ends == x
		}
		for _, p := range waiting[ends].holds {
			taken[p]--
		}
		delete(waiting, ends)
	}
}

// satisfied reports whether there is a connection for all that h waits for.
func (l *leases) satisfied(h *holding, taken map[place]int) bool {
	return !slices.ContainsFunc(h.wants, func(p place) bool { return taken[p] >= l.connections(p) })
}

// placeOf returns where a transaction gets its connection of a database.
func (t *Troupe) placeOf(database int, readOnly bool) place {
	return place{database, shardworker.LeaseLane(t.backends[database], readOnly)}
}

// connectionsAt returns how many connections there are.
func (t *Troupe) connectionsAt(p place) int {
	return shardworker.Share(t.backends[p.database].Lanes()[p.lane], len(t.sharers[p.database]))
}
