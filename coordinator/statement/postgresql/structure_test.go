package postgresql_test

import (
	"fmt"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// structure returns what is wrong with a statement's spans, census, parameters and depth.
func structure(s *tree.Statement) []string {
	c := &checker{text: s.Text}
	c.expect(0 <= s.Body.Start && s.Body.Start < s.Body.End && s.Body.End <= len(s.Text), "the body is %v", s.Body)
	if s.Root == nil {
		c.expect(s.Kind == tree.Other && s.Name != "" && s.Params == nil && s.Census == tree.Census{}, "%+v", s)
		return c.problems
	}
	c.expect(s.Root.Extent() == s.Body, "the root covers %v, the body %v", s.Root.Extent(), s.Body)
	c.node(s.Root, 1)
	c.expect(c.census == s.Census, "the tree has %v, the census says %v", c.census, s.Census)
	c.expect(len(c.params) == len(s.Params), "the tree has %d parameters, the statement %d", len(c.params), len(s.Params))
	for i := range min(len(c.params), len(s.Params)) {
		c.expect(c.params[i] == s.Params[i], "parameter %d is another one", i)
	}
	return c.problems
}

type checker struct {
	text     string
	census   tree.Census
	params   []*tree.Param
	problems []string
}

func (c *checker) expect(ok bool, format string, args ...any) {
	if !ok {
		c.problems = append(c.problems, fmt.Sprintf(format, args...))
	}
}

func (c *checker) node(n tree.Node, depth int) {
	c.expect(depth <= tree.MaxDepth, "a node at depth %d", depth)
	c.particular(n)
	span := n.Extent()
	at := span.Start
	tree.Children(n, func(child tree.Node) {
		inner := child.Extent()
		c.expect(span.Contains(inner), "%T %v isn't within %T %v", child, inner, n, span)
		c.expect(inner.Start >= at, "%T %v in %T begins before %d, where the one before it ends", child, inner, n, at)
		literal, _ := child.(*tree.Literal)
		query, _ := n.(*tree.Query)
		fetched := literal != nil && query != nil && query.Limit == tree.Expr(literal)
		c.expect(inner.Start < inner.End || fetched, "%T %v is empty", child, inner)
		at = inner.End
		c.node(child, depth+1)
	})
}

// particular checks what only nodes of one type have.
func (c *checker) particular(n tree.Node) {
	switch n := n.(type) {
	case *tree.Table:
		c.census.Tables++
		c.expect(n.Contains(n.NameSpan) && n.NameSpan.Contains(n.Name.Span), "the name of %v is at %v", n.Span, n.NameSpan)
		c.expect(n.Alias == nil || n.Contains(n.Alias.Span) && n.Alias.Contains(n.Alias.Name.Span), "an alias is outside")
	case *tree.Block:
		c.census.Blocks++
		c.expect(n.Contains(n.TargetsSpan), "the targets are at %v", n.TargetsSpan)
		c.expect(n.TargetsSpan.Start == n.TargetsSpan.End == (n.Targets == nil), "the targets are at %v", n.TargetsSpan)
	case *tree.Values:
		c.census.Blocks++
	case *tree.ValuesRow:
		c.between(n.Span, '(', ')')
	case *tree.Paren:
		c.between(n.Span, '(', ')')
	case *tree.Param:
		c.params = append(c.params, n)
		c.expect(fmt.Sprintf("$%d", n.Ordinal) == n.Of(c.text) || n.Of(c.text)[1] == '0', "parameter %d is %s", n.Ordinal, n.Of(c.text))
	case *tree.Query:
		c.expect(n.Limit == nil || n.LimitSpan.Contains(n.Limit.Extent()) && n.Contains(n.LimitSpan), "LIMIT is at %v", n.LimitSpan)
		c.expect(n.Offset == nil || n.OffsetSpan.Contains(n.Offset.Extent()) && n.Contains(n.OffsetSpan), "OFFSET is at %v", n.OffsetSpan)
		c.expect(n.OrderBy == nil || n.Contains(n.OrderSpan), "ORDER BY is at %v", n.OrderSpan)
	case *tree.Logic:
		c.expect(len(n.Args) > 1, "a chain of %d", len(n.Args))
	case *tree.InsertStmt:
		c.expect(n.Rows == nil || n.RowsSpan == tree.Span{Start: n.Rows[0].Start, End: n.Rows[len(n.Rows)-1].End}, "rows at %v", n.RowsSpan)
	}
}

func (c *checker) between(span tree.Span, first, last byte) {
	c.expect(span.End-span.Start >= 2 && c.text[span.Start] == first && c.text[span.End-1] == last, "%q", span.Of(c.text))
}
