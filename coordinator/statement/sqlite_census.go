package statement

import "github.com/sqlc-dev/meyer/ast"

// maxSQLiteDepth bounds the recursion over a parse tree, which is as deep as a text like 1+1+1+… is long. SQLite
// itself gives up at 1,000. Parentheses don't count, for SQLite and here; the parser stops at 10,000 of them.
const maxSQLiteDepth = 2000

// census counts what a parse tree holds. The binder, which knows what every node means, and takeCensus, which knows
// nothing but how to get to the children of a node, have to come to the same.
type census struct {
	// tables are references to tables, by whatever name: in a FROM, as a target, after IN.
	tables int
	// blocks are SELECTs and VALUES lists.
	blocks int
}

// takeCensus counts what is below stmt, without recursion. It returns false if stmt is deeper than maxSQLiteDepth.
func takeCensus(stmt ast.Stmt) (census, bool) {
	type item struct {
		node  ast.Node
		depth int
	}
	var c census
	stack := append(make([]item, 0, 32), item{stmt, 0})
	for len(stack) > 0 {
		top := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		depth := top.depth + 1
		if depth > maxSQLiteDepth {
			return c, false
		}
		switch n := top.node.(type) {
		case nil:
			continue
		case *ast.Ident, *ast.Literal, *ast.BindParam:
			continue
		case *ast.ParenExpr:
			depth--
		case *ast.TableRef:
			if n.Name != nil {
				c.tables++
			}
		case *ast.InExpr:
			if n.Table != nil {
				c.tables++
			}
		case *ast.InsertStmt, *ast.UpdateStmt, *ast.DeleteStmt:
			c.tables++
		case *ast.SelectQuery, *ast.ValuesClause:
			c.blocks++
		}
		for _, child := range top.node.Children() {
			stack = append(stack, item{child, depth})
		}
	}
	return c, true
}
