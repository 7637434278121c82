package mapping

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
)

// Ref is a field that points to the row's parent: many to one.
type Ref struct {
	// Name is the field's name, Index leads to it.
	Name  string
	Index []int
	// Names are the columns that hold the parent's primary key, Columns their positions in Struct.Columns.
	Names   []string
	Columns []int
	// Parent is the parent's struct type.
	Parent reflect.Type
}

// Many is a field that lists the row's children: one to many.
type Many struct {
	// Name is the field's name, Index leads to it.
	Name  string
	Index []int
	// Names are the children's columns that hold this row's primary key.
	Names []string
	// Child is the children's struct type. Ref is the position in its Refs of the one that leads back; valid once Linked has
	// returned nil.
	Child reflect.Type
	Ref   int
}

// readRelation reads a field that points to a parent or lists children; false if it does neither.
func (m *Struct) readRelation(f reflect.StructField, index []int) (bool, error) {
	ref, isRef := f.Tag.Lookup("ref")
	many, isMany := f.Tag.Lookup("many")
	switch {
	case !isRef && !isMany:
		return false, nil
	case isRef && isMany:
		return false, fmt.Errorf("field %s has a ref and a many tag", f.Name)
	case !f.IsExported() || f.Tag.Get("db") != "-":
		return false, fmt.Errorf(`field %s: what has a ref or many tag is exported and has db:"-", for it is no column`, f.Name)
	}
	names := splitNames(ref + many) // one of them is empty
	if slices.Contains(names, "") {
		return false, fmt.Errorf("field %s: its tag has a column without a name", f.Name)
	}
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			return false, fmt.Errorf("field %s: its tag has column %q twice", f.Name, name)
		}
	}
	t := f.Type
	if isMany {
		if t.Kind() != reflect.Slice {
			return false, fmt.Errorf("field %s: many is for a slice of pointers to mapped structs, and this is a %v", f.Name, f.Type)
		}
		t = t.Elem()
	}
	if t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct || !t.Implements(mappedType) {
		return false, fmt.Errorf("field %s: a %v has no pointer to a mapped struct", f.Name, f.Type)
	}
	if isMany {
		m.Manys = append(m.Manys, Many{Name: f.Name, Index: index, Names: names, Child: t.Elem(), Ref: -1})
	} else {
		m.Refs = append(m.Refs, Ref{Name: f.Name, Index: index, Names: names, Parent: t.Elem()})
	}
	return true, nil
}

var mappedType = reflect.TypeFor[Mapped]()

func (m *Struct) findRefColumns() error {
	for i := range m.Refs {
		r := &m.Refs[i]
		for _, name := range r.Names {
			position := m.Position(name)
			if position < 0 {
				return fmt.Errorf("field %s: its ref is column %q, which isn't mapped", r.Name, name)
			}
			r.Columns = append(r.Columns, position)
		}
	}
	return nil
}

// Linked checks the refs and manys against the mappings of their parents and children: as many columns as the parent's primary key
// has, and for each many exactly one ref of the child that leads back by the same columns. A column that doesn't outlive the row it was read
// with isn't for objects that somebody keeps. It is [messages.ErrInvalidRequest].
func (m *Struct) Linked() error {
	m.link.Do(func() {
		if err := m.checkLinks(); err != nil {
			m.bad = &messages.Error{Code: messages.ErrInvalidRequest, Op: "map", Detail: m.Type.String(), Err: err}
		}
	})
	return m.bad
}

func (m *Struct) checkLinks() error {
	for i := range m.Columns {
		if m.Columns[i].Type == reflect.TypeFor[pgtype.DriverBytes]() {
			return fmt.Errorf("column %q is a %v, which is valid until the next row is read only: make it a []byte", m.Columns[i].Name, m.Columns[i].Type)
		}
	}
	for _, r := range m.Refs {
		parent, err := Of(r.Parent)
		if err != nil {
			return err
		}
		if len(r.Columns) != len(parent.Keys) {
			return fmt.Errorf("field %s: its ref has %d columns, and the primary key of %s has %d", r.Name, len(r.Columns), parent.Table, len(parent.Keys))
		}
	}
	for i := range m.Manys {
		many := &m.Manys[i]
		child, err := Of(many.Child)
		if err != nil {
			return err
		}
		leadsBack := func(r Ref) bool { return r.Parent == m.Type && slices.Equal(r.Names, many.Names) }
		many.Ref = slices.IndexFunc(child.Refs, leadsBack)
		if many.Ref < 0 {
			return fmt.Errorf("field %s: %v has no field with the tag ref:%q that points to a %v", many.Name, many.Child, join(many.Names), m.Type)
		}
		if slices.ContainsFunc(child.Refs[many.Ref+1:], leadsBack) {
			return fmt.Errorf("field %s: %v has more than one ref by %q", many.Name, many.Child, join(many.Names))
		}
	}
	return nil
}

// SharesColumns reports whether another ref has a column of the one at this position, too.
func (m *Struct) SharesColumns(ref int) bool {
	for other, r := range m.Refs {
		if other != ref && slices.ContainsFunc(r.Columns, func(c int) bool { return slices.Contains(m.Refs[ref].Columns, c) }) {
			return true
		}
	}
	return false
}

// RefByField returns the ref of a field's name; false if there is none.
func (m *Struct) RefByField(name string) (int, bool) {
	i := slices.IndexFunc(m.Refs, func(r Ref) bool { return r.Name == name })
	return i, i >= 0
}

// ManyByField returns the many of a field's name; false if there is none.
func (m *Struct) ManyByField(name string) (int, bool) {
	i := slices.IndexFunc(m.Manys, func(r Many) bool { return r.Name == name })
	return i, i >= 0
}
