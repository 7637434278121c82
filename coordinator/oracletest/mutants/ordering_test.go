package mutants_test

import "github.com/troupedb/troupe/messages"

// ordering are mutants of ORDER BY, LIMIT and OFFSET, and of the columns that they ask for.
var ordering = []mutant{
	{
		name: "LIMIT not cut", dialect: messages.SQLite,
		edits: one(mergeDir, "left: o.Limit}", "left: -1}"),
	},
	{
		name: "OFFSET on each shard and again", dialect: messages.SQLite,
		edits: one(planDir, "if b.q.Offset == nil {", "if b.q.Offset == nil || b.d != 0 {"),
	},
	{
		name: "LIMIT pushed without OFFSET", dialect: messages.SQLite,
		edits: one(planDir, "n := plus(limit, max(b.offset.Value, 0))", "n := limit"),
	},
	{
		name: "LIMIT pushed without OFFSET, as an argument", dialect: messages.SQLite,
		edits: one(planDir, "pushed = plus(limit, offset)", "pushed = limit"),
	},
	{
		name: "NULLs at the wrong end in SQLite", dialect: messages.SQLite,
		edits: one(planDir, "key.NullsFirst = !key.Desc", "key.NullsFirst = key.Desc"),
	},
	{
		name: "NULLs at the wrong end in PostgreSQL", dialect: messages.PostgreSQL,
		edits: one(planDir, "key.NullsFirst = key.Desc", "key.NullsFirst = !key.Desc"),
	},
	{
		name: "DESC ignored by the first key", dialect: messages.SQLite,
		edits: one(mergeDir, "\tif k.Desc {\n\t\th.prefix = ^h.prefix", "\tif false {\n\t\th.prefix = ^h.prefix"),
	},
	{
		name: "DESC ignored by the comparer", dialect: messages.SQLite,
		edits: one(mergeDir, "\tif k.Desc {\n\t\tresult = -result", "\tif false {\n\t\tresult = -result"),
	},
	{
		name: "ties aren't broken by the second key", dialect: messages.SQLite,
		edits: one(mergeDir, "for i := from; i < len(m.keys); i++ {", "for i := from; i < 1; i++ {"),
	},
	{
		name: "texts in the order of folded letters", dialect: messages.SQLite,
		edits: one(mergeDir, "\tdefault:\n\t\treturn bytes.Compare(a, b)\n", "\tdefault:\n\t\treturn compareNoCase(a, b)\n"),
	},
	{
		name: "hidden columns shown", dialect: messages.SQLite,
		edits: one(mergeDir, "n := len(d.Fields) - v.hidden", "n := len(d.Fields)"),
	},
	{
		name: "groups in no order", dialect: messages.SQLite,
		edits: one(mergeDir, "\t\t\tif order != 0 {\n\t\t\t\treturn order", "\t\t\tif false {\n\t\t\t\treturn order"),
	},
}
