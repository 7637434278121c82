package keyset

import (
	"slices"
	"sort"
)

// MaxEnumerated is how many integers an interval may have to be given as its values.
const MaxEnumerated = 64

// Evaluate applies arguments to a set of keys of type t. An argument that is missing, or doesn't convert exactly, may be any
// key.
func Evaluate(s Set, t Type, args []any) Keys {
	if t == Unknown {
		return Keys{All: true}
	}
	return evaluation{t, args}.set(s)
}

type evaluation struct {
	t    Type
	args []any
}

func (e evaluation) set(s Set) Keys {
	switch s := s.(type) {
	case None:
		return Keys{}
	case Value:
		key, ok := e.key(s.Operand)
		switch {
		case !ok:
			return Keys{All: true}
		case key == nil:
			return Keys{}
		default:
			return Keys{Values: []any{key}}
		}
	case Elements:
		v, ok := s.Operand.Value(e.args)
		if !ok {
			return Keys{All: true}
		}
		keys, ok := elementsOf(e.t, v)
		if !ok {
			return Keys{All: true}
		}
		return Keys{Values: sorted(keys)}
	case Bound:
		return e.bound(s)
	case NotNull:
		if key, ok := e.key(s.Operand); !ok || key == nil {
			return Keys{All: true}
		}
		return e.set(s.Set)
	case Union:
		return e.union(s)
	case Intersection:
		return e.intersection(s)
	default:
		return Keys{All: true}
	}
}

func (e evaluation) key(o Operand) (any, bool) {
	v, ok := o.Value(e.args)
	if !ok {
		return nil, false
	}
	return Canonical(e.t, v)
}

func (e evaluation) bound(b Bound) Keys {
	key, ok := e.key(b.Operand)
	switch {
	case !ok:
		return Keys{All: true}
	case key == nil:
		return Keys{}
	case b.Lower:
		return normal(nil, []Interval{{Lo: key, LoOpen: b.Open}})
	default:
		return normal(nil, []Interval{{Hi: key, HiOpen: b.Open}})
	}
}

func (e evaluation) union(sets []Set) Keys {
	var values []any
	var intervals []Interval
	for _, s := range sets {
		k := e.set(s)
		if k.All {
			return k
		}
		values = append(values, k.Values...)
		intervals = append(intervals, k.Intervals...)
	}
	return normal(values, intervals)
}

func (e evaluation) intersection(sets []Set) Keys {
	all := Keys{All: true}
	for _, s := range sets {
		all = intersect(all, e.set(s))
		if all.Empty() {
			break
		}
	}
	return all
}

func intersect(a, b Keys) Keys {
	switch {
	case a.All:
		return b
	case b.All:
		return a
	}
	var values []any
	for _, v := range a.Values {
		if b.has(v) {
			values = append(values, v)
		}
	}
	for _, v := range b.Values {
		if a.inInterval(v) {
			values = append(values, v)
		}
	}
	var intervals []Interval
	for i, j := 0, 0; i < len(a.Intervals) && j < len(b.Intervals); {
		x, y := a.Intervals[i], b.Intervals[j]
		if both := x.intersect(y); !both.empty() {
			intervals = append(intervals, both)
		}
		if x.endsBefore(y) {
			i++
		} else {
			j++
		}
	}
	return normal(values, intervals)
}

// has is Contains for sorted keys.
func (k Keys) has(key any) bool {
	i := sort.Search(len(k.Values), func(i int) bool { return Compare(k.Values[i], key) >= 0 })
	return i < len(k.Values) && k.Values[i] == key || k.inInterval(key)
}

func (k Keys) inInterval(key any) bool {
	i := sort.Search(len(k.Intervals), func(i int) bool { return k.Intervals[i].reaches(key) })
	return i < len(k.Intervals) && k.Intervals[i].contains(key)
}

// normal brings values and intervals, in any order and overlapping, into the form that Keys promises.
func normal(values []any, intervals []Interval) Keys {
	var rest []Interval
	for _, i := range intervals {
		if few, ok := i.enumerate(); ok {
			values = append(values, few...)
		} else {
			rest = append(rest, i)
		}
	}
	k := Keys{Intervals: joined(rest)}
	if len(k.Intervals) == 1 && k.Intervals[0] == (Interval{}) {
		return Keys{All: true}
	}
	values = sorted(values)
	if len(k.Intervals) > 0 {
		values = slices.DeleteFunc(values, k.inInterval)
	}
	k.Values = values
	return k
}

// sorted sorts keys and drops repeated ones, in place.
func sorted(keys []any) []any {
	if len(keys) > 1 {
		slices.SortFunc(keys, Compare)
		keys = slices.Compact(keys)
	}
	return keys
}
