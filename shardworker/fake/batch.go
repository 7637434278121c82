package fake

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

var _ shardworker.BatchConn = (*conn)(nil)

// batch is a RunBatch in progress.
type batch struct {
	c       *conn
	whole   *cursor // holds the connection, and has the context of all statements
	members []*shardworker.Shared
	writes  bool
	begun   []*shardworker.Shared
	entries []int // of begun, in the log
	number  int   // of the batch
}

// RunBatch runs the statements one after another. Their steps end with the batch's context or Interrupt, not with their own contexts. An
// error of a step that costs the connection leaves the statement and those after it to be run again, and with writes those before it too. So
// does any error at AtCommit, except that writes have the doubt if it is messages.ErrOutcomeUnknown.
func (c *conn) RunBatch(ctx context.Context, members []*shardworker.Shared) {
	defer c.use("RunBatch")()
	company := c.companyOf(members)
	whole, err := c.begin(ctx)
	if err != nil {
		again(members)
		return
	}
	b := &batch{c: c, whole: whole, members: members, writes: company == shardworker.AmongWrites, number: c.b.countBatch()}
	err = b.run()
	b.note()
	whole.closed, whole.err = true, err
	c.finish(err)
}

// companyOf checks that the statements may be run together here, and returns their company.
func (c *conn) companyOf(members []*shardworker.Shared) shardworker.Company {
	if len(members) == 0 {
		panic("bug: a batch of nothing")
	}
	if c.inTransaction {
		panic("bug: a batch in a transaction")
	}
	first := c.b.Company(members[0].SQL, members[0].Args, members[0].WantRows)
	for i, m := range members {
		company, lane := c.b.Company(m.SQL, m.Args, m.WantRows), c.b.Lane(m.SQL, m.WantRows)
		switch {
		case company == shardworker.Alone, company != first:
			panic(fmt.Sprintf("bug: %q in a batch with %q", m.SQL, members[0].SQL))
		case lane != c.session.lane:
			panic(fmt.Sprintf("bug: %q belongs to lane %d, and is run in lane %d", m.SQL, lane, c.session.lane))
		case m.Limit < 1:
			panic(fmt.Sprintf("bug: %q may have %d batches", m.SQL, m.Limit))
		case m.Context == nil:
			panic(fmt.Sprintf("bug: %q has no context", m.SQL))
		case slices.Contains(members[:i], m):
			panic(fmt.Sprintf("bug: %q is in its batch twice", m.SQL))
		}
	}
	return first
}

// run runs all of the batch. An error is one that ended it as a whole.
func (b *batch) run() error {
	if err := b.pass(AtBatch); err != nil {
		again(b.members)
		return err
	}
	for i, m := range b.members {
		if !m.Begin() {
			continue
		}
		b.begun = append(b.begun, m)
		b.record(m)
		err := b.statement(m)
		if err == nil || survivable(err) {
			continue
		}
		again(b.members[i:])
		if b.writes {
			again(b.members)
		}
		return err
	}
	err := b.pass(AtCommit)
	switch {
	case err == nil:
	case b.writes && errors.Is(err, messages.ErrOutcomeUnknown):
		for _, m := range b.begun {
			recycle(m)
			m.Outcome = shardworker.Outcome{Err: err}
		}
	default:
		again(b.members)
	}
	return err
}

func (b *batch) pass(p Point) error {
	return b.c.b.pass(b.whole.ctx, b.c.b.stepsAt(p), "batch", messages.ErrStatement)
}

// statement runs one member and sets its Outcome.
func (b *batch) statement(m *shardworker.Shared) error {
	recycle(m)
	m.Outcome = shardworker.Outcome{}
	cur := &cursor{c: b.c, ctx: b.whole.ctx, sql: m.SQL}
	if cur.err = cur.ask(m.Args); cur.err == nil {
		fits := cur.collect(m)
		if cur.settle(); cur.err == nil && !fits {
			again([]*shardworker.Shared{m})
			return nil
		}
	}
	if cur.err != nil {
		recycle(m)
		m.Outcome = shardworker.Outcome{Err: cur.err}
		return cur.err
	}
	if m.WantRows {
		m.Outcome.Declared = cur.declared
	}
	m.Outcome.Tag = cur.tag
	return nil
}

// collect reads the rows into m's Outcome, and reports whether they are few enough.
func (cur *cursor) collect(m *shardworker.Shared) (fits bool) {
	size := 0
	var last *messages.RowBatch
	for cur.move() {
		if !m.WantRows {
			continue
		}
		if last == nil || last.Description != cur.description {
			if last != nil {
				size += last.Len()
			}
			last = messages.NewRowBatch(cur.description)
			m.Outcome.Batches = append(m.Outcome.Batches, last)
		}
		cur.Append(last)
		if size+last.Len() > shardworker.MaxSharedBytes || len(m.Outcome.Batches) > m.Limit {
			cur.read = true // the rest isn't wanted
			return false
		}
	}
	return true
}

// again leaves members to be run once more.
func again(members []*shardworker.Shared) {
	for _, m := range members {
		recycle(m)
		m.Outcome = shardworker.Outcome{Again: true}
	}
}

func recycle(m *shardworker.Shared) {
	for _, b := range m.Outcome.Batches {
		b.Recycle(messages.MinBatchBytes)
	}
	m.Outcome.Batches = nil
}

func (b *Backend) countBatch() (number int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.mu.stats.Batches++
	return b.mu.stats.Batches
}

// record logs and counts a statement that has begun.
func (b *batch) record(m *shardworker.Shared) {
	backend := b.c.b
	backend.mu.Lock()
	defer backend.mu.Unlock()
	b.entries = append(b.entries, len(backend.mu.log))
	backend.mu.log = append(backend.mu.log, Statement{
		SQL: m.SQL, Args: slices.Clone(m.Args), WantRows: m.WantRows, Session: b.c.session.number, Batch: b.number,
	})
	backend.mu.stats.Shared++
	backend.mu.stats.LargestBatch = max(backend.mu.stats.LargestBatch, len(b.begun))
}

// note logs which statements are to be run again.
func (b *batch) note() {
	b.c.b.mu.Lock()
	defer b.c.b.mu.Unlock()
	for i, m := range b.begun {
		b.c.b.mu.log[b.entries[i]].Again = m.Outcome.Again
	}
}
