package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/postgres"
)

// scissors cut connections off after so many bytes.
type scissors struct {
	out, in atomic.Int64 // the bytes that may still pass
}

const uncut = 1 << 40

func (s *scissors) set(out, in int64) {
	s.out.Store(out)
	s.in.Store(in)
}

func (s *scissors) config(t *testing.T, dsn string) *pgxpool.Config {
	s.set(uncut, uncut)
	cfg, err := pgxpool.ParseConfig(dsn)
	require.NoError(t, err)
	dial := cfg.ConnConfig.DialFunc
	cfg.ConnConfig.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		nc, err := dial(ctx, network, address)
		return &cutConn{nc, s}, err
	}
	return cfg
}

type cutConn struct {
	net.Conn
	scissors *scissors
}

func (c *cutConn) Write(p []byte) (int, error) {
	size := int64(len(p))
	left := c.scissors.out.Add(-size)
	if left >= 0 {
		return c.Conn.Write(p)
	}
	n, _ := c.Conn.Write(p[:max(0, left+size)])
	_ = c.Close()
	return n, errFault
}

func (c *cutConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	left := c.scissors.in.Add(-int64(n))
	if left >= 0 {
		return n, err
	}
	_ = c.Close()
	return int(max(0, left+int64(n))), io.ErrUnexpectedEOF
}

// agrees checks the outcomes of inserts against the table.
func agrees(t *testing.T, db *pgtest.Database, batch []*shardworker.Shared) (doubts int) {
	eventually(t, func() bool {
		n, err := db.QueryInt(`select count(*) from pg_stat_activity where state <> 'idle' and datname = current_database() and pid <> pg_backend_pid()`)
		return err == nil && n == 0
	}, "the server is still busy")
	for _, s := range batch {
		rows, err := db.QueryInt(`select count(*) from t where n = $1`, s.Args[0])
		require.NoError(t, err)
		switch o := s.Outcome; {
		case o.Again:
			assert.Zero(t, rows, "%v is to run again", s.Args)
		case o.Err == nil:
			assert.Equal(t, 1, rows, "%v was acknowledged", s.Args)
		case errors.Is(o.Err, messages.ErrOutcomeUnknown):
			doubts++
		default:
			assert.NotEmpty(t, sqlState(o.Err), "%v", o.Err)
			assert.Zero(t, rows, "%v has failed", s.Args)
		}
	}
	return doubts
}

func TestWritesWhoseConnectionIsCutAtAnyByte(t *testing.T) {
	const step = 37
	var cut scissors
	db := pgtest.Shared(t)
	b := open(t, postgres.Config{Pool: cut.config(t, db.DSN()), GroupCommit: true})
	exec(t, b, `create table t (n int primary key, u int unique deferrable initially deferred, v int check (v < 5))`)
	id := 0
	three := func(kind string) []*shardworker.Shared {
		id += 3
		const insert = `insert into t values ($1, $2, $3)`
		batch := []*shardworker.Shared{write(insert, id, id, 1), write(insert, id+1, id+1, 1), write(insert, id+2, id+2, 1)}
		switch middle := batch[1]; kind {
		case "returning":
			middle.SQL, middle.WantRows = insert+` returning n`, true
		case "failing":
			middle.Args[2] = 7
		case "failing at the commit":
			middle.Args[1] = id
		case "unprepared":
			middle.SQL += fmt.Sprintf(` -- %d`, id)
		}
		return batch
	}
	// run returns how many bytes went out and came in, unless they were cut.
	run := func(kind string, out, in int64) (sent, received int64) {
		c := acquire(t, b)
		defer c.Release()
		c.(shardworker.BatchConn).RunBatch(background(t), three(kind)) // prepares
		batch := three(kind)
		cut.set(out, in)
		c.(shardworker.BatchConn).RunBatch(background(t), batch)
		sent, received = out-cut.out.Load(), in-cut.in.Load()
		cut.set(uncut, uncut)
		doubts := agrees(t, db, batch)
		if out < uncut && (kind == "plain" || kind == "returning") { // the commit wasn't asked for as a whole
			assert.Zero(t, doubts, "%s: cut after %d bytes", kind, out)
		}
		return sent, received
	}
	for _, kind := range []string{"plain", "returning", "failing", "failing at the commit", "unprepared"} {
		sent, received := run(kind, uncut, uncut)
		for n := int64(rand.IntN(step)); n < sent; n += step {
			run(kind, n, uncut)
		}
		run(kind, sent-1, uncut)
		for n := int64(rand.IntN(step)); n < received; n += step {
			run(kind, uncut, n)
		}
		run(kind, uncut, received-1)
	}
}

// TestAnErrorThatEndsTheConnectionForUsOnly has pgx close the connection for an error that doesn't end it for the server, which runs what comes after.
func TestAnErrorThatEndsTheConnectionForUsOnly(t *testing.T) {
	db := pgtest.Shared(t)
	cfg, err := pgxpool.ParseConfig(db.DSN())
	require.NoError(t, err)
	cfg.ConnConfig.OnPgError = func(_ *pgconn.PgConn, e *pgconn.PgError) bool { return e.Code != "23505" }
	b := open(t, postgres.Config{Pool: cfg, GroupCommit: true})
	exec(t, b, `create table t (n int, u int unique deferrable initially deferred, v int check (v < 5))`)
	const insert = `insert into t values ($1, $2, $3)`
	var batch []*shardworker.Shared
	for n, u := range []int{1, 2, 2, 3, 4, 5, 6} {
		batch = append(batch, write(insert, n, u, 1))
	}
	for n := range 3 { // so often it is tried together
		batch = append(batch, write(insert, 10+n, 10+n, 9))
	}
	runBatch(t, b, batch...)
	done(t, batch[:2]...)
	assert.Equal(t, "23505", sqlState(batch[2].Outcome.Err))
	agrees(t, db, batch)
}
