package mapping

import (
	"database/sql/driver"
	"fmt"
	"reflect"

	"github.com/troupedb/troupe/messages"
)

// Snapshot is what a row's columns were at a moment, in copies that share nothing with the struct. It is immutable.
type Snapshot struct {
	mapping *Struct
	values  []reflect.Value // by column
	encoded []any           // what a value says of itself, by column, where its type hides references; nil if no column does
}

// Snapshot returns the values of the columns of v, a struct of m's type. Slices, maps and what pointers and interfaces lead to are
// copied. A type that keeps references in unexported fields has to say by a method Value() of driver.Valuer what it stands for,
// and is [messages.ErrInvalidRequest] if it doesn't; so is a value that is nested too deeply.
func (m *Struct) Snapshot(v reflect.Value) (*Snapshot, error) {
	s := &Snapshot{mapping: m, values: make([]reflect.Value, len(m.Columns))}
	for i := range m.Columns {
		var err error
		if s.values[i], err = copyOf(m.Field(v, i), 0); err == nil && m.Columns[i].hides {
			err = s.encode(i, m.Field(v, i))
		}
		if err != nil {
			return nil, m.unseen(i, err)
		}
	}
	return s, nil
}

func (m *Struct) unseen(column int, cause error) error {
	return &messages.Error{
		Code: messages.ErrInvalidRequest, Op: "map", Detail: fmt.Sprintf("whether column %s.%s changes can't be seen", m.Table, m.Columns[column].Name), Err: cause,
	}
}

func (s *Snapshot) encode(column int, field reflect.Value) error {
	value, err := valueOf(field)
	if err != nil {
		return err
	}
	if s.encoded == nil {
		s.encoded = make([]any, len(s.values))
	}
	s.encoded[column] = value
	return nil
}

// valueOf returns a copy of what a value that hides references says of itself; nil for a nil pointer.
func valueOf(field reflect.Value) (value any, err error) {
	if field.Kind() == reflect.Pointer && field.IsNil() {
		return nil, nil
	}
	holder := reflect.New(field.Type())
	holder.Elem().Set(field)
	valuer, ok := field.Interface().(driver.Valuer)
	if !ok {
		valuer, ok = holder.Interface().(driver.Valuer)
	}
	if !ok {
		return nil, fmt.Errorf("a %v keeps references in unexported fields, and has no method Value", field.Type())
	}
	defer func() { // it is the application's
		if p := recover(); p != nil {
			err = fmt.Errorf("the method Value of a %v panicked: %s", field.Type(), messages.PanicText(p))
		}
	}()
	if value, err = valuer.Value(); err != nil || value == nil {
		return nil, err
	}
	copied, err := copyOf(reflect.ValueOf(value), 0)
	if err != nil {
		return nil, err
	}
	return copied.Interface(), nil
}

// Changed returns the positions of the columns whose values in v, a struct of the mapping's type, aren't those of the snapshot.
func (s *Snapshot) Changed(v reflect.Value) ([]int, error) {
	var changed []int
	for i := range s.values {
		same, err := s.Same(v, i)
		if err != nil {
			return nil, err
		}
		if !same {
			changed = append(changed, i)
		}
	}
	return changed, nil
}

// Same reports whether a column's value in v, a struct of the mapping's type, is the snapshot's.
func (s *Snapshot) Same(v reflect.Value, column int) (bool, error) {
	field := s.mapping.Field(v, column)
	if !s.mapping.Columns[column].hides {
		return same(s.values[column], field), nil
	}
	value, err := valueOf(field)
	if err != nil {
		return false, s.mapping.unseen(column, err)
	}
	before := s.encoded[column]
	if value == nil || before == nil {
		return value == nil && before == nil, nil
	}
	return same(reflect.ValueOf(before), reflect.ValueOf(value)), nil
}

// Value returns the snapshot's value of a column. It must not be changed.
func (s *Snapshot) Value(column int) any { return s.values[column].Interface() }

// Values returns the snapshot's values of the columns at positions. They must not be changed.
func (s *Snapshot) Values(positions []int) []any {
	values := make([]any, len(positions))
	for i, p := range positions {
		values[i] = s.Value(p)
	}
	return values
}

// Restore sets the columns of v, a struct of the mapping's type, to copies of the snapshot's values.
func (s *Snapshot) Restore(v reflect.Value) {
	for i := range s.values {
		s.RestoreColumn(v, i)
	}
}

// RestoreColumn sets one column of v, a struct of the mapping's type, to a copy of the snapshot's value.
func (s *Snapshot) RestoreColumn(v reflect.Value, column int) {
	copied, err := copyOf(s.values[column], 0)
	if err != nil {
		panic("bug: what was copied can't be copied: " + err.Error())
	}
	s.mapping.Field(v, column).Set(copied)
}
