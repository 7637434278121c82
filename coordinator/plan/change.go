package plan

import (
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// update plans an UPDATE: each shard changes its own rows, and the counts are added.
func (p *planner) update(n *tree.UpdateStmt) (*Gather, *statement.Refusal) {
	switch {
	case n.Or != "" && n.Or != "ABORT":
		return nil, refuse(codeClause, "UPDATE OR "+n.Or, n, "the rows that conflict may live on other shards", hintPin)
	case len(n.Set) == 0:
		return nil, refuse(codeNotUnderstood, "UPDATE", n, reasonUnknown, hintRewrite)
	}
	return p.change(n, n.Target, n.Cursor, n.OrderBy, n.Limit)
}

// delete plans a DELETE.
func (p *planner) delete(n *tree.DeleteStmt) (*Gather, *statement.Refusal) {
	return p.change(n, n.Target, n.Cursor, n.OrderBy, n.Limit)
}

func (p *planner) change(n tree.Node, target *tree.Table, cursor bool, order []*tree.Order, limit tree.Expr) (*Gather, *statement.Refusal) {
	switch {
	case cursor:
		return nil, refuse(codeClause, "WHERE CURRENT OF", n, "a cursor belongs to one connection", hintPin)
	case limit != nil:
		return nil, refuse(codeLimit, p.stmt.Name+" … LIMIT", limit, "every shard would apply it by itself", hintPin)
	case len(order) > 0:
		return nil, refuse(codeOrder, "ORDER BY", order[0], reasonUnknown, hintPin)
	case !p.a.Sharded(target):
		return nil, p.refuseReference(target)
	}
	return p.newGather(&splice{stmt: p.stmt}, n, nil)
}

// refuseReference refuses a change of a table that every shard has.
func (p *planner) refuseReference(target *tree.Table) *statement.Refusal {
	return refuse(codeReference, p.stmt.Name+" "+target.Name.Name, target, "every shard has the table's rows, so every shard has to change them",
		"use Exec with AllShards")
}

// everywhere returns why an Exec may not run the text on every shard as it is. DDL may, an INSERT, which then inserts on each shard
// what its text yields there, and a change of a reference table; of the other statements what several shards can answer anyway.
func (p *planner) everywhere(refusal *statement.Refusal) *statement.Refusal {
	switch p.stmt.Kind {
	case tree.Other:
		if p.stmt.Scope == tree.Schema {
			return nil
		}
		if refusal == nil {
			refusal = refuse(codeStatement, p.stmt.Name, p.stmt.Body, "it acts on one connection or transaction", hintPin)
		}
		return refusal
	case tree.Insert:
		return nil
	case tree.Update, tree.Delete:
		if len(p.a.Occurrences) == 0 {
			return nil
		}
	}
	return refusal
}
