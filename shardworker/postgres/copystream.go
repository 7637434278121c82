package postgres

import (
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// copyHeader begins a COPY in binary form: the signature, no flags, no extension. The form's own end marker isn't needed.
const copyHeader = "PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000"

// errCopyEnded is all that the server is told of a source that failed: its own error may quote values.
var errCopyEnded = errors.New("the rows ended with an error")

// copyStream encodes rows as pgconn reads them, on a goroutine of pgconn's. It holds one row, and what fits into pgconn's
// buffer beside it.
type copyStream struct {
	types  *pgtype.Map
	rows   *shardworker.CopyRows
	fields []pgconn.FieldDescription

	mu       sync.Mutex // held while pgconn reads
	buffer   []byte
	unread   []byte // the rest of buffer
	stopped  bool
	complete bool  // all rows were read, so that pgconn may have sent the end
	err      error // why not
}

func newCopyStream(types *pgtype.Map, rows *shardworker.CopyRows, fields []pgconn.FieldDescription) *copyStream {
	s := &copyStream{types: types, rows: rows, fields: fields, buffer: []byte(copyHeader)}
	s.unread = s.buffer
	return s
}

// stop waits for what is being read, and makes that the last.
func (s *copyStream) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = true
}

// Read fills p with as many rows as fit, so that a message to the server is full.
func (s *copyStream) Read(p []byte) (n int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n < len(p) {
		if len(s.unread) == 0 {
			if err := s.next(); err != nil {
				return n, err
			}
		}
		copied := copy(p[n:], s.unread)
		s.unread = s.unread[copied:]
		n += copied
	}
	return n, nil
}

// next encodes the next row.
func (s *copyStream) next() error {
	if s.stopped {
		return errCopyEnded
	}
	values, err := s.rows.Next()
	if err == nil && values == nil {
		s.complete = true
		return io.EOF
	}
	if err == nil {
		err = s.encode(values)
	}
	if err != nil {
		s.err = err
		return errCopyEnded
	}
	return nil
}

const keptCopyBytes = 1 << 20 // of a buffer that a large row has made larger

func (s *copyStream) encode(values []any) error {
	if cap(s.buffer) > keptCopyBytes {
		s.buffer = nil
	}
	buffer := binary.BigEndian.AppendUint16(s.buffer[:0], uint16(len(values)))
	for i, v := range values {
		var err error
		if buffer, err = s.encodeValue(buffer, s.fields[i].DataTypeOID, v); err != nil {
			return s.valueError(i, err)
		}
	}
	s.buffer, s.unread = buffer, buffer
	return nil
}

// encodeValue appends v with its length before. As in pgx's CopyFrom, a text that isn't one to the column's type is read as
// PostgreSQL would read it in a statement.
func (s *copyStream) encodeValue(buffer []byte, oid uint32, v any) (_ []byte, err error) {
	defer func() {
		if value := recover(); value != nil { // a Valuer's
			err = &messages.Error{Code: messages.ErrPanic, Op: opCopy, Detail: fmt.Sprintf("a %T panicked: %s", v, messages.PanicText(value))}
		}
	}()
	if _, registered := s.types.TypeForOID(oid); !registered && !isText(v) {
		return nil, errUnregistered
	}
	begin := len(buffer)
	buffer = append(buffer, 0xff, 0xff, 0xff, 0xff) // the length of NULL
	encoded, err := s.types.Encode(oid, pgtype.BinaryFormatCode, v, buffer)
	if err != nil {
		fromText, notText := s.encodeText(buffer, oid, v)
		if notText != nil {
			return nil, err
		}
		encoded = fromText
	}
	if encoded == nil {
		return buffer, nil
	}
	binary.BigEndian.PutUint32(encoded[begin:], uint32(len(encoded)-begin-4))
	return encoded, nil
}

// errUnregistered says that only the Go type of a value would tell how to encode it. pgx would take that, and the server whatever has
// the right length.
var errUnregistered = errors.New("the column's type isn't registered")

// isText reports whether v is a text or bytes, which are sent as they are: to an enum they are its binary form.
func isText(v any) bool {
	t := reflect.TypeOf(v)
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if _, ok := v.(driver.Valuer); ok || t == nil || t.Kind() == reflect.String {
		return true
	}
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8
}

func (s *copyStream) encodeText(buffer []byte, oid uint32, v any) ([]byte, error) {
	text, ok := v.(string)
	if !ok {
		encoded, err := s.types.Encode(oid, pgtype.TextFormatCode, v, nil)
		if err != nil {
			return nil, err
		}
		text = string(encoded)
	}
	if t, ok := s.types.TypeForOID(oid); ok {
		if _, isArray := t.Codec.(*pgtype.ArrayCodec); isArray {
			var array pgtype.Array[any] // keeps the dimensions
			if err := s.types.Scan(oid, pgtype.TextFormatCode, []byte(text), &array); err == nil {
				return s.types.Encode(oid, pgtype.BinaryFormatCode, array, buffer)
			}
		}
	}
	var value any
	if err := s.types.Scan(oid, pgtype.TextFormatCode, []byte(text), &value); err != nil {
		return nil, err
	}
	return s.types.Encode(oid, pgtype.BinaryFormatCode, value, buffer)
}

// valueError says which value can't be encoded, and not what it is.
func (s *copyStream) valueError(column int, err error) error {
	var known *messages.Error
	if errors.As(err, &known) && known.Code == messages.ErrPanic {
		named := *known
		named.Detail = fmt.Sprintf("row %d, column %q: %s", s.rows.Row(), s.fields[column].Name, known.Detail)
		return &named
	}
	name := fmt.Sprintf("the type with OID %d, which isn't registered", s.fields[column].DataTypeOID)
	if t, ok := s.types.TypeForOID(s.fields[column].DataTypeOID); ok {
		name = t.Name
	}
	return &messages.Error{Code: messages.ErrInvalidRequest, Op: opCopy, Err: &withheld{
		fmt.Sprintf("row %d: the value of column %q can't be encoded as %s", s.rows.Row(), s.fields[column].Name, name), err,
	}}
}
