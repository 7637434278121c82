package sqlite_test

import (
	"fmt"
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// structure returns what is wrong with the spans, the census, the parameters or the depth of s.
func structure(s *tree.Statement) []string {
	c := &checker{text: s.Text}
	c.expect(s.Body.Start >= 0 && s.Body.Start < s.Body.End && s.Body.End <= len(s.Text), "Body %v", s.Body)
	if len(c.problems) > 0 || s.Root == nil {
		c.expect(s.Root != nil || s.Kind == tree.Other && s.Census == tree.Census{}, "an Other with a census")
		return c.problems
	}
	c.expect(s.Root.Extent() == s.Body, "the root covers %v, not the body", s.Root.Extent())
	c.node(s.Root, 1)
	c.expect(c.census == s.Census, "the tree has %v, the census says %v", c.census, s.Census)
	c.expect(fmt.Sprintf("%p", c.params) == fmt.Sprintf("%p", s.Params) || samePointers(c.params, s.Params), "other parameters, or another order")
	return c.problems
}

func samePointers(a, b []*tree.Param) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
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
	c.expect(depth <= tree.MaxDepth, "depth %d", depth)
	span := n.Extent()
	at := span.Start
	tree.Children(n, func(child tree.Node) {
		inner := child.Extent()
		c.expect(span.Contains(inner), "%T %v isn't within its %T %v", child, inner, n, span)
		c.expect(inner.Start >= at, "%T %v in %T starts before %d, where its sibling ends", child, inner, n, at)
		c.expect(inner.Start < inner.End, "%T %v is empty", child, inner)
		at = inner.End
		c.node(child, depth+1)
	})
	c.particular(n)
}

func (c *checker) particular(n tree.Node) {
	switch n := n.(type) {
	case *tree.Query:
		c.query(n)
	case *tree.Block:
		c.census.Blocks++
		c.expect(c.word(n.Span, "select"), "a block that doesn't start with SELECT")
		c.expect(n.TargetsSpan == cover(n.Targets), "TargetsSpan %v", n.TargetsSpan)
		c.expect(n.Contains(n.TargetsSpan), "TargetsSpan %v", n.TargetsSpan)
	case *tree.Values:
		c.census.Blocks++
		c.expect(c.word(n.Span, "values"), "a VALUES that doesn't start so")
	case *tree.ValuesRow:
		c.bracketed(n.Span)
	case *tree.Target:
		c.identIn(n.Span, n.Alias)
	case *tree.With:
		c.expect(c.word(n.Span, "with"), "a WITH that doesn't start so")
	case *tree.CommonTable:
		c.ident(n.Span, n.Name)
		c.idents(n.Span, n.Columns)
		c.expect(strings.HasSuffix(n.Of(c.text), ")"), "a common table expression that doesn't end with )")
	case *tree.NamedWindow:
		c.ident(n.Span, n.Name)
		c.bracketed(n.Window.Span)
	case *tree.Window:
		c.identIn(n.Span, n.Name)
	case *tree.Table:
		c.table(n)
	case *tree.Derived:
		c.alias(n.Span, n.Alias)
		c.expect(n.Of(c.text)[0] == '(', "a derived table that doesn't start with (")
	case *tree.TableFunction:
		c.alias(n.Span, n.Alias)
	case *tree.Join:
		c.idents(n.Span, n.Using)
		c.alias(n.Span, n.Alias)
	case *tree.InsertStmt:
		c.idents(n.Span, n.Columns)
		if len(n.Rows) > 0 {
			c.expect(n.RowsSpan == cover(n.Rows), "RowsSpan %v", n.RowsSpan)
		}
	case *tree.Assignment:
		c.idents(n.Span, n.Columns)
	case *tree.Upsert:
		c.expect(c.word(n.Span, "on"), "an upsert that doesn't start with ON")
	case *tree.Column:
		c.idents(n.Span, n.Qualifier)
		c.ident(n.Span, n.Name)
	case *tree.Star:
		c.idents(n.Span, n.Qualifier)
		c.expect(strings.HasSuffix(n.Of(c.text), "*"), "a star that isn't one")
	case *tree.Call:
		c.idents(n.Span, n.Name)
	case *tree.Collate:
		c.idents(n.Span, n.Name)
	case *tree.Paren:
		c.bracketed(n.Span)
	case *tree.Row:
		c.bracketed(n.Span)
	case *tree.Subquery:
		c.bracketed(n.Span)
	case *tree.Cast:
		c.expect(n.Contains(n.Type.Span) && n.X.Extent().End <= n.Type.Start, "a type at %v", n.Type.Span)
	case *tree.Param:
		c.params = append(c.params, n)
		c.expect(n.Name == "" || n.Name == n.Of(c.text), "a parameter's name %q", n.Name)
		c.expect(strings.ContainsRune("?:@$#", rune(n.Of(c.text)[0])), "a parameter's text %q", n.Of(c.text))
	case *tree.Literal:
		c.literal(n)
	}
}

func (c *checker) query(n *tree.Query) {
	if len(n.OrderBy) > 0 {
		c.expect(c.word(n.OrderSpan, "order"), "OrderSpan %v", n.OrderSpan)
		c.expect(n.Contains(n.OrderSpan) && n.OrderSpan.End == n.OrderBy[len(n.OrderBy)-1].End, "OrderSpan %v", n.OrderSpan)
		c.expect(n.Body.Extent().End <= n.OrderSpan.Start, "OrderSpan %v in the body", n.OrderSpan)
	} else {
		c.expect(n.OrderSpan == tree.Span{}, "OrderSpan %v of nothing", n.OrderSpan)
	}
	if n.Limit == nil {
		c.expect(n.Offset == nil && n.LimitSpan == tree.Span{} && n.OffsetSpan == tree.Span{}, "a span of no limit")
		return
	}
	limit := n.LimitSpan
	c.expect(c.word(limit, "limit") && n.End == max(limit.End, n.OffsetSpan.End), "LimitSpan %v", limit)
	c.expect(limit.Contains(n.Limit.Extent()) && n.Body.Extent().End <= limit.Start, "LimitSpan %v", limit)
	switch {
	case n.Offset == nil:
		c.expect(n.OffsetSpan == tree.Span{} && limit.End == n.Limit.Extent().End, "OffsetSpan %v of nothing", n.OffsetSpan)
	case n.OffsetSpan == limit:
		c.expect(limit.Contains(n.Offset.Extent()) && n.Offset.Extent().End <= n.Limit.Extent().Start, "a comma's OffsetSpan")
	default:
		c.expect(c.word(n.OffsetSpan, "offset") && n.OffsetSpan.End == n.Offset.Extent().End, "OffsetSpan %v", n.OffsetSpan)
		c.expect(limit.End == n.Limit.Extent().End && limit.End <= n.OffsetSpan.Start, "LimitSpan %v", limit)
	}
}

func (c *checker) table(n *tree.Table) {
	c.census.Tables++
	c.expect(n.Contains(n.NameSpan), "NameSpan %v", n.NameSpan)
	c.ident(n.NameSpan, n.Name)
	c.expect(n.NameSpan.End == n.Name.End, "NameSpan %v", n.NameSpan)
	c.identIn(n.NameSpan, n.Schema)
	if n.Schema != nil {
		c.expect(n.NameSpan.Start == n.Schema.Start, "NameSpan %v", n.NameSpan)
	} else {
		c.expect(n.NameSpan == n.Name.Span, "NameSpan %v", n.NameSpan)
	}
	c.alias(n.Span, n.Alias)
	if n.Indexed {
		words := strings.ToLower(n.Of(c.text))
		c.expect(strings.HasSuffix(words, "indexed") || strings.Contains(words, "indexed"), "an index that isn't in the span")
	}
}

func (c *checker) literal(n *tree.Literal) {
	text := n.Of(c.text)
	switch v := n.Value.(type) {
	case nil:
		c.expect(strings.EqualFold(text, "null"), "NULL is %q", text)
	case string:
		c.expect(len(text) >= 2 && text[0] == '\'' && strings.ReplaceAll(v, "'", "''") == text[1:len(text)-1], "%q is %q", v, text)
	case []byte:
		c.expect(strings.EqualFold(fmt.Sprintf("x'%x'", v), text), "%x is %q", v, text)
	case int64:
		digits := strings.ToLower(strings.ReplaceAll(text, "_", ""))
		if hex, ok := strings.CutPrefix(digits, "0x"); ok {
			c.expect(fmt.Sprintf("%x", uint64(v)) == zeroless(hex), "%d is %q", v, text)
		} else {
			c.expect(fmt.Sprint(v) == zeroless(digits), "%d is %q", v, text)
		}
	case tree.Number:
		c.expect(string(v) == strings.ReplaceAll(text, "_", ""), "%s is %q", v, text)
	default:
		c.expect(false, "a literal of type %T", v)
	}
}

func zeroless(digits string) string {
	if rest := strings.TrimLeft(digits, "0"); rest != "" {
		return rest
	}
	return "0"
}

func (c *checker) word(s tree.Span, word string) bool {
	return len(s.Of(c.text)) >= len(word) && strings.EqualFold(s.Of(c.text)[:len(word)], word)
}

func (c *checker) bracketed(s tree.Span) {
	text := s.Of(c.text)
	c.expect(len(text) >= 2 && text[0] == '(' && text[len(text)-1] == ')', "%q should be in parentheses", text)
}

func (c *checker) alias(within tree.Span, a *tree.Alias) {
	if a != nil {
		c.expect(within.Contains(a.Span) && a.Contains(a.Name.Span), "the alias at %v", a.Span)
		c.ident(a.Span, a.Name)
	}
}

func (c *checker) idents(within tree.Span, list []tree.Ident) {
	for _, i := range list {
		c.ident(within, i)
	}
}

func (c *checker) identIn(within tree.Span, i *tree.Ident) {
	if i != nil {
		c.ident(within, *i)
	}
}

// ident reads the name at i's span in its own way.
func (c *checker) ident(within tree.Span, i tree.Ident) {
	c.expect(within.Contains(i.Span), "%q at %v isn't within %v", i.Name, i.Span, within)
	text := i.Of(c.text)
	quoted := strings.ContainsRune("\"`['", rune(text[0]))
	if quoted {
		quote := text[:1]
		text = text[1 : len(text)-1]
		if quote != "[" {
			text = strings.ReplaceAll(text, quote+quote, quote)
		}
	}
	text = strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, strings.ToValidUTF8(text, "?"))
	c.expect(text == strings.ToValidUTF8(i.Name, "?") && quoted == i.Quoted, "%q is %q", i.Name, i.Of(c.text))
}

// cover returns what a list covers.
func cover[N tree.Node](list []N) tree.Span {
	return tree.Span{Start: list[0].Extent().Start, End: list[len(list)-1].Extent().End}
}
