package mutants_test

import "github.com/troupedb/troupe/messages"

// linking are mutants of what lives together: joins, subqueries, groups and windows that shards can answer each for itself.
var linking = []mutant{
	{
		name: "key of outer join's lost side taken as whole groups", dialect: messages.SQLite,
		edits: one(statementDir, "if !r.nullable && r.keyedBy(found) {", "if r.keyedBy(found) {"),
	},
	{
		name: "ON of an outer join equates keys both ways", dialect: messages.SQLite,
		edits: one(statementDir, "\t\tx.inherit(y)\n\t\tif ySide == furtherOut {", "\t\tequate(x, y)\n\t\tif ySide == furtherOut {"),
	},
	{
		name: "join not by the key", dialect: messages.SQLite,
		edits: one(statementDir, "if !linked {", "if false {"),
	},
	{
		name: "join of tables of different groups", dialect: messages.SQLite,
		edits: one(statementDir, `if a != b && a.Name != b.Name && (a.Group == "" || a.Group != b.Group) {`, "if false {"),
	},
	{
		name: "reference table on the kept side of an outer join", dialect: messages.SQLite,
		edits: one(statementDir, `		a.refuse(newRefusal(RepeatedRows, joinName(kind), offset, reasonRepeat,
			"begin the join with the sharded table, or "+hintPin).about(append(l.entities, r.entities...)...))
	}
	return both`, "\t}\n\treturn both"),
	},
	{
		name: "subquery of any rows", dialect: messages.SQLite,
		edits: one(statementDir, "if r := a.query(q, &s.view, s.ctes, inExpression); !r.exact {", "if r := a.query(q, &s.view, s.ctes, inExpression); false {"),
	},
	{
		name: "IN of a subquery that isn't of keys", dialect: messages.SQLite,
		edits: one(statementDir, "if !linkOutputs(keys, r.outputs) {", "if linkOutputs(keys, r.outputs); false {"),
	},
	{
		name: "LIMIT in a subquery", dialect: messages.SQLite,
		edits: one(statementDir, "case bounded(q):", "case false:"),
	},
	{
		name: "GROUP BY in a subquery", dialect: messages.SQLite,
		edits: one(statementDir, "case grouped && !n.groupsKeyed():", "case grouped && clause.offset < 0:"),
	},
	{
		name: "UNION of a reference table", dialect: messages.SQLite,
		edits: one(statementDir, "case l.exact != r.exact:", "case false:"),
	},
	{
		name: "window not partitioned by the key", dialect: messages.SQLite,
		edits: one(planDir, "call.Over != nil && !s.a.Keyed(s.b, s.partition(call.Over))", "call.Over != nil && len(s.b.From) == 0"),
	},
}
