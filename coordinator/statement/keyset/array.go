package keyset

import (
	"database/sql/driver"
	"reflect"

	"github.com/jackc/pgx/v5/pgtype"
)

// elementsOf returns the keys that the elements of an array are, NULLs left out; false if it isn't an array whose elements
// all convert. A NULL in the array's place has no elements.
func elementsOf(t Type, v any) (keys []any, ok bool) {
	defer func() {
		// The methods of an array type may be the application's.
		if recover() != nil {
			keys, ok = nil, false
		}
	}()
	if v == nil {
		return nil, t != Unknown
	}
	if array, ok := v.(pgtype.ArrayGetter); ok {
		return ofGetter(t, array)
	}
	rv := reflect.ValueOf(v)
	for range maxPointers {
		if rv.Kind() != reflect.Pointer {
			break
		}
		if _, ok := rv.Interface().(driver.Valuer); ok {
			return nil, false
		}
		if rv.IsNil() {
			return nil, t != Unknown
		}
		rv = rv.Elem()
	}
	return ofSlice(t, rv)
}

func ofGetter(t Type, array pgtype.ArrayGetter) ([]any, bool) {
	if rv := reflect.ValueOf(array); rv.Kind() == reflect.Pointer && rv.IsNil() {
		return nil, false
	}
	count := 0
	for i, d := range array.Dimensions() {
		if i == 0 {
			count = 1
		}
		count *= int(d.Length)
	}
	var keys []any
	for i := range count {
		var ok bool
		if keys, ok = appendKey(keys, t, array.Index(i)); !ok {
			return nil, false
		}
	}
	return keys, true
}

func ofSlice(t Type, rv reflect.Value) ([]any, bool) {
	// A slice of bytes is one byte string, and no array.
	if rv.Kind() != reflect.Slice || rv.Type().Elem().Kind() == reflect.Uint8 {
		return nil, false
	}
	if _, ok := rv.Interface().(driver.Valuer); ok {
		return nil, false
	}
	keys := make([]any, 0, rv.Len())
	for i := range rv.Len() {
		var ok bool
		if keys, ok = appendKey(keys, t, rv.Index(i).Interface()); !ok {
			return nil, false
		}
	}
	return keys, true
}

func appendKey(keys []any, t Type, v any) ([]any, bool) {
	key, ok := Canonical(t, v)
	if !ok {
		return nil, false
	}
	if key == nil {
		return keys, true
	}
	return append(keys, key), true
}
