package merge

import (
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

// replayFeed hands out the same batches for each merge, and recycles none.
type replayFeed struct {
	batches [][]*messages.RowBatch
	next    []int
	turn    int
}

func (f *replayFeed) Next(ctx context.Context) (*messages.RowBatch, error) {
	for range f.batches {
		f.turn = (f.turn + 1) % len(f.batches)
		if b, err := f.NextOf(ctx, f.turn); err == nil {
			return b, nil
		}
	}
	return nil, io.EOF
}

func (f *replayFeed) NextOf(_ context.Context, source int) (*messages.RowBatch, error) {
	if f.next[source] == len(f.batches[source]) {
		return nil, io.EOF
	}
	f.next[source]++
	return f.batches[source][f.next[source]-1], nil
}

// sortedBatches makes rows of (key, int8, text) in order for each source.
func sortedBatches(sources, rows int, oid uint32, key func(i int) []byte) [][]*messages.RowBatch {
	all := make([][]*messages.RowBatch, sources)
	d := make([]*messages.Description, sources)
	for i := range d {
		d[i] = describeColumns([]string{"k", "n", "t"}, []uint32{oid, pgtype.Int8OID, pgtype.TextOID})
	}
	for i := range sources * rows {
		source := int(uint32(i)*2654435761>>7) % sources
		batches := all[source]
		if len(batches) == 0 || batches[len(batches)-1].Len() > messages.DefaultBatchBytes {
			batches = append(batches, batchOf(source, d[source]))
		}
		batches[len(batches)-1].AppendRow([][]byte{key(i), int8s(int64(i)), []byte("some text of a row")})
		all[source] = batches
	}
	return all
}

// BenchmarkMerge merges 4 sources of 125,000 rows; an operation is all of them.
func BenchmarkMerge(b *testing.B) {
	messages.PoisonRecycled(false)
	defer messages.PoisonRecycled(true)
	numeric := func(i int) []byte {
		form, _ := appendParsedNumeric(nil, fmt.Appendf(nil, "%d.%02d", i/100, i%100))
		return form
	}
	for _, test := range []struct {
		name string
		spec Spec
		oid  uint32
		key  func(i int) []byte
	}{
		{"concatenation", Spec{}, pgtype.Int8OID, func(i int) []byte { return int8s(int64(i)) }},
		{"int8", Spec{Order: []Key{{}}}, pgtype.Int8OID, func(i int) []byte { return int8s(int64(i)) }},
		{"int8, hidden", Spec{Order: []Key{{}}, Hidden: 1}, pgtype.Int8OID, func(i int) []byte { return int8s(int64(i)) }},
		{"int8 and int8", Spec{Order: []Key{{}, {Column: 1}}}, pgtype.Int8OID, func(i int) []byte { return int8s(int64(i / 10)) }},
		{"text", Spec{Order: []Key{{Collation: Bytewise}}}, pgtype.TextOID, func(i int) []byte { return fmt.Appendf(nil, "%07d", i) }},
		{"text, long prefix", Spec{Order: []Key{{Collation: Bytewise}}}, pgtype.TextOID, func(i int) []byte { return fmt.Appendf(nil, "customer-%07d", i) }},
		{"numeric", Spec{Order: []Key{{}}}, pgtype.NumericOID, numeric},
		{"int8, distinct", Spec{Order: []Key{{}}, Distinct: DistinctRows}, pgtype.Int8OID, func(i int) []byte { return int8s(int64(i)) }},
		{"distinct", Spec{Distinct: DistinctRows}, pgtype.Int8OID, func(i int) []byte { return int8s(int64(i)) }},
	} {
		b.Run(test.name, func(b *testing.B) {
			const sources, rows = 4, 125_000
			batches := sortedBatches(sources, rows, test.oid, test.key)
			spec := test.spec
			spec.Dialect = messages.PostgreSQL
			b.ReportAllocs()
			for b.Loop() {
				m, err := New(&spec, &replayFeed{batches: batches, next: make([]int, sources)}, Options{Sources: sources, Limit: -1, Distinct: Bytewise})
				require.NoError(b, err)
				got, err := drain(m)
				require.True(b, err == io.EOF, "%v", err)
				require.Equal(b, sources*rows, got)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/(sources*rows), "ns/row")
		})
	}
}
