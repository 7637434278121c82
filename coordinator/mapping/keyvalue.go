package mapping

import (
	"database/sql/driver"
	"reflect"

	"github.com/jackc/pgx/v5/pgtype"
)

// KeyValue returns what a column's value is as part of a key: nil for NULL, what a driver.Valuer such as sql.NullInt64 or pgtype.UUID
// stands for, with UUIDs as 16 bytes, and others as they are. The errors are those of the method Value.
func KeyValue(v any) (any, error) {
	field := reflect.ValueOf(v)
	if !field.IsValid() {
		return nil, nil
	}
	if isValuer(field.Type()) {
		stands, err := valueOf(field)
		if err != nil || stands == nil {
			return nil, err
		}
		if uuid, ok := v.(pgtype.UUIDValuer); ok {
			read, err := uuid.UUIDValue()
			return [16]byte(read.Bytes), err
		}
		for field.Kind() == reflect.Pointer {
			field = field.Elem() // not nil, or it would have said so
		}
		if field.Kind() == reflect.Struct {
			return stands, nil
		}
		return field.Interface(), nil
	}
	if field.Kind() == reflect.Pointer {
		if field.IsNil() {
			return nil, nil
		}
		return KeyValue(field.Elem().Interface())
	}
	return v, nil
}

func isValuer(t reflect.Type) bool {
	return t.Implements(valuerType) || reflect.PointerTo(t).Implements(valuerType)
}

var valuerType = reflect.TypeFor[driver.Valuer]()
