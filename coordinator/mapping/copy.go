package mapping

import (
	"fmt"
	"math"
	"math/big"
	"net/netip"
	"reflect"
	"sync"
	"time"
)

// maxNesting is how deeply a column's value may be nested: more is a value that holds itself.
const maxNesting = 100

// copyOf returns a copy of v that shares nothing with it that v's owner could change; what a struct keeps in unexported fields
// is shared.
func copyOf(v reflect.Value, depth int) (reflect.Value, error) {
	if depth > maxNesting {
		return v, fmt.Errorf("the value is nested more than %d levels deep", maxNesting)
	}
	if !v.IsValid() {
		return v, nil
	}
	fresh := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if v.IsNil() {
			return fresh, nil
		}
		if v.Kind() == reflect.Interface && hidesReferences(v.Elem().Type()) {
			return v, fmt.Errorf("a %v keeps references in unexported fields", v.Elem().Type())
		}
		copied, err := copyOf(v.Elem(), depth+1)
		if err != nil {
			return v, err
		}
		if v.Kind() == reflect.Interface {
			fresh.Set(copied)
			return fresh, nil
		}
		fresh.Set(reflect.New(v.Type().Elem()))
		fresh.Elem().Set(copied)
	case reflect.Slice, reflect.Array:
		if v.Kind() == reflect.Slice {
			if v.IsNil() {
				return fresh, nil
			}
			fresh.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
		}
		if isPlain(v.Type().Elem()) {
			reflect.Copy(fresh, v)
			return fresh, nil
		}
		for i := range v.Len() {
			copied, err := copyOf(v.Index(i), depth+1)
			if err != nil {
				return v, err
			}
			fresh.Index(i).Set(copied)
		}
	case reflect.Map:
		if v.IsNil() {
			return fresh, nil
		}
		fresh.Set(reflect.MakeMapWithSize(v.Type(), v.Len()))
		for entry := v.MapRange(); entry.Next(); {
			copied, err := copyOf(entry.Value(), depth+1)
			if err != nil {
				return v, err
			}
			fresh.SetMapIndex(entry.Key(), copied)
		}
	case reflect.Struct:
		return copyStruct(v, fresh, depth)
	default:
		fresh.Set(v)
	}
	return fresh, nil
}

func copyStruct(v, fresh reflect.Value, depth int) (reflect.Value, error) {
	fresh.Set(v)
	switch n := fresh.Addr().Interface().(type) {
	case *big.Int:
		old := *n
		*n = big.Int{}
		n.Set(&old)
		return fresh, nil
	case *big.Float:
		*n = *new(big.Float).Copy(n)
		return fresh, nil
	case *big.Rat:
		*n = *new(big.Rat).Set(n)
		return fresh, nil
	}
	if isValue(v.Type()) {
		return fresh, nil
	}
	for i := range v.NumField() {
		if !v.Type().Field(i).IsExported() || isPlain(v.Type().Field(i).Type) {
			continue
		}
		copied, err := copyOf(v.Field(i), depth+1)
		if err != nil {
			return v, err
		}
		fresh.Field(i).Set(copied)
	}
	return fresh, nil
}

// isPlain reports whether values of t hold nothing that a plain assignment would share.
func isPlain(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return false
	case reflect.Array:
		return isPlain(t.Elem())
	case reflect.Struct:
		if isValue(t) {
			return true
		}
		for i := range t.NumField() {
			if !isPlain(t.Field(i).Type) {
				return false
			}
		}
	}
	return true
}

// isValue reports whether t is a struct whose values never change in place, though they refer to something.
func isValue(t reflect.Type) bool {
	switch t {
	case reflect.TypeFor[time.Time](), reflect.TypeFor[netip.Addr](), reflect.TypeFor[netip.Prefix](), reflect.TypeFor[netip.AddrPort]():
		return true
	default:
		return false
	}
}

func isBig(t reflect.Type) bool {
	switch t {
	case reflect.TypeFor[big.Int](), reflect.TypeFor[big.Float](), reflect.TypeFor[big.Rat]():
		return true
	default:
		return false
	}
}

var hiding sync.Map // reflect.Type → bool, see hidesReferences

// hidesReferences reports whether values of t keep references in unexported fields, so that they can't be copied and compared from
// outside. What stands behind an interface is judged as it is found.
func hidesReferences(t reflect.Type) bool {
	if known, ok := hiding.Load(t); ok {
		return known.(bool)
	}
	hides := findHidden(t, map[reflect.Type]bool{})
	hiding.Store(t, hides)
	return hides
}

func findHidden(t reflect.Type, seen map[reflect.Type]bool) bool {
	if seen[t] || isValue(t) || isBig(t) {
		return false
	}
	seen[t] = true
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		return findHidden(t.Elem(), seen)
	case reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return true
	case reflect.Struct:
		for i := range t.NumField() {
			f := t.Field(i)
			if f.IsExported() && findHidden(f.Type, seen) || !f.IsExported() && !isPlain(f.Type) {
				return true
			}
		}
	}
	return false
}

// same reports whether two values of one type are the same to a database: times of one instant and zone are, and floats of the same
// bits.
func same(a, b reflect.Value) bool {
	if !a.IsValid() || !b.IsValid() || a.Type() != b.Type() {
		return a.IsValid() == b.IsValid() && !a.IsValid()
	}
	switch a.Kind() {
	case reflect.Pointer, reflect.Interface:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return a.Kind() == reflect.Pointer && a.Pointer() == b.Pointer() || same(a.Elem(), b.Elem())
	case reflect.Slice, reflect.Array:
		if a.Kind() == reflect.Slice && a.IsNil() != b.IsNil() || a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !same(a.Index(i), b.Index(i)) {
				return false
			}
		}
		return true
	case reflect.Map:
		return sameMap(a, b)
	case reflect.Struct:
		return sameStruct(a, b)
	case reflect.Float32, reflect.Float64:
		return math.Float64bits(a.Float()) == math.Float64bits(b.Float())
	case reflect.Complex64, reflect.Complex128:
		return a.Complex() == b.Complex()
	case reflect.Bool:
		return a.Bool() == b.Bool()
	case reflect.String:
		return a.String() == b.String()
	case reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return a.UnsafePointer() == b.UnsafePointer()
	default:
		if a.CanInt() {
			return a.Int() == b.Int()
		}
		return a.Uint() == b.Uint()
	}
}

func sameMap(a, b reflect.Value) bool {
	if a.IsNil() != b.IsNil() || a.Len() != b.Len() {
		return false
	}
	for entry := a.MapRange(); entry.Next(); {
		other := b.MapIndex(entry.Key())
		if !other.IsValid() || !same(entry.Value(), other) {
			return false
		}
	}
	return true
}

func sameStruct(a, b reflect.Value) bool {
	if a.CanInterface() && b.CanInterface() {
		switch x := a.Interface().(type) {
		case time.Time:
			return sameTime(x, b.Interface().(time.Time))
		case netip.Addr, netip.Prefix, netip.AddrPort:
			return a.Interface() == b.Interface()
		case big.Int:
			y := b.Interface().(big.Int)
			return x.Cmp(&y) == 0
		case big.Float:
			y := b.Interface().(big.Float)
			return x.Cmp(&y) == 0
		case big.Rat:
			y := b.Interface().(big.Rat)
			return x.Cmp(&y) == 0
		}
	}
	for i := range a.NumField() {
		if !same(a.Field(i), b.Field(i)) {
			return false
		}
	}
	return true
}

func sameTime(a, b time.Time) bool {
	_, zoneA := a.Zone()
	_, zoneB := b.Zone()
	return a.Equal(b) && zoneA == zoneB
}
