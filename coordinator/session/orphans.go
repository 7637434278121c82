package session

import (
	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// checkOrphans refuses new rows, and rows with a new parent, whose parent is deleted in the same flush. Children that had it before are a
// matter of the database's foreign keys.
func (f *flushing) checkOrphans() error {
	if len(f.removed) == 0 {
		return nil
	}
	for _, e := range f.fresh {
		for ref := range e.mapping.Refs {
			if err := f.checkStays(e, ref, f.shards[e]); err != nil {
				return err
			}
		}
	}
	for _, c := range f.changes {
		for ref := range c.e.mapping.Refs {
			if !c.moves(ref) {
				continue
			}
			if err := f.checkStays(c.e, ref, c.e.key.Shard); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkStays refuses a row on shard if the parent that a ref leads to is deleted.
func (f *flushing) checkStays(e *entry, ref int, shard messages.ShardID) error {
	var p *entry
	if parent := e.parent(ref); parent != nil {
		key, _ := f.s.parentKey(parent)
		p = f.s.rows.get(key)
	} else {
		m, err := mapping.Of(e.mapping.Refs[ref].Parent)
		if err != nil {
			return err
		}
		pk, ok := refKey(e, ref)
		if !ok {
			return nil
		}
		p = f.s.rows.get(messages.Key{Table: m.Table, PK: pk, Shard: shard})
	}
	if p == nil || p.state != deleting {
		return nil
	}
	return invalid("%s is deleted, and %s has it as %s", p.name(), e.name(), e.mapping.Refs[ref].Name)
}
