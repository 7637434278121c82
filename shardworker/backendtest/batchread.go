package backendtest

import (
	"context"
	"fmt"
	"sync"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/shardworker"
)

func companyIsStable(f *fixture) {
	b, s := f.batcher(), f.Statements
	f.exec(s.Create)
	lanes := map[shardworker.Company]int{}
	members := append(f.readers(), f.writers()...)
	for _, m := range members {
		company := f.company(m)
		require.Equal(f, company, f.company(m), "%.80q", m.sql)
		if company == shardworker.Alone {
			continue
		}
		lane, known := lanes[company]
		if !known {
			lanes[company] = f.lane(m.sql, m.wantRows)
			continue
		}
		require.Equal(f, lane, f.lane(m.sql, m.wantRows), "a company has one lane: %.80q", m.sql)
	}
	for _, m := range f.writers() {
		require.NotEqual(f, shardworker.AmongReads, b.Company(m.sql, m.args, true), m.sql)
		require.NotEqual(f, shardworker.AmongReads, b.Company(m.sql, m.args, false), m.sql)
	}
}

func companyOfLoners(f *fixture) {
	b, s := f.batcher(), f.Statements
	for _, sql := range append([]string{
		s.Create, s.InsertTwo, s.SyntaxError, s.Begin, s.Commit, s.Rollback, s.Savepoint, s.ToSavepoint, s.ReleaseSavepoint, s.CreateOwing,
		s.CreateOdd, "", " ", ";", "--", "/*", "'", "\x00", "drop table conformance", "select 1; select 2",
	}, s.Loners...) {
		for _, wantRows := range []bool{true, false} {
			require.Equal(f, shardworker.Alone, b.Company(sql, nil, wantRows), "%q, rows: %v", sql, wantRows)
		}
	}
}

// tooMany is how many rows of Numbers are too many for a batch, by a little.
const tooMany = shardworker.MaxSharedBytes / 16

// readers are statements of every kind that read, of which some fail and some have too many rows. They need the table filled.
func (f *fixture) readers() []member {
	s := f.Statements
	members := []member{
		reading(s.Lookup, int64(11)), reading(s.Lookup, int64(20)), reading(s.Lookup, int64(-1)), reading(s.Count), reading(s.All),
		reading(s.Numbers, int64(0)), reading(s.Numbers, int64(3)), reading(s.Numbers, int64(100)), reading(s.Numbers, int64(tooMany)),
		reading(s.Large), reading(s.Wide), reading(s.ErrorInRows), writing(s.Numbers, int64(5)),
		reading(s.Lookup), reading(s.Lookup, int64(1), int64(2)), reading(s.Lookup, make(chan int)),
	}
	for _, sql := range []string{s.ThreeEmptyRows, s.Mixed} {
		if sql != "" {
			members = append(members, reading(sql))
		}
	}
	for _, v := range s.Values {
		members = append(members, reading(v.SQL, v.Args...))
	}
	return members
}

// fails reports whether m is one of readers that fails.
func (f *fixture) fails(m member) bool {
	return m.sql == f.Statements.ErrorInRows || m.sql == f.Statements.Lookup && (len(m.args) != 1 || m.args[0] != any(int64(11)) && m.args[0] != any(int64(20)) && m.args[0] != any(int64(-1)))
}

// fill creates the table, with the rows 11 to 20.
func (f *fixture) fill() {
	f.Helper()
	f.exec(f.Statements.Create)
	f.exec(f.Statements.Fill)
}

// once remembers what members answer alone.
func (f *fixture) once() func(m member) answer {
	known := map[string]answer{}
	return func(m member) answer {
		key := m.sql
		for _, arg := range m.args {
			if _, odd := arg.(chan int); odd {
				return f.alone(m)
			}
			key += sprint(arg)
		}
		a, ok := known[key]
		if !ok {
			a = f.alone(m)
			known[key] = a
		}
		return a
	}
}

func batchIsOneByOne(f *fixture) {
	members := f.reads(f.readers()...)
	f.fill()
	alone := f.once()
	large := 0
	var sound []member
	for _, m := range members {
		if !f.fails(m) {
			sound = append(sound, m)
		}
	}
	for _, members := range [][]member{members, sound} {
		for range 2 { // the second time, statements may be prepared
			batch := f.batch(members...)
			f.requireFinally(members, batch, alone)
			for _, s := range batch {
				if s.Outcome.Again {
					large++
				}
			}
		}
	}
	f.Logf("%d reads, %d sound; %d times a statement had to be run again", len(members), len(sound), large)
}

func batchSizes(f *fixture) {
	s := f.Statements
	f.reads()
	f.fill()
	c := f.acquireBatch([]member{reading(s.Lookup, int64(11))})
	defer c.Release()
	for _, size := range []int{1, 2, 64, 300, 1} {
		var members []member
		for i := range size {
			members = append(members, reading(s.Lookup, int64(11+i%12))) // of which 21 and 22 aren't there
		}
		batch := f.shared(members)
		run(f.ctx, c, batch)
		f.requireNoneAgain(batch)
		for i, shared := range batch {
			a := f.outcome(shared)
			require.NoError(f, a.err)
			if n := int64(11 + i%12); n > 20 {
				require.Empty(f, a.rows)
				require.Len(f, a.declared.Fields, 2)
			} else {
				require.Equal(f, [][]any{{n, "row " + sprint(n)}}, a.rows)
			}
		}
		f.usable(c)
	}
}

func batchOfLarge(f *fixture) {
	s := f.Statements
	small := reading(s.Lookup, int64(11))
	many := f.reads(reading(s.Numbers, int64(tooMany)), reading(s.Large), reading(s.Numbers, int64(1e9)))
	f.fill()
	want := f.alone(small)
	for _, large := range many {
		batch := f.batch(small, large, small)
		require.True(f, batch[1].Outcome.Again, large.sql)
		for _, i := range []int{0, 2} {
			f.requireSame(small, want, f.finally(small, batch[i]))
		}
	}
	if s.Mixed == "" || f.company(reading(s.Mixed)) != shardworker.AmongReads {
		return
	}
	mixed := f.alone(reading(s.Mixed))
	for limit := 1; limit <= 6; limit++ {
		batch := f.shared([]member{small, reading(s.Mixed), small})
		batch[1].Limit = limit
		c := f.acquireBatch([]member{small})
		run(f.ctx, c, batch)
		c.Release()
		f.requireSame(reading(s.Mixed), mixed, f.finally(reading(s.Mixed), batch[1]))
		if limit == 1 {
			require.True(f, batch[1].Outcome.Again)
		}
		if limit > 5 {
			require.False(f, batch[1].Outcome.Again)
		}
	}
}

func batchWithFailure(f *fixture) {
	s := f.Statements
	bad, good := reading(s.ErrorInRows), reading(s.Lookup, int64(12))
	if len(f.reads(bad)) == 0 {
		f.Skip("no read that fails")
	}
	f.fill()
	alone := f.once()
	for _, members := range [][]member{
		{bad}, {bad, good}, {good, bad}, {good, bad, good}, {bad, bad, bad}, {bad, good, bad, good, good, bad},
	} {
		f.requireFinally(members, f.batch(members...), alone)
	}
	// A failure must not make a crowd of loners.
	var members []member
	for i := range 64 {
		members = append(members, good)
		if i == 40 {
			members = append(members, bad)
		}
	}
	batch := f.batch(members...)
	f.requireFinally(members, batch, alone)
	loners := 0
	for _, shared := range batch {
		if shared.Outcome.Again {
			loners++
		}
	}
	require.Less(f, loners, 32, "one failure has undone all the others")
}

// sprint is how keys and rows of the suite are made of values.
func sprint(v any) string { return fmt.Sprint(v) }

func batchWithInvalid(f *fixture) {
	s := f.Statements
	good := reading(s.Lookup, int64(12))
	bad := f.reads(reading(s.Lookup), reading(s.Lookup, int64(1), int64(2)), reading(s.Lookup, make(chan int)))
	f.fill()
	want := f.alone(good)
	for _, m := range bad {
		members := []member{good, m, good}
		batch := f.batch(members...)
		f.requireSame(m, f.alone(m), f.finally(m, batch[1]))
		f.requireSame(good, want, f.finally(good, batch[0]))
		f.requireSame(good, want, f.finally(good, batch[2]))
	}
}

func batchThatWasLeft(f *fixture) {
	good := reading(f.Statements.Lookup, int64(12))
	f.reads()
	f.fill()
	want := f.alone(good)
	for _, left := range [][]bool{{true}, {true, false}, {false, true}, {true, true, true}, {false, true, false, true}} {
		members := make([]member, len(left))
		for i := range members {
			members[i] = good
		}
		batch := f.shared(members)
		for i, s := range batch {
			if left[i] {
				require.False(f, s.Leave(), "it hasn't begun")
			}
		}
		c := f.acquireBatch(members)
		run(f.ctx, c, batch)
		f.usable(c)
		c.Release()
		for i, s := range batch {
			if !left[i] {
				f.requireSame(good, want, f.finally(good, s))
			}
		}
	}
}

func batchSeesCommits(f *fixture) {
	if f.Forgets {
		f.Skip("nothing is kept")
	}
	s := f.Statements
	f.reads()
	f.exec(s.Create)
	held := f.acquireBatch([]member{reading(s.Count)})
	defer held.Release()
	for i := range int64(20) {
		f.exec(s.Insert, i, "seen")
		members := []member{reading(s.Count), reading(s.Lookup, i), reading(s.Count)}
		batch := f.shared(members)
		run(f.ctx, held, batch)
		f.requireNoneAgain(batch)
		require.Equal(f, [][]any{{i + 1}}, f.outcome(batch[0]).rows)
		require.Equal(f, [][]any{{i, "seen"}}, f.outcome(batch[1]).rows)
		require.Equal(f, [][]any{{i + 1}}, f.outcome(batch[2]).rows)
	}
}

func batchesAtOnce(f *fixture) {
	s := f.Statements
	f.reads()
	f.fill()
	lane := f.lane(s.Lookup, true)
	var group sync.WaitGroup
	for w := range f.b.Lanes()[lane] {
		group.Go(func() {
			for i := range 20 {
				c, err := f.b.Acquire(f.ctx, lane)
				if err != nil {
					f.Errorf("lane %d: %v", lane, err)
					return
				}
				var batch []*shardworker.Shared
				for k := range 1 + (w+i)%9 {
					batch = append(batch, &shardworker.Shared{
						Context: context.Background(), SQL: s.Lookup, Args: []any{int64(11 + (w+i+k)%10)}, WantRows: true, Limit: 1,
					})
				}
				run(f.ctx, c.(shardworker.BatchConn), batch)
				c.Release()
				for _, shared := range batch {
					if shared.Outcome.Err != nil || shared.Outcome.Again || len(shared.Outcome.Batches) != 1 {
						f.Errorf("outcome %+v", shared.Outcome)
						continue
					}
					values := make([][]byte, 2)
					shared.Outcome.Batches[0].ReadRow(0, values)
					if want := "row " + sprint(shared.Args[0]); string(values[1]) != want {
						f.Errorf("%q instead of %q", values[1], want)
					}
				}
			}
		})
	}
	group.Wait()
}
