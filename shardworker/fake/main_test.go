package fake_test

import (
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var numbers = fake.Rows(fake.Column("n", pgtype.Int8OID))

// count answers the rows 0, 1, … n-1.
func count(n int) fake.Result {
	return numbers.Generate(n, func(i int) []any { return []any{i} })
}

func acquire(t *testing.T, b *fake.Backend) shardworker.Conn {
	t.Helper()
	c, err := b.Acquire(t.Context(), 0)
	require.NoError(t, err)
	return c
}

func query(t *testing.T, c shardworker.Conn, sql string, args ...any) shardworker.Cursor {
	t.Helper()
	cur, err := c.Query(t.Context(), sql, args)
	require.NoError(t, err)
	return cur
}

// read reads the rest of cur, closes it, and returns the decoded rows.
func read(t *testing.T, cur shardworker.Cursor) ([][]any, pgconn.CommandTag, error) {
	t.Helper()
	var rows [][]any
	types := pgtype.NewMap()
	for cur.Next() {
		d := cur.Description()
		b := messages.NewRowBatch(d)
		cur.Append(b)
		raw := make([][]byte, len(d.Fields))
		require.Equal(t, b.Len(), b.ReadRow(0, raw))
		row := make([]any, len(raw))
		for i, f := range d.Fields {
			if raw[i] == nil {
				continue
			}
			typ, ok := types.TypeForOID(f.DataTypeOID)
			require.True(t, ok)
			v, err := typ.Codec.DecodeValue(types, f.DataTypeOID, f.Format, raw[i])
			require.NoError(t, err)
			row[i] = v
		}
		rows = append(rows, row)
		b.Recycle(0)
	}
	tag, err := cur.Close()
	return rows, tag, err
}
