package session

import (
	"reflect"

	"github.com/troupedb/troupe/coordinator/mapping"
)

// unlist takes out of an entry's lists what came there since it was what it is now: objects that the session doesn't know and that have no
// row anywhere. The next flush would add them. What was taken out of a list isn't put back: it says nothing of rows.
func (s *Session) unlist(e *entry) {
	for i := range e.mapping.Manys {
		field := e.value.FieldByIndex(e.mapping.Manys[i].Index)
		kept := reflect.MakeSlice(field.Type(), 0, field.Len()) // another, for the application may have the list elsewhere, too
		for n := range field.Len() {
			if child := field.Index(n); !child.IsNil() && s.isKnown(child.Interface()) {
				kept = reflect.Append(kept, child)
			}
		}
		if kept.Len() < field.Len() {
			field.Set(kept)
		}
	}
}

// isKnown reports whether an object is the session's, or has a row elsewhere.
func (s *Session) isKnown(object any) bool {
	if s.known(object) != nil {
		return true
	}
	_, elsewhere := mapping.KeyOf(object)
	return elsewhere
}
