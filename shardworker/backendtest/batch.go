package backendtest

import (
	"bytes"
	"context"
	"errors"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// batchCases are what a [shardworker.Batcher] must do beside.
var batchCases = []namedCase{
	{"company is stable and has one lane", companyIsStable},
	{"company of what must be alone", companyOfLoners},
	{"batch answers as one by one", batchIsOneByOne},
	{"batches of many sizes", batchSizes},
	{"batch of rows that are too many", batchOfLarge},
	{"batch with a statement that fails", batchWithFailure},
	{"batch with invalid arguments", batchWithInvalid},
	{"batch that callers have left", batchThatWasLeft},
	{"batch sees what was committed before", batchSeesCommits},
	{"batches at once", batchesAtOnce},
	{"batches of random reads", batchesOfRandomReads},
	{"interrupt in a batch", interruptBatch},
	{"interrupt before a batch", interruptBeforeBatch},
	{"context ends in a batch", cancelBatch},
	{"context ends before a batch", cancelBeforeBatch},
	{"context of a member ends", cancelMember},
	{"interrupt beside a batch", interruptBesideBatch},
	{"close in a batch", closeInBatch},
	{"batch of writes", batchOfWrites},
	{"batch of writes that collide", batchOfCollisions},
	{"batch of writes that fail at their commit", batchOwing},
	{"batch of writes that callers have left", leftWrites},
	{"batch of writes with rows that are too many", batchOfLargeWrites},
	{"interrupt in a batch of writes", interruptWrites},
	{"interrupt in a batch of writes that waits", interruptBlocked},
	{"batches of writes beside each other", writeBatchesAtOnce},
	{"batches of random writes", batchesOfRandomWrites},
}

// member is a statement for a batch.
type member struct {
	sql      string
	args     []any
	wantRows bool
}

func reading(sql string, args ...any) member { return member{sql, args, true} }

func writing(sql string, args ...any) member { return member{sql, args, false} }

// batcher returns the backend as a Batcher, or skips the case.
func (f *fixture) batcher() shardworker.Batcher {
	f.Helper()
	b, ok := f.b.(shardworker.Batcher)
	if !ok {
		f.Skip("the backend runs no batches")
	}
	return b
}

func (f *fixture) company(m member) shardworker.Company {
	f.Helper()
	return f.batcher().Company(m.sql, m.args, m.wantRows)
}

// reads returns those of members that may be run with other reads. It skips the case if not even a plain one may.
func (f *fixture) reads(members ...member) []member {
	f.Helper()
	if f.company(reading(f.Statements.Lookup, int64(11))) != shardworker.AmongReads {
		f.Skip("reads are not run together")
	}
	return f.among(shardworker.AmongReads, members)
}

// writes returns those of members that may be run with other writes. It skips the case if not even a plain one may.
func (f *fixture) writes(members ...member) []member {
	f.Helper()
	if f.company(writing(f.Statements.Insert, int64(1), "one")) != shardworker.AmongWrites {
		f.Skip("writes are not run together")
	}
	return f.among(shardworker.AmongWrites, members)
}

func (f *fixture) among(company shardworker.Company, members []member) []member {
	return slices.DeleteFunc(members, func(m member) bool {
		lonely := f.company(m) != company
		if lonely {
			f.Logf("has other company: %.80q", m.sql)
		}
		return lonely
	})
}

// shared makes a batch of members.
func (f *fixture) shared(members []member) []*shardworker.Shared {
	var batch []*shardworker.Shared
	for _, m := range members {
		batch = append(batch, &shardworker.Shared{Context: f.ctx, SQL: m.sql, Args: m.args, WantRows: m.wantRows, Limit: 4})
	}
	return batch
}

// acquireBatch returns a connection that can run members together.
func (f *fixture) acquireBatch(members []member) shardworker.BatchConn {
	f.Helper()
	c := f.acquire(members[0].sql, members[0].wantRows)
	batcher, ok := c.(shardworker.BatchConn)
	require.True(f, ok, "a %T of a Batcher is no BatchConn", c)
	return batcher
}

// run runs a batch, and notes as a worker would that what has not begun is to be run again. Its members have been left then.
func run(ctx context.Context, c shardworker.BatchConn, batch []*shardworker.Shared) {
	c.RunBatch(ctx, batch)
	for _, s := range batch {
		if begun := s.Leave(); !begun {
			s.Outcome = shardworker.Outcome{Again: true}
		}
	}
}

// batch runs members together, on a connection that is as clean afterwards as it was, unless it was given up to be rid of rows.
func (f *fixture) batch(members ...member) []*shardworker.Shared {
	f.Helper()
	batch := f.shared(members)
	c := f.acquireBatch(members)
	run(f.ctx, c, batch)
	f.usableUnlessAgain(c, batch)
	c.Release()
	return batch
}

// usableUnlessAgain checks that c can be used if all that ran on it is answered.
func (f *fixture) usableUnlessAgain(c shardworker.Conn, batch []*shardworker.Shared) {
	f.Helper()
	for _, s := range batch {
		if s.Outcome.Again {
			return
		}
	}
	f.usable(c)
}

// alone runs m by itself.
func (f *fixture) alone(m member) answer {
	f.Helper()
	c := f.acquire(m.sql, m.wantRows)
	defer c.Release()
	if m.wantRows {
		return query(f.ctx, c, m.sql, m.args...)
	}
	tag, err := c.Exec(f.ctx, m.sql, m.args)
	return answer{tag: tag, err: err}
}

// finally returns what the caller of a member gets in the end, as a worker would see to it.
func (f *fixture) finally(m member, s *shardworker.Shared) answer {
	f.Helper()
	if s.Outcome.Again {
		require.Empty(f, s.Outcome.Batches, "nobody would recycle them")
		return f.alone(m)
	}
	return f.outcome(s)
}

// outcome decodes what a batch has answered.
func (f *fixture) outcome(s *shardworker.Shared) answer {
	f.Helper()
	o := s.Outcome
	if o.Err != nil {
		f.requireTyped(o.Err)
		require.Empty(f, o.Batches)
		return answer{err: o.Err}
	}
	r := reader{types: pgtype.NewMap()}
	require.LessOrEqual(f, len(o.Batches), s.Limit)
	size := 0
	for _, b := range o.Batches {
		require.Positive(f, b.Rows(), "an empty batch of rows")
		size += b.Len()
		r.adopt(b)
	}
	require.LessOrEqual(f, size, shardworker.MaxSharedBytes)
	a := answer{declared: o.Declared, tag: o.Tag}
	a.rows, a.err = r.decode()
	return a
}

// adopt takes a batch as it is.
func (r *reader) adopt(b *messages.RowBatch) {
	r.batches = append(r.batches, b)
	r.fields = append(r.fields, slices.Clone(b.Description.Fields))
	for offset := 0; offset < b.Len(); {
		values := make([][]byte, len(b.Description.Fields))
		offset = b.ReadRow(offset, values)
		for i, v := range values {
			values[i] = bytes.Clone(v)
		}
		r.shadows = append(r.shadows, values)
	}
	for len(r.shadows) < b.Rows() { // rows without columns take no bytes
		r.shadows = append(r.shadows, nil)
	}
}

// requireSame checks that a statement was answered as it was alone.
func (f *fixture) requireSame(m member, want, got answer) {
	f.Helper()
	if want.err != nil {
		f.requireTyped(got.err)
		require.Equal(f, want.err.(*messages.Error).Code, got.err.(*messages.Error).Code, "%.80q: %v instead of %v", m.sql, got.err, want.err)
		require.Equal(f, cause(want.err), cause(got.err), "%.80q", m.sql)
		return
	}
	require.NoError(f, got.err, "%.80q", m.sql)
	require.Equal(f, want.tag, got.tag, "%.80q", m.sql)
	if want.declared == nil || len(want.declared.Fields) == 0 {
		require.True(f, got.declared == nil || len(got.declared.Fields) == 0)
	} else {
		require.NotNil(f, got.declared, "%.80q", m.sql)
		require.Equal(f, want.declared.Fields, got.declared.Fields, "%.80q", m.sql)
	}
	require.Len(f, got.rows, len(want.rows), "%.80q", m.sql)
	for i, row := range want.rows {
		require.Len(f, got.rows[i], len(row))
		for k, v := range row {
			requireValue(f.T, v, got.rows[i][k])
		}
	}
}

// cause returns the text of what the database itself said.
func cause(err error) string {
	for {
		inner := errors.Unwrap(err)
		if inner == nil {
			return err.Error()
		}
		err = inner
	}
}

// requireFinally checks that each member is answered in the end as want says.
func (f *fixture) requireFinally(members []member, batch []*shardworker.Shared, want func(m member) answer) {
	f.Helper()
	for i, m := range members {
		f.requireSame(m, want(m), f.finally(m, batch[i]))
	}
}

// requireNoneAgain checks that all of a batch were answered.
func (f *fixture) requireNoneAgain(batch []*shardworker.Shared) {
	f.Helper()
	for _, s := range batch {
		require.False(f, s.Outcome.Again, "%.80q has to be run again, for no reason", s.SQL)
	}
}

// table returns the rows of the table.
func (f *fixture) table() map[int64]string {
	f.Helper()
	a := f.alone(reading(f.Statements.All))
	require.NoError(f, a.err)
	rows := map[int64]string{}
	for _, row := range a.rows {
		rows[row[0].(int64)] = row[1].(string)
	}
	return rows
}
