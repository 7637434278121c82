package sqlite_test

import (
	"context"
	"errors"
	"fmt"
	"math"
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
	lasting, stay := context.WithCancel(context.Background())
	defer stay()
	settled, left, canceledLate := 0, 0, false
	rapid.Check(t, func(rt *rapid.T) {
		cfg := sqlite.Config{Mode: sqlite.Memory}
		if rapid.IntRange(0, 15).Draw(rt, "in a file") == 0 {
			cfg.Mode, cfg.Synchronous, cfg.Journal = "", "OFF", rapid.SampledFrom([]string{"WAL", "DELETE", "TRUNCATE", "PERSIST"}).Draw(rt, "journal")
		}
		cfg.OnConnect = rapid.SampledFrom([]string{"", "pragma max_page_count = 16", "pragma defer_foreign_keys = on", "pragma recursive_triggers = on"}).Draw(rt, "on connect")
		grouped, lone := openBeside(t, cfg), openBeside(t, cfg)
		for _, b := range []*sqlite.Backend{grouped, lone} {
			exec(t, b, familySQL)
			exec(t, b, "insert into parent select value, 0 from json_each('[1,2,3]')")
		}
		for range rapid.IntRange(1, 6).Draw(rt, "batches") {
			var batch []*shardworker.Shared
			for range rapid.IntRange(2, 12).Draw(rt, "statements") {
				m := write(rt)
				switch rapid.IntRange(0, 15).Draw(rt, "context") {
				case 0:
					m.Context = ended
				case 1:
					m.Context = &lateContext{Context: lasting, looks: rapid.IntRange(1, 4).Draw(rt, "looks")}
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
				same := *told(context.Background(), m.SQL, m.Args...)
				same.WantRows = m.WantRows
				if canceled := errors.Is(m.Outcome.Err, messages.ErrCanceled); canceled {
					canceledLate = canceledLate || m.Context != ended
					same.Context = ended
				}
				runAlone(t, lone, &same)
				require.Equal(rt, outcomeOf(rt, &same), outcomeOf(rt, m), "%d: %s %v", i, m.SQL, m.Args)
			}
			require.Equal(rt, everything(t, lone), everything(t, grouped))
		}
		require.NoError(rt, grouped.Close(context.Background())) // a second one, at the end of the test, does nothing
		require.NoError(rt, lone.Close(context.Background()))
	})
	require.Greater(t, settled, 5*left, "most can be run together")
	require.Positive(t, left, "some can't")
	require.True(t, canceledLate, "and some end in their midst")
}

// openBeside opens a database of its own; rapid's t has no directories.
func openBeside(t *testing.T, cfg sqlite.Config) *sqlite.Backend {
	t.Helper()
	if cfg.Mode != sqlite.Memory {
		cfg.Path = t.TempDir() + "/a.db"
	}
	return open(t, cfg)
}

// lateContext ends after it was looked at so many times.
type lateContext struct {
	context.Context
	looks int
}

func (c *lateContext) Err() error {
	if c.looks--; c.looks >= 0 {
		return nil
	}
	return context.Canceled
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
	switch rapid.IntRange(0, 15).Draw(t, "kind") {
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
	case 12:
		sql, args = series(400)+" insert into log select $1||i from s", []any{"\x00"}
	case 13:
		sql, args = "insert "+or()+"into parent select $1, zeroblob($2) union all select $3, zeroblob($2)", []any{id(), rapid.IntRange(1, 30_000).Draw(t, "bytes"), id()}
	case 14:
		sql, args = "insert into parent values ($1, $2)", []any{id(), rapid.SampledFrom([]any{"\x00a\x00", []byte{}, slowValue(func() error { panic("no value") }), slowValue(func() error { return errors.New("no value") }), math.NaN()}).Draw(t, "odd")}
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
	if e.Code != messages.ErrCanceled && errors.As(e.Err, &cause) {
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
