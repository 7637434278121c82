package session

import (
	"slices"
	"strings"

	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// sort puts what is to be written in the order in which it is, by shard.
func (f *flushing) sort() error {
	inserts, err := grouped(f.fresh, f.freshParents)
	if err != nil {
		return err
	}
	for _, group := range inserts {
		for shard, rows := range byShard(group, func(e *entry) messages.ShardID { return f.shards[e] }) {
			f.on(shard).inserts = append(f.on(shard).inserts, rows)
		}
	}
	removed := map[messages.Key]*entry{}
	for _, e := range f.removed {
		removed[e.key] = e
	}
	deletes, err := grouped(f.removed, func(e *entry) []*entry { return removedParents(e, removed) })
	if err != nil {
		return err
	}
	slices.Reverse(deletes)
	for _, group := range deletes {
		slices.Reverse(group)
		for shard, rows := range byShard(group, func(e *entry) messages.ShardID { return e.key.Shard }) {
			f.on(shard).deletes = append(f.on(shard).deletes, rows)
		}
	}
	tables := byTable[*change]{}
	for _, c := range f.changes {
		tables.add(c.e.key.Shard, c.e.mapping, c)
	}
	for shard, changes := range tables {
		for _, m := range sorted(changes) {
			f.on(shard).updates = append(f.on(shard).updates, changes[m])
		}
	}
	return nil
}

func (f *flushing) on(shard messages.ShardID) *shardWork {
	if f.work[shard] == nil {
		f.work[shard] = &shardWork{}
	}
	return f.work[shard]
}

func byShard(rows []*entry, shardOf func(*entry) messages.ShardID) map[messages.ShardID][]*entry {
	parts := map[messages.ShardID][]*entry{}
	for _, e := range rows {
		parts[shardOf(e)] = append(parts[shardOf(e)], e)
	}
	return parts
}

// freshParents returns the new rows that a new row refers to.
func (f *flushing) freshParents(e *entry) []*entry {
	var parents []*entry
	for ref := range e.mapping.Refs {
		if parent := e.parent(ref); parent != nil {
			if p := f.s.known(parent); p != nil && p.state == pending {
				parents = append(parents, p)
			}
			continue
		}
		m, err := mapping.Of(e.mapping.Refs[ref].Parent)
		if pk, ok := refKey(e, ref); ok && err == nil {
			for _, p := range f.byRow[row{m.Table, pk}] {
				if p != e && f.shards[p] == f.shards[e] {
					parents = append(parents, p)
				}
			}
		}
	}
	return parents
}

// removedParents returns the rows that are deleted with e and that its row refers to.
func removedParents(e *entry, removed map[messages.Key]*entry) []*entry {
	var parents []*entry
	for ref := range e.mapping.Refs {
		m, err := mapping.Of(e.mapping.Refs[ref].Parent)
		pk, ok := e.knownRefKey(ref)
		if !ok || err != nil {
			continue // NULL
		}
		if p := removed[messages.Key{Table: m.Table, PK: pk, Shard: e.key.Shard}]; p != nil && p != e {
			parents = append(parents, p)
		}
	}
	return parents
}

// grouped returns rows by their tables, parents before children: tables after those that one of their rows refers to, and the rows of a
// table after those of it that they refer to. Where refs lead around there is no such order.
func grouped(rows []*entry, parentsOf func(*entry) []*entry) ([][]*entry, error) {
	var types []*mapping.Struct
	groups := map[*mapping.Struct][]*entry{}
	parents := map[*entry][]*entry{}
	above := map[*mapping.Struct][]*mapping.Struct{}
	for _, e := range rows {
		if groups[e.mapping] == nil {
			types = append(types, e.mapping)
		}
		groups[e.mapping] = append(groups[e.mapping], e)
		for _, p := range parentsOf(e) {
			if p.mapping == e.mapping {
				parents[e] = append(parents[e], p)
			} else if !slices.Contains(above[e.mapping], p.mapping) {
				above[e.mapping] = append(above[e.mapping], p.mapping)
			}
		}
	}
	order, cycle := sortedBy(types, func(m *mapping.Struct) []*mapping.Struct { return above[m] })
	if cycle != nil {
		var tables []string
		for _, m := range cycle {
			tables = append(tables, m.Table)
		}
		return nil, invalid("rows of the tables %s refer to each other, so that none can be written first: flush one of them before it refers to the others",
			strings.Join(tables, ", "))
	}
	sorted := make([][]*entry, len(order))
	for i, m := range order {
		group, cycle := sortedBy(groups[m], func(e *entry) []*entry { return parents[e] })
		if cycle != nil {
			return nil, invalid("rows of table %s refer to each other in a circle: flush one of them before it refers to the others", m.Table)
		}
		sorted[i] = group
	}
	return sorted, nil
}

// sortedBy returns nodes after what is above them, and else in their order; or nodes that are above themselves.
func sortedBy[N comparable](nodes []N, above func(N) []N) (order, cycle []N) {
	const open, done = 1, 2
	state := map[N]int{}
	var path []N
	var visit func(N) bool
	visit = func(n N) bool {
		switch state[n] {
		case done:
			return true
		case open:
			cycle = slices.Clone(path[slices.Index(path, n):])
			return false
		}
		state[n] = open
		path = append(path, n)
		for _, up := range above(n) {
			if !visit(up) {
				return false
			}
		}
		path = path[:len(path)-1]
		state[n] = done
		order = append(order, n)
		return true
	}
	for _, n := range nodes {
		if !visit(n) {
			return nil, cycle
		}
	}
	return order, nil
}
