package coordinator

import (
	"net/netip"
	"reflect"
	"sync"
	"time"
)

// maxReferences is how many references, one in another, weigh follows.
const maxReferences = 16

// weigh returns about how many bytes there are behind a value of a copied row, beside those that it has itself. It stops where a chunk
// is full anyway: what it says is then no less than chunkBytes. Hidden says that it is of a field that
// only its own package can read: others may change there what they guard by a lock, so what couldn't be read safely then
// isn't looked at, and counts as a whole chunk.
func weigh(v reflect.Value, depth int, hidden bool) int {
	if !refers(v.Type()) {
		return 0
	}
	if depth == maxReferences {
		return chunkBytes
	}
	switch v.Kind() {
	case reflect.String:
		return v.Len()
	case reflect.Pointer:
		if v.IsNil() {
			return 0
		}
		return int(v.Type().Elem().Size()) + weigh(v.Elem(), depth+1, hidden)
	case reflect.Struct:
		return weighEach(v.NumField(), func(i int) int { return weigh(v.Field(i), depth, hidden || !v.Type().Field(i).IsExported()) })
	case reflect.Array:
		return weighEach(v.Len(), func(i int) int { return weigh(v.Index(i), depth, hidden) })
	case reflect.Slice:
		return weighSlice(v, depth, hidden)
	case reflect.Interface:
		switch {
		case hidden:
			return chunkBytes
		case v.IsNil():
			return 0
		}
		return int(v.Elem().Type().Size()) + weigh(v.Elem(), depth+1, false)
	case reflect.Map:
		if hidden {
			return chunkBytes
		}
		return weighMap(v, depth)
	default: // a function, a channel: no database takes one
		return 0
	}
}

func weighSlice(v reflect.Value, depth int, hidden bool) int {
	n := v.Cap() * int(v.Type().Elem().Size())
	switch {
	case n >= chunkBytes || !refers(v.Type().Elem()):
		return n
	case hidden:
		return chunkBytes
	}
	return n + weighEach(v.Len(), func(i int) int { return weigh(v.Index(i), depth+1, false) })
}

func weighMap(v reflect.Value, depth int) int {
	key, elem := v.Type().Key(), v.Type().Elem()
	n := v.Len() * (int(key.Size()+elem.Size()) + word)
	for entries := v.MapRange(); n < chunkBytes && (refers(key) || refers(elem)) && entries.Next(); {
		n += weigh(entries.Key(), depth+1, false) + weigh(entries.Value(), depth+1, false)
	}
	return n
}

// weighEach adds up n weights, as far as a chunk has room.
func weighEach(n int, weight func(i int) int) (total int) {
	for i := 0; i < n && total < chunkBytes; i++ {
		total += weight(i)
	}
	return total
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
