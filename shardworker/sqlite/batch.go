package sqlite

import (
	"context"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

var _ shardworker.BatchConn = (*lease)(nil)

// RunBatch runs reads in one read transaction, so that the locks are taken once, or writes in one transaction that is committed once: see
// group.go. In a database in memory, where locks cost nothing and a read transaction would hold up the writer, reads have no common transaction.
//
// A statement whose own context ends while it runs is interrupted between two of SQLite's instructions. Waits for locks end after
// [Config.BusyTimeout]; a statement whose deadline would let it wait longer has Again then. After an Interrupt, and when ctx has ended, what
// has had no effect has Again.
func (l *lease) RunBatch(ctx context.Context, batch []*shardworker.Shared) {
	c := l.c
	for _, m := range batch {
		m.Outcome = shardworker.Outcome{}
	}
	err := l.check(ctx, opBatch)
	if err == nil && !c.autocommit() {
		err = invalidRequest(opBatch, "the connection is in a transaction")
	}
	run := batchRun{c: c, ctx: ctx, batch: batch}
	if err != nil {
		run.fail(err)
		return
	}
	c.begin(ctx)
	defer c.end()
	if c.lane == writer {
		run.writes()
	} else {
		run.reads(l.backend.cfg.Mode != Memory && len(batch) > 1)
	}
}

const opBatch = "batch"

// batchRun is a RunBatch.
type batchRun struct {
	c     *connection
	ctx   context.Context // the batch's
	batch []*shardworker.Shared
	room  []*messages.RowBatch // for the rows of statements that need one RowBatch
}

// reads runs the statements in turn. An interrupted or failed read leaves the transaction as it is, or SQLite ends the
// transaction, and the next begins another by itself.
func (r *batchRun) reads(together bool) {
	c := r.c
	if together {
		if err := c.control(opQuery, beginReads); err != nil { // it takes no locks yet, so nothing that the statements would say better
			r.again()
			return
		}
	}
	for _, m := range r.batch {
		if c.stopped() {
			settle(m, shardworker.Outcome{Again: true})
			continue
		}
		if !m.Begin() {
			continue
		}
		r.run(m)
		if is(m.Outcome.Err, messages.ErrBusy) && waitsLonger(m.Context) || is(m.Outcome.Err, messages.ErrCanceled) && m.Context.Err() == nil {
			settle(m, shardworker.Outcome{Again: true})
		}
	}
	r.leave(commit)
}

// leave ends the transaction, if one is open. A connection that can't is closed when it is released.
func (r *batchRun) leave(how control) {
	c := r.c
	if c.autocommit() {
		return
	}
	if err := c.control(opBatch, how); err != nil && how != rollback {
		_ = c.control(opBatch, rollback)
	}
	c.unsettled = c.unsettled || !c.autocommit()
}

// run runs a statement and sets its Outcome.
func (r *batchRun) run(m *shardworker.Shared) {
	c := r.c
	recycle(m)
	c.beginMember(m.Context)
	if m.Context.Err() != nil {
		m.Outcome = shardworker.Outcome{Err: &messages.Error{Code: messages.ErrCanceled, Op: opOf(m), Err: contextError(m.Context)}}
	} else if m.WantRows {
		m.Outcome = r.query(m)
	} else {
		tag, err := c.exec(m.SQL, m.Args)
		m.Outcome = shardworker.Outcome{Tag: tag, Err: err}
	}
	c.endMember(r.ctx)
	if !is(m.Outcome.Err, messages.ErrBusy) {
		c.lock = lockWait{} // what waits in vain waits once for all of them
	}
}

// query runs a statement whose rows are wanted.
func (r *batchRun) query(m *shardworker.Shared) (o shardworker.Outcome) {
	cur := &r.c.together
	*cur = cursor{shared: true}
	if err := r.c.query(cur, m.SQL, m.Args); err != nil {
		return shardworker.Outcome{Err: err}
	}
	if len(r.room) == 0 {
		r.room = make([]*messages.RowBatch, len(r.batch))
	}
	o.Batches, r.room = r.room[:0:1], r.room[1:]
	o.Declared = cur.Declared()
	fits := cur.collect(&o, m.Limit)
	tag, err := cur.Close()
	if err == nil && fits {
		o.Tag = tag
		return o
	}
	for _, rows := range o.Batches {
		rows.Recycle(messages.DefaultBatchBytes)
	}
	return shardworker.Outcome{Err: err, Again: err == nil}
}

// collect moves the rows to o, and reports whether they are few enough.
func (r *cursor) collect(o *shardworker.Outcome, limit int) bool {
	size := 0 // of all batches but the last
	var last *messages.RowBatch
	for r.Next() {
		if last == nil || last.Description != r.described {
			if len(o.Batches) == limit {
				return false
			}
			if last != nil {
				size += last.Len()
			}
			last = messages.NewRowBatch(r.described)
			o.Batches = append(o.Batches, last)
		}
		if size+last.Len()+r.rowBytes+4*len(r.c.cells) > shardworker.MaxSharedBytes {
			return false
		}
		r.Append(last)
	}
	return true
}

// again leaves all statements to be run alone. None has had an effect.
func (r *batchRun) again() {
	for _, m := range r.batch {
		settle(m, shardworker.Outcome{Again: true})
	}
}

// fail gives all statements the error of their transaction, or of the batch. To be run again are those that waited for a lock as
// long as a batch does, and would wait longer, and all of a connection that was interrupted.
func (r *batchRun) fail(err error) {
	for _, m := range r.batch {
		if m.Outcome.Again || is(err, messages.ErrCanceled) || is(err, messages.ErrBusy) && waitsLonger(m.Context) {
			settle(m, shardworker.Outcome{Again: true})
			continue
		}
		named := *messages.OnShard(err, "", opBatch, messages.ErrStatement)
		named.Op = opOf(m)
		settle(m, shardworker.Outcome{Err: &named})
	}
}

// settle gives m another outcome than it had.
func settle(m *shardworker.Shared, o shardworker.Outcome) {
	recycle(m)
	m.Outcome = o
}

func recycle(m *shardworker.Shared) {
	for _, rows := range m.Outcome.Batches {
		rows.Recycle(messages.DefaultBatchBytes)
	}
	m.Outcome.Batches = nil
}

// is reports whether err has that code itself, as this package's errors do.
func is(err error, code messages.Code) bool {
	e, ok := err.(*messages.Error)
	return ok && e.Code == code
}

// waitsLonger reports whether a statement that had no lock within the busy timeout would wait for it on, if it were alone.
func waitsLonger(ctx context.Context) bool {
	_, limited := ctx.Deadline()
	return limited && ctx.Err() == nil
}

func opOf(m *shardworker.Shared) string {
	if m.WantRows {
		return opQuery
	}
	return opExec
}
