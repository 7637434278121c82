package sqlite

import (
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"

	"github.com/troupedb/troupe/messages"
)

// TimeFormat is how a time is stored, in UTC and cut to the microsecond, which is what it is read with. In it texts sort
// as the instants do, and equal texts are equal instants.
const TimeFormat = "2006-01-02 15:04:05.999999-07:00"

// bindArgument binds arg to the parameter with that index. The common types come first, and need no reflection.
func (c *connection) bindArgument(op string, s *statement, index int, arg any) error {
	switch v := arg.(type) {
	case nil:
		return c.bindNull(op, s, index)
	case int:
		return c.bindInteger(op, s, index, int64(v))
	case int64:
		return c.bindInteger(op, s, index, v)
	case int32:
		return c.bindInteger(op, s, index, int64(v))
	case string:
		return c.bindText(op, s, index, v)
	case []byte:
		if v == nil {
			return c.bindNull(op, s, index)
		}
		return c.bindBlob(op, s, index, v)
	case bool:
		return c.bindBool(op, s, index, v)
	case float64:
		return c.bindReal(op, s, index, v)
	case time.Time:
		return c.bindTime(op, s, index, v)
	case json.RawMessage:
		if v == nil {
			return c.bindNull(op, s, index)
		}
		return c.bindText(op, s, index, string(v))
	case driver.Valuer:
		value, err := callValuer(v)
		if err != nil {
			return err
		}
		if _, again := value.(driver.Valuer); again {
			return fmt.Errorf("the Value method of %T returned another Valuer", arg)
		}
		return c.bindArgument(op, s, index, value)
	}
	return c.bindReflected(op, s, index, arg)
}

// bindReflected binds pointers, and types whose kind can be stored.
func (c *connection) bindReflected(op string, s *statement, index int, arg any) error {
	v := reflect.ValueOf(arg)
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return c.bindNull(op, s, index)
		}
		return c.bindArgument(op, s, index, v.Elem().Interface())
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return c.bindInteger(op, s, index, v.Int())
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		if v.Uint() > math.MaxInt64 {
			return fmt.Errorf("%T is larger than SQLite's largest integer", arg)
		}
		return c.bindInteger(op, s, index, int64(v.Uint()))
	case reflect.Float32, reflect.Float64:
		return c.bindReal(op, s, index, v.Float())
	case reflect.Bool:
		return c.bindBool(op, s, index, v.Bool())
	case reflect.String:
		return c.bindText(op, s, index, v.String())
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Uint8 {
			return fmt.Errorf("%T can't be stored: SQLite has no arrays", arg)
		}
		if v.IsNil() {
			return c.bindNull(op, s, index)
		}
		return c.bindBlob(op, s, index, v.Bytes())
	case reflect.Array:
		if v.Type().Elem().Kind() == reflect.Uint8 && v.Len() == 16 {
			var id [16]byte
			reflect.Copy(reflect.ValueOf(&id).Elem(), v)
			return c.bindText(op, s, index, uuidText(id))
		}
		return fmt.Errorf("%T can't be stored: SQLite has no arrays", arg)
	}
	return fmt.Errorf("%T can't be stored: it is no integer, float, text, byte string, time or boolean, nor a driver.Valuer", arg)
}

func (c *connection) bindBool(op string, s *statement, index int, v bool) error {
	if v {
		return c.bindInteger(op, s, index, 1)
	}
	return c.bindInteger(op, s, index, 0)
}

// bindReal refuses NaN, which SQLite would silently store as NULL.
func (c *connection) bindReal(op string, s *statement, index int, v float64) error {
	if math.IsNaN(v) {
		return errors.New("NaN can't be stored: SQLite would make it NULL")
	}
	return c.bindDouble(op, s, index, v)
}

func (c *connection) bindTime(op string, s *statement, index int, v time.Time) error {
	v = v.UTC()
	if year := v.Year(); year < 0 || year > 9999 {
		return fmt.Errorf("a time in the year %d can't be stored: the year has four digits", year)
	}
	var room [len(TimeFormat)]byte
	return c.bindText(op, s, index, string(v.AppendFormat(room[:0], TimeFormat)))
}

// errValuerPanicked marks a panic in the application's code.
var errValuerPanicked = errors.New("its Value method panicked")

// callValuer returns what v is stored as. Like database/sql it takes a nil pointer for NULL where the method isn't the
// pointer's own.
func callValuer(v driver.Valuer) (value driver.Value, err error) {
	if rv := reflect.ValueOf(v); rv.Kind() == reflect.Pointer && rv.IsNil() && rv.Type().Elem().Implements(valuerType) {
		return nil, nil
	}
	defer func() {
		if r := recover(); r != nil {
			value, err = nil, fmt.Errorf("%w: %T: %s", errValuerPanicked, v, messages.PanicText(r))
		}
	}()
	return v.Value()
}

var valuerType = reflect.TypeFor[driver.Valuer]()

// argumentError says which argument couldn't be bound. SQLite's own refusals keep their meaning.
func argumentError(op, which string, err error) error {
	var known *messages.Error
	switch {
	case errors.As(err, &known):
		named := *known
		named.Detail = which
		return &named
	case errors.Is(err, errValuerPanicked):
		return &messages.Error{Code: messages.ErrPanic, Op: op, Detail: which, Err: err}
	default:
		return &messages.Error{Code: messages.ErrInvalidRequest, Op: op, Detail: which, Err: err}
	}
}
