package merge

import (
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/messages"
)

// TestDistinctHasABudget: without an order all rows are held; with one, those of a tie.
func TestDistinctHasABudget(t *testing.T) {
	const rows, budget = 20_000, 64 << 10
	for name, test := range map[string]struct {
		order []Key
		want  error
	}{
		"without order":   {nil, messages.ErrTooLarge},
		"with order":      {[]Key{{Column: 0}}, io.EOF},
		"by a hidden one": {[]Key{{Column: -1}}, messages.ErrTooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			d := describeColumns([]string{"a", "b", "h"}, []uint32{20, 20, 20})
			f := &batchFeed{batches: make([][]*messages.RowBatch, 2)}
			for i := range int64(rows) {
				source := int(i % 2)
				f.batches[source] = append(f.batches[source], batchOf(source, d, [][]byte{int8s(i / 4), int8s(i), int8s(i)}))
			}
			spec := Spec{Dialect: messages.PostgreSQL, Order: test.order, Distinct: DistinctRows, Hidden: 1}
			m, err := New(&spec, f, Options{Sources: 2, Distinct: Bytewise, Budget: budget})
			require.NoError(t, err)
			got, err := drain(m)
			require.ErrorIs(t, err, test.want)
			if test.want == io.EOF {
				require.Equal(t, rows, got)
				return
			}
			require.Greater(t, got, 500)
			_, again := m.Next(background)
			require.Equal(t, err, again)
		})
	}
}

func TestDistinctRefusesWhatItCantTellApart(t *testing.T) {
	for _, test := range []struct {
		dialect   messages.Dialect
		oids      [2]uint32
		collation Collation
		want      error
	}{
		{messages.PostgreSQL, [2]uint32{pgtype.TextOID, pgtype.TextOID}, Fuzzy, messages.ErrRefused},
		{messages.PostgreSQL, [2]uint32{pgtype.TextOID, pgtype.TextOID}, CollationUnknown, messages.ErrRefused},
		{messages.PostgreSQL, [2]uint32{pgtype.TextOID, pgtype.TextOID}, Locale, io.EOF},
		{messages.PostgreSQL, [2]uint32{20000, 20001}, Labels, io.EOF},
		{messages.PostgreSQL, [2]uint32{20000, 20000}, Locale, messages.ErrRefused},
		{messages.PostgreSQL, [2]uint32{pgtype.JSONOID, pgtype.JSONOID}, Bytewise, messages.ErrRefused},
		{messages.PostgreSQL, [2]uint32{pgtype.Float8OID, pgtype.NumericOID}, Bytewise, messages.ErrRefused},
		{messages.PostgreSQL, [2]uint32{pgtype.InetOID, pgtype.InetOID}, CollationUnknown, io.EOF},
		{messages.SQLite, [2]uint32{pgtype.Int8OID, pgtype.TextOID}, Bytewise, io.EOF},
		{messages.SQLite, [2]uint32{pgtype.TimestampOID, pgtype.TimestampOID}, Bytewise, messages.ErrRefused},
	} {
		var sources [][]*messages.RowBatch
		for source, oid := range test.oids {
			sources = append(sources, []*messages.RowBatch{batchOf(source, describeColumns([]string{"a"}, []uint32{oid}), [][]byte{int8s(1)})})
		}
		spec := Spec{Dialect: test.dialect, Distinct: DistinctRows}
		m, err := New(&spec, &batchFeed{batches: sources}, Options{Sources: 2, Distinct: test.collation})
		require.NoError(t, err)
		_, err = drain(m)
		require.ErrorIs(t, err, test.want, "%v %v", test.oids, test.collation)
	}
}

// TestIdentitySet compares with a map.
func TestIdentitySet(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var set identitySet
		want := map[string]bool{}
		for _, id := range rapid.SliceOfN(rapid.StringN(0, 3, 6), 0, 400).Draw(t, "ids") {
			if id == "" {
				set.clear()
				clear(want)
				continue
			}
			require.Equal(t, !want[id], set.add([]byte(id)))
			want[id] = true
		}
		require.Equal(t, len(want), set.count)
	})
}

// TestVisibleDescriptionStays: shards that describe alike get one description, whatever their tables' OIDs.
func TestVisibleDescriptionStays(t *testing.T) {
	var batches []*messages.RowBatch
	for source := range 3 {
		d := describeColumns([]string{"a", "h"}, []uint32{20, 20})
		d.Fields[0].TableOID = uint32(20000 + source)
		batches = append(batches, batchOf(source, d, [][]byte{int8s(1), int8s(1)}, [][]byte{int8s(2), int8s(2)}))
	}
	own := describeColumns([]string{"a", "h"}, []uint32{20000, 20})
	own.Types = []*pgtype.Type{{Name: "mood", OID: 20000}}
	other := describeColumns([]string{"a", "h"}, []uint32{20000, 20}) // of a shard where that OID is another type
	other.Types = []*pgtype.Type{{Name: "size", OID: 20000}}
	for _, hidden := range []int{0, 1} {
		spec := Spec{Dialect: messages.PostgreSQL, Hidden: hidden}
		declared := describeColumns([]string{"a", "h"}, []uint32{20, 20})
		f := &batchFeed{batches: [][]*messages.RowBatch{{}, {}, {}}}
		for i, b := range batches {
			f.batches[i] = []*messages.RowBatch{batchOf(i, b.Description, [][]byte{int8s(1), int8s(1)})}
		}
		for _, d := range []*messages.Description{own, other} {
			f.batches[2] = append(f.batches[2], batchOf(2, d, [][]byte{int8s(1), int8s(1)}))
		}
		m, err := New(&spec, f, Options{Sources: 3, Declared: declared})
		require.NoError(t, err)
		require.Len(t, m.Description().Fields, 2-hidden)
		var first *messages.Description
		for i := range 5 {
			at, err := m.Next(background)
			require.NoError(t, err)
			if first == nil {
				first = at.Description()
			}
			require.Len(t, at.Description().Fields, 2-hidden)
			if i < 3 {
				require.Same(t, first, at.Description())
				continue
			}
			require.Equal(t, []*messages.Description{own, other}[i-3].Types, at.Description().Types)
		}
	}
}
