package session

import (
	"reflect"

	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// Add has the next Flush insert objects, pointers to mapped structs, and with them what their refs and manys lead to. Nothing is sent. One
// that has a row in the session is left as it is, and one that is to be deleted isn't deleted.
//
// An object that has a key, so that it was read or written elsewhere, is [messages.ErrInvalidRequest]: it has a row already; so is one without
// [coordinator.Identity] whose key is for the database to give, and is set. One with Identity that another session is to insert
// is, too. If one is refused, none is added.
func (s *Session) Add(objects ...any) error {
	if err := s.enterSound(); err != nil {
		return err
	}
	defer s.leave()
	for _, object := range objects {
		if err := s.checkNew(object); err != nil {
			return err
		}
	}
	for _, object := range objects {
		s.add(object)
	}
	return nil
}

// checkNew refuses an object that can't be added.
func (s *Session) checkNew(object any) error {
	m, v, err := mapping.OfObject(object)
	if err != nil {
		return err
	}
	if err := m.Linked(); err != nil {
		return err
	}
	e := s.known(object)
	switch {
	case e != nil && e.doubted:
		return inDoubt(e)
	case e != nil && e.state != gone:
		return nil
	case mapping.Claimed(object, s.claim):
		return invalid("a new %v was added to another session, which is to be rolled back or closed before", m.Type)
	case e == nil:
		if key, ok := mapping.KeyOf(object); ok {
			return invalid("%v was read or written elsewhere, so it has a row already: Get it in this session", key)
		}
		if column, ok := givenBefore(m, v); ok {
			return invalid("column %s.%s of a %v, which the database gives, is set, so it has a row already: Get it in this session", m.Table, column, m.Type)
		}
	}
	return m.CheckKey(v)
}

// givenBefore returns a column of the primary key that the database has given a struct before, where the type doesn't learn its key.
func givenBefore(m *mapping.Struct, v reflect.Value) (string, bool) {
	if mapping.HasIdentity(m.Type) {
		return "", false
	}
	for _, k := range m.Keys {
		if m.Columns[k].Auto && !m.Field(v, k).IsZero() {
			return m.Columns[k].Name, true
		}
	}
	return "", false
}

// add tracks an object. REQUIRES: checkNew has nothing against it.
func (s *Session) add(object any) *entry {
	e := s.known(object)
	switch {
	case e == nil:
		m, v, _ := mapping.OfObject(object)
		e = s.track(object, m, v)
		s.note(e)
		e.state = pending
	case e.state == deleting:
		s.note(e)
		e.state = persistent
	case e.state == gone:
		s.note(e)
		was := e.now
		e.now = now{state: pending, readded: &was}
		mapping.SetKey(object, messages.Key{})
	}
	if e.state == pending {
		mapping.Claim(object, s.claim)
	}
	return e
}

// Delete has the next Flush delete the rows of objects, children before their parents. Nothing is sent. One that was added and isn't
// flushed yet isn't inserted, whatever lists it; one that isn't the session's is [messages.ErrInvalidRequest]. If one is refused, none is deleted.
func (s *Session) Delete(objects ...any) error {
	if err := s.enterSound(); err != nil {
		return err
	}
	defer s.leave()
	for _, object := range objects {
		m, _, err := mapping.OfObject(object)
		if err != nil {
			return err
		}
		if s.known(object) == nil {
			return invalid("a %v that isn't the session's can't be deleted: Get it here first", m.Type)
		}
	}
	for _, object := range objects {
		e := s.known(object)
		switch {
		case e.state == persistent:
			s.note(e)
			e.state = deleting
		case e.state == pending: // it is kept, so that lists and refs that lead to it don't add it anew
			mapping.Release(e.object, s.claim)
			if e.readded != nil { // its row was deleted, which may be undone
				e.now = *e.readded
				continue
			}
			e.unassign()
			e.state = gone
		}
	}
	return nil
}

// Deleted reports whether the row of an object is deleted in the session: by a flush, by a DELETE … RETURNING of [Select], because it was
// found to be gone, or by the next flush. An object without a row isn't.
func (s *Session) Deleted(object any) bool {
	if object == nil || !reflect.TypeOf(object).Comparable() {
		return false
	}
	e := s.known(object)
	return e != nil && (e.state == deleting || e.state == gone && !e.key.IsZero())
}

// Expire makes the session read the rows of objects anew when they are asked for next, into the same structs; without objects, the rows of
// all. Changes that aren't flushed are given up, new children in their lists that weren't added by themselves among them, and the objects
// have the values that their rows had. Nothing is sent.
func (s *Session) Expire(objects ...any) error {
	if err := s.enterSound(); err != nil {
		return err
	}
	defer s.leave()
	expired := s.entries
	if len(objects) > 0 {
		expired = nil
		for _, object := range objects {
			e, err := s.entryOf(object)
			if err != nil {
				return err
			}
			expired = append(expired, e)
		}
	}
	for _, e := range expired {
		if e.state == persistent {
			s.note(e)
			e.restore()
			s.unlist(e)
			e.expired = true
		}
	}
	return nil
}
