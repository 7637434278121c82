package shardworker_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

// shared returns how many statements of a text have begun alone, and in batches.
func (e *env) shared(sql string) (alone, together int) {
	for _, s := range e.backend.Statements() {
		switch {
		case s.SQL != sql:
		case s.Batch == 0:
			alone++
		default:
			together++
		}
	}
	return alone, together
}

func TestOnlyCompanyJoins(t *testing.T) {
	bubble(t, sharing(1), func(t *testing.T, e *env) {
		e.backend.Reply("", count(1))
		texts := []string{"select 1", "select 2", "insert 1", "insert 2", "update"}
		for _, sql := range texts {
			e.learn(sql)
		}
		gate := fake.NewGate()
		e.backend.Reply("hold", count(1).At(fake.AtQuery, fake.Wait(gate)))
		e.execute("hold")
		var calls []*call
		for range 3 {
			for _, sql := range texts {
				calls = append(calls, e.execute(sql))
			}
		}
		calls = append(calls, e.execute("select unknown"), e.execute("select unknown"))
		synctest.Wait()
		gate.Open()
		for _, c := range calls {
			require.NoError(t, c.wait().Err)
		}
		for sql, want := range map[string][2]int{
			"select 1": {1, 3}, "select 2": {1, 3}, "insert 1": {1, 3}, "insert 2": {1, 3}, "update": {4, 0}, "select unknown": {2, 0},
		} {
			alone, together := e.shared(sql)
			require.Equal(t, want, [2]int{alone, together}, sql)
		}
		require.Equal(t, 2, e.backend.Stats().Batches)
		require.Equal(t, 6, e.backend.Stats().LargestBatch)
	})
}

func TestTransactionsAndCopiesNeverJoin(t *testing.T) {
	bubble(t, sharing(2), func(t *testing.T, e *env) {
		e.backend.Reply("", count(1))
		e.backend.HandleCopy("", fake.Copy{})
		e.learn("select 1")
		e.learn("insert 1")
		tx := shardworker.NewLease(false)
		require.NoError(t, e.on(tx, "begin", noRows).wait().Err)
		gate := fake.NewGate()
		e.backend.Reply("hold", count(1).At(fake.AtQuery, fake.Wait(gate)))
		e.execute("hold")
		var calls []*call
		for range 5 {
			calls = append(calls, e.execute("select 1"), e.execute("insert 1"))
		}
		late := shardworker.NewLease(false)
		lateBegin := e.on(late, "select 1") // the first statement of a lease waits like others
		calls = append(calls, lateBegin)
		synctest.Wait()
		for range 5 {
			require.NoError(t, e.on(tx, "select 1").wait().Err)
			require.NoError(t, e.on(tx, "insert 1").wait().Err)
		}
		gate.Open()
		synctest.Wait()
		tx.End()
		for _, c := range calls {
			require.NoError(t, c.wait().Err)
		}
		late.End()
		for _, sql := range []string{"select 1", "insert 1"} {
			alone, together := e.shared(sql)
			require.LessOrEqual(t, together, 5, sql)
			require.GreaterOrEqual(t, alone, 1+5, sql)
		}
		for _, s := range e.backend.Statements() {
			if s.Batch > 0 {
				require.NotEqual(t, "begin", s.SQL)
			}
		}
	})
}

// An answer that is larger than those before runs again, alone, and its text never joins again while it is large.
func TestLargeAnswersJoinAtMostOnce(t *testing.T) {
	bubble(t, sharing(1), func(t *testing.T, e *env) {
		text := fake.Column("t", pgtype.TextOID)
		size := 1
		e.backend.Handle("select text", func(context.Context, []any) fake.Result {
			return fake.Rows(text).Row(strings.Repeat("x", size)).Row("end")
		})
		e.backend.Reply("select small", count(3))
		e.learn("select text")
		e.learn("select small")
		size = 2 * shardworker.MaxSharedBytes
		for round := range 5 {
			gate := fake.NewGate()
			e.backend.Reply("hold", count(1).At(fake.AtQuery, fake.Wait(gate)))
			e.execute("hold")
			calls := []*call{
				e.execute("select small", instantCredit), e.execute("select text", instantCredit), e.execute("select small", instantCredit),
				e.execute("select text", instantCredit),
			}
			synctest.Wait()
			gate.Open()
			for _, c := range calls {
				require.NoError(t, c.wait().Err)
				if c.SQL == "select small" {
					c.requireRows(3)
				} else {
					require.Equal(t, "SELECT 2", c.ends[0].Tag.String())
				}
			}
			_, together := e.shared("select text")
			require.Equal(t, 2, together, "round %d", round)
		}
		require.Zero(t, e.backend.Stats().Spent)
	})
}

// What a statement has cost alone decides whether others may have to wait for it.
func TestSlowStatementsDontJoin(t *testing.T) {
	bubble(t, sharing(1), func(t *testing.T, e *env) {
		e.backend.Reply("select slow", count(1).At(fake.AtQuery, fake.Delay(time.Second)))
		e.backend.Reply("select quick", count(1))
		e.learn("select slow")
		e.learn("select quick")
		gate := fake.NewGate()
		e.backend.Reply("hold", count(1).At(fake.AtQuery, fake.Wait(gate)))
		e.execute("hold")
		var calls []*call
		for range 4 {
			calls = append(calls, e.execute("select slow"), e.execute("select quick"))
		}
		synctest.Wait()
		gate.Open()
		for _, c := range calls {
			require.NoError(t, c.wait().Err)
		}
		_, slow := e.shared("select slow")
		_, quick := e.shared("select quick")
		require.Equal(t, []int{0, 4}, []int{slow, quick})
	})
}

// All kinds of arguments keep their own call's answer.
func TestEveryCallOfABatchGetsItsOwnAnswer(t *testing.T) {
	bubble(t, sharing(3), func(t *testing.T, e *env) {
		g := e.invite("select", 3, 300, nil)
		e.backend.Handle("select", func(_ context.Context, args []any) fake.Result {
			n := args[0].(int)
			if n%7 == 3 {
				return fake.Error(fmt.Errorf("no %d", n))
			}
			return count(n % 50).WithTag(fmt.Sprintf("SELECT tag%d", n))
		})
		g.hold.Open()
		for n, c := range g.calls {
			end := c.wait()
			if n%7 == 3 {
				require.ErrorIs(t, end.Err, messages.ErrStatement)
				require.ErrorContains(t, end.Err, fmt.Sprintf("no %d", n))
				continue
			}
			require.NoError(t, end.Err)
			require.Equal(t, fmt.Sprintf("SELECT tag%d", n), end.Tag.String())
			require.NotNil(t, end.Declared)
			c.requireRows(n % 50)
		}
		require.Positive(t, e.backend.Stats().Batches)
		alone, together := e.shared("select")
		require.Equal(t, []int{1, 300}, []int{alone, together}, "an error runs nothing again")
		e.requireFree("probe", 3)
	})
}
