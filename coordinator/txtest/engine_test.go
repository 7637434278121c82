package txtest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// endsByItself are statements after which SQLite has no transaction any more, though nobody has asked for that.
var endsByItself = map[string]string{
	"or rollback": "insert or rollback into ledger values ($1, 'first')",
	"a trigger":   "insert into trap values ($1)",
}

const createTrap = createLedger + `; create table trap (n integer);
create trigger snap before insert on trap begin select raise(rollback, 'snap'); end`

// What comes after such a statement must not be committed by itself, nor a commit be reported where there is none.
func TestSQLiteEndsATransactionByItself(t *testing.T) {
	for name, sql := range endsByItself {
		t.Run(name, func(t *testing.T) {
			s := open(t, "ss", nil)
			s.everywhere(t, createTrap)
			ctx := background(t)
			for nested := range 3 {
				number := int64(nested + 1)
				whole, err := s.BeginAll(ctx, coordinator.TxOptions{})
				require.NoError(t, err)
				var tx pgx.Tx = whole
				insert := func(part string) error {
					_, err := tx.Exec(on(ctx, s.dbs[0]), "insert into ledger values ($1, $2)", number, part)
					return err
				}
				_, err = tx.Exec(on(ctx, s.dbs[1]), "insert into ledger values ($1, 'other')", number)
				require.NoError(t, err)
				require.NoError(t, insert("first"))
				var savepoints []pgx.Tx
				for range nested {
					tx, err = tx.Begin(ctx)
					require.NoError(t, err)
					savepoints = append(savepoints, tx)
					require.NoError(t, insert("in "+string(rune('a'+len(savepoints)))))
				}
				_, err = tx.Exec(on(ctx, s.dbs[0]), sql, number)
				require.ErrorIs(t, err, messages.ErrStatement)
				require.ErrorIs(t, insert("late"), messages.ErrTxAborted)
				if nested > 0 {
					// The savepoint is gone with everything else, so that nothing can be saved any more.
					undone := savepoints[nested-1].Rollback(ctx)
					require.Error(t, undone)
					requireTyped(t, undone)
					tx = whole
					require.Error(t, insert("after the savepoint"))
				}
				err = whole.Commit(ctx)
				require.ErrorIs(t, err, pgx.ErrTxCommitRollback)
				s.requireIdle(t)
				require.Equal(t, map[messages.ShardID]int{"s0": 0, "s1": 0}, s.entries(t, number), "%v", err)
			}
		})
	}
}

// A statement that is interrupted takes SQLite's whole transaction with it.
func TestInterruptedStatementAborts(t *testing.T) {
	const endless = "insert into ledger with recursive r(n) as (values (1) union all select n + 1 from r where n < 1000000000000) select -1, count(*) || '' from r"
	for _, kinds := range []string{"ss", "pp", "ps"} {
		t.Run(kinds, func(t *testing.T) {
			s := open(t, kinds, nil)
			s.everywhere(t, createLedger)
			for shard, d := range s.dbs {
				ctx, number := background(t), int64(shard+1)
				tx, err := s.BeginAll(ctx, coordinator.TxOptions{})
				require.NoError(t, err)
				require.NoError(t, s.enter(ctx, tx, number))
				sp, err := tx.Begin(ctx)
				require.NoError(t, err)
				begin := time.Now()
				const deadline = 50 * time.Millisecond
				_, err = sp.Exec(on(within(t, deadline), d), endless)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.Less(t, time.Since(begin), deadline+soon)
				_, err = sp.Exec(on(ctx, s.dbs[1-shard]), "insert into ledger values ($1, 'late')", number)
				require.ErrorIs(t, err, messages.ErrTxAborted)
				if err := sp.Rollback(ctx); err != nil {
					requireTyped(t, err)
				}
				// Whether the savepoint could be saved or not: the commit says what is there.
				err = tx.Commit(ctx)
				s.requireIdle(t)
				there := s.entries(t, number)
				if err == nil {
					require.Equal(t, map[messages.ShardID]int{"s0": 1, "s1": 1}, there)
				} else {
					require.Equal(t, map[messages.ShardID]int{"s0": 0, "s1": 0}, there, "%v", err)
					require.ErrorIs(t, err, pgx.ErrTxCommitRollback)
				}
			}
			s.requireWorking(t, 9)
		})
	}
}

// Texts that begin or end transactions are the Tx's business.
func TestControlStatementsAreRefused(t *testing.T) {
	s := open(t, "ps", nil)
	s.everywhere(t, createLedger)
	ctx := background(t)
	tx, err := s.BeginAll(ctx, coordinator.TxOptions{})
	require.NoError(t, err)
	t.Cleanup(func() { _, _ = s.dbs[0].look.Exec("rollback prepared 'x'") }) // or else it would hold up the next test
	for _, d := range s.dbs {
		for _, sql := range []string{
			"begin", "BEGIN IMMEDIATE", "start transaction", "commit", "/* a */ Commit", "-- x\ncommit", "end", "rollback", "abort",
			"savepoint a", "release savepoint a", "release a", "rollback to a", "rollback to savepoint a", ";commit",
			"insert into ledger values (1, 'x'); commit", "select 1; rollback", "commit; begin", "(commit)", "commit prepared 'x'",
			"rollback and chain", "\ufeffcommit", "set transaction read only; commit", "prepare transaction 'x'", "prepare /* a */ TRANSACTION 'x'",
		} {
			for name, err := range map[string]error{
				"exec":  second(tx.Exec(on(ctx, d), sql)),
				"query": queried(tx.Query(on(ctx, d), sql)),
				"send":  second(tx.Send(ctx, &messages.Exec{SQL: sql, Options: messages.Options{Shards: []messages.ShardID{d.id}}}).Await(ctx)),
			} {
				require.Error(t, err, "%s %q on %s", name, sql, d.id)
				requireTyped(t, err)
				if errors.Is(err, messages.ErrTxAborted) || errors.Is(err, messages.ErrStatement) {
					// It was sent and failed, which is no harm either.
					require.NoError(t, tx.Rollback(ctx), "%s %q on %s", name, sql, d.id)
					tx, err = s.BeginAll(ctx, coordinator.TxOptions{})
					require.NoError(t, err)
				}
			}
		}
		// Words that only look so.
		for _, sql := range []string{
			"select 'commit' as \"commit\"", "select 1 /* ; commit */", "insert into ledger (run, part) values (77, '; rollback')",
			"select case when 1 = 1 then 'begin' else 'x' end",
		} {
			_, err := tx.Exec(on(ctx, d), sql)
			require.NoError(t, err, "%q on %s", sql, d.id)
		}
		require.NoError(t, tx.Commit(ctx))
		tx, err = s.BeginAll(ctx, coordinator.TxOptions{})
		require.NoError(t, err)
	}
	require.NoError(t, tx.Rollback(ctx))
	s.requireIdle(t)
	require.Equal(t, map[messages.ShardID]int{"s0": 1, "s1": 1}, s.entries(t, 77))
}

func second[T any](_ T, err error) error { return err }

func queried(rows pgx.Rows, err error) error {
	rows.Close()
	return errors.Join(err, rows.Err())
}

// A constraint that is checked at the commit fails there: the shards before are committed, and the error says so.
func TestDeferredConstraintFailsAtTheCommit(t *testing.T) {
	s := open(t, "pp", nil)
	s.everywhere(t, createLedger+"; create table child (run bigint, part text, foreign key (run, part) references ledger deferrable initially deferred)")
	ctx := background(t)
	for shard, want := range []map[messages.ShardID]int{{"s0": 0, "s1": 0}, {"s0": 1, "s1": 0}} {
		number := int64(shard + 1)
		tx, err := s.BeginAll(ctx, coordinator.TxOptions{})
		require.NoError(t, err)
		require.NoError(t, s.enter(ctx, tx, number))
		_, err = tx.Exec(on(ctx, s.dbs[shard]), "insert into child values (-1, 'nobody')")
		require.NoError(t, err)
		err = tx.Commit(ctx)
		var ce *coordinator.CommitError
		require.ErrorAs(t, err, &ce)
		require.Len(t, ce.Committed, shard)
		require.Len(t, ce.Failed, 2-shard)
		require.Empty(t, ce.Unknown)
		require.Equal(t, shard == 1, errors.Is(err, messages.ErrPartialCommit))
		require.ErrorIs(t, err, messages.ErrStatement, "the cause is found")
		s.requireIdle(t)
		require.Equal(t, want, s.entries(t, number))
	}
	tx, err := s.BeginAll(ctx, coordinator.TxOptions{Shards: []messages.ShardID{"s1"}})
	require.NoError(t, err)
	_, err = tx.Exec(on(ctx, s.dbs[1]), "insert into child values (-1, 'nobody')")
	require.NoError(t, err)
	err = tx.Commit(ctx)
	require.Equal(t, "23503", class(err), "on one shard it is the database's own error: %v", err)
	s.requireIdle(t)
}

// BeginFunc and BeginTxFunc take a troupe whose context is pinned, and its transactions.
func TestPgxBeginFunc(t *testing.T) {
	for _, kinds := range []string{"p", "s", "sp"} {
		t.Run(kinds, func(t *testing.T) {
			s := open(t, kinds, nil)
			s.everywhere(t, createLedger)
			d := s.dbs[len(s.dbs)-1]
			ctx := on(background(t), d)
			own := errors.New("the function's own")
			require.NoError(t, pgx.BeginFunc(ctx, s.Troupe, func(tx pgx.Tx) error {
				_, err := tx.Exec(ctx, "insert into ledger values (1, 'outer')")
				require.NoError(t, err)
				err = pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error {
					_, err := tx.Exec(ctx, "insert into ledger values (1, 'undone')")
					require.NoError(t, err)
					_, err = tx.Exec(ctx, "insert into ledger values (1, null)")
					return errors.Join(own, err)
				})
				require.ErrorIs(t, err, own)
				return pgx.BeginFunc(ctx, tx, func(tx pgx.Tx) error {
					_, err := tx.Exec(ctx, "insert into ledger values (1, 'inner')")
					return err
				})
			}))
			require.Equal(t, 2, s.entries(t, 1)[d.id])

			require.ErrorIs(t, pgx.BeginFunc(ctx, s.Troupe, func(tx pgx.Tx) error {
				_, err := tx.Exec(ctx, "insert into ledger values (2, 'undone')")
				require.NoError(t, err)
				return own
			}), own)
			require.Zero(t, s.entries(t, 2)[d.id])

			require.Error(t, pgx.BeginTxFunc(ctx, s.Troupe, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
				_, err := tx.Exec(ctx, "insert into ledger values (3, 'read only')")
				require.Equal(t, "25006", class(err), "%v", err)
				return nil
			}))
			require.Zero(t, s.entries(t, 3)[d.id])
			require.NoError(t, pgx.BeginTxFunc(ctx, s.Troupe, pgx.TxOptions{IsoLevel: pgx.Serializable, DeferrableMode: pgx.Deferrable}, func(tx pgx.Tx) error {
				_, err := tx.Exec(ctx, "insert into ledger values (4, 'there')")
				return err
			}))
			require.Equal(t, 1, s.entries(t, 4)[d.id])
			for _, options := range []pgx.TxOptions{{BeginQuery: "begin"}, {CommitQuery: "commit"}, {IsoLevel: "sloppy"}, {AccessMode: "write only"}} {
				_, err := s.BeginTx(ctx, options)
				require.ErrorIs(t, err, messages.ErrInvalidRequest, "%+v", options)
			}
			assert.Panics(t, func() {
				_ = pgx.BeginFunc(ctx, s.Troupe, func(tx pgx.Tx) error {
					_, err := tx.Exec(ctx, "insert into ledger values (5, 'undone')")
					require.NoError(t, err)
					panic("mine")
				})
			})
			s.requireIdle(t)
			require.Zero(t, s.entries(t, 5)[d.id])
		})
	}
	s := open(t, "ss", nil)
	_, err := s.Begin(background(t))
	require.ErrorIs(t, err, messages.ErrNoRoute)
	_, err = s.Begin(coordinator.AllShards(background(t)))
	require.ErrorIs(t, err, messages.ErrNoRoute)
	_, err = s.Begin(coordinator.OnShard(background(t), "nowhere"))
	require.ErrorIs(t, err, messages.ErrUnknownShard)
	_, err = s.BeginAll(background(t), coordinator.TxOptions{Shards: []messages.ShardID{"s0", "nowhere"}})
	require.ErrorIs(t, err, messages.ErrUnknownShard)
	s.requireIdle(t)
}
