package session

import (
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// level is what changed since the transaction or a savepoint began.
type level struct {
	savepoint pgx.Tx // nil for the transaction
	was       map[*entry]now
	unseen    bool     // statements in it may have changed rows without telling objects
	met       []*entry // that were first read in it, after such statements
}

func (l *level) changedUnseen() bool { return l.unseen }

func newLevel(savepoint pgx.Tx) *level { return &level{savepoint: savepoint, was: map[*entry]now{}} }

// note remembers what an entry is, before it becomes something else.
func (s *Session) note(e *entry) {
	top := s.levels[len(s.levels)-1]
	if _, ok := top.was[e]; !ok {
		top.was[e] = e.now
	}
}

// undo makes the entries what they were when the level at depth began, as far as which says so, and expires them all. The levels from
// there on are empty and closed, but for the lowest.
func (s *Session) undo(depth int, which func(*entry) bool) {
	undone := make([]*entry, 0, len(s.entries))
	was := map[*entry]now{} // of those that became something else since
	for _, e := range s.entries {
		if !which(e) {
			continue
		}
		undone = append(undone, e)
		for at := len(s.levels) - 1; at >= depth; at-- {
			if before, ok := s.levels[at].was[e]; ok {
				if _, noted := was[e]; !noted {
					was[e] = e.now
				}
				e.now = before
			}
		}
	}
	if slices.ContainsFunc(s.levels[depth:], (*level).changedUnseen) {
		for _, l := range s.levels[depth:] {
			for _, e := range l.met { // what they were read as may be taken back
				e.doubted = e.there() && which(e)
			}
		}
	}
	s.levels = s.levels[:max(depth, 1)]
	if depth == 0 {
		s.levels[0] = newLevel(nil)
	}
	for _, e := range undone {
		switch e.state {
		case unknown:
			e.unassign()
			forgetKey(e.object, was[e].key)
			mapping.Release(e.object, s.claim)
		case gone:
			if was[e].state == pending || was[e].state == persistent { // it had been added again
				assigned := e.assigned // also for an undo of what was before
				e.unassign()
				e.assigned = assigned
				forgetKey(e.object, was[e].key)
				mapping.Release(e.object, s.claim)
			}
		case persistent, deleting:
			e.restore()
			e.expired = true
			mapping.SetKey(e.object, e.key)
		}
	}
	if len(was) > 0 {
		s.reindex()
	}
	for _, e := range undone {
		if e.there() {
			s.unlist(e)
		}
	}
}

// forgetKey takes a key from an object, unless it has another by now: of another session, which inserted what this one had given up.
func forgetKey(object any, key messages.Key) {
	if has, ok := mapping.KeyOf(object); ok && has == key {
		mapping.SetKey(object, messages.Key{})
	}
}

// release makes what changed since the top level began part of the level below.
func (s *Session) release() {
	top := s.levels[len(s.levels)-1]
	s.levels = s.levels[:len(s.levels)-1]
	below := s.levels[len(s.levels)-1]
	below.unseen, below.met = below.unseen || top.unseen, append(below.met, top.met...)
	for e, was := range top.was {
		if _, ok := below.was[e]; !ok {
			below.was[e] = was
		}
	}
}

// reindex builds the indexes anew, and forgets who isn't the session's any more.
func (s *Session) reindex() {
	clear(s.objects)
	s.found = 0
	s.rows.reset(s.entries)
	kept := s.entries[:0]
	for _, e := range s.entries {
		if e.state == unknown {
			continue
		}
		kept = append(kept, e)
		if e.there() {
			s.index(e)
		}
	}
	clear(s.entries[len(kept):])
	s.entries = kept
}
