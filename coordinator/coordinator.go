package coordinator

import (
	"fmt"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// coordinator is the actor. It knows which workers there are, and sends the commands. It runs no chooser, holds no row and never blocks.
type coordinator struct {
	troupe  *Troupe
	self    *actors.Ref
	unwatch []func() // by shard number
}

// What the coordinator is told besides a *call, which is a new one.
type (
	// routedCall is a call whose chooser has answered.
	routedCall call
	// lostWorker tells that a worker has stopped.
	lostWorker struct{ shard int }
	// shutdown ends all calls and refuses new ones.
	shutdown struct{ done chan struct{} } // closed when that is so
)

func (c *coordinator) Started(self *actors.Ref) {
	c.self = self
	n := len(c.troupe.workers)
	c.unwatch = make([]func(), n)
	for shard := range n {
		c.watch(shard)
	}
}

func (c *coordinator) watch(shard int) {
	system := c.troupe.cfg.System
	c.unwatch[shard] = system.Watch(c.troupe.workers[shard].Load().Ref, func() { c.self.Notify(lostWorker{shard}) })
}

// Receive handles a message.
func (c *coordinator) Receive(msg any) {
	switch msg := msg.(type) {
	case *call:
		c.accept(msg)
	case *routedCall:
		if call := (*call)(msg); c.troupe.calls.has(call) {
			call.dispatch()
		}
	case lostWorker:
		c.replace(msg.shard)
	case *shutdown:
		defer close(msg.done)
		c.failAll(closedError("the troupe was closed"))
	default:
		panic(fmt.Sprintf("bug: the coordinator got a %T", msg))
	}
}

func (c *coordinator) accept(call *call) {
	if c.troupe.isClosing() {
		call.Refuse(closedError("the troupe is closed"))
		return
	}
	if !c.troupe.calls.add(call) {
		return // its context has ended before it came
	}
	if call.left != nothing {
		c.troupe.cfg.System.Go((*choosing)(call))
		return
	}
	call.dispatch()
	call.letGo()
}

// replace fails what the lost worker had accepted, and starts a new one on the same connections.
func (c *coordinator) replace(shard int) {
	id := c.troupe.cfg.Shards[shard].ID
	for _, call := range c.troupe.calls.all() {
		call.lose(shard, &messages.Error{Code: messages.ErrShardLost, Shard: id, Detail: "its worker stopped"})
		call.letGo()
	}
	if c.troupe.isClosing() {
		return
	}
	t := c.troupe
	report := &workerReport{troupe: t, shard: id}
	var worker *shardworker.Worker
	worker, report.err = t.workers[shard].Load().Respawn(t.workerName(shard, t.generations.Add(1)))
	if report.err == nil {
		t.workers[shard].Store(worker)
		c.watch(shard)
	}
	t.cfg.System.Go(report)
}

// workerReport logs that a worker had to be started anew: aside, because a log handler may block or panic.
type workerReport struct {
	troupe *Troupe
	shard  messages.ShardID
	err    error
}

func (r *workerReport) Run() {
	defer func() { _ = recover() }() // the handler's, and there is nowhere left to tell of it
	if r.err != nil {
		r.troupe.cfg.Logger.Error("a shard worker could not be started anew", "shard", string(r.shard), "error", r.err)
		return
	}
	r.troupe.cfg.Logger.Warn("a shard worker had stopped and was started anew", "shard", string(r.shard))
}

// Stopped ends every call in flight.
func (c *coordinator) Stopped(err error) {
	for _, unwatch := range c.unwatch {
		if unwatch != nil {
			unwatch()
		}
	}
	c.failAll(&messages.Error{Code: messages.ErrClosed, Detail: "the coordinator stopped", Err: err})
}

func (c *coordinator) failAll(err error) {
	for _, call := range c.troupe.calls.all() {
		call.cutOff(err)
		call.letGo()
	}
}

func closedError(detail string) error {
	return &messages.Error{Code: messages.ErrClosed, Detail: detail}
}
