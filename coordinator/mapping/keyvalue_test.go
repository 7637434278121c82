package mapping_test

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgtype/zeronull"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/mapping"
)

type noValue string

func (noValue) Value() (driver.Value, error) { return nil, errors.New("none") }

// TestKeyValue: a key's value is what the database gets.
func TestKeyValue(t *testing.T) {
	n := int64(7)
	for _, test := range []struct{ value, want any }{
		{nil, nil},
		{n, n},
		{&n, n},
		{(*int64)(nil), nil},
		{"x", "x"},
		{[16]byte{1}, [16]byte{1}},
		{sql.NullInt64{}, nil},
		{sql.NullInt64{Int64: 7, Valid: true}, n},
		{&sql.NullInt64{Int64: 7, Valid: true}, n},
		{(*sql.NullInt64)(nil), nil},
		{sql.NullString{String: "x", Valid: true}, "x"},
		{sql.Null[string]{V: "x", Valid: true}, "x"},
		{pgtype.Int8{Int64: 7, Valid: true}, n},
		{pgtype.Text{}, nil},
		{pgtype.UUID{}, nil},
		{pgtype.UUID{Bytes: [16]byte{3}, Valid: true}, [16]byte{3}},
		{&pgtype.UUID{Bytes: [16]byte{3}, Valid: true}, [16]byte{3}},
		{zeronull.Int8(0), nil},
		{zeronull.Int8(7), zeronull.Int8(7)},
	} {
		got, err := mapping.KeyValue(test.value)
		require.NoError(t, err, "%#v", test.value)
		require.Equal(t, test.want, got, "%#v", test.value)
	}
	_, err := mapping.KeyValue(noValue("x"))
	require.Error(t, err)
}

func TestClaim(t *testing.T) {
	object, a, b := &thing{}, new(mapping.Claimant), new(mapping.Claimant)
	require.False(t, mapping.Claimed(object, a))
	mapping.Claim(object, a)
	require.False(t, mapping.Claimed(object, a))
	require.True(t, mapping.Claimed(object, b))
	mapping.Release(object, b)
	require.True(t, mapping.Claimed(object, b))
	mapping.Release(object, a)
	require.False(t, mapping.Claimed(object, b))
	mapping.Claim(&plain{}, a)
	mapping.Release(&plain{}, a)
	require.False(t, mapping.Claimed(&plain{}, b), "it can't know")
}
