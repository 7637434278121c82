package plan

import (
	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// sortKey is what a key of ORDER BY or DISTINCT ON stands for.
type sortKey struct {
	// x is what is sorted by, as an expression over the FROM; nil for a constant, by which nothing is sorted.
	x tree.Expr
	// target is the column of the answer that has its value, -1 if none has.
	target int
	// written is the expression that decides on the collation.
	written tree.Expr
}

// resolve finds out what a key means, by the rules of the dialect: a position, an output column, or an expression.
func (s *selection) resolve(x tree.Expr, clause string) (sortKey, *statement.Refusal) {
	bare := tree.Bare(x)
	under := bare
	if n, ok := bare.(*tree.Collate); ok && s.d == messages.SQLite {
		under = tree.Bare(n.X) // SQLite looks through it for positions and aliases
	}
	if n, ok := under.(*tree.Unary); ok && n.Op == "+" && s.d == messages.SQLite {
		if _, ok := tree.Bare(n.X).(*tree.Literal); ok {
			return sortKey{}, refuse(OrderBy, clause, x, reasonUnknown, "write the position without a sign")
		}
	}
	if n, ok := under.(*tree.Literal); ok {
		position, isInt := n.Value.(int64)
		switch {
		case !isInt:
			return sortKey{target: -1}, nil
		case under != bare:
			return sortKey{}, refuse(OrderBy, clause, x, reasonUnknown, hintName)
		}
		return s.position(position, x, clause)
	}
	if n, ok := under.(*tree.Column); ok && len(n.Qualifier) == 0 {
		i, r := s.output(n, clause)
		if r != nil {
			return sortKey{}, r
		}
		if i >= 0 {
			t := s.b.Targets[i]
			k := sortKey{x: t.X, target: i, written: t.X}
			if under != bare {
				k.written = bare
			}
			return k, nil
		}
	}
	if r := s.refuseAliases(bare, under, clause); r != nil {
		return sortKey{}, r
	}
	if isConstant(bare) {
		return sortKey{target: -1}, nil
	}
	return sortKey{x: bare, target: s.matching(bare), written: bare}, nil
}

// position resolves a number.
func (s *selection) position(n int64, x tree.Expr, clause string) (sortKey, *statement.Refusal) {
	switch {
	case n < 1, s.wide < 0 && n > int64(len(s.b.Targets)):
		return sortKey{}, refuse(OrderBy, clause, x, "there is no column of this position", hintName)
	case s.wide >= 0 && n > int64(s.wide):
		return sortKey{}, refuse(OrderBy, clause, x, "which column it is isn't known, because of the star", hintName)
	}
	t := s.b.Targets[n-1]
	return sortKey{x: t.X, target: int(n - 1), written: t.X}, nil
}

// output finds the output column that an unqualified name means before it means a column of a table; -1 if there is none.
func (s *selection) output(n *tree.Column, clause string) (int, *statement.Refusal) {
	unknown := false
	for i, t := range s.b.Targets {
		name, known := s.outputName(t)
		if known && name == n.Name.Name {
			return i, nil
		}
		if _, star := tree.Bare(t.X).(*tree.Star); !star && !known {
			unknown = true
		}
	}
	if unknown && s.d == messages.PostgreSQL {
		return 0, refuse(OrderBy, clause, n, "it may be the name of an output column whose name isn't known", "give the columns aliases")
	}
	return -1, nil
}

// outputName returns the name by which ORDER BY finds a target: in SQLite that is an alias only.
func (s *selection) outputName(t *tree.Target) (name string, known bool) {
	if t.Alias != nil {
		return t.Alias.Name, true
	}
	if s.d == messages.SQLite {
		return "", true
	}
	return figureName(t.X)
}

// refuseAliases refuses an expression in which a name may be an alias. SQLite takes it for one if no column is called so.
func (s *selection) refuseAliases(x, under tree.Expr, clause string) *statement.Refusal {
	if s.d != messages.SQLite || x == under && isColumn(x) {
		return nil
	}
	return s.aliasIn(x, clause)
}

func isColumn(x tree.Expr) bool {
	_, ok := x.(*tree.Column)
	return ok
}

// aliasIn refuses a name in x that is an alias and not known to be a column.
func (s *selection) aliasIn(x tree.Node, clause string) *statement.Refusal {
	at := find(x, func(n tree.Node) bool {
		column, ok := n.(*tree.Column)
		return ok && len(column.Qualifier) == 0 && s.mayBeAlias(column.Name.Name)
	})
	if at == nil {
		return nil
	}
	return refuse(OrderBy, clause, at, reasonAmbiguous, "repeat the alias' expression, or qualify the column with its table")
}

// mayBeAlias reports whether a name that isn't known to be a column is an alias of something else than the column of that name.
func (s *selection) mayBeAlias(name string) bool {
	if s.known[name] {
		return false
	}
	for _, t := range s.b.Targets {
		if t.Alias == nil || t.Alias.Name != name {
			continue
		}
		if c, ok := tree.Bare(t.X).(*tree.Column); ok && c.Name.Name == name {
			continue
		}
		return true
	}
	return false
}

// matching returns the target whose value is that of x, but for a collation around either; -1 if there is none.
func (s *selection) matching(x tree.Expr) int {
	x = withoutCollate(x)
	for i, t := range s.b.Targets {
		if s.same.equal(withoutCollate(t.X), x) {
			return i
		}
	}
	return -1
}

func withoutCollate(x tree.Expr) tree.Expr {
	for {
		n, ok := tree.Bare(x).(*tree.Collate)
		if !ok {
			return tree.Bare(x)
		}
		x = n.X
	}
}

// isConstant reports whether an expression is the same for all rows.
func isConstant(x tree.Expr) bool {
	constant := true
	tree.Walk(x, func(n tree.Node) bool {
		switch n.(type) {
		case *tree.Column, *tree.Star, *tree.Call, *tree.Query, *tree.Opaque, *tree.Table:
			constant = false
		}
		return constant
	})
	return constant
}

// sort plans ORDER BY for shards that sort by themselves.
func (s *selection) sort() *statement.Refusal {
	s.order = make([]*tree.Order, len(s.q.OrderBy))
	var places []place
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
		places = append(places, at)
		s.spec.Order = append(s.spec.Order, key)
	}
	for i, at := range places {
		s.spec.Order[i].Column = s.column(at)
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

// place is where a value is in the shards' rows: a target from the left, from the right, or a hidden column.
type place struct {
	target, hidden int
	right          bool
}

func (s *selection) placeOf(k sortKey, o *tree.Order) (place, *statement.Refusal) {
	if k.target >= 0 {
		if s.wide < 0 || k.target < s.wide {
			return place{target: k.target, hidden: -1}, nil
		}
		if k.target > s.lastWide {
			return place{target: k.target, hidden: -1, right: true}, nil
		}
	}
	if s.b.Distinct && len(s.b.DistinctOn) == 0 && !s.inStar(k.x) {
		return place{}, refuse(OrderBy, "ORDER BY", o, reasonDistinct, hintList)
	}
	if k.target >= 0 && mayDiffer(k.x) {
		return place{}, refuse(OrderBy, "ORDER BY", o, "where the column is isn't known, because of the stars around it", "put it before the stars")
	}
	return place{hidden: s.hide1(k.x)}, nil
}

// mayDiffer reports whether an expression may have another value when it is computed once more, as random() has.
func mayDiffer(x tree.Expr) bool {
	return find(x, func(n tree.Node) bool {
		switch n.(type) {
		case *tree.Call, *tree.Opaque, *tree.Subquery:
			return true
		}
		return false
	}) != nil
}

// inStar reports whether x is a column that a star of the list has as well, so that it makes no row more distinct.
func (s *selection) inStar(x tree.Expr) bool {
	column, ok := x.(*tree.Column)
	if !ok {
		return false
	}
	for _, t := range s.b.Targets {
		star, ok := tree.Bare(t.X).(*tree.Star)
		if !ok {
			continue
		}
		if len(star.Qualifier) == 0 || s.same.equal(&tree.Row{Items: []tree.Expr{&tree.Column{Qualifier: star.Qualifier, Name: column.Name}}},
			&tree.Row{Items: []tree.Expr{column}}) {
			return true
		}
	}
	return false
}

// column returns a place as merge.Key has it, once all hidden columns are known.
func (s *selection) column(p place) int {
	n := len(s.b.Targets)
	switch {
	case p.hidden >= 0:
		return p.hidden - len(s.hidden)
	case p.right:
		return p.target - n - len(s.hidden)
	default:
		return p.target
	}
}
