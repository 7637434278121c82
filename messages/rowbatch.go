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

	rows int
	// used is how much of arena is taken. A number rather than arena's length, for it changes with each value: while the garbage collector
	// runs, each slice that is written to the heap costs a write barrier.
	used  int
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
		poison(b.arena)
	}
	arena := b.arena
	if cap(arena) > keep {
		arena = nil
	}
	*b = RowBatch{arena: arena}
	batchPool.Put(b)
}

// Rows returns how many rows b holds.
func (b *RowBatch) Rows() int { return b.rows }

// Len returns how many bytes b's rows take.
func (b *RowBatch) Len() int { return b.used }

// AppendNull appends a NULL to the row that is being written.
func (b *RowBatch) AppendNull() {
	b.reserve(4)
	binary.LittleEndian.PutUint32(b.arena[b.used:], nullValue)
	b.used += 4
}

// AppendValue appends a copy of v, which is not NULL even if it is empty or nil.
func (b *RowBatch) AppendValue(v []byte) {
	b.reserve(4 + len(v))
	to := b.arena[b.used:]
	binary.LittleEndian.PutUint32(to, uint32(len(v)))
	copy(to[4:], v)
	b.used += 4 + len(v)
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
	b.reserve(need)
	to := b.arena[b.used : b.used+need]
	for _, v := range values {
		if v == nil {
			binary.LittleEndian.PutUint32(to, nullValue)
			to = to[4:]
			continue
		}
		binary.LittleEndian.PutUint32(to, uint32(len(v)))
		to = to[4+copy(to[4:], v):]
	}
	b.used += need
	b.rows++
}

// AppendUint64 appends an eight-byte value, big-endian as PostgreSQL sends it.
func (b *RowBatch) AppendUint64(v uint64) {
	b.reserve(4 + 8)
	to := b.arena[b.used : b.used+4+8]
	binary.LittleEndian.PutUint32(to, 8)
	binary.BigEndian.PutUint64(to[4:], v)
	b.used += 4 + 8
}

// AppendByte appends a one-byte value.
func (b *RowBatch) AppendByte(v byte) {
	b.reserve(4 + 1)
	to := b.arena[b.used : b.used+4+1]
	binary.LittleEndian.PutUint32(to, 1)
	to[4] = v
	b.used += 4 + 1
}

// reserve makes room for n more bytes.
func (b *RowBatch) reserve(n int) {
	if n > len(b.arena)-b.used {
		b.enlarge(n)
	}
}

// enlarge makes room for n more bytes, and more in proportion to those that there are.
func (b *RowBatch) enlarge(n int) {
	grown := slices.Grow(b.arena[:b.used], n)
	b.arena = grown[:cap(grown)]
}

// Grow makes room for n more bytes, so that appending them allocates at most once.
func (b *RowBatch) Grow(n int) {
	if n > len(b.arena)-b.used {
		grown := make([]byte, b.used+n)
		copy(grown, b.arena[:b.used])
		b.arena = grown
	}
}

// EndRow ends the row that is being written. The columns appended since the last EndRow must be as many as
// Description.Fields.
func (b *RowBatch) EndRow() { b.rows++ }

// Truncate undoes what was appended since Len was n and no row ended since.
func (b *RowBatch) Truncate(n int) { b.used = n }

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

// Values goes through the values of rows in turn.
type Values struct{ rest []byte }

// ValuesFrom returns the values of the row that begins at offset, and of those after it.
func (b *RowBatch) ValuesFrom(offset int) Values { return Values{b.arena[offset:b.used]} }

// Next returns the next value, as [RowBatch.Value] does. REQUIRES: there is one.
func (v *Values) Next() []byte {
	n := binary.LittleEndian.Uint32(v.rest)
	if n == nullValue {
		v.rest = v.rest[4:]
		return nil
	}
	value := v.rest[4 : 4+n : 4+n]
	v.rest = v.rest[4+n:]
	return value
}

// Offset returns where in b the value begins that comes next. REQUIRES: v is of b.
func (b *RowBatch) Offset(v Values) int { return b.used - len(v.rest) }

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
