package postgres

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
)

func TestTheFirstLookAtAWaitIsFree(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	w := &waiting{Context: ctx}
	assert.Nil(t, w.Done())
	assert.Equal(t, ctx.Done(), w.Done())
	cancel()
	assert.Equal(t, ctx.Done(), w.Done())
	assert.ErrorIs(t, w.Err(), context.Canceled)
	assert.Equal(t, ctx.Done(), (&waiting{Context: ctx}).Done(), "it has ended already")
}

// TestAFreshConnectionIsNotLookedAt tells the pool how long a connection was idle, and sees what is made of it.
func TestAFreshConnectionIsNotLookedAt(t *testing.T) {
	cfg, err := pgxpool.ParseConfig(pgtest.Shared(t).DSN())
	require.NoError(t, err)
	pings := false
	cfg.ShouldPing = func(context.Context, pgxpool.ShouldPingParams) bool { return pings }
	b, err := New(Config{Pool: cfg})
	require.NoError(t, err)
	defer func() { require.NoError(t, b.Close(context.Background())) }()
	acquired, err := b.Acquire(context.Background(), 0)
	require.NoError(t, err)
	defer acquired.Release()
	c := acquired.(*conn)
	assert.False(t, c.session.fresh, "it is so once")
	should := b.pool.Config().ShouldPing
	for _, test := range []struct {
		idle         time.Duration
		pings, fresh bool
	}{{0, false, true}, {freshFor - 1, true, true}, {freshFor, false, false}, {time.Hour, true, false}} {
		pings = test.pings
		assert.Equal(t, test.pings, should(context.Background(), pgxpool.ShouldPingParams{Conn: c.pgx, IdleDuration: test.idle}))
		assert.Equal(t, test.fresh, c.session.takeFresh(), "%v", test.idle)
		assert.False(t, c.session.takeFresh(), "%v", test.idle)
	}
}
