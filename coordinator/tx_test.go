package coordinator_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// accounts is a troupe of two shards on which each engine keeps a table of accounts, the even ids on the first.
func accounts(t *testing.T, dsns ...string) *coordinator.Troupe {
	t.Helper()
	cfg := coordinator.Config{Tables: coordinator.Tables{"account": {
		Key: "id", Type: coordinator.Integer, Route: coordinator.RouteFunc(func(_ context.Context, key []any) (messages.ShardID, error) {
			return [...]messages.ShardID{"even", "odd"}[key[0].(int64)&1], nil
		}),
	}}}
	for i, dsn := range dsns {
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: [...]messages.ShardID{"even", "odd"}[i], DSN: shardworker.DSN(dsn)})
	}
	troupe, err := coordinator.Spawn(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, troupe.Close(context.Background())) })
	_, err = troupe.Exec(coordinator.AllShards(t.Context()), "create table account (id bigint primary key, balance bigint not null check (balance >= 0))")
	require.NoError(t, err)
	for id := range 4 {
		_, err = troupe.Exec(t.Context(), "insert into account (id, balance) values ($1, 100)", id)
		require.NoError(t, err)
	}
	return troupe
}

// onEngines runs f on two SQLite files, two PostgreSQL databases, and one of each.
func onEngines(t *testing.T, f func(t *testing.T, troupe *coordinator.Troupe)) {
	files := func(t *testing.T) string { return "sqlite:" + t.TempDir() + "/a.db" }
	database := func(t *testing.T) string {
		return pgtest.Shared(t).DSN()
	}
	t.Run("SQLite", func(t *testing.T) { f(t, accounts(t, files(t), files(t))) })
	t.Run("PostgreSQL", func(t *testing.T) { f(t, accounts(t, database(t), database(t))) })
	t.Run("mixed", func(t *testing.T) { f(t, accounts(t, database(t), files(t))) })
}

func balances(t *testing.T, troupe *coordinator.Troupe) []int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	rows, err := troupe.Query(ctx, "select balance from account order by id")
	require.NoError(t, err)
	all, err := pgx.CollectRows(rows, pgx.RowTo[int])
	require.NoError(t, err)
	return all
}

func TestTransferBetweenShards(t *testing.T) {
	onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
		tx, err := troupe.BeginAll(t.Context(), coordinator.TxOptions{})
		require.NoError(t, err)
		for id, sum := range []int{-30, 30} {
			tag, err := tx.Exec(t.Context(), "update account set balance = balance + $1 where id = $2", sum, id)
			require.NoError(t, err)
			require.EqualValues(t, 1, tag.RowsAffected())
		}
		require.Equal(t, []messages.ShardID{"even", "odd"}, tx.Shards())
		var most, first int
		require.NoError(t, tx.QueryRow(t.Context(), "select max(balance), min(balance) from account").Scan(&most, &first))
		require.Equal(t, []int{130, 70}, []int{most, first})
		require.Equal(t, []int{100, 100, 100, 100}, balances(t, troupe))
		require.NoError(t, tx.Commit(t.Context()))
		require.Equal(t, []int{70, 130, 100, 100}, balances(t, troupe))
		require.ErrorIs(t, tx.Commit(t.Context()), pgx.ErrTxClosed)
		require.ErrorIs(t, tx.Rollback(t.Context()), pgx.ErrTxClosed)
		_, err = tx.Exec(t.Context(), "select 1")
		require.ErrorIs(t, err, pgx.ErrTxClosed)
	})
}

func TestFailedStatementAborts(t *testing.T) {
	onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
		tx, err := troupe.BeginAll(t.Context(), coordinator.TxOptions{})
		require.NoError(t, err)
		_, err = tx.Exec(t.Context(), "update account set balance = 1 where id = 0")
		require.NoError(t, err)
		_, err = tx.Exec(t.Context(), "update account set balance = -1 where id = 1")
		require.ErrorIs(t, err, messages.ErrStatement)
		_, err = tx.Exec(t.Context(), "update account set balance = 1 where id = 2")
		require.ErrorIs(t, err, messages.ErrTxAborted)
		err = tx.Commit(t.Context())
		require.ErrorIs(t, err, pgx.ErrTxCommitRollback)
		require.ErrorIs(t, err, messages.ErrTxAborted)
		require.Equal(t, []int{100, 100, 100, 100}, balances(t, troupe))
	})
}

func TestSavepointOverShards(t *testing.T) {
	onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
		tx, err := troupe.BeginAll(t.Context(), coordinator.TxOptions{})
		require.NoError(t, err)
		set := func(tx pgx.Tx, id, balance int) error {
			_, err := tx.Exec(t.Context(), "update account set balance = $1 where id = $2", balance, id)
			return err
		}
		require.NoError(t, set(tx, 0, 1))
		inner, err := tx.Begin(t.Context())
		require.NoError(t, err)
		require.NoError(t, set(inner, 0, 2))
		require.NoError(t, set(inner, 1, 2)) // joins inside of the savepoint
		require.Error(t, set(inner, 1, -2))
		require.NoError(t, inner.Rollback(t.Context()))
		require.Equal(t, []messages.ShardID{"even"}, tx.Shards())
		require.NoError(t, set(tx, 2, 3))
		inner, err = tx.Begin(t.Context())
		require.NoError(t, err)
		require.NoError(t, set(inner, 3, 4))
		require.NoError(t, inner.Commit(t.Context()))
		require.ErrorIs(t, inner.Commit(t.Context()), pgx.ErrTxClosed)
		require.NoError(t, tx.Commit(t.Context()))
		require.Equal(t, []int{1, 100, 3, 4}, balances(t, troupe))
	})
}

func TestBeginOnOneShard(t *testing.T) {
	onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
		_, err := troupe.Begin(t.Context())
		require.ErrorIs(t, err, messages.ErrNoRoute)
		boom := errors.New("boom")
		ctx := coordinator.OnShard(t.Context(), "odd")
		require.ErrorIs(t, pgx.BeginFunc(ctx, troupe, func(tx pgx.Tx) error {
			_, err := tx.Exec(ctx, "delete from account")
			require.NoError(t, err)
			return boom
		}), boom)
		require.NoError(t, pgx.BeginTxFunc(ctx, troupe, pgx.TxOptions{IsoLevel: pgx.Serializable}, func(tx pgx.Tx) error {
			tag, err := tx.Exec(t.Context(), "update account set balance = 7")
			require.NoError(t, err)
			require.EqualValues(t, 2, tag.RowsAffected())
			return nil
		}))
		require.Equal(t, []int{100, 7, 100, 7}, balances(t, troupe))
		require.Error(t, pgx.BeginTxFunc(ctx, troupe, pgx.TxOptions{AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
			_, err := tx.Exec(t.Context(), "update account set balance = 8")
			return err
		}))
		require.Equal(t, []int{100, 7, 100, 7}, balances(t, troupe))
	})
}

func TestContextEndRollsBack(t *testing.T) {
	onEngines(t, func(t *testing.T, troupe *coordinator.Troupe) {
		ctx, cancel := context.WithCancel(t.Context())
		tx, err := troupe.BeginAll(ctx, coordinator.TxOptions{Shards: []messages.ShardID{"odd", "even"}})
		require.NoError(t, err)
		_, err = tx.Exec(t.Context(), "update account set balance = 1 where id = 0")
		require.NoError(t, err)
		cancel()
		err = tx.Commit(t.Context())
		require.ErrorIs(t, err, pgx.ErrTxClosed)
		require.ErrorIs(t, err, context.Canceled)
		_, err = troupe.Exec(t.Context(), "update account set balance = balance + 1")
		require.NoError(t, err)
		require.Equal(t, []int{101, 101, 101, 101}, balances(t, troupe))
	})
}

// A merge that reads in order holds the connection of one shard and waits for that of the other, which a transaction holds that waits
// for the first.
func TestTransactionAndMergeDoNotWedge(t *testing.T) {
	db := func() string { return pgtest.Shared(t).DSN() + "&pool_max_conns=1" }
	troupe := accounts(t, db(), db())
	for id := 10; id < 20_000; id += 1000 { // more than a shard may be ahead
		_, err := troupe.Exec(coordinator.AllShards(t.Context()),
			"insert into account select g, 1 from generate_series($1::bigint * 10, $1 * 10 + 9999) g", id)
		require.NoError(t, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_ = balances(t, troupe) // so that nothing about the shards has to be asked any more
	tx, err := troupe.BeginAll(ctx, coordinator.TxOptions{Shards: []messages.ShardID{"odd"}})
	require.NoError(t, err)
	merged := troupe.Send(ctx, &messages.Query{SQL: "select id from account order by id"})
	require.Eventually(t, func() bool { // it has the other shard's only connection, and waits for this one's
		probe, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
		_, err := troupe.Exec(coordinator.OnShard(probe, "even"), "select 1")
		return errors.Is(err, messages.ErrPoolExhausted)
	}, 10*time.Second, time.Millisecond)
	_, err = tx.Exec(ctx, "update account set balance = 7 where id = 0")
	require.ErrorIs(t, err, messages.ErrTxConflict)
	require.True(t, messages.Conflict(err))
	require.NoError(t, tx.Rollback(ctx))
	rows, err := merged.Await(ctx)
	require.NoError(t, err)
	n := 0
	for rows.Next() {
		n++
	}
	require.NoError(t, rows.Err())
	require.Greater(t, n, 200_000)
}

// A connection that was lost before the commit is noticed before another shard is committed.
func TestLostConnectionIsNoticedBeforeTheCommit(t *testing.T) {
	even, odd := pgtest.Shared(t).DSN(), pgtest.Shared(t).DSN()
	troupe := accounts(t, even, odd)
	tx, err := troupe.BeginAll(t.Context(), coordinator.TxOptions{})
	require.NoError(t, err)
	_, err = tx.Exec(coordinator.AllShards(t.Context()), "update account set balance = 1")
	require.NoError(t, err)
	var pid int
	require.NoError(t, tx.QueryRow(coordinator.OnShard(t.Context(), "odd"), "select pg_backend_pid()").Scan(&pid))
	_, err = troupe.Exec(coordinator.OnShard(t.Context(), "odd"), "select pg_terminate_backend($1, 5000)", pid)
	require.NoError(t, err)
	err = tx.Commit(t.Context())
	require.ErrorIs(t, err, pgx.ErrTxCommitRollback)
	require.NotErrorIs(t, err, messages.ErrPartialCommit)
	require.NotErrorIs(t, err, messages.ErrOutcomeUnknown)
	require.Equal(t, []int{100, 100, 100, 100}, balances(t, troupe))
}
