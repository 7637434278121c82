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

// replay feeds the same batches again and again, without copying them.
type replay struct {
	batches []*messages.RowBatch
	next    int
}

func (f *replay) Next(context.Context) (*messages.RowBatch, error) {
	if f.next == len(f.batches) {
		return nil, io.EOF
	}
	f.next++
	return f.batches[f.next-1], nil
}

func (f *replay) NextOf(context.Context, int) (*messages.RowBatch, error) { return nil, io.EOF }

// BenchmarkGroups merges count, sum and avg of four shards: the time beyond that of the shards.
func BenchmarkGroups(b *testing.B) {
	for _, groups := range []int{0, 100, 10_000} {
		for _, numerics := range []bool{false, true} {
			name := fmt.Sprintf("groups=%d/numeric=%t", groups, numerics)
			b.Run(name, func(b *testing.B) { benchmarkGroups(b, groups, numerics) })
		}
	}
}

func benchmarkGroups(b *testing.B, groups int, numerics bool) {
	const shards = 4
	oid := uint32(pgtype.Int8OID)
	encode := int8Of
	if numerics {
		oid, encode = pgtype.NumericOID, func(i int64) []byte { return numeric{small: i, scale: 2}.append(nil) }
	}
	names, oids := []string{"k", "n", "s"}, []uint32{pgtype.Int4OID, pgtype.Int8OID, oid}
	group := &Group{Keys: []Key{{Column: 0}}}
	if groups == 0 {
		names, oids, group.Keys = names[1:], oids[1:], nil
	}
	n := len(group.Keys)
	group.Aggregates = []Aggregate{{Func: AddCounts, Column: n}, {Func: Sum, Column: n + 1}, {Func: Avg, Column: n + 1, Count: n}}
	group.Outputs = outputsOf(group, []string{"k", "n", "s", "a"}[1-n:])
	spec := &Spec{Dialect: messages.PostgreSQL, Group: group}
	d := describeColumns(names, oids)
	feed := &replay{}
	want := int64(0)
	for shard := range shards {
		batch := batchOf(shard, d)
		for g := range max(1, groups) {
			row := [][]byte{int8Of(10), encode(int64(g * 100))}
			if n > 0 {
				row = append([][]byte{int8Of(int64(g))[4:]}, row...)
			}
			batch.AppendRow(row)
			want += 10
		}
		feed.batches = append(feed.batches, batch)
	}
	b.ReportAllocs()
	for b.Loop() {
		feed.next = 0
		m, err := New(spec, feed, Options{Sources: shards, Limit: -1, Declared: d})
		require.NoError(b, err)
		rows, counted := 0, int64(0)
		for {
			at, err := m.Next(background)
			if err == io.EOF {
				break
			}
			require.NoError(b, err)
			rows++
			c, _ := readInt(at.Value(n))
			counted += c
		}
		require.Equal(b, max(1, groups), rows)
		require.Equal(b, want, counted)
	}
}
