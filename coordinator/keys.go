package coordinator

import (
	"math"
	"slices"

	"github.com/troupedb/troupe/coordinator/statement/keyset"
)

// mayBe reports whether the key v is in k.
func mayBe(k keyset.Keys, v any) bool {
	return k.All || slices.Contains(k.Values, v) || slices.ContainsFunc(k.Intervals, func(i keyset.Interval) bool {
		return meet(i, keyset.Interval{Lo: v, Hi: v})
	})
}

// mayMeet reports whether a key of k may be in part.
func mayMeet(k keyset.Keys, part keyset.Interval) bool {
	return k.All || slices.ContainsFunc(k.Values, func(v any) bool { return meet(part, keyset.Interval{Lo: v, Hi: v}) }) ||
		slices.ContainsFunc(k.Intervals, func(i keyset.Interval) bool { return meet(part, i) })
}

// meet reports whether two intervals have a key in common; of those that aren't integers, were there keys between any two.
func meet(a, b keyset.Interval) bool {
	a, b = closed(a), closed(b)
	return below(a, b) && below(b, a)
}

// closed returns i without open bounds if its keys are integers.
func closed(i keyset.Interval) keyset.Interval {
	if lo, ok := i.Lo.(int64); ok && i.LoOpen && lo < math.MaxInt64 {
		i.Lo, i.LoOpen = lo+1, false
	}
	if hi, ok := i.Hi.(int64); ok && i.HiOpen && hi > math.MinInt64 {
		i.Hi, i.HiOpen = hi-1, false
	}
	return i
}

// below reports whether a begins before b ends.
func below(a, b keyset.Interval) bool {
	if a.Lo == nil || b.Hi == nil {
		return true
	}
	c := keyset.Compare(a.Lo, b.Hi)
	return c < 0 || c == 0 && !a.LoOpen && !b.HiOpen
}
