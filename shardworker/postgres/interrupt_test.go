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

// soon is how long a test grants what is promised within 50 ms: machines that run tests are slow and shared, and what it
// has to be told from takes seconds.
const soon = 500 * time.Millisecond

func elapsed(f func()) time.Duration {
	start := time.Now()
	f()
	return time.Since(start)
}

func TestCanceledInFlight(t *testing.T) {
	for name, dsn := range map[string]func(*pgtest.Database) string{
		"unix": (*pgtest.Database).DSN, "tcp": (*pgtest.Database).TCPDSN,
	} {
		t.Run(name, func(t *testing.T) {
			db := pgtest.Shared(t)
			b := open(t, postgres.Config{DSN: dsn(db) + "&pool_max_conns=1"})
			const sleep = `select pg_sleep(1000)`
			for _, mode := range []string{"query", "exec", "write"} {
				sql := sleep
				if mode == "write" {
					sql = `with w as (select pg_sleep(1000)) insert into t select 1 from w`
					exec(t, b, `create table t (n int)`)
				}
				c := acquire(t, b)
				ctx, cancel := context.WithCancel(context.Background())
				ended := make(chan time.Time, 1)
				go func() {
					running(t, db, sql)
					ended <- time.Now()
					cancel()
				}()
				var err error
				if mode == "exec" {
					_, err = c.Exec(ctx, sql, nil)
				} else {
					err = queryOn(ctx, c, sql).err
				}
				assert.Less(t, time.Since(<-ended), soon, mode)
				assert.ErrorIs(t, err, messages.ErrCanceled, mode)
				assert.ErrorIs(t, err, context.Canceled, mode)
				if mode == "query" {
					assert.NotErrorIs(t, err, messages.ErrOutcomeUnknown, mode)
				} else {
					assert.ErrorIs(t, err, messages.ErrOutcomeUnknown, mode)
				}
				assert.Less(t, elapsed(c.Release), soon, mode)
				assert.Less(t, elapsed(func() { exec(t, b, `select 1`) }), 4*soon, mode)

				eventually(t, func() bool {
					n, err := db.QueryInt(`select count(*) from pg_stat_activity where state = 'active' and query = $1`, sql)
					return err == nil && n == 0
				}, "the server goes on with what was canceled")
			}
		})
	}
}

func TestInterruptEndsWhatRunsAndWhatComes(t *testing.T) {
	db := pgtest.Shared(t)
	b := open(t, postgres.Config{DSN: db.DSN() + "&pool_max_conns=1"})
	const sleep = `select pg_sleep(1000)`
	c := acquire(t, b)
	go func() {
		running(t, db, sleep)
		c.Interrupt()
		c.Interrupt()
	}()
	a := queryOn(background(t), c, sleep)
	assert.ErrorIs(t, a.err, messages.ErrCanceled)
	assert.NotErrorIs(t, a.err, context.Canceled)
	a = queryOn(background(t), c, `select 1`)
	assert.ErrorIs(t, a.err, messages.ErrCanceled)
	c.Release()
	exec(t, b, `select 1`)
}

func TestInterruptNeverHitsTheNextUser(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN() + "&pool_max_conns=1"})
	for range 200 {
		c := acquire(t, b)
		done := make(chan struct{})
		go func() {
			defer close(done)
			c.Interrupt()
		}()
		c.Release()
		next := acquire(t, b)
		require.NoError(t, queryOn(background(t), next, `select 1`).err)
		<-done
		require.NoError(t, queryOn(background(t), next, `select 1`).err)
		next.Release()
		next.Release()
	}
}

func TestAbandonedCursorClosesFast(t *testing.T) {
	db := pgtest.Shared(t)
	b := open(t, postgres.Config{DSN: db.DSN() + "&pool_max_conns=1"})
	for _, release := range []bool{false, true} {
		c := acquire(t, b)
		cur, err := c.Query(background(t), `select repeat('x', 100), generate_series(1, 10000000)`, nil)
		require.NoError(t, err)
		for range 10 {
			require.True(t, cur.Next())
		}
		if release {
			assert.Less(t, elapsed(c.Release), soon)
		}
		assert.Less(t, elapsed(func() { _, err = cur.Close() }), soon)
		assert.ErrorIs(t, err, messages.ErrCanceled)
		_, again := cur.Close()
		assert.Equal(t, err, again)
		assert.False(t, cur.Next())
		c.Release()
		exec(t, b, `select 1`)
	}
}

func TestAbandonedCursorWhoseEndIsHereCostsNothing(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN() + "&pool_max_conns=1"})
	pid := text(t, b, `select pg_backend_pid()::text`)
	c := acquire(t, b)
	cur, err := c.Query(background(t), `select generate_series(1, 20)`, nil)
	require.NoError(t, err)
	require.True(t, cur.Next())
	tag, err := cur.Close()
	require.NoError(t, err)
	assert.Equal(t, "SELECT 20", tag.String())
	require.NoError(t, queryOn(background(t), c, `select 1`).err)
	c.Release()
	assert.Equal(t, pid, text(t, b, `select pg_backend_pid()::text`))
}

func TestDirtyConnectionsAreNotHandedOn(t *testing.T) {
	db := pgtest.Shared(t)
	b := open(t, postgres.Config{DSN: db.DSN() + "&pool_max_conns=1"})
	exec(t, b, `create table t (n int)`)
	for name, soil := range map[string]func(shardworker.Conn){
		"begin": func(c shardworker.Conn) {
			_, _ = c.Exec(background(t), `begin`, nil)
			_, _ = c.Exec(background(t), `insert into t values (1)`, nil)
		},
		"failed": func(c shardworker.Conn) {
			_, _ = c.Exec(background(t), `begin`, nil)
			_, _ = c.Exec(background(t), `x`, nil)
		},
		"interrupt":  func(c shardworker.Conn) { c.Interrupt() },
		"terminated": func(shardworker.Conn) { _, err := db.TerminateBackends(); require.NoError(t, err) },
	} {
		c := acquire(t, b)
		before := queryOn(background(t), c, `select pg_backend_pid()`)
		require.NoError(t, before.err)
		soil(c)
		c.Release()
		after := query(background(t), b, `select pg_backend_pid()`)
		require.NoError(t, after.err, name)
		assert.NotEqual(t, before.rows, after.rows, name)
		assert.Equal(t, "0", text(t, b, `select count(*)::text from t`), name)
	}
}
