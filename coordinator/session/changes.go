package session

import (
	"context"
	"errors"
	"reflect"
	"slices"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// change is a row that is to be updated.
type change struct {
	e       *entry
	columns []int // those that change, in ascending order
	late    []int // refs whose new parent gets its key when it is inserted
}

// moves reports whether a column of a ref changes.
func (c *change) moves(ref int) bool {
	return slices.ContainsFunc(c.e.mapping.Refs[ref].Columns, func(column int) bool { return slices.Contains(c.columns, column) })
}

// findChanges finds the rows that have changed, and refuses changes that would put one on another shard.
func (f *flushing) findChanges(except *entry) error {
	for _, e := range f.s.entries {
		if e == except || e.state != persistent {
			continue
		}
		c, err := f.changeOf(e)
		if err != nil {
			return err
		}
		if c == nil {
			continue
		}
		if err := f.s.checkReference(e); err != nil {
			return err
		}
		if err := f.checkChange(c); err != nil {
			return err
		}
		f.changes = append(f.changes, c)
	}
	return nil
}

// changeOf returns what changed of an entry; nil if nothing did.
func (f *flushing) changeOf(e *entry) (*change, error) {
	if changed, err := e.changed(); err != nil || !changed {
		return nil, err
	}
	c := &change{e: e}
	var err error
	if c.columns, err = e.known.Changed(e.value); err != nil {
		return nil, err
	}
	for ref := range e.mapping.Refs {
		if err := f.followNew(c, ref); err != nil {
			return nil, err
		}
	}
	parents := e.currentParents()
	repointed := !slices.Equal(e.parents, parents)
	if repointed { // columns may have followed
		if c.columns, err = e.known.Changed(e.value); err != nil {
			return nil, err
		}
	}
	if len(c.columns) > 0 {
		if err := e.agrees(c.late); err != nil {
			return nil, err
		}
	}
	for _, ref := range c.late {
		c.columns = append(c.columns, e.mapping.Refs[ref].Columns...)
	}
	slices.Sort(c.columns)
	c.columns = slices.Compact(c.columns)
	if len(c.columns) == 0 {
		if repointed {
			f.s.note(e)
			e.parents = parents
		}
		return nil, nil
	}
	if !e.countable() {
		return nil, invalid("the version of %v is the largest of a %v", e.key, e.mapping.Columns[e.mapping.Version].Type)
	}
	for _, column := range c.columns {
		switch {
		case e.mapping.Columns[column].Key:
			return nil, invalid("the primary key of %v was changed: delete it and add another", e.key)
		case e.mapping.Columns[column].Version:
			return nil, invalid("the version of %v was changed, which the session counts", e.key)
		}
	}
	return c, nil
}

// followNew makes the columns of a ref those of a parent that it has been pointed to since; or, where it was the columns that have
// changed, makes it point to nothing.
func (f *flushing) followNew(c *change, ref int) error {
	e := c.e
	parent, moved := e.parent(ref), c.moves(ref)
	switch {
	case parent == nil:
		return nil
	case parent == e.parents[ref]:
		if moved && !f.s.leadsTo(e, ref, parent) {
			e.setParent(ref, nil)
		}
		return nil
	}
	if p := f.s.known(parent); p != nil && p.state == pending {
		known := f.keyKnown(p)
		switch {
		case moved && !(known && f.s.leadsTo(e, ref, parent)):
			return invalid("%v has a new parent as %s, and a changed column of it: which of them holds isn't clear", e.key, e.mapping.Refs[ref].Name)
		case known:
			return e.follow(ref, parent)
		}
		c.late = append(c.late, ref)
		return nil
	}
	if _, ok := f.s.parentKey(parent); !ok {
		return invalid("the parent that %v has as %s has no row", e.key, e.mapping.Refs[ref].Name)
	}
	if moved && !f.s.leadsTo(e, ref, parent) {
		return invalid("%v has another parent as %s than its changed column says", e.key, e.mapping.Refs[ref].Name)
	}
	return e.follow(ref, parent)
}

// checkChange refuses a change that would put the row on another shard, as far as that can be told without asking a database.
func (f *flushing) checkChange(c *change) error {
	e := c.e
	hasParent := false // it goes, or went, where a parent is, and no chooser was asked
	for ref := range e.mapping.Refs {
		m, err := mapping.Of(e.mapping.Refs[ref].Parent)
		if err != nil {
			return err
		}
		if f.s.troupe.IsReference(m.Table) {
			continue
		}
		parent := e.parent(ref)
		_, set := refKey(e, ref)
		_, had := e.knownRefKey(ref)
		hasParent = hasParent || parent != nil || set || e.parents[ref] != nil || had
		if parent == nil || parent == e.parents[ref] {
			continue
		}
		shard, name, err := f.parentShard(e, ref)
		if err != nil {
			return err
		}
		if shard != e.key.Shard {
			return wrongShard(e, e.key.Shard, "its new parent %s is on %s", name, shard)
		}
	}
	if len(c.late) > 0 {
		return nil // what the routes say of it is not known yet, and its parent goes where the row is
	}
	route := coordinator.Unpinned(f.route())
	if !hasParent {
		if err := f.checkMove(c, route, f.s.troupe.ShardFor); err != nil {
			return err
		}
	}
	return f.checkMove(c, route, func(ctx context.Context, object any) (messages.ShardID, error) {
		if f.s.troupe.IsReference(e.mapping.Table) {
			return e.key.Shard, nil // the only one
		}
		shard, declared, err := f.s.troupe.DeclaredShard(ctx, object)
		if !declared && err == nil {
			shard = e.key.Shard
		}
		return shard, err
	})
}

// checkMove refuses a change after which the row is to be on another shard than before. A row that is somewhere else anyway was
// pinned there.
func (f *flushing) checkMove(c *change, ctx context.Context, shardFor func(context.Context, any) (messages.ShardID, error)) error {
	now, err := shardFor(ctx, c.e.object)
	if errors.Is(err, messages.ErrNoRoute) || err == nil && now == c.e.key.Shard {
		return nil
	}
	before, errBefore := shardFor(ctx, c.e.before())
	switch {
	case err != nil && errBefore != nil: // nothing was ever said of it
		if errors.Is(err, messages.ErrCanceled) || errors.Is(err, messages.ErrClosed) {
			return err
		}
		return nil
	case err != nil:
		return err
	case errBefore == nil && before == now:
		return nil
	}
	return wrongShard(c.e, c.e.key.Shard, "as it was changed it belongs on %s: MoveRow takes it there", now)
}

// before returns a copy of the object with the values that its row has.
func (e *entry) before() any {
	copied := reflect.New(e.mapping.Type)
	copied.Elem().Set(e.value)
	e.known.Restore(copied.Elem())
	for i, parent := range e.parents {
		field := copied.Elem().FieldByIndex(e.mapping.Refs[i].Index)
		field.SetZero()
		if parent != nil {
			field.Set(reflect.ValueOf(parent))
		}
	}
	return copied.Interface()
}

// countable reports whether the row's version, if it has one, can be counted on.
func (e *entry) countable() bool {
	if e.mapping.Version < 0 {
		return true
	}
	field := e.mapping.Field(e.value, e.mapping.Version)
	if field.CanInt() {
		return field.Int()+1 > field.Int() && !field.OverflowInt(field.Int()+1)
	}
	return field.Uint()+1 > field.Uint() && !field.OverflowUint(field.Uint()+1)
}

// bump counts the version of a row that was changed. REQUIRES: it is countable.
func (e *entry) bump() {
	if e.mapping.Version < 0 {
		return
	}
	if field := e.mapping.Field(e.value, e.mapping.Version); field.CanInt() {
		field.SetInt(field.Int() + 1)
	} else {
		field.SetUint(field.Uint() + 1)
	}
}
