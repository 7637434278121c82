package coordinator

import "unsafe"

// pileChunk is how large the chunks of a pile are, about.
const pileChunk = 256 << 10

// pile is a slice of unknown length in the making. Beyond a first chunk, which grows as append does, it is copied once instead of each time
// that it has grown by a quarter.
type pile[T any] struct {
	full [][]T
	last []T
}

func (p *pile[T]) add(v T) {
	if len(p.last) == cap(p.last) && len(p.last) > 0 {
		if n := pileChunk / max(1, int(unsafe.Sizeof(v))); len(p.last) >= n {
			p.full, p.last = append(p.full, p.last), make([]T, 0, len(p.last))
		}
	}
	p.last = append(p.last, v)
}

// slice returns all that was added, in order; nil for nothing. The pile is used up.
func (p *pile[T]) slice() []T {
	if len(p.full) == 0 {
		return p.last
	}
	n := len(p.last)
	for _, chunk := range p.full {
		n += len(chunk)
	}
	all := make([]T, 0, n)
	for i, chunk := range p.full {
		all = append(all, chunk...)
		p.full[i] = nil // so that what is copied needn't stay
	}
	return append(all, p.last...)
}
