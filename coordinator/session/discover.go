package session

import (
	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// discover adds what the session's objects lead to, parents and children alike, and tells new children who their parent is.
func (s *Session) discover() error {
	listed := map[*entry]map[int]*entry{} // new child → ref → the parent that lists it and was told so
	for i := 0; i < len(s.entries); i++ { // it grows meanwhile
		e := s.entries[i]
		if e.state != pending && e.state != persistent {
			continue
		}
		if err := s.discoverChildren(e, listed); err != nil {
			return err
		}
		for ref := range e.mapping.Refs {
			parent := e.parent(ref)
			if parent == nil || s.isKnown(parent) {
				continue
			}
			if err := s.checkNew(parent); err != nil {
				return err
			}
			s.add(parent)
		}
	}
	return nil
}

func (s *Session) discoverChildren(e *entry, listed map[*entry]map[int]*entry) error {
	for i := range e.mapping.Manys {
		many := &e.mapping.Manys[i]
		field := e.value.FieldByIndex(many.Index)
		for n := range field.Len() {
			if field.Index(n).IsNil() {
				return invalid("%s.%s[%d] is nil", e.name(), many.Name, n)
			}
			object := field.Index(n).Interface()
			child := s.known(object)
			if child == nil {
				if err := s.checkNew(object); err != nil {
					return err
				}
				child = s.add(object)
			}
			if child.state != pending && child.state != persistent {
				continue
			}
			if err := s.adopt(e, child, many.Ref, listed); err != nil {
				return err
			}
		}
	}
	return nil
}

// adopt makes e the parent of a new child that it lists, unless the child's ref says otherwise. The parent of a child that has a row is
// what the child says: lists are not read anew, so that they may be older than that.
func (s *Session) adopt(e, child *entry, ref int, listed map[*entry]map[int]*entry) error {
	if child.state == persistent {
		return s.confirm(e, child, ref)
	}
	if first := listed[child][ref]; first != nil && first != e {
		return invalid("%s is listed by two parents, %s and %s", child.name(), first.name(), e.name())
	}
	if child.parent(ref) != nil {
		return nil
	}
	child.adopt(ref, e.object)
	if listed[child] == nil {
		listed[child] = map[int]*entry{}
	}
	listed[child][ref] = e
	return nil
}

// confirm points the ref of a child that has a row, and that e lists, to e if its columns say so. A new parent can't have had it before, so
// that its list was made to move the child, which only the child's ref does: that isn't passed over in silence.
func (s *Session) confirm(e, child *entry, ref int) error {
	if e.state == persistent {
		if e.key.Shard == child.key.Shard {
			s.pointTo(child, ref, e.object)
		}
		return nil
	}
	if parent := child.parent(ref); parent == e.object || parent == nil && s.leadsTo(child, ref, e.object) {
		return nil
	}
	return invalid("%s lists %s, which has a row with another parent: point its %s to the new one", e.name(), child.name(), child.mapping.Refs[ref].Name)
}

// parentKey returns the key of an object that a ref leads to; false if it has no row yet.
func (s *Session) parentKey(parent any) (messages.Key, bool) {
	if p := s.known(parent); p != nil {
		return p.key, p.there()
	}
	return mapping.KeyOf(parent)
}
