package keyset_test

import (
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"math"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement/keyset"
)

type (
	number   int32
	word     string
	spelt    string
	id       [16]byte
	blob     []byte
	constant struct{ value any }
	nilable  struct{}
	disputed int64
	encoded  int64
	panicked struct{}
)

func (s spelt) String() string                  { return "<" + string(s) + ">" }
func (c constant) Value() (driver.Value, error) { return c.value, nil }
func (*nilable) Value() (driver.Value, error)   { return int64(7), nil }
func (d disputed) Value() (driver.Value, error) { return int64(d), nil }
func (d disputed) Int64Value() (pgtype.Int8, error) {
	return pgtype.Int8{Int64: int64(d) + 1, Valid: true}, nil
}

func (e encoded) Int64Value() (pgtype.Int8, error) {
	return pgtype.Int8{Int64: int64(e) + 1, Valid: true}, nil
}
func (panicked) Value() (driver.Value, error)        { panic("value") }
func (panicked) Dimensions() []pgtype.ArrayDimension { panic("dimensions") }
func (panicked) Index(int) any                       { return nil }
func (panicked) IndexType() any                      { return nil }

func pointer[T any](v T) *T { return &v }

const uuidText = "123e4567-e89b-12d3-a456-426614174000"

var uuidBytes = [16]byte{0x12, 0x3e, 0x45, 0x67, 0xe8, 0x9b, 0x12, 0xd3, 0xa4, 0x56, 0x42, 0x66, 0x14, 0x17, 0x40, 0}

// uncertain stands for a value that may be any key.
var uncertain = struct{ any }{}

func TestCanonical(t *testing.T) {
	for _, c := range []struct {
		in                         any
		integer, text, uuid, bytes any
	}{
		{nil, nil, nil, nil, nil},
		{1, int64(1), uncertain, uncertain, uncertain},
		{int8(-1), int64(-1), uncertain, uncertain, uncertain},
		{uint16(1), int64(1), uncertain, uncertain, uncertain},
		{uint64(math.MaxInt64), int64(math.MaxInt64), uncertain, uncertain, uncertain},
		{uint64(math.MaxInt64 + 1), uncertain, uncertain, uncertain, uncertain},
		{number(3), int64(3), uncertain, uncertain, uncertain},
		{pointer(3), int64(3), uncertain, uncertain, uncertain},
		{pointer(pointer(number(3))), int64(3), uncertain, uncertain, uncertain},
		{(*int)(nil), nil, nil, nil, nil},
		{pointer((*string)(nil)), nil, nil, nil, nil},
		{5.0, uncertain, uncertain, uncertain, uncertain},
		{true, uncertain, uncertain, uncertain, uncertain},
		{time.Time{}, uncertain, uncertain, uncertain, uncertain},
		{"5", uncertain, "5", uncertain, uncertain},
		{"", uncertain, "", uncertain, uncertain},
		{word("x"), uncertain, "x", uncertain, uncertain},
		{pointer("x"), uncertain, "x", uncertain, uncertain},
		{spelt("x"), uncertain, uncertain, uncertain, uncertain},
		{uuidText, uncertain, uuidText, uuidBytes, uncertain},
		{"123E4567-E89B-12D3-A456-426614174000", uncertain, "123E4567-E89B-12D3-A456-426614174000", uuidBytes, uncertain},
		{"123e4567e89b12d3a456426614174000", uncertain, "123e4567e89b12d3a456426614174000", uncertain, uncertain},
		{"123e4567-e89b-12d3-a456-42661417400g", uncertain, "123e4567-e89b-12d3-a456-42661417400g", uncertain, uncertain},
		{uuidBytes, uncertain, uncertain, uuidBytes, uncertain},
		{id(uuidBytes), uncertain, uncertain, uuidBytes, uncertain},
		{[15]byte{}, uncertain, uncertain, uncertain, uncertain},
		{[]byte("x"), uncertain, uncertain, uncertain, keyset.ByteString("x")},
		{blob("x"), uncertain, uncertain, uncertain, keyset.ByteString("x")},
		{[]byte(nil), nil, nil, nil, nil},
		{json.RawMessage("1"), uncertain, uncertain, uncertain, uncertain},
		{[]int64{1}, uncertain, uncertain, uncertain, uncertain},
		{map[string]int(nil), uncertain, uncertain, uncertain, uncertain},
		{struct{}{}, uncertain, uncertain, uncertain, uncertain},
		{pgtype.Int8{Int64: 4, Valid: true}, int64(4), uncertain, uncertain, uncertain},
		{pgtype.Int4{Int32: 4, Valid: true}, int64(4), uncertain, uncertain, uncertain},
		{&pgtype.Int2{Int16: 4, Valid: true}, int64(4), uncertain, uncertain, uncertain},
		{pgtype.Int8{}, nil, nil, nil, nil},
		{(*pgtype.Int8)(nil), nil, nil, nil, nil},
		{pgtype.Text{String: "x", Valid: true}, uncertain, "x", uncertain, uncertain},
		{pgtype.UUID{Bytes: uuidBytes, Valid: true}, uncertain, uuidText, uuidBytes, uncertain},
		{pgtype.Float8{Float64: 1, Valid: true}, uncertain, uncertain, uncertain, uncertain},
		{sql.NullInt64{Int64: 4, Valid: true}, int64(4), uncertain, uncertain, uncertain},
		{sql.NullString{String: "x", Valid: true}, uncertain, "x", uncertain, uncertain},
		{sql.NullString{}, nil, nil, nil, nil},
		{constant{int64(4)}, int64(4), uncertain, uncertain, uncertain},
		{constant{[]byte("x")}, uncertain, uncertain, uncertain, keyset.ByteString("x")},
		{constant{constant{int64(4)}}, uncertain, uncertain, uncertain, uncertain},
		{constant{1.5}, uncertain, uncertain, uncertain, uncertain},
		{(*constant)(nil), nil, nil, nil, nil},
		{(*nilable)(nil), int64(7), uncertain, uncertain, uncertain},
		{disputed(4), uncertain, uncertain, uncertain, uncertain},
		{encoded(4), uncertain, uncertain, uncertain, uncertain},
		{panicked{}, uncertain, uncertain, uncertain, uncertain},
		{&panicked{}, uncertain, uncertain, uncertain, uncertain},
	} {
		for typ, want := range map[keyset.Type]any{keyset.Integer: c.integer, keyset.Text: c.text, keyset.UUID: c.uuid, keyset.Bytes: c.bytes, keyset.Unknown: uncertain} {
			got, ok := keyset.Canonical(typ, c.in)
			if want == uncertain {
				require.False(t, ok, "%v: %T %v", typ, c.in, c.in)
				continue
			}
			require.True(t, ok, "%v: %T %v", typ, c.in, c.in)
			require.Equal(t, want, got, "%v: %T %v", typ, c.in, c.in)
		}
	}
}

// What is converted twice is the same.
func TestCanonicalOfCanonical(t *testing.T) {
	for typ, v := range map[keyset.Type]any{keyset.Integer: int64(1), keyset.Text: "x", keyset.UUID: uuidBytes} {
		again, ok := keyset.Canonical(typ, v)
		require.True(t, ok)
		require.Equal(t, v, again)
	}
}

func TestElements(t *testing.T) {
	for _, c := range []struct {
		in   any
		want []any // nil is every key
	}{
		{[]int64{3, 1, 3}, []any{int64(1), int64(3)}},
		{[]any{int8(1), nil, (*int)(nil), 2}, []any{int64(1), int64(2)}},
		{[]number{1}, []any{int64(1)}},
		{pointer([]int{1}), []any{int64(1)}},
		{pgtype.FlatArray[int32]{2}, []any{int64(2)}},
		{pgtype.Array[int64]{Elements: []int64{5, 6}, Dims: []pgtype.ArrayDimension{{Length: 2, LowerBound: 1}}, Valid: true}, []any{int64(5), int64(6)}},
		{[]int{}, []any{}},
		{[]int(nil), []any{}},
		{nil, []any{}},
		{(*[]int)(nil), []any{}},
		{[]any{1, "x"}, nil},
		{[]string{"1"}, nil},
		{"{1,2}", nil},
		{5, nil},
		{[]byte{1, 2}, nil},
		{[][]int{{1}}, nil},
		{constant{int64(1)}, nil},
		{panicked{}, nil},
		{(*panicked)(nil), nil},
	} {
		k := keyset.Evaluate(keyset.Elements{keyset.Operand{Ordinal: 1}}, keyset.Integer, []any{c.in})
		require.Equal(t, c.want == nil, k.All, "%T %v", c.in, c.in)
		require.Len(t, k.Values, len(c.want), "%T %v", c.in, c.in)
		for i, v := range c.want {
			require.Equal(t, v, k.Values[i])
		}
	}
	require.Equal(t, []any{"a", "b"}, keyset.Evaluate(keyset.Elements{keyset.Operand{Ordinal: 1}}, keyset.Text, []any{[]word{"b", "a"}}).Values)
	require.Equal(t, []any{uuidBytes}, keyset.Evaluate(keyset.Elements{keyset.Operand{Ordinal: 1}}, keyset.UUID, []any{[]id{id(uuidBytes)}}).Values)
}

func TestOperand(t *testing.T) {
	first, named := keyset.Operand{Ordinal: 1}, keyset.Operand{Name: "a"}
	for _, c := range []struct {
		o    keyset.Operand
		args []any
		want any
		ok   bool
	}{
		{first, []any{1}, 1, true},
		{first, []any{pgx.QueryExecModeExec, pgx.QueryResultFormats{1}, 2}, 2, true},
		{keyset.Operand{Ordinal: 2}, []any{1}, nil, false},
		{first, nil, nil, false},
		{first, []any{pgx.NamedArgs{"a": 1}}, nil, false},
		{named, []any{pgx.NamedArgs{"a": 1}}, 1, true},
		{named, []any{pgx.QueryExecModeExec, pgx.StrictNamedArgs{"a": 1}}, 1, true},
		{named, []any{pgx.NamedArgs{"b": 1}}, nil, false},
		{named, []any{1}, nil, false},
		{named, nil, nil, false},
		{keyset.Operand{Literal: "x"}, nil, "x", true},
		{keyset.Operand{}, nil, nil, true},
	} {
		v, ok := c.o.Value(c.args)
		require.Equal(t, c.ok, ok, "%v %v", c.o, c.args)
		require.Equal(t, c.want, v)
	}
	bytes := keyset.Operand{Literal: []byte{1}}
	v, _ := bytes.Value(nil)
	v.([]byte)[0] = 2
	again, _ := bytes.Value(nil)
	require.Equal(t, []byte{1}, again)
}
