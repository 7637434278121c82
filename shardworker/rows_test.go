package shardworker_test

import (
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

func TestRowsAreCompleteAndNumbered(t *testing.T) {
	bubble(t, fake.Config{}, func(t *testing.T, e *env) {
		e.backend.Reply("select", count(100_000))
		e.backend.Reply("none", count(0))
		c := e.execute("select", instantCredit, batchBytes(64<<10))
		end := c.wait()
		require.NoError(t, end.Err)
		c.requireRows(100_000)
		require.Equal(t, "SELECT 100000", end.Tag.String())
		require.Equal(t, "n", end.Declared.Fields[0].Name)
		require.Equal(t, end.Declared, c.first)
		perRow := func(bytes int) int { return (bytes + rowBytes - 1) / rowBytes }
		require.Equal(t, []int{perRow(8 << 10), perRow(32 << 10), perRow(64 << 10)}, c.batches[:3], "they grow")

		none := e.execute("none")
		require.NoError(t, none.wait().Err)
		require.NotNil(t, none.wait().Declared)
		none.requireRows(0)
	})
}

func TestArgumentsArePassedOn(t *testing.T) {
	bubble(t, fake.Config{}, func(t *testing.T, e *env) {
		e.backend.Reply("", count(1))
		e.execute("select $1", args(7)).wait()
		require.Equal(t, []fake.Statement{{SQL: "select $1", Args: []any{7}, WantRows: true, Session: 1}}, e.backend.Statements())
	})
}

func TestExec(t *testing.T) {
	bubble(t, fake.Config{}, func(t *testing.T, e *env) {
		e.backend.Reply("update", fake.Tag("UPDATE 3"))
		c := e.execute("update", noRows)
		end := c.wait()
		require.NoError(t, end.Err)
		require.Equal(t, "UPDATE 3", end.Tag.String())
		require.Nil(t, end.Declared)
		require.Zero(t, end.Seq)
		require.False(t, e.backend.Statements()[0].WantRows)

		e.backend.Reply("delete", fake.Error(&messages.Error{Code: messages.ErrBusy}))
		require.ErrorIs(t, e.execute("delete", noRows).wait().Err, messages.ErrBusy)
	})
}

func TestWindowIsRespected(t *testing.T) {
	bubble(t, fake.Config{}, func(t *testing.T, e *env) {
		e.backend.Reply("", count(5000)) // 50 batches
		for _, w := range []int{1, 2, 5} {
			c := e.execute("select", window(w))
			require.Equal(t, w*100, c.got())
			require.Equal(t, 1, e.backend.Stats().InUse)
			c.credit(1)
			require.Equal(t, (w+1)*100, c.got())
			for !c.ended() {
				c.credit(w)
			}
			require.NoError(t, c.wait().Err)
			c.requireRows(5000)
			require.Equal(t, w, c.most)
		}
	})
}

func TestOversizedRowsTakeMoreOfTheWindow(t *testing.T) {
	bubble(t, fake.Config{}, func(t *testing.T, e *env) {
		text := fake.Rows(fake.Column("s", pgtype.TextOID))
		e.backend.Reply("", text.Row("small").Row(strings.Repeat("x", 7000)).Row("small").Row(strings.Repeat("x", 1e6)).Row("end"))
		c := e.execute("select", window(4), batchBytes(1000))
		require.False(t, c.ended())
		require.Equal(t, []int{4}, c.costs, "1 + 7009 bytes over twice 1000, and no more than the window")
		c.credit(3)
		require.False(t, c.ended())
		require.Len(t, c.costs, 1, "the next needs the whole window")
		c.credit(1)
		require.False(t, c.ended())
		require.Equal(t, []int{4, 4}, c.costs)
		c.credit(4)
		require.NoError(t, c.wait().Err)
		require.Equal(t, []int{4, 4, 1}, c.costs)
	})
}

func TestOtherDescriptionsBeginOtherBatches(t *testing.T) {
	bubble(t, fake.Config{}, func(t *testing.T, e *env) {
		e.backend.Reply("", count(6).
			Redescribe(2, fake.Column("n", pgtype.Int8OID), fake.Column("m", pgtype.Int8OID)).
			Redescribe(5, fake.Column("n", pgtype.Int8OID)).
			Generate(6, func(i int) []any {
				if i >= 2 && i < 5 {
					return []any{i, i}
				}
				return []any{i}
			}))
		c := e.execute("select")
		end := c.wait()
		require.NoError(t, end.Err)
		require.Equal(t, []int{2, 3, 1}, c.batches)
		c.requireRows(6)
		require.Len(t, end.Declared.Fields, 1)
	})
}

// TestFlushSendsWhatThereIs has a database that takes its time in the middle of the rows.
func TestFlushSendsWhatThereIs(t *testing.T) {
	t.Run("the cursor says that it waits", func(t *testing.T) {
		bubble(t, fake.Config{}, func(t *testing.T, e *env) {
			first, gate := fake.NewGate(), fake.NewGate()
			e.backend.Reply("", count(10).At(fake.AtRow(2), fake.Wait(first)).At(fake.AtRow(5), fake.Wait(gate)))
			c := e.execute("select")
			<-first.Arrived()
			require.Equal(t, 2, c.got(), "the first rows come by themselves")
			first.Open()
			<-gate.Arrived()
			require.Equal(t, 2, c.got())
			c.flush()
			require.Equal(t, 5, c.got())
			c.flush()
			require.Equal(t, 5, c.got())
			gate.Open()
			require.NoError(t, c.wait().Err)
			c.requireRows(10)
			require.Equal(t, []int{2, 3, 1, 4}, c.batches, "the second Flush was for the next row")
		})
	})
	t.Run("the cursor says that it doesn't", func(t *testing.T) {
		bubble(t, fake.Config{}, func(t *testing.T, e *env) {
			gate := fake.NewGate()
			e.backend.Reply("slow", count(10).At(fake.AtRow(5), fake.Wait(gate)).Buffered(func(int) bool { return true }))
			e.backend.Reply("quick", count(1))
			c := e.execute("slow")
			<-gate.Arrived()
			c.flush()
			require.Zero(t, c.got())
			require.NoError(t, e.execute("quick").wait().Err, "the worker isn't held up")
			gate.Open()
			require.NoError(t, c.wait().Err)
			require.Equal(t, []int{6, 4}, c.batches)
		})
	})
	t.Run("just before the cursor waits", func(t *testing.T) {
		bubble(t, fake.Config{}, func(t *testing.T, e *env) {
			gate := fake.NewGate()
			var c *call
			e.backend.Reply("", count(10).At(fake.AtRow(5), fake.Wait(gate)).Buffered(func(next int) bool {
				if next == 5 {
					c.flush()
				}
				return next != 5
			}))
			c = e.call("select")
			e.worker.Tell(&c.Execute)
			<-gate.Arrived()
			require.Equal(t, 5, c.got())
			gate.Open()
			require.NoError(t, c.wait().Err)
			c.requireRows(10)
		})
	})
	t.Run("without credit", func(t *testing.T) {
		bubble(t, fake.Config{}, func(t *testing.T, e *env) {
			gate := fake.NewGate()
			e.backend.Reply("", count(105).At(fake.AtRow(104), fake.Wait(gate)))
			c := e.execute("select", window(1))
			<-gate.Arrived()
			c.flush()
			require.Equal(t, 100, c.got())
			c.credit(1)
			c.flush()
			require.Equal(t, 104, c.got())
			c.credit(1)
			gate.Open()
			require.NoError(t, c.wait().Err)
			c.requireRows(105)
		})
	})
	t.Run("before there is any row", func(t *testing.T) {
		bubble(t, fake.Config{}, func(t *testing.T, e *env) {
			gate := fake.NewGate()
			e.backend.Reply("", count(10).At(fake.AtQuery, fake.Wait(gate)))
			c := e.execute("select")
			<-gate.Arrived()
			c.flush()
			gate.Open()
			require.NoError(t, c.wait().Err)
			require.Equal(t, []int{1, 9}, c.batches)
		})
	})
}

func TestFlushAtAnyTime(t *testing.T) {
	bubble(t, fake.Config{}, func(t *testing.T, e *env) {
		e.backend.Reply("", count(300).EachRow(fake.Delay(time.Millisecond)))
		c := e.execute("select", instantCredit)
		for !c.ended() {
			time.Sleep(700 * time.Microsecond)
			c.flush()
		}
		require.NoError(t, c.wait().Err)
		c.requireRows(300)
	})
}

// TestFlushRaces lets the race detector look at flushes amid rows.
func TestFlushRaces(t *testing.T) {
	bubble(t, fake.Config{}, func(t *testing.T, e *env) {
		e.backend.Reply("", count(20_000).Buffered(func(next int) bool { return next%3 > 0 }))
		c := e.execute("select", instantCredit, batchBytes(600))
		for range 3000 { // a flood without an end would fill the worker's mailbox
			c.flush()
			runtime.Gosched()
		}
		require.NoError(t, c.wait().Err)
		c.requireRows(20_000)
	})
}

func TestErrorInTheMiddleOfTheRows(t *testing.T) {
	bubble(t, fake.Config{}, func(t *testing.T, e *env) {
		e.backend.Reply("", count(250).At(fake.AtRow(230), fake.Fail(errBroken)))
		c := e.execute("select")
		end := c.wait()
		require.ErrorIs(t, end.Err, messages.ErrStatement)
		require.ErrorIs(t, end.Err, errBroken)
		require.Empty(t, end.Tag.String())
		require.Nil(t, end.Rows)
		c.requireRows(200) // what was sent before; the last batch would have come with the End
		synctest.Wait()
		e.requireFree("probe", 4)
	})
}
