package sqlite

import (
	"fmt"
	"strings"

	"github.com/sqlc-dev/meyer/ast"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// converter makes a tree of meyer's. Once err is set it makes only pieces of one, which nobody may look at.
type converter struct {
	text   string
	depth  int // of the node that is being made, in nodes
	err    *tree.Error
	params []*tree.Param
	// numbered and anonymous are the first parameters of their kind.
	numbered, anonymous *tree.Param
}

// fail keeps the first error.
func (c *converter) fail(err *tree.Error) {
	if c.err == nil {
		c.err = err
	}
}

// enter goes one node deeper, and reports whether to go on; leave has to follow anyhow.
func (c *converter) enter(at int) bool {
	c.depth++
	if c.depth > tree.MaxDepth {
		c.fail(tooDeep(at))
	}
	return c.err == nil
}

func (c *converter) leave() { c.depth-- }

// token returns where the next token is, from at on: after white space and comments. At is the end of a token, or of white
// space.
func (c *converter) token(at int) int {
	for at < len(c.text) {
		rest := c.text[at:]
		switch {
		case isSpace(rest[0]):
			at++
		case strings.HasPrefix(rest, "--"):
			at = through(at, rest, "\n", 0)
		case strings.HasPrefix(rest, "/*"):
			at = through(at, rest, "*/", 2)
		case strings.HasPrefix(rest, "\ufeff"):
			at += len("\ufeff")
		default:
			return at
		}
	}
	return at
}

// through returns the end of the first occurrence of what in rest, which starts at at, without its first bytes.
func through(at int, rest, what string, first int) int {
	i := strings.Index(rest[first:], what)
	if i < 0 {
		return at + len(rest)
	}
	return at + first + i + len(what)
}

func isSpace(b byte) bool { return b == ' ' || '\t' <= b && b <= '\r' }

// after returns the end of the next token, from at on, which is length bytes long.
func (c *converter) after(at, length int) int { return c.token(at) + length }

func spanOf(n ast.Node) tree.Span { return tree.Span{Start: n.Pos(), End: n.End()} }

func ident(n *ast.Ident) tree.Ident {
	return tree.Ident{Span: spanOf(n), Name: fold(n.Name), Quoted: n.Quote != ast.QuoteNone}
}

func identOrNil(n *ast.Ident) *tree.Ident {
	if n == nil {
		return nil
	}
	i := ident(n)
	return &i
}

func idents(list []*ast.Ident) []tree.Ident {
	if len(list) == 0 {
		return nil
	}
	out := make([]tree.Ident, len(list))
	for i, n := range list {
		out[i] = ident(n)
	}
	return out
}

// fold folds a name to lower case as SQLite does: letters beyond ASCII keep their case.
func fold(name string) string {
	for i := 0; i < len(name); i++ {
		if 'A' <= name[i] && name[i] <= 'Z' {
			b := []byte(name)
			for ; i < len(b); i++ {
				if 'A' <= b[i] && b[i] <= 'Z' {
					b[i] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return name
}

// opaque makes a node of one that this package doesn't know, so that nothing below it is lost.
func (c *converter) opaque(n ast.Node) *tree.Opaque {
	o := &tree.Opaque{Span: spanOf(n), What: strings.TrimPrefix(fmt.Sprintf("%T", n), "*ast.")}
	for _, child := range n.Children() {
		o.Children = append(o.Children, c.part(child))
	}
	return o
}

// part converts what is below an opaque node.
func (c *converter) part(n ast.Node) tree.Node {
	switch n := n.(type) {
	case *ast.SelectStmt:
		return c.query(n, spanOf(n))
	case *ast.TableRef:
		return c.item(n)
	case ast.Expr:
		return c.expr(n)
	default:
		defer c.leave()
		if !c.enter(n.Pos()) {
			return nil
		}
		return c.opaque(n)
	}
}
