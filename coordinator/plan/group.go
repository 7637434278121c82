package plan

import (
	"strconv"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// grouping is the planning of a SELECT whose groups are merged from the shards' partial ones.
type grouping struct {
	*selection
	keys    []groupKey
	list    []tree.Expr // the keys' expressions
	finer   bool        // the shards group by more than the keys
	columns []column    // what the shards are asked for
	groups  merge.Group
	calls   []*tree.Call // of the aggregates; nil for one that is no call of the statement's
}

// column is a column of the shards' answer.
type column struct {
	with []piece
	x    tree.Expr
	// key says that the shards group by it; alias is the name that they group by, which the column has then, and else nil.
	key   bool
	alias *tree.Column
	// target is the target that is written like it; nil if none is.
	target *tree.Target
}

// group plans groups that are merged.
func (s *selection) group() (*Gather, *statement.Refusal) {
	if at := s.isWindowed(); at != nil {
		return nil, refuse(Window, "OVER", at, "its window has groups of several shards", hintPin)
	}
	switch {
	case len(s.b.DistinctOn) > 0:
		return nil, refuse(Distinct, "DISTINCT ON", s.b.DistinctOn[0], reasonPartial, hintPin)
	case s.b.GroupDistinct:
		return nil, refuse(GroupBy, "GROUP BY", s.b.GroupBy[0], reasonUnknown, "leave out ALL or DISTINCT after GROUP BY")
	case len(s.b.Targets) == 0:
		return nil, refuse(GroupBy, s.stmt.Name, s.b, "it has no columns", hintRewrite)
	}
	keys, r := s.groupKeys()
	if r == nil {
		r = s.refuseCovered(keys)
	}
	if r != nil {
		return nil, r
	}
	g := &grouping{selection: s, keys: keys, list: keyExpressions(keys)}
	g.finer = s.isFiner(g.list)
	if r := g.plan(); r != nil {
		return nil, r
	}
	return g.gather()
}

func (s *grouping) plan() *statement.Refusal {
	for i, k := range s.keys {
		if r := s.addKey(i, k); r != nil {
			return r
		}
	}
	outputs := make([]merge.Output, len(s.b.Targets))
	for i, t := range s.b.Targets {
		x, r := s.convert(t.X, "SELECT", true)
		if r != nil {
			return r
		}
		if outputs[i], r = s.output(t, x); r != nil {
			return r
		}
	}
	s.groups.Outputs = outputs
	if s.b.Having != nil {
		x, r := s.having(s.b.Having)
		if r != nil {
			return r
		}
		s.groups.Having = x
	}
	if r := s.groupOrder(); r != nil {
		return r
	}
	if s.b.Distinct {
		s.spec.Distinct = merge.DistinctRows
		return s.distinctCollations(s.b)
	}
	return nil
}

// addKey adds a key, written like the first target that is it, so that the shards name its column as one database would.
func (s *grouping) addKey(i int, k groupKey) *statement.Refusal {
	c := column{with: []piece{source(k.x)}, x: k.x, key: true, alias: k.alias}
	for _, t := range s.b.Targets {
		if s.sameExpr(t.X, k.x) {
			c.with, c.x, c.target = []piece{source(t.X)}, t.X, t
			break
		}
	}
	if k.alias != nil {
		c.with = append(c.with, literal(" AS "), source(k.alias))
	}
	col, r := s.collationOf(s.b, k.x)
	if r != nil {
		return r
	}
	s.groups.Keys = append(s.groups.Keys, merge.Key{Column: s.addColumn(c), Collation: col.known})
	s.lookUp(col.lookup, GroupKey, i)
	return nil
}

func (s *grouping) addColumn(c column) int {
	for i, other := range s.columns {
		if other.alias == nil && c.alias == nil && s.sameExpr(other.x, c.x) && other.key == c.key {
			return i
		}
	}
	s.columns = append(s.columns, c)
	return len(s.columns) - 1
}

// output names an output column as one database would.
func (s *grouping) output(t *tree.Target, x merge.Expr) (merge.Output, *statement.Refusal) {
	o := merge.Output{X: x}
	direct, like := s.columnOf(x)
	if t.Alias != nil {
		o.Name = t.Alias.Name
		if s.d == messages.SQLite {
			o.Name = unquoted(t.Alias.Of(s.stmt.Text))
		}
		return o, nil
	}
	if s.d == messages.SQLite {
		// An expression's name is its text; a column has its own, wherever it is spelled how.
		if direct >= 0 && isColumn(tree.Bare(t.X)) && like.alias == nil {
			o.NameOf = direct
			return o, nil
		}
		o.Name = writtenName(s.stmt.Text, t.X)
		return o, nil
	}
	if direct >= 0 && like.alias == nil && s.sameExpr(like.x, t.X) {
		o.NameOf = direct
		return o, nil
	}
	name, known := figureName(t.X)
	if !known {
		return o, refuse(Expression, "SELECT", t, "what PostgreSQL calls the column isn't known", "give it an alias")
	}
	o.Name = name
	return o, nil
}

// columnOf returns the column of the shards whose value x is, or -1 if it is more than that.
func (s *grouping) columnOf(x merge.Expr) (int, column) {
	switch x := x.(type) {
	case merge.KeyRef:
		i := s.groups.Keys[x.Index].Column
		return i, s.columns[i]
	case merge.AggregateRef:
		a := s.groups.Aggregates[x.Index]
		switch a.Func {
		case merge.Avg, merge.CountDistinct, merge.SumDistinct, merge.AvgDistinct:
			return -1, column{}
		}
		return a.Column, s.columns[a.Column]
	}
	return -1, column{}
}

// groupOrder plans ORDER BY over groups.
func (s *grouping) groupOrder() *statement.Refusal {
	for _, o := range s.q.OrderBy {
		k, r := s.resolve(o.X, "ORDER BY")
		if r != nil {
			return r
		}
		key, r := s.direction(o)
		if r != nil {
			return r
		}
		if k.x == nil {
			continue
		}
		if s.b.Distinct && k.target < 0 {
			return refuse(OrderBy, "ORDER BY", o, reasonDistinct, hintList)
		}
		x, r := s.convert(withoutCollate(k.x), "ORDER BY", false)
		if r != nil {
			return r
		}
		c, r := s.collationOf(s.b, k.written)
		if r != nil {
			return r
		}
		s.lookUp(c.lookup, OrderKey, len(s.groups.Order))
		s.groups.Order = append(s.groups.Order, merge.GroupOrder{
			X: x, Desc: key.Desc, NullsFirst: key.NullsFirst, Collation: c.known,
		})
	}
	return nil
}

// gather writes the shards' statement: the columns, grouped by those that are keys, and nothing that comes after groups.
func (s *grouping) gather() (*Gather, *statement.Refusal) {
	var with, by []piece
	block := *s.b
	block.Targets, block.GroupBy, block.Having = nil, nil, nil
	for i, c := range s.columns {
		if i > 0 {
			with = append(with, literal(", "))
		}
		with = append(with, c.with...)
		t := &tree.Target{X: c.x}
		if c.alias != nil {
			t.Alias = &c.alias.Name
		}
		block.Targets = append(block.Targets, t)
		if !c.key {
			continue
		}
		if len(by) > 0 {
			by = append(by, literal(", "))
		}
		if c.alias != nil {
			by = append(by, source(c.alias))
			block.GroupBy = append(block.GroupBy, c.alias)
		} else {
			by = append(by, literal(strconv.Itoa(i+1)))
			block.GroupBy = append(block.GroupBy, &tree.Literal{Value: int64(i + 1)})
		}
	}
	if s.d == messages.SQLite {
		if r := s.lostAliases(); r != nil {
			return nil, r
		}
	}
	s.text.replace(s.b.TargetsSpan, with...)
	s.replaceGroups(by)
	clauses := *s.q
	clauses.OrderBy = nil
	if len(s.q.OrderBy) > 0 {
		s.text.remove(withBlanks(s.stmt.Text, s.q.OrderSpan))
	}
	s.limit.drop(&s.text)
	clauses.Limit, clauses.Offset = nil, nil
	s.spec.Group = &s.groups
	s.spec.Cut = s.limit.cut()
	gather, r := s.newGather(&s.text, s.levels.with(&block, &clauses), nil)
	if r != nil {
		return nil, r
	}
	return s.finish(gather), nil
}

// replaceGroups writes GROUP BY by, in the place of the statement's own, and removes HAVING.
func (s *grouping) replaceGroups(by []piece) {
	end := beforeGroups(s.b)
	if n := len(s.b.GroupBy); n > 0 {
		end = s.b.GroupBy[n-1].Extent().End
		s.text.replace(tree.Span{Start: s.b.GroupBy[0].Extent().Start, End: end}, by...)
		by = nil
	}
	if len(by) > 0 {
		by = append([]piece{literal(" GROUP BY ")}, by...)
	}
	if s.b.Having != nil {
		s.text.replace(tree.Span{Start: end, End: s.b.Having.Extent().End}, by...)
	} else if len(by) > 0 {
		s.text.insert(end, by...)
	}
}

// beforeGroups returns where the part of a block ends that comes before GROUP BY.
func beforeGroups(b *tree.Block) int {
	n := len(b.From)
	switch {
	case b.Where != nil:
		return b.Where.Extent().End
	case n > 0:
		return b.From[n-1].Extent().End
	default:
		return b.TargetsSpan.End
	}
}

// lostAliases refuses a WHERE or FROM in which a name may be an alias, which SQLite allows, for the aliases are gone.
func (s *grouping) lostAliases() *statement.Refusal {
	if s.b.Where != nil {
		if r := s.aliasIn(s.b.Where, "WHERE"); r != nil {
			return r
		}
	}
	for _, item := range s.b.From {
		if r := s.aliasIn(item, "ON"); r != nil {
			return r
		}
	}
	return nil
}
