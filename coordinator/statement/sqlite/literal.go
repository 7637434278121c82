package sqlite

import (
	"encoding/hex"
	"strconv"
	"strings"

	"github.com/sqlc-dev/meyer/ast"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

func (c *converter) literal(n *ast.Literal) tree.Expr {
	l := &tree.Literal{Span: spanOf(n)}
	switch n.Kind {
	case ast.LitNull:
	case ast.LitString:
		l.Value = n.Value
	case ast.LitBlob:
		b, err := hex.DecodeString(n.Raw[len("x'") : len(n.Raw)-len("'")])
		if err != nil {
			c.fail(wrong(n.Pos(), "a blob that isn't hexadecimal"))
		}
		l.Value = b
	case ast.LitInteger:
		l.Value = integer(n.Value)
	case ast.LitFloat:
		l.Value = tree.Number(n.Value)
	case ast.LitCurrentDate, ast.LitCurrentTime, ast.LitCurrentTimestamp:
		return &tree.Call{Span: l.Span, Name: []tree.Ident{{Span: l.Span, Name: fold(n.Raw)}}}
	default:
		return &tree.Opaque{Span: l.Span, What: "literal"}
	}
	return l
}

// integer reads an integer as SQLite does: hexadecimal digits are the bits of an int64, and a decimal that is too large for
// one is a floating-point number.
func integer(digits string) any {
	if rest, ok := strings.CutPrefix(fold(digits), "0x"); ok {
		if bits, err := strconv.ParseUint(rest, 16, 64); err == nil {
			return int64(bits)
		}
	} else if i, err := strconv.ParseInt(digits, 10, 64); err == nil {
		return i
	}
	return tree.Number(digits)
}
