package coordinator

import (
	"reflect"

	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// Mapped is a struct that stands for a row, see [mapping.Mapped], which has the tags.
type Mapped = mapping.Mapped

// Identity is embedded in a mapped struct so that it learns its row's key, see [mapping.Identity].
type Identity = mapping.Identity

// KeyOf returns the key of a mapped struct, given as a pointer, that was read or written; false if it has none. Of a
// [messages.Key] it is that key: what stands for an object without [Identity].
func KeyOf(object any) (messages.Key, bool) {
	if key, ok := object.(messages.Key); ok {
		return key, !key.IsZero()
	}
	if v := reflect.ValueOf(object); v.Kind() == reflect.Pointer && v.IsNil() {
		return messages.Key{}, false
	}
	return mapping.KeyOf(object)
}
