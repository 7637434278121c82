package session

import (
	"reflect"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// parentKeyOf returns the primary key of a parent that the values of a ref's columns are; false if one of them is NULL, or can't be one.
func parentKeyOf(parent reflect.Type, columns []any) (messages.PrimaryKey, bool) {
	m, err := mapping.Of(parent)
	if err != nil || len(columns) != len(m.Keys) {
		return messages.PrimaryKey{}, false
	}
	values := make([]any, len(columns))
	for i, column := range columns {
		value, err := mapping.KeyValue(column)
		if err != nil || value == nil {
			return messages.PrimaryKey{}, false
		}
		values[i] = asIn(m.Columns[m.Keys[i]].Type, value)
	}
	pk, err := messages.NewPrimaryKey(values...)
	return pk, err == nil
}

// asIn returns a UUID in the form that a key's field of type t has it: as a text, or as 16 bytes. Other values stay what they are.
func asIn(t reflect.Type, value any) any {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	v := reflect.ValueOf(value)
	switch {
	case t.Kind() == reflect.String && is16(v.Type()):
		return uuidText(v)
	case is16(t) && v.Kind() == reflect.String:
		var uuid pgtype.UUID
		if err := uuid.Scan(v.String()); err == nil {
			return uuid.Bytes
		}
	}
	return value
}
