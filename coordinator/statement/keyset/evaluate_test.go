package keyset_test

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator/statement/keyset"
)

// domain are the keys that sets are tried with, close enough for every bound to matter.
const domain = 12

// drawSet draws a set with the keys of domain that it has.
func drawSet(t *rapid.T, depth int) (keyset.Set, func(key int64) bool) {
	operand := func() (keyset.Operand, any) {
		v := rapid.SampledFrom([]any{nil, 0, 3, 4, 5, 7, 8, int64(11), "no key"}).Draw(t, "value")
		return keyset.Operand{Literal: v}, v
	}
	is := func(v any, test func(n int64) bool) func(int64) bool {
		switch n := v.(type) {
		case nil:
			return func(int64) bool { return false }
		case int:
			return func(int64) bool { return test(int64(n)) }
		case int64:
			return func(int64) bool { return test(n) }
		default:
			return func(int64) bool { return true }
		}
	}
	if depth == 0 || rapid.IntRange(0, 2).Draw(t, "leaf") == 0 {
		o, v := operand()
		switch rapid.IntRange(0, 6).Draw(t, "kind") {
		case 0:
			return keyset.Any{}, func(int64) bool { return true }
		case 1:
			return keyset.None{}, func(int64) bool { return false }
		case 2:
			list := rapid.SliceOfN(rapid.Int64Range(0, domain-1), 0, 4).Draw(t, "elements")
			return keyset.Elements{keyset.Operand{Literal: list}}, func(key int64) bool {
				for _, e := range list {
					if e == key {
						return true
					}
				}
				return false
			}
		case 3:
			return keyset.NotNull{o, keyset.Value{o}}, func(key int64) bool {
				return v == nil || is(v, func(n int64) bool { return key == n })(key)
			}
		case 4:
			return keyset.Value{o}, func(key int64) bool { return is(v, func(n int64) bool { return key == n })(key) }
		default:
			lower, open := rapid.Bool().Draw(t, "lower"), rapid.Bool().Draw(t, "open")
			return keyset.Bound{o, lower, open}, func(key int64) bool {
				return is(v, func(n int64) bool {
					return key == n && !open || key > n && lower || key < n && !lower
				})(key)
			}
		}
	}
	var sets []keyset.Set
	var has []func(int64) bool
	for range rapid.IntRange(0, 3).Draw(t, "count") {
		s, h := drawSet(t, depth-1)
		sets, has = append(sets, s), append(has, h)
	}
	if rapid.Bool().Draw(t, "union") {
		return keyset.Union(sets), func(key int64) bool {
			for _, h := range has {
				if h(key) {
					return true
				}
			}
			return false
		}
	}
	return keyset.Intersection(sets), func(key int64) bool {
		for _, h := range has {
			if !h(key) {
				return false
			}
		}
		return true
	}
}

// Evaluate is exact, and keeps what Keys promises.
func TestEvaluateIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, has := drawSet(t, 4)
		k := keyset.Evaluate(s, keyset.Integer, nil)
		for key := int64(-2); key < domain+2; key++ {
			require.Equal(t, has(key), k.Contains(key), "%d in %v of %v", key, k, s)
		}
		wellFormed(t, k)
	})
}

func wellFormed(t require.TestingT, k keyset.Keys) {
	if k.All {
		require.Empty(t, k.Values)
		require.Empty(t, k.Intervals)
	}
	for i := 1; i < len(k.Values); i++ {
		require.Negative(t, keyset.Compare(k.Values[i-1], k.Values[i]), "%v", k)
	}
	for i, v := range k.Intervals {
		for _, value := range k.Values {
			require.False(t, (keyset.Keys{Intervals: []keyset.Interval{v}}).Contains(value), "%v", k)
		}
		if v.Lo != nil && v.Hi != nil {
			require.Negative(t, keyset.Compare(v.Lo, v.Hi), "%v", k)
		}
		if i > 0 {
			require.NotNil(t, k.Intervals[i-1].Hi)
			require.NotNil(t, v.Lo)
			require.LessOrEqual(t, keyset.Compare(k.Intervals[i-1].Hi, v.Lo), 0, "%v", k)
		}
	}
	require.Equal(t, !k.All && len(k.Values)+len(k.Intervals) == 0, k.Empty())
}

func between(lo, hi any) keyset.Set {
	return keyset.Intersection{keyset.Bound{Operand: keyset.Operand{Literal: lo}, Lower: true}, keyset.Bound{Operand: keyset.Operand{Literal: hi}}}
}

func TestEnumeration(t *testing.T) {
	for _, c := range []struct{ lo, hi, count int64 }{
		{1, 64, 64},
		{1, 65, 0},
		{-3, 3, 7},
		{math.MinInt64, math.MaxInt64, 0},
		{math.MinInt64, math.MinInt64 + 1, 2},
		{math.MaxInt64 - 63, math.MaxInt64, 64},
		{5, 5, 1},
	} {
		k := keyset.Evaluate(between(c.lo, c.hi), keyset.Integer, nil)
		require.Len(t, k.Values, int(c.count), "%v", c)
		require.Equal(t, c.count == 0, len(k.Intervals) == 1, "%v", k)
		wellFormed(t, k)
	}
	// Intervals that can be enumerated stay so, whatever they are united with.
	k := keyset.Evaluate(keyset.Union{between(int64(1), int64(40)), between(int64(30), int64(80))}, keyset.Integer, nil)
	require.Len(t, k.Values, 80)
	k = keyset.Evaluate(keyset.Union{between(int64(1), int64(400)), between(int64(30), int64(80)), keyset.Value{keyset.Operand{Literal: 401}}}, keyset.Integer, nil)
	require.Equal(t, "{false [401] [{1 400 false false}]}", fmt.Sprint(k))
	// Texts aren't enumerated.
	k = keyset.Evaluate(between("a", "b"), keyset.Text, nil)
	require.Equal(t, "{false [] [{a b false false}]}", fmt.Sprint(k))
	require.Equal(t, []any{"a"}, keyset.Evaluate(between("a", "a"), keyset.Text, nil).Values)
}

func TestUnknownTypeIsEveryKey(t *testing.T) {
	require.True(t, keyset.Evaluate(keyset.None{}, keyset.Unknown, nil).All)
	require.True(t, keyset.Evaluate(nil, keyset.Integer, nil).All)
	require.True(t, keyset.Evaluate(keyset.Value{keyset.Operand{Ordinal: 1}}, keyset.Integer, nil).All)
	require.True(t, keyset.Evaluate(keyset.Bound{Operand: keyset.Operand{Ordinal: 1}}, keyset.Integer, []any{"x"}).All)
	require.True(t, keyset.Evaluate(keyset.Elements{keyset.Operand{Ordinal: 1}}, keyset.Integer, nil).All)
}

func TestTypeString(t *testing.T) {
	seen := map[string]bool{}
	for typ := keyset.Unknown; typ <= keyset.Bytes; typ++ {
		require.False(t, seen[typ.String()])
		seen[typ.String()] = true
	}
}

func TestCompareOfOtherTypes(t *testing.T) {
	require.Negative(t, keyset.Compare([16]byte{1}, [16]byte{2}))
	require.Positive(t, keyset.Compare(keyset.ByteString("b"), keyset.ByteString("a")))
	require.Zero(t, keyset.Compare("a", "a"))
}

func BenchmarkEvaluate(b *testing.B) {
	s := keyset.Set(keyset.Value{keyset.Operand{Ordinal: 1}})
	args := []any{42}
	b.ReportAllocs()
	for b.Loop() {
		if keyset.Evaluate(s, keyset.Integer, args).All {
			b.Fatal("not narrowed")
		}
	}
}
