package txtest_test

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// declared gives a stage the table items, whose rows are dealt out over all shards by their number.
func declared(cfg *coordinator.Config) {
	var ids []messages.ShardID
	for _, s := range cfg.Shards {
		ids = append(ids, s.ID)
	}
	cfg.Tables = coordinator.Tables{"items": {
		Key: "id", Type: coordinator.Integer, Route: coordinator.Hash{Buckets: coordinator.Buckets(64, ids...)}, Columns: []string{"id", "kind", "n"},
	}}
}

const createItems = "create table items (id bigint primary key, kind text not null, n bigint not null)"

// A transaction sees its own rows in merged answers, and nobody else does until the commit.
func TestMergesSeeTheTransactionsOwnRows(t *testing.T) {
	for _, kinds := range []string{"sss", "ppp"} {
		t.Run(kinds, func(t *testing.T) {
			s := openWith(t, kinds, 2, declared)
			s.everywhere(t, createItems)
			ctx := background(t)
			insert := func(do func(context.Context, string, ...any) error, from, to int) {
				for id := from; id < to; id++ {
					require.NoError(t, do(ctx, "insert into items (id, kind, n) values ($1, $2, $3)", id, string(rune('a'+id%3)), id))
				}
			}
			insert(func(ctx context.Context, sql string, args ...any) error { return second(s.Exec(ctx, sql, args...)) }, 0, 30)
			tx, err := s.BeginAll(ctx, coordinator.TxOptions{})
			require.NoError(t, err)
			insert(func(ctx context.Context, sql string, args ...any) error { return second(tx.Exec(ctx, sql, args...)) }, 30, 60)
			require.Len(t, tx.Shards(), 3, "the rows are on all shards")

			inside, outside := "[[60 1770 29.5 0 59]]", "[[30 435 14.5 0 29]]"
			const totals = "select count(*), cast(sum(n) as bigint), cast(avg(n) as double precision), min(n), max(n) from items"
			require.Equal(t, inside, all(t, tx, ctx, totals))
			require.Equal(t, outside, all(t, s, ctx, totals))
			require.Equal(t, inside, all(t, s, coordinator.WithTx(ctx, tx), totals))
			require.Equal(t, outside, all(t, s, coordinator.WithTx(coordinator.WithTx(ctx, tx), nil), totals))

			require.Equal(t, "[[59] [58] [57]]", all(t, tx, ctx, "select n from items order by n desc limit 3"))
			require.Equal(t, "[[29] [28] [27]]", all(t, s, ctx, "select n from items order by n desc limit 3"))
			require.Equal(t, "[[a 20] [b 20] [c 20]]", all(t, tx, ctx, "select kind, count(*) from items group by kind order by kind"))
			require.Equal(t, "[[a 10] [b 10] [c 10]]", all(t, s, ctx, "select kind, count(*) from items group by kind order by kind"))
			require.Equal(t, "[[a] [b] [c]]", all(t, tx, ctx, "select distinct kind from items order by kind"))

			tag, err := tx.Exec(ctx, "update items set n = n + 1000 where id >= $1", 45)
			require.NoError(t, err)
			require.EqualValues(t, 15, tag.RowsAffected())
			sp, err := tx.Begin(ctx)
			require.NoError(t, err)
			tag, err = sp.Exec(ctx, "delete from items where id < $1", 45)
			require.NoError(t, err)
			require.EqualValues(t, 45, tag.RowsAffected())
			require.Equal(t, "[[15]]", all(t, sp, ctx, "select count(*) from items"))
			require.NoError(t, sp.Rollback(ctx))
			require.Equal(t, "[[60]]", all(t, tx, ctx, "select count(*) from items"))
			require.Equal(t, "[[30]]", all(t, s, ctx, "select count(*) from items"))
			require.NoError(t, tx.Commit(ctx))
			require.Equal(t, "[[60 16770]]", all(t, s, ctx, "select count(*), cast(sum(n) as bigint) from items"))
			s.requireIdle(t)
		})
	}
}

// queryer is a troupe or a transaction.
type queryer interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}

func all(t require.TestingT, q queryer, ctx context.Context, sql string, args ...any) string { //nolint:revive // ctx belongs to the query
	rows, err := q.Query(ctx, sql, args...)
	require.NoError(t, err, sql)
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
	require.NoError(t, err, sql)
	return fmt.Sprint(found)
}

// Rows of a merge that are left early, and answers that fail in the middle, leave a transaction that goes on or is aborted.
func TestMergeLeftEarlyInATransaction(t *testing.T) {
	for _, kinds := range []string{"sss", "psp"} {
		t.Run(kinds, func(t *testing.T) {
			s := open(t, kinds, nil)
			s.everywhere(t, createItems)
			s.everywhere(t, "insert into items with recursive r(n) as (values (1) union all select n + 1 from r where n < 3000) select n, 'a', n from r")
			ctx := background(t)
			tx, err := s.BeginAll(ctx, coordinator.TxOptions{})
			require.NoError(t, err)
			for _, read := range []int{0, 1, 1000, 8999} {
				rows, err := tx.Query(coordinator.AllShards(ctx), "select id from items")
				require.NoError(t, err)
				for range read {
					require.True(t, rows.Next())
				}
				rows.Close()
				require.NoError(t, rows.Err())
				tag, err := tx.Exec(coordinator.AllShards(ctx), "update items set n = n + 1 where id = 7")
				require.NoError(t, err, "after %d rows", read)
				require.EqualValues(t, 3, tag.RowsAffected())
			}
			// The reader's own context ends while rows are open: the transaction is aborted, and says so.
			short, cancel := context.WithCancel(ctx)
			rows, err := tx.Query(coordinator.AllShards(short), "select id from items")
			require.NoError(t, err)
			require.True(t, rows.Next())
			cancel()
			for rows.Next() {
			}
			if rows.Err() != nil {
				require.ErrorIs(t, rows.Err(), context.Canceled)
				_, err = tx.Exec(coordinator.AllShards(ctx), "update items set n = n + 1 where id = 7")
				require.ErrorIs(t, err, messages.ErrTxAborted)
				require.ErrorIs(t, tx.Commit(ctx), pgx.ErrTxCommitRollback)
				s.requireIdle(t)
				for _, d := range s.dbs {
					require.Equal(t, 7, d.number(t, "select n from items where id = 7"), d.id)
				}
				return
			}
			require.NoError(t, tx.Commit(ctx))
		})
	}
}

// Random statements in a transaction over all shards answer as one database does in its own, up to the commit.
func TestTransactionOverShardsAgainstOneDatabase(t *testing.T) {
	for kinds, times := range map[string]int{"sss": repeats(150, 5000), "ppp": repeats(40, 1500)} {
		t.Run(kinds, func(t *testing.T) {
			s := open(t, kinds, declared)
			one := open(t, kinds[:1], nil)
			s.everywhere(t, createItems)
			one.everywhere(t, createItems)
			rapidly(t, times, func(rt *rapid.T) {
				for _, d := range append(slices.Clone(s.dbs), one.dbs...) {
					d.exec(rt, "delete from items")
				}
				ctx, cancel := context.WithTimeout(context.Background(), limit)
				defer cancel()
				ours, err := s.BeginAll(ctx, coordinator.TxOptions{})
				require.NoError(rt, err)
				theirs, err := one.BeginAll(ctx, coordinator.TxOptions{})
				require.NoError(rt, err)
				both := [][]pgx.Tx{{ours, theirs}}
				for range rapid.IntRange(1, 20).Draw(rt, "length") {
					both = bothDo(rt, ctx, both)
				}
				require.Equal(rt, class(theirs.Commit(ctx)), class(ours.Commit(ctx)))
				s.requireIdle(rt)
				const every = "select id, kind, n from items order by id"
				require.Equal(rt, all(rt, one, ctx, every), all(rt, s, ctx, every))
			})
		})
	}
}

// bothDo does the same in the innermost of two transactions, or begins or ends one within them.
func bothDo(t *rapid.T, ctx context.Context, both [][]pgx.Tx) [][]pgx.Tx { //nolint:revive // t is first, as everywhere here
	now := both[len(both)-1]
	id, n := rapid.IntRange(0, 12).Draw(t, "id"), rapid.IntRange(0, 50).Draw(t, "n")
	var results, classes [2]string
	exec := func(sql string, args ...any) {
		for i, tx := range now {
			tag, err := tx.Exec(ctx, sql, args...)
			results[i], classes[i] = tag.String(), class(err)
		}
	}
	read := func(sql string, args ...any) {
		for i, tx := range now {
			rows, err := tx.Query(ctx, sql, args...)
			var found [][]any
			if err == nil {
				found, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
			}
			results[i], classes[i] = fmt.Sprint(found), class(err)
		}
	}
	switch kind := rapid.SampledFrom([]string{
		"insert", "insert", "insert several", "update", "update all", "delete", "read", "sum", "groups", "savepoint", "roll back", "release", "fail",
	}).Draw(t, "kind"); kind {
	case "insert":
		exec("insert into items (id, kind, n) values ($1, $2, $3)", id, "a", n)
	case "insert several":
		exec("insert into items (id, kind, n) values ($1, 'b', $2), ($3, 'c', $2), ($4, 'b', $2)", id, n, id+20, id+40)
	case "update":
		exec("update items set n = $2 where id = $1", id, n)
	case "update all":
		exec("update items set n = n + $1 where n < 40", n)
	case "delete":
		exec("delete from items where id between $1 and $2", id, id+3)
	case "read":
		read("select id, n from items where id <> $1 order by n desc, id limit 7", id)
	case "sum":
		read("select count(*), cast(sum(n) as bigint), max(id) from items where n >= $1", n)
	case "groups":
		read("select kind, count(*), min(n) from items where id > $1 group by kind order by kind", id)
	case "fail":
		if rapid.IntRange(0, 2).Draw(t, "really") == 0 {
			exec("insert into items (id, kind, n) values ($1, $2, null)", id, "a")
		}
	case "savepoint":
		inner := make([]pgx.Tx, 2)
		for i, tx := range now {
			var err error
			inner[i], err = tx.Begin(ctx)
			classes[i] = class(err)
		}
		if classes[0] == "done" {
			both = append(both, inner)
		}
	default:
		if len(both) > 1 {
			for i, tx := range now {
				end := tx.Rollback
				if kind == "release" {
					end = tx.Commit
				}
				classes[i] = class(end(ctx))
			}
			both = both[:len(both)-1]
		}
	}
	require.Equal(t, classes[1], classes[0], "errors")
	if classes[0] == "done" {
		require.Equal(t, results[1], results[0], "results")
	}
	return both
}
