package coordinator

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// RowKey returns the key of the current row of rows that a troupe returned, which was scanned into object, a mapped struct: what a struct with
// [Identity] learns by itself in [Each]. The row has to have the columns of the primary key. A row that is on no single shard, as a
// merged group, has no key: [messages.ErrInvalidRequest].
func RowKey[T any](row pgx.CollectableRow, object *T) (messages.Key, error) {
	m, v, err := mapping.OfObject(object)
	if err != nil {
		return messages.Key{}, err
	}
	shard := ShardOf(row)
	if shard == "" {
		return messages.Key{}, invalidKey("the row is on no single shard, or no troupe has returned it")
	}
	for _, name := range m.KeyNames() {
		if !slices.ContainsFunc(row.FieldDescriptions(), func(f pgconn.FieldDescription) bool { return sameColumn(f.Name, name) }) {
			return messages.Key{}, invalidKey(fmt.Sprintf("the row has no column %q, which is in the primary key of %s", name, m.Table))
		}
	}
	return keyIn(m, v, shard)
}

// sameColumn reports whether pgx.RowToStructByName takes the columns for one.
func sameColumn(a, b string) bool {
	return strings.EqualFold(strings.ReplaceAll(a, "_", ""), strings.ReplaceAll(b, "_", ""))
}

// ByKey returns the row of a key as a T, a mapped struct of the key's table. It is read from the key's own shard, whatever ctx
// pins, and no chooser is asked. Without such a row the error is pgx.ErrNoRows.
func ByKey[T any](ctx context.Context, t *Troupe, key messages.Key) (T, error) {
	var zero T
	m, err := mapping.Of(reflect.TypeFor[T]())
	if err != nil {
		return zero, err
	}
	switch {
	case key.Table != m.Table:
		return zero, invalidKey(fmt.Sprintf("it is one of table %q, and not of %q", key.Table, m.Table))
	case key.Shard == "":
		return zero, invalidKey("it names no shard")
	}
	if _, err := t.known(key.Shard, "key"); err != nil {
		return zero, err
	}
	object, _, err := find[T](ctx, t, m, key.PK.Values(), messages.Options{Shards: []messages.ShardID{key.Shard}})
	return object, err
}

// Refresh reads the row of object, a mapped struct with [Identity] that was read or written, again, and sets the fields of its columns. It
// goes where [ByKey] does: to the row's own shard. If the row isn't there any more the error is pgx.ErrNoRows, and as with every error object stays as it was.
func Refresh[T any](ctx context.Context, t *Troupe, object *T) error {
	m, v, err := mapping.OfObject(object)
	if err != nil {
		return err
	}
	key, ok := KeyOf(object)
	if !ok {
		return invalidKey(fmt.Sprintf("the %T has no key, for it has no embedded Identity, or was neither read nor written: see ByKey", object))
	}
	fresh, err := ByKey[T](ctx, t, key)
	if err != nil {
		return err
	}
	read := reflect.ValueOf(&fresh).Elem()
	for i := range m.Columns {
		m.Field(v, i).Set(m.Field(read, i))
	}
	return nil
}

// keyIn returns the key of v, a struct of m's type, that is on shard.
func keyIn(m *mapping.Struct, v reflect.Value, shard messages.ShardID) (messages.Key, error) {
	pk, err := m.PrimaryKey(v)
	if err != nil {
		return messages.Key{}, err
	}
	return messages.Key{Table: m.Table, PK: pk, Shard: shard}, nil
}

func invalidKey(detail string) error {
	return &messages.Error{Code: messages.ErrInvalidRequest, Op: "key", Detail: detail}
}
