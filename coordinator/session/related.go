package session

import (
	"context"
	"reflect"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// Related returns the objects of T's table whose column holds the primary key of parent, which has a row. They are looked for where
// [coordinator.Related] looks: on the shards of a pin, unless it is LeadOnly, or where the identity chooser says, which is told of
// parent; without an identity chooser on parent's own shard. Objects that are to be deleted are left out.
func Related[T any](ctx context.Context, s *Session, parent any, column string) ([]*T, error) {
	if err := s.enterSound(); err != nil {
		return nil, err
	}
	defer s.leave()
	m, err := linked(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	if m.Position(column) < 0 {
		return nil, invalid("table %s has no mapped column %q", m.Table, column)
	}
	pm, pv, err := mapping.OfObject(parent)
	if err != nil {
		return nil, err
	}
	key, ok := s.parentKey(parent)
	if !ok || len(pm.Keys) != 1 {
		return nil, invalid("a %v has no row, or a primary key of several columns: nothing can be related to it by one column", pm.Type)
	}
	g := &messages.Get{
		Table: m.Table, Columns: m.Names(), KeyColumns: []string{column}, Key: pm.Values(pv, pm.Keys),
		Options: messages.Options{LoadedFrom: parent},
	}
	if !s.troupe.HasIdentityChooser() && !s.troupe.IsReference(pm.Table) && coordinator.PlacementOf(ctx).Token == "" {
		g.Options.Token = key.Shard
	}
	found, err := s.send(ctx, m, g)
	if err != nil {
		return nil, err
	}
	var related []*T
	for _, r := range found {
		e, err := s.merge(m, r, ifExpired)
		if err != nil {
			return nil, err
		}
		if e.state == deleting {
			continue
		}
		if ref := slices.IndexFunc(m.Refs, func(ref mapping.Ref) bool {
			return ref.Parent == pm.Type && slices.Equal(ref.Names, []string{column})
		}); ref >= 0 && key.Shard == r.shard {
			s.pointTo(e, ref, parent)
		}
		related = append(related, e.object.(*T))
	}
	return related, nil
}

// pointTo makes a ref that points to nothing point to the parent that its columns say.
func (s *Session) pointTo(e *entry, ref int, parent any) {
	if e.parent(ref) != nil || e.parents[ref] != nil || !s.leadsTo(e, ref, parent) {
		return
	}
	e.setParent(ref, parent)
	e.parents = slices.Clone(e.parents)
	e.parents[ref] = parent
}

// Parent returns the object that child's ref to a T leads to: without a statement if the session has it, else with one on child's own
// shard. It is pgx.ErrNoRows if the ref's column is NULL, if there is no such row, or if it is to be deleted, and [messages.ErrInvalidRequest]
// unless child has exactly one ref to a T.
func Parent[T any](ctx context.Context, s *Session, child any) (*T, error) {
	if err := s.enterSound(); err != nil {
		return nil, err
	}
	defer s.leave()
	m, err := linked(reflect.TypeFor[T]())
	if err != nil {
		return nil, err
	}
	e, err := s.entryOf(child)
	if err != nil {
		return nil, err
	}
	ref := -1
	for i, r := range e.mapping.Refs {
		if r.Parent != m.Type {
			continue
		}
		if ref >= 0 {
			return nil, invalid("a %v has several refs to a %v: Load one by its field", e.mapping.Type, m.Type)
		}
		ref = i
	}
	if ref < 0 {
		return nil, invalid("a %v has no ref to a %v", e.mapping.Type, m.Type)
	}
	pk, ok := refKey(e, ref)
	if !ok {
		return nil, pgx.ErrNoRows
	}
	found, err := s.byItsKey(ctx, m, messages.Key{Table: m.Table, PK: pk, Shard: e.key.Shard})
	if err != nil {
		return nil, err
	}
	s.pointTo(e, ref, found.object)
	return found.object.(*T), nil
}
