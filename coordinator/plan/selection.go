package plan

import (
	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// query plans a SELECT, VALUES or set operation.
func (p *planner) query(root *tree.Query) (*Gather, *statement.Refusal) {
	l, r := levelsOf(root)
	if r != nil {
		return nil, r
	}
	switch body := l.body.(type) {
	case *tree.Block:
		return p.block(l, body)
	case *tree.SetOp:
		return p.union(l, body)
	default:
		return nil, p.misread()
	}
}

// selection is the planning of one SELECT.
type selection struct {
	*planner
	text   splice
	levels levels
	q      *tree.Query // the clauses
	b      *tree.Block
	same   tree.Comparer // of expressions of the block
	// wide is the first target of which it isn't known how many columns it is, lastWide the last; both -1 without any.
	wide, lastWide int
	known          map[string]bool // the columns of the tables in FROM; nil if they aren't known
	hidden         []hiddenColumn
	sorted         []place // of the keys of spec.Order
	twinned        []twin
	prefix         string
	limit          bounds
	spec           merge.Spec
	lookups        []Lookup
	distinct       []merge.Collation
	// What the text should read as.
	targets []*tree.Target
	order   []*tree.Order
}

func (p *planner) block(l levels, b *tree.Block) (*Gather, *statement.Refusal) {
	s := &selection{planner: p, text: splice{stmt: p.stmt}, levels: l, q: l.query(), b: b, wide: -1, lastWide: -1}
	s.same = tree.Comparer{Loose: true, Only: onlyName(b)}
	for i, t := range b.Targets {
		switch tree.Bare(t.X).(type) {
		case *tree.Star, *tree.Opaque:
			if s.wide < 0 {
				s.wide = i
			}
			s.lastWide = i
		}
	}
	s.known = s.knownColumns()
	s.spec.Dialect = p.d
	if r := s.refuseAlways(); r != nil {
		return nil, r
	}
	if len(b.From) == 0 {
		return s.group() // of EXISTS
	}
	grouped, r := s.grouped()
	switch {
	case r != nil:
		return nil, r
	case grouped:
		return s.group()
	default:
		return s.plain()
	}
}

// refuseAlways refuses what several shards can't do whatever the keys are, and reads the LIMIT.
func (s *selection) refuseAlways() (r *statement.Refusal) {
	if s.b.GroupingSets {
		return refuse(GroupBy, "GROUPING SETS", s.b.GroupBy[0], reasonPartial, hintPin)
	}
	if r := s.windows(); r != nil {
		return r
	}
	s.limit, r = s.boundsOf(s.q)
	return r
}

// onlyName returns the name by which columns of b's only table can be qualified.
func onlyName(b *tree.Block) string {
	if len(b.From) != 1 {
		return ""
	}
	switch n := b.From[0].(type) {
	case *tree.Table:
		if n.Alias != nil {
			return n.Alias.Name.Name
		}
		return n.Name.Name
	case *tree.Derived:
		if n.Alias != nil {
			return n.Alias.Name.Name
		}
	}
	return ""
}

// plain plans a SELECT whose rows, or groups, each come from one shard.
func (s *selection) plain() (*Gather, *statement.Refusal) {
	s.targets, s.order = s.b.Targets, s.q.OrderBy
	if r := s.sort(); r != nil {
		return nil, r
	}
	if r := s.dedupe(); r != nil {
		return nil, r
	}
	if s.b.TableCommand && len(s.hidden) > 0 {
		return nil, refuse(OrderBy, "TABLE", s.b, "it can't have another column", "write SELECT * FROM")
	}
	s.hide()
	for i, at := range s.sorted {
		s.spec.Order[i].Column = s.column(at)
	}
	for _, t := range s.twinned {
		s.spec.Twins = append(s.spec.Twins, merge.Twin{Column: s.column(t.visible), Stored: s.column(t.stored)})
	}
	s.limit.push(&s.text)
	s.spec.Hidden = len(s.hidden)
	s.spec.Cut = s.limit.cut()

	block, clauses := *s.b, *s.q
	block.Targets = s.targets
	clauses.OrderBy = s.order
	clauses.Limit, clauses.Offset = s.limit.pushed, s.limit.pushedOffset
	g, r := s.newGather(&s.text, s.levels.with(&block, &clauses), s.limit.slot)
	if r != nil {
		return nil, r
	}
	return s.finish(g), nil
}

// finish fills in what does not depend on the text.
func (s *selection) finish(g *Gather) *Gather {
	g.Limit, g.Offset = s.limit.limit, s.limit.offset
	g.Lookups, g.distinct = s.lookups, s.distinct
	for _, h := range s.hidden {
		g.Hidden = append(g.Hidden, h.sign+h.x.Extent().Of(s.stmt.Text))
	}
	g.changed = s.spec.Group != nil || len(s.hidden) > 0
	if s.spec.Group != nil || len(s.spec.Order) > 0 || s.spec.Distinct != merge.AllRows || s.spec.Hidden > 0 || s.spec.Cut {
		spec := s.spec
		g.Merge = &spec
	}
	g.probe = prober{planner: s.planner, levels: s.levels, b: s.b, groups: s.spec.Group != nil}
	return g
}
