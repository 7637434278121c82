package postgres_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/postgres"
)

// slowRead is harmless, and takes minutes. The server doesn't expect that, and so compiles nothing, which can't be canceled.
const slowRead = `select count(*) from (select generate_series(1, (select 2000000000))) a`

// active waits until the server is at sql.
func active(t testing.TB, db *pgtest.Database, sql string) {
	t.Helper()
	eventually(t, func() bool {
		n, err := db.QueryInt(`select count(*) from pg_stat_activity where state = 'active' and query = $1 and pid <> pg_backend_pid()`, sql)
		return err == nil && n > 0
	}, "the statement doesn't run: "+sql)
}

func TestABatchThatIsCutOffInTheMiddle(t *testing.T) {
	db := pgtest.Shared(t)
	b := open(t, postgres.Config{DSN: db.DSN() + "&pool_max_conns=2"})
	for name, cut := range map[string]func(shardworker.Conn, context.CancelFunc){
		"terminated":  func(shardworker.Conn, context.CancelFunc) { _, _ = db.TerminateBackends() },
		"canceled":    func(_ shardworker.Conn, cancel context.CancelFunc) { cancel() },
		"interrupted": func(c shardworker.Conn, _ context.CancelFunc) { c.Interrupt() },
	} {
		t.Run(name, func(t *testing.T) {
			batch := []*shardworker.Shared{read(`select 1`), read(slowRead), read(`select 2`)}
			c := acquire(t, b)
			ctx, cancel := context.WithCancel(background(t))
			defer cancel()
			ended := make(chan time.Time, 1)
			go func() {
				active(t, db, slowRead)
				ended <- time.Now()
				cut(c, cancel)
			}()
			c.(shardworker.BatchConn).RunBatch(ctx, batch)
			assert.Less(t, time.Since(<-ended), soon)
			again(t, batch...)
			assert.Less(t, elapsed(c.Release), soon)

			after := []*shardworker.Shared{read(`select 1`), read(`select 2`)}
			runBatch(t, b, after...)
			done(t, after...)
			eventually(t, func() bool {
				n, err := db.QueryInt(`select count(*) from pg_stat_activity where state = 'active' and query = $1`, slowRead)
				return err == nil && n == 0
			}, "the server goes on")
		})
	}
}

func TestWritesThatAreCutOffBeforeTheirCommit(t *testing.T) {
	db := pgtest.Shared(t)
	b := open(t, postgres.Config{DSN: db.DSN() + "&pool_max_conns=2", GroupCommit: true})
	exec(t, b, `create table t (n int primary key, v int); insert into t values (1, 0)`)
	const update = `update t set v = v + 1 where n = $1`
	for _, returning := range []bool{false, true} {
		holder := acquire(t, b)
		_, err := holder.Exec(background(t), `begin`, nil)
		require.NoError(t, err)
		_, err = holder.Exec(background(t), `update t set v = v where n = $1`, []any{1})
		require.NoError(t, err)
		batch := []*shardworker.Shared{write(`insert into t values ($1, 0)`, 2), write(update, 1), write(`insert into t values ($1, 0)`, 3)}
		if returning {
			batch = append(batch, read(`insert into t values ($1, 0) returning n`, 4))
		}
		terminated := make(chan struct{})
		go func() {
			defer close(terminated)
			var waiting int
			eventually(t, func() bool {
				var err error
				waiting, err = db.QueryInt(`select coalesce(max(pid), 0) from pg_stat_activity where wait_event_type = 'Lock'`)
				return err == nil && waiting > 0
			}, "the update doesn't wait")
			_, err := db.QueryInt(`select pg_terminate_backend($1)::int`, waiting)
			assert.NoError(t, err)
		}()
		runBatch(t, b, batch...)
		<-terminated
		again(t, batch...) // the server says that it ends before it comes to the commit
		holder.Release()
		assert.Equal(t, "1", text(t, b, `select count(*)::text from t`))
	}
}

// faulty is connections that lose what is written, or what is read, when they are told to.
type faulty struct {
	muted, deaf atomic.Bool
}

func (f *faulty) config(t *testing.T, dsn string) *pgxpool.Config {
	cfg, err := pgxpool.ParseConfig(dsn)
	require.NoError(t, err)
	dial := cfg.ConnConfig.DialFunc
	cfg.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		nc, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &faultyConn{nc, f}, nil
	}
	return cfg
}

type faultyConn struct {
	net.Conn
	faults *faulty
}

var errFault = errors.New("a fault")

func (c *faultyConn) Write(p []byte) (int, error) {
	if c.faults.muted.Load() {
		_ = c.Close()
		return 0, errFault
	}
	return c.Conn.Write(p)
}

func (c *faultyConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && c.faults.deaf.Load() { // the server has answered
		_ = c.Close()
		return 0, io.ErrUnexpectedEOF
	}
	return n, err
}

func TestWritesWhoseAnswerIsLostAreInDoubt(t *testing.T) {
	var faults faulty
	b := open(t, postgres.Config{Pool: faults.config(t, pgtest.Shared(t).DSN()), GroupCommit: true})
	exec(t, b, `create table t (n int primary key)`)
	const insert = `insert into t values ($1)`
	warm := []*shardworker.Shared{write(insert, -1), write(insert, -2)}
	run := func(c shardworker.Conn, batch []*shardworker.Shared) {
		c.(shardworker.BatchConn).RunBatch(background(t), batch)
	}

	c := acquire(t, b)
	run(c, warm)
	done(t, warm...)
	batch := []*shardworker.Shared{write(insert, 1), write(insert, 2)}
	faults.deaf.Store(true)
	run(c, batch)
	faults.deaf.Store(false)
	c.Release()
	for _, s := range batch {
		assert.False(t, s.Outcome.Again)
		assert.ErrorIs(t, s.Outcome.Err, messages.ErrOutcomeUnknown)
		assert.ErrorIs(t, s.Outcome.Err, messages.ErrShardLost)
	}
	eventually(t, func() bool { return text(t, b, `select count(*)::text from t`) == "4" }, "it was committed")

	c = acquire(t, b)
	for _, s := range warm {
		s.Args[0] = s.Args[0].(int) - 2
	}
	run(c, warm)
	done(t, warm...)
	batch = []*shardworker.Shared{write(insert, 3), write(insert, 4)}
	faults.muted.Store(true)
	run(c, batch)
	faults.muted.Store(false)
	c.Release()
	again(t, batch...)
	assert.Equal(t, "6", text(t, b, `select count(*)::text from t`))
}

func TestReadsWhoseAnswerIsLostRunAgain(t *testing.T) {
	var faults faulty
	b := open(t, postgres.Config{Pool: faults.config(t, pgtest.Shared(t).DSN())})
	for _, fault := range []*atomic.Bool{&faults.deaf, &faults.muted} {
		c := acquire(t, b)
		batch := []*shardworker.Shared{read(`select 1`), read(`select 2`)}
		c.(shardworker.BatchConn).RunBatch(background(t), batch)
		done(t, batch...)
		fault.Store(true)
		c.(shardworker.BatchConn).RunBatch(background(t), batch)
		fault.Store(false)
		again(t, batch...)
		c.(shardworker.BatchConn).RunBatch(background(t), batch)
		again(t, batch...)
		c.Release()
	}
}
