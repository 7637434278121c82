package plan

import (
	"slices"
	"strconv"
	"strings"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
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
	same   comparer // of expressions of the block
	// wide is the first target of which it isn't known how many columns it is, lastWide the last; both -1 without any.
	wide, lastWide int
	known          map[string]bool // the columns of the tables in FROM; nil if they aren't known
	hidden         []hiddenColumn
	prefix         string
	limit          bounds
	spec           merge.Spec
	lookups        []Lookup
	distinct       []merge.Collation
	// What the text should read as.
	targets []*tree.Target
	order   []*tree.Order
}

// hiddenColumn is a column that the shards are asked for.
type hiddenColumn struct {
	x    tree.Expr
	name string
}

func (p *planner) block(l levels, b *tree.Block) (*Gather, *statement.Refusal) {
	s := &selection{planner: p, text: splice{stmt: p.stmt}, levels: l, q: l.query(), b: b, wide: -1, lastWide: -1}
	s.same = comparer{loose: true, only: onlyName(b)}
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
		g.Hidden = append(g.Hidden, h.x.Extent().Of(s.stmt.Text))
	}
	g.changed = s.spec.Group != nil || len(s.hidden) > 0
	if s.spec.Group != nil || len(s.spec.Order) > 0 || s.spec.Distinct != merge.AllRows || s.spec.Hidden > 0 || s.spec.Cut {
		spec := s.spec
		g.Merge = &spec
	}
	g.probe = prober{planner: s.planner, levels: s.levels, b: s.b, groups: s.spec.Group != nil}
	return g
}

// hide puts the hidden columns behind the others.
func (s *selection) hide() {
	if len(s.hidden) == 0 {
		return
	}
	s.targets = s.targets[:len(s.targets):len(s.targets)]
	var with []piece
	for _, h := range s.hidden {
		if len(s.targets) > 0 {
			with = append(with, literal(", "))
		} else {
			with = append(with, literal(" ")) // PostgreSQL's list of no columns
		}
		with = append(with, source(h.x), literal(" AS "+h.name))
		s.targets = append(s.targets, &tree.Target{X: h.x, Alias: &tree.Ident{Name: h.name}})
	}
	at := s.b.TargetsSpan.End
	if next := nextToken(s.stmt.Text, at); s.d == messages.SQLite && strings.ContainsAny(s.stmt.Text[at:next], "-*") {
		// A comment is part of the name of the column before it.
		at = next
		with = append(with, literal(" "))
	}
	s.text.insert(at, with...)
}

// hide1 returns the index of the hidden column that is x.
func (s *selection) hide1(x tree.Expr) int {
	for i, h := range s.hidden {
		if s.same.equal(h.x, x) {
			return i
		}
	}
	if s.prefix == "" {
		s.prefix = prefixFor(s.stmt.Text)
	}
	s.hidden = append(s.hidden, hiddenColumn{x, s.prefix + strconv.Itoa(len(s.hidden)+1)})
	return len(s.hidden) - 1
}

// knownColumns returns the names of the columns that the FROM's tables have, or nil if one of them isn't known.
func (s *selection) knownColumns() map[string]bool {
	known := map[string]bool{}
	for _, item := range s.b.From {
		if !s.addColumns(known, item) {
			return nil
		}
	}
	return known
}

func (s *selection) addColumns(known map[string]bool, item tree.FromItem) bool {
	switch n := item.(type) {
	case *tree.Join:
		return s.addColumns(known, n.L) && s.addColumns(known, n.R)
	case *tree.Table:
		table := s.catalogue.Tables[n.Name.Name]
		if table == nil || len(table.Columns) == 0 || s.isCommon(n) || n.Alias != nil && len(n.Alias.Columns) > 0 {
			return false
		}
		for _, column := range table.Columns {
			known[column] = true
		}
		return true
	default:
		return false
	}
}

// isCommon reports whether a table may be a common table expression.
func (s *selection) isCommon(n *tree.Table) bool {
	for _, q := range s.levels.queries {
		if q.With == nil {
			continue
		}
		for _, c := range q.With.Tables {
			if c.Name.Name == n.Name.Name {
				return true
			}
		}
	}
	return false
}

// dedupe plans DISTINCT and DISTINCT ON.
func (s *selection) dedupe() *statement.Refusal {
	switch {
	case len(s.b.DistinctOn) > 0:
		return s.distinctOn()
	case !s.b.Distinct || s.a.Keyed(s.b, expressions(s.b.Targets)):
		return nil
	}
	s.spec.Distinct = merge.DistinctRows
	return s.distinctCollations(s.b)
}

func expressions(targets []*tree.Target) []tree.Expr {
	list := make([]tree.Expr, len(targets))
	for i, t := range targets {
		list[i] = t.X
	}
	return list
}

// distinctCollations notes the collations of b's columns, which are told apart.
func (s *selection) distinctCollations(b *tree.Block) *statement.Refusal {
	if s.d == messages.PostgreSQL {
		if len(s.lookups) == 0 || s.lookups[len(s.lookups)-1].Use != DistinctRow {
			s.lookups = append(s.lookups, Lookup{Use: DistinctRow})
		}
		return nil
	}
	for _, t := range b.Targets {
		if star, ok := tree.Bare(t.X).(*tree.Star); ok {
			s.starCollations(b, star)
			continue
		}
		c, r := s.collationOf(b, t.X)
		if r != nil {
			return r
		}
		if c.lookup == nil {
			s.distinct = append(s.distinct, c.known)
			continue
		}
		c.lookup.Use = DistinctRow
		s.lookups = append(s.lookups, *c.lookup)
	}
	return nil
}

// starCollations notes the collations of the columns of a star.
func (s *selection) starCollations(b *tree.Block, star *tree.Star) {
	for _, item := range b.From {
		tree.Walk(item, func(n tree.Node) bool {
			switch n := n.(type) {
			case *tree.Table:
				l := Lookup{Use: DistinctRow}
				if !s.isCommon(n) {
					l.Table = n.Name.Name
				}
				s.lookups = append(s.lookups, l)
			case *tree.Derived, *tree.TableFunction:
				s.lookups = append(s.lookups, Lookup{Use: DistinctRow})
				return false
			}
			return true
		})
	}
}

// distinctOn plans DISTINCT ON: the first row of those that are equal in its keys, in the order of the answer.
func (s *selection) distinctOn() *statement.Refusal {
	var list []tree.Expr
	for _, x := range s.b.DistinctOn {
		k, r := s.resolve(x, "DISTINCT ON")
		if r != nil {
			return r
		}
		if k.x != nil && !s.contains(list, k.x) {
			list = append(list, k.x)
		}
	}
	if s.a.Keyed(s.b, list) {
		return nil
	}
	if !s.leads(list) {
		return refuse(Distinct, "DISTINCT ON", s.b.DistinctOn[0], "which rows are kept depends on the shards if ORDER BY doesn't have the same expressions first",
			hintFirst)
	}
	s.spec.Distinct = merge.DistinctKeys
	s.spec.DistinctOn = s.spec.Order[:len(list):len(list)]
	return nil
}

// leads reports whether the first keys of ORDER BY are those of list, in any sequence.
func (s *selection) leads(list []tree.Expr) bool {
	if len(s.q.OrderBy) < len(list) || len(list) == 0 {
		return false
	}
	var first []tree.Expr
	for _, o := range s.q.OrderBy[:len(list)] {
		k, r := s.resolve(o.X, "ORDER BY")
		if r != nil || k.x == nil || s.contains(first, k.x) || !s.contains(list, k.x) {
			return false
		}
		first = append(first, k.x)
	}
	return true
}

func (s *selection) contains(list []tree.Expr, x tree.Expr) bool {
	return slices.ContainsFunc(list, func(other tree.Expr) bool { return s.sameExpr(other, x) })
}

// sameExpr reports whether two expressions of the block are the same.
func (s *selection) sameExpr(a, b tree.Expr) bool { return s.same.equal(tree.Bare(a), tree.Bare(b)) }
