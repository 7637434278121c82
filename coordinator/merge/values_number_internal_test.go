package merge

import (
	"encoding/binary"
	"math"
	"math/big"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/messages"
)

var nearInts = rapid.OneOf(rapid.Int64(), rapid.Int64Range(-3, 3), rapid.Int64Range(1<<53-3, 1<<53+3), rapid.Int64Range(math.MaxInt64-2, math.MaxInt64), rapid.Int64Range(math.MinInt64, math.MinInt64+2))

// drawNumber draws a number of any type, and its exact value.
func drawNumber(t *rapid.T) (oid uint32, v []byte, exact *big.Rat) {
	i := nearInts.Draw(t, "integer")
	switch rapid.IntRange(0, 4).Draw(t, "type") {
	case 0:
		return pgtype.Int8OID, binary.BigEndian.AppendUint64(nil, uint64(i)), new(big.Rat).SetInt64(i)
	case 1:
		return pgtype.Int4OID, binary.BigEndian.AppendUint32(nil, uint32(i)), new(big.Rat).SetInt64(int64(int32(i)))
	case 2:
		f := rapid.OneOf(rapid.Just(float64(i)), rapid.Just(float64(i)+0.5), rapid.Float64(), rapid.Just(5e-324), rapid.Just(0.1)).Draw(t, "float")
		return pgtype.Float8OID, binary.BigEndian.AppendUint64(nil, math.Float64bits(f)), new(big.Rat).SetFloat64(f)
	case 3:
		f := float32(rapid.OneOf(rapid.Just(float64(float32(i))), rapid.Just(0.1), rapid.Just(-0.5)).Draw(t, "float4"))
		return pgtype.Float4OID, binary.BigEndian.AppendUint32(nil, math.Float32bits(f)), new(big.Rat).SetFloat64(float64(f))
	}
	x := new(big.Rat).SetInt64(i)
	switch rapid.IntRange(0, 4).Draw(t, "numeric") {
	case 0:
		x.Add(x, big.NewRat(1, 1000))
	case 1:
		x.Sub(x, big.NewRat(1, 2))
	case 2:
		x.Mul(x, big.NewRat(1e18, 1))
	case 3:
		x = new(big.Rat).SetFloat64(rapid.SampledFrom([]float64{0.1, 5e-324, -0.25, 1 << 60}).Draw(t, "exact"))
	}
	form, ok := appendParsedNumeric(nil, []byte(x.FloatString(1100)))
	require.True(t, ok)
	return pgtype.NumericOID, form, x
}

// TestNumbersOfDifferentTypesCompareExactly: shards of two engines may have one column in two types.
func TestNumbersOfDifferentTypesCompareExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		aOID, a, aExact := drawNumber(t)
		bOID, b, bExact := drawNumber(t)
		if rapid.Bool().Draw(t, "same") {
			bOID, b, bExact = aOID, a, aExact
		}
		d := describeColumns([]string{"a", "b"}, []uint32{aOID, bOID})
		c := newComparer(messages.PostgreSQL, "", CollationUnknown)
		got, err := c.compare(d, 0, a, d, 1, b)
		require.NoError(t, err)
		want := aExact.Cmp(bExact)
		require.Equal(t, want, got, "%v %v", aExact, bExact)

		ap, aWhole, aok := prefixOf(kindOf(messages.PostgreSQL, &d.Fields[0]), Bytewise, a)
		bp, bWhole, bok := prefixOf(kindOf(messages.PostgreSQL, &d.Fields[1]), Bytewise, b)
		require.True(t, aok && bok)
		switch {
		case ap < bp:
			require.Equal(t, -1, want)
		case ap > bp:
			require.Equal(t, 1, want)
		case aWhole && bWhole:
			require.Equal(t, 0, want)
		}

		ai, err := appendIdentity(nil, messages.PostgreSQL, &d.Fields[0], CollationUnknown, a)
		require.NoError(t, err)
		bi, err := appendIdentity(nil, messages.PostgreSQL, &d.Fields[1], CollationUnknown, b)
		require.NoError(t, err)
		if (aOID == pgtype.NumericOID) == (bOID == pgtype.NumericOID) || aExact.IsInt() && aExact.Num().IsInt64() {
			require.Equal(t, want == 0, string(ai) == string(bi))
		}
	})
}

// TestComparerNeedsNoMemory: an ordered merge compares for each row.
func TestComparerNeedsNoMemory(t *testing.T) {
	numeric, ok := appendParsedNumeric(nil, []byte("-123456789.0123"))
	require.True(t, ok)
	eight := binary.BigEndian.AppendUint64(nil, 7)
	for _, test := range []struct {
		dialect    messages.Dialect
		aOID, bOID uint32
		a, b       []byte
	}{
		{messages.PostgreSQL, pgtype.Int8OID, pgtype.Int8OID, eight, eight},
		{messages.PostgreSQL, pgtype.TextOID, pgtype.TextOID, eight, eight},
		{messages.PostgreSQL, pgtype.NumericOID, pgtype.NumericOID, numeric, numeric},
		{messages.PostgreSQL, pgtype.NumericOID, pgtype.Int8OID, numeric, eight},
		{messages.SQLite, pgtype.Float8OID, pgtype.Int8OID, eight, eight},
		{messages.SQLite, pgtype.TextOID, pgtype.DateOID, eight, eight[:4]},
		{messages.SQLite, pgtype.TextOID, pgtype.Int8OID, eight, eight},
	} {
		ad, bd := describeColumns([]string{"a"}, []uint32{test.aOID}), describeColumns([]string{"a"}, []uint32{test.bOID})
		c := newComparer(test.dialect, "a", Bytewise)
		allocations := testing.AllocsPerRun(100, func() {
			_, err := c.compare(ad, 0, test.a, bd, 0, test.b)
			require.NoError(t, err)
			_, err = c.compare(bd, 0, test.b, ad, 0, test.a)
			require.NoError(t, err)
		})
		require.Zero(t, allocations, "%d %d", test.aOID, test.bOID)
	}
}
