package faulttest_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
)

func requireSQLState(t testing.TB, err error, code string) {
	t.Helper()
	var pg *pgconn.PgError
	require.ErrorAs(t, err, &pg)
	require.Equal(t, code, pg.Code, "%v", err)
}

func TestServerErrorsAreTyped(t *testing.T) {
	db := pgtest.Shared(t)
	require.NoError(t, db.Exec("create table t (n bigint primary key); insert into t values (1)"))
	troupe := over(t, postgresShard("s0", db, "statement_timeout=100", "lock_timeout=50", "pool_max_conns=1"), sqliteFile(t, "s1"))
	on(t, troupe, "s1", "create table t (n integer primary key)")
	on(t, troupe, "s1", "insert into t values (1)")
	ctx := coordinator.OnShard(background(t), "s0")
	for _, c := range []struct{ sql, state string }{
		{"select pg_sleep(10)", "57014"},
		{"insert into t values ($1)", "23505"},
		{"insert into t select $1 / 0", "22012"},
		{"select * from missing where n = $1", "42P01"},
		{"selec $1", "42601"},
	} {
		var args []any
		if c.state != "57014" {
			args = []any{1}
		}
		_, err := troupe.Exec(ctx, c.sql, args...)
		require.ErrorIs(t, err, messages.ErrStatement, c.sql)
		requireSQLState(t, err, c.state)
		requireNames(t, err, "s0")
		_, err = readRows(ctx, troupe, c.sql, args...)
		require.ErrorIs(t, err, messages.ErrStatement, c.sql)
		requireSQLState(t, err, c.state)
		requireNames(t, err, "s0")
		assert.NotErrorIs(t, err, context.DeadlineExceeded)
		assert.EqualValues(t, 1, number(t, troupe, "s0", "select count(*) from t"))
	}
	n, err := db.Backends()
	require.NoError(t, err)
	assert.LessOrEqual(t, n, 1)

	// lock_timeout
	other := over(t, postgresShard("s0", db, "pool_max_conns=1"))
	locked := make(chan error, 1)
	const lock = "begin; lock table t; select pg_sleep(1000)"
	go func() {
		_, err := other.Exec(background(t), lock)
		locked <- err
	}()
	eventually(t, func() bool { return active(db, lock) == 1 }, "the table isn't locked")
	took := elapsed(func() { _, err = troupe.Exec(ctx, "update t set n = n") })
	require.ErrorIs(t, err, messages.ErrStatement)
	requireSQLState(t, err, "55P03")
	requireNames(t, err, "s0")
	assert.Less(t, took, time.Second)
	_, err = db.TerminateBackends()
	require.NoError(t, err)
	require.ErrorIs(t, <-locked, messages.ErrOutcomeUnknown)

	// The same on both engines: one of two shards refuses, and the other has done it.
	_, err = troupe.Exec(coordinator.OnShard(background(t), "s1"), "insert into t values ($1)", 1)
	require.ErrorIs(t, err, messages.ErrStatement)
	requireNames(t, err, "s1")
	_, err = troupe.Exec(coordinator.AllShards(background(t)), "insert into t values ($1)", 2)
	require.NoError(t, err)
}

func TestServerThatIsReadOnly(t *testing.T) {
	db := pgtest.Shared(t)
	require.NoError(t, db.Exec("create table t (n bigint)"))
	troupe := over(t, postgresShard("s0", db, "default_transaction_read_only=on"), sqliteMemory(t, "s1"))
	_, err := troupe.Exec(coordinator.OnShard(background(t), "s0"), "insert into t values ($1)", 1)
	requireTyped(t, err)
	requireSQLState(t, err, "25006")
	requireNames(t, err, "s0")
	assert.NotErrorIs(t, err, messages.ErrOutcomeUnknown, "the server says that it did nothing")
	assert.Zero(t, number(t, troupe, "s0", "select count(*) from t"))
}

func TestServerWithTooManyConnections(t *testing.T) {
	t.Parallel()
	c := pgtest.Start(t, pgtest.MaxConnections(4), pgtest.Setting("superuser_reserved_connections", "1"))
	require.NoError(t, c.Exec("create role guest login; create view endless as select generate_series(1, 10000000) as n; grant select on endless to guest"))
	troupe := over(t, postgresShard("s0", c, "pool_max_conns=10", "user=guest"), sqliteMemory(t, "s1"))
	var open []interface{ Close() }
	var refused error
	for range 10 {
		rows, err := troupe.Query(coordinator.OnShard(background(t), "s0"), "select n from endless")
		if err != nil {
			refused = err
			break
		}
		require.True(t, rows.Next())
		open = append(open, rows)
	}
	require.Len(t, open, 3)
	require.ErrorIs(t, refused, messages.ErrUnavailable)
	requireSQLState(t, refused, "53300")
	requireNames(t, refused, "s0")
	open[0].Close()
	assert.Less(t, recovered(t, troupe, "s0"), time.Second)
	for _, rows := range open {
		rows.Close()
	}
}

func readRows(ctx context.Context, troupe *coordinator.Troupe, sql string, args ...any) (n int, err error) {
	rows, err := troupe.Query(ctx, sql, args...)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}
