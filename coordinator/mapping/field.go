package mapping

import (
	"fmt"
	"reflect"
	"strings"
)

// readFields reads the fields of t, which is m's type or embedded in it.
func (m *Struct) readFields(t reflect.Type, parent []int) error {
	for i := range t.NumField() {
		f := t.Field(i)
		index := append(append([]int(nil), parent...), i)
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			if err := m.readFields(f.Type, index); err != nil {
				return err
			}
			continue
		}
		related, err := m.readRelation(f, index)
		if err != nil {
			return err
		}
		if !related {
			if err := m.readColumn(f, index); err != nil {
				return err
			}
		}
	}
	return nil
}

func (m *Struct) readColumn(f reflect.StructField, index []int) error {
	tag := strings.Split(f.Tag.Get("db"), ",")
	if !f.IsExported() || tag[0] == "-" {
		return nil
	}
	c := Column{Name: tag[0], Index: index, Type: f.Type, hides: hidesReferences(f.Type)}
	if _, tagged := f.Tag.Lookup("db"); tagged && c.Name == "" {
		return fmt.Errorf("field %s: its tag names no column, and pgx finds none for it then", f.Name)
	}
	if c.Name == "" {
		c.Name = strings.ToLower(f.Name)
	}
	for _, option := range tag[1:] {
		switch strings.TrimSpace(option) {
		case "pk":
			c.Key = true
		case "auto":
			c.Auto = true
		case "version":
			c.Version = true
		default:
			return fmt.Errorf("field %s: unknown tag option %q", f.Name, option)
		}
	}
	if m.Position(c.Name) >= 0 {
		return fmt.Errorf("column %q is mapped twice", c.Name)
	}
	if c.Version {
		switch {
		case c.Key || c.Auto:
			return fmt.Errorf("field %s: a version is no key, and is not given by the database", f.Name)
		case !isInteger(f.Type):
			return fmt.Errorf("field %s: a version is an integer, and this is a %v", f.Name, f.Type)
		}
		for _, other := range m.Columns {
			if other.Version {
				return fmt.Errorf("columns %q and %q are both the version", other.Name, c.Name)
			}
		}
	}
	m.Columns = append(m.Columns, c)
	return nil
}

func isInteger(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
		reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return true
	default:
		return false
	}
}

// splitNames returns the names of a comma separated list.
func splitNames(list string) []string {
	names := strings.Split(list, ",")
	for i := range names {
		names[i] = strings.TrimSpace(names[i])
	}
	return names
}
