package coordinator

// Sizes of slabs, in bytes.
const (
	firstSlab   = 64
	largestSlab = 16 << 10
	// largestShare is how long a text may be that shares a slab.
	largestShare = 256
	// largestRest is how large a slab may be that goes on to another call.
	largestRest = 1 << 10
)

// slab makes small texts share an allocation. Each slab has twice the size of the one before, up to largestSlab, so a text that
// is kept keeps no more than that in memory, nor much more than twice what was read before it. A single row costs no more than its own texts.
type slab struct {
	bytes []byte
	used  int
}

// copy returns a copy of value, which is nobody else's and not nil.
func (s *slab) copy(value []byte) []byte {
	n := len(value)
	if n > len(s.bytes)-s.used {
		if n > largestShare {
			return append(make([]byte, 0, n), value...)
		}
		s.bytes, s.used = make([]byte, max(firstSlab, min(2*len(s.bytes), largestSlab), n)), 0
	} else if n == 0 {
		return []byte{}
	}
	begin := s.used
	s.used += n
	own := s.bytes[begin:s.used:s.used]
	copy(own, value)
	return own
}

// rest returns what the texts of another call may use of the slab: nothing if it is large, because they would keep all of it.
func (s *slab) rest() slab {
	if len(s.bytes) > largestRest {
		return slab{}
	}
	return *s
}

// text returns a string with the bytes of value.
func (s *slab) text(value []byte) string { return bytesAsString(s.copy(value)) }
