package messages

import (
	"encoding/hex"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
)

// Key is the identity of a row: two rows with equal primary keys on two shards are two identities, which differ in
// Shard only. Keys are comparable and can index a map.
type Key struct {
	// Table is the table's name as it was mapped.
	Table string
	// PK is the primary key.
	PK PrimaryKey
	// Shard is the shard that the row lives on: its identity token.
	Shard ShardID
}

// String returns "table(pk)@shard".
func (k Key) String() string { return k.Table + "(" + k.PK.String() + ")@" + string(k.Shard) }

// IsZero reports whether k identifies nothing.
func (k Key) IsZero() bool { return k == Key{} }

// PrimaryKey is the values of a primary key in a canonical, comparable form: integers of every Go type that have the
// same value are equal, and no integer equals a text.
type PrimaryKey struct {
	text string
}

// NewPrimaryKey returns the primary key of values, which must be integers, texts, byte strings, booleans, or 16-byte
// arrays (UUIDs), or types of those kinds. Others, NULLs among them, are [ErrInvalidRequest].
func NewPrimaryKey(values ...any) (PrimaryKey, error) {
	if len(values) == 0 {
		return PrimaryKey{}, &Error{Code: ErrInvalidRequest, Op: "key", Detail: "a primary key has at least one value"}
	}
	var room [64]byte
	text := room[:0]
	for i, v := range values {
		if i > 0 {
			text = append(text, ',')
		}
		var err error
		if text, err = appendKeyValue(text, v); err != nil {
			return PrimaryKey{}, &Error{Code: ErrInvalidRequest, Op: "key", Detail: fmt.Sprintf("value %d", i+1), Err: err}
		}
	}
	return PrimaryKey{string(text)}, nil
}

func appendKeyValue(text []byte, v any) ([]byte, error) {
	rv := reflect.ValueOf(v)
	for rv.Kind() == reflect.Pointer && !rv.IsNil() {
		rv = rv.Elem()
	}
	switch rv.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return strconv.AppendInt(text, rv.Int(), 10), nil
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if rv.Uint() > math.MaxInt64 {
			return nil, fmt.Errorf("%d is larger than a database's largest integer", rv.Uint())
		}
		return strconv.AppendUint(text, rv.Uint(), 10), nil
	case reflect.String:
		return strconv.AppendQuote(text, rv.String()), nil
	case reflect.Bool:
		return strconv.AppendBool(text, rv.Bool()), nil
	case reflect.Slice, reflect.Array:
		if rv.Type().Elem().Kind() != reflect.Uint8 || rv.Kind() == reflect.Slice && rv.IsNil() {
			return nil, fmt.Errorf("a %T can't be a key", v)
		}
		raw := make([]byte, rv.Len())
		for i := range raw {
			raw[i] = byte(rv.Index(i).Uint()) // not reflect.Copy, which wants the element to be byte itself
		}
		kind := byte('x')
		if rv.Kind() == reflect.Array && len(raw) == 16 {
			kind = 'u'
		}
		return append(hex.AppendEncode(append(text, kind, '\''), raw), '\''), nil
	default:
		return nil, fmt.Errorf("a %T can't be a key", v)
	}
}

// String returns the values, separated by commas; texts are quoted.
func (pk PrimaryKey) String() string { return pk.text }

// IsZero reports whether pk has no values.
func (pk PrimaryKey) IsZero() bool { return pk.text == "" }

// Values returns the values: int64, string, bool, []byte or [16]byte each.
func (pk PrimaryKey) Values() []any {
	var values []any
	for rest := pk.text; rest != ""; rest = strings.TrimPrefix(rest, ",") {
		var v any
		v, rest = cutKeyValue(rest)
		values = append(values, v)
	}
	return values
}

func cutKeyValue(text string) (v any, rest string) {
	if text[0] == '"' {
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil {
			panic("bug: a primary key that was not built by NewPrimaryKey: " + err.Error())
		}
		s, _ := strconv.Unquote(quoted)
		return s, text[len(quoted):]
	}
	token, rest, more := strings.Cut(text, ",")
	if more {
		rest = "," + rest
	}
	switch {
	case token == "true" || token == "false":
		return token == "true", rest
	case strings.HasPrefix(token, "x'"), strings.HasPrefix(token, "u'"):
		raw, _ := hex.DecodeString(token[2 : len(token)-1])
		if token[0] == 'u' {
			return [16]byte(raw), rest
		}
		return raw, rest
	default:
		n, _ := strconv.ParseInt(token, 10, 64)
		return n, rest
	}
}
