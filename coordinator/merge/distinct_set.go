package merge

import (
	"bytes"
	"hash/maphash"
)

// identitySet is a set of encodings. They lie in one arena, so that the garbage collector has nothing to look at, and
// emptying it costs little.
type identitySet struct {
	seed  maphash.Seed
	slots []identitySlot // a power of two of them, at most three quarters full
	arena []byte
	count int
}

// identitySlot is where an encoding lies; one with end 0 is free, for no encoding is empty.
type identitySlot struct {
	hash       uint64
	begin, end int64
}

const identitySlotBytes = 24

// bytes returns how much memory the set's members take.
func (s *identitySet) bytes() int64 {
	return int64(len(s.arena)) + int64(len(s.slots))*identitySlotBytes
}

// add adds id, which isn't empty, and reports whether it was new.
func (s *identitySet) add(id []byte) bool {
	if 4*(s.count+1) > 3*len(s.slots) {
		s.grow()
	}
	hash := maphash.Bytes(s.seed, id)
	i := s.find(hash, id)
	if s.slots[i].end > 0 {
		return false
	}
	begin := int64(len(s.arena))
	s.arena = append(s.arena, id...)
	s.slots[i] = identitySlot{hash, begin, begin + int64(len(id))}
	s.count++
	return true
}

// find returns the slot that has id, or the free one where it belongs.
func (s *identitySet) find(hash uint64, id []byte) uint64 {
	mask := uint64(len(s.slots) - 1)
	i := hash & mask
	for {
		slot := &s.slots[i]
		if slot.end == 0 || slot.hash == hash && bytes.Equal(s.arena[slot.begin:slot.end], id) {
			return i
		}
		i = (i + 1) & mask
	}
}

func (s *identitySet) grow() {
	old := s.slots
	if old == nil {
		s.seed = maphash.MakeSeed()
	}
	s.slots = make([]identitySlot, max(16, 2*len(old)))
	mask := uint64(len(s.slots) - 1)
	for _, slot := range old {
		if slot.end == 0 {
			continue
		}
		i := slot.hash & mask
		for s.slots[i].end > 0 {
			i = (i + 1) & mask
		}
		s.slots[i] = slot
	}
}

// keepSlots is the size of a table that is worth clearing rather than made anew: most sets between two clears are small.
const keepSlots = 256

// clear empties the set.
func (s *identitySet) clear() {
	if s.count == 0 {
		return
	}
	s.count, s.arena = 0, s.arena[:0]
	if len(s.slots) > keepSlots {
		s.slots = make([]identitySlot, 16)
		return
	}
	clear(s.slots)
}
