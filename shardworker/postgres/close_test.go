package postgres_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/postgres"
)

func TestCloseUnderLoadLeavesNothing(t *testing.T) {
	db := pgtest.Shared(t)
	before := goleak.IgnoreCurrent()
	b, err := postgres.New(postgres.Config{DSN: db.DSN() + "&pool_max_conns=4&pool_min_conns=2"})
	require.NoError(t, err)
	var users sync.WaitGroup
	var waiting sync.WaitGroup
	waiting.Add(8)
	for range 8 {
		users.Go(func() {
			for first := true; ; first = false {
				err := query(context.Background(), b, `select pg_sleep(0.001)`).err
				if first {
					waiting.Done()
				}
				if err == nil {
					continue
				}
				assert.ErrorIs(t, err, messages.ErrClosed)
				return
			}
		})
	}
	waiting.Wait()
	assert.Less(t, elapsed(func() { require.NoError(t, b.Close(background(t))) }), time.Second)
	require.NoError(t, b.Close(background(t)))
	users.Wait()
	_, err = b.Acquire(background(t), 0)
	assert.ErrorIs(t, err, messages.ErrClosed)
	noBackends(t, db)
	require.NoError(t, goleak.Find(before))
}

func TestCloseInterruptsAndWaitsForUsers(t *testing.T) {
	db := pgtest.Shared(t)
	b, err := postgres.New(postgres.Config{DSN: db.DSN()})
	require.NoError(t, err)
	c := acquire(t, b)
	const sleep = `select pg_sleep(1000)`
	done := make(chan error, 1)
	go func() { done <- queryOn(context.Background(), c, sleep).err }()
	running(t, db, sleep)

	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	err = b.Close(ctx)
	assert.ErrorIs(t, err, messages.ErrCanceled)
	assert.ErrorIs(t, err, context.DeadlineExceeded)
	assert.ErrorIs(t, <-done, messages.ErrClosed)
	_, err = c.Query(background(t), `select 1`, nil)
	assert.ErrorIs(t, err, messages.ErrClosed)
	c.Release()
	noBackends(t, db)
}

func TestCloseOfAFrozenServer(t *testing.T) {
	cluster := pgtest.Start(t)
	before := goleak.IgnoreCurrent()
	b, err := postgres.New(postgres.Config{DSN: cluster.TCPDSN() + "&pool_max_conns=4"})
	require.NoError(t, err)
	busy, idle, canceled := acquire(t, b), acquire(t, b), acquire(t, b)
	idle.Release()
	require.NoError(t, cluster.Freeze())

	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	assert.Error(t, queryOn(ctx, canceled, `select pg_sleep(1000)`).err)
	canceled.Release()
	done := make(chan error, 1)
	go func() {
		defer busy.Release()
		done <- queryOn(context.Background(), busy, `select pg_sleep(1000)`).err
	}()
	connecting := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		for { // one is idle, the next has to connect
			if _, err := b.Acquire(ctx, 0); err != nil {
				connecting <- err
				return
			}
		}
	}()
	ctx, cancel = context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	took := elapsed(func() { err = b.Close(ctx) })
	assert.Less(t, took, 50*time.Millisecond+soon)
	assert.Error(t, <-done)
	assert.ErrorIs(t, <-connecting, messages.ErrClosed)
	require.NoError(t, cluster.Thaw())
	noBackends(t, &cluster.Database)
	require.NoError(t, goleak.Find(before))
}

func TestExistingPoolStaysOpen(t *testing.T) {
	db := pgtest.Shared(t)
	pool, err := pgxpool.New(background(t), db.DSN()+"&pool_max_conns=2")
	require.NoError(t, err)
	defer pool.Close()
	b := open(t, postgres.Config{Existing: pool, MaxRowBytes: 1000})
	assert.Equal(t, []int{2}, b.Lanes())
	exec(t, b, `create table t (n int)`)
	assert.ErrorIs(t, query(background(t), b, `select repeat('x', 2000)`).err, messages.ErrRowTooLarge)
	assert.Equal(t, "x", text(t, b, `select 'x'`))

	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	assert.ErrorIs(t, query(ctx, b, `select pg_sleep(1000)`).err, context.DeadlineExceeded)
	exec(t, b, `select 1`)

	one, err := pool.Acquire(background(t))
	require.NoError(t, err)
	two, err := pool.Acquire(background(t))
	require.NoError(t, err)
	waiting := make(chan error, 1)
	go func() {
		_, err := b.Acquire(context.Background(), 0)
		waiting <- err
	}()
	require.NoError(t, b.Close(background(t)))
	assert.ErrorIs(t, <-waiting, messages.ErrClosed)
	one.Release()
	two.Release()

	var big string
	require.NoError(t, pool.QueryRow(background(t), `select repeat('x', 2000)`).Scan(&big))
	assert.Len(t, big, 2000)
}

func TestExistingPoolIsClosedIfAsked(t *testing.T) {
	db := pgtest.Shared(t)
	pool, err := pgxpool.New(background(t), db.DSN())
	require.NoError(t, err)
	b := open(t, postgres.Config{Existing: pool, CloseExisting: true})
	exec(t, b, `select 1`)
	require.NoError(t, b.Close(background(t)))
	assert.Error(t, pool.Ping(background(t)))
	noBackends(t, db)
}
