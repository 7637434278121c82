package keyset

import (
	"bytes"
	"cmp"
	"math"
	"slices"
)

// Compare orders two keys of one type, in canonical form: integers by value, the others by their bytes.
func Compare(a, b any) int {
	switch a := a.(type) {
	case int64:
		if b, ok := b.(int64); ok {
			return cmp.Compare(a, b)
		}
	case string:
		if b, ok := b.(string); ok {
			return cmp.Compare(a, b)
		}
	case ByteString:
		if b, ok := b.(ByteString); ok {
			return cmp.Compare(a, b)
		}
	case [16]byte:
		if b, ok := b.([16]byte); ok {
			return bytes.Compare(a[:], b[:])
		}
	}
	return 0
}

// contains reports whether key is between the bounds.
func (i Interval) contains(key any) bool {
	return i.reaches(key) && i.begins(key)
}

// reaches reports whether key isn't above i.
func (i Interval) reaches(key any) bool {
	if i.Hi == nil {
		return true
	}
	c := Compare(key, i.Hi)
	return c < 0 || c == 0 && !i.HiOpen
}

// begins reports whether key isn't below i.
func (i Interval) begins(key any) bool {
	if i.Lo == nil {
		return true
	}
	c := Compare(key, i.Lo)
	return c > 0 || c == 0 && !i.LoOpen
}

func (i Interval) empty() bool {
	if i.Lo == nil || i.Hi == nil {
		return false
	}
	c := Compare(i.Lo, i.Hi)
	return c > 0 || c == 0 && (i.LoOpen || i.HiOpen)
}

func (i Interval) intersect(j Interval) Interval {
	if compareLo(j, i) > 0 {
		i.Lo, i.LoOpen = j.Lo, j.LoOpen
	}
	if compareHi(j, i) < 0 {
		i.Hi, i.HiOpen = j.Hi, j.HiOpen
	}
	return i
}

func (i Interval) endsBefore(j Interval) bool { return compareHi(i, j) < 0 }

// compareLo orders intervals by where they begin.
func compareLo(a, b Interval) int {
	switch {
	case a.Lo == nil || b.Lo == nil:
		return isSet(a.Lo) - isSet(b.Lo)
	case a.Lo == b.Lo:
		return isTrue(a.LoOpen) - isTrue(b.LoOpen)
	default:
		return Compare(a.Lo, b.Lo)
	}
}

// compareHi orders intervals by where they end.
func compareHi(a, b Interval) int {
	switch {
	case a.Hi == nil || b.Hi == nil:
		return isSet(b.Hi) - isSet(a.Hi)
	case a.Hi == b.Hi:
		return isTrue(b.HiOpen) - isTrue(a.HiOpen)
	default:
		return Compare(a.Hi, b.Hi)
	}
}

func isSet(bound any) int { return isTrue(bound != nil) }

func isTrue(b bool) int {
	if b {
		return 1
	}
	return 0
}

// enumerate returns the keys of an interval that has few, or is empty.
func (i Interval) enumerate() ([]any, bool) {
	if i.empty() {
		return nil, true
	}
	if i.Lo != nil && i.Lo == i.Hi {
		return []any{i.Lo}, true
	}
	lo, ok := i.Lo.(int64)
	hi, alsoOK := i.Hi.(int64)
	switch {
	case i.Lo == nil && alsoOK && hi == math.MinInt64:
		return one(hi, i.HiOpen), true
	case i.Hi == nil && ok && lo == math.MaxInt64:
		return one(lo, i.LoOpen), true
	case !ok || !alsoOK:
		return nil, false
	}
	// The difference fits a uint64 whatever the signs are.
	if uint64(hi)-uint64(lo) > MaxEnumerated+1 {
		return nil, false
	}
	var few []any
	for v := lo; ; v++ {
		if !(v == lo && i.LoOpen) && !(v == hi && i.HiOpen) {
			few = append(few, v)
		}
		if v == hi {
			break
		}
	}
	return few, len(few) <= MaxEnumerated
}

func one(v int64, open bool) []any {
	if open {
		return nil
	}
	return []any{v}
}

// joined sorts intervals and joins those that overlap or touch.
func joined(intervals []Interval) []Interval {
	if len(intervals) < 2 {
		return intervals
	}
	slices.SortFunc(intervals, compareLo)
	all := intervals[:1]
	for _, next := range intervals[1:] {
		last := &all[len(all)-1]
		if !last.touches(next) {
			all = append(all, next)
			continue
		}
		if compareHi(next, *last) > 0 {
			last.Hi, last.HiOpen = next.Hi, next.HiOpen
		}
	}
	return all
}

// touches reports whether there is no key between i and a later one.
func (i Interval) touches(later Interval) bool {
	if i.Hi == nil || later.Lo == nil {
		return true
	}
	c := Compare(later.Lo, i.Hi)
	return c < 0 || c == 0 && !(later.LoOpen && i.HiOpen)
}
