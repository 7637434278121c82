package txtest_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// openPrefixed returns a stage whose first database is two shards, s0 and twin, told apart by the prefixes of their tables. The
// second is s1.
func openPrefixed(t *testing.T, kinds string) *stage {
	t.Helper()
	s := openWith(t, kinds, 2, func(cfg *coordinator.Config) { // a scatter outside of a transaction needs one for each
		cfg.Shards[0].Names = shardworker.Names{Prefix: "a_"}
		twin := shardworker.Shard{ID: "twin", Backend: cfg.Shards[0].Backend, Names: shardworker.Names{Prefix: "b_"}}
		cfg.Shards = append(cfg.Shards, twin)
	})
	s.dbs[0].exec(t, "create table a_t (k integer primary key, n bigint not null); create table b_t (k integer primary key, n bigint not null)")
	s.dbs[1].exec(t, "create table t (k integer primary key, n bigint not null)")
	return s
}

// totals are the sums of the three tables, past troupe.
func (s *stage) totals(t require.TestingT) [3]int {
	const sum = "select coalesce(sum(n), 0) from "
	return [3]int{s.dbs[0].number(t, sum+"a_t"), s.dbs[0].number(t, sum+"b_t"), s.dbs[1].number(t, sum+"t")}
}

// Shards that are one database have one connection and one transaction: they see each other's rows at once, none waits for the
// other, and they are committed, or not, together.
func TestShardsOfOneDatabaseShareATransaction(t *testing.T) {
	for _, kinds := range []string{"ss", "pp", "ps"} {
		t.Run(kinds, func(t *testing.T) {
			s := openPrefixed(t, kinds)
			ctx := background(t)
			three := []messages.ShardID{"s0", "s1", "twin"}
			insert := func(tx pgx.Tx, k, n int) {
				for _, id := range three {
					_, err := tx.Exec(coordinator.OnShard(ctx, id), "insert into t values ($1, $2)", k, n)
					require.NoError(t, err, id)
				}
			}
			tx, err := s.BeginAll(ctx, coordinator.TxOptions{})
			require.NoError(t, err)
			insert(tx, 1, 1)
			require.ElementsMatch(t, three, tx.Shards())
			sp, err := tx.Begin(ctx)
			require.NoError(t, err)
			insert(sp, 2, 10)
			require.Equal(t, "[[1] [1] [1] [10] [10] [10]]", all(t, sp, coordinator.AllShards(ctx), "select n from t order by n"))
			require.Equal(t, "[[6]]", all(t, sp, coordinator.AllShards(ctx), "select count(*) from t"))
			require.NoError(t, sp.Rollback(ctx))
			require.Equal(t, "[[3]]", all(t, tx, coordinator.AllShards(ctx), "select count(*) from t"))
			require.NoError(t, tx.Commit(ctx))
			s.requireIdle(t)
			require.Equal(t, [3]int{1, 1, 1}, s.totals(t))

			// Rows of one are open: the other has no connection of its own.
			tx, err = s.BeginAll(ctx, coordinator.TxOptions{Shards: three})
			require.NoError(t, err)
			insert(tx, 3, 5)
			rows, err := tx.Query(coordinator.OnShard(ctx, "s0"), "select n from t order by k")
			require.NoError(t, err)
			require.True(t, rows.Next())
			_, err = tx.Exec(coordinator.OnShard(ctx, "s1"), "update t set n = n + 1 where k = 1")
			require.NoError(t, err)
			rows.Close()
			_, err = tx.Exec(coordinator.OnShard(ctx, "twin"), "update t set n = n + 1 where k = 1")
			require.NoError(t, err)
			require.NoError(t, tx.Rollback(ctx))
			s.requireIdle(t)
			require.Equal(t, [3]int{1, 1, 1}, s.totals(t))
		})
	}
}

// A shard that joins within a savepoint, on a database that took part before, is rolled back to the savepoint with it.
func TestTwinJoinsWithinASavepoint(t *testing.T) {
	s := openPrefixed(t, "ss")
	ctx := background(t)
	tx, err := s.BeginAll(ctx, coordinator.TxOptions{})
	require.NoError(t, err)
	on := func(tx pgx.Tx, id messages.ShardID, k, n int) {
		_, err := tx.Exec(coordinator.OnShard(ctx, id), "insert into t values ($1, $2)", k, n)
		require.NoError(t, err)
	}
	on(tx, "s0", 1, 1)
	sp, err := tx.Begin(ctx)
	require.NoError(t, err)
	on(sp, "twin", 1, 10)
	on(sp, "s1", 1, 100)
	require.NoError(t, sp.Rollback(ctx))
	on(tx, "twin", 1, 20)
	require.NoError(t, tx.Commit(ctx))
	s.requireIdle(t)
	require.Equal(t, [3]int{1, 20, 0}, s.totals(t))
}

// A CommitError has both shards of a database in the same list.
func TestCommitErrorNamesAllShardsOfADatabase(t *testing.T) {
	for name, c := range map[string]struct {
		database      int
		before, after error
		want          [3]int
	}{
		"the first fails":    {database: 0, before: &messages.Error{Code: messages.ErrBusy, Op: "exec"}},
		"the second fails":   {database: 1, before: &messages.Error{Code: messages.ErrBusy, Op: "exec"}, want: [3]int{1, 1, 0}},
		"the first unknown":  {database: 0, after: &messages.Error{Code: messages.ErrOutcomeUnknown, Op: "exec"}, want: [3]int{1, 1, 0}},
		"the second unknown": {database: 1, after: &messages.Error{Code: messages.ErrOutcomeUnknown, Op: "exec"}, want: [3]int{1, 1, 1}},
	} {
		t.Run(name, func(t *testing.T) {
			s := openPrefixed(t, "ss")
			sn := &snare{verb: "commit", nth: 1}
			if c.before != nil {
				sn.before = func() error { return c.before }
			} else {
				sn.after = func() error { return c.after }
			}
			s.dbs[c.database].trap.arm(sn)
			ctx := background(t)
			tx, err := s.BeginAll(ctx, coordinator.TxOptions{})
			require.NoError(t, err)
			_, err = tx.Exec(coordinator.AllShards(ctx), "insert into t values (1, 1)")
			require.NoError(t, err)
			err = tx.Commit(ctx)
			var ce *coordinator.CommitError
			require.ErrorAs(t, err, &ce)
			require.Equal(t, c.after != nil, errors.Is(err, messages.ErrOutcomeUnknown))
			s.requireIdle(t)
			totals := s.totals(t)
			require.Equal(t, c.want, totals)
			there := map[messages.ShardID]int{"s0": totals[0], "twin": totals[1], "s1": totals[2]}
			named := 0
			for _, list := range []struct {
				outcomes []coordinator.CommitOutcome
				rows     int
			}{{ce.Committed, 1}, {ce.Failed, 0}} {
				for _, o := range list.outcomes {
					require.Equal(t, list.rows, there[o.Shard], "%s: %v", o.Shard, err)
				}
				named += len(list.outcomes)
			}
			require.Equal(t, 3, named+len(ce.Unknown), "%v", err)
		})
	}
}

// Transactions over shards of one database and another, in any order, with fewer connections than transactions.
func TestTwinsDoNotWaitForEachOther(t *testing.T) {
	s := openPrefixed(t, "ps")
	ctx := background(t)
	done := make(chan error, 8)
	orders := [][]messages.ShardID{{"s0", "twin", "s1"}, {"s1", "twin", "s0"}, {"twin", "s1", "s0"}, {"s1", "s0", "twin"}}
	rounds := repeats(5, 100)
	for w := range 8 {
		go func() {
			var err error
			for round := 0; round < rounds && err == nil; round++ {
				err = s.InTx(ctx, coordinator.TxOptions{MaxAttempts: 1000}, func(ctx context.Context, tx *coordinator.Tx) error {
					for _, id := range orders[w%len(orders)] {
						if _, err := tx.Exec(coordinator.OnShard(ctx, id), "insert into t values ($1, 1)", w*1000+round); err != nil {
							return err
						}
					}
					return nil
				})
			}
			done <- err
		}()
	}
	mustReturn(t, func() {
		for range 8 {
			if err := <-done; err != nil {
				t.Error(err)
			}
		}
	})
	s.requireIdle(t)
	require.Equal(t, [3]int{8 * rounds, 8 * rounds, 8 * rounds}, s.totals(t))
}
