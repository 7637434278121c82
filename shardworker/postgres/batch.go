package postgres

import (
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

var _ shardworker.BatchConn = (*conn)(nil)

// opBatch is the operation of what concerns no single statement.
const opBatch = "batch"

// maxTogether is how often writes are tried in one transaction, each time without the one that failed. After that they are committed
// one by one, in one round trip still.
const maxTogether = 3

// member is a statement of a batch on its way.
type member struct {
	*shardworker.Shared
	plan     *prepared
	declared *messages.Description
	rows     *messages.RowBatch // nil if there are none
	tooMany  bool               // the rows are larger than what may be shared
	tag      pgconn.CommandTag
}

func (m *member) op() string {
	if m.WantRows {
		return "query"
	}
	return "exec"
}

// drop forgets the rows that were read, because they don't count or are too large.
func (m *member) drop() {
	if m.rows != nil {
		m.rows.Recycle(shardworker.MaxSharedBytes)
	}
	m.rows, m.declared, m.tag = nil, nil, pgconn.CommandTag{}
}

// again leaves m to the worker.
func (m *member) again() {
	m.drop()
	m.Outcome = shardworker.Outcome{Again: true}
}

func (m *member) fail(err error) {
	m.drop()
	m.Outcome = shardworker.Outcome{Err: err}
}

// done is called when m's effect is there to stay, and its rows are.
func (m *member) done() {
	if m.tooMany {
		m.again()
		return
	}
	out := shardworker.Outcome{Declared: m.declared, Tag: m.tag}
	if m.rows != nil {
		out.Batches = []*messages.RowBatch{m.rows}
	}
	m.Outcome, m.rows = out, nil
}

// RunBatch runs reads, or writes, in one pipeline with one Sync, which makes it one transaction. If one of them fails, nobody's
// effect is left, and the server hasn't even looked at those after it. Reads are run once more then, in a pipeline with a Sync
// after each, which is as if each were alone. Writes are run together again without the one that failed, as long as few do, and then so, too.
//
// Whether one fails can be due to another: to the row that it has inserted, to locks that both hold. So only a failure by itself counts. A
// write's is found out when the others are committed.
func (c *conn) RunBatch(ctx context.Context, batch []*shardworker.Shared) {
	if len(batch) == 0 {
		return
	}
	members := make([]member, len(batch))
	all := make([]*member, len(batch))
	for i, shared := range batch {
		members[i].Shared = shared
		all[i] = &members[i]
		shared.Outcome = shardworker.Outcome{}
	}
	if c.usable(ctx, opBatch) != nil || !c.session.direct {
		leave(all) // nothing was sent
		return
	}
	if isRead(batch[0]) {
		c.runReads(ctx, all)
	} else {
		c.runWrites(ctx, all)
	}
}

// isRead reports whether a statement, and with it all of its company, is a read.
func isRead(s *shardworker.Shared) bool { return s.WantRows && seenEffect(s.SQL) == readEffect }

// leave leaves what hasn't got its outcome yet to the worker.
func leave(members []*member) {
	for _, m := range members {
		m.again()
	}
}

// runReads runs reads.
func (c *conn) runReads(ctx context.Context, all []*member) {
	ready, ok := c.ready(ctx, all)
	if !ok || len(ready) == 0 {
		return
	}
	failed, err := c.readTogether(ctx, ready)
	switch {
	case err == nil:
	case c.gone(err):
		c.backend.suspect(err)
		leave(ready)
	default:
		if failed != nil {
			c.renew(failed, err)
		}
		c.runApart(ctx, ready)
	}
}

// runWrites runs writes, which have no outcome before they are committed.
func (c *conn) runWrites(ctx context.Context, pending []*member) {
	var apart []*member
	for range maxTogether {
		ready, ok := c.ready(ctx, pending)
		if !ok {
			leave(apart)
			return
		}
		pending = ready
		if len(pending) == 0 {
			break
		}
		failed, err := c.writeTogether(ctx, pending)
		if err == nil {
			pending = nil
			break
		}
		if c.gone(err) {
			leave(apart)
			return
		}
		if err == errTooMany {
			pending = leaveLarge(pending)
			continue
		}
		if failed == nil { // at the commit: nobody knows for whom
			break
		}
		c.renew(failed, err)
		apart = append(apart, failed)
		pending = slices.DeleteFunc(pending, func(m *member) bool { return m == failed })
	}
	c.runApart(ctx, append(pending, apart...))
}

// leaveLarge leaves those whose rows are too many to the worker, and returns the others.
func leaveLarge(members []*member) []*member {
	return slices.DeleteFunc(members, func(m *member) bool {
		large := m.tooMany
		if large {
			m.again()
		}
		return large
	})
}

// ready returns those of members that are prepared, in the same slice; it has asked the server to prepare those that weren't. One that can't be
// has its error. ok is false if the connection was lost, and then all members have their outcome.
func (c *conn) ready(ctx context.Context, members []*member) (ready []*member, ok bool) {
	st := &c.session.plans
	if err := st.sweep(ctx, c.pgx); err != nil {
		c.backend.suspect(err)
		leave(members)
		return nil, false
	}
	ready = members[:0]
	for _, m := range members {
		m.drop()
		m.tooMany = false
		p, err := st.get(ctx, c.pgx, m.SQL)
		if err == nil {
			m.plan = p
			ready = append(ready, m)
			continue
		}
		if c.gone(err) {
			c.backend.suspect(err)
			leave(members) // those that have failed before, too: they will again
			return nil, false
		}
		m.Begin() // so that its outcome counts, although it hasn't come to running it
		m.fail(c.classify(m.Context, m.op(), m.SQL, err, false))
	}
	return ready, true
}

// encode has a member's arguments encoded, and reports whether it is to be sent: its caller waits, and they can be.
func (c *conn) encode(m *member) (ok bool) {
	defer func() {
		if value := recover(); value != nil { // a Valuer's
			m.fail(&messages.Error{Code: messages.ErrPanic, Op: m.op(), Detail: messages.PanicText(value)})
			ok = false
		}
	}()
	if !m.Begin() {
		m.again() // means nothing to anybody
		return false
	}
	if err := c.session.plans.encode(c.pgx, m.plan, m.Args); err != nil {
		m.fail(c.requestError(m.op(), err))
		return false
	}
	return true
}

// gone reports whether after err, which isn't nil, nothing more can be done on the connection.
func (c *conn) gone(err error) bool {
	var pg *pgconn.PgError
	return c.pgx.IsClosed() || !errors.As(err, &pg) && err != errTooMany
}

// renew makes m's statement be prepared again, and reports whether err is because it wasn't up to date.
func (c *conn) renew(m *member, err error) bool {
	if outdated(err) {
		c.session.plans.forget(m.plan)
	}
	return isStalePlan(err) || isUnknownStatement(err)
}
