package plan

import (
	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
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
	// lazy is how many expressions around the one that is converted may leave it out.
	lazy int
	// arguments are the parameters that the merge computes with.
	arguments []*tree.Param
	shown     map[int]int // by key: the column of its values as they are shown, if they aren't as they are stored
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
		if outputs[i], r = s.output(t, s.asShown(x)); r != nil {
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
	at := s.addColumn(c)
	if s.isTime(s.b, k.x) {
		if s.shown == nil {
			s.shown = map[int]int{}
		}
		s.shown[i] = at
		at = s.addColumn(storedColumn(k.x))
	}
	s.groups.Keys = append(s.groups.Keys, merge.Key{Column: at, Collation: col.known})
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
