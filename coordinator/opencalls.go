package coordinator

import "sync"

// openCalls are the calls that the coordinator has accepted and that are not over, linked through the calls themselves. It is safe for
// concurrent use: a call leaves it on the goroutine that sees its end, which costs less than a message to the coordinator.
type openCalls struct {
	mu    sync.Mutex
	first *call
}

// links are a call's place among the open calls. Their mu guards it.
type links struct {
	previous, next *call
	in             bool
	over           bool
}

// add adds a call, unless it is over already.
func (o *openCalls) add(c *call) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if c.links.over {
		return false
	}
	c.links.in, c.links.next = true, o.first
	if o.first != nil {
		o.first.links.previous = c
	}
	o.first = c
	return true
}

// remove takes out a call, which is over.
func (o *openCalls) remove(c *call) {
	o.mu.Lock()
	defer o.mu.Unlock()
	l := &c.links
	if l.over = true; !l.in {
		return
	}
	if l.next != nil {
		l.next.links.previous = l.previous
	}
	if l.previous != nil {
		l.previous.links.next = l.next
	} else {
		o.first = l.next
	}
	*l = links{over: true}
}

// has reports whether the call is one of them.
func (o *openCalls) has(c *call) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return c.links.in
}

// all returns the calls, each with a hold for the caller.
func (o *openCalls) all() []*call {
	o.mu.Lock()
	defer o.mu.Unlock()
	var all []*call
	for c := o.first; c != nil; c = c.links.next {
		c.hold()
		all = append(all, c)
	}
	return all
}
