package backendtest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// writers are statements of every kind that write and commit by themselves. They can be run one after another on an empty table.
func (f *fixture) writers() []member {
	s := f.Statements
	return []member{
		writing(s.Insert, int64(1), "one"), reading(s.InsertReturning, int64(2), "two"), reading(s.Insert, int64(3), oddText),
		writing(s.InsertReturning, int64(4), ""), writing(s.UpdateOne, "uno", int64(1)), writing(s.DeleteOne, int64(3)),
		writing(s.DeleteOne, int64(99)), writing(s.Fill), writing(s.Update),
	}
}

func batchOfWrites(f *fixture) {
	members := f.writes(f.writers()...)
	f.exec(f.Statements.Create)
	want := map[string]answer{}
	key := func(m member) string { return m.sql + sprint(m.args) + sprint(m.wantRows) }
	for _, m := range members {
		want[key(m)] = f.alone(m)
	}
	after := f.tableUnlessForgotten()
	f.empty()
	batch := f.batch(members...)
	f.requireNoneAgain(batch)
	f.requireFinally(members, batch, func(m member) answer { return want[key(m)] })
	require.Equal(f, after, f.tableUnlessForgotten())
}

func (f *fixture) tableUnlessForgotten() map[int64]string {
	f.Helper()
	if f.Forgets {
		return nil
	}
	return f.table()
}

// empty deletes all rows.
func (f *fixture) empty() {
	f.Helper()
	f.exec("delete from conformance")
}

// batchOfCollisions has writes that violate constraints, against rows that were there and against each other.
func batchOfCollisions(f *fixture) {
	s := f.Statements
	f.writes()
	f.exec(s.Create)
	f.exec(s.Insert, int64(1), "twice")
	twice := func(n int64) member { return writing(s.Insert, n, "twice") }
	once := func(n int64) member { return writing(s.Insert, n, "once") }
	for _, c := range []struct {
		members []member
		fail    int // how many of them
		rows    int64
	}{
		{[]member{twice(1)}, 1, 1},
		{[]member{once(10), twice(1), once(11)}, 1, 3},
		{[]member{twice(1), twice(1), once(12)}, 2, 4},
		{[]member{once(13), reading(s.InsertReturning, int64(1), "twice"), reading(s.InsertReturning, int64(14), "once")}, 1, 6},
	} {
		batch := f.batch(c.members...)
		failed := 0
		for i, m := range c.members {
			a := f.finally(m, batch[i])
			if m.args[1] == any("once") {
				require.NoError(f, a.err)
				require.EqualValues(f, 1, a.tag.RowsAffected())
				require.Len(f, a.rows, len(a.rows))
				if m.wantRows {
					require.Equal(f, [][]any{{m.args[0]}}, a.rows)
				}
				continue
			}
			f.requireError(a.err, messages.ErrStatement)
			failed++
		}
		require.Equal(f, c.fail, failed)
		f.requireRows(c.rows)
	}
	if f.Forgets {
		return
	}
	// Two insert the same: one of them does, and the table knows which.
	first, second := writing(s.Insert, int64(20), "a"), writing(s.Insert, int64(20), "b")
	members := []member{first, once(21), second}
	batch := f.batch(members...)
	a, b := f.finally(first, batch[0]), f.finally(second, batch[2])
	require.NoError(f, f.finally(members[1], batch[1]).err)
	require.NotEqual(f, a.err == nil, b.err == nil, "%v, %v", a.err, b.err)
	if a.err == nil {
		require.Equal(f, "a", f.table()[20])
		f.requireError(b.err, messages.ErrStatement)
	} else {
		require.Equal(f, "b", f.table()[20])
		f.requireError(a.err, messages.ErrStatement)
	}
}

// batchOwing has writes that only their commit finds fault with.
func batchOwing(f *fixture) {
	s := f.Statements
	owe := func(n int64) member { return writing(s.Owe, n) }
	members := f.writes(writing(s.Insert, int64(2), "two"), owe(1), writing(s.Insert, int64(3), "three"), owe(2), owe(9))
	if f.Forgets || len(members) < 5 {
		f.Skip("nothing is owed")
	}
	f.exec(s.Create)
	f.exec(s.Insert, int64(1), "one")
	f.exec(s.CreateOwing)
	want := f.alone(owe(99))
	f.requireError(want.err, messages.ErrStatement)
	for range 3 {
		batch := f.batch(members...)
		f.requireSame(members[4], want, f.finally(members[4], batch[4]))
		for _, i := range []int{0, 1, 2, 3} {
			require.NoError(f, f.finally(members[i], batch[i]).err, "another owes")
		}
		f.requireRows(3)
		f.exec("delete from owing")
		f.exec("delete from conformance where n > 1")
	}

	// What one leaves behind, another's row must not make good unless it came first.
	batch := f.batch(owe(7), writing(s.Insert, int64(7), "seven"))
	made := f.finally(writing(s.Insert, int64(7), "seven"), batch[1])
	require.NoError(f, made.err)
	owed := f.finally(owe(7), batch[0])
	if owed.err != nil {
		f.requireError(owed.err, messages.ErrStatement)
	}
	a := f.alone(reading("select count(*) from owing"))
	require.NoError(f, a.err)
	require.Equal(f, owed.err == nil, a.rows[0][0] == any(int64(1)))
}

func leftWrites(f *fixture) {
	s := f.Statements
	f.writes()
	f.exec(s.Create)
	for round := range int64(4) {
		var members []member
		for i := range int64(6) {
			members = append(members, writing(s.Insert, 10*round+i, "left or not"))
		}
		batch := f.shared(members)
		for i, shared := range batch {
			if int64(i)%4 <= round {
				require.False(f, shared.Leave())
			}
		}
		stay := 0
		c := f.acquireBatch(members)
		run(f.ctx, c, batch)
		f.usable(c)
		c.Release()
		for i, shared := range batch {
			if int64(i)%4 > round {
				require.NoError(f, f.finally(members[i], shared).err)
				stay++
			}
		}
		f.requireRows(int64(stay))
		f.empty()
	}
}

func batchOfLargeWrites(f *fixture) {
	s := f.Statements
	large := reading(s.InsertReturning+", t", int64(2), strings.Repeat("x", 2*shardworker.MaxSharedBytes))
	if len(f.writes(large)) == 0 {
		f.Skip("no write with large rows")
	}
	f.exec(s.Create)
	members := []member{writing(s.Insert, int64(1), "one"), large, writing(s.Insert, int64(3), "three")}
	batch := f.batch(members...)
	require.True(f, batch[1].Outcome.Again)
	rows := int64(2)
	for _, i := range []int{0, 2} {
		require.NoError(f, batch[i].Outcome.Err)
		if batch[i].Outcome.Again {
			rows--
		}
	}
	f.requireRows(rows)
	for i, m := range members {
		require.NoError(f, f.finally(m, batch[i]).err)
	}
	f.requireRows(3)
}

func interruptWrites(f *fixture) {
	s := f.Statements
	quick := func(n int64) member { return writing(s.Insert, n, "quick") }
	slow := writing(s.SlowWrite)
	if len(f.writes(slow)) == 0 {
		f.Skip("no slow write")
	}
	f.fill()
	for _, byContext := range []bool{false, true} {
		for _, delay := range delays {
			members := []member{quick(1), slow, quick(2)}
			ctx, cancel := context.WithCancel(f.ctx)
			c := f.acquireBatch(members)
			batch := f.shared(members)
			time.AfterFunc(delay, func() {
				if byContext {
					cancel()
				} else {
					c.Interrupt()
				}
			})
			run(ctx, c, batch)
			cancel()
			f.requirePromptly("Release", c.Release)
			for i, shared := range batch {
				require.True(f, shared.Outcome.Again || shared.Outcome.Err != nil, "member %d took effect", i)
				if shared.Outcome.Err != nil {
					f.requireError(shared.Outcome.Err, messages.ErrCanceled)
				}
			}
			f.requireRows(10)
		}
	}
	f.allUsable(f.lane(s.Insert, false))
}

// interruptBlocked ends a batch of writes of which one waits for a transaction that goes on beside it. What has to be run again has no effect, not
// even when that transaction has ended.
func interruptBlocked(f *fixture) {
	s := f.Statements
	f.writes()
	lane, other := f.lane(s.Insert, false), shardworker.LeaseLane(f.b, false)
	if f.Forgets || lane == other && f.b.Lanes()[lane] == 1 {
		f.Skip("no transaction can go on beside a batch of writes")
	}
	f.fill()
	for _, byContext := range []bool{false, true} {
		for _, delay := range delays {
			blocker, err := f.b.Acquire(f.ctx, other)
			require.NoError(f, err)
			for _, m := range []member{writing(s.Begin), writing(s.Insert, int64(50), "blocks")} {
				_, err = blocker.Exec(f.ctx, m.sql, m.args)
				require.NoError(f, err)
			}
			members := []member{writing(s.Insert, int64(1), "quick"), writing(s.Insert, int64(50), "blocked"), writing(s.Insert, int64(2), "quick")}
			ctx, cancel := context.WithCancel(f.ctx)
			c := f.acquireBatch(members)
			batch := f.shared(members)
			time.AfterFunc(delay, func() {
				if byContext {
					cancel()
				} else {
					c.Interrupt()
				}
			})
			run(ctx, c, batch)
			cancel()
			f.requirePromptly("Release", c.Release)
			_, err = blocker.Exec(f.ctx, s.Rollback, nil)
			require.NoError(f, err)
			blocker.Release()
			doubt := false
			for i, shared := range batch {
				require.True(f, shared.Outcome.Again || shared.Outcome.Err != nil, "member %d took effect before another did", i)
				if errors.Is(shared.Outcome.Err, messages.ErrOutcomeUnknown) {
					f.requireTyped(shared.Outcome.Err)
					doubt = true
				} else if shared.Outcome.Err != nil {
					f.requireError(shared.Outcome.Err, messages.ErrCanceled)
				}
			}
			for _, m := range members { // which waits for what an orphan of the batch may still do
				if a := f.alone(m); doubt && a.err != nil {
					f.requireError(a.err, messages.ErrStatement)
				} else {
					require.NoError(f, a.err, "what is to be run again had an effect")
				}
			}
			f.requireRows(13)
			f.exec("delete from conformance where n < 11 or n = 50")
		}
	}
	f.allUsable(lane)
}

// writeBatchesAtOnce runs as many batches at once as the lane has connections. Each acknowledged row is there.
func writeBatchesAtOnce(f *fixture) {
	s := f.Statements
	f.writes()
	f.exec(s.Create)
	lane := f.lane(s.Insert, false)
	writers, each, size := f.b.Lanes()[lane], 10, 8
	var group sync.WaitGroup
	for w := range writers {
		group.Go(func() {
			for i := range each {
				c, err := f.b.Acquire(f.ctx, lane)
				if err != nil {
					f.Errorf("writer %d: %v", w, err)
					return
				}
				var batch []*shardworker.Shared
				for k := range size {
					n := int64((w*each+i)*size + k)
					batch = append(batch, &shardworker.Shared{Context: f.ctx, SQL: s.Insert, Args: []any{n, "at once"}, Limit: 1})
				}
				run(f.ctx, c.(shardworker.BatchConn), batch)
				c.Release()
				for _, shared := range batch {
					if shared.Outcome.Err != nil || shared.Outcome.Again || shared.Outcome.Tag.RowsAffected() != 1 {
						f.Errorf("writer %d: %+v", w, shared.Outcome)
					}
				}
			}
		})
	}
	group.Wait()
	f.requireRows(int64(writers * each * size))
}
