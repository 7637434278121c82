package session

import (
	"database/sql"
	"math"
	"reflect"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
)

func TestAssign(t *testing.T) {
	type id int32
	type uuid [16]byte
	n, text := int64(7), "x"
	for _, test := range []struct{ field, value, want any }{
		{new(int64), 5, int64(5)},
		{new(id), int64(5), id(5)},
		{new(uint8), int64(255), uint8(255)},
		{new(int64), uint64(9), int64(9)},
		{new(uint16), uint8(1), uint16(1)},
		{new(*int64), int32(7), &n},
		{new(int64), &n, int64(7)},
		{new(*int64), (*int64)(nil), (*int64)(nil)},
		{new(string), "x", "x"},
		{new(*string), "x", &text},
		{new(uuid), [16]byte{1}, uuid{1}},
		{new([16]byte), uuid{2}, [16]byte{2}},
		{new(string), [16]byte{0: 0x12, 15: 0xff}, "12000000-0000-0000-0000-0000000000ff"},
		{new([]byte), []byte{1}, []byte{1}},
		{new(bool), true, true},
		{new(any), int64(3), int64(3)},
		{new(pgtype.Int8), int32(7), pgtype.Int8{Int64: 7, Valid: true}},
		{new(pgtype.Int8), uint8(7), pgtype.Int8{Int64: 7, Valid: true}},
		{new(sql.NullString), "x", sql.NullString{String: "x", Valid: true}},
		{new(sql.NullString), uuid{}, sql.NullString{String: "00000000-0000-0000-0000-000000000000", Valid: true}},
	} {
		field := reflect.ValueOf(test.field).Elem()
		require.NoError(t, assign(field, reflect.ValueOf(test.value)), "%T = %T", test.field, test.value)
		require.Equal(t, test.want, field.Interface())
	}
	for _, test := range []struct{ field, value any }{
		{new(int8), 128},
		{new(uint8), -1},
		{new(uint8), 256},
		{new(int64), uint64(math.MaxUint64)},
		{new(int), "1"},
		{new(string), 1},
		{new(int), (*int)(nil)},
		{new(int), nil},
		{new([16]byte), []byte{1}},
		{new(*int8), 300},
		{new(bool), 1},
	} {
		require.Error(t, assign(reflect.ValueOf(test.field).Elem(), reflect.ValueOf(test.value)), "%T = %v", test.field, test.value)
	}
}
