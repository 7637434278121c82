package session

import (
	"fmt"
	"math"
	"reflect"

	"github.com/jackc/pgx/v5/pgtype"
)

// assign sets a field to a value of another type that means the same: integers of any width that hold it, texts, 16 bytes, and
// pointers to them. A nil pointer or an invalid value is NULL.
func assign(field, value reflect.Value) error {
	for value.IsValid() && (value.Kind() == reflect.Pointer || value.Kind() == reflect.Interface) && value.Type() != field.Type() {
		value = value.Elem() // invalid if it was nil
	}
	if !value.IsValid() {
		switch field.Kind() {
		case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map:
			field.SetZero()
			return nil
		}
		return fmt.Errorf("a %v can't be NULL", field.Type())
	}
	if value.Type().AssignableTo(field.Type()) {
		field.Set(value)
		return nil
	}
	if field.Kind() == reflect.Pointer {
		fresh := reflect.New(field.Type().Elem())
		if err := assign(fresh.Elem(), value); err != nil {
			return err
		}
		field.Set(fresh)
		return nil
	}
	if convert(field, value) {
		return nil
	}
	if scanner, ok := field.Addr().Interface().(interface{ Scan(any) error }); ok {
		plain := value.Interface() // some know only what a database/sql driver returns
		switch {
		case value.CanInt():
			plain = value.Int()
		case value.CanUint() && value.Uint() <= math.MaxInt64:
			plain = int64(value.Uint())
		case value.Kind() == reflect.String:
			plain = value.String()
		case is16(value.Type()):
			plain = uuidText(value)
		}
		return scanner.Scan(plain)
	}
	return fmt.Errorf("a %v is no %v", value.Type(), field.Type())
}

func convert(field, value reflect.Value) bool {
	switch {
	case field.CanInt() && value.CanInt():
		field.SetInt(value.Int())
		return field.Int() == value.Int()
	case field.CanInt() && value.CanUint():
		field.SetInt(int64(value.Uint()))
		return field.Int() >= 0 && uint64(field.Int()) == value.Uint()
	case field.CanUint() && value.CanInt():
		field.SetUint(uint64(value.Int()))
		return value.Int() >= 0 && field.Uint() == uint64(value.Int())
	case field.CanUint() && value.CanUint():
		field.SetUint(value.Uint())
		return field.Uint() == value.Uint()
	case field.Kind() == reflect.String && value.Kind() == reflect.String:
		field.SetString(value.String())
	case field.Kind() == reflect.String && is16(value.Type()):
		field.SetString(uuidText(value))
	case is16(field.Type()) && is16(value.Type()):
		for i := range 16 {
			field.Index(i).SetUint(value.Index(i).Uint())
		}
	case field.Kind() == reflect.Bool && value.Kind() == reflect.Bool:
		field.SetBool(value.Bool())
	case isBytes(field.Type()) && isBytes(value.Type()):
		field.SetBytes(append([]byte{}, value.Bytes()...))
	default:
		return false
	}
	return true
}

func is16(t reflect.Type) bool {
	return t.Kind() == reflect.Array && t.Len() == 16 && t.Elem().Kind() == reflect.Uint8
}

func isBytes(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Uint8
}

func uuidText(value reflect.Value) string {
	uuid := pgtype.UUID{Valid: true}
	for i := range uuid.Bytes {
		uuid.Bytes[i] = byte(value.Index(i).Uint())
	}
	return uuid.String()
}
