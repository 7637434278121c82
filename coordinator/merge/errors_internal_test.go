package merge

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

func int8s(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }

// orderedBy merges sources of one row per list of values, by the first column.
func orderedBy(t *testing.T, spec Spec, o Options, batches ...*messages.RowBatch) Merger {
	t.Helper()
	f := &batchFeed{}
	for _, b := range batches {
		for b.Source >= len(f.batches) {
			f.batches = append(f.batches, nil)
		}
		f.batches[b.Source] = append(f.batches[b.Source], b)
	}
	o.Sources = len(f.batches)
	if spec.Order == nil {
		spec.Order = []Key{{Column: 0}}
	}
	m, err := New(&spec, f, o)
	require.NoError(t, err)
	return m
}

// drain reads to the error.
func drain(m Merger) (rows int, err error) {
	for ; ; rows++ {
		if _, err := m.Next(background); err != nil {
			return rows, err
		}
	}
}

func TestWrongOrderIsAnError(t *testing.T) {
	for name, test := range map[string]struct {
		oid      uint32
		rows     [][]byte
		distance int // rows before the error
	}{
		"integers":         {pgtype.Int8OID, [][]byte{int8s(1), int8s(3), int8s(2)}, 2},
		"texts":            {pgtype.TextOID, [][]byte{[]byte("a"), []byte("B")}, 1},
		"beyond a prefix":  {pgtype.TextOID, [][]byte{[]byte("aaaaaaaab"), []byte("aaaaaaaaa")}, 1},
		"empty after text": {pgtype.TextOID, [][]byte{[]byte("a"), {}}, 1},
		"NULL first":       {pgtype.Int8OID, [][]byte{nil, int8s(2)}, 1},
	} {
		for _, perBatch := range []int{1, 3} {
			t.Run(fmt.Sprint(name, perBatch), func(t *testing.T) {
				d := describeColumns([]string{"a"}, []uint32{test.oid})
				last := []byte("z")
				if test.oid == pgtype.Int8OID {
					last = int8s(9)
				}
				batches := []*messages.RowBatch{batchOf(0, d, [][]byte{last}), batchOf(1, d)}
				for _, v := range test.rows {
					if b := batches[len(batches)-1]; b.Rows() < perBatch {
						b.AppendRow([][]byte{v})
						continue
					}
					batches = append(batches, batchOf(1, d, [][]byte{v}))
				}
				spec := Spec{Dialect: messages.PostgreSQL}
				spec.Order = []Key{{Column: 0, Collation: Bytewise}}
				m := orderedBy(t, spec, Options{}, batches...)
				rows, err := drain(m)
				require.ErrorIs(t, err, messages.ErrRefused)
				require.ErrorContains(t, err, "source 1")
				if name != "NULL first" { // the other source's row comes before NULL
					require.Equal(t, test.distance, rows)
				}
				_, again := m.Next(background)
				require.Equal(t, err, again)
			})
		}
	}
}

func TestUncomparableKeysAreRefused(t *testing.T) {
	for name, test := range map[string]struct {
		dialect   messages.Dialect
		oids      [2]uint32
		collation Collation
		want      string
	}{
		"no collation":    {messages.PostgreSQL, [2]uint32{pgtype.TextOID, pgtype.TextOID}, CollationUnknown, `COLLATE "C"`},
		"locale":          {messages.PostgreSQL, [2]uint32{pgtype.VarcharOID, pgtype.VarcharOID}, Locale, `COLLATE "C"`},
		"fuzzy":           {messages.PostgreSQL, [2]uint32{pgtype.BPCharOID, pgtype.BPCharOID}, Fuzzy, `COLLATE "C"`},
		"labels":          {messages.PostgreSQL, [2]uint32{pgtype.TextOID, pgtype.TextOID}, Labels, `COLLATE "C"`},
		"json":            {messages.PostgreSQL, [2]uint32{pgtype.JSONOID, pgtype.JSONOID}, Bytewise, "json"},
		"array":           {messages.PostgreSQL, [2]uint32{pgtype.Int4ArrayOID, pgtype.Int4ArrayOID}, Bytewise, "_int4"},
		"range":           {messages.PostgreSQL, [2]uint32{pgtype.Int4rangeOID, pgtype.Int4rangeOID}, Bytewise, "int4range"},
		"inet":            {messages.PostgreSQL, [2]uint32{pgtype.InetOID, pgtype.InetOID}, Bytewise, "inet"},
		"timetz":          {messages.PostgreSQL, [2]uint32{pgtype.TimetzOID, pgtype.TimetzOID}, Bytewise, "1266"},
		"enum":            {messages.PostgreSQL, [2]uint32{20000, 20000}, Labels, "20000"},
		"text, integer":   {messages.PostgreSQL, [2]uint32{pgtype.TextOID, pgtype.Int8OID}, Bytewise, "another type"},
		"times":           {messages.PostgreSQL, [2]uint32{pgtype.TimestamptzOID, pgtype.TimestampOID}, Bytewise, "another type"},
		"SQLite's times":  {messages.SQLite, [2]uint32{pgtype.TextOID, pgtype.TimestampOID}, Bytewise, "order by +a"},
		"SQLite, numeric": {messages.SQLite, [2]uint32{pgtype.NumericOID, pgtype.NumericOID}, Bytewise, "numeric"},
		"SQLite, unknown": {messages.SQLite, [2]uint32{pgtype.TextOID, pgtype.TextOID}, CollationUnknown, "looked up"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, keys := range []int{0, 1} { // the key is the first, or the second after equal ones
				var batches []*messages.RowBatch
				for source, oid := range test.oids {
					d := describeColumns([]string{"x", "a"}, []uint32{pgtype.Int8OID, oid})
					batches = append(batches, batchOf(source, d, [][]byte{int8s(1), int8s(int64(source))}))
				}
				spec := Spec{Dialect: test.dialect, Order: []Key{{Name: "x"}, {Name: "a", Collation: test.collation}}[1-keys:]}
				_, err := drain(orderedBy(t, spec, Options{}, batches...))
				var typed *messages.Error
				require.ErrorAs(t, err, &typed)
				require.Equal(t, messages.ErrRefused, typed.Code)
				require.Equal(t, "merge", typed.Op)
				require.Contains(t, typed.Detail, `"a"`)
				if keys == 0 || test.want != "another type" {
					require.Contains(t, typed.Detail, test.want)
				}
			}
		})
	}
}

func TestKeysThatAreNotThere(t *testing.T) {
	d := describeColumns([]string{"a", "b", "b", "h"}, []uint32{20, 20, 20, 20})
	for _, test := range []struct {
		key  Key
		want error
	}{
		{Key{Name: "c"}, messages.ErrRefused},
		{Key{Name: "A"}, messages.ErrRefused},
		{Key{Name: "b"}, messages.ErrRefused},
		{Key{Name: "h"}, messages.ErrRefused}, // hidden
		{Key{Column: 4}, messages.ErrProtocol},
		{Key{Column: -5}, messages.ErrProtocol},
		{Key{Name: "a"}, io.EOF},
		{Key{Column: -4}, io.EOF},
	} {
		row := [][]byte{int8s(1), int8s(2), int8s(3), int8s(4)}
		spec := Spec{Dialect: messages.PostgreSQL, Order: []Key{test.key}, Hidden: 1}
		_, err := drain(orderedBy(t, spec, Options{}, batchOf(0, d, row), batchOf(1, d, row)))
		require.ErrorIs(t, err, test.want)
	}
}

func TestMalformedValuesAreErrors(t *testing.T) {
	for _, oid := range []uint32{
		pgtype.Int8OID, pgtype.OIDOID, pgtype.Float8OID, pgtype.NumericOID, pgtype.DateOID, pgtype.TimestampOID, pgtype.IntervalOID,
	} {
		d := describeColumns([]string{"a"}, []uint32{oid})
		for _, v := range [][]byte{{}, {1, 2, 3}, make([]byte, 9), {0, 1, 0, 0, 0, 0, 0, 0}, {0, 0, 0, 0, 1, 1, 0, 0, 1}} {
			if _, ok := readInt(v); ok && oid != pgtype.NumericOID && oid != pgtype.IntervalOID {
				continue // the length is that of some integer
			}
			_, err := drain(orderedBy(t, Spec{Dialect: messages.PostgreSQL}, Options{}, batchOf(0, d, [][]byte{v}), batchOf(1, d, [][]byte{v})))
			require.ErrorIs(t, err, messages.ErrProtocol, "%d %x", oid, v)
			_, err = newComparer(messages.PostgreSQL, "a", Bytewise).compare(d, 0, v, d, 0, v)
			require.ErrorIs(t, err, messages.ErrProtocol, "%d %x", oid, v)
		}
	}
}

// TestTextFormsOfOtherSettings: a text form that isn't the default one is refused, not misread.
func TestTextFormsOfOtherSettings(t *testing.T) {
	for _, test := range []struct {
		oid  uint32
		text string
	}{
		{pgtype.DateOID, "12/17/1997"},
		{pgtype.DateOID, "17.12.1997"},
		{pgtype.TimestampOID, "Wed Dec 17 07:37:16 1997"},
		{pgtype.TimestamptzOID, "1997-12-17 07:37:16 PST"},
		{pgtype.IntervalOID, "P1Y2M3DT4H5M6S"},
		{pgtype.IntervalOID, "@ 1 year ago"},
		{pgtype.IntervalOID, "1-2"},
		{pgtype.ByteaOID, `\000abc`},
		{moneyOID, "1.234,56 €"},
		{moneyOID, "$1.234,56"},
		{moneyOID, "$1,234.567"},
		{moneyOID, "$12345"},
		{pgtype.NumericOID, "1e5"},
		{pgtype.BoolOID, "true"},
	} {
		d := describeColumns([]string{"a"}, []uint32{test.oid})
		d.Fields[0].Format = pgtype.TextFormatCode
		v := []byte(test.text)
		_, err := drain(orderedBy(t, Spec{Dialect: messages.PostgreSQL}, Options{}, batchOf(0, d, [][]byte{v}), batchOf(1, d, [][]byte{v})))
		require.ErrorIs(t, err, messages.ErrRefused, test.text)
		_, err = newComparer(messages.PostgreSQL, "a", Bytewise).compare(d, 0, v, d, 0, v)
		require.ErrorIs(t, err, messages.ErrRefused, test.text)
		_, err = appendIdentity(nil, messages.PostgreSQL, &d.Fields[0], Bytewise, v)
		require.ErrorIs(t, err, messages.ErrRefused, test.text)
	}
}

// TestFeedErrors: they are passed on as they are, whatever their cause, and who asks again goes on.
func TestFeedErrors(t *testing.T) {
	d := describeColumns([]string{"a"}, []uint32{pgtype.Int8OID})
	for name, feedErr := range map[string]error{
		"plain":          errors.New("lost"),
		"with EOF in it": &messages.Error{Code: messages.ErrShardLost, Shard: "asia", Err: io.EOF},
		"wrapped EOF":    fmt.Errorf("read: %w", io.EOF),
		"unexpected EOF": io.ErrUnexpectedEOF,
	} {
		for _, spec := range []Spec{
			{}, {Order: []Key{{}}}, {Distinct: DistinctRows}, {Order: []Key{{}}, Distinct: DistinctKeys, DistinctOn: []Key{{}}}, {Order: []Key{{}}, Cut: true},
		} {
			t.Run(name, func(t *testing.T) {
				spec.Dialect = messages.PostgreSQL
				f := &batchFeed{failing: map[int]error{1: feedErr}, batches: [][]*messages.RowBatch{
					{batchOf(0, d, [][]byte{int8s(1)}, [][]byte{int8s(3)})}, {batchOf(1, d, [][]byte{int8s(2)})},
				}}
				m, err := New(&spec, f, Options{Sources: 2, Limit: -1})
				require.NoError(t, err)
				rows, err := drain(m)
				require.True(t, err == feedErr, "%v", err)
				_, err = m.Next(background)
				require.True(t, err == feedErr, "%v", err)
				delete(f.failing, 1)
				f.batches[1] = append(f.batches[1], batchOf(1, d, [][]byte{int8s(5)}))
				more, err := drain(m)
				require.True(t, err == io.EOF, "%v", err)
				require.Equal(t, 4, rows+more)
			})
		}
	}
}

func TestSpecsThatMakeNoSense(t *testing.T) {
	for _, spec := range []Spec{
		{},
		{Dialect: messages.PostgreSQL, Hidden: -1},
		{Dialect: messages.SQLite, Distinct: DistinctKeys},
		{Dialect: messages.SQLite, Group: &Group{}, Order: []Key{{}}},
		{Dialect: messages.SQLite, Group: &Group{}, Hidden: 1},
	} {
		_, err := New(&spec, &batchFeed{}, Options{})
		require.ErrorIs(t, err, messages.ErrProtocol)
	}
	d := describeColumns([]string{"a"}, []uint32{20})
	spec := Spec{Dialect: messages.PostgreSQL, Hidden: 2}
	m, err := New(&spec, &batchFeed{batches: [][]*messages.RowBatch{{batchOf(0, d, [][]byte{int8s(1)})}}}, Options{Sources: 1})
	require.NoError(t, err)
	_, err = m.Next(background)
	require.ErrorIs(t, err, messages.ErrProtocol)
}
