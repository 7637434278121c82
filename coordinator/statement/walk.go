package statement

import (
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// site is where an expression stands.
type site struct {
	view view
	ctes *expressions
	// output says that its value is one of the answer's, and decides nothing else.
	output bool
}

func (a *analyser) list(list []tree.Expr, s *site) {
	for _, e := range list {
		a.expr(e, s)
	}
}

// expr walks an expression: it binds the queries in it, and refuses what several shards can't compute as one does.
func (a *analyser) expr(e tree.Expr, s *site) {
	if a.complex {
		return
	}
	switch n := e.(type) {
	case nil, *tree.Star, *tree.Param, *tree.Default:
	case *tree.Column:
		a.checkColumn(n, s)
	case *tree.Literal:
		a.checkLiteral(n)
	case *tree.Paren:
		a.expr(n.X, s)
	case *tree.Logic:
		a.list(n.Args, s)
	case *tree.Binary:
		if n.Qualified {
			a.refuse(newRefusal(UnknownFunction, "OPERATOR()", n.Start, reasonFunction, hintPin))
		}
		a.expr(n.L, s)
		a.expr(n.R, s)
	case *tree.In:
		a.in(n, s)
	case *tree.Quantified:
		if n.Qualified {
			a.refuse(newRefusal(UnknownFunction, "OPERATOR()", n.Start, reasonFunction, hintPin))
		}
		a.expr(n.X, s)
		a.expr(n.Array, s)
		a.subquery(n.Query, "subquery", n.Start, s)
	case *tree.Exists:
		a.subquery(n.Query, "EXISTS", n.Start, s)
	case *tree.Subquery:
		a.subquery(n.Query, "subquery", n.Start, s)
	case *tree.Array:
		a.list(n.Items, s)
		a.subquery(n.Query, "ARRAY()", n.Start, s)
	case *tree.Call:
		a.checkCall(n, s)
		a.children(n, s)
	case *tree.Like:
		// REGEXP and MATCH call functions that the application defines.
		if a.sqlite && (n.Op == "REGEXP" || n.Op == "MATCH") {
			a.refuse(newRefusal(UnknownFunction, n.Op, n.Start, reasonFunction, hintPin))
		}
		a.children(n, s)
	case *tree.Cast:
		if !a.sqlite && postgresqlSystemTypes.has(n.Type.Name) {
			a.refuse(newRefusal(SystemColumn, n.Type.Name, n.Type.Start, reasonVaries, hintPin))
		}
		a.expr(n.X, s)
	case *tree.Opaque:
		a.checkOpaque(n)
		a.children(n, s)
	default:
		a.children(n, s)
	}
}

func (a *analyser) children(n tree.Node, s *site) {
	tree.Children(n, func(child tree.Node) { a.node(child, s) })
}

// node walks a part of an expression.
func (a *analyser) node(n tree.Node, s *site) {
	switch n := n.(type) {
	case tree.Expr:
		a.expr(n, s)
	case *tree.Query:
		a.subquery(n, "subquery", n.Start, s)
	case *tree.Table:
		a.refuse(newRefusal(NotUnderstood, n.Name.Name, n.Start, reasonUnknown, hintPin))
	default:
		a.children(n, s)
	}
}

// subquery binds a query in an expression: its rows are needed whole for the row that the expression belongs to.
func (a *analyser) subquery(q *tree.Query, clause string, offset int, s *site) {
	if q == nil {
		return
	}
	if r := a.query(q, &s.view, s.ctes, inExpression); !r.exact {
		a.unbound(r, clause, offset)
	}
}

func (a *analyser) unbound(r relation, clause string, offset int) {
	a.refuse(newRefusal(UnboundTable, clause, offset, reasonElsewhere, hintKey).about(r.entities...))
}

// in binds X IN (query): if X is a key, and the query's output one whose equals live with it, then the rows that decide are
// on the shard of X's row. No NULL decides, because neither can be one.
func (a *analyser) in(n *tree.In, s *site) {
	a.expr(n.X, s)
	a.list(n.List, s)
	switch {
	case n.Table != nil:
		l := a.newLevel(&s.view)
		if r := a.table(l, n.Table, s.ctes, false); !r.exact {
			a.unbound(r, "IN", n.Table.Start)
		}
	case n.Query != nil && n.Not:
		a.subquery(n.Query, "subquery after NOT IN", n.Start, s)
	case n.Query != nil:
		keys := inKeys(n.X, s.view)
		if keys == nil {
			a.subquery(n.Query, "subquery after IN", n.Start, s)
			return
		}
		before := a.refusal
		r := a.query(n.Query, &s.view, s.ctes, nested)
		if r.exact {
			return
		}
		if !linkOutputs(keys, r.outputs) {
			if before == nil && a.refusal != nil && (a.refusal.Code == NestedMerge || a.refusal.Code == SetOperation) {
				// That it isn't bound is what is wrong with it, whatever it has inside.
				a.refusal = nil
			}
			a.unbound(r, "subquery after IN", n.Start)
		}
	}
}

// inKeys returns the key columns that the parts of an expression are, nil where one is none; nil if none is.
func inKeys(e tree.Expr, v view) []*slot {
	parts := []tree.Expr{e}
	if row, ok := tree.Bare(e).(*tree.Row); ok {
		parts = row.Items
	}
	keys := make([]*slot, len(parts))
	some := false
	for i, p := range parts {
		if s, r := v.slot(p); s != nil && !r.in.nullable {
			keys[i], some = s, true
		}
	}
	if !some {
		return nil
	}
	return keys
}

// linkOutputs makes the keys that outputs are inherit from those that they are compared with. It reports whether those of one
// entity are all compared with those of another whose rows live with it.
func linkOutputs(keys []*slot, o *outputs) bool {
	if o == nil || !o.complete || len(o.columns) != len(keys) {
		return false
	}
	var links []link
	var inner, outer []*entity
	for i, k := range keys {
		s := o.columns[i].slot
		if k == nil || s == nil {
			continue
		}
		links = append(links, link{s, k})
		inner, outer = append(inner, s.entity), append(outer, k.entity)
	}
	if !connected(links, inner, outer) {
		return false
	}
	for _, l := range links {
		l.a.inherit(l.b)
	}
	return true
}

// checkColumn refuses columns that a database gives out by itself.
func (a *analyser) checkColumn(c *tree.Column, s *site) {
	name := c.Name.Name
	if a.sqlite {
		if sqliteRowIDs.has(name) && !declares(c, s.view) {
			a.refuse(newRefusal(SystemColumn, a.source(c.Name.Span), c.Name.Start, "every shard numbers its rows by itself",
				"name the column of the primary key, or "+hintPin))
		}
		return
	}
	switch {
	case postgresqlSystemColumns.has(name):
		a.refuse(newRefusal(SystemColumn, a.source(c.Name.Span), c.Name.Start, reasonVaries, hintPin))
	case len(c.Qualifier) > 0 && postgresqlRowAggregates.has(name) && !declares(c, s.view):
		a.refuse(newRefusal(UnknownFunction, a.source(c.Name.Span), c.Name.Start,
			"without such a column it is a call of the aggregate with the whole row",
			"leave out the table's name before it, declare the table's columns, or "+hintPin))
	}
}

// declares reports whether a column is certain to be one of a table's own.
func declares(c *tree.Column, v view) bool {
	r := v.resolve(c)
	return r.in != nil && r.in.has(c.Name.Name) == certain
}

func (a *analyser) source(s tree.Span) string { return s.Of(a.tree.Text) }

// checkLiteral refuses texts that PostgreSQL would read from the clock, if it took them for a time.
func (a *analyser) checkLiteral(n *tree.Literal) {
	if text, ok := n.Value.(string); ok && !a.sqlite && readsClock(text) {
		a.refuse(newRefusal(SessionFunction, a.source(n.Span), n.Start, "as a time it would be read from each shard's clock", hintCompute))
	}
}

// readsClock reports whether a text, converted to a time, would read the clock: 'now', '10:00 today', 'today PST'. Whether it
// will be converted isn't seen in the text.
func readsClock(text string) bool {
	words := strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return r <= ' ' || r == ',' })
	if len(words) > 4 {
		return false
	}
	for _, w := range words {
		switch {
		case w == "now" || w == "today" || w == "tomorrow" || w == "yesterday":
			return true
		case w[0] >= 'a' && w[0] <= 'z' || w[0] >= 0x80:
			return false
		}
	}
	return false
}

// opaqueForms are what an Opaque node may be and still depend on its parts only.
var opaqueForms = map[string]bool{
	"bit string": true, "field": true, "subscript": true, "fields of a row": true, "TREAT": true, "grouping set": true,
	"GROUPING SETS": true, "ROLLUP": true, "CUBE": true, "operator class": true,
}

func (a *analyser) checkOpaque(n *tree.Opaque) {
	if opaqueForms[n.What] || strings.HasSuffix(n.What, " ANY") || strings.HasSuffix(n.What, " ALL") {
		return
	}
	a.refuse(newRefusal(NotUnderstood, n.What, n.Start, reasonUnknown, hintPin))
}
