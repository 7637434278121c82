package bulktest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

func TestBatchResultsComeInTheirOrder(t *testing.T) {
	onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
		var b pgx.Batch
		for id := range 40 {
			b.Queue("insert into item (id, name) values ($1, $2)", id, fmt.Sprintf("item %d", id))
			b.Queue("select name from item where id = $1", id)
		}
		b.Queue("update item set note = 'all'")
		b.Queue("select count(*), min(note) from item")
		b.Queue("delete from item where id = $1 returning name", 39)
		results := troupe.SendBatch(within(t), &b)
		for id := range 40 {
			tag, err := results.Exec()
			require.NoError(t, err)
			require.Equal(t, "INSERT 0 1", tag.String())
			var name string
			require.NoError(t, results.QueryRow().Scan(&name))
			require.Equal(t, fmt.Sprintf("item %d", id), name)
		}
		tag, err := results.Exec()
		require.NoError(t, err)
		require.EqualValues(t, 40, tag.RowsAffected())
		var n int64
		var note string
		require.NoError(t, results.QueryRow().Scan(&n, &note))
		require.EqualValues(t, 40, n)
		require.Equal(t, "all", note)
		rows, err := results.Query()
		require.NoError(t, err)
		deleted, err := pgx.CollectRows(rows, pgx.RowTo[string])
		require.NoError(t, err)
		require.Equal(t, []string{"item 39"}, deleted)
		require.Nil(t, results.Tx())
		_, err = results.Exec()
		require.ErrorIs(t, err, messages.ErrInvalidRequest)
		require.NoError(t, results.Close())
		require.NoError(t, results.Close())
		_, err = results.Exec()
		require.ErrorIs(t, err, messages.ErrInvalidRequest)
		require.Equal(t, [4]int64{10, 10, 10, 9}, count(t, troupe, "item"))
		report := results.(*coordinator.BatchResults).Report()
		require.Len(t, report, 4)
		require.Equal(t, coordinator.BatchedStatements{Shard: "s0", Statements: 22, Rows: 10 + 10 + 10 + 1}, report[0])
		require.Equal(t, coordinator.BatchedStatements{Shard: "s3", Statements: 23, Rows: 10 + 10 + 10 + 1 + 1}, report[3])
	})
}

func TestBatchCallsBack(t *testing.T) {
	onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
		var b pgx.Batch
		var got []string
		b.Queue("insert into item (id, name) values (1, 'one')").Exec(func(tag pgconn.CommandTag) error {
			got = append(got, tag.String())
			return nil
		})
		b.Queue("insert into item (id, name) values (2, 'two')")
		b.Queue("select name from item order by id").Query(func(rows pgx.Rows) error {
			names, err := pgx.CollectRows(rows, pgx.RowTo[string])
			got = append(got, names...)
			return err
		})
		b.Queue("select count(*) from item").QueryRow(func(row pgx.Row) error {
			var n int
			err := row.Scan(&n)
			got = append(got, fmt.Sprint(n))
			return err
		})
		require.NoError(t, troupe.SendBatch(within(t), &b).Close())
		require.Equal(t, []string{"INSERT 0 1", "one", "two", "2"}, got)

		var failing pgx.Batch
		failing.Queue("insert into item (id, name) values (3, 'three')").Exec(func(pgconn.CommandTag) error { return errSource })
		failing.Queue("insert into item (id, name) values (4, 'four')").Exec(func(pgconn.CommandTag) error { t.Error("called"); return nil })
		results := troupe.SendBatch(within(t), &failing)
		require.ErrorIs(t, results.Close(), errSource)
		require.ErrorIs(t, results.Close(), errSource)
		require.Equal(t, [4]int64{0, 1, 1, 0}, count(t, troupe, "item"))
	})
}

func TestBatchThatFailsLeavesNothing(t *testing.T) {
	onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
		for name, c := range map[string]struct {
			queue func(b *pgx.Batch)
			code  messages.Code
		}{
			"constraint":     {func(b *pgx.Batch) { b.Queue("insert into item (id, name) values (8, 'bad')") }, messages.ErrStatement},
			"unknown table":  {func(b *pgx.Batch) { b.Queue("insert into missing (id) values (8)") }, messages.ErrRefused},
			"changes a key":  {func(b *pgx.Batch) { b.Queue("update item set id = 8") }, messages.ErrRefused},
			"transaction":    {func(b *pgx.Batch) { b.Queue("commit") }, messages.ErrInvalidRequest},
			"without a key":  {func(b *pgx.Batch) { b.Queue("insert into item (name) values ('x')") }, messages.ErrRefused},
			"wrong argument": {func(b *pgx.Batch) { b.Queue("update item set name = $1 where id = 8", make(chan int)) }, messages.ErrInvalidRequest},
			"wrong number":   {func(b *pgx.Batch) { b.Queue("update item set name = 'x' where id = 8", 1) }, messages.ErrInvalidRequest},
		} {
			var b pgx.Batch
			for id := range 8 {
				b.Queue("insert into item (id, name) values ($1, 'good')", id)
			}
			c.queue(&b)
			for id := 9; id < 20; id++ {
				b.Queue("insert into item (id, name) values ($1, 'good')", id)
			}
			for _, reading := range []bool{true, false} {
				results := troupe.SendBatch(within(t), &b)
				var err error
				for i := 0; reading && i < b.Len() && err == nil; i++ {
					_, err = results.Exec()
				}
				closed := results.Close()
				if reading {
					require.Equal(t, err, closed, name)
				}
				require.ErrorIs(t, closed, c.code, name)
				require.ErrorContains(t, closed, "statement 9 of 20", name)
				_, err = results.Query()
				require.Equal(t, closed, err, name)
				require.Equal(t, closed, results.QueryRow().Scan(), name)
				require.Equal(t, [4]int64{}, count(t, troupe, "item"), name)
			}
		}
	})
}

func TestBatchInATransaction(t *testing.T) {
	onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
		ctx := within(t)
		tx, err := troupe.BeginAll(ctx, coordinator.TxOptions{})
		require.NoError(t, err)
		var b pgx.Batch
		for id := range 8 {
			b.Queue("insert into item (id, name) values ($1, 'good')", id)
		}
		require.NoError(t, tx.SendBatch(ctx, &b).Close())
		inner, err := tx.Begin(ctx)
		require.NoError(t, err)
		err = inner.SendBatch(ctx, &b).Close()
		require.ErrorIs(t, err, messages.ErrStatement, "they are there already")
		_, err = tx.Exec(ctx, "select 1 from item where id = 1")
		require.ErrorIs(t, err, messages.ErrTxAborted)
		require.NoError(t, inner.Rollback(ctx))
		var refused pgx.Batch
		refused.Queue("insert into item (id, name) values (8, 'good')")
		refused.Queue("insert into nowhere (id) values (9)")
		require.ErrorIs(t, tx.SendBatch(ctx, &refused).Close(), messages.ErrRefused)
		n, err := tx.CopyFrom(ctx, item, columns, items(8, 1000))
		require.NoError(t, err)
		require.EqualValues(t, 1000, n)
		var empty pgx.Batch
		require.NoError(t, tx.SendBatch(ctx, &empty).Close())
		require.NoError(t, tx.Commit(ctx))
		require.Equal(t, [4]int64{252, 252, 252, 252}, count(t, troupe, "item"))
		require.ErrorIs(t, tx.SendBatch(ctx, &b).Close(), pgx.ErrTxClosed)
	})
}

func TestCopyInATransaction(t *testing.T) {
	onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
		ctx := within(t)
		for _, n := range []int{10, 5000} {
			tx, err := troupe.BeginAll(ctx, coordinator.TxOptions{})
			require.NoError(t, err)
			_, err = tx.CopyFrom(ctx, item, columns, items(0, n))
			require.NoError(t, err)
			inner, err := tx.Begin(ctx)
			require.NoError(t, err)
			_, err = inner.CopyFrom(ctx, item, columns, itemsThen(n, n, func([]any) ([]any, error) { return nil, errSource }))
			require.ErrorIs(t, err, errSource)
			_, err = inner.Exec(ctx, "delete from item where id = 1")
			if n == 10 {
				require.NoError(t, err, "nothing was sent")
			} else {
				require.ErrorIs(t, err, messages.ErrTxAborted)
			}
			require.NoError(t, inner.Rollback(ctx))
			var seen int
			require.NoError(t, tx.QueryRow(ctx, "select count(*) from item").Scan(&seen))
			require.Equal(t, n, seen)
			rows, err := tx.Query(ctx, "select id from item")
			require.NoError(t, err)
			require.True(t, rows.Next())
			_, err = tx.CopyFrom(ctx, item, columns, items(n, 1))
			if err != nil { // the rows may all be here already
				require.ErrorIs(t, err, messages.ErrInvalidRequest)
			}
			rows.Close()
			require.NoError(t, rows.Err())
			require.NoError(t, tx.Rollback(ctx))
			require.Equal(t, [4]int64{}, count(t, troupe, "item"))
		}
	})
}

func TestBatchBeginTxIsRefused(t *testing.T) {
	troupe := spawn(t, files(t), nil)
	var b pgx.Batch
	b.BeginTx(pgx.TxOptions{})
	b.Queue("insert into item (id, name) values (1, 'x')")
	results := troupe.SendBatch(within(t), &b)
	_, err := results.Exec()
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	require.ErrorIs(t, results.Tx().Commit(within(t)), pgx.ErrTxClosed)
	require.ErrorIs(t, results.Close(), messages.ErrInvalidRequest)
	require.Equal(t, [4]int64{}, count(t, troupe, "item"))
}

func TestBatchEndsWithItsContext(t *testing.T) {
	onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
		ctx, cancel := context.WithCancel(within(t))
		defer cancel()
		var b pgx.Batch
		for id := range 8 {
			b.Queue("insert into item (id, name) values ($1, 'good')", id)
		}
		results := troupe.SendBatch(ctx, &b)
		_, err := results.Exec()
		require.NoError(t, err)
		cancel()
		err = results.Close()
		require.ErrorIs(t, err, context.Canceled)
		require.True(t, errors.Is(err, messages.ErrCanceled) || errors.Is(err, messages.ErrTxAborted) || errors.Is(err, messages.ErrOutcomeUnknown), "%v", err)
		require.Equal(t, [4]int64{}, count(t, troupe, "item"))
	})
}
