package coordinator

import (
	"fmt"
	"reflect"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/messages"
)

// Mapped is a struct that stands for a row: its pointer or value names the table, and its exported fields are the
// columns by their tags, as pgx.RowToStructByName reads them:
//
//	type Location struct {
//		coordinator.Identity            // optional: learns the Key when the row is read or written
//		ID        int64  `db:"id,pk"`   // part of the primary key; pk,auto is given by the database on Add
//		Continent string `db:"continent"`
//		Reports   []*Report `db:"-"`    // no column
//	}
//
// A field without a tag is the column with its name in lower case; fields of embedded structs count as the struct's own.
type Mapped interface {
	// TableName returns the table's name, unquoted and in the case that it has, perhaps with its schema and a dot before.
	TableName() string
}

// Identity is embedded in a mapped struct so that it learns its row's [messages.Key]. It must not be copied from one
// row's struct to another's.
type Identity struct{ key messages.Key }

// Key returns the key of the row that the struct was read from or written to; zero before.
func (i *Identity) Key() messages.Key { return i.key }

func (i *Identity) setKey(k messages.Key) { i.key = k }

type keyed interface {
	Key() messages.Key
	setKey(messages.Key)
}

// KeyOf returns the key of a mapped struct, given as a pointer, that was read or written; false if it has none.
func KeyOf(object any) (messages.Key, bool) {
	k, ok := object.(keyed)
	if !ok || k.Key().IsZero() {
		return messages.Key{}, false
	}
	return k.Key(), true
}

// mapping is how one struct type maps to its table.
type mapping struct {
	table   string
	columns []column
}

type column struct {
	name     string
	index    []int // of the field
	key      bool
	assigned bool // by the database on Add
}

var mappings sync.Map // reflect.Type of the struct → *mapping

// mappingFor returns the mapping of t, a struct type whose values or pointers are Mapped.
func mappingFor(t reflect.Type) (*mapping, error) {
	if m, ok := mappings.Load(t); ok {
		return m.(*mapping), nil
	}
	m, err := newMapping(t)
	if err != nil {
		return nil, &messages.Error{Code: messages.ErrInvalidRequest, Op: "map", Detail: fmt.Sprintf("%v: %v", t, err)}
	}
	mappings.Store(t, m)
	return m, nil
}

func newMapping(t reflect.Type) (*mapping, error) {
	if t.Kind() != reflect.Struct {
		return nil, fmt.Errorf("it is no struct")
	}
	named, ok := reflect.New(t).Interface().(Mapped)
	if !ok {
		return nil, fmt.Errorf("it has no method TableName() string")
	}
	m := &mapping{table: named.TableName()}
	if m.table == "" {
		return nil, fmt.Errorf("TableName returns nothing")
	}
	if err := m.addFields(t, nil); err != nil {
		return nil, err
	}
	if len(m.keyColumns()) == 0 {
		return nil, fmt.Errorf(`no field has a tag such as db:"id,pk"`)
	}
	return m, nil
}

func (m *mapping) addFields(t reflect.Type, parent []int) error {
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(append([]int(nil), parent...), i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			if err := m.addFields(f.Type, index); err != nil {
				return err
			}
			continue
		}
		tag := strings.Split(f.Tag.Get("db"), ",")
		if !f.IsExported() || tag[0] == "-" {
			continue
		}
		c := column{name: tag[0], index: index}
		if _, tagged := f.Tag.Lookup("db"); tagged && c.name == "" {
			return fmt.Errorf("field %s: its tag names no column, and pgx finds none for it then", f.Name)
		}
		if c.name == "" {
			c.name = strings.ToLower(f.Name)
		}
		for _, option := range tag[1:] {
			switch strings.TrimSpace(option) {
			case "pk":
				c.key = true
			case "auto":
				c.assigned = true
			default:
				return fmt.Errorf("field %s: unknown tag option %q", f.Name, option)
			}
		}
		if m.column(c.name) != nil {
			return fmt.Errorf("column %q is mapped twice", c.name)
		}
		m.columns = append(m.columns, c)
	}
	return nil
}

func (m *mapping) column(name string) *column {
	for i := range m.columns {
		if m.columns[i].name == name {
			return &m.columns[i]
		}
	}
	return nil
}

func (m *mapping) names() []string {
	names := make([]string, len(m.columns))
	for i, c := range m.columns {
		names[i] = c.name
	}
	return names
}

func (m *mapping) keyColumns() []string {
	var names []string
	for _, c := range m.columns {
		if c.key {
			names = append(names, c.name)
		}
	}
	return names
}

// checkKey refuses an object whose key could not be told after it was written. Columns that the database assigns are
// judged by their type.
func (m *mapping) checkKey(object any) error {
	if _, ok := object.(keyed); !ok {
		return nil
	}
	v := reflect.ValueOf(object).Elem()
	for _, c := range m.columns {
		if !c.key {
			continue
		}
		field := v.FieldByIndex(c.index)
		if c.assigned && field.Kind() == reflect.Pointer {
			field = reflect.New(field.Type().Elem()).Elem()
		}
		if _, err := messages.NewPrimaryKey(field.Interface()); err != nil {
			return &messages.Error{Code: messages.ErrInvalidRequest, Op: "add", Detail: fmt.Sprintf("column %s.%s", m.table, c.name), Err: err}
		}
	}
	return nil
}

// identify tells object, a pointer to the mapped struct, its key, if it wants to know.
func (m *mapping) identify(object any, shard messages.ShardID) error {
	k, ok := object.(keyed)
	if !ok {
		return nil
	}
	v := reflect.ValueOf(object).Elem()
	var values []any
	for _, c := range m.columns {
		if c.key {
			values = append(values, v.FieldByIndex(c.index).Interface())
		}
	}
	pk, err := messages.NewPrimaryKey(values...)
	if err != nil {
		return err
	}
	k.setKey(messages.Key{Table: m.table, PK: pk, Shard: shard})
	return nil
}

func quote(identifier string) string { return pgx.Identifier{identifier}.Sanitize() }

// quoteTable quotes a table's name, which may have its schema before a dot.
func quoteTable(name string) string { return pgx.Identifier(strings.Split(name, ".")).Sanitize() }

func quoteAll(identifiers []string) string {
	quoted := make([]string, len(identifiers))
	for i, id := range identifiers {
		quoted[i] = quote(id)
	}
	return strings.Join(quoted, ", ")
}
