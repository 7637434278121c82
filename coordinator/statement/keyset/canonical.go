package keyset

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"math"
	"reflect"

	"github.com/jackc/pgx/v5/pgtype"
)

// Canonical returns the key that v, a Go argument or a literal, is in a column of type t; nil for NULL. It is false if v
// doesn't convert exactly, or if it isn't certain that the database converts it so: then v may equal any key. No value
// makes it panic.
func Canonical(t Type, v any) (any, bool) {
	switch v := v.(type) {
	case nil:
		return nil, t != Unknown
	case int64:
		return v, t == Integer
	case int:
		return int64(v), t == Integer
	case string:
		return ofString(t, v)
	}
	return reflected(t, v)
}

// maxPointers is how many pointers are followed: pgx follows as many as there are.
const maxPointers = 4

func reflected(t Type, v any) (any, bool) {
	for range maxPointers {
		rv := reflect.ValueOf(v)
		if !rv.IsValid() {
			return nil, t != Unknown
		}
		if valuer, ok := v.(driver.Valuer); ok {
			return ofValuer(t, rv, valuer)
		}
		if encodesItself(v) {
			return nil, false
		}
		if rv.Kind() != reflect.Pointer {
			return ofKind(t, rv)
		}
		if rv.IsNil() {
			return nil, t != Unknown
		}
		v = rv.Elem().Interface()
	}
	return nil, false
}

// encodesItself reports whether pgx asks the value how it is encoded, which SQLite's backend doesn't.
func encodesItself(v any) bool {
	switch v.(type) {
	case pgtype.Int64Valuer, pgtype.TextValuer, pgtype.UUIDValuer, pgtype.BytesValuer, json.RawMessage:
		return true
	default:
		return false
	}
}

// ofValuer returns what both ways to ask a value agree on. Its methods are the application's, so they may panic.
func ofValuer(t Type, rv reflect.Value, v driver.Valuer) (key any, ok bool) {
	if rv.Kind() == reflect.Pointer && rv.IsNil() && rv.Type().Elem().Implements(valuerType) {
		return nil, t != Unknown
	}
	defer func() {
		if recover() != nil {
			key, ok = nil, false
		}
	}()
	value, err := v.Value()
	if err != nil {
		return nil, false
	}
	if value == nil {
		key, ok = nil, t != Unknown
	} else if _, again := value.(driver.Valuer); again {
		return nil, false
	} else if key, ok = ofKind(t, reflect.ValueOf(value)); !ok {
		return nil, false
	}
	if other, asked, certain := encoded(t, v); asked && (!certain || other != key) {
		return nil, false
	}
	return key, ok
}

var valuerType = reflect.TypeFor[driver.Valuer]()

// encoded returns what pgx encodes a value as that it asks before its Value method.
func encoded(t Type, v any) (key any, asked, ok bool) {
	switch v := v.(type) {
	case pgtype.Int64Valuer:
		if t == Integer {
			n, err := v.Int64Value()
			return nullable(n.Valid, n.Int64), true, err == nil
		}
	case pgtype.TextValuer:
		if t == Text {
			s, err := v.TextValue()
			return nullable(s.Valid, s.String), true, err == nil
		}
	case pgtype.UUIDValuer:
		if t == UUID {
			u, err := v.UUIDValue()
			return nullable(u.Valid, u.Bytes), true, err == nil
		}
	case pgtype.BytesValuer:
		if t == Bytes {
			b, err := v.BytesValue()
			return nullable(b != nil, ByteString(b)), true, err == nil
		}
	}
	return nil, false, false
}

func nullable(valid bool, v any) any {
	if !valid {
		return nil
	}
	return v
}

// ofKind converts a value without methods that count, by its kind.
func ofKind(t Type, rv reflect.Value) (any, bool) {
	switch rv.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return rv.Int(), t == Integer
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return int64(rv.Uint()), t == Integer && rv.Uint() <= math.MaxInt64
	case reflect.String:
		// A text that has a name of its own for printing may be encoded as that, by some versions of pgx.
		if s, ok := rv.Interface().(fmt.Stringer); ok && !saysItself(s, rv.String()) {
			return nil, false
		}
		return ofString(t, rv.String())
	case reflect.Slice:
		if rv.Type().Elem().Kind() != reflect.Uint8 {
			return nil, false
		}
		if rv.IsNil() {
			return nil, t != Unknown
		}
		return ByteString(rv.Bytes()), t == Bytes
	case reflect.Array:
		if t != UUID || rv.Len() != 16 || rv.Type().Elem().Kind() != reflect.Uint8 {
			return nil, false
		}
		var id [16]byte
		for i := range id {
			id[i] = byte(rv.Index(i).Uint())
		}
		return id, true
	default:
		return nil, false
	}
}

func saysItself(s fmt.Stringer, text string) (same bool) {
	defer func() {
		if recover() != nil {
			same = false
		}
	}()
	return s.String() == text
}

func ofString(t Type, s string) (any, bool) {
	switch t {
	case Text:
		return s, true
	case UUID:
		return parseUUID(s)
	default:
		return nil, false
	}
}

// parseUUID reads a uuid as it is usually written, in letters of either case.
func parseUUID(s string) (any, bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return nil, false
	}
	var id [16]byte
	n := 0
	for i := 0; i < len(s); i++ {
		if i == 8 || i == 13 || i == 18 || i == 23 {
			continue
		}
		digit := hexDigit(s[i])
		if digit > 15 {
			return nil, false
		}
		id[n/2] = id[n/2]<<4 | digit
		n++
	}
	return id, true
}

// hexDigit returns the value of a digit, or 255.
func hexDigit(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	default:
		return 255
	}
}
