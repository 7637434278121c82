package coordinator

import (
	"context"
	"sync"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/messages"
)

// A call is large, and most are over within microseconds: allocated each time, they would keep the garbage collector busier than the
// databases. So a call that nobody can hold any more is used again. It must be certain that nobody does, so this is only for calls of one
// shard that ended well and whose rows the application never saw: those of QueryRow and Exec. Three hold such a call: the caller,
// the coordinator until it has sent the command, and its stream until it has told of its end. Who looks at all open calls holds
// them too. A worker's job keeps nothing of the call but the address that it answers to, and a job that says that it ended well has said all.

var callPool = sync.Pool{New: func() any { return new(call) }}

// holdForReuse makes the call one that is used again, if it can be. REQUIRES: nobody else has it yet.
func (c *call) holdForReuse() {
	if c.left == nothing && c.tx == nil && c.lease == nil && c.copy == nil && c.gather == nil && len(c.targets) == 1 {
		c.reusable = true
		c.holders.Store(3)
	}
}

// hold keeps the call for another one who looks at it. REQUIRES: somebody holds it already.
func (c *call) hold() {
	if c.reusable {
		c.holders.Add(1)
	}
}

// letGo ends a hold. The last one makes the call ready for reuse.
func (c *call) letGo() {
	if c.reusable && c.holders.Add(-1) == 0 {
		texts := c.rows.scan.texts.rest()
		*c = call{}
		c.rows.scan.texts = texts
		callPool.Put(c)
	}
}

// reuse is the caller's farewell to a call. One that hasn't ended well is left to the garbage collector: its End may have come from a worker
// that gave up a job, which goes on speaking. REQUIRES: nothing of it, its Rows included, is used again.
func (c *call) reuse() {
	if c.reusable && c.stream.EndedWell() {
		c.letGo()
	}
}

func (t *Troupe) newCall(ctx context.Context, sql string, args []any, wantRows bool, options messages.Options) *call {
	c := callPool.Get().(*call)
	c.troupe, c.id, c.ctx = t, messages.CallID(t.lastCall.Add(1)), ctx
	c.sql, c.args, c.wantRows, c.options, c.ddl = sql, args, wantRows, options, messages.MayChangeSchema(sql)
	c.stream.Init(t.cfg.System, c, actors.StreamConfig{
		Call: c.id, Order: options.Order, Window: t.cfg.Window, BatchBytes: t.cfg.BatchBytes,
	})
	return c
}
