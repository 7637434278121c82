package mapping

import (
	"fmt"
	"reflect"

	"github.com/troupedb/troupe/messages"
)

// Mapped is a struct that stands for a row: its pointer or value names the table, and its exported fields are the
// columns by their tags, as pgx.RowToStructByName reads them:
//
//	type Location struct {
//		coordinator.Identity            // optional: learns the Key when the row is read or written
//		ID        int64  `db:"id,pk"`   // part of the primary key; pk,auto is given by the database on Add
//		Continent string `db:"continent"`
//		Version   int64  `db:"version,version"`            // optional: counts the row's changes, see package session
//		Country   *Country  `db:"-" ref:"country_id"`      // many to one: the columns that hold the parent's primary key
//		Reports   []*Report `db:"-" many:"location_id"`    // one to many: the children's columns, which have that ref
//		Notes     []string  `db:"-"`                       // no column
//	}
//
// A field without a tag is the column with its name in lower case; fields of embedded structs count as the struct's own.
type Mapped interface {
	// TableName returns the table's name, unquoted and in the case that it has, perhaps with its schema and a dot before.
	TableName() string
}

// Identity is embedded in a mapped struct so that it learns its row's [messages.Key]. It must not be copied from one
// row's struct to another's.
type Identity struct {
	key   messages.Key
	claim *Claimant // who is to insert the row; nil for nobody
}

// Key returns the key of the row that the struct was read from or written to; zero before.
func (i *Identity) Key() messages.Key { return i.key }

func (i *Identity) identity() *Identity { return i }

// keyed is a pointer to a struct with [Identity]. No field can hide that, as one that is called Key hides the method Key.
type keyed interface{ identity() *Identity }

// KeyOf returns the key of a mapped struct, given as a pointer, that was read or written; false if it has none.
func KeyOf(object any) (messages.Key, bool) {
	k, ok := object.(keyed)
	if !ok || k.identity().key.IsZero() {
		return messages.Key{}, false
	}
	return k.identity().key, true
}

// SetKey tells a mapped struct with [Identity], given as a pointer, its key; others don't want to know.
func SetKey(object any, k messages.Key) {
	if o, ok := object.(keyed); ok {
		o.identity().key = k
	}
}

// HasIdentity reports whether pointers to structs of type t learn their key.
func HasIdentity(t reflect.Type) bool { return reflect.PointerTo(t).Implements(keyedType) }

var keyedType = reflect.TypeFor[keyed]()

// OfObject returns the mapping of object, a pointer to a mapped struct, and the struct. What isn't one is
// [messages.ErrInvalidRequest].
func OfObject(object any) (*Struct, reflect.Value, error) {
	v := reflect.ValueOf(object)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		return nil, v, invalid("a %T is no pointer to a mapped struct", object)
	}
	m, err := Of(v.Type().Elem())
	return m, v.Elem(), err
}

func invalid(format string, args ...any) error {
	return &messages.Error{Code: messages.ErrInvalidRequest, Op: "map", Detail: fmt.Sprintf(format, args...)}
}
