package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// TestGroupsAreAsAlone: random statements, run as batches, come to what they come to one by one on another database, in the order in which
// the batches ran them: first those that are settled, then those that were left to run alone. In the end both databases are the same.
func TestGroupsAreAsAlone(t *testing.T) {
	ended, end := context.WithCancel(context.Background())
	end()
	settled, left := 0, 0
	rapid.Check(t, func(rt *rapid.T) {
		grouped, lone := open(t, sqlite.Config{Mode: sqlite.Memory}), open(t, sqlite.Config{Mode: sqlite.Memory})
		for _, b := range []*sqlite.Backend{grouped, lone} {
			exec(t, b, familySQL)
			exec(t, b, "insert into parent select value, 0 from json_each('[1,2,3]')")
		}
		for range rapid.IntRange(1, 6).Draw(rt, "batches") {
			var batch []*shardworker.Shared
			for range rapid.IntRange(2, 12).Draw(rt, "statements") {
				m := write(rt)
				if rapid.IntRange(0, 15).Draw(rt, "ended") == 0 {
					m.Context = ended
				}
				batch = append(batch, m)
			}
			runBatch(t, grouped, writer, batch...)
			var order, again []*shardworker.Shared
			for _, m := range batch {
				if m.Outcome.Again {
					again = append(again, m)
				} else {
					order = append(order, m)
				}
			}
			settled, left = settled+len(order), left+len(again)
			for _, m := range again {
				runAlone(t, grouped, m)
			}
			for i, m := range append(order, again...) {
				same := *told(m.Context, m.SQL, m.Args...)
				same.WantRows = m.WantRows
				runAlone(t, lone, &same)
				require.Equal(rt, outcomeOf(rt, &same), outcomeOf(rt, m), "%d: %s %v", i, m.SQL, m.Args)
			}
			require.Equal(rt, everything(t, lone), everything(t, grouped))
		}
	})
	require.Greater(t, settled, 5*left, "most can be run together")
	require.Positive(t, left, "some can't")
}

// write draws a statement that changes rows, or fails to.
func write(t *rapid.T) *shardworker.Shared {
	id := func() int { return rapid.IntRange(1, 7).Draw(t, "id") }
	or := func() string {
		return rapid.SampledFrom([]string{"", "", "", "or ignore ", "or replace ", "or fail ", "or abort ", "or rollback "}).Draw(t, "or")
	}
	child := func() string {
		v := rapid.SampledFrom([]int{1, 2, 3, 4, 5, 6, 7, 8, 90, 91, 92, 93, 100}).Draw(t, "v")
		p := rapid.SampledFrom([]string{"1", "2", "3", "null", "null", "6"}).Draw(t, "p")
		return fmt.Sprintf("(%d, %s, 'u%d', %d)", id(), p, id(), v)
	}
	sql, args := "", []any(nil)
	switch rapid.IntRange(0, 12).Draw(t, "kind") {
	case 0, 1:
		sql, args = "insert "+or()+"into parent values ($1, $2)", []any{id(), id()}
	case 2, 3:
		sql = "insert " + or() + "into child values " + child()
	case 4:
		sql = "insert " + or() + "into child values " + child() + ", " + child() + ", " + child()
	case 5:
		sql, args = "update "+or()+"child set v = v + $1, u = 'u'||$2 where id <= $3", []any{id(), id(), id()}
	case 6:
		sql, args = "update parent set id = $1 where id = $2", []any{id(), id()}
	case 7:
		sql, args = "delete from child where id between $1 and $2", []any{id(), id()}
	case 8:
		sql, args = "delete from parent where id = $1", []any{id()}
	case 9:
		sql, args = "insert "+or()+"into strict values ($1, $2)", []any{id(), id()}
	case 10:
		sql, args = "insert into touchy values ($1, 1), ($2, 2)", []any{id(), id()}
	case 11:
		sql, args = "insert into parent values ($1, 1), ($2, 2) on conflict (id) do update set n = n + excluded.n", []any{id(), id()}
	default:
		sql = rapid.SampledFrom([]string{
			"insert into parent values (1)", "insert into nowhere values (1)", "insert into parent values ($1, $2)", "update parent set", "delete from strict",
		}).Draw(t, "odd")
	}
	m := told(context.Background(), sql, args...)
	if m.WantRows = rapid.Bool().Draw(t, "rows"); m.WantRows {
		m.SQL += " returning *"
	}
	return m
}

// outcomeOf is what a caller learns.
func outcomeOf(t require.TestingT, m *shardworker.Shared) string {
	if m.Outcome.Err == nil {
		return fmt.Sprint(m.Outcome.Tag.String(), sharedRows(t, m))
	}
	var e *messages.Error
	require.ErrorAs(t, m.Outcome.Err, &e)
	text := fmt.Sprintf("%v in %s: %s", e.Code, e.Op, e.Detail)
	var cause *sqlite.Error
	if errors.As(e.Err, &cause) {
		text += fmt.Sprintf(" %d %s %d", cause.ExtendedCode(), cause.Message(), cause.Offset())
	}
	return text
}

// everything is the rows of all tables.
func everything(t testing.TB, b *sqlite.Backend) (all []any) {
	for _, table := range []string{"parent", "child", "strict", "touchy", "log"} {
		rows, _ := query(t, b, "select rowid, * from "+table+" order by rowid")
		for _, r := range rows {
			all = append(all, table, r.values)
		}
	}
	return all
}
