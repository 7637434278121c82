package statement

import "github.com/troupedb/troupe/coordinator/statement/tree"

// Keyed reports whether rows of a block that agree in all of the expressions live on one shard: all key columns of a sharded
// table of the block, or of a derived table that passes them on, are among the expressions as bare columns or by a star, and
// none of them is NULL for want of a row. Numbers and aliases of outputs aren't looked through.
func (a *Analysis) Keyed(b *tree.Block, list []tree.Expr) bool {
	v, ok := a.factsOf(b)
	return ok && v.keyed(list)
}

// ColumnOf returns the table's own column that an expression is, as the block understands it: the table's real name, and the
// column's. It looks through derived tables and common table expressions as far as their columns are known.
func (a *Analysis) ColumnOf(b *tree.Block, e tree.Expr) (table, column string, ok bool) {
	v, ok := a.factsOf(b)
	c, isColumn := tree.Bare(e).(*tree.Column)
	if !ok || !isColumn {
		return "", "", false
	}
	r := v.resolve(c)
	if r.in == nil {
		return "", "", false
	}
	return r.in.own(c.Name.Name)
}

// Sharded reports whether a part of the statement refers to a sharded table, be it by a common table expression.
func (a *Analysis) Sharded(n tree.Node) bool {
	extent := n.Extent()
	for _, o := range a.Occurrences {
		if extent.Contains(o.Table.Span) {
			return true
		}
	}
	for _, s := range a.expressions {
		if extent.Contains(s) {
			return true
		}
	}
	return false
}
