package fake_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

// company lets selects and inserts share, each among themselves.
func company(sql string, _ []any, _ bool) shardworker.Company {
	switch {
	case strings.HasPrefix(sql, "select"):
		return shardworker.AmongReads
	case strings.HasPrefix(sql, "insert"):
		return shardworker.AmongWrites
	}
	return shardworker.Alone
}

func sharing() *fake.Backend {
	b := fake.New(fake.Config{Company: company})
	b.Reply("select", count(1))
	b.Reply("insert", fake.Tag("INSERT 0 1"))
	return b
}

func shared(sql string) *shardworker.Shared {
	return &shardworker.Shared{Context: context.Background(), SQL: sql, WantRows: strings.HasPrefix(sql, "select"), Limit: 1}
}

// runBatch runs statements on a connection of its own.
func runBatch(t *testing.T, b *fake.Backend, sql ...string) []*shardworker.Shared {
	t.Helper()
	c := acquire(t, b)
	defer c.Release()
	var batch []*shardworker.Shared
	for _, text := range sql {
		batch = append(batch, shared(text))
	}
	c.(shardworker.BatchConn).RunBatch(t.Context(), batch)
	return batch
}

// again returns which of a batch have to be run once more.
func again(batch []*shardworker.Shared) (which []bool) {
	for _, m := range batch {
		which = append(which, m.Outcome.Again)
	}
	return which
}

func TestBatchRunsOneStatementAfterTheOther(t *testing.T) {
	b := sharing()
	b.Reply("select two", count(2).WithTag("SELECT two"))
	b.Reply("select bad", fake.Error(errBroken))
	batch := runBatch(t, b, "select", "select bad", "select two")
	require.Equal(t, []bool{false, false, false}, again(batch))
	require.NoError(t, batch[0].Outcome.Err)
	require.ErrorIs(t, batch[1].Outcome.Err, messages.ErrStatement)
	require.ErrorIs(t, batch[1].Outcome.Err, errBroken)
	require.Len(t, batch[2].Outcome.Batches, 1)
	require.Equal(t, 2, batch[2].Outcome.Batches[0].Rows())
	require.Equal(t, batch[2].Outcome.Batches[0].Description, batch[2].Outcome.Declared)
	require.Equal(t, "SELECT two", batch[2].Outcome.Tag.String())
	_ = runBatch(t, b, "insert")
	acquire(t, b).Release()
	require.Equal(t, fake.Stats{
		Opened: 1, Acquired: 3, Released: 3, MaxInUse: 1, Batches: 2, Shared: 4, LargestBatch: 3,
	}, b.Stats())
	require.Equal(t, []fake.Statement{
		{SQL: "select", WantRows: true, Session: 1, Batch: 1},
		{SQL: "select bad", WantRows: true, Session: 1, Batch: 1},
		{SQL: "select two", WantRows: true, Session: 1, Batch: 1},
		{SQL: "insert", Session: 1, Batch: 2},
	}, b.Statements())
}

func TestOneWhoseCallerHasLeftIsPassedOver(t *testing.T) {
	b := sharing()
	c := acquire(t, b)
	defer c.Release()
	batch := []*shardworker.Shared{shared("select 1"), shared("select 2")}
	require.False(t, batch[0].Leave())
	c.(shardworker.BatchConn).RunBatch(t.Context(), batch)
	require.Len(t, b.Statements(), 1)
	require.True(t, batch[1].Leave())
}

func TestRowsThatAreTooManyAreToBeRunAgain(t *testing.T) {
	text := fake.Column("t", pgtype.TextOID)
	b := sharing()
	b.Reply("select large", fake.Rows(text).Row(strings.Repeat("x", shardworker.MaxSharedBytes)))
	b.Reply("select many", count(1<<30))
	b.Reply("select fits", fake.Rows(text).Row(strings.Repeat("x", shardworker.MaxSharedBytes-4)))
	b.Reply("select mixed", fake.Rows(text).Row("a").Row("b").Redescribe(1, fake.Column("u", pgtype.TextOID)))
	batch := runBatch(t, b, "select", "select large", "select many", "select fits", "select mixed", "select")
	require.Equal(t, []bool{false, true, true, false, true, false}, again(batch))
	require.Zero(t, b.Stats().Spent)

	c := acquire(t, b)
	defer c.Release()
	mixed := shared("select mixed")
	mixed.Limit = 2
	c.(shardworker.BatchConn).RunBatch(t.Context(), []*shardworker.Shared{mixed})
	require.False(t, mixed.Outcome.Again)
	require.Len(t, mixed.Outcome.Batches, 2)
}

func TestBatchThatIsLost(t *testing.T) {
	lost := fake.Fail(&messages.Error{Code: messages.ErrShardLost})
	doubt := fake.Fail(&messages.Error{Code: messages.ErrOutcomeUnknown})
	for _, c := range []struct {
		name  string
		sql   string
		point fake.Point
		step  fake.Step
		again []bool
		spent int
	}{
		{"reads at the beginning", "select", fake.AtBatch, lost, []bool{true, true, true}, 1},
		{"reads in the middle", "select", fake.AtQuery, lost, []bool{false, true, true}, 1},
		{"reads at the end", "select", fake.AtCommit, lost, []bool{true, true, true}, 1},
		{"writes at the beginning", "insert", fake.AtBatch, lost, []bool{true, true, true}, 1},
		{"writes in the middle", "insert", fake.AtQuery, lost, []bool{true, true, true}, 1},
		{"writes in the middle, in doubt", "insert", fake.AtQuery, doubt, []bool{true, true, true}, 1},
		{"writes at the commit", "insert", fake.AtCommit, lost, []bool{true, true, true}, 1},
		{"writes refused at the commit", "insert", fake.AtCommit, fake.Fail(&pgconn.PgError{Code: "23503"}), []bool{true, true, true}, 0},
		{"writes at the commit, in doubt", "insert", fake.AtCommit, doubt, []bool{false, false, false}, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := sharing()
			if c.point == fake.AtQuery {
				b.Reply(c.sql+" 2", fake.Tag("").At(fake.AtQuery, c.step))
			} else {
				b.At(c.point, c.step)
			}
			batch := runBatch(t, b, c.sql+" 1", c.sql+" 2", c.sql+" 3")
			require.Equal(t, c.again, again(batch))
			require.Equal(t, c.spent, b.Stats().Spent)
			if !c.again[2] {
				for _, m := range batch {
					require.ErrorIs(t, m.Outcome.Err, messages.ErrOutcomeUnknown)
				}
			}
		})
	}
}

func TestInterruptAndContextEndABatch(t *testing.T) {
	for _, p := range []fake.Point{fake.AtBatch, fake.AtQuery, fake.AtRow(0), fake.AtCommit} {
		for _, interrupt := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				gate := fake.NewGate()
				b := sharing()
				if p == fake.AtBatch || p == fake.AtCommit {
					b.At(p, fake.Wait(gate))
				} else {
					b.Reply("select 2", count(1).At(p, fake.Wait(gate)))
				}
				c := acquire(t, b)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				go func() {
					<-gate.Arrived()
					if interrupt {
						c.Interrupt()
					} else {
						cancel()
					}
				}()
				batch := []*shardworker.Shared{shared("select 1"), shared("select 2"), shared("select 3")}
				c.(shardworker.BatchConn).RunBatch(ctx, batch)
				require.True(t, batch[1].Outcome.Again)
				require.True(t, batch[2].Outcome.Again)
				rest := []*shardworker.Shared{shared("select 4")}
				if interrupt {
					c.(shardworker.BatchConn).RunBatch(t.Context(), rest)
					require.True(t, rest[0].Outcome.Again, "nothing runs any more")
				}
				c.Release()
				require.Equal(t, 1, b.Stats().Spent)
			})
		}
	}
}

func TestBatchThatPanics(t *testing.T) {
	b := sharing()
	b.Reply("select 2", count(1).At(fake.AtRow(0), fake.Panic("boom")))
	c := acquire(t, b)
	batch := []*shardworker.Shared{shared("select 1"), shared("select 2")}
	require.PanicsWithValue(t, "boom", func() { c.(shardworker.BatchConn).RunBatch(t.Context(), batch) })
	c.Release()
	require.Equal(t, 1, b.Stats().Spent)
	require.NoError(t, b.Close(t.Context()))
}

func TestBatchOfWhatCantShare(t *testing.T) {
	b := fake.New(fake.Config{
		Company: company, Lanes: []int{1, 1},
		Lane: func(sql string, _ bool) int { return strings.Count(sql, "other") },
	})
	twice, noLimit, noContext := shared("select"), shared("select"), shared("select")
	noLimit.Limit, noContext.Context = 0, nil
	for _, batch := range [][]*shardworker.Shared{
		nil,
		{shared("create")},
		{shared("select"), shared("insert")},
		{shared("select"), shared("select other")},
		{shared("select"), twice, twice},
		{noLimit},
		{noContext},
	} {
		c := acquire(t, b).(shardworker.BatchConn)
		require.Panics(t, func() { c.RunBatch(t.Context(), batch) })
		c.Release()
	}
	b.Reply("begin", fake.Tag("BEGIN"))
	c := acquire(t, b).(shardworker.BatchConn)
	_, err := c.Exec(t.Context(), "begin", nil)
	require.NoError(t, err)
	require.Panics(t, func() { c.RunBatch(t.Context(), []*shardworker.Shared{shared("select")}) })
	c.Release()
}
