package plan

import (
	"slices"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// Lookup is a collation that the statement doesn't say and that has to be known if the values are texts.
//
// In SQLite it is the one that Table declares for Column; Table is empty if it isn't known, and then a text can't be merged.
// In PostgreSQL the database is asked, see [Gather.Probe].
type Lookup struct {
	// Use is what the collation is for, and Index which one of them.
	Use   Use
	Index int
	// Table and Column are the column that has the collation, in lower case, in SQLite. An empty Column with a Table is every
	// column of the table.
	Table, Column string

	x      tree.Expr // what has the collation, in PostgreSQL
	column int       // else its place in a union, from 1
}

// Offset returns the byte of the statement's text where what has the collation begins; 0 if it isn't known.
func (l Lookup) Offset() int {
	if l.x == nil {
		return 0
	}
	return l.x.Extent().Start
}

// Use is what a collation is for.
type Use uint8

// The uses.
const (
	// OrderKey is a key of merge.Spec.Order, or of merge.Group.Order if there is a Group: Options.Order.
	OrderKey Use = iota
	// GroupKey is a key of merge.Group.Keys: Options.Group.
	GroupKey
	// AggregateValue is an aggregate's value, of Min and Max and those over distinct values: Options.Aggregates.
	AggregateValue
	// DistinctRow are the visible texts of a row: Options.Distinct. There is one Lookup for each column, and in
	// PostgreSQL one for all of them if there is a star.
	DistinctRow
)

// Collations fills in the collations of o with those that find returns. One that isn't known is merge.CollationUnknown. It is
// called once for each of g.Lookups.
func (g *Gather) Collations(o *merge.Options, find func(Lookup) (merge.Collation, error)) error {
	if g.Merge == nil {
		return nil
	}
	orders, groups, aggregates := len(g.Merge.Order), 0, 0
	if group := g.Merge.Group; group != nil {
		orders, groups, aggregates = len(group.Order), len(group.Keys), len(group.Aggregates)
	}
	o.Order, o.Group = make([]merge.Collation, orders), make([]merge.Collation, groups)
	o.Aggregates = make([]merge.Collation, aggregates)
	rows := slices.Clone(g.distinct)
	for _, l := range g.Lookups {
		c, err := find(l)
		if err != nil {
			return err
		}
		switch l.Use {
		case OrderKey:
			o.Order[l.Index] = c
		case GroupKey:
			o.Group[l.Index] = c
		case AggregateValue:
			o.Aggregates[l.Index] = c
		case DistinctRow:
			rows = append(rows, c)
		}
	}
	o.Distinct = common(rows)
	return nil
}

// common returns the collation of rows whose texts have these collations.
func common(all []merge.Collation) merge.Collation {
	slices.Sort(all)
	all = slices.Compact(all)
	switch {
	case len(all) == 0 || all[0] == merge.CollationUnknown:
		return merge.CollationUnknown
	case len(all) == 1:
		return all[0]
	case len(all) == 2 && all[0] == merge.Bytewise && all[1] == merge.Locale:
		return merge.Locale // both tell texts apart by their bytes
	default:
		return merge.Fuzzy
	}
}

// collation is what is known of an expression's collation: what the statement says, or what has to be looked up.
type collation struct {
	known  merge.Collation
	lookup *Lookup
}

// collationOf returns the collation by which b's x is compared.
func (p *planner) collationOf(b *tree.Block, x tree.Expr) (collation, *statement.Refusal) {
	x = tree.Bare(x)
	if n, ok := x.(*tree.Collate); ok {
		if c := p.named(n.Name); c != merge.CollationUnknown {
			return collation{known: c}, nil
		}
	}
	if p.d == messages.PostgreSQL {
		return collation{lookup: &Lookup{x: x}}, nil
	}
	// A cast and a plus keep the collation of what is in them.
	for {
		if n, ok := x.(*tree.Cast); ok {
			x = tree.Bare(n.X)
		} else if n, ok := x.(*tree.Unary); ok && n.Op == "+" {
			x = tree.Bare(n.X)
		} else {
			break
		}
	}
	if n, ok := x.(*tree.Column); ok {
		table, column, ok := p.a.ColumnOf(b, n)
		if !ok {
			return collation{lookup: &Lookup{}}, nil
		}
		return collation{lookup: &Lookup{Table: table, Column: column}}, nil
	}
	if at := find(x, func(n tree.Node) bool { _, ok := n.(*tree.Collate); return ok }); at != nil {
		return collation{}, refuse(OrderBy, "COLLATE", at, "which collation the expression around it has isn't understood",
			"put COLLATE last")
	}
	return collation{known: merge.Bytewise}, nil
}

// named returns the collation of a name that is the same in every database.
func (p *planner) named(name []tree.Ident) merge.Collation {
	last := name[len(name)-1].Name
	if p.d == messages.SQLite {
		return merge.SQLiteCollation(last)
	}
	if len(name) > 2 || len(name) == 2 && name[0].Name != "pg_catalog" {
		return merge.CollationUnknown
	}
	switch last {
	case "C", "POSIX", "ucs_basic":
		return merge.Bytewise
	}
	return merge.CollationUnknown
}

// find returns the first node for which is returns true, of those in n that are in no subquery; nil if there is none.
func find(n tree.Node, is func(tree.Node) bool) tree.Node {
	var found tree.Node
	tree.Walk(n, func(n tree.Node) bool {
		if found != nil {
			return false
		}
		if _, ok := n.(*tree.Query); ok {
			return false
		}
		if is(n) {
			found = n
		}
		return found == nil
	})
	return found
}
