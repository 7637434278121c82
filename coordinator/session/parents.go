package session

import (
	"cmp"
	"maps"
	"slices"

	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// sought is a parent that a changed row was given by its columns only, and that the session doesn't know.
type sought struct {
	e   *entry
	ref int
	key messages.Key // as it would be beside the row
}

// checkParents makes sure that the parents which changed rows were given by their columns are on the rows' shards: those that the
// session doesn't know are asked for, in one statement for each table and shard.
func (f *flushing) checkParents() error {
	unknown := byTable[sought]{}
	for _, c := range f.changes {
		for ref := range c.e.mapping.Refs {
			m, err := mapping.Of(c.e.mapping.Refs[ref].Parent)
			if err != nil {
				return err
			}
			pk, ok := refKey(c.e, ref)
			if !ok || !c.moves(ref) || c.e.parent(ref) != nil || slices.Contains(c.late, ref) || f.s.troupe.IsReference(m.Table) {
				continue
			}
			key := messages.Key{Table: m.Table, PK: pk, Shard: c.e.key.Shard}
			if f.s.rows.get(key) != nil || slices.ContainsFunc(f.byRow[row{m.Table, pk}], func(p *entry) bool { return f.shards[p] == key.Shard }) {
				continue
			}
			unknown.add(key.Shard, m, sought{c.e, ref, key})
		}
	}
	work := map[messages.ShardID]func() error{}
	for shard, tables := range unknown {
		work[shard] = func() error {
			for _, m := range sorted(tables) {
				if err := f.seek(shard, m, tables[m]); err != nil {
					return err
				}
			}
			return nil
		}
	}
	return f.s.onShards(work)
}

// seek makes sure that parents are on a shard.
func (f *flushing) seek(shard messages.ShardID, m *mapping.Struct, parents []sought) error {
	keys := make([][]any, len(parents))
	for i, p := range parents {
		keys[i] = p.e.mapping.Values(p.e.value, p.e.mapping.Refs[p.ref].Columns)
	}
	found, err := f.s.keysThere(f.ctx, shard, m, keys)
	if err != nil {
		return err
	}
	for _, p := range parents {
		if found[p.key.PK] {
			continue
		}
		elsewhere := ""
		for _, other := range f.s.rows.all(row{m.Table, p.key.PK}) {
			elsewhere = ", but on " + string(other.key.Shard)
		}
		return wrongShard(p.e, shard, "its new parent %s(%v) isn't there%s", m.Table, p.key.PK, elsewhere)
	}
	return nil
}

// byTable is what is to be done, by shard and table.
type byTable[T any] map[messages.ShardID]map[*mapping.Struct][]T

func (b byTable[T]) add(shard messages.ShardID, m *mapping.Struct, what T) {
	if b[shard] == nil {
		b[shard] = map[*mapping.Struct][]T{}
	}
	b[shard][m] = append(b[shard][m], what)
}

// sorted returns the mappings of a map by their tables, so that statements are sent in one order.
func sorted[V any](tables map[*mapping.Struct]V) []*mapping.Struct {
	return slices.SortedFunc(maps.Keys(tables), func(a, b *mapping.Struct) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Type.String(), b.Type.String()))
	})
}
