package merge

import (
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

// stamped describes a number, a time of SQLite, and the text that is stored.
var stamped = describeColumns([]string{"n", "at", "troupe_1"}, []uint32{pgtype.Int8OID, pgtype.TimestampOID, pgtype.TextOID})

// TestDistinctLooksAtTwins: rows are told apart by what is stored, be the times equal or not.
func TestDistinctLooksAtTwins(t *testing.T) {
	row := func(n, at int64, stored string) [][]byte { return [][]byte{int8s(n), int8s(at), []byte(stored)} }
	for name, order := range map[string][]Key{"without order": nil, "by the time": {{Column: -1}}} {
		t.Run(name, func(t *testing.T) {
			batches := [][]*messages.RowBatch{
				{batchOf(0, stamped, row(1, 7, "a"), row(1, 7, "b"), row(1, 7, "c"))},
				{batchOf(1, stamped, row(1, 7, "a"), row(2, 7, "a"), row(1, 7, "b"), row(1, 9, "d"))},
			}
			spec := Spec{Dialect: messages.SQLite, Distinct: DistinctRows, Order: order, Hidden: 1, Twins: []Twin{{Column: 1, Stored: -1}}}
			m, err := New(&spec, &batchFeed{batches: batches}, Options{Sources: 2, Distinct: Bytewise, Order: []Collation{Bytewise}})
			require.NoError(t, err)
			rows, err := drain(m)
			require.ErrorIs(t, err, io.EOF)
			require.Equal(t, 5, rows)
		})
	}
}

// TestTwinsHoldOneTie: an order by what is stored empties the set, as one by a visible column.
func TestTwinsHoldOneTie(t *testing.T) {
	const rows = 5000
	f := &batchFeed{batches: make([][]*messages.RowBatch, 2)}
	for i := range int64(rows) {
		f.batches[i%2] = append(f.batches[i%2], batchOf(int(i%2), stamped, [][]byte{int8s(i), int8s(1), int8s(i / 4)}))
	}
	spec := Spec{Dialect: messages.SQLite, Distinct: DistinctRows, Order: []Key{{Column: -1}}, Hidden: 1, Twins: []Twin{{Column: 1, Stored: -1}}}
	m, err := New(&spec, f, Options{Sources: 2, Distinct: Bytewise, Order: []Collation{Bytewise}, Budget: 8 << 10})
	require.NoError(t, err)
	got, err := drain(m)
	require.ErrorIs(t, err, io.EOF)
	require.Equal(t, rows, got)
}

func TestTwinsThatAreNotThere(t *testing.T) {
	for _, twin := range []Twin{{Column: 2, Stored: -1}, {Column: 7, Stored: -1}, {Column: 1, Stored: -9}} {
		spec := Spec{Dialect: messages.SQLite, Distinct: DistinctRows, Hidden: 1, Twins: []Twin{twin}}
		batches := [][]*messages.RowBatch{{batchOf(0, stamped, [][]byte{int8s(1), int8s(1), int8s(1)})}}
		m, err := New(&spec, &batchFeed{batches: batches}, Options{Sources: 1, Distinct: Bytewise})
		require.NoError(t, err)
		_, err = m.Next(background)
		require.ErrorIs(t, err, messages.ErrProtocol, "%v", twin)
	}
}

// TestTimesOfSQLiteAreRefused by a name that the statement has, or none.
func TestTimesOfSQLiteAreRefused(t *testing.T) {
	for _, c := range []struct {
		column int
		says   string
	}{{1, "+at"}, {-1, "put a + before"}} {
		d := describeColumns([]string{"n", "at", "troupe_1"}, []uint32{pgtype.Int8OID, pgtype.TimestampOID, pgtype.TimestampOID})
		batches := [][]*messages.RowBatch{{batchOf(0, d, [][]byte{int8s(1), int8s(1), int8s(1)})}, {batchOf(1, d, [][]byte{int8s(1), int8s(1), int8s(1)})}}
		m, err := New(&Spec{Dialect: messages.SQLite, Order: []Key{{Column: c.column}}, Hidden: 1}, &batchFeed{batches: batches}, Options{Sources: 2, Order: []Collation{Bytewise}})
		require.NoError(t, err)
		_, err = drain(m)
		require.ErrorIs(t, err, messages.ErrRefused)
		require.ErrorContains(t, err, c.says)
		require.NotContains(t, err.Error(), "troupe_")
	}
}
