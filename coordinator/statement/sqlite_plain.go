package statement

import (
	"strings"

	"github.com/sqlc-dev/meyer/ast"
)

// plainNodes looks at every node of a statement whose clauses were found harmless, in the order of the text, and
// refuses all but those whose value depends on one row and the arguments only. A kind of node that it doesn't know, or
// that should have been refused with its clause, is refused.
func plainNodes(stmt ast.Stmt) *Refusal {
	stack := append(make([]ast.Node, 0, 32), stmt)
	for len(stack) > 0 {
		n := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if n == nil {
			continue
		}
		if r := plainNode(n, n == ast.Node(stmt)); r != nil {
			return r
		}
		children := n.Children()
		for i := len(children) - 1; i >= 0; i-- {
			stack = append(stack, children[i])
		}
	}
	return nil
}

func plainNode(n ast.Node, outermost bool) *Refusal {
	switch n := n.(type) {
	case *ast.SelectStmt, *ast.UpdateStmt, *ast.DeleteStmt:
		if outermost {
			return nil
		}
	case *ast.SelectQuery, *ast.ResultColumn, *ast.TableRef, *ast.SetPair, *ast.QualifiedName, *ast.QualifiedRef,
		*ast.Star, *ast.BindParam, *ast.BinaryExpr, *ast.UnaryExpr, *ast.ParenExpr, *ast.IsExpr, *ast.NullCheckExpr,
		*ast.BetweenExpr, *ast.CaseExpr, *ast.CaseWhen, *ast.CastExpr, *ast.TypeName, *ast.CollateExpr, *ast.VectorExpr:
		return nil
	case *ast.Ident:
		switch foldName(n.Name) {
		case "rowid", "oid", "_rowid_":
			return refuse(n.Raw, n.Pos(), "every shard numbers its rows by itself",
				"name the column of the primary key, or "+hintPin)
		}
		return nil
	case *ast.Literal:
		switch n.Kind {
		case ast.LitCurrentDate, ast.LitCurrentTime, ast.LitCurrentTimestamp:
			return refuse(strings.ToUpper(n.Raw), n.Pos(), reasonClock, hintCompute)
		}
		return nil
	case *ast.LikeExpr:
		// REGEXP and MATCH call functions that the application defines.
		switch op := strings.ToUpper(n.Op.Raw); op {
		case "LIKE", "GLOB":
			return nil
		default:
			return refuse(op, n.Op.Pos(), reasonFunction, hintPin)
		}
	case *ast.InExpr:
		if n.Select == nil && n.Table == nil {
			return nil
		}
		return refuse("subquery after IN", n.Pos(), reasonElsewhere, "pass the values as arguments, or "+hintPin)
	case *ast.SubqueryExpr:
		return refuse("subquery", n.Pos(), reasonElsewhere, hintPin)
	case *ast.ExistsExpr:
		return refuse("EXISTS", n.Pos(), reasonElsewhere, hintPin)
	case *ast.FuncCall:
		return plainCall(n)
	}
	return refuse("statement", n.Pos(), reasonUnknown, hintPin)
}
