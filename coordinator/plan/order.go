package plan

import (
	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// sort plans ORDER BY for shards that sort by themselves.
func (s *selection) sort() *statement.Refusal {
	s.order = make([]*tree.Order, len(s.q.OrderBy))
	for i, o := range s.q.OrderBy {
		again := *o
		s.order[i] = &again
		k, r := s.resolve(o.X, "ORDER BY")
		if r != nil {
			return r
		}
		key, r := s.direction(o)
		if r != nil {
			return r
		}
		s.spellNulls(o, &again, key)
		if k.x == nil {
			continue
		}
		at, r := s.placeOf(k, o)
		if r != nil {
			return r
		}
		c, r := s.collationOf(s.b, k.written)
		if r != nil {
			return r
		}
		key.Collation = c.known
		s.lookUp(c.lookup, OrderKey, len(s.spec.Order))
		s.sorted = append(s.sorted, at)
		s.spec.Order = append(s.spec.Order, key)
	}
	return nil
}

func (s *selection) lookUp(l *Lookup, use Use, index int) {
	if l != nil {
		l.Use, l.Index = use, index
		s.lookups = append(s.lookups, *l)
	}
}

// direction reads ASC, DESC, USING and NULLS.
func (p *planner) direction(o *tree.Order) (merge.Key, *statement.Refusal) {
	key := merge.Key{Desc: o.Desc}
	switch o.Using {
	case "", "<":
	case ">":
		key.Desc = true
	default:
		return key, refuse(OrderBy, "USING "+o.Using, o, "how the operator sorts isn't understood", "use ASC or DESC")
	}
	switch {
	case o.Nulls == tree.NullsFirst:
		key.NullsFirst = true
	case o.Nulls == tree.NullsLast:
	case p.d == messages.SQLite && !p.options.ExplicitNulls:
		key.NullsFirst = !key.Desc
	default:
		key.NullsFirst = key.Desc
	}
	return key, nil
}

// spellNulls writes down where NULLs are, if shards of several dialects have to agree.
func (s *selection) spellNulls(o, again *tree.Order, key merge.Key) {
	if !s.options.ExplicitNulls || o.Nulls != tree.NullsDefault {
		return
	}
	word := " NULLS LAST"
	again.Nulls = tree.NullsLast
	if key.NullsFirst {
		word, again.Nulls = " NULLS FIRST", tree.NullsFirst
	}
	s.text.insert(o.End, literal(word))
}
