package messages_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/messages"
)

type (
	named   string
	octet   byte
	octets  []octet
	uuid    [16]byte
	ordinal int16
)

func key(t require.TestingT, values ...any) messages.PrimaryKey {
	pk, err := messages.NewPrimaryKey(values...)
	require.NoError(t, err)
	return pk
}

func pointer[T any](v T) *T { return &v }

func TestPrimaryKeysOfEqualValuesAreEqual(t *testing.T) {
	for _, equal := range [][]any{
		{1, int8(1), int16(1), int32(1), int64(1), uint(1), uint8(1), uint16(1), uint32(1), uint64(1), ordinal(1), pointer(int32(1)), pointer(pointer(1))},
		{int64(math.MaxInt64), uint64(math.MaxInt64)},
		{"a", named("a"), pointer("a")},
		{[]byte{1, 2}, octets{1, 2}, [2]byte{1, 2}, [2]octet{1, 2}},
		{uuid{1}, [16]byte{1}, [16]octet{1}, pointer(uuid{1})},
		{true, pointer(true)},
	} {
		for _, v := range equal {
			require.Equal(t, key(t, equal[0]), key(t, v), "%T", v)
			require.True(t, key(t, equal[0], "b") == key(t, v, "b"), "%T", v)
		}
	}
}

func TestPrimaryKeysOfOtherValuesDiffer(t *testing.T) {
	seen := map[messages.PrimaryKey]string{}
	for _, values := range [][]any{
		{1},
		{"1"},
		{-1},
		{"-1"},
		{0},
		{""},
		{"", ""},
		{"", "", ""},
		{true},
		{"true"},
		{false},
		{[]byte{}},
		{[]byte{0}},
		{"x'00'"},
		{"x''"},
		{make([]byte, 16)},
		{[16]byte{}},
		{1, 2},
		{"1,2"},
		{12},
		{`1","2`},
		{"1", "2"},
		{`"`},
		{`\`},
		{`\"`},
		{"'"},
		{"\n"},
		{`\n`},
		{"ü"},
		{"u\u0308"},
		{`\u00fc`},
		{"\xff"},
		{"\ufffd"},
		{`\xff`},
		{"\x00"},
		{",", ""},
		{"", ","},
		{math.MinInt64},
		{math.MaxInt64},
	} {
		pk := key(t, values...)
		require.NotContains(t, seen, pk, "%q", values)
		seen[pk] = fmt.Sprintf("%q", values)
		require.Len(t, pk.Values(), len(values))
		require.False(t, pk.IsZero())
	}
}

func TestPrimaryKeyRefuses(t *testing.T) {
	for name, values := range map[string][]any{
		"nothing": nil, "nil": {nil}, "nil after a value": {1, nil}, "nil pointer": {(*int)(nil)}, "nil bytes": {[]byte(nil)},
		"float": {1.5}, "struct": {struct{}{}}, "slice": {[]int{1}}, "map": {map[string]int{}}, "func": {func() {}},
		"too large": {uint64(math.MaxInt64) + 1}, "array of ints": {[2]int{}}, "complex": {1i},
	} {
		t.Run(name, func(t *testing.T) {
			pk, err := messages.NewPrimaryKey(values...)
			require.ErrorIs(t, err, messages.ErrInvalidRequest)
			require.True(t, pk.IsZero())
		})
	}
}

// keyValue draws a value in the form that Values returns.
func keyValue() *rapid.Generator[any] {
	return rapid.OneOf(
		rapid.Int64().AsAny(),
		rapid.String().AsAny(),
		rapid.StringMatching(`[",'\\xu0-9t\x00é\n]*`).AsAny(),
		rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) any { return string(b) }),
		rapid.Bool().AsAny(),
		rapid.SliceOf(rapid.Byte()).AsAny(),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 16, 16), func(b []byte) any { return [16]byte(b) }),
	)
}

func TestPrimaryKeyRoundTripsAndIsInjective(t *testing.T) {
	values := rapid.SliceOfN(keyValue(), 1, 4)
	rapid.Check(t, func(t *rapid.T) {
		a, b := values.Draw(t, "a"), values.Draw(t, "b")
		require.Equal(t, a, key(t, a...).Values())
		require.Equal(t, fmt.Sprintf("%#v", a) == fmt.Sprintf("%#v", b), key(t, a...) == key(t, b...))
		require.Equal(t, key(t, a...), key(t, key(t, a...).Values()...))
	})
}

func TestKeyText(t *testing.T) {
	k := messages.Key{Table: "cities", PK: key(t, "Köln", 7, []byte{1}, true), Shard: "europe"}
	require.Equal(t, `cities("Köln",7,x'01',true)@europe`, k.String())
	require.False(t, k.IsZero())
	require.True(t, messages.Key{}.IsZero())
	require.True(t, messages.PrimaryKey{}.IsZero())
	require.Empty(t, messages.PrimaryKey{}.Values())
}

func TestKeysIndexAMap(t *testing.T) {
	m := map[messages.Key]int{}
	for i, shard := range []messages.ShardID{"asia", "europe", "asia"} {
		m[messages.Key{Table: "cities", PK: key(t, int32(7)), Shard: shard}] = i
	}
	require.Equal(t, map[messages.Key]int{
		{Table: "cities", PK: key(t, 7), Shard: "asia"}:   2,
		{Table: "cities", PK: key(t, 7), Shard: "europe"}: 1,
	}, m)
}
