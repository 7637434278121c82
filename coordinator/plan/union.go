package plan

import (
	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// union plans a set operation: the union of all shards' rows, without those that repeat if it is UNION.
func (p *planner) union(l levels, op *tree.SetOp) (*Gather, *statement.Refusal) {
	s := &selection{planner: p, text: splice{stmt: p.stmt}, levels: l, q: l.query(), wide: -1, lastWide: -1}
	s.spec.Dialect = p.d
	u := &union{selection: s}
	if !u.addArms(op) {
		return nil, p.misread()
	}
	s.b = u.arms[0]
	for i, t := range s.b.Targets {
		if _, ok := tree.Bare(t.X).(*tree.Star); ok {
			if s.wide < 0 {
				s.wide = i
			}
			s.lastWide = i
		}
	}
	var r *statement.Refusal
	if s.limit, r = s.boundsOf(s.q); r != nil {
		return nil, r
	}
	if r := u.sort(); r != nil {
		return nil, r
	}
	if !op.All && !u.keyed() {
		s.spec.Distinct = merge.DistinctRows
		for _, arm := range u.arms {
			if r := s.distinctCollations(arm); r != nil {
				return nil, r
			}
		}
	}
	s.limit.push(&s.text)
	s.spec.Cut = s.limit.cut()
	clauses := *s.q
	clauses.OrderBy = s.order
	clauses.Limit, clauses.Offset = s.limit.pushed, s.limit.pushedOffset
	g, r := s.newGather(&s.text, l.with(op, &clauses), s.limit.slot)
	if r != nil {
		return nil, r
	}
	return s.finish(g), nil
}

// union is the planning of a set operation. The analysis has found that the rows of its arms are those of the shards together,
// and that those of an inner UNION don't repeat, unless they are dropped by the outermost one anyway.
type union struct {
	*selection
	arms []*tree.Block
}

// addArms collects the SELECTs of a set operation, and reports whether there is nothing else.
func (u *union) addArms(n tree.Node) bool {
	switch n := n.(type) {
	case *tree.SetOp:
		return n.Op == "UNION" && u.addArms(n.Left) && u.addArms(n.Right)
	case *tree.Query:
		return n.Limit == nil && n.Offset == nil && u.addArms(n.Body)
	case *tree.Block:
		u.arms = append(u.arms, n)
		return true
	default:
		return false
	}
}

// keyed reports whether some column is the whole key in every arm, so that equal rows are on one shard. Tables of different groups
// may have equal keys on different shards, so all arms have to be of one table.
func (u *union) keyed() bool {
	table := ""
	for _, o := range u.a.Occurrences {
		if o.Decl == nil || table != "" && o.Decl.Name != table {
			return false
		}
		table = o.Decl.Name
	}
	for i := range u.arms[0].Targets {
		if u.keyedBy(i) {
			return true
		}
	}
	return false
}

func (u *union) keyedBy(i int) bool {
	for _, arm := range u.arms {
		if i >= len(arm.Targets) || hasStar(arm.Targets[:i+1]) || !u.a.Keyed(arm, []tree.Expr{arm.Targets[i].X}) {
			return false
		}
	}
	return true
}

func hasStar(targets []*tree.Target) bool {
	for _, t := range targets {
		switch tree.Bare(t.X).(type) {
		case *tree.Star, *tree.Opaque:
			return true
		}
	}
	return false
}

// sort plans ORDER BY over a union, which knows positions and the names of the first arm only.
func (u *union) sort() *statement.Refusal {
	s := u.selection
	s.order = make([]*tree.Order, len(s.q.OrderBy))
	for i, o := range s.q.OrderBy {
		again := *o
		s.order[i] = &again
		key, r := s.direction(o)
		if r != nil {
			return r
		}
		s.spellNulls(o, &again, key)
		target, r := u.target(o)
		if r != nil {
			return r
		}
		if target < 0 {
			key.Name = tree.Bare(o.X).(*tree.Column).Name.Name
			s.lookUp(&Lookup{}, OrderKey, len(s.spec.Order))
		} else {
			key.Column = target
			c, r := u.collation(target)
			if r != nil {
				return r
			}
			key.Collation = c.known
			s.lookUp(c.lookup, OrderKey, len(s.spec.Order))
		}
		s.spec.Order = append(s.spec.Order, key)
	}
	return nil
}

// target returns the place of a sort key, or -1 if it is a name that only a star can have.
func (u *union) target(o *tree.Order) (int, *statement.Refusal) {
	s := u.selection
	switch n := tree.Bare(o.X).(type) {
	case *tree.Literal:
		position, ok := n.Value.(int64)
		switch {
		case !ok, position < 1:
		case s.wide >= 0, position <= int64(len(s.b.Targets)):
			return int(position - 1), nil // in a union there are no hidden columns behind a star
		}
	case *tree.Column:
		if len(n.Qualifier) > 0 {
			break
		}
		for i, t := range s.b.Targets {
			name, known := s.outputName(t)
			if c, ok := tree.Bare(t.X).(*tree.Column); ok && t.Alias == nil {
				name = c.Name.Name
			}
			if !known || name != n.Name.Name {
				continue
			}
			if s.wide < 0 || i < s.wide {
				return i, nil
			}
			if i > s.lastWide {
				return i - len(s.b.Targets), nil
			}
		}
		if s.wide >= 0 && s.d == messages.PostgreSQL {
			return -1, nil
		}
	}
	return 0, refuse(OrderBy, "ORDER BY", o, "over a union only a position or a name of the first SELECT is known", "use the column's position")
}

// collation returns that of a column of the union.
func (u *union) collation(target int) (collation, *statement.Refusal) {
	s := u.selection
	if s.d == messages.PostgreSQL && target >= 0 {
		return collation{lookup: &Lookup{column: target + 1}}, nil
	}
	if target < 0 || s.wide >= 0 && target >= s.wide {
		return collation{lookup: &Lookup{}}, nil
	}
	first, r := s.collationOf(s.b, s.b.Targets[target].X)
	if r != nil || first.lookup != nil || find(s.b.Targets[target].X, isCollate) != nil {
		return first, r
	}
	// The first arm's expression has none of its own, so that of another counts, if there is one.
	for _, arm := range u.arms[1:] {
		if target >= len(arm.Targets) || hasStar(arm.Targets[:target+1]) {
			return collation{lookup: &Lookup{}}, nil
		}
		c, r := s.collationOf(arm, arm.Targets[target].X)
		if r != nil {
			return c, r
		}
		if c.lookup != nil || c.known != merge.Bytewise {
			return collation{lookup: &Lookup{}}, nil
		}
	}
	return first, nil
}

func isCollate(n tree.Node) bool {
	_, ok := n.(*tree.Collate)
	return ok
}
