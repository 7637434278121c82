package session

import (
	"maps"
	"reflect"
	"slices"

	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// index notes the row of an entry. An entry whose row it was before has none any more.
func (s *Session) index(e *entry) {
	if other := s.rows.get(e.key); other != nil && other != e {
		s.note(other)
		s.unindex(other)
		other.state = gone
	}
	if s.rows.get(e.key) != e {
		s.rows.put(e)
	}
}

func (s *Session) unindex(e *entry) {
	if s.rows.get(e.key) == e {
		s.rows.remove(e)
	}
}

// linked returns the mapping of a type whose objects may become the session's: its refs and manys are in order.
func linked(t reflect.Type) (*mapping.Struct, error) {
	m, err := mapping.Of(t)
	if err != nil {
		return nil, err
	}
	return m, m.Linked()
}

// track makes an object one that the session knows. REQUIRES: m is linked.
func (s *Session) track(object any, m *mapping.Struct, v reflect.Value) *entry {
	if len(s.room) == 0 {
		s.room = make([]entry, min(1+len(s.entries), entriesAtOnce))
	}
	e := &s.room[0]
	s.room = s.room[1:]
	e.object, e.value, e.mapping = object, v, m
	s.entries = append(s.entries, e)
	return e
}

// entriesAtOnce is how many entries are allocated at once, at the most: they live as long as the session.
const entriesAtOnce = 128

// known returns the entry of an object; nil if it isn't the session's.
func (s *Session) known(object any) *entry {
	s.findAll()
	return s.objects[object]
}

// findAll makes the entries of all objects be found by them. A session that only reads rows without relations never needs that.
func (s *Session) findAll() {
	more := s.entries[s.found:]
	if len(more) == 0 {
		return
	}
	if len(more) > len(s.objects) {
		roomy := make(map[any]*entry, len(s.entries))
		maps.Copy(roomy, s.objects)
		s.objects = roomy
	}
	for _, e := range more {
		s.objects[e.object] = e
	}
	s.found = len(s.entries)
}

// met is a row that was read: its object as it would be if it were new, which may know its key.
type met struct {
	object reflect.Value // a pointer to the struct
	shard  messages.ShardID
}

// taking says which objects take the values of a row that was read.
type taking uint8

const (
	ifExpired   taking = iota // those that are expired and weren't changed since
	ifUnchanged               // those that weren't changed
	always
)

// merge returns the entry of a row that was read. An object that stands for it already takes the row's values as take says.
func (s *Session) merge(m *mapping.Struct, r met, take taking) (*entry, error) {
	if r.shard == "" {
		return nil, invalid("the rows of %s that the statement returns belong to no single shard, so they are no objects", m.Table)
	}
	key, ok := mapping.KeyOf(r.object.Interface())
	if !ok || key.Shard != r.shard {
		pk, err := m.PrimaryKey(r.object.Elem())
		if err != nil {
			return nil, err
		}
		key = messages.Key{Table: m.Table, PK: pk, Shard: r.shard}
	}
	e := s.rows.get(key)
	if e == nil {
		known, err := m.Snapshot(r.object.Elem())
		if err != nil {
			return nil, err
		}
		e = s.track(r.object.Interface(), m, r.object.Elem())
		e.now = now{state: persistent, key: key, known: known, parents: e.currentParents()}
		mapping.SetKey(e.object, key)
		s.rows.put(e)
		if slices.ContainsFunc(s.levels, (*level).changedUnseen) {
			top := s.levels[len(s.levels)-1]
			top.met = append(top.met, e)
		}
		return e, nil
	}
	if e.mapping != m {
		return nil, otherType(e, m.Type)
	}
	if take == ifExpired && !e.expired {
		return e, nil
	}
	if take != always {
		if changed, err := e.changed(); err != nil || changed {
			return e, err
		}
	}
	return e, s.overwrite(e, r.object.Elem())
}

func otherType(e *entry, t reflect.Type) error {
	return invalid("the session has %v as a %v, and not as a %v", e.key, e.mapping.Type, t)
}

// overwrite gives an entry the values of a row that was read.
func (s *Session) overwrite(e *entry, fresh reflect.Value) error {
	s.note(e)
	for i := range e.mapping.Columns {
		e.mapping.Field(e.value, i).Set(e.mapping.Field(fresh, i))
	}
	for i, p := range e.currentParents() {
		if p != nil && !s.leadsTo(e, i, p) {
			e.setParent(i, nil)
		}
	}
	return e.seen()
}

// leadsTo reports whether the columns of an entry's ref hold the primary key of parent.
func (s *Session) leadsTo(e *entry, ref int, parent any) bool {
	pk, ok := refKey(e, ref)
	if !ok {
		return false
	}
	if p := s.known(parent); p != nil && p.state != unknown {
		own, err := p.mapping.PrimaryKey(p.value)
		return err == nil && own == pk
	}
	key, ok := mapping.KeyOf(parent)
	return ok && key.PK == pk
}

// refKey returns the primary key that the columns of an entry's ref hold; false if one of them is NULL or none.
func refKey(e *entry, ref int) (messages.PrimaryKey, bool) {
	return parentKeyOf(e.mapping.Refs[ref].Parent, e.mapping.Values(e.value, e.mapping.Refs[ref].Columns))
}

// knownRefKey returns the primary key that the columns of a ref held when the row was last read or written; false as for refKey.
func (e *entry) knownRefKey(ref int) (messages.PrimaryKey, bool) {
	return parentKeyOf(e.mapping.Refs[ref].Parent, e.known.Values(e.mapping.Refs[ref].Columns))
}

// drop forgets that an entry has a row: it was looked for, and isn't there.
func (s *Session) drop(e *entry) {
	s.note(e)
	s.unindex(e)
	e.state, e.doubted = gone, false
}

// entryOf returns the entry of an object that has a row.
func (s *Session) entryOf(object any) (*entry, error) {
	m, _, err := mapping.OfObject(object)
	if err != nil {
		return nil, err
	}
	e := s.known(object)
	if e == nil || !e.there() {
		return nil, invalid("a %v that isn't the session's, or has no row: Get it here, or flush it", m.Type)
	}
	return e, nil
}
