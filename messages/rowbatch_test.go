package messages_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/messages"
)

func describe(columns int) *messages.Description {
	return &messages.Description{Fields: make([]pgconn.FieldDescription, columns)}
}

func TestRowBatchRoundTrip(t *testing.T) {
	value := rapid.OneOf(
		rapid.Just([]byte(nil)), rapid.Just([]byte{}), rapid.SliceOf(rapid.Byte()), rapid.SliceOfN(rapid.Byte(), 1, 1),
		rapid.SliceOfN(rapid.Byte(), 8, 8), rapid.SliceOfN(rapid.Byte(), 300, 400),
	)
	rapid.Check(t, func(t *rapid.T) {
		columns := rapid.IntRange(0, 6).Draw(t, "columns")
		rows := rapid.SliceOf(rapid.SliceOfN(value, columns, columns)).Draw(t, "rows")
		d := describe(columns)
		b := messages.NewRowBatch(d)
		defer b.Recycle(messages.MinBatchBytes)
		require.Zero(t, b.Rows())
		require.Zero(t, b.Len())
		require.Same(t, d, b.Description)
		for i, row := range rows {
			if rapid.Bool().Draw(t, "undo a row first") {
				n := b.Len()
				appendRow(t, b, row)
				b.Truncate(n)
			}
			if rapid.Bool().Draw(t, "the row at once") {
				b.AppendRow(row)
			} else {
				appendRow(t, b, row)
				b.EndRow()
			}
			require.Equal(t, i+1, b.Rows())
		}
		requireRows(t, rows, b)
	})
}

// appendRow appends each value by one of the methods that would do.
func appendRow(t *rapid.T, b *messages.RowBatch, row [][]byte) {
	for _, v := range row {
		special := rapid.Bool().Draw(t, "by its own method")
		switch {
		case rapid.Bool().Draw(t, "grow"):
			b.Grow(len(v) + 4)
			b.AppendRaw(v)
		case special && v == nil:
			b.AppendNull()
		case special && len(v) == 8:
			b.AppendUint64(binary.BigEndian.Uint64(v))
		case special && len(v) == 1:
			b.AppendByte(v[0])
		case special:
			b.AppendValue(v)
		default:
			b.AppendRaw(v)
		}
	}
}

func requireRows(t require.TestingT, rows [][][]byte, b *messages.RowBatch) {
	offset := 0
	var kept [][]byte
	var want [][]byte
	walk := b.ValuesFrom(0)
	for _, row := range rows {
		values := make([][]byte, len(row))
		offset = b.ReadRow(offset, values)
		for i := range row {
			v := walk.Next()
			require.Equal(t, values[i], v)
			require.Equal(t, len(v), cap(v))
		}
		require.Equal(t, offset, b.Offset(walk))
		require.Equal(t, walk, b.ValuesFrom(offset))
		for i, v := range values {
			require.Equal(t, row[i] == nil, v == nil, "NULL and empty")
			require.True(t, bytes.Equal(row[i], v))
			require.Equal(t, len(v), cap(v), "appending to a value must not overwrite the next")
		}
		kept, want = append(kept, values...), append(want, row...)
	}
	require.Equal(t, b.Len(), offset)
	for i := range kept {
		require.True(t, bytes.Equal(want[i], kept[i]), "reading on changed an earlier row")
	}
}

func TestEmptyValueIsNotNull(t *testing.T) {
	b := messages.NewRowBatch(describe(3))
	defer b.Recycle(0)
	b.AppendValue(nil)
	b.AppendRaw(nil)
	b.AppendRaw([]byte{})
	b.EndRow()
	values := make([][]byte, 3)
	b.ReadRow(0, values)
	require.Equal(t, [][]byte{{}, nil, {}}, values)
}

func TestAppendCopies(t *testing.T) {
	b := messages.NewRowBatch(describe(1))
	defer b.Recycle(0)
	v := []byte("before")
	b.AppendValue(v)
	b.EndRow()
	copy(v, "after!")
	requireRows(t, [][][]byte{{[]byte("before")}}, b)
}

func TestRecycledBytesArePoisoned(t *testing.T) {
	messages.PoisonRecycled(true)
	defer messages.PoisonRecycled(false)
	for _, keep := range []int{0, messages.MinBatchBytes} {
		b := messages.NewRowBatch(describe(2))
		b.AppendValue([]byte("a value that somebody keeps"))
		b.AppendUint64(7)
		b.EndRow()
		values := make([][]byte, 2)
		b.ReadRow(0, values)
		b.Recycle(keep)
		for _, v := range values {
			require.Equal(t, bytes.Repeat([]byte{0xdb}, len(v)), v)
		}
	}
}

func TestRecycledBatchIsLikeNew(t *testing.T) {
	for range 100 { // the pool may or may not give the same batch back
		b := messages.NewRowBatch(describe(1))
		require.Equal(t, messages.RowBatch{Description: b.Description}, *zeroArena(b))
		b.Call, b.Source, b.Seq, b.Cost, b.Declared = 1, 2, 3, 4, b.Description
		b.AppendByte(1)
		b.EndRow()
		b.Recycle(messages.MinBatchBytes)
	}
}

// zeroArena returns a copy of b's exported fields, having checked that it is empty.
func zeroArena(b *messages.RowBatch) *messages.RowBatch {
	if b.Rows() != 0 || b.Len() != 0 {
		panic("not empty")
	}
	return &messages.RowBatch{
		Call: b.Call, Source: b.Source, Seq: b.Seq, Description: b.Description, Declared: b.Declared, Cost: b.Cost,
	}
}

func TestRowsCostNoAllocation(t *testing.T) {
	const runs, rowBytes = 1000, 64
	b := messages.NewRowBatch(describe(4))
	defer b.Recycle(0)
	b.Grow((runs + 1) * rowBytes)
	text, raw := []byte("some text"), []byte{1, 2, 3}
	appending := testing.AllocsPerRun(runs, func() {
		b.AppendUint64(7)
		b.AppendValue(text)
		b.AppendNull()
		b.AppendRaw(raw)
		b.EndRow()
	})
	require.Zero(t, appending)

	values := make([][]byte, 4)
	offset := 0
	reading := testing.AllocsPerRun(runs, func() { offset = b.ReadRow(offset, values) })
	require.Zero(t, reading)
	require.Equal(t, b.Len(), offset)

	b.Truncate(0)
	row := [][]byte{text, nil, raw}
	require.Zero(t, testing.AllocsPerRun(runs, func() { b.AppendRow(row) }))
}

func BenchmarkRowBatch(b *testing.B) {
	b.ReportAllocs()
	d, values, text := describe(2), make([][]byte, 2), []byte("some text")
	for range b.N {
		batch := messages.NewRowBatch(d)
		for i := range 1000 {
			batch.AppendUint64(uint64(i))
			batch.AppendValue(text)
			batch.EndRow()
		}
		offset := 0
		for range batch.Rows() {
			offset = batch.ReadRow(offset, values)
		}
		if offset != batch.Len() {
			b.Fatal("incomplete")
		}
		batch.Recycle(messages.DefaultBatchBytes)
	}
}
