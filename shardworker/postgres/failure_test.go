package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/postgres"
)

func sqlState(err error) string {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code
	}
	return ""
}

func TestTheServersErrors(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN() + "&pool_max_conns=1"})
	exec(t, b, `create table t (n int primary key); insert into t values (1)`)
	for sql, state := range map[string]string{
		`selec 1`:                   "42601",
		`select * from no_such`:     "42P01",
		`select 1 / (n - 1) from t`: "22012",
		`select 1 / (100000 - i) from generate_series(1, 200000) i`: "22012",
		`insert into t values (1)`:                                  "23505",
		`set statement_timeout = 1; select pg_sleep(10)`:            "42601",
		`select n from t where n = $1::int + 'x'`:                   "22P02",
	} {
		a := query(background(t), b, sql)
		assert.ErrorIs(t, a.err, messages.ErrStatement, sql)
		assert.Equal(t, state, sqlState(a.err), sql)
	}
	c := acquire(t, b)
	_, err := c.Exec(background(t), `insert into t values ($1)`, []any{1})
	assert.ErrorIs(t, err, messages.ErrStatement)
	assert.Equal(t, "23505", sqlState(err))
	_, err = c.Exec(background(t), `set statement_timeout = 1; select pg_sleep(10)`, nil)
	assert.ErrorIs(t, err, messages.ErrStatement)
	assert.Equal(t, "57014", sqlState(err))
	c.Release()
}

func TestArgumentsThatCantBeSent(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN() + "&pool_max_conns=1"})
	c := acquire(t, b)
	defer c.Release()
	for name, args := range map[string][]any{
		"none":         nil,
		"too many":     {1, 2},
		"wrong type":   {[]string{"a-secret"}},
		"no such type": {struct{ Secret string }{"a-secret"}},
		"out of range": {int64(1) << 40},
	} {
		_, err := c.Query(background(t), `select $1::int`, args)
		assert.ErrorIs(t, err, messages.ErrInvalidRequest, name)
		assert.NotContains(t, err.Error(), "secret", name)
		if args != nil {
			_, err = c.Exec(background(t), `select $1::int`, args)
			assert.ErrorIs(t, err, messages.ErrInvalidRequest, name)
		}
	}
	_, err := c.Query(background(t), `select $1::int`, []any{[]string{"a-secret"}})
	assert.Contains(t, err.Error(), "argument $1 can't be encoded as int4")
	require.NoError(t, queryOn(background(t), c, `select $1::int`, 1).err)
}

func TestSecondStatementUnderAnOpenCursor(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN()})
	c := acquire(t, b)
	defer c.Release()
	cur, err := c.Query(background(t), `select generate_series(1, 3)`, nil)
	require.NoError(t, err)
	_, err = c.Query(background(t), `select 1`, nil)
	assert.ErrorIs(t, err, messages.ErrInvalidRequest)
	_, err = cur.Close()
	require.NoError(t, err)
	require.NoError(t, queryOn(background(t), c, `select 1`).err)
}

func TestEndedContextSendsNothing(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN()})
	c := acquire(t, b)
	defer c.Release()
	why := errors.New("somebody left")
	ctx, cancel := context.WithCancelCause(context.Background())
	cancel(why)
	_, err := c.Query(ctx, `select 1`, nil)
	assert.ErrorIs(t, err, messages.ErrCanceled)
	assert.ErrorIs(t, err, context.Canceled)
	assert.ErrorIs(t, err, why)
	_, err = c.Exec(ctx, `create table t ()`, nil)
	assert.ErrorIs(t, err, messages.ErrCanceled)
	assert.NotErrorIs(t, err, messages.ErrOutcomeUnknown)
	_, err = b.Acquire(ctx, 0)
	assert.ErrorIs(t, err, messages.ErrCanceled)
	require.NoError(t, queryOn(background(t), c, `select 1`).err)
}

func TestNoServer(t *testing.T) {
	b := open(t, postgres.Config{DSN: "host=/nowhere user=x dbname=x"})
	_, err := b.Acquire(background(t), 0)
	assert.ErrorIs(t, err, messages.ErrUnavailable)
	var connect *pgconn.ConnectError
	assert.ErrorAs(t, err, &connect)
}

func TestTooManyClients(t *testing.T) {
	c := pgtest.Start(t, pgtest.MaxConnections(5), pgtest.Setting("superuser_reserved_connections", "0"))
	b := open(t, postgres.Config{DSN: c.DSN() + "&pool_max_conns=10"})
	for range 5 {
		conn := acquire(t, b)
		defer conn.Release()
	}
	_, err := b.Acquire(background(t), 0)
	assert.ErrorIs(t, err, messages.ErrUnavailable)
	assert.Equal(t, "53300", sqlState(err))
}

func TestFullPoolWaitsForTheContext(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN() + "&pool_max_conns=1"})
	c := acquire(t, b)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	_, err := b.Acquire(ctx, 0)
	assert.ErrorIs(t, err, messages.ErrCanceled)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	c.Release()
	acquire(t, b).Release()
}
