package coordinator

import (
	"sync"

	"github.com/troupedb/troupe/internal/linked"
)

// openCalls are the calls that the coordinator has accepted and that are not over. It is safe for
// concurrent use: a call leaves it on the goroutine that sees its end, which costs less than a message to the coordinator.
type openCalls struct {
	mu   sync.Mutex
	list linked.List[call]
}

// opening is a call's place among the open calls. Their mu guards it.
type opening struct {
	links linked.Links[call]
	over  bool // it is not to be opened any more
}

// add adds a call, unless it is over already.
func (o *openCalls) add(c *call) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if c.opening.over {
		return false
	}
	o.list.Add(c, &c.opening.links)
	return true
}

// remove takes out a call, which is over.
func (o *openCalls) remove(c *call) {
	o.mu.Lock()
	defer o.mu.Unlock()
	c.opening.over = true
	o.list.Remove(&c.opening.links)
}

// has reports whether the call is one of them.
func (o *openCalls) has(c *call) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return c.opening.links.In()
}

// all returns the calls, each with a hold for the caller.
func (o *openCalls) all() []*call {
	o.mu.Lock()
	defer o.mu.Unlock()
	all := o.list.All()
	for _, c := range all {
		c.hold()
	}
	return all
}
