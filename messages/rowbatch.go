package messages

import (
	"encoding/binary"
	"math"
	"slices"
	"sync"
)

// Sizes of a batch's arena, in bytes. A stream begins small, so that a small answer is cheap, and quadruples.
const (
	MinBatchBytes     = 8 << 10
	DefaultBatchBytes = 64 << 10
)

const nullValue = math.MaxUint32

// RowBatch is rows that travel together, in one arena of bytes: for each value its length in four bytes, then its bytes
// in the encoding that Description.Fields gives (PostgreSQL's binary form for most). It belongs to one goroutine at a
// time: to the worker's job until it is sent, then to the stream, then to the reader, who calls Recycle when the bytes
// are no longer looked at. Nothing may be kept that points into it.
type RowBatch struct {
	Call   CallID
	Source int
	// Seq counts the batches of a source from 0.
	Seq uint64
	// Description describes all rows of the batch.
	Description *Description
	// Declared describes the columns as the statement declares them. On PostgreSQL it is Description; on SQLite each
	// row may depart from it. It is set on the first batch of a source.
	Declared *Description
	// Cost is how many batches of the window it takes: 1, or more for one that holds an oversized row.
	Cost int

	rows  int
	arena []byte
}

func (*RowBatch) message() {}

var batchPool = sync.Pool{New: func() any { return new(RowBatch) }}

// NewRowBatch returns an empty batch for rows of d, from the pool if it can.
func NewRowBatch(d *Description) *RowBatch {
	b := batchPool.Get().(*RowBatch)
	b.Description = d
	return b
}

// Recycle gives b back. An arena beyond keep bytes is dropped, so that one huge row doesn't stay in memory.
func (b *RowBatch) Recycle(keep int) {
	if poisonRecycled.Load() {
		poison(b.arena[:cap(b.arena)])
	}
	arena := b.arena[:0]
	if cap(arena) > keep {
		arena = nil
	}
	*b = RowBatch{arena: arena}
	batchPool.Put(b)
}

// Rows returns how many rows b holds.
func (b *RowBatch) Rows() int { return b.rows }

// Len returns how many bytes b's rows take.
func (b *RowBatch) Len() int { return len(b.arena) }

// AppendNull appends a NULL to the row that is being written.
func (b *RowBatch) AppendNull() {
	b.arena = binary.LittleEndian.AppendUint32(b.arena, nullValue)
}

// AppendValue appends a copy of v, which is not NULL even if it is empty or nil.
func (b *RowBatch) AppendValue(v []byte) {
	b.arena = append(binary.LittleEndian.AppendUint32(b.arena, uint32(len(v))), v...)
}

// AppendRaw appends a value as pgx's RawValues shows it: nil is NULL.
func (b *RowBatch) AppendRaw(v []byte) {
	if v == nil {
		b.AppendNull()
		return
	}
	b.AppendValue(v)
}

// AppendRow appends copies of the values of a whole row as pgx's RawValues shows them (nil is NULL), and ends the row.
func (b *RowBatch) AppendRow(values [][]byte) {
	need := 4 * len(values)
	for _, v := range values {
		need += len(v)
	}
	at := len(b.arena)
	arena := slices.Grow(b.arena, need)[:at+need]
	for _, v := range values {
		if v == nil {
			binary.LittleEndian.PutUint32(arena[at:], nullValue)
			at += 4
			continue
		}
		binary.LittleEndian.PutUint32(arena[at:], uint32(len(v)))
		at += 4 + copy(arena[at+4:], v)
	}
	b.arena = arena
	b.rows++
}

// AppendUint64 appends an eight-byte value, big-endian as PostgreSQL sends it.
func (b *RowBatch) AppendUint64(v uint64) {
	b.arena = binary.LittleEndian.AppendUint32(b.arena, 8)
	b.arena = binary.BigEndian.AppendUint64(b.arena, v)
}

// AppendByte appends a one-byte value.
func (b *RowBatch) AppendByte(v byte) {
	b.arena = append(binary.LittleEndian.AppendUint32(b.arena, 1), v)
}

// Grow makes room for n more bytes, so that appending them allocates at most once.
func (b *RowBatch) Grow(n int) {
	if free := cap(b.arena) - len(b.arena); free < n {
		grown := make([]byte, len(b.arena), len(b.arena)+n)
		copy(grown, b.arena)
		b.arena = grown
	}
}

// EndRow ends the row that is being written. The columns appended since the last EndRow must be as many as
// Description.Fields.
func (b *RowBatch) EndRow() { b.rows++ }

// Truncate undoes what was appended since Len was n and no row ended since.
func (b *RowBatch) Truncate(n int) { b.arena = b.arena[:n] }

// Cell is where a value lies in its batch's arena.
type Cell struct{ begin, end int32 }

// ReadCells sets cells to the row that begins at offset, and returns the offset of the next.
func (b *RowBatch) ReadCells(offset int, cells []Cell) int {
	arena := b.arena
	for i := range cells {
		n := binary.LittleEndian.Uint32(arena[offset:])
		offset += 4
		if n == nullValue {
			cells[i] = Cell{-1, -1}
			continue
		}
		end := offset + int(n)
		cells[i] = Cell{int32(offset), int32(end)}
		offset = end
	}
	return offset
}

// Value returns the bytes of a cell: nil is NULL, and any other value is not nil and points into b: it is valid until
// Recycle.
func (b *RowBatch) Value(c Cell) []byte {
	if c.begin < 0 {
		return nil
	}
	return b.arena[c.begin:c.end:c.end]
}

// ReadRow sets values to the row that begins at offset, and returns the offset of the next. NULL is nil; any other value
// is not nil and points into b: it is valid until Recycle.
func (b *RowBatch) ReadRow(offset int, values [][]byte) int {
	arena := b.arena
	for i := range values {
		n := binary.LittleEndian.Uint32(arena[offset:])
		offset += 4
		if n == nullValue {
			values[i] = nil
			continue
		}
		end := offset + int(n)
		values[i] = arena[offset:end:end]
		offset = end
	}
	return offset
}
