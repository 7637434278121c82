package sqlite

import (
	"github.com/sqlc-dev/meyer/ast"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// takeCensus counts what is below stmt by meyer's own way to the children of a node, without recursion. It shares nothing
// with the converter, which has to come to the same.
func takeCensus(stmt ast.Stmt) tree.Census {
	var c tree.Census
	eachNode(stmt, func(node ast.Node) {
		switch n := node.(type) {
		case *ast.TableRef:
			if n.Name != nil && !n.HasArgs {
				c.Tables++
			}
		case *ast.InExpr:
			if n.Table != nil && !n.HasArgs {
				c.Tables++
			}
		case *ast.InsertStmt:
			c.Tables++
			if insertsRows(n) != nil {
				c.Blocks-- // the VALUES is a part of the INSERT
			}
		case *ast.UpdateStmt, *ast.DeleteStmt:
			c.Tables++
		case *ast.SelectQuery, *ast.ValuesClause:
			c.Blocks++
		}
	})
	return c
}

// eachNode calls visit for node and everything below it, in no certain order.
func eachNode(node ast.Node, visit func(ast.Node)) {
	stack := append(make([]ast.Node, 0, 32), node)
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		visit(top)
		switch top.(type) {
		case *ast.Ident, *ast.Literal, *ast.BindParam, *ast.QualifiedRef, *ast.QualifiedName:
			continue // nothing but names below
		}
		stack = append(stack, top.Children()...)
	}
}
