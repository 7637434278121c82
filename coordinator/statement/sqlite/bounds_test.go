package sqlite_test

import (
	"slices"
	"sort"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement/sqlite"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// long returns a text of at least n bytes: head, as many parts as it takes, and for each of them tail.
func long(n int, head, part, tail string) string {
	count := n/(len(part)+len(tail)) + 1
	return head + strings.Repeat(part, count) + strings.Repeat(tail, count)
}

const (
	deep   = "nests more than 1000 deep"
	tokens = "more than 262144 tokens"
)

// What is large is read, or refused for its size and not for being wrong, and at once: all of this takes linear time.
func TestHostileTexts(t *testing.T) {
	const most = tree.MaxTextBytes - 100
	for name, c := range map[string]struct{ text, want string }{
		"text":            {long(tree.MaxTextBytes, "select 1", " ", ""), "a text of 1048585 bytes is longer than 1048576"},
		"sum":             {"select 1" + strings.Repeat("+1", 4096), deep},
		"long sum":        {long(250_000, "select 1", "+1", ""), deep},
		"sum MiB":         {long(most, "select 1", "+1", ""), tokens},
		"minus":           {"select " + strings.Repeat("-1", 20_000), deep},
		"IN":              {"select * from t where a in (1" + strings.Repeat(",2", 10_000) + ")", ""},
		"IN tokens":       {long(400_000, "select * from t where a in (1", ",-2", "") + ")", tokens},
		"IN 100,000":      {long(400_000, "select * from t where a in (1", ",'2'", "") + ")", ""},
		"parentheses":     {"select " + strings.Repeat("(", 100_000) + "1" + strings.Repeat(")", 100_000), deep},
		"open":            {"select " + strings.Repeat("(", 100_000), deep},
		"AND":             {long(500_000, "select 1 from t where a=1", " and a=1", ""), ""},
		"OR":              {long(400_000, "select 1 from t where not a", " or not a", ""), ""},
		"NOT":             {long(400_000, "select 1 where ", "not ", ""), deep},
		"tilde":           {long(200_000, "select ", "~", ""), deep},
		"signs":           {long(200_000, "select ", "- ", ""), deep},
		"NOT =":           {long(400_000, "select 1", "= not 1", ""), deep},
		"BETWEEN":         {long(400_000, "select 1", " between 1", ""), deep},
		"CASE":            {long(400_000, "select ", "case ", ""), deep},
		"CASE WHEN":       {long(400_000, "select ", "case when ", "then 1 end "), deep},
		"WHENs":           {long(400_000, "select case ", "when 1 then 2 ", "") + "end", ""},
		"climb":           {long(500_000, "select ", "1 or 1 and 1 = 1 < 1 | 1 + 1 * 1 || (", ")"), deep},
		"climb 998":       {"select " + strings.Repeat("1 or 1 and 1=1<1|1+1*1||(", 998) + "1" + strings.Repeat(")", 998), deep},
		"climb subquery":  {"select " + strings.Repeat("1 or 1 and 1=1<1|1+1*1||(select ", 499) + "1" + strings.Repeat(")", 499), deep},
		"climb prefixes":  {"select " + strings.Repeat("1 or 1 and not 1=1<1|1+1*1||-(", 330) + "1" + strings.Repeat(")", 330), deep},
		"short climb":     {"select " + strings.Repeat("1 or(", 1400) + "1" + strings.Repeat(")", 1400), deep},
		"short tilde":     {"select " + strings.Repeat("~", 8900) + "1", deep},
		"COLLATE":         {long(400_000, "select 1", " collate x", ""), deep},
		"subqueries":      {long(400_000, "select ", "(select ", ")"), deep},
		"IN subquery":     {long(400_000, "select 1", " in (select 1 ", ")"), deep},
		"FROM":            {long(200_000, "select * from ", "(", ")"), deep},
		"short FROM":      {"select * from " + strings.Repeat("(", 4000) + "a" + strings.Repeat(")", 4000), ""},
		"FROM SELECT":     {long(400_000, "select * from ", "(select * from ", ")"), deep},
		"FROM lists":      {long(250_000, "select * from ", "(a, ", ")"), deep},
		"commas":          {long(300_000, "select * from t", ", t", ""), ""},
		"joins":           {long(400_000, "select * from t", " join t", ""), deep},
		"UNION":           {long(400_000, "select 1", " union select 1", ""), deep},
		"VALUES":          {long(250_000, "values (1)", ",(1)", ""), ""},
		"insert":          {insertRows(8191), ""},
		"parameters":      {insertRows(8192), "the number of a parameter is larger than 32766"},
		"WITH":            {long(500_000, "with a as (select 1)", ",a as (select 1)", "") + " select 1", ""},
		"WITH nested":     {long(500_000, "", "with a as (", "select 1) "), deep},
		"targets":         {long(260_000, "select 1", ",1", ""), ""},
		"calls":           {long(250_000, "select ", "f(", ")"), deep},
		"arrows":          {long(250_000, "select a", "->1", ""), deep},
		"string":          {"select '" + strings.Repeat("''", most/2) + "'", ""},
		"open string":     {"select '" + strings.Repeat("x", most), "unrecognized token"},
		"name":            {"select \"" + strings.Repeat("\"\"", most/2) + "x\"", ""},
		"comments":        {long(most, "select ", "/**/", "") + "1", ""},
		"openings":        {long(most, "select 1 ", "/*", ""), "near"},
		"semicolons":      {long(200_000, "select 1", ";", ""), ""},
		"statements":      {long(400_000, "select 1", ";select 1", ""), "statements in one text"},
		"spaces":          {long(most, "select 1", " \n", "") + ";", ""},
		"order":           {long(260_000, "select 1 order by 1", ",1", ""), ""},
		"row comments":    {long(400_000, "insert into t values (1)", ",(1/*x*/)", "") + "/*y*/;", ""},
		"one name":        {long(390_000, "select :a", ",:a", ""), ""},
		"upserts":         {long(400_000, "insert into t values (1)", " on conflict (a) do nothing", ""), ""},
		"nested brackets": {"select " + strings.Repeat("case 1 when (", 400) + "1" + strings.Repeat(") then 1 end", 400), deep},
	} {
		start := time.Now()
		s, err := sqlite.Parse(c.text)
		took := time.Since(start)
		t.Logf("%-15s %7d bytes %6.1f ms: %.100v", name, len(c.text), took.Seconds()*1000, err)
		require.Less(t, took, 5*time.Second, name)
		if c.want == "" {
			require.NoError(t, err, name)
			require.Empty(t, structure(s), name)
			continue
		}
		var refusal *tree.Error
		require.ErrorAs(t, err, &refusal, name)
		require.Contains(t, refusal.Detail, c.want, name)
		certain := []string{"unrecognized token", "near", "statements in one text"}
		require.Equal(t, !slices.Contains(certain, c.want), refusal.Unsupported, name)
	}
}

// A tree is refused as too deep exactly where it would be deeper than the bound.
func TestDepth(t *testing.T) {
	for name, nest := range map[string]func(n int) string{
		"parentheses": func(n int) string { return "select " + strings.Repeat("(", n) + "1" + strings.Repeat(")", n) },
		"sum":         func(n int) string { return "select 1" + strings.Repeat("+1", n) },
		"prefix":      func(n int) string { return "select " + strings.Repeat("~", n) + "1" },
		"NOT":         func(n int) string { return "select " + strings.Repeat("not ", n) + "1" },
		"logic":       func(n int) string { return "select " + strings.Repeat("1 and (", n) + "1" + strings.Repeat(")", n) },
		"calls":       func(n int) string { return "select " + strings.Repeat("f(1,", n) + "1" + strings.Repeat(")", n) },
		"CASE": func(n int) string {
			return "select " + strings.Repeat("case when 1 then ", n) + "1" + strings.Repeat(" end", n)
		},
		"IN":       func(n int) string { return "select 1" + strings.Repeat(" in (1)", n) },
		"IN lists": func(n int) string { return "select " + strings.Repeat("1 in (2, ", n) + "1" + strings.Repeat(")", n) },
		"scalar":   func(n int) string { return "select " + strings.Repeat("(select ", n) + "1" + strings.Repeat(")", n) },
		"derived": func(n int) string {
			return "select * from " + strings.Repeat("(select * from ", n) + "t" + strings.Repeat(")", n)
		},
		"joins":   func(n int) string { return "select * from t" + strings.Repeat(" join t", n) },
		"join on": func(n int) string { return "select * from t" + strings.Repeat(" join t on a + b = c", n) },
		"brackets": func(n int) string {
			return "select * from " + strings.Repeat("(t join ", n) + "t" + strings.Repeat(")", n)
		},
		"union": func(n int) string { return "select 1" + strings.Repeat(" union select f(1 + 2)", n) },
		"with": func(n int) string {
			return strings.Repeat("with a as (", n) + "select 1" + strings.Repeat(") select 1", n)
		},
		"exists": func(n int) string {
			return "delete from t where " + strings.Repeat("exists (values (1, ", n) + "1" + strings.Repeat("))", n)
		},
		"window": func(n int) string {
			return "select " + strings.Repeat("f() over (order by ", n) + "1" + strings.Repeat(")", n)
		},
		"arguments": func(n int) string {
			return "select * from " + strings.Repeat("f((select * from ", n) + "t" + strings.Repeat("))", n)
		},
		"insert": func(n int) string {
			return "insert into t values (" + strings.Repeat("-(", n) + "1" + strings.Repeat("))", n)[:n+1]
		},
		"update": func(n int) string { return "update t set a = " + strings.Repeat("(", n) + "1" + strings.Repeat(")", n) },
		"upsert": func(n int) string {
			return "insert into t values (1) on conflict do update set a = 1" + strings.Repeat("+1", n)
		},
		"opaque": func(n int) string { return "select " + strings.Repeat("a in f(", n) + "1" + strings.Repeat(")", n) },
	} {
		read := func(n int) *tree.Statement {
			s, err := sqlite.Parse(nest(n))
			if err != nil {
				require.Equal(t, deep, err.(*tree.Error).Detail, name)
				return nil
			}
			return s
		}
		most := sort.Search(tree.MaxDepth, func(n int) bool { return read(n+1) == nil })
		require.Less(t, most, tree.MaxDepth, name)
		step := depth(read(2).Root) - depth(read(1).Root)
		require.Positive(t, step, name)
		at := depth(read(most).Root)
		require.LessOrEqual(t, at, tree.MaxDepth, name)
		require.Greater(t, at+step, tree.MaxDepth, name)
	}
}

func depth(n tree.Node) int {
	most := 0
	tree.Children(n, func(child tree.Node) { most = max(most, depth(child)) })
	return most + 1
}
