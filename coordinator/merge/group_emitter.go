package merge

import (
	"encoding/binary"
	"math"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
)

// emitted is a value of the answer.
type emitted struct {
	bytes  []byte // nil is NULL
	oid    uint32
	size   int16
	format int16
}

// emitter writes rows to batches.
type emitter struct {
	dialect  messages.Dialect
	declared *messages.Description
	current  *messages.Description // of the batch
	batch    *messages.RowBatch    // nil without
	started  bool                  // a batch was yielded
	at       Position
	row      []emitted
	room     []byte // for the row's values
}

func (e *emitter) open(declared *messages.Description, dialect messages.Dialect) {
	e.dialect, e.declared, e.current = dialect, declared, declared
	e.row = make([]emitted, len(declared.Fields))
	if dialect != messages.SQLite {
		return
	}
	for i := range declared.Fields {
		if declared.Fields[i].DataTypeOID == pgtype.UnknownOID { // a NULL is a text until a row knows better
			e.redescribe(i, emitted{oid: pgtype.TextOID, size: -1, format: pgtype.BinaryFormatCode})
		}
	}
}

// redescribe makes a new description, in which column i has the type of v.
func (e *emitter) redescribe(i int, v emitted) {
	d := *e.current
	d.Fields = slices.Clone(d.Fields)
	f := &d.Fields[i]
	f.DataTypeOID, f.DataTypeSize, f.Format = v.oid, v.size, v.format
	e.current = &d
}

// full reports whether the batch should be yielded.
func (e *emitter) full() bool {
	return e.batch != nil && e.batch.Len() >= messages.DefaultBatchBytes
}

// write writes the row to the batch. False says that the batch has to be yielded before.
func (e *emitter) write() bool {
	if e.dialect == messages.SQLite && !e.describeRow() {
		return false
	}
	if e.batch == nil {
		e.batch = messages.NewRowBatch(e.current)
		if !e.started {
			e.batch.Declared = e.declared
		}
		e.started = true
	}
	for i := range e.row {
		e.batch.AppendRaw(e.row[i].bytes)
	}
	e.batch.EndRow()
	return true
}

// describeRow makes a description that fits the row. A NULL says nothing.
func (e *emitter) describeRow() bool {
	for i := range e.row {
		v := &e.row[i]
		if v.bytes == nil || v.oid == e.current.Fields[i].DataTypeOID {
			continue
		}
		if e.batch != nil {
			return false
		}
		e.redescribe(i, *v)
	}
	return true
}

// begin moves to the first row of the batch, if there is one.
func (e *emitter) begin() bool {
	if e.batch == nil {
		return false
	}
	e.at.Begin(e.batch, e.batch.Description)
	return true
}

// recycle gives back the batch that was yielded.
func (e *emitter) recycle() {
	if e.batch == nil {
		return
	}
	e.at.End()
	e.batch.Recycle(2 * messages.DefaultBatchBytes)
	e.batch = nil
}

// encode sets the cell to a value, in the form of type oid, or on SQLite in that of its own type.
func (e *emitter) encode(cell *emitted, v *datum, oid uint32) {
	begin := len(e.room)
	f := pgconn.FieldDescription{DataTypeOID: oid}
	switch v.kind {
	case nullDatum:
		cell.bytes = nil
		return
	case boolDatum:
		e.room = append(e.room, byte(v.int))
	case intDatum, momentDatum:
		if e.dialect == messages.SQLite {
			f = fieldOf(pgtype.Int8OID)
		}
		e.room = appendInteger(e.room, f.DataTypeOID, v.int)
	case floatDatum:
		if e.dialect == messages.SQLite {
			f = fieldOf(pgtype.Float8OID)
		}
		e.room = appendFloat(e.room, f.DataTypeOID, v.float)
	case numericDatum:
		e.room = v.dec.append(e.room)
	default:
		if e.dialect == messages.SQLite {
			f = fieldOf(map[datumKind]uint32{textDatum: pgtype.TextOID, blobDatum: pgtype.ByteaOID}[v.kind])
		}
		e.room = append(e.room, v.bytes...)
	}
	if e.room == nil {
		e.room = []byte{} // an empty text isn't NULL
	}
	cell.bytes = e.room[begin:len(e.room):len(e.room)]
	cell.oid, cell.size, cell.format = f.DataTypeOID, f.DataTypeSize, f.Format
}

func appendInteger(dst []byte, oid uint32, i int64) []byte {
	switch oid {
	case pgtype.Int2OID:
		return binary.BigEndian.AppendUint16(dst, uint16(i))
	case pgtype.Int4OID, pgtype.DateOID:
		return binary.BigEndian.AppendUint32(dst, uint32(i))
	default:
		return binary.BigEndian.AppendUint64(dst, uint64(i))
	}
}

func appendFloat(dst []byte, oid uint32, f float64) []byte {
	if math.IsNaN(f) {
		f = math.Float64frombits(0x7ff8 << 48) // PostgreSQL's own, whatever the processor made
	}
	if oid == pgtype.Float4OID {
		return binary.BigEndian.AppendUint32(dst, math.Float32bits(float32(f)))
	}
	return binary.BigEndian.AppendUint64(dst, math.Float64bits(f))
}
