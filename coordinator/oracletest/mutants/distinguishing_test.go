package mutants_test

import "github.com/troupedb/troupe/messages"

// distinguishing are mutants of DISTINCT and UNION.
var distinguishing = []mutant{
	{
		name: "DISTINCT on each shard only", dialect: messages.SQLite,
		edits: one(mergeDir, "\t\tm = newDistinctRows(spec, m, &o)\n", ""),
	},
	{
		name: "DISTINCT ON on each shard only", dialect: messages.PostgreSQL,
		edits: one(mergeDir, "\t\tm = newDistinctKeys(spec, m, &o)\n", ""),
	},
	{
		name: "DISTINCT ON keeps the last", dialect: messages.PostgreSQL,
		edits: []edit{
			{mergeDir, "\t\"context\"\n\n\t\"github.com/troupedb/troupe/messages\"\n)\n\n// distinctKey is", "\t\"context\"\n\t\"io\"\n\n\t\"github.com/troupedb/troupe/messages\"\n)\n\n// distinctKey is"},
			{mergeDir, "\tkey, lastKey []byte // encodings\n\terr          error  // that ended it\n}", "\tkey, lastKey []byte\n\terr error\n\n\tlast *messages.RowBatch\n\tshown *messages.Description\n\tout Position\n}"},
			{mergeDir, "\t\tif err != nil {\n\t\t\treturn nil, err\n\t\t}\n\t\tif d := at.Batch().Description; d != m.described {", `		if err == io.EOF && m.last != nil {
			m.out.Begin(m.last, m.shown)
			m.last = nil
			return &m.out, nil
		}
		if err != nil {
			return nil, err
		}
		if d := at.Batch().Description; d != m.described {`},
			{mergeDir, "\t\tif !m.any || !bytes.Equal(m.key, m.lastKey) {\n\t\t\tm.any = true\n\t\t\tm.key, m.lastKey = m.lastKey, m.key\n\t\t\treturn at, nil\n\t\t}", `		before, shown, other := m.last, m.shown, m.any && !bytes.Equal(m.key, m.lastKey)
		m.last, m.shown, m.any = messages.NewRowBatch(at.Batch().Description), at.Description(), true
		for i := range at.Batch().Description.Fields {
			m.last.AppendRaw(at.Value(i))
		}
		m.last.EndRow()
		m.key, m.lastKey = m.lastKey, m.key
		if other {
			m.out.Begin(before, shown)
			return &m.out, nil
		}`},
		},
	},
	{
		name: "DISTINCT ON by its first key", dialect: messages.PostgreSQL,
		edits: one(planDir, "s.spec.DistinctOn = s.spec.Order[:len(list):len(list)]", "s.spec.DistinctOn = s.spec.Order[:1:1]"),
	},
	{
		name: "UNION as UNION ALL", dialect: messages.SQLite,
		edits: one(planDir, "if !op.All && !u.keyed() {", "if false {"),
	},
}
