package statement

import (
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// nesting judges a block within a statement.
type nesting struct {
	a     *analyser
	block *tree.Block
	query *tree.Query
	level *level
}

// passes reports whether the block's outputs may pass keys on: whatever is asked of these rows by their keys can be asked of
// the rows that they come from.
func (n nesting) passes() bool {
	b, q := n.block, n.query
	if bounded(q) || len(q.Locks) > 0 || len(b.DistinctOn) > 0 || len(b.Windows) > 0 || len(n.windows()) > 0 {
		return false
	}
	_, grouped := n.grouped()
	return !grouped || n.groupsKeyed()
}

// check reports whether the shards' rows of the block together are the block's, given that those of its FROM are.
func (n nesting) check() bool {
	b, q := n.block, n.query
	switch clause, grouped := n.grouped(); {
	case grouped && !n.groupsKeyed():
		n.refuse(clause, clause.name+" in a subquery")
	case len(b.DistinctOn) > 0 && !n.keyed(b.DistinctOn):
		n.refuse(at{offset: b.DistinctOn[0].Extent().Start}, "DISTINCT ON in a subquery")
	case b.Distinct && len(b.DistinctOn) == 0 && !n.keyed(targetsOf(b)):
		n.refuse(at{offset: b.Start}, "DISTINCT in a subquery")
	case bounded(q):
		n.refuse(at{offset: boundsOffset(q)}, "LIMIT in a subquery")
	default:
		for _, c := range n.windows() {
			if !n.keyed(partition(c.Over, b.Windows, 0)) {
				n.refuse(at{offset: c.Start}, callName(c)+"() OVER in a subquery")
				return false
			}
		}
		return true
	}
	return false
}

// at is a clause and where it is.
type at struct {
	name   string
	offset int
}

func (n nesting) refuse(where at, clause string) {
	n.a.refuse(newRefusal(NestedMerge, clause, where.offset, reasonNested,
		"group by the table's key, leave the clause to the outermost block, or "+hintPin).about(n.level.tables()...))
}

// tables are the entities of the level's own tables.
func (l *level) tables() []*entity {
	var list []*entity
	for _, v := range l.vars {
		if v.entity != nil {
			list = append(list, v.entity)
		}
	}
	return list
}

// grouped reports whether the block makes one row of several, and by what.
func (n nesting) grouped() (at, bool) {
	b := n.block
	if len(b.GroupBy) > 0 {
		return at{"GROUP BY", b.GroupBy[0].Extent().Start}, true
	}
	if b.Having != nil {
		return at{"HAVING", b.Having.Extent().Start}, true
	}
	if c := n.find(func(c *tree.Call) bool { return isAggregate(c, n.a.sqlite) }); c != nil {
		return at{callName(c) + "()", c.Start}, true
	}
	return at{}, false
}

// groupsKeyed reports whether each group's rows are on one shard.
func (n nesting) groupsKeyed() bool {
	b := n.block
	if len(b.GroupBy) == 0 || b.GroupingSets {
		return false
	}
	list := make([]tree.Expr, 0, len(b.GroupBy))
	for _, e := range b.GroupBy {
		list = append(list, n.groupedBy(e))
	}
	return n.keyed(list)
}

// groupedBy returns what an expression of GROUP BY stands for: a number is an output, and so is a name that no column has.
func (n nesting) groupedBy(e tree.Expr) tree.Expr {
	switch x := tree.Bare(e).(type) {
	case *tree.Literal:
		if i, ok := x.Value.(int64); ok && 1 <= i && i <= int64(len(n.block.Targets)) {
			for _, t := range n.block.Targets[:i] {
				if _, star := t.X.(*tree.Star); star {
					return e
				}
			}
			return n.block.Targets[i-1].X
		}
	case *tree.Column:
		if len(x.Qualifier) > 0 {
			return e
		}
		for _, v := range n.level.vars {
			if !v.hidden && v.has(x.Name.Name) != absent {
				return e
			}
		}
		for _, t := range n.block.Targets {
			if t.Alias != nil && t.Alias.Name == x.Name.Name {
				return t.X
			}
		}
	}
	return e
}

func (n nesting) keyed(list []tree.Expr) bool { return n.level.whole().keyed(list) }

func targetsOf(b *tree.Block) []tree.Expr {
	list := make([]tree.Expr, len(b.Targets))
	for i, t := range b.Targets {
		list[i] = t.X
	}
	return list
}

// windows returns the calls of the block with OVER.
func (n nesting) windows() []*tree.Call {
	var found []*tree.Call
	n.find(func(c *tree.Call) bool {
		if c.Over != nil {
			found = append(found, c)
		}
		return false
	})
	return found
}

// find returns the first call in the outputs, HAVING or ORDER BY, outside subqueries, for which is returns true.
func (n nesting) find(is func(*tree.Call) bool) *tree.Call {
	for _, t := range n.block.Targets {
		if c := findCall(t.X, is); c != nil {
			return c
		}
	}
	if n.block.Having != nil {
		if c := findCall(n.block.Having, is); c != nil {
			return c
		}
	}
	for _, o := range n.query.OrderBy {
		if c := findCall(o.X, is); c != nil {
			return c
		}
	}
	return nil
}

func findCall(e tree.Node, is func(*tree.Call) bool) *tree.Call {
	var found *tree.Call
	switch e.(type) {
	case *tree.Column, *tree.Star, *tree.Literal, *tree.Param:
		return nil
	}
	tree.Walk(e, func(n tree.Node) bool {
		if found != nil {
			return false
		}
		switch n := n.(type) {
		case *tree.Query:
			return false
		case *tree.Call:
			if is(n) {
				found = n
			}
		}
		return found == nil
	})
	return found
}

// maxWindowNames bounds how many windows may refer to each other.
const maxWindowNames = 16

// partition returns what a window is partitioned by, which it may have from one that it names.
func partition(w *tree.Window, named []*tree.NamedWindow, depth int) []tree.Expr {
	if len(w.PartitionBy) > 0 || w.Name == nil || depth > maxWindowNames {
		return w.PartitionBy
	}
	for _, n := range named {
		if n.Name.Name == w.Name.Name {
			return partition(n.Window, named, depth+1)
		}
	}
	return nil
}

// keyed reports whether rows that agree in all of the expressions live on one shard: the key of a table whose rows aren't
// made up of NULLs is among them.
func (v view) keyed(list []tree.Expr) bool {
	var found []*slot
	for _, e := range list {
		if star, ok := e.(*tree.Star); ok {
			found = append(found, v.starred(star)...)
			continue
		}
		if s, r := v.slot(e); s != nil && r.up == 0 {
			found = append(found, s.root())
		}
	}
	if len(found) == 0 {
		return false
	}
	for _, r := range v.level.vars[v.lo:v.hi] {
		if !r.nullable && r.keyedBy(found) {
			return true
		}
	}
	return false
}

// starred returns the classes of the keys that a star stands for.
func (v view) starred(star *tree.Star) []*slot {
	var found []*slot
	for _, r := range v.level.vars[v.lo:v.hi] {
		if r.hidden || len(star.Qualifier) > 0 && r.name != star.Qualifier[len(star.Qualifier)-1].Name {
			continue
		}
		for _, c := range columnsOf(r).columns {
			if c.slot != nil {
				found = append(found, c.slot.root())
			}
		}
	}
	return found
}

// keyedBy reports whether all key columns of something that v shows are in the classes.
func (v *rangeVar) keyedBy(classes []*slot) bool {
	if v.entity != nil {
		return v.entity.within(classes)
	}
	if v.columns == nil {
		return false
	}
	for _, c := range v.columns.columns {
		if c.slot != nil && c.slot.index == 0 && c.slot.entity.within(classes) {
			return true
		}
	}
	return false
}

func (e *entity) within(classes []*slot) bool {
	for i := range e.slots {
		root, found := e.slots[i].root(), false
		for _, c := range classes {
			found = found || c == root
		}
		if !found {
			return false
		}
	}
	return len(e.slots) > 0
}
