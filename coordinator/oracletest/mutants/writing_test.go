package mutants_test

import "github.com/troupedb/troupe/messages"

// writing are mutants of INSERT, UPDATE and DELETE.
var writing = []mutant{
	{
		name: "INSERT of all rows where the first belongs", dialect: messages.SQLite,
		edits: one(planDir, "at, ok := byShard[shard]", "if n > 0 {\n\t\t\tshard = parts[0].Shard\n\t\t}\n\t\tat, ok := byShard[shard]"),
	},
	{
		name: "INSERT doesn't renumber parameters", dialect: messages.PostgreSQL,
		edits: []edit{
			{planDir, "strconv.AppendInt(digits[:0], int64(w.numbers[p.Ordinal]), 10)", "strconv.AppendInt(digits[:0], int64(p.Ordinal), 10)"},
			{planDir, "if !insert.reads(n) {", "if false {"},
		},
	},
	{
		name: "INSERT takes another row's arguments", dialect: messages.PostgreSQL,
		edits: one(planDir, "out = append(out, a.list[ordinal-1])", "out = append(out, a.list[min(ordinal-1, len(out))])"),
	},
	{
		name: "UPDATE assigns the key", dialect: messages.SQLite,
		edits: one(statementDir, "if e.decl == nil || e.decl.keyIndex(c.Name) < 0 {", "if e != nil {"),
	},
	{
		name: "INSERT … SELECT of any key", dialect: messages.SQLite,
		edits: one(statementDir, "if !carried || source.exact {", "if !carried && e == nil {"),
	},
	{
		name: "reference table changed on one shard", dialect: messages.SQLite,
		edits: one(coordinatorDir, "if table := p.Analysis.ChangesReference; table != \"\" {\n\t\treturn", `if p.Analysis.ChangesReference != "" {
		c.targets = []int{0}
		return nil
	}
	if table := ""; p == nil {
		return`),
	},
}
