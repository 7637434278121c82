package statement

import (
	"fmt"

	"github.com/sqlc-dev/meyer/ast"
	"github.com/sqlc-dev/meyer/parser"

	"github.com/troupedb/troupe/messages"
)

func parseSQLite(sql string) (*Statement, error) {
	stmts, err := parser.ParseString(sql)
	if err != nil {
		return nil, invalid("not understood as SQLite", err)
	}
	if len(stmts) != 1 {
		return nil, invalid(fmt.Sprintf("%d statements in one text, not 1", len(stmts)), nil)
	}
	stmt := stmts[0]
	s := &Statement{text: sql, dialect: messages.SQLite, verb: sqliteVerb(stmt)}
	if s.verb == Other {
		s.scatter = refuse(sqliteName(stmt), stmt.Pos(), reasonOnce, hintExec).err()
		s.everywhere = sqliteEverywhere(stmt).err()
		return s, nil
	}
	seen, ok := takeCensus(stmt)
	if !ok {
		return nil, invalid(fmt.Sprintf("an expression that nests more than %d deep", maxSQLiteDepth), nil)
	}
	b := binder{}
	b.statement(stmt)
	refusal := sqliteScatter(stmt)
	if b.census != seen {
		// Something was not walked that may hold a table: nothing that was found is certain.
		for i := range b.found {
			b.found[i].Conjunct = false
		}
		refusal = refuse(s.verb.String(), stmt.Pos(), reasonUnknown, hintPin)
	}
	for i := range b.found {
		b.found[i].others = seen.tables > 1
	}
	s.comparisons = b.found
	s.scatter = refusal.err()
	if s.verb != Insert {
		s.everywhere = s.scatter
	}
	return s, nil
}

func sqliteVerb(stmt ast.Stmt) Verb {
	switch stmt.(type) {
	case *ast.SelectStmt:
		return Select
	case *ast.InsertStmt:
		return Insert
	case *ast.UpdateStmt:
		return Update
	case *ast.DeleteStmt:
		return Delete
	default:
		return Other
	}
}

// sqliteEverywhere judges a statement without a verb of its own. What isn't listed as harmless is refused.
func sqliteEverywhere(stmt ast.Stmt) *Refusal {
	switch n := stmt.(type) {
	case *ast.CreateTableStmt, *ast.CreateIndexStmt, *ast.CreateViewStmt, *ast.CreateTriggerStmt,
		*ast.CreateVirtualTableStmt, *ast.AlterTableStmt, *ast.DropTableStmt, *ast.DropViewStmt, *ast.DropIndexStmt,
		*ast.DropTriggerStmt, *ast.AnalyzeStmt, *ast.ReindexStmt:
		return nil
	case *ast.VacuumStmt:
		if n.Into == nil {
			return nil
		}
		return refuse("VACUUM INTO", stmt.Pos(), "every shard would write the same file", hintPin)
	case *ast.ExplainStmt:
		return refuse("EXPLAIN", stmt.Pos(), reasonOnce, hintPin)
	default:
		return refuse(sqliteName(stmt), stmt.Pos(), reasonSession, hintPin)
	}
}

// sqliteName returns the words that a statement without a verb of its own is known by.
func sqliteName(stmt ast.Stmt) string {
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
		return "DDL"
	}
}
