package session

import (
	"fmt"
	"slices"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// placeFresh finds the shards of new rows.
func (f *flushing) placeFresh() error {
	for _, e := range f.fresh {
		if _, err := f.place(e); err != nil {
			return err
		}
	}
	return nil
}

// place returns the shard of a new row: that of its parents, or else what the troupe says.
func (f *flushing) place(e *entry) (messages.ShardID, error) {
	if shard, begun := f.shards[e]; shard != "" {
		return shard, nil
	} else if begun {
		return "", invalid("the refs of %s lead back to itself", e.name())
	}
	f.shards[e] = ""
	shard, err := f.target(e)
	f.shards[e] = shard
	return shard, err
}

// target returns the shard that a row belongs on.
func (f *flushing) target(e *entry) (messages.ShardID, error) {
	target, from, err := f.placeByParents(e)
	if err != nil {
		return "", err
	}
	pin := coordinator.PlacementOf(f.ctx)
	switch {
	case target == "":
		if target, err = f.s.troupe.ShardFor(f.route(), e.object); err != nil {
			return "", err
		}
	case pin.Pinned && !pin.All && !slices.Contains(pin.Shards, target):
		return "", wrongShard(e, target, "its parent %s is there, and the call is pinned to %v", from, pin.Shards)
	}
	if len(f.late[e]) > 0 {
		return target, nil // its declared table is asked when its parents have their keys
	}
	return target, f.checkDeclared(e, target)
}

// placeByParents returns the shard that the parents of a row are on, and one of them; empty if it has none that is known.
func (f *flushing) placeByParents(e *entry) (shard messages.ShardID, from string, err error) {
	for i := range e.mapping.Refs {
		on, name, err := f.parentShard(e, i)
		if err != nil {
			return "", "", err
		}
		if shard != "" && on != "" && on != shard {
			return "", "", wrongShard(e, shard, "its parent %s is there, and its parent %s is on %s", from, name, on)
		}
		if on != "" {
			shard, from = on, name
		}
	}
	return shard, from, nil
}

// parentShard returns the shard of the parent that a ref leads to, and its name; empty if it isn't known, or is on every shard.
func (f *flushing) parentShard(e *entry, ref int) (messages.ShardID, string, error) {
	m, err := mapping.Of(e.mapping.Refs[ref].Parent)
	if err != nil || f.s.troupe.IsReference(m.Table) {
		return "", "", err
	}
	parent := e.parent(ref)
	if parent == nil {
		return f.shardByColumns(e, ref, m)
	}
	if key, ok := f.s.parentKey(parent); ok {
		return key.Shard, key.String(), nil
	}
	p := f.s.known(parent)
	if p == nil || p.state != pending {
		return "", "", invalid("the parent that %s has as %s has no row", e.name(), e.mapping.Refs[ref].Name)
	}
	shard, err := f.place(p)
	return shard, p.name(), err
}

// shardByColumns looks for the parent by the columns of a ref that points to no object, among those that the session knows.
func (f *flushing) shardByColumns(e *entry, ref int, parent *mapping.Struct) (messages.ShardID, string, error) {
	pk, ok := refKey(e, ref)
	if !ok {
		return "", "", nil
	}
	r := row{parent.Table, pk}
	found := slices.Concat(f.s.rows.all(r), f.byRow[r])
	if len(found) != 1 || found[0] == e {
		return "", "", nil
	}
	if p := found[0]; p.state == pending {
		shard, err := f.place(p)
		return shard, p.name(), err
	}
	return found[0].key.Shard, found[0].name(), nil
}

// checkDeclared refuses a row on a shard where its declared table doesn't have it, unless a pin says where.
func (f *flushing) checkDeclared(e *entry, shard messages.ShardID) error {
	if coordinator.PlacementOf(f.ctx).Pinned {
		return nil
	}
	if f.s.troupe.IsReference(e.mapping.Table) {
		return f.s.checkReference(e)
	}
	declared, ok, err := f.s.troupe.DeclaredShard(f.route(), e.object)
	if err != nil || !ok || declared == shard {
		return err
	}
	return wrongShard(e, shard, "the declared table has it on %s", declared)
}

// checkReference refuses to write a row that other shards have, too.
func (s *Session) checkReference(e *entry) error {
	if len(s.troupe.Shards()) == 1 || !s.troupe.IsReference(e.mapping.Table) {
		return nil
	}
	return &messages.Error{
		Code: messages.ErrRefused, Op: "flush",
		Detail: fmt.Sprintf("%s: every shard has all rows of the reference table %s: use Exec with AllShards to write it on every shard",
			e.name(), e.mapping.Table),
	}
}

func wrongShard(e *entry, shard messages.ShardID, format string, args ...any) error {
	return &messages.Error{Code: messages.ErrWrongShard, Shard: shard, Op: "flush", Detail: e.name() + ": " + fmt.Sprintf(format, args...)}
}
