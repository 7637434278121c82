package sqlite

import (
	"strings"

	"github.com/sqlc-dev/meyer/ast"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// from converts the items of a FROM. To SQLite a comma is a join like the others, from left to right; so the items stay
// apart only if there are no others.
func (c *converter) from(list []*ast.TableRef) []tree.FromItem {
	if len(list) == 0 {
		return nil
	}
	for _, n := range list[1:] {
		if n.Join.Type&ast.JoinComma == 0 || conditional(n) {
			return []tree.FromItem{c.joins(list)}
		}
	}
	items := make([]tree.FromItem, len(list))
	for i, n := range list {
		items[i] = c.item(n)
	}
	return items
}

func conditional(n *ast.TableRef) bool { return n.On != nil || n.Using != nil }

// joins converts a list of at least one item to one.
func (c *converter) joins(list []*ast.TableRef) tree.FromItem {
	c.depth += len(list) - 1 // the first item is below all the joins
	left := c.item(list[0])
	for _, n := range list[1:] {
		c.depth--
		c.enter(n.Pos())
		right := c.item(n)
		left = c.join(left, right, list[0], n)
		c.leave()
	}
	return left
}

func (c *converter) join(left, right tree.FromItem, first, n *ast.TableRef) *tree.Join {
	j := &tree.Join{
		Span: tree.Span{Start: c.start(first), End: n.End()},
		Kind: c.joinKind(n), Natural: n.Join.Type&ast.JoinNatural != 0,
		L: left, R: right, On: c.expr(n.On), Using: idents(n.Using),
	}
	if j.Natural && conditional(n) {
		c.fail(wrong(n.Join.Pos(), "a NATURAL join with ON or USING"))
	}
	return j
}

// joinKind judges the words of a join as SQLite does, which takes them in any order.
func (c *converter) joinKind(n *ast.TableRef) tree.JoinKind {
	const sides = ast.JoinLeft | ast.JoinRight
	j := n.Join
	for _, word := range j.Words {
		switch strings.ToUpper(word) {
		case "NATURAL", "LEFT", "RIGHT", "FULL", "OUTER", "INNER", "CROSS", "JOIN":
		default:
			c.fail(wrong(j.Pos(), "unknown join type"))
		}
	}
	outer := j.Type&ast.JoinOuter != 0
	switch {
	case outer && (j.Type&ast.JoinInner != 0 || j.Type&sides == 0):
		c.fail(wrong(j.Pos(), "unknown join type"))
		return tree.Full
	case j.Type&sides == sides:
		return tree.Full
	case j.Type&ast.JoinLeft != 0:
		return tree.Left
	case j.Type&ast.JoinRight != 0:
		return tree.Right
	case j.Type&(ast.JoinComma|ast.JoinCross) != 0 && j.Type&ast.JoinNatural == 0 && !conditional(n):
		return tree.Cross
	default:
		return tree.Inner
	}
}

// start returns where an item starts without the join before it.
func (c *converter) start(n *ast.TableRef) int {
	if n.Join == nil {
		return n.Pos()
	}
	return c.token(n.Join.End())
}

func (c *converter) item(n *ast.TableRef) tree.FromItem {
	defer c.leave()
	if !c.enter(n.Pos()) {
		return nil
	}
	if n.Join == nil && conditional(n) {
		c.fail(wrong(n.Pos(), "ON or USING without a join before it"))
	}
	start := c.start(n)
	switch {
	case n.List != nil:
		return c.bracketed(n, start)
	case n.Select != nil:
		return &tree.Derived{
			Span:  tree.Span{Start: start, End: c.aliasEnd(n.Alias, c.after(n.Select.End(), len(")")))},
			Query: c.query(n.Select, spanOf(n.Select)), Alias: alias(n.Alias),
		}
	case n.HasArgs:
		return c.tableFunction(n, start)
	default:
		return c.table(n.Name, n.Alias, n.IndexedBy, n.NotIndexed)
	}
}

// table converts a table's name and what follows it.
func (c *converter) table(name *ast.QualifiedName, as, indexedBy *ast.Ident, notIndexed bool) *tree.Table {
	t := &tree.Table{
		Span:   tree.Span{Start: name.Pos(), End: c.aliasEnd(as, name.End())},
		Schema: identOrNil(name.Schema), Name: ident(name.Name), NameSpan: spanOf(name),
		RelationSpan: spanOf(name), Alias: alias(as), Indexed: indexedBy != nil || notIndexed, IndexName: identOrNil(indexedBy),
	}
	switch {
	case indexedBy != nil:
		t.End = indexedBy.End()
	case notIndexed:
		t.End = c.after(c.after(t.End, len("NOT")), len("INDEXED"))
	}
	return t
}

func (c *converter) tableFunction(n *ast.TableRef, start int) *tree.TableFunction {
	end := c.after(n.Name.End(), len("("))
	if len(n.Args) > 0 {
		end = n.Args[len(n.Args)-1].End()
	}
	end = c.after(end, len(")"))
	call := &tree.Call{Span: tree.Span{Start: start, End: end}, Plain: true}
	if n.Name.Schema != nil {
		call.Name = append(call.Name, ident(n.Name.Schema))
	}
	call.Name = append(call.Name, ident(n.Name.Name))
	c.enter(start)
	call.Args = c.exprs(n.Args)
	c.leave()
	return &tree.TableFunction{
		Span:  tree.Span{Start: start, End: c.aliasEnd(n.Alias, end)},
		Calls: []tree.Expr{call}, Alias: alias(n.Alias),
	}
}

// bracketed converts items in parentheses.
func (c *converter) bracketed(n *ast.TableRef, start int) tree.FromItem {
	end := c.aliasEnd(n.Alias, c.after(n.List[len(n.List)-1].End(), len(")")))
	list := n.List
	for len(list) == 1 && list[0].List != nil && list[0].Alias == nil && !conditional(list[0]) {
		list = list[0].List
	}
	c.depth-- // the parentheses are no node
	defer func() { c.depth++ }()
	if len(list) > 1 {
		item := c.joins(list)
		if j, ok := item.(*tree.Join); ok {
			j.Span, j.Alias = tree.Span{Start: start, End: end}, alias(n.Alias)
		}
		return item
	}
	if n.Join == nil && n.Alias == nil {
		return c.item(list[0])
	}
	// SQLite takes over only the name, the arguments or the subquery of a single item, and forgets the rest.
	if list[0].Alias != nil || list[0].IndexedBy != nil || list[0].NotIndexed {
		c.fail(unsupported(list[0].Pos(), "an alias or an index of a single item in parentheses"))
	}
	item := c.item(list[0])
	span := tree.Span{Start: start, End: end}
	if table, ok := item.(*tree.Table); ok {
		table.RelationSpan = span // an alias within is forgotten, too
	}
	if n.Alias == nil {
		return item
	}
	switch item := item.(type) {
	case *tree.Table:
		item.Span, item.Alias = span, alias(n.Alias)
	case *tree.Derived:
		item.Span, item.Alias = span, alias(n.Alias)
	case *tree.TableFunction:
		item.Span, item.Alias = span, alias(n.Alias)
	}
	return item
}

func (c *converter) aliasEnd(alias *ast.Ident, otherwise int) int {
	if alias == nil {
		return otherwise
	}
	return alias.End()
}

func alias(n *ast.Ident) *tree.Alias {
	if n == nil {
		return nil
	}
	return &tree.Alias{Span: spanOf(n), Name: ident(n)}
}
