package session

import (
	"cmp"
	"context"
	"slices"

	"github.com/troupedb/troupe/coordinator/mapping"
	"github.com/troupedb/troupe/messages"
)

// MoveRow flushes, and takes the row of an object, changed as the object is, to the shard of its parents, or else to where a pin, the shard chooser
// or its declared table says that it belongs now: it is deleted on the one and inserted on the other, in the session's transaction, and its
// Key is another then. A row that is there already is only flushed.
//
// Its children have to be moved, or deleted, by themselves: one that the session knows and that would stay behind is
// [messages.ErrWrongShard], and others are an error of the database if it has a foreign key. A column that the database always gives by
// itself (GENERATED ALWAYS) can't be moved.
//
// Commit commits where rows were moved to before where they were moved from: if it fails in between, they are on both, which a Get finds as
// [messages.ErrAmbiguousKey], and not lost. Rows that are moved both ways in one transaction can't all be safe. After an error the session has to be rolled back, as after one of Flush.
func (s *Session) MoveRow(ctx context.Context, object any) error {
	if err := s.enterSound(); err != nil {
		return err
	}
	defer s.leave()
	e, err := s.entryOf(object)
	if err != nil {
		return err
	}
	if e.state != persistent {
		return invalid("%v is to be deleted, so it can't be moved", e.key)
	}
	if s.troupe.IsReference(e.mapping.Table) {
		return invalid("every shard has all rows of the reference table %s", e.mapping.Table)
	}
	if err := s.flush(ctx, e); err != nil {
		return err
	}
	if err := s.move(ctx, e); err != nil {
		s.failed = err
		return err
	}
	return nil
}

func (s *Session) move(ctx context.Context, e *entry) error {
	if found, err := s.current(ctx, e.mapping, e); err != nil || !found {
		return cmp.Or(err, stale(e.key.Shard, []*entry{e}, nil))
	}
	f := &flushing{s: s, ctx: ctx}
	c, err := f.changeOf(e)
	if err != nil {
		return err
	}
	target, err := f.target(e)
	if err != nil {
		return err
	}
	if target == e.key.Shard {
		return s.flush(ctx, nil)
	}
	for _, child := range s.entries {
		if child != e && child.state == persistent && child.key.Shard == e.key.Shard && s.isChild(child, e) {
			return wrongShard(e, target, "its child %v would stay behind on %s", child.key, child.key.Shard)
		}
	}
	if err := s.begin(ctx, e.key.Shard, target); err != nil {
		return err
	}
	s.moves = append(s.moves, moved{e.key.Shard, target})
	if err := s.takeAway(ctx, e, c); err != nil {
		return err
	}
	if now, err := f.target(e); err != nil || now != target {
		return cmp.Or(err, wrongShard(e, target, "the row was changed meanwhile, and belongs on %s", now))
	}
	if !e.countable() {
		return invalid("the version of %v is the largest of a %v", e.key, e.mapping.Columns[e.mapping.Version].Type)
	}
	e.bump()
	t := s.insertText(target, []*entry{e}, everyColumn(e.mapping), nil)
	tag, err := s.troupe.Exec(s.on(ctx, target), t.String(), t.args...)
	if err != nil {
		return err
	}
	if err := insertedAll(e.mapping, target, 1, int(tag.RowsAffected())); err != nil {
		return err
	}
	s.note(e)
	s.unindex(e)
	return s.born(e, target)
}

// isChild reports whether a ref of child leads to e, or points to nothing and its columns lead there.
func (s *Session) isChild(child, e *entry) bool {
	for ref := range child.mapping.Refs {
		switch parent := child.parent(ref); {
		case parent == e.object:
			return true
		case parent == nil && child.mapping.Refs[ref].Parent == e.mapping.Type && s.leadsTo(child, ref, e.object):
			return true
		}
	}
	return false
}

// takeAway deletes a row, and gives its object what it was in the columns that the object hasn't changed.
func (s *Session) takeAway(ctx context.Context, e *entry, c *change) error {
	m := e.mapping
	var t text
	t.add("DELETE FROM ", mapping.QuoteTable(m.Table), " WHERE ", t.is(m.KeyNames(), e.knownKey()))
	if m.Version >= 0 {
		t.add(" AND ", mapping.Quote(m.Columns[m.Version].Name), " = ", t.arg(e.known.Value(m.Version)))
	}
	t.add(" RETURNING ", mapping.QuoteAll(m.Names()))
	found := map[messages.PrimaryKey]bool{}
	err := s.query(ctx, e.key.Shard, t.String(), t.args, func(rows scanner) error {
		fresh, err := scanned(m, rows)
		if err != nil {
			return err
		}
		found[e.key.PK] = true
		for i := range m.Columns {
			if c == nil || !slices.Contains(c.columns, i) {
				m.Field(e.value, i).Set(m.Field(fresh.Elem(), i))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return stale(e.key.Shard, []*entry{e}, found)
}
