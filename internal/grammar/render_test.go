package grammar_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// render returns the text of a statement with parentheses around every expression, arm of a set operation, and join where
// SQL allows them. Between the nodes the text is copied. What a node covers, and how nodes nest, shows in the result: a
// wrong precedence, or a wrong span, makes a text with another tree, or none.
func render(s *tree.Statement) (string, error) {
	r := renderer{text: s.Text, bare: map[tree.Node]bool{}}
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
	bare map[tree.Node]bool // parts of what was met that mustn't get parentheses
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
	r.keepBare(n)
	var own strings.Builder // the text that is no child's
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
		own.WriteString(r.text[next:of.Start])
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
	own.WriteString(r.text[next:at.End])
	if !balanced(own.String()) {
		r.fail(n, n, "has a parenthesis without the other one")
	}
}

var quoted = regexp.MustCompile(`(?is)\$(\w*)\$.*?\$\w*\$|\be'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"`)

// balanced reports whether the parentheses in text come in pairs. The closing one may have been opened before a child.
func balanced(text string) bool {
	if strings.Contains(text, "--") || strings.Contains(text, "/*") {
		return true // comments nest, and may hold anything
	}
	depth := 0
	for _, c := range quoted.ReplaceAllString(text, "") {
		switch c {
		case '(', '[':
			depth++
		case ')', ']':
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return depth == 0
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
		return !r.bare[child]
	case tree.Expr:
		return of.Start < of.End && !r.bare[child] && !r.stuck(parent, child)
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
	case *tree.Binary: // (a, b) OVERLAPS (c, d)
		_, row := child.(*tree.Row)
		return row && parent.Op == "OVERLAPS"
	case *tree.Opaque:
		return isGroupingSet(child) || chained(parent, child)
	case *tree.Call: // JSON_TABLE(… COLUMNS (a int PATH '$.a', NESTED '$.b' …))
		before := strings.ToUpper(strings.TrimSpace(r.text[parent.Start:child.Extent().Start]))
		return strings.HasSuffix(before, " PATH") || strings.HasSuffix(before, " NESTED")
	}
	return false
}

// chained reports whether child is the beginning of a chain like a[1].b, no part of which is an expression.
func chained(parent *tree.Opaque, child tree.Expr) bool {
	_, chain := child.(*tree.Opaque)
	return chain && parent.Start == child.Extent().Start
}

// keepBare notes which nodes below n mustn't get parentheses, where that isn't to be seen from their parents.
func (r *renderer) keepBare(n tree.Node) {
	switch n := n.(type) {
	case *tree.Call: // JSON_ARRAY(SELECT …) isn't JSON_ARRAY((SELECT …))
		for _, arg := range n.Args {
			if s, ok := arg.(*tree.Subquery); ok && s.Span == s.Query.Span {
				r.bare[s], r.bare[s.Query.Body] = true, true
			}
		}
	case *tree.Upsert: // ON CONFLICT (a COLLATE "C" text_ops): here (a) is an expression, and a isn't
		for _, e := range n.Target {
			r.keepKeyBare(e)
		}
	}
}

func (r *renderer) keepKeyBare(e tree.Expr) {
	r.bare[e] = true
	switch e := e.(type) {
	case *tree.Collate:
		r.keepKeyBare(e.X)
	case *tree.Opaque:
		if e.What == "operator class" {
			r.keepKeyBare(e.Children[0].(tree.Expr))
		}
	}
}

func isGroupingSet(e tree.Expr) bool {
	o, ok := e.(*tree.Opaque)
	return ok && slices.Contains([]string{"grouping set", "GROUPING SETS", "ROLLUP", "CUBE"}, o.What)
}

func startsWithWord(text, word string) bool {
	text = strings.TrimSpace(text)
	return len(text) >= len(word) && strings.EqualFold(text[:len(word)], word)
}
