package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/postgres"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(pgtest.Main(m)) }

// limit is how long a test waits for what should come at once.
const limit = 20 * time.Second

func background(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return ctx
}

// open returns a backend that is closed when the test ends.
func open(t testing.TB, cfg postgres.Config) *postgres.Backend {
	t.Helper()
	b, err := postgres.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), limit)
		defer cancel()
		require.NoError(t, b.Close(ctx))
	})
	return b
}

func acquire(t testing.TB, b *postgres.Backend) shardworker.Conn {
	t.Helper()
	c, err := b.Acquire(background(t), 0)
	require.NoError(t, err)
	return c
}

// exec runs sql on a connection of its own.
func exec(t testing.TB, b *postgres.Backend, sql string, args ...any) {
	t.Helper()
	c := acquire(t, b)
	defer c.Release()
	_, err := c.Exec(background(t), sql, args)
	require.NoError(t, err)
}

// answer is all that a query returned.
type answer struct {
	desc *messages.Description
	rows [][][]byte
	err  error
}

// query reads all rows of sql on a connection of its own.
func query(ctx context.Context, b *postgres.Backend, sql string, args ...any) answer {
	c, err := b.Acquire(ctx, 0)
	if err != nil {
		return answer{err: err}
	}
	defer c.Release()
	return queryOn(ctx, c, sql, args...)
}

func queryOn(ctx context.Context, c shardworker.Conn, sql string, args ...any) answer {
	cur, err := c.Query(ctx, sql, args)
	if err != nil {
		return answer{err: err}
	}
	a := answer{desc: cur.Description()}
	batch := messages.NewRowBatch(a.desc)
	for cur.Next() {
		cur.Append(batch)
	}
	_, a.err = cur.Close()
	offset := 0
	for range batch.Rows() {
		row := make([][]byte, len(a.desc.Fields))
		offset = batch.ReadRow(offset, row)
		a.rows = append(a.rows, row)
	}
	return a
}

// text returns the one value of the one row of sql, which has to be a text.
func text(t testing.TB, b *postgres.Backend, sql string, args ...any) string {
	t.Helper()
	a := query(background(t), b, sql, args...)
	require.NoError(t, a.err)
	require.Len(t, a.rows, 1)
	return string(a.rows[0][0])
}

// eventually waits until condition holds: for what another process does in its own time.
func eventually(t testing.TB, condition func() bool, what string) {
	t.Helper()
	require.Eventually(t, condition, limit, 2*time.Millisecond, what)
}

func noBackends(t testing.TB, db *pgtest.Database) {
	t.Helper()
	eventually(t, func() bool {
		n, err := db.Backends()
		return err == nil && n == 0
	}, "the server still has connections")
}

// running waits until the server sleeps in sql. That it is active isn't enough: it is so too while it prepares.
func running(t testing.TB, db *pgtest.Database, sql string) {
	t.Helper()
	eventually(t, func() bool {
		n, err := db.QueryInt(`select count(*) from pg_stat_activity where wait_event = 'PgSleep' and query = $1`, sql)
		return err == nil && n > 0
	}, "the statement doesn't run: "+sql)
}
