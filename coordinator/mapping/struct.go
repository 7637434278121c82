package mapping

import (
	"fmt"
	"reflect"
	"sync"

	"github.com/troupedb/troupe/messages"
)

// Struct is how one struct type maps to its table. It is immutable.
type Struct struct {
	// Type is the struct's type.
	Type reflect.Type
	// Table is the table's name, see Mapped.TableName.
	Table string
	// Columns are the table's columns, in the order of the fields.
	Columns []Column
	// Keys are the positions in Columns of the primary key's, in order; there is one at least.
	Keys []int
	// Version is the position in Columns of the version column, or -1.
	Version int
	// Refs are the fields that point to parents, Manys those that list children. They are checked by [Struct.Linked].
	Refs  []Ref
	Manys []Many

	link sync.Once
	bad  error // what Linked returns

	kept reflect.Type // of its snapshots, see keep
}

// Column is one column of a mapped struct.
type Column struct {
	// Name is the column's name, unquoted.
	Name string
	// Index leads to the field.
	Index []int
	// Type is the field's type.
	Type reflect.Type
	// Key says that it is part of the primary key.
	Key bool
	// Auto says that the database gives the value when the row is inserted.
	Auto bool
	// Version says that it counts the row's changes.
	Version bool

	hides bool // see hidesReferences
	shape shape
	// offset is where the field is in the struct; kept is where its value is in a snapshot, and says, if it hides, what that said of itself.
	offset, kept, says uintptr
}

var mappings sync.Map // reflect.Type of the struct → *Struct

// Of returns the mapping of t, a struct type whose values or pointers are [Mapped]. A tag that isn't understood, a name that is there
// twice, or a struct without a primary key is [messages.ErrInvalidRequest]. It is safe for concurrent use.
func Of(t reflect.Type) (*Struct, error) {
	if m, ok := mappings.Load(t); ok {
		return m.(*Struct), nil
	}
	m, err := read(t)
	if err != nil {
		return nil, &messages.Error{Code: messages.ErrInvalidRequest, Op: "map", Detail: fmt.Sprintf("%v: %v", t, err)}
	}
	known, _ := mappings.LoadOrStore(t, m)
	return known.(*Struct), nil
}

func read(t reflect.Type) (*Struct, error) {
	if t == nil || t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("it is no struct")
	}
	named, ok := reflect.New(t).Interface().(Mapped)
	if !ok {
		return nil, fmt.Errorf("it has no method TableName() string")
	}
	m := &Struct{Type: t, Table: named.TableName(), Version: -1}
	if m.Table == "" {
		return nil, fmt.Errorf("TableName returns nothing")
	}
	if err := m.readFields(t, nil); err != nil {
		return nil, err
	}
	for i, c := range m.Columns {
		if c.Key {
			m.Keys = append(m.Keys, i)
		}
		if c.Version {
			m.Version = i
		}
	}
	if len(m.Keys) == 0 {
		return nil, fmt.Errorf(`no field has a tag such as db:"id,pk"`)
	}
	m.keep()
	return m, m.findRefColumns()
}

// Position returns the position of a column by its name, or -1.
func (m *Struct) Position(name string) int {
	for i := range m.Columns {
		if m.Columns[i].Name == name {
			return i
		}
	}
	return -1
}

// Names returns the names of the columns.
func (m *Struct) Names() []string {
	names := make([]string, len(m.Columns))
	for i, c := range m.Columns {
		names[i] = c.Name
	}
	return names
}

// KeyNames returns the names of the primary key's columns.
func (m *Struct) KeyNames() []string { return m.NamesAt(m.Keys) }

// NamesAt returns the names of the columns at positions.
func (m *Struct) NamesAt(positions []int) []string {
	names := make([]string, len(positions))
	for i, p := range positions {
		names[i] = m.Columns[p].Name
	}
	return names
}

// Field returns the field of a column of v, a struct of m's type.
func (m *Struct) Field(v reflect.Value, column int) reflect.Value {
	return v.FieldByIndex(m.Columns[column].Index)
}

// Values returns the values of the columns at positions of v, a struct of m's type. They are not copied.
func (m *Struct) Values(v reflect.Value, positions []int) []any {
	values := make([]any, len(positions))
	for i, p := range positions {
		values[i] = m.Field(v, p).Interface()
	}
	return values
}

// PrimaryKey returns the primary key of v, a struct of m's type. A value that can't be one, NULL among them, is
// [messages.ErrInvalidRequest].
func (m *Struct) PrimaryKey(v reflect.Value) (messages.PrimaryKey, error) {
	if v.CanAddr() {
		var room [4]any // pointers, so that nothing is allocated for them
		values := room[:0]
		for _, k := range m.Keys {
			values = append(values, m.Field(v, k).Addr().Interface())
		}
		if pk, err := messages.NewPrimaryKey(values...); err == nil {
			return pk, nil
		}
	}
	pk, err := messages.NewPrimaryKey(m.Values(v, m.Keys)...) // whose error says what the values are
	if err != nil {
		return pk, &messages.Error{Code: messages.ErrInvalidRequest, Op: "map", Detail: fmt.Sprintf("the primary key of %s", m.Table), Err: err}
	}
	return pk, nil
}

// CheckKey refuses v, a struct of m's type, if its key could not be told after it was written. Columns that the database assigns are
// judged by their type.
func (m *Struct) CheckKey(v reflect.Value) error {
	for _, k := range m.Keys {
		c := &m.Columns[k]
		field := v.FieldByIndex(c.Index)
		if c.Auto && field.Kind() == reflect.Pointer {
			field = reflect.New(field.Type().Elem()).Elem()
		}
		if _, err := messages.NewPrimaryKey(field.Interface()); err != nil {
			return &messages.Error{Code: messages.ErrInvalidRequest, Op: "add", Detail: fmt.Sprintf("column %s.%s", m.Table, c.Name), Err: err}
		}
	}
	return nil
}

// Identify tells object, a pointer to a struct of m's type, its key, if it wants to know.
func (m *Struct) Identify(object any, shard messages.ShardID) error {
	if _, ok := object.(keyed); !ok {
		return nil
	}
	pk, err := m.PrimaryKey(reflect.ValueOf(object).Elem())
	if err != nil {
		return err
	}
	SetKey(object, messages.Key{Table: m.Table, PK: pk, Shard: shard})
	return nil
}
