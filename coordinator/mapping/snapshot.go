package mapping

import (
	"database/sql/driver"
	"fmt"
	"reflect"
	"unsafe"

	"github.com/troupedb/troupe/messages"
)

// Snapshot is what a row's columns were at a moment, in copies that share nothing with the struct. It is immutable.
//
// It is the head of a larger piece of memory, of its mapping's type kept, in which the columns' values follow.
type Snapshot struct {
	mapping *Struct
}

// keep makes the type of m's snapshots: the head, the columns' values, and of those whose type hides references what they say of
// themselves.
func (m *Struct) keep() {
	fields := []reflect.StructField{{Name: "Head", Type: reflect.TypeFor[Snapshot]()}}
	for i := range m.Columns {
		c := &m.Columns[i]
		c.shape = shapeOf(c.Type)
		if c.hides {
			c.shape = shape{t: c.Type}
		}
		t := m.Type
		for _, n := range c.Index {
			f := t.Field(n)
			c.offset, t = c.offset+f.Offset, f.Type
		}
		fields = append(fields, reflect.StructField{Name: fmt.Sprint("Column", i), Type: c.Type})
	}
	for i := range m.Columns {
		if m.Columns[i].hides {
			fields = append(fields, reflect.StructField{Name: fmt.Sprint("Says", i), Type: reflect.TypeFor[any]()})
		}
	}
	m.kept = reflect.StructOf(fields)
	says := 1 + len(m.Columns)
	for i := range m.Columns {
		c := &m.Columns[i]
		c.kept = m.kept.Field(1 + i).Offset
		if c.hides {
			c.says = m.kept.Field(says).Offset
			says++
		}
	}
}

// Snapshot returns the values of the columns of v, an addressable struct of m's type. Slices, maps and what pointers and interfaces lead to are
// copied. A type that keeps references in unexported fields has to say by a method Value() of driver.Valuer what it stands for,
// and is [messages.ErrInvalidRequest] if it doesn't; so is a value that is nested too deeply.
func (m *Struct) Snapshot(v reflect.Value) (*Snapshot, error) {
	s := (*Snapshot)(reflect.New(m.kept).UnsafePointer())
	s.mapping = m
	from := v.Addr().UnsafePointer()
	for i := range m.Columns {
		c := &m.Columns[i]
		err := c.shape.copy(s.at(c.kept), unsafe.Add(from, c.offset))
		if err == nil && c.hides {
			*s.says(c), err = valueOf(m.Field(v, i))
		}
		if err != nil {
			return nil, m.unseen(i, err)
		}
	}
	return s, nil
}

// at returns where something of the snapshot is.
func (s *Snapshot) at(offset uintptr) unsafe.Pointer { return unsafe.Add(unsafe.Pointer(s), offset) }

// says returns what the value of a column that hides references says of itself.
func (s *Snapshot) says(c *Column) *any { return (*any)(s.at(c.says)) }

func (m *Struct) unseen(column int, cause error) error {
	return &messages.Error{
		Code: messages.ErrInvalidRequest, Op: "map", Detail: fmt.Sprintf("whether column %s.%s changes can't be seen", m.Table, m.Columns[column].Name), Err: cause,
	}
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

// Changed returns the positions of the columns whose values in v, an addressable struct of the mapping's type, aren't those of the snapshot.
func (s *Snapshot) Changed(v reflect.Value) ([]int, error) {
	var changed []int
	address := v.Addr().UnsafePointer()
	for i := range s.mapping.Columns {
		same, err := s.same(v, address, i)
		if err != nil {
			return nil, err
		}
		if !same {
			changed = append(changed, i)
		}
	}
	return changed, nil
}

// Same reports whether a column's value in v, an addressable struct of the mapping's type, is the snapshot's.
func (s *Snapshot) Same(v reflect.Value, column int) (bool, error) {
	return s.same(v, v.Addr().UnsafePointer(), column)
}

// same is Same for the struct v at address.
func (s *Snapshot) same(v reflect.Value, address unsafe.Pointer, column int) (bool, error) {
	c := &s.mapping.Columns[column]
	if !c.hides {
		return c.shape.same(s.at(c.kept), unsafe.Add(address, c.offset)), nil
	}
	value, err := valueOf(s.mapping.Field(v, column))
	if err != nil {
		return false, s.mapping.unseen(column, err)
	}
	before := *s.says(c)
	if value == nil || before == nil {
		return value == nil && before == nil, nil
	}
	return same(reflect.ValueOf(before), reflect.ValueOf(value)), nil
}

// Value returns the snapshot's value of a column. It must not be changed.
func (s *Snapshot) Value(column int) any {
	c := &s.mapping.Columns[column]
	return c.shape.at(s.at(c.kept)).Interface()
}

// Values returns the snapshot's values of the columns at positions. They must not be changed.
func (s *Snapshot) Values(positions []int) []any {
	values := make([]any, len(positions))
	for i, p := range positions {
		values[i] = s.Value(p)
	}
	return values
}

// Restore gives the columns of v, an addressable struct of the mapping's type, the snapshot's values: copies of them, where they aren't the same.
func (s *Snapshot) Restore(v reflect.Value) {
	address := v.Addr().UnsafePointer()
	for i := range s.mapping.Columns {
		c := &s.mapping.Columns[i]
		to, from := unsafe.Add(address, c.offset), s.at(c.kept)
		if !c.hides && c.shape.same(to, from) {
			continue
		}
		if err := c.shape.copy(to, from); err != nil {
			panic("bug: what was copied can't be copied: " + err.Error())
		}
	}
}
