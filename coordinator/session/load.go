package session

import (
	"context"
	"reflect"
	"slices"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// Load sets a field of objects of one type, which have rows: the children that a many lists, in the order of their keys, or the parent that a ref
// points to. It is one statement on each shard, on the objects' own shards; children of a context with a pin that isn't LeadOnly are looked
// for on its shards only. Parents that the session has are not asked for. Children that are listed and have no row yet stay.
func (s *Session) Load(ctx context.Context, field string, parents ...any) error {
	if err := s.enterSound(); err != nil {
		return err
	}
	defer s.leave()
	var entries []*entry
	listed := map[*entry]bool{}
	for _, object := range parents {
		e, err := s.entryOf(object)
		if err != nil {
			return err
		}
		if e.mapping != s.known(parents[0]).mapping {
			return invalid("a %v and a %v: Load is for objects of one type", s.known(parents[0]).mapping.Type, e.mapping.Type)
		}
		if !listed[e] {
			listed[e] = true
			entries = append(entries, e)
		}
	}
	if len(entries) == 0 {
		return nil
	}
	m := entries[0].mapping
	if err := m.Linked(); err != nil {
		return err
	}
	if many, ok := m.ManyByField(field); ok {
		return s.loadChildren(ctx, m.Manys[many], entries)
	}
	if ref, ok := m.RefByField(field); ok {
		return s.loadParents(ctx, ref, entries)
	}
	return invalid("a %v has no field %q with a ref or many tag", m.Type, field)
}

func (s *Session) loadChildren(ctx context.Context, many mapping.Many, parents []*entry) error {
	child, err := linked(many.Child)
	if err != nil {
		return err
	}
	m := parents[0].mapping
	if s.troupe.IsReference(m.Table) {
		return invalid("children of a row of the reference table %s are on every shard: use Related, or Select", m.Table)
	}
	byPK := map[messages.PrimaryKey][]*entry{}
	keys := map[messages.ShardID][][]any{} // by the shard that is asked
	pin := coordinator.PlacementOf(ctx)
	pinned := pin.Pinned && !pin.LeadOnly
	asked := pin.Shards
	if pin.All {
		asked = s.troupe.Shards()
	}
	for _, p := range parents {
		if !pinned {
			keys[p.key.Shard] = append(keys[p.key.Shard], p.knownKey())
		} else if byPK[p.key.PK] == nil {
			for _, shard := range asked {
				keys[shard] = append(keys[shard], p.knownKey())
			}
		}
		byPK[p.key.PK] = append(byPK[p.key.PK], p)
	}
	found, err := s.readAll(ctx, child, many.Names, keys)
	if err != nil {
		return err
	}
	lists := map[*entry]reflect.Value{}
	for _, p := range parents {
		lists[p] = reflect.MakeSlice(p.value.FieldByIndex(many.Index).Type(), 0, 0)
	}
	for _, r := range found {
		e, err := s.merge(child, r, ifExpired)
		if err != nil {
			return err
		}
		pk, ok := refKey(e, many.Ref)
		if !ok || e.state == deleting {
			continue
		}
		for _, p := range parentsAt(byPK[pk], r.shard) {
			if p.key.Shard == r.shard {
				s.pointTo(e, many.Ref, p.object)
				if e.parent(many.Ref) != p.object {
					continue // it has a new parent
				}
			}
			lists[p] = reflect.Append(lists[p], reflect.ValueOf(e.object))
		}
	}
	for _, p := range parents {
		field := p.value.FieldByIndex(many.Index)
		for i := range field.Len() {
			if c := field.Index(i); !c.IsNil() && s.isNew(c.Interface()) {
				lists[p] = reflect.Append(lists[p], c)
			}
		}
		field.Set(lists[p])
	}
	return nil
}

// parentsAt returns the one of equal primary keys that is on shard, or all if none is.
func parentsAt(parents []*entry, shard messages.ShardID) []*entry {
	for _, p := range parents {
		if p.key.Shard == shard {
			return []*entry{p}
		}
	}
	return parents
}

// isNew reports whether an object has no row, as far as the session knows.
func (s *Session) isNew(object any) bool {
	if e := s.known(object); e != nil {
		return e.state == pending
	}
	return !s.isKnown(object)
}

// readAll reads the rows whose columns have the values of one of keys, on each shard.
func (s *Session) readAll(ctx context.Context, m *mapping.Struct, columns []string, keys map[messages.ShardID][][]any) ([]met, error) {
	var shards []messages.ShardID
	for _, shard := range s.troupe.Shards() {
		if len(keys[shard]) > 0 {
			shards = append(shards, shard)
		}
	}
	if len(shards) == 0 {
		return nil, nil
	}
	if err := s.begin(ctx, shards...); err != nil {
		return nil, err
	}
	results := make([][]met, len(shards))
	work := map[messages.ShardID]func() error{}
	for i, shard := range shards {
		work[shard] = func() (err error) {
			results[i], err = s.readWhere(ctx, shard, m, columns, keys[shard])
			return err
		}
	}
	err := s.onShards(work)
	return slices.Concat(results...), err
}

func (s *Session) loadParents(ctx context.Context, ref int, children []*entry) error {
	m, err := linked(children[0].mapping.Refs[ref].Parent)
	if err != nil {
		return err
	}
	keyOf := func(e *entry) (messages.Key, bool) {
		pk, ok := refKey(e, ref)
		return messages.Key{Table: m.Table, PK: pk, Shard: e.key.Shard}, ok
	}
	keys := map[messages.ShardID][][]any{}
	asked := map[messages.Key]bool{}
	for _, e := range children {
		key, ok := keyOf(e)
		if p := s.rows.get(key); !ok || asked[key] || p != nil && !p.expired {
			continue
		}
		asked[key] = true
		keys[key.Shard] = append(keys[key.Shard], e.mapping.Values(e.value, e.mapping.Refs[ref].Columns))
	}
	found, err := s.readAll(ctx, m, m.KeyNames(), keys)
	if err != nil {
		return err
	}
	for _, r := range found {
		e, err := s.merge(m, r, ifExpired)
		if err != nil {
			return err
		}
		delete(asked, e.key)
	}
	for key := range asked {
		p := s.rows.get(key)
		if p == nil {
			continue
		}
		changed, err := p.changed()
		if err != nil {
			return err
		}
		if p.state != persistent || !changed { // else the next flush says that it is stale
			s.drop(p) // it is gone
		}
	}
	for _, e := range children {
		key, ok := keyOf(e)
		if p := s.rows.get(key); ok && p != nil {
			if p.mapping != m {
				return otherType(p, m.Type)
			}
			s.pointTo(e, ref, p.object)
		}
	}
	return nil
}
