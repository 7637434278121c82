package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/postgres"
)

const endless = `select repeat('x', 100), generate_series(1, 1000000000)`

// readToTheEnd reads a cursor, and calls fault after some rows.
func readToTheEnd(t *testing.T, c shardworker.Conn, fault func()) error {
	t.Helper()
	cur, err := c.Query(background(t), endless, nil)
	require.NoError(t, err)
	for n := 0; cur.Next(); n++ {
		if n == 100 {
			fault()
		}
	}
	_, err = cur.Close()
	return err
}

func TestServerDiesMidStream(t *testing.T) {
	cluster := pgtest.Start(t)
	b := open(t, postgres.Config{DSN: cluster.DSN() + "&pool_max_conns=3"})
	for name, fault := range map[string]func() error{
		"killed":     cluster.Kill9,
		"crashed":    func() error { return cluster.Stop(true) },
		"terminated": func() error { _, err := cluster.TerminateBackends(); return err },
	} {
		idle, c := acquire(t, b), acquire(t, b)
		idle.Release()
		err := readToTheEnd(t, c, func() { require.NoError(t, fault()) })
		assert.ErrorIs(t, err, messages.ErrShardLost, name)
		assert.NotErrorIs(t, err, messages.ErrOutcomeUnknown, name)
		c.Release()

		if name != "terminated" {
			_, err = b.Acquire(background(t), 0)
			assert.ErrorIs(t, err, messages.ErrUnavailable, name)
		}
		require.NoError(t, cluster.StartAgain())
		assert.Less(t, elapsed(func() { exec(t, b, `select 1`) }), time.Second, name)
	}
}

func TestWriteLostInFlightIsUnknown(t *testing.T) {
	db := pgtest.Shared(t)
	b := open(t, postgres.Config{DSN: db.DSN()})
	exec(t, b, `create table t (n int)`)
	const write = `insert into t select 1 from (select pg_sleep(1000)) s`
	c := acquire(t, b)
	defer c.Release()
	go func() {
		running(t, db, write)
		_, _ = db.TerminateBackends()
	}()
	_, err := c.Exec(background(t), write, nil)
	assert.ErrorIs(t, err, messages.ErrOutcomeUnknown)
	assert.ErrorIs(t, err, messages.ErrShardLost)
}

func TestStaleConnectionsAreNoticedBeforeAWriteIsSent(t *testing.T) {
	cluster := pgtest.Start(t)
	for name, dsn := range map[string]string{"unix": cluster.DSN(), "tcp": cluster.TCPDSN()} {
		b := open(t, postgres.Config{DSN: dsn + "&pool_max_conns=4"})
		exec(t, b, `create table if not exists t (n int)`)
		for _, end := range []func() error{
			cluster.Restart,
			func() error { return cluster.Stop(false) },
			func() error { _, err := cluster.TerminateBackends(); return err },
			cluster.Kill9,
		} {
			var conns []shardworker.Conn
			for range 4 {
				conns = append(conns, acquire(t, b))
			}
			held := conns[0] // stale when it is used, not when it is acquired
			for _, c := range conns[1:] {
				c.Release()
			}
			require.NoError(t, end())
			require.NoError(t, cluster.StartAgain())
			for range 3 {
				exec(t, b, `insert into t values ($1)`, 1)
			}
			err := queryOn(background(t), held, `select 1`).err
			if err != nil { // a write to a TCP connection that was reset may still succeed
				assert.ErrorIs(t, err, messages.ErrShardLost, name)
			}
			held.Release()
		}
	}
}

func TestReplacementOnlyBeforeTheFirstStatement(t *testing.T) {
	db := pgtest.Shared(t)
	b := open(t, postgres.Config{DSN: db.DSN() + "&pool_max_conns=1"})
	exec(t, b, `create table t (n int)`)

	fresh := acquire(t, b)
	_, err := db.TerminateBackends()
	require.NoError(t, err)
	_, err = fresh.Exec(background(t), `insert into t values ($1)`, []any{1})
	require.NoError(t, err, "nothing was sent on the dead connection but what prepares the statement")
	_, err = fresh.Exec(background(t), `begin`, nil)
	require.NoError(t, err)

	_, err = db.TerminateBackends()
	require.NoError(t, err)
	_, err = fresh.Exec(background(t), `insert into t values ($1)`, []any{2})
	require.Error(t, err, "the transaction is gone")
	fresh.Release()
	assert.Equal(t, "1", text(t, b, `select string_agg(n::text, ',') from t`))
}

func TestFrozenServer(t *testing.T) {
	cluster := pgtest.Start(t)
	for name, dsn := range map[string]string{"unix": cluster.DSN(), "tcp": cluster.TCPDSN()} {
		b := open(t, postgres.Config{DSN: dsn + "&pool_max_conns=1"})
		exec(t, b, `select 1`)
		c := acquire(t, b)
		require.NoError(t, cluster.Freeze())

		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		var err error
		took := elapsed(func() { err = queryOn(ctx, c, `select 1`).err })
		cancel()
		assert.ErrorIs(t, err, context.DeadlineExceeded, name)
		assert.Less(t, took, 100*time.Millisecond+soon, name)
		assert.Less(t, elapsed(c.Release), soon, name)

		// The place in the pool is free: the next one gets as far as connecting, and not beyond its deadline.
		ctx, cancel = context.WithTimeout(context.Background(), 50*time.Millisecond)
		took = elapsed(func() { _, err = b.Acquire(ctx, 0) })
		cancel()
		assert.ErrorIs(t, err, messages.ErrCanceled, name)
		assert.Less(t, took, 50*time.Millisecond+soon, name)

		require.NoError(t, cluster.Thaw())
		assert.Less(t, elapsed(func() { exec(t, b, `select 1`) }), time.Second, name)
	}
}

func TestManyConnectionsToAFrozenServer(t *testing.T) {
	cluster := pgtest.Start(t)
	b := open(t, postgres.Config{DSN: cluster.DSN() + "&pool_max_conns=20"})
	var conns []shardworker.Conn
	for range 20 {
		conns = append(conns, acquire(t, b))
	}
	require.NoError(t, cluster.Freeze())
	for _, c := range conns {
		ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
		assert.ErrorIs(t, queryOn(ctx, c, `select 1`).err, messages.ErrCanceled)
		cancel()
		assert.Less(t, elapsed(c.Release), soon)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	assert.Less(t, elapsed(func() { require.NoError(t, b.Close(ctx)) }), 2*time.Second)
	require.NoError(t, cluster.Thaw())
	noBackends(t, &cluster.Database)
}
