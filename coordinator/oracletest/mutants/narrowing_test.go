package mutants_test

import "github.com/troupedb/troupe/messages"

// narrowing are mutants of what conditions say about keys, and about the shards that are asked.
var narrowing = []mutant{
	{
		name: "OR as AND", dialect: messages.SQLite,
		edits: one(statementDir, "if e.Or == want {", "if e.Or == want && !e.Or {"),
	},
	{
		name: "NOT ignored", dialect: messages.SQLite,
		edits: one(statementDir, "return j.facts(e.X, !want)", "return j.facts(e.X, want)"),
	},
	{
		name: "NOT IN as IN", dialect: messages.SQLite,
		edits: one(statementDir, "if e.Query == nil && e.Table == nil && want != e.Not {", "if e.Query == nil && e.Table == nil && want {"),
	},
	{
		name: "inner tables ignored", dialect: messages.SQLite,
		edits: one(coordinatorDir, "\t\tall.union(set)\n", "\t\tif o.Anchor {\n\t\t\tall.union(set)\n\t\t}\n"),
	},
	{
		name: "ON of an outer join narrows", dialect: messages.SQLite,
		edits: one(statementDir, "\t\t\tc.outer(e, v, i, j)\n", `			c.outer(e, v, i, j)
			for _, k := range (judge{v, c.a.tree.Dialect}).facts(e, true).known {
				k.slot.restrict(k.set)
			}
`),
	},
	{
		name: "inner filter narrows outer table", dialect: messages.SQLite,
		edits: one(statementDir, "\tif r.up > 0 {\n\t\treturn nil\n\t}\n\treturn s\n}", "\tif r.in == nil {\n\t\treturn nil\n\t}\n\treturn s\n}"),
	},
	{
		name: "BETWEEN off by one", dialect: messages.SQLite,
		edits: one(statementDir, `j.bound(s, "<=", e.Hi, want != e.Not)`, `j.bound(s, "<", e.Hi, want != e.Not)`),
	},
	{
		name: "every comparison narrows", dialect: messages.SQLite,
		edits: one(statementDir, "\tf := judge{v, c.a.tree.Dialect}.facts(e, true)\n", `	f := judge{v, c.a.tree.Dialect}.facts(e, true)
	tree.Walk(e, func(n tree.Node) bool {
		switch n := n.(type) {
		case *tree.Binary:
			f = f.and(judge{v, c.a.tree.Dialect}.facts(n, true))
		case *tree.In:
			f = f.and(judge{v, c.a.tree.Dialect}.facts(n, true))
		}
		return true
	})
`),
	},
	{
		name: "AND is FALSE where both are", dialect: messages.SQLite,
		edits: one(statementDir, "if e.Or == want {", "if e.Or == want && e.Or {"),
	},
	{
		name: "IS DISTINCT FROM as IS NOT DISTINCT FROM", dialect: messages.SQLite,
		edits: one(statementDir, "if want != e.Not {\n\t\t\treturn facts{}\n\t\t}", "if false {\n\t\t\treturn facts{}\n\t\t}"),
	},
	{
		name: "= ANY takes its first element only", dialect: messages.PostgreSQL,
		edits: one(keysetDir, "return Keys{Values: sorted(keys)}", "return Keys{Values: sorted(keys)[:min(1, len(keys))]}"),
	},
	{
		name: "no key is nowhere", dialect: messages.SQLite,
		edits: one(coordinatorDir, "if len(n.targets) == 0 {", "if len(n.targets) == 0 {\n\t\treturn nil, errNowhereByKey\n\t}\n\tif n == nil {"),
	},
	{
		name: "no key on every shard, unmerged", dialect: messages.SQLite,
		edits: []edit{
			{coordinatorDir, "n.targets = []int{0} //", "all.addAll()\n\t\tn.targets = all.numbers() //"},
			{coordinatorDir, "if len(n.targets) > 1 {\n\t\treturn c.prepareGather()", "if len(n.targets) > 1 && slices.ContainsFunc(n.occurrences, func(s *shardSet) bool { return s.n > 0 }) {\n\t\treturn c.prepareGather()"},
		},
	},
	{
		name: "a range begins above its bound", dialect: messages.SQLite,
		edits: one(keysetDir, "return c > 0 || c == 0 && !i.LoOpen", "return c > 0"),
	},
}
