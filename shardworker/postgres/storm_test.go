package postgres_test

import (
	"context"
	"math/rand/v2"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/postgres"
)

// TestStormOfCancellations ends calls at any moment, by their contexts and by interrupts, and checks that no answer goes
// to somebody else, and that the server isn't flooded with connections.
func TestStormOfCancellations(t *testing.T) {
	db := pgtest.Shared(t)
	b := open(t, postgres.Config{DSN: db.DSN() + "&pool_max_conns=4"})
	var callers sync.WaitGroup
	for caller := range 8 {
		callers.Go(func() {
			random := rand.New(rand.NewPCG(1, uint64(caller)))
			for i := range 150 {
				want := strconv.Itoa(1000*caller + i)
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration(random.IntN(4000))*time.Microsecond)
				if c, err := b.Acquire(ctx, 0); err == nil {
					interrupt := time.AfterFunc(time.Duration(random.IntN(8000))*time.Microsecond, c.Interrupt)
					a := queryOn(ctx, c, `select $1::text, pg_sleep(0.0005)`, want)
					if a.err == nil {
						assert.Equal(t, want, string(a.rows[0][0]))
					} else {
						assert.ErrorIs(t, a.err, messages.ErrCanceled)
					}
					c.Release()
					interrupt.Stop()
				} else {
					assert.ErrorIs(t, err, messages.ErrCanceled)
				}
				cancel()
			}
		})
	}
	most, storm := 0, make(chan struct{})
	go func() { callers.Wait(); close(storm) }()
	for blowing := true; blowing; {
		n, err := db.Backends()
		require.NoError(t, err)
		most = max(most, n)
		select {
		case <-storm:
			blowing = false
		default:
		}
	}
	assert.LessOrEqual(t, most, 4+4+4, "the pool, those that end, and those that the server has not noticed to be gone")
	assert.Equal(t, "x", text(t, b, `select 'x'`))
}

func TestEveryModeOfExecution(t *testing.T) {
	dsn := pgtest.Shared(t).DSN() + "&pool_max_conns=1&default_query_exec_mode="
	for _, mode := range []string{"cache_statement", "cache_describe", "describe_exec", "exec", "simple_protocol"} {
		t.Run(mode, func(t *testing.T) {
			b := open(t, postgres.Config{DSN: dsn + mode})
			exec(t, b, `create temp table t (n int primary key)`)
			exec(t, b, `insert into t values ($1)`, 1)
			for range 2 {
				a := query(background(t), b, `select $1::text, null, n from t`, "x")
				require.NoError(t, a.err)
				assert.Equal(t, "x", string(a.rows[0][0]))
				assert.Nil(t, a.rows[0][1])
				assert.ErrorIs(t, query(background(t), b, `insert into t values (1)`).err, messages.ErrStatement)
				assert.ErrorIs(t, query(background(t), b, `select 1 / (n - 1) from t`).err, messages.ErrStatement)
				assert.ErrorIs(t, query(background(t), b, `select`+` $1::int`, []struct{}{}).err, messages.ErrInvalidRequest)
				ok := query(background(t), b, `insert into t values ($1)`, time.Now().Nanosecond()+2)
				require.NoError(t, ok.err)
			}
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
			defer cancel()
			assert.ErrorIs(t, query(ctx, b, `select pg_sleep(1000)`).err, context.DeadlineExceeded)
			exec(t, b, `select 1`)
		})
	}
}
