package coordinator

import (
	"encoding/binary"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
)

// Two conversions make up most of what is scanned, so they are done here rather than through pgtype's plans: a text to a
// *string and an int8 to an *int64. What they answer is the same; anything else, NULL too, is pgtype's.

// direct says which of them a column allows.
type direct uint8

const (
	directNone direct = iota
	directText
	directInt8
)

// directFor returns the conversion for a column, unless its shard has registered a type of its own for it.
func directFor(d *messages.Description, f *pgconn.FieldDescription) direct {
	for _, t := range d.Types {
		if t.OID == f.DataTypeOID {
			return directNone
		}
	}
	switch f.DataTypeOID {
	case pgtype.TextOID, pgtype.VarcharOID:
		return directText
	case pgtype.Int8OID:
		if f.Format == pgtype.BinaryFormatCode {
			return directInt8
		}
	}
	return directNone
}

// scanDirect scans value into target if it can.
func (s *scanner) scanDirect(d direct, value []byte, target any) bool {
	if value == nil {
		return false
	}
	switch d {
	case directText:
		if t, ok := target.(*string); ok && t != nil {
			*t = s.texts.copy(value)
			return true
		}
	case directInt8:
		if t, ok := target.(*int64); ok && t != nil && len(value) == 8 {
			*t = int64(binary.BigEndian.Uint64(value))
			return true
		}
	}
	return false
}

const (
	slabBytes    = 2 << 10
	largestShare = slabBytes / 8
)

// slab makes small texts share an allocation. A text that is kept keeps at most its slab of slabBytes in memory.
type slab struct{ free []byte }

// copy returns a string with the bytes of value.
func (s *slab) copy(value []byte) string {
	if len(value) > largestShare {
		return string(value)
	}
	if len(value) > len(s.free) {
		s.free = make([]byte, slabBytes)
	}
	n := copy(s.free, value)
	text := bytesAsString(s.free[:n:n])
	s.free = s.free[n:]
	return text
}
