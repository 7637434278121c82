package coordinator

import (
	"net/netip"
	"reflect"
	"sync"
	"time"
)

// A scale adds up about how many bytes a value of a copied row has, with all that it refers to. It stops where a chunk is full anyway:
// what it says is then no less than room.
type scale struct{ room int }

// maxReferences is how many references, one in another, a scale follows.
const maxReferences = 16

// weigh returns about how many bytes there are behind a value, beside those that it has itself. Hidden says that it is of a field that
// only its own package can read: others may change there what they guard by a lock, so what couldn't be read safely then
// isn't looked at, and counts as a whole chunk.
func (s scale) weigh(v reflect.Value, depth int, hidden bool) int {
	if !refers(v.Type()) {
		return 0
	}
	if depth == maxReferences {
		return s.room
	}
	switch v.Kind() {
	case reflect.String:
		return v.Len()
	case reflect.Pointer:
		if v.IsNil() {
			return 0
		}
		return int(v.Type().Elem().Size()) + s.weigh(v.Elem(), depth+1, hidden)
	case reflect.Struct:
		return s.sum(v.NumField(), func(i int) int { return s.weigh(v.Field(i), depth, hidden || !v.Type().Field(i).IsExported()) })
	case reflect.Array:
		return s.sum(v.Len(), func(i int) int { return s.weigh(v.Index(i), depth, hidden) })
	case reflect.Slice:
		return s.weighSlice(v, depth, hidden)
	case reflect.Interface:
		switch {
		case hidden:
			return s.room
		case v.IsNil():
			return 0
		}
		return int(v.Elem().Type().Size()) + s.weigh(v.Elem(), depth+1, false)
	case reflect.Map:
		if hidden {
			return s.room
		}
		return s.weighMap(v, depth)
	default: // a function, a channel: no database takes one
		return 0
	}
}

func (s scale) weighSlice(v reflect.Value, depth int, hidden bool) int {
	n := v.Cap() * int(v.Type().Elem().Size())
	switch {
	case n >= s.room || !refers(v.Type().Elem()):
		return n
	case hidden:
		return s.room
	}
	return n + s.sum(v.Len(), func(i int) int { return s.weigh(v.Index(i), depth+1, false) })
}

func (s scale) weighMap(v reflect.Value, depth int) int {
	key, elem := v.Type().Key(), v.Type().Elem()
	n := v.Len() * (int(key.Size()+elem.Size()) + word)
	for entries := v.MapRange(); n < s.room && (refers(key) || refers(elem)) && entries.Next(); {
		n += s.weigh(entries.Key(), depth+1, false) + s.weigh(entries.Value(), depth+1, false)
	}
	return n
}

// sum adds up n weights, as far as there is room.
func (s scale) sum(n int, weight func(i int) int) (sum int) {
	for i := 0; i < n && sum < s.room; i++ {
		sum += weight(i)
	}
	return sum
}

// references has for each type that was asked about whether values of it refer to something.
var references sync.Map

// refers reports whether there may be more behind a value than its own bytes. Times and addresses refer only to what all of their kind share.
func refers(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Bool, reflect.Float32, reflect.Float64, reflect.Complex64, reflect.Complex128,
		reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64, reflect.Uintptr:
		return false
	case reflect.Struct, reflect.Array:
	default:
		return true
	}
	if known, ok := references.Load(t); ok {
		return known.(bool)
	}
	answer := false
	switch {
	case t == reflect.TypeFor[time.Time](), t == reflect.TypeFor[netip.Addr](), t == reflect.TypeFor[netip.Prefix]():
	case t.Kind() == reflect.Array:
		answer = t.Len() > 0 && refers(t.Elem())
	default:
		for i := 0; i < t.NumField() && !answer; i++ {
			answer = refers(t.Field(i).Type)
		}
	}
	references.Store(t, answer)
	return answer
}
