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
	u := &union{selection: s, all: op.All}
	if r := u.addArms(op); r != nil {
		return nil, r
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
	if len(s.q.Locks) > 0 {
		return nil, refuse(codeLock, "FOR UPDATE", s.q.Locks[0], reasonUnknown, hintPin)
	}
	if r := u.sort(); r != nil {
		return nil, r
	}
	if !u.all && !u.keyed() {
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

// union is the planning of a set operation.
type union struct {
	*selection
	all  bool // duplicates stay
	arms []*tree.Block
}

// addArms checks the arms of a set operation, and of those in it.
func (u *union) addArms(op *tree.SetOp) *statement.Refusal {
	switch {
	case op.Op != "UNION":
		return refuse(codeSetOperation, op.Op, op, "a row of one shard may match one of another", hintPin)
	case u.all && !op.All:
		return refuse(codeSetOperation, "UNION", op, "its rows have to be merged before those of UNION ALL are added", "run its arms one by one, or "+hintPin)
	}
	for _, arm := range []tree.Node{op.Left, op.Right} {
		if r := u.addArm(arm); r != nil {
			return r
		}
	}
	return nil
}

func (u *union) addArm(arm tree.Node) *statement.Refusal {
	switch n := arm.(type) {
	case *tree.SetOp:
		return u.addArms(n)
	case *tree.Query:
		switch {
		case n.With != nil:
			return refuse(codeSetOperation, "WITH", n.With, "it is within an arm of "+u.name(), "write it before the first arm")
		case n.Limit != nil || n.Offset != nil:
			return refuse(codeLimit, "LIMIT", n, "an arm of "+u.name()+" would be cut by each shard", hintPin)
		case len(n.Locks) > 0:
			return refuse(codeLock, "FOR UPDATE", n.Locks[0], reasonUnknown, hintPin)
		}
		return u.addArm(n.Body)
	case *tree.Block:
		return u.addBlock(n)
	default:
		return refuse(codeSetOperation, "VALUES", arm, "it is an arm of "+u.name()+" that every shard would answer", hintPin)
	}
}

func (u *union) name() string {
	if u.all {
		return "UNION ALL"
	}
	return "UNION"
}

// addBlock checks one arm: its rows have to be those of the shards together.
func (u *union) addBlock(b *tree.Block) *statement.Refusal {
	arm := &selection{planner: u.planner, levels: u.levels, q: &tree.Query{Span: b.Span}, b: b, wide: -1, lastWide: -1}
	arm.same = comparer{loose: true, only: onlyName(b)}
	arm.known = arm.knownColumns()
	u.arms = append(u.arms, b)
	if !u.a.Sharded(b) {
		if u.all || arm.aggregateIn(b) != nil {
			return refuse(codeSetOperation, u.name(), b, "an arm without a sharded table would be answered by each shard", "run its arms one by one, or "+hintPin)
		}
		return nil // what every shard answers is dropped as a duplicate
	}
	if r := arm.refuseAlways(); r != nil {
		return r
	}
	if len(b.From) == 0 {
		return refuse(codeSetOperation, "SELECT without FROM", b, reasonOnce, hintPin)
	}
	grouped, r := arm.grouped()
	switch {
	case r != nil:
		return r
	case grouped:
		return refuse(codeGroup, u.name(), b, "an arm has groups of several shards", "run its arms one by one, or "+hintPin)
	case len(b.DistinctOn) > 0:
		return refuse(codeDistinct, "DISTINCT ON", b.DistinctOn[0], "it is in an arm of "+u.name(), hintPin)
	case u.all && b.Distinct && !u.a.Keyed(b, expressions(b.Targets)):
		return refuse(codeDistinct, "DISTINCT", b, "it is in an arm of "+u.name(), "run its arms one by one, or "+hintPin)
	}
	return nil
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
	return 0, refuse(codeOrder, "ORDER BY", o, "over a union only a position or a name of the first SELECT is known", "use the column's position")
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
