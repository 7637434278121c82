package backendtest

import (
	"maps"
	"slices"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// batchesOfRandomReads compares random batches with what their members answer alone.
func batchesOfRandomReads(f *fixture) {
	pool := slices.DeleteFunc(f.reads(f.readers()...), func(m member) bool { // a MiB each time takes too long
		return m.sql == f.Statements.Large || len(m.args) == 1 && m.args[0] == any(largeText)
	})
	f.fill()
	alone := f.once()
	rapid.Check(f.T, func(t *rapid.T) {
		members := rapid.SliceOfN(rapid.SampledFrom(pool), 1, 40).Draw(t, "members")
		batch := f.shared(members)
		var left []bool
		for _, s := range batch {
			leaves := rapid.IntRange(0, 9).Draw(t, "leaves") == 0
			if left = append(left, leaves); leaves {
				s.Leave()
			}
		}
		c := f.acquireBatch(members)
		run(f.ctx, c, batch)
		f.usableUnlessAgain(c, batch)
		c.Release()
		for i, m := range members {
			if !left[i] {
				f.requireSame(m, alone(m), f.finally(m, batch[i]))
			}
		}
	})
}

// change is a write whose outcome a map can tell.
type change struct {
	member
	// apply makes the change, and returns how many rows it is about, or -1 if it violates a constraint.
	apply func(rows map[int64]string) int64
}

func changeOf(t *rapid.T, s Statements) change {
	n, text := rapid.Int64Range(1, 4).Draw(t, "n"), rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "t")
	insert := func(rows map[int64]string) int64 {
		if _, there := rows[n]; there {
			return -1
		}
		rows[n] = text
		return 1
	}
	switch rapid.SampledFrom([]string{"insert", "returning", "null", "update", "all", "delete"}).Draw(t, "kind") {
	case "insert":
		return change{writing(s.Insert, n, text), insert}
	case "returning":
		return change{reading(s.InsertReturning, n, text), insert}
	case "null":
		return change{writing(s.Insert, n, nil), func(map[int64]string) int64 { return -1 }}
	case "update":
		return change{writing(s.UpdateOne, text, n), func(rows map[int64]string) int64 {
			if _, there := rows[n]; !there {
				return 0
			}
			rows[n] = text
			return 1
		}}
	case "all":
		return change{writing(s.Update), func(rows map[int64]string) int64 {
			for n := range rows {
				rows[n] += "!"
			}
			return int64(len(rows))
		}}
	default:
		return change{writing(s.DeleteOne, n), func(rows map[int64]string) int64 {
			if _, there := rows[n]; !there {
				return 0
			}
			delete(rows, n)
			return 1
		}}
	}
}

// batchesOfRandomWrites looks for an order in which the members of a batch, one by one, would have had the outcomes that they had, and left the
// table as it is: nobody can tell that they were together.
func batchesOfRandomWrites(f *fixture) {
	s := f.Statements
	f.writes()
	if f.Forgets {
		f.Skip("nothing is kept")
	}
	f.exec(s.Create)
	rapid.Check(f.T, func(t *rapid.T) {
		f.empty()
		before := map[int64]string{}
		for range rapid.IntRange(0, 3).Draw(t, "rows before") {
			n := rapid.Int64Range(1, 4).Draw(t, "n")
			if _, there := before[n]; !there {
				before[n] = "old"
				f.exec(s.Insert, n, "old")
			}
		}
		var changes []change
		var members []member
		for range rapid.IntRange(1, 8).Draw(t, "changes") {
			c := changeOf(t, s)
			changes, members = append(changes, c), append(members, c.member)
		}
		batch := f.batch(members...)
		var outcomes []int64
		for i, c := range changes {
			outcomes = append(outcomes, f.outcomeOf(c, batch[i]))
		}
		after := f.table()
		if !explained(before, after, changes, outcomes) {
			t.Fatalf("no order explains outcomes %v and rows %v", outcomes, after)
		}
	})
}

// outcomeOf returns what apply would have returned.
func (f *fixture) outcomeOf(c change, s *shardworker.Shared) int64 {
	f.Helper()
	a := f.finally(c.member, s)
	if a.err != nil {
		f.requireError(a.err, messages.ErrStatement)
		return -1
	}
	if c.wantRows {
		require.Equal(f, [][]any{{c.args[0]}}, a.rows)
	}
	return a.tag.RowsAffected()
}

// explained reports whether changes, in some order, have these outcomes and lead from before to after.
func explained(before, after map[int64]string, changes []change, outcomes []int64) bool {
	if len(changes) == 0 {
		return maps.Equal(before, after)
	}
	for i, c := range changes {
		rows := maps.Clone(before)
		if c.apply(rows) != outcomes[i] {
			continue
		}
		rest := append(append([]change(nil), changes[:i]...), changes[i+1:]...)
		left := append(append([]int64(nil), outcomes[:i]...), outcomes[i+1:]...)
		if explained(rows, after, rest, left) {
			return true
		}
	}
	return false
}
