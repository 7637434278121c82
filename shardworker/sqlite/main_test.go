package sqlite_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

func TestMain(m *testing.M) {
	messages.PoisonRecycled(true)
	goleak.VerifyTestMain(m)
}

const (
	readers = 0
	writer  = 1
)

// background is the tests' context: it ends with the test, and is cancellable as an application's is.
func background(t testing.TB) context.Context { return t.Context() }

// open returns a backend that is closed when the test ends.
func open(t testing.TB, cfg sqlite.Config) *sqlite.Backend {
	t.Helper()
	b, err := sqlite.New(cfg)
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, b.Close(ctx))
	})
	return b
}

// openFile returns a backend on a new file.
func openFile(t testing.TB) (*sqlite.Backend, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "test.db")
	return open(t, sqlite.Config{Path: file}), file
}

// lease returns a connection, and fails rather than wait for one that the test itself holds.
func lease(t testing.TB, b *sqlite.Backend, lane int) shardworker.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(background(t), 10*time.Second)
	defer cancel()
	c, err := b.Acquire(ctx, lane)
	require.NoError(t, err)
	return c
}

// acquire returns a connection that is released when the test ends.
func acquire(t testing.TB, b *sqlite.Backend, lane int) shardworker.Conn {
	t.Helper()
	c := lease(t, b, lane)
	t.Cleanup(c.Release)
	return c
}

// exec runs sql on a connection of its own, in the lane that the backend says.
func exec(t testing.TB, b *sqlite.Backend, sql string, args ...any) pgconn.CommandTag {
	t.Helper()
	c := lease(t, b, b.Lane(sql, false))
	defer c.Release()
	tag, err := c.Exec(background(t), sql, args)
	require.NoError(t, err)
	return tag
}

// row is a row as a test looks at it.
type row struct {
	values []any
	oids   []uint32
}

var types = pgtype.NewMap()

// query returns the decoded rows of sql and the tag.
func query(t testing.TB, b *sqlite.Backend, sql string, args ...any) ([]row, pgconn.CommandTag) {
	t.Helper()
	c := lease(t, b, b.Lane(sql, true))
	defer c.Release()
	return queryOn(t, c, sql, args...)
}

func queryOn(t testing.TB, c shardworker.Conn, sql string, args ...any) ([]row, pgconn.CommandTag) {
	t.Helper()
	cursor, err := c.Query(background(t), sql, args)
	require.NoError(t, err)
	var rows []row
	for cursor.Next() {
		rows = append(rows, decode(t, cursor))
	}
	tag, err := cursor.Close()
	require.NoError(t, err)
	return rows, tag
}

// decode reads the cursor's row through a batch, as pgx would.
func decode(t testing.TB, cursor shardworker.Cursor) row {
	t.Helper()
	d := cursor.Description()
	b := messages.NewRowBatch(d)
	defer b.Recycle(1 << 20)
	cursor.Append(b)
	require.Equal(t, 1, b.Rows())
	raw := make([][]byte, len(d.Fields))
	require.Equal(t, b.Len(), b.ReadRow(0, raw))
	var r row
	for i, f := range d.Fields {
		require.Equal(t, int16(pgtype.BinaryFormatCode), f.Format)
		r.oids = append(r.oids, f.DataTypeOID)
		if raw[i] == nil {
			r.values = append(r.values, nil)
			continue
		}
		typ, ok := types.TypeForOID(f.DataTypeOID)
		require.True(t, ok)
		v, err := typ.Codec.DecodeValue(types, f.DataTypeOID, f.Format, append([]byte{}, raw[i]...))
		require.NoError(t, err)
		r.values = append(r.values, v)
	}
	return r
}

// one returns the only value of the only row.
func one(t testing.TB, b *sqlite.Backend, sql string, args ...any) any {
	t.Helper()
	rows, _ := query(t, b, sql, args...)
	require.Len(t, rows, 1)
	require.Len(t, rows[0].values, 1)
	return rows[0].values[0]
}

// series is SQL for the numbers from 1 to n.
func series(n int) string {
	return fmt.Sprintf("with recursive s(i) as (select 1 union all select i+1 from s where i < %d)", n)
}
