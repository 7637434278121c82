package postgresql_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement/postgresql"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

func BenchmarkPointSelect(b *testing.B) {
	s := parseOften(b, "select id, name from users where id = $1")
	require.Equal(b, tree.Census{Tables: 1, Blocks: 1}, s.Census)
	require.Len(b, s.Params, 1)
}

func BenchmarkAggregates(b *testing.B) {
	s := parseOften(b, `select c.region, count(*), sum(o.total), min(o.total), max(o.total), avg(o.total) from orders o
		join customers c on c.id = o.customer_id and c.tenant = o.tenant where o.tenant = $1 and o.placed >= $2
		group by c.region having count(*) > 10 order by sum(o.total) desc, c.region limit 20`)
	require.Equal(b, tree.Census{Tables: 2, Blocks: 1}, s.Census)
}

func BenchmarkInsertRows(b *testing.B) {
	s := parseOften(b, insertOf(1000))
	require.Len(b, s.Root.(*tree.InsertStmt).Rows, 1000)
	require.Len(b, s.Params, 4000)
}

// BenchmarkLongTexts are texts of nearly the greatest length, or as deep as they can be.
func BenchmarkLongTexts(b *testing.B) {
	for name, l := range longTexts() {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(l.text)))
			for b.Loop() {
				_, err := postgresql.Parse(l.text)
				require.Equal(b, l.refused, err != nil)
			}
		})
	}
}

func parseOften(b *testing.B, text string) *tree.Statement {
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	var s *tree.Statement
	for b.Loop() {
		var err error
		s, err = postgresql.Parse(text)
		require.NoError(b, err)
	}
	return s
}

// insertOf returns an INSERT of rows with four parameters each.
func insertOf(rows int) string {
	var b strings.Builder
	b.WriteString("insert into users (id, name, email, age) values ")
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('(')
		for j := range 4 {
			if j > 0 {
				b.WriteString(", ")
			}
			b.WriteString("$" + strconv.Itoa(4*i+j+1))
		}
		b.WriteByte(')')
	}
	return b.String()
}

type longText struct {
	text string
	// refused says that it is refused, as too deep or as wrong.
	refused bool
}

// longTexts are texts that would take a careless parser a long time, a deep stack, or both.
func longTexts() map[string]longText {
	const room = tree.MaxTextBytes - 64
	fill := func(head, unit, tail string) string {
		return head + strings.Repeat(unit, (room-len(head)-len(tail))/len(unit)) + tail
	}
	return map[string]longText{
		"a chain of 8 KB":     {"select 1" + strings.Repeat("+1", 4000), true},
		"chain":               {fill("select 1", "+1", ""), true},
		"and":                 {fill("select a", " and a", ""), false},
		"list":                {fill("select a in (1", ",1", ")"), false},
		"list of 10,000":      {"select a in (1" + strings.Repeat(", 1", 10000) + ")", false},
		"open":                {"select " + strings.Repeat("(", 100000), true},
		"open queries":        {fill("", "(select ", ""), true},
		"open tables":         {fill("select * from ", "(", ""), true},
		"open and closed":     {"select " + strings.Repeat("(", 900) + "1" + strings.Repeat(")", 900), false},
		"queries and closed":  {"select " + strings.Repeat("((", 450) + "select 1" + strings.Repeat("))", 450), false},
		"not":                 {fill("select ", "not ", "a"), true},
		"minus":               {fill("select ", "- ", "1"), true},
		"union":               {fill("select 1", " union select 1", ""), true},
		"joins":               {fill("select 1 from t", " natural join t", ""), true},
		"casts":               {fill("select 1", "::a", ""), true},
		"subscripts":          {fill("select a", "[1]", ""), false},
		"names":               {fill("select a", ".a", ""), false},
		"tables":              {fill("select 1 from t", ",t", ""), false},
		"functions":           {fill("select 1 from t", ",f()", ""), false},
		"table name":          {fill("select 1 from t", ".t", ""), true},
		"rows":                {fill("insert into t values (1)", ",(1)", ""), false},
		"targets":             {fill("select a", ",a", ""), false},
		"strings":             {fill("select '", "x", "'"), false},
		"pieces":              {fill("select 'x'", "\n'x'", ""), false},
		"quotes":              {fill("select '", "''", "'"), false},
		"escapes":             {fill("select E'", `\n`, "'"), false},
		"operator":            {fill("select 1 ", "@", " 1"), true},
		"minuses":             {fill("select 1 +", "-+", "1"), true},
		"comments":            {fill("select ", "/*", "1"), true},
		"comments and closed": {fill("select ", "/**/", "1"), false},
		"lines":               {fill("select ", "--\n", "1"), false},
		"dollars":             {fill("select ", "$a$$a$,", "1"), false},
		"open dollars":        {fill("select ", "$a$ $b$ ", "1"), true},
		"semicolons":          {fill("select 1", ";", ""), false},
		"case":                {fill("select ", "case when ", ""), true},
		"whens":               {fill("select case", " when a then b", " end"), false},
		"with":                {fill("", "with a as (", ""), true},
		"tables of with":      {fill("with a as (table a)", ",a as (table a)", " table a"), false},
		"arrays":              {fill("select array", "[", ""), true},
		"grouping sets":       {fill("select 1 group by ", "rollup (", ""), true},
		"between":             {fill("select a", " between a", ""), true},
		"overlaps":            {fill("select ", "(a,b) overlaps ", "(a,b)"), true},
		"create":              {fill("create table t (", "a int, ", "b int)"), false},
	}
}
