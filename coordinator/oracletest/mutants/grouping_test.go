package mutants_test

import "github.com/troupedb/troupe/messages"

// grouping are mutants of aggregates, groups and HAVING, and of EXISTS, which is merged as an aggregate.
var grouping = []mutant{
	{
		name: "average of averages", dialect: messages.SQLite,
		edits: []edit{
			{planDir, `a.Column = s.addPart(call, "sum")`, `a.Column = s.addPart(call, "avg")`},
			{mergeDir, "added(s.count, n)", "added(s.count, min(n, 1))"},
		},
	},
	{
		name: "count of the first shard", dialect: messages.SQLite,
		edits: one(mergeDir, "case a.step == takeFirst:", "case a.step == takeFirst || a.Func == AddCounts && s.set:"),
	},
	{
		name: "sum of nothing is 0 in SQLite", dialect: messages.SQLite,
		edits: one(mergeDir, "case !s.set && a.Func != AddCounts:", "case false:"),
	},
	{
		name: "sum of nothing is 0 in PostgreSQL", dialect: messages.PostgreSQL,
		edits: one(mergeDir, "case a.Func != AddCounts && !s.set:", "case false:"),
	},
	{
		name: "min as max", dialect: messages.SQLite,
		edits: one(mergeDir, "(order < 0) != (a.Func == Max)", "(order < 0) == (a.Func == Max)"),
	},
	{
		name: "min and max of the first shard", dialect: messages.SQLite,
		edits: one(mergeDir, "if err != nil || order == 0 || (order < 0) != (a.Func == Max) {", "if err != nil || order*order >= 0 {"),
	},
	{
		name: "bool_and as bool_or", dialect: messages.PostgreSQL,
		edits: one(mergeDir, "s.truth = s.truth && truth", "s.truth = s.truth || truth"),
	},
	{
		name: "count(DISTINCT) added", dialect: messages.SQLite,
		edits: one(planDir, "byValue := call.Distinct && how.ok && s.finer", "byValue := call.Distinct && how.ok && s.finer && how.fn != merge.AddCounts"),
	},
	{
		name: "no NULL is another's equal in GROUP BY", dialect: messages.SQLite,
		edits: one(mergeDir, "\tg.id = id\n\tindex, fresh := g.table.find(id)", `	for i := range g.keys {
		if g.row.value(g.keys[i].column) == nil {
			id = fmt.Appendf(id, "%d", len(g.table.groups))
		}
	}
	g.id = id
	index, fresh := g.table.find(id)`),
	},
	{
		name: "HAVING before merging", dialect: messages.SQLite,
		edits: []edit{
			{planDir, "block.Targets, block.GroupBy, block.Having = nil, nil, nil", "block.Targets, block.GroupBy = nil, nil"},
			{planDir, "\tif s.b.Having != nil {\n\t\ts.text.replace(", "\tif false {\n\t\ts.text.replace("},
		},
	},
	{
		name: "HAVING of NULL keeps the group", dialect: messages.SQLite,
		edits: one(mergeDir, "if !truth || !known {", "if !truth && known {"),
	},
	{
		name: "no group of no rows", dialect: messages.SQLite,
		edits: []edit{
			{mergeDir, "\t\t\tg.table.groups = make([]group, 1)\n", ""},
			{mergeDir, "\tg.row.batch, g.row.from = b, b.Description\n", "\tg.row.batch, g.row.from = b, b.Description\n\tif len(g.keys) == 0 && b.Rows() > 0 {\n\t\tg.table.groups = make([]group, 1)\n\t}\n"},
		},
	},
	{
		name: "groups of shards taken as whole", dialect: messages.SQLite,
		edits: one(planDir, "return !s.a.Keyed(s.b, keyExpressions(keys)), nil", "return len(keys) == 0, nil"),
	},
	{
		name: "EXISTS of the first shard", dialect: messages.SQLite,
		edits: one(planDir, "merge.Aggregate{Func: merge.Or, Column: i}", "merge.Aggregate{Func: merge.Any, Column: i}"),
	},
}
