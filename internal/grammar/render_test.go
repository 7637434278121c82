package grammar_test

import (
	"fmt"
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// render returns the text of a statement with parentheses around every expression, arm of a set operation, and join where
// SQL allows them. Between the nodes the text is copied. What a node covers, and how nodes nest, shows in the result: a
// wrong precedence, or a wrong span, makes a text with another tree, or none.
func render(s *tree.Statement) (string, error) {
	r := renderer{text: s.Text}
	r.node(s.Root)
	if r.err != nil {
		return "", r.err
	}
	root := s.Root.Extent()
	return s.Text[:root.Start] + r.b.String() + s.Text[root.End:], nil
}

type renderer struct {
	text string
	b    strings.Builder
	err  error
}

func (r *renderer) fail(parent, child tree.Node, why string) {
	if r.err == nil {
		r.err = fmt.Errorf("%T %v below %T %v: %s", child, child.Extent(), parent, parent.Extent(), why)
	}
}

func (r *renderer) node(n tree.Node) {
	at := n.Extent()
	if at.Start < 0 || at.End > len(r.text) || at.Start > at.End {
		r.fail(n, n, "no span of the text")
		return
	}
	if _, ok := n.(*tree.Paren); ok && (r.text[at.Start] != '(' || r.text[at.End-1] != ')') {
		r.fail(n, n, "no parentheses")
	}
	next := at.Start
	tree.Children(n, func(child tree.Node) {
		of := child.Extent()
		if r.err != nil {
			return
		}
		if of.Start < next || of.End > at.End || of.End < of.Start {
			r.fail(n, child, fmt.Sprintf("not in order, or not within it: %d was reached", next))
			return
		}
		r.b.WriteString(r.text[next:of.Start])
		next = of.End
		if r.wrappable(n, child) {
			r.b.WriteByte('(')
			r.node(child)
			r.b.WriteByte(')')
			return
		}
		r.node(child)
	})
	r.b.WriteString(r.text[next:at.End])
}

// wrappable reports whether parentheses around child neither change the meaning nor are against the grammar.
func (r *renderer) wrappable(parent, child tree.Node) bool {
	of := child.Extent()
	switch child := child.(type) {
	case *tree.Star, *tree.Default:
		return false
	case *tree.Join:
		return child.Alias == nil // joins in parentheses may stand in others, but not with an alias
	case *tree.Block, *tree.Values, *tree.SetOp:
		return true
	case tree.Expr:
		return of.Start < of.End && !r.stuck(parent, child)
	}
	return false
}

// stuck reports whether the grammar wants an expression as it is, without parentheses.
func (r *renderer) stuck(parent tree.Node, child tree.Expr) bool {
	text := child.Extent().Of(r.text)
	switch parent := parent.(type) {
	case *tree.Paren: // two of them are enough
		return true
	case *tree.Cast: // date '2020-01-01'
		between := r.text[parent.Start:child.Extent().Start]
		return strings.TrimSpace(between) != "" && !startsWithWord(between, "CAST")
	case *tree.Query: // LIMIT ALL
		return strings.EqualFold(text, "ALL")
	case *tree.Block: // GROUP BY (), ROLLUP (…)
		return isGroupingSet(child)
	case *tree.Array: // ARRAY[[1], [2]]
		return text[0] == '['
	case *tree.TableFunction:
		return true
	case *tree.Upsert: // a column or a call in ON CONFLICT (…)
		return contains(parent.Target, child)
	case *tree.Binary: // (a, b) OVERLAPS (c, d)
		_, row := child.(*tree.Row)
		return row && parent.Op == "OVERLAPS"
	case *tree.Opaque:
		return isGroupingSet(child) || r.stuckInOpaque(parent, child)
	}
	return false
}

// stuckInOpaque is stuck for what has a grammar of its own: a[1].b is one chain, and no part of it is an expression.
func (r *renderer) stuckInOpaque(parent *tree.Opaque, child tree.Expr) bool {
	_, chained := child.(*tree.Opaque)
	return chained && parent.Start == child.Extent().Start
}

func isGroupingSet(e tree.Expr) bool {
	o, ok := e.(*tree.Opaque)
	return ok && strings.Contains(strings.ToLower(o.What), "grouping")
}

func contains(list []tree.Expr, e tree.Expr) bool {
	for _, item := range list {
		if item == e {
			return true
		}
	}
	return false
}

func startsWithWord(text, word string) bool {
	text = strings.TrimSpace(text)
	return len(text) >= len(word) && strings.EqualFold(text[:len(word)], word)
}
