package sqlite

import (
	"slices"

	"github.com/sqlc-dev/meyer/ast"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// classify returns what a statement is known by that isn't converted, and what it acts on. What is in the schema "temp"
// belongs to the connection.
func classify(stmt ast.Stmt) (string, tree.Scope) {
	switch n := stmt.(type) {
	case *ast.CreateTableStmt:
		return "CREATE TABLE", scopeOf(n.Name, n.Temp)
	case *ast.CreateIndexStmt:
		return "CREATE INDEX", scopeOf(n.Name, false)
	case *ast.CreateViewStmt:
		return "CREATE VIEW", scopeOf(n.Name, n.Temp)
	case *ast.CreateTriggerStmt:
		return "CREATE TRIGGER", scopeOf(n.Name, n.Temp)
	case *ast.CreateVirtualTableStmt:
		return "CREATE VIRTUAL TABLE", scopeOf(n.Name, false)
	case *ast.AlterTableStmt:
		return "ALTER TABLE", scopeOf(n.Table, false)
	case *ast.DropTableStmt:
		return "DROP TABLE", scopeOf(n.Name, false)
	case *ast.DropViewStmt:
		return "DROP VIEW", scopeOf(n.Name, false)
	case *ast.DropIndexStmt:
		return "DROP INDEX", scopeOf(n.Name, false)
	case *ast.DropTriggerStmt:
		return "DROP TRIGGER", scopeOf(n.Name, false)
	case *ast.AnalyzeStmt:
		return "ANALYZE", tree.Schema
	case *ast.ReindexStmt:
		return "REINDEX", tree.Schema
	case *ast.VacuumStmt:
		if n.Into != nil {
			return "VACUUM INTO", tree.Session
		}
		return "VACUUM", tree.Schema
	default:
		return sessionName(stmt), tree.Session
	}
}

func scopeOf(name *ast.QualifiedName, temp bool) tree.Scope {
	if temp || name.Schema != nil && fold(name.Schema.Name) == "temp" {
		return tree.Session
	}
	return tree.Schema
}

func sessionName(stmt ast.Stmt) string {
	switch stmt.(type) {
	case *ast.BeginStmt:
		return "BEGIN"
	case *ast.CommitStmt:
		return "COMMIT"
	case *ast.RollbackStmt:
		return "ROLLBACK"
	case *ast.SavepointStmt:
		return "SAVEPOINT"
	case *ast.ReleaseStmt:
		return "RELEASE"
	case *ast.AttachStmt:
		return "ATTACH"
	case *ast.DetachStmt:
		return "DETACH"
	case *ast.PragmaStmt:
		return "PRAGMA"
	case *ast.ExplainStmt:
		return "EXPLAIN"
	default:
		return "STATEMENT"
	}
}

// otherParameters finds the parameters of a statement that isn't converted.
func (c *converter) otherParameters(stmt ast.Stmt) {
	var found []*ast.BindParam
	eachNode(stmt, func(n ast.Node) {
		if p, ok := n.(*ast.BindParam); ok {
			found = append(found, p)
		}
	})
	slices.SortFunc(found, func(a, b *ast.BindParam) int { return a.Pos() - b.Pos() })
	for _, p := range found {
		c.parameter(p)
	}
}
