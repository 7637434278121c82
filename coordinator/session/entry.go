package session

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// state is what an object is to the session.
type state uint8

const (
	unknown    state = iota // it isn't the session's: it was before it was added, or is after that was undone
	pending                 // it was added, and its row isn't written
	persistent              // it has a row
	deleting                // it has a row, which the next flush deletes
	gone                    // its row was deleted
)

// entry is an object that the session knows. All but its identity is in now, so that a rollback can bring back what was.
type entry struct {
	object  any           // the pointer
	value   reflect.Value // the struct
	mapping *mapping.Struct
	twin    *entry // the next one with the same row on another shard, see identities
	now
	// assigned are the columns that the session has set in an object without a row, with the values that they had before.
	assigned map[int]reflect.Value
	// adopted are the refs that the session has pointed to the parent that lists an object without a row, with that parent.
	adopted map[int]any
}

type now struct {
	state   state
	key     messages.Key      // of the row; zero without one
	known   *mapping.Snapshot // what the row's columns were when it was last read or written; nil without one
	parents []any             // where the refs led then, by ref: nil, or an untyped pointer
	expired bool              // the row may be another by now
	written bool              // by the session, since the last commit
	readded *now              // of a pending one whose row was deleted before: what it was then
	doubted bool              // what is known of the row may never have been committed, and it wasn't read since
}

// row is a row's identity without its shard.
type row struct {
	table string
	pk    messages.PrimaryKey
}

func (e *entry) row() row { return row{e.key.Table, e.key.PK} }

// there reports whether the entry has a row, as far as the session knows.
func (n *now) there() bool { return n.state == persistent || n.state == deleting }

// parent returns the object that a ref leads to, or nil.
func (e *entry) parent(ref int) any {
	field := e.value.FieldByIndex(e.mapping.Refs[ref].Index)
	if field.IsNil() {
		return nil
	}
	return field.Interface()
}

func (e *entry) setParent(ref int, parent any) {
	field := e.value.FieldByIndex(e.mapping.Refs[ref].Index)
	if parent == nil {
		field.SetZero()
		return
	}
	field.Set(reflect.ValueOf(parent))
}

func (e *entry) currentParents() []any {
	if len(e.mapping.Refs) == 0 {
		return nil
	}
	parents := make([]any, len(e.mapping.Refs))
	for i := range parents {
		parents[i] = e.parent(i)
	}
	return parents
}

// seen takes the object as it is for what its row is.
func (e *entry) seen() error {
	known, err := e.mapping.Snapshot(e.value)
	if err != nil {
		return err
	}
	e.known, e.parents, e.expired, e.doubted = known, e.currentParents(), false, false
	return nil
}

// changed reports whether the object differs from what its row was.
func (e *entry) changed() (bool, error) {
	for ref := range e.mapping.Refs {
		if e.parent(ref) != e.parents[ref] {
			return true, nil
		}
	}
	columns, err := e.known.Changed(e.value)
	return len(columns) > 0, err
}

// restore gives an object that has a row the values that its row had.
func (e *entry) restore() {
	e.known.Restore(e.value)
	for i, p := range e.parents {
		e.setParent(i, p)
	}
}

// keyValues returns the values of the primary key.
func (e *entry) keyValues() []any { return e.mapping.Values(e.value, e.mapping.Keys) }

// keyGiven reports whether the primary key is known: it has a row, or its key isn't left to the database.
func (e *entry) keyGiven() bool {
	return e.there() || !slices.ContainsFunc(e.mapping.Keys, func(k int) bool { return e.mapping.Columns[k].Auto })
}

// set sets a column, and remembers what was there if the object has no row.
func (e *entry) set(column int, value any) error {
	field := e.mapping.Field(e.value, column)
	if e.state == pending {
		if e.assigned == nil {
			e.assigned = map[int]reflect.Value{}
		}
		if _, ok := e.assigned[column]; !ok {
			e.assigned[column] = reflect.ValueOf(field.Interface())
		}
	}
	if err := assign(field, reflect.ValueOf(value)); err != nil {
		return invalid("column %s.%s: %v", e.mapping.Table, e.mapping.Columns[column].Name, err)
	}
	return nil
}

// adopt points a ref of an object without a row to the parent that lists it, and remembers that.
func (e *entry) adopt(ref int, parent any) {
	e.setParent(ref, parent)
	if e.adopted == nil {
		e.adopted = map[int]any{}
	}
	e.adopted[ref] = parent
}

// unassign takes back what set and adopt have set.
func (e *entry) unassign() {
	for column, before := range e.assigned {
		field := e.mapping.Field(e.value, column)
		if before.IsValid() {
			field.Set(before)
		} else {
			field.SetZero() // a nil interface
		}
	}
	for ref, parent := range e.adopted {
		if e.parent(ref) == parent {
			e.setParent(ref, nil)
		}
	}
	e.settled()
}

// settled makes what the session has set the object's own.
func (e *entry) settled() { e.assigned, e.adopted = nil, nil }

// name names the object in an error: by its key, or by its type while it has none.
func (e *entry) name() string {
	if e.there() {
		return e.key.String()
	}
	if pk, err := e.mapping.PrimaryKey(e.value); err == nil && e.keyGiven() {
		return e.mapping.Table + "(" + pk.String() + ")"
	}
	return fmt.Sprintf("a new row of %s", e.mapping.Table)
}

func invalid(format string, args ...any) error {
	return &messages.Error{Code: messages.ErrInvalidRequest, Op: "session", Detail: fmt.Sprintf(format, args...)}
}
