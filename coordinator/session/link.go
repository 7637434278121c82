package session

import (
	"reflect"
	"slices"

	"github.com/troupedb/troupe/coordinator/mapping"
)

// linkFresh gives new rows the keys of their parents, as far as they are known before these are inserted.
func (f *flushing) linkFresh() error {
	for _, e := range f.fresh {
		if err := f.link(e); err != nil {
			return err
		}
	}
	for _, e := range f.fresh {
		if !f.keyKnown(e) {
			continue
		}
		if pk, err := e.mapping.PrimaryKey(e.value); err == nil {
			r := row{e.mapping.Table, pk}
			f.byRow[r] = append(f.byRow[r], e)
		}
	}
	return nil
}

func (f *flushing) link(e *entry) error {
	if f.linked[e] {
		return nil // also where refs lead around: what that means is found out when rows are sorted
	}
	f.linked[e] = true
	for ref := range e.mapping.Refs {
		parent := e.parent(ref)
		if parent == nil {
			continue
		}
		p := f.s.known(parent)
		if p != nil && p.state == gone {
			return invalid("%s is deleted, and %s has it as %s", p.name(), e.name(), e.mapping.Refs[ref].Name)
		}
		if p != nil && p.state == pending {
			if err := f.link(p); err != nil {
				return err
			}
			if !f.keyKnown(p) {
				f.late[e] = append(f.late[e], ref)
				continue
			}
		}
		if err := e.follow(ref, parent); err != nil {
			return err
		}
	}
	return e.agrees(f.late[e])
}

// agrees refuses parents that say different things of a column that their refs share. Refs that are late have no say yet.
func (e *entry) agrees(late []int) error {
	for ref := range e.mapping.Refs {
		parent := e.parent(ref)
		if parent == nil || slices.Contains(late, ref) || !e.mapping.SharesColumns(ref) {
			continue
		}
		says := &entry{mapping: e.mapping, value: reflect.New(e.mapping.Type).Elem()}
		if err := says.follow(ref, parent); err != nil {
			return err
		}
		is, _ := refKey(e, ref)
		if other, _ := refKey(says, ref); is != other {
			return invalid("%s has as %s a parent that another of its parents disagrees with: their refs share a column of which they say different things",
				e.name(), e.mapping.Refs[ref].Name)
		}
	}
	return nil
}

// follow sets the columns of a ref to the primary key of parent.
func (e *entry) follow(ref int, parent any) error {
	m, v, err := mapping.OfObject(parent)
	if err != nil {
		return err
	}
	key := m.Values(v, m.Keys)
	for i, column := range e.mapping.Refs[ref].Columns {
		if err := e.set(column, key[i]); err != nil {
			return err
		}
	}
	return nil
}

// keyKnown reports whether the primary key of a linked entry is known before it is inserted.
func (f *flushing) keyKnown(e *entry) bool {
	if !e.keyGiven() {
		return false
	}
	for _, ref := range f.late[e] {
		if slices.ContainsFunc(e.mapping.Refs[ref].Columns, func(c int) bool { return e.mapping.Columns[c].Key }) {
			return false
		}
	}
	return true
}

// followLate sets the columns of the refs whose parents have their keys by now.
func (f *flushing) followLate(e *entry, refs []int) error {
	for _, ref := range refs {
		if err := e.follow(ref, e.parent(ref)); err != nil {
			return err
		}
	}
	if len(refs) == 0 {
		return nil
	}
	return e.agrees(nil)
}
