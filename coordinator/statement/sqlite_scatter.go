package statement

import (
	"strings"

	"github.com/sqlc-dev/meyer/ast"
)

// sqliteScatter returns why a statement can't be run over several shards, or nil.
func sqliteScatter(stmt ast.Stmt) *Refusal {
	var r *Refusal
	switch n := stmt.(type) {
	case *ast.SelectStmt:
		r = scatterSelect(n)
	case *ast.UpdateStmt:
		r = scatterUpdate(n)
	case *ast.DeleteStmt:
		r = scatterDelete(n)
	default:
		return refuse("INSERT", stmt.Pos(), "every shard would insert the row",
			"pin it to one shard with OnShard, or use Exec with AllShards if every shard shall have it")
	}
	if r != nil {
		return r
	}
	return plainNodes(stmt)
}

func scatterSelect(n *ast.SelectStmt) *Refusal {
	switch {
	case n.With != nil:
		return refuse("WITH", n.With.Pos(), reasonElsewhere, hintPin)
	case len(n.Ops) > 0:
		name := n.Ops[0].Op
		if n.Ops[0].All {
			name += " ALL"
		}
		return refuse(name, n.Ops[0].Pos(), reasonMerge, "run its arms one by one, or "+hintPin)
	}
	q, ok := n.Cores[0].(*ast.SelectQuery)
	if !ok {
		return refuse("VALUES", n.Pos(), reasonOnce, hintPin)
	}
	if r := scatterFrom(q); r != nil {
		return r
	}
	switch {
	case q.Distinct == ast.DistinctDistinct:
		return refuse("DISTINCT", q.Pos(), "shards can return the same row", hintClient)
	case len(q.GroupBy) > 0:
		return refuse("GROUP BY", q.GroupBy[0].Pos(), "a group's rows may live on several shards", hintClient)
	case q.Having != nil:
		return refuse("HAVING", q.Having.Pos(), reasonMerge, hintPin)
	case len(q.Windows) > 0:
		return refuse("WINDOW", q.Windows[0].Pos(), reasonElsewhere, hintPin)
	case len(q.OrderBy) > 0:
		return refuse("ORDER BY", q.OrderBy[0].Pos(), reasonMerge, hintClient)
	case q.Limit != nil:
		return refuse("LIMIT", q.Limit.Pos(), "every shard would apply it by itself", hintClient)
	}
	return nil
}

func scatterFrom(q *ast.SelectQuery) *Refusal {
	switch {
	case len(q.From) == 0:
		return refuse("SELECT without FROM", q.Pos(), reasonOnce, hintPin)
	case len(q.From) > 1:
		return refuse("JOIN", q.From[1].Pos(), reasonElsewhere, hintPin)
	}
	switch t := q.From[0]; {
	case t.Select != nil:
		return refuse("subquery in FROM", t.Pos(), reasonElsewhere, hintPin)
	case t.Name == nil:
		return refuse("parentheses in FROM", t.Pos(), "they can hold a join", "write the table without them, or "+hintPin)
	case t.HasArgs:
		return refuse("table-valued function", t.Pos(), reasonOnce, hintPin)
	default:
		return scatterTable(t.Name)
	}
}

// sqliteEponymous are tables that exist without having been created: functions that are called without arguments.
var sqliteEponymous = set(`bytecode tables_used completion dbstat fsdir generate_series json_each json_tree
	jsonb_each jsonb_tree`)

// scatterTable refuses tables whose rows don't live on one shard each.
func scatterTable(n *ast.QualifiedName) *Refusal {
	name := foldName(n.Name.Name)
	if n.Schema != nil && strings.EqualFold(n.Schema.Name, "temp") {
		return refuse("temp."+name, n.Pos(), "a temporary table belongs to one connection", hintPin)
	}
	if strings.HasPrefix(name, "sqlite_") || strings.HasPrefix(name, "pragma_") || sqliteEponymous[name] {
		return refuse(name, n.Pos(), reasonCatalogue, hintPin)
	}
	return nil
}

func scatterUpdate(n *ast.UpdateStmt) *Refusal {
	switch {
	case n.With != nil:
		return refuse("WITH", n.With.Pos(), reasonElsewhere, hintPin)
	case n.OrConflict != ast.ConflictDefault && n.OrConflict != ast.ConflictAbort:
		return refuse("UPDATE OR "+n.OrConflict.String(), n.Pos(),
			"the rows that conflict may live on other shards", hintPin)
	case len(n.From) > 0:
		return refuse("UPDATE FROM", n.From[0].Pos(), reasonElsewhere, hintPin)
	case len(n.OrderBy) > 0:
		return refuse("ORDER BY", n.OrderBy[0].Pos(), reasonMerge, hintPin)
	case n.Limit != nil:
		return refuse("LIMIT", n.Limit.Pos(), "every shard would apply it by itself", hintPin)
	}
	return scatterTable(n.Table)
}

func scatterDelete(n *ast.DeleteStmt) *Refusal {
	switch {
	case n.With != nil:
		return refuse("WITH", n.With.Pos(), reasonElsewhere, hintPin)
	case len(n.OrderBy) > 0:
		return refuse("ORDER BY", n.OrderBy[0].Pos(), reasonMerge, hintPin)
	case n.Limit != nil:
		return refuse("LIMIT", n.Limit.Pos(), "every shard would apply it by itself", hintPin)
	}
	return scatterTable(n.Table)
}
