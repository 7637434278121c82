package ids

// span is the ids from first to last, both of them included, so that the largest id there is needs no number behind it.
type span struct{ first, last int64 }

// size returns how many ids the span has. It is never empty, and no larger than what is asked for at once.
func (s span) size() int { return int(s.last-s.first) + 1 }

// blockBefore returns the n ids before next, which is what a table holds after they were taken; false if there aren't as many.
func blockBefore(next int64, n int) (span, bool) {
	if next <= int64(n) { // ids begin at 1
		return span{}, false
	}
	return span{next - int64(n), next - 1}, true
}

// spans are ids that nobody has yet, in the order in which they are handed out.
type spans struct {
	list  []span
	total int
}

// add puts s behind the others.
func (f *spans) add(s span) {
	f.total += s.size()
	if last := len(f.list) - 1; last >= 0 && f.list[last].last+1 == s.first {
		f.list[last].last = s.last
		return
	}
	f.list = append(f.list, s)
}

// take removes the first n ids and returns them. REQUIRES: there are as many.
func (f *spans) take(n int) []any {
	ids := make([]any, 0, n)
	for len(ids) < n {
		s := &f.list[0]
		part := min(n-len(ids), s.size())
		for i := range part {
			ids = append(ids, s.first+int64(i))
		}
		if part == s.size() {
			f.list = f.list[1:]
		} else {
			s.first += int64(part)
		}
	}
	f.total -= n
	return ids
}
