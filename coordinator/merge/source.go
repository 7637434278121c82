package merge

import (
	"context"
	"io"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
)

// source is one of the sources of an ordered merge, and its current row.
type source struct {
	number    int
	at        Position
	described *messages.Description // of the current row
	shown     *messages.Description // its visible part
	columns   []int                 // of the keys
	kind      valueKind             // of the first key
	parsed    bool                  // the first key is in text form

	before previous
}

// previous is the key of the row before the current one: the current one must not be less.
type previous struct {
	any       bool
	kept      bool // its batch is gone, so values has it; else cells
	described *messages.Description
	columns   []int
	cells     []messages.Cell
	values    [][]byte // nil is NULL
	room      []byte   // where values are
}

// advance moves s to its next row, or its end, and checks that the row isn't less than the one before.
func (m *ordered) advance(ctx context.Context, s *source) error {
	last := m.heads[s.number]
	if s.at.Left() > 0 {
		if !last.whole || len(m.keys) > 1 {
			s.before.note(s)
		}
		s.at.Next()
	} else if more, err := m.nextBatch(ctx, s); err != nil {
		return err
	} else if !more {
		m.heads[s.number] = head{rank: rankEnded}
		return nil
	}
	next, err := m.look(s)
	if err != nil {
		return m.fail(err)
	}
	m.heads[s.number] = next
	if !s.before.any || last.before(next) {
		s.before.any = true
		return nil
	}
	if err := m.check(s, last, next); err != nil {
		return m.fail(err)
	}
	return nil
}

// check is advance's check where the heads don't say that all is well.
func (m *ordered) check(s *source, last, next head) error {
	result := 0
	if next.before(last) {
		result = 1
	}
	for i := keysBeyond(last, next); i < len(m.keys) && result == 0; i++ {
		var err error
		if result, err = m.keys[i].compare(
			s.before.described, s.before.columns[i], s.before.value(s, i), s.described, s.columns[i], s.at.Value(s.columns[i]),
		); err != nil {
			return err
		}
	}
	if result > 0 {
		return refused("the rows of source %d don't come in the order of the merge: a collation isn't what it was taken for, or the schema was changed meanwhile", s.number)
	}
	return nil
}

// nextBatch moves s to the first row of its next batch. False without an error is the end. After an error of the feed it can
// be called again.
func (m *ordered) nextBatch(ctx context.Context, s *source) (bool, error) {
	if s.at.Batch() != nil {
		s.before.keep(s)
		s.at.End()
	}
	for {
		b, err := m.feed.NextOf(ctx, s.number)
		switch {
		case err == io.EOF:
			return false, nil
		case err != nil:
			return false, err
		case b.Rows() == 0:
			continue
		}
		if b.Description != s.described {
			if err := m.describe(s, b.Description); err != nil {
				return false, m.fail(err)
			}
		}
		s.at.Begin(b, s.shown)
		return true, nil
	}
}

// describe says that rows of s are described by d from now on.
func (m *ordered) describe(s *source, d *messages.Description) error {
	shown, err := m.visible.of(d)
	if err != nil {
		return err
	}
	columns := make([]int, len(m.keys)) // the old ones may be those of the row before
	for i := range m.keys {
		k := &m.keys[i]
		if columns[i], err = k.resolve(d, m.hidden); err != nil {
			return err
		}
		k.comparer.hidden = columns[i] >= len(shown.Fields)
		if f := &d.Fields[columns[i]]; m.dialect != messages.SQLite { // SQLite's types are known by the values only
			if _, err := k.comparer.pair(f, f); err != nil {
				return err
			}
		}
	}
	first := &d.Fields[columns[0]]
	s.described, s.shown, s.columns, s.kind = d, shown, columns, kindOf(m.dialect, first)
	s.parsed = first.Format == pgtype.TextFormatCode && s.kind.isParsed()
	return nil
}

// look returns the head of the current row of s.
func (m *ordered) look(s *source) (head, error) {
	k := &m.keys[0]
	v := s.at.Value(s.columns[0])
	if v == nil {
		if k.NullsFirst {
			return head{rank: rankNullsFirst, whole: true}, nil
		}
		return head{rank: rankNullsLast, whole: true}, nil
	}
	h := head{rank: rankClasses}
	if m.dialect == messages.SQLite {
		h.rank += uint8(storageClass(s.kind))
	}
	if s.kind != m.family || s.kind == opaqueValue {
		if err := m.admit(s); err != nil {
			return h, err
		}
	}
	ok := true
	if s.parsed {
		if m.room, ok = appendParsed(m.room[:0], s.kind, v); !ok {
			return h, unread(&s.described.Fields[s.columns[0]])
		}
		v = m.room
	}
	if h.prefix, h.whole, ok = prefixOf(s.kind, k.comparer.collation, v); !ok {
		f := &s.described.Fields[s.columns[0]]
		return h, malformed(f.Name, typeNameOf(f))
	}
	if k.Desc {
		h.prefix = ^h.prefix
		h.rank = 2*rankClasses + blobClass - h.rank
	}
	return h, nil
}

// admit makes the kind of the first key of s the family, if its heads compare with those so far.
func (m *ordered) admit(s *source) error {
	f := &s.described.Fields[s.columns[0]]
	c := m.keys[0].comparer
	if _, err := c.pair(f, f); err != nil {
		return err
	}
	if m.dialect != messages.SQLite && m.family != opaqueValue && postgresMethod(m.family, s.kind) == undecided {
		return refused("%s has type %s, and another type on another shard, which can't be ordered together", c.subject(), typeNameOf(f))
	}
	m.family = s.kind
	return nil
}

// note keeps the place of the key of the current row of s, which stays in the same batch.
func (p *previous) note(s *source) {
	p.kept, p.described, p.columns = false, s.described, s.columns
	if cap(p.cells) < len(s.columns) {
		p.cells = make([]messages.Cell, len(s.columns))
	}
	p.cells = p.cells[:len(s.columns)]
	for i, column := range s.columns {
		p.cells[i] = s.at.cells[column]
	}
}

// keep copies the key of the current row of s, whose batch is given back.
func (p *previous) keep(s *source) {
	p.kept, p.described, p.columns = true, s.described, s.columns
	p.values, p.room = p.values[:0], p.room[:0]
	size := 0
	for _, column := range s.columns {
		size += len(s.at.Value(column))
	}
	if p.room == nil || cap(p.room) < size { // an empty value isn't nil
		p.room = make([]byte, 0, size)
	}
	for _, column := range s.columns {
		v := s.at.Value(column)
		if v == nil {
			p.values = append(p.values, nil)
			continue
		}
		begin := len(p.room)
		p.room = append(p.room, v...)
		p.values = append(p.values, p.room[begin:len(p.room):len(p.room)])
	}
}

// value returns key i.
func (p *previous) value(s *source, i int) []byte {
	if p.kept {
		return p.values[i]
	}
	return s.at.batch.Value(p.cells[i])
}
