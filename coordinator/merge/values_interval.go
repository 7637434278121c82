package merge

import (
	"cmp"
	"encoding/binary"
)

const microsPerDay = 24 * 60 * 60 * 1_000_000

// span is an interval as PostgreSQL compares it: a month has 30 days, a day 24 hours.
type span struct{ days, micros int64 }

func readSpan(v []byte) (s span, ok bool) {
	if len(v) != 16 {
		return s, false
	}
	micros := int64(binary.BigEndian.Uint64(v))
	days := int64(int32(binary.BigEndian.Uint32(v[8:])))
	months := int64(int32(binary.BigEndian.Uint32(v[12:])))
	s = span{months*30 + days + micros/microsPerDay, micros % microsPerDay}
	if s.micros < 0 {
		s.days, s.micros = s.days-1, s.micros+microsPerDay
	}
	return s, true
}

func compareSpans(a, b span) int {
	if c := cmp.Compare(a.days, b.days); c != 0 {
		return c
	}
	return cmp.Compare(a.micros, b.micros)
}
