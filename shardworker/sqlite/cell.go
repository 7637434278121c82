package sqlite

import (
	"encoding/json"
	"math"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/troupedb/troupe/messages"
)

// cell is one value of the current row.
type cell struct {
	kind kind
	n    int32   // length of a text or byte string
	bits uint64  // of a number, or PostgreSQL's form of a time
	p    uintptr // of a text or byte string, in SQLite's memory until the next step
}

// largestExactFloat bounds the integers that a float8 can show exactly.
const largestExactFloat = 1 << 53

// read reads column i of the current row. It asks for SQLite's value object once, and reads that: the sqlite3_column
// functions would look it up, and take and leave a mutex, each time. Should a conversion from UTF-16 run out of memory,
// the next step says so.
func (v *cell) read(c *connection, s *statement, i int) {
	tls := c.tls
	value := sqlite3.Xsqlite3_column_value(tls, s.handle, int32(i))
	switch sqlite3.Xsqlite3_value_type(tls, value) {
	case sqlite3.SQLITE_INTEGER:
		v.kind, v.n, v.bits = int8Kind, 8, uint64(sqlite3.Xsqlite3_value_int64(tls, value))
		if reads := s.columns[i].declared.reads; reads != null {
			v.refineInteger(reads)
		}
	case sqlite3.SQLITE_FLOAT:
		v.kind, v.n, v.bits = float8Kind, 8, math.Float64bits(sqlite3.Xsqlite3_value_double(tls, value))
	case sqlite3.SQLITE_TEXT:
		v.kind, v.p = textKind, sqlite3.Xsqlite3_value_text(tls, value)
		v.n = sqlite3.Xsqlite3_value_bytes(tls, value)
		if reads := s.columns[i].declared.reads; reads >= dateKind {
			v.refineText(reads)
		}
	case sqlite3.SQLITE_BLOB:
		v.kind, v.p = byteaKind, sqlite3.Xsqlite3_value_blob(tls, value)
		v.n = sqlite3.Xsqlite3_value_bytes(tls, value)
	default:
		v.kind, v.n = null, 0
	}
}

// refineInteger makes an integer what its column is declared as.
func (v *cell) refineInteger(reads kind) {
	switch reads {
	case boolKind:
		if v.bits <= 1 {
			v.kind, v.n = boolKind, 1
		}
	case float8Kind:
		if n := int64(v.bits); n >= -largestExactFloat && n <= largestExactFloat {
			v.kind, v.bits = float8Kind, math.Float64bits(float64(n))
		}
	}
}

// refineText makes a text what its column is declared as, if it is one. A uuid and a json keep SQLite's bytes
// until they are appended.
func (v *cell) refineText(reads kind) {
	switch reads {
	case uuidKind:
		if _, ok := parseUUID(v.bytes()); ok {
			v.kind = uuidKind
		}
	case jsonKind:
		if json.Valid(v.bytes()) {
			v.kind = jsonKind
		}
	default:
		v.refineTime(reads)
	}
}

func (v *cell) refineTime(reads kind) {
	t, ok := parseInstant(v.bytes())
	if !ok {
		return
	}
	if reads == dateKind && !t.days {
		reads = timestampKind
	}
	v.kind, v.n, v.bits = reads, 8, uint64(t.micros)
	if reads == dateKind {
		v.n, v.bits = 4, uint64(t.micros/microsPerDay)
	}
}

func (v *cell) bytes() []byte {
	if v.n == 0 {
		return nil
	}
	return bytesAt(v.p, int(v.n))
}

// appendTo appends the value to the row that b is being given.
func (v *cell) appendTo(b *messages.RowBatch) {
	switch v.kind {
	case null:
		b.AppendNull()
	case textKind, byteaKind, jsonKind:
		b.AppendValue(v.bytes())
	case uuidKind:
		id, _ := parseUUID(v.bytes())
		b.AppendValue(id[:])
	case boolKind:
		b.AppendByte(byte(v.bits))
	case dateKind:
		days := uint32(v.bits)
		b.AppendValue([]byte{byte(days >> 24), byte(days >> 16), byte(days >> 8), byte(days)})
	default:
		b.AppendUint64(v.bits)
	}
}
