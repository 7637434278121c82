package sqlite

import (
	"strconv"

	"github.com/sqlc-dev/meyer/ast"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// maxParameters is SQLite's largest number of a parameter.
const maxParameters = 32766

func (c *converter) parameter(n *ast.BindParam) *tree.Param {
	p := &tree.Param{Span: spanOf(n), Ordinal: n.Number}
	switch n.Kind {
	case ast.ParamAnon:
		if c.anonymous == nil {
			c.anonymous = p
		}
	case ast.ParamNumber:
	default:
		// The executor's rule, see parameterOf of package shardworker/sqlite.
		if number, err := strconv.Atoi(n.Name); err == nil && number > 0 {
			p.Ordinal = number
			if c.numbered == nil {
				c.numbered = p
			}
			if number > maxParameters {
				c.fail(unsupported(n.Pos(), "the number of a parameter is larger than %d", maxParameters))
			}
		} else {
			p.Name = n.Raw
		}
	}
	if p.Ordinal < 1 || p.Ordinal > maxParameters {
		c.fail(wrong(n.Pos(), "the number of a parameter has to be from 1 to %d", maxParameters))
	}
	if c.anonymous != nil && c.numbered != nil {
		c.fail(unsupported(n.Pos(), "the anonymous parameter ? beside the numbered %s: number all or none", c.numbered.Of(c.text)))
	}
	c.params = append(c.params, p)
	return p
}
