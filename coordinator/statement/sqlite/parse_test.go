package sqlite_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// Both SQLite and Parse take every example, and the tree is the one that is written beside it.
func TestExamples(t *testing.T) {
	e := newEngine(t)
	for _, example := range expressions {
		text := "select " + example.text + " from t"
		block := parse(t, text).Root.(*tree.Query).Body.(*tree.Block)
		require.Equal(t, example.want, dump(block.Targets[0].X), text)
		require.Equal(t, example.text, block.TargetsSpan.Of(text))
		require.NotRegexp(t, refused, e.prepare(text).message, text)
	}
	for _, example := range statements {
		require.Equal(t, example.want, dump(parse(t, example.text).Root), example.text)
		require.NotRegexp(t, refused, e.prepare(example.text).message, example.text)
	}
}

func TestKinds(t *testing.T) {
	for text, want := range map[string]tree.Kind{
		"select 1": tree.Select, "values (1)": tree.Select, "with a as (select 1) select 1": tree.Select,
		"insert into t values (1)": tree.Insert, "replace into t values (1)": tree.Insert,
		"with a as (select 1) insert into t select * from a": tree.Insert,
		"update t set a = 1": tree.Update, "delete from t": tree.Delete,
	} {
		s := parse(t, text)
		require.Equal(t, want, s.Kind, text)
		require.Equal(t, want.String(), s.Name, text)
		require.Equal(t, text, s.Text)
	}
}

func TestOther(t *testing.T) {
	for text, want := range map[string]struct {
		name  string
		scope tree.Scope
	}{
		"create table t (a)":                                                    {"CREATE TABLE", tree.Schema},
		"create table t as select * from u":                                     {"CREATE TABLE", tree.Schema},
		"create table main.t (a)":                                               {"CREATE TABLE", tree.Schema},
		"create temp table t (a)":                                               {"CREATE TABLE", tree.Session},
		"create table \"Temp\".t (a)":                                           {"CREATE TABLE", tree.Session},
		"create unique index i on t (a)":                                        {"CREATE INDEX", tree.Schema},
		"create view v as select 1":                                             {"CREATE VIEW", tree.Schema},
		"create temporary view v as select 1":                                   {"CREATE VIEW", tree.Session},
		"create virtual table v using fts5 (a)":                                 {"CREATE VIRTUAL TABLE", tree.Schema},
		"create trigger r after insert on t begin select 1; delete from u; end": {"CREATE TRIGGER", tree.Schema},
		"create temp trigger r after insert on t begin select 1; end":           {"CREATE TRIGGER", tree.Session},
		"alter table t add column b":                                            {"ALTER TABLE", tree.Schema},
		"alter table temp.t drop a":                                             {"ALTER TABLE", tree.Session},
		"drop table if exists t":                                                {"DROP TABLE", tree.Schema},
		"drop table temp.t":                                                     {"DROP TABLE", tree.Session},
		"drop view v":                                                           {"DROP VIEW", tree.Schema},
		"drop index i":                                                          {"DROP INDEX", tree.Schema},
		"drop trigger r":                                                        {"DROP TRIGGER", tree.Schema},
		"analyze":                                                               {"ANALYZE", tree.Schema},
		"reindex t":                                                             {"REINDEX", tree.Schema},
		"vacuum":                                                                {"VACUUM", tree.Schema},
		"vacuum main into 'x'":                                                  {"VACUUM INTO", tree.Session},
		"begin immediate":                                                       {"BEGIN", tree.Session},
		"commit":                                                                {"COMMIT", tree.Session},
		"end transaction":                                                       {"COMMIT", tree.Session},
		"rollback to x":                                                         {"ROLLBACK", tree.Session},
		"savepoint x":                                                           {"SAVEPOINT", tree.Session},
		"release x":                                                             {"RELEASE", tree.Session},
		"attach 'x' as y":                                                       {"ATTACH", tree.Session},
		"detach y":                                                              {"DETACH", tree.Session},
		"pragma user_version":                                                   {"PRAGMA", tree.Session},
		"explain query plan select * from t":                                    {"EXPLAIN", tree.Session},
		"explain drop table t":                                                  {"EXPLAIN", tree.Session},
	} {
		s := parse(t, " "+text+" ; ")
		require.Equal(t, tree.Other, s.Kind, text)
		require.Nil(t, s.Root, text)
		require.Equal(t, want.name, s.Name, text)
		require.Equal(t, want.scope, s.Scope, text)
		require.Equal(t, text, s.Body.Of(s.Text))
	}
}

// The body is what SQLite runs: no semicolon, white space or comment around it.
func TestBody(t *testing.T) {
	for _, body := range []string{
		"select 1", "select ';'", "select \";\"", "insert into t default values", "delete from t", "drop table t",
		"select 1 -- x;\n from t", "select [;]", "select 1 limit 1,2", "update t set a = 'x' returning b as [;]",
	} {
		for _, before := range []string{"", " ", ";;", "-- ;\n", "/* ; */", "\ufeff", "/**/;\t"} {
			for _, after := range []string{"", ";", " ;\n", " -- ;\n;", "/* ; */", "/* ; */ ; -- ;", ";;", " -- ;", "/* ;"} {
				s := parse(t, before+body+after)
				require.Equal(t, body, s.Body.Of(s.Text), s.Text)
			}
		}
	}
}

// The clauses' spans hold their keywords, and no comment before or after them.
func TestClauseSpans(t *testing.T) {
	for text, want := range map[string][3]string{
		"select a from t /* order */ order /**/ by a -- limit\n desc limit 1 /**/ offset 2 ": {
			"order /**/ by a -- limit\n desc", "limit 1", "offset 2",
		},
		"select a order by 1 /* x */ limit 3, 4":                                 {"order by 1", "limit 3, 4", "limit 3, 4"},
		"select a group by b having c /**/ order by 1":                           {"order by 1", "", ""},
		"select a from t where \"order by\" order by 1":                          {"order by 1", "", ""},
		"select a from t window w as (order by 1) /* ) */ order by 2":            {"order by 2", "", ""},
		"select a from t limit (select 1 limit 2 offset 3)":                      {"", "limit (select 1 limit 2 offset 3)", ""},
		"select 1 union select a from t group by b/**/order by 1 collate nocase": {"order by 1 collate nocase", "", ""},
	} {
		q := parse(t, text).Root.(*tree.Query)
		require.Equal(t, want, [3]string{q.OrderSpan.Of(text), q.LimitSpan.Of(text), q.OffsetSpan.Of(text)}, text)
	}
}

func TestOtherSpans(t *testing.T) {
	text := "insert into t values /* ( */ ( 1, f(2) /* ) */ ) -- ,\n , /* ( */ (3, (4)) returning 1"
	insert := parse(t, text).Root.(*tree.InsertStmt)
	require.Equal(t, "( 1, f(2) /* ) */ )", insert.Rows[0].Of(text))
	require.Equal(t, "(3, (4))", insert.Rows[1].Of(text))
	require.Equal(t, "( 1, f(2) /* ) */ ) -- ,\n , /* ( */ (3, (4))", insert.RowsSpan.Of(text))

	text = "select count(*) over /* ( */ (order by a), sum(b) over /**/ w from t window w as -- (\n (order by c)"
	block := parse(t, text).Root.(*tree.Query).Body.(*tree.Block)
	require.Equal(t, "(order by a)", block.Targets[0].X.(*tree.Call).Over.Of(text))
	require.Equal(t, "w", block.Targets[1].X.(*tree.Call).Over.Of(text))
	require.Equal(t, "w as -- (\n (order by c)", block.Windows[0].Of(text))
	require.Equal(t, "(order by c)", block.Windows[0].Window.Of(text))

	for from, want := range map[string][]string{
		"main . a /**/ as b, c indexed by d /**/":       {"main . a /**/ as b", "c indexed by d"},
		"/**/ a b not /**/ indexed, /* x */ c":          {"a b not /**/ indexed", "c"},
		"( select 1 /* ) */ ) as x, (select 2)":         {"( select 1 /* ) */ ) as x", "(select 2)"},
		"f(1 /* ) */ ) x, main.g /**/ ( /**/ )":         {"f(1 /* ) */ ) x", "main.g /**/ ( /**/ )"},
		"a join /**/ (b, /**/ c) /**/ as x on /**/ (1)": {"a join /**/ (b, /**/ c) /**/ as x on /**/ (1)"},
		"(a), ( (b) ) c": {"a", "( (b) ) c"},
		"a left join b using (c) natural join ( d, e ) ": {"a left join b using (c) natural join ( d, e )"},
	} {
		text := "select * from " + from
		items := parse(t, text).Root.(*tree.Query).Body.(*tree.Block).From
		require.Len(t, items, len(want), text)
		for i, item := range items {
			require.Equal(t, want[i], item.Extent().Of(text), text)
		}
	}
}

func TestParameters(t *testing.T) {
	for text, want := range map[string][]tree.Param{
		"select ?, ?5, ?":       {{Ordinal: 1}, {Ordinal: 5}, {Ordinal: 6}},
		"select :x, ?, :x, @x":  {{Ordinal: 1, Name: ":x"}, {Ordinal: 2}, {Ordinal: 1, Name: ":x"}, {Ordinal: 3, Name: "@x"}},
		"select :X, :x":         {{Ordinal: 1, Name: ":X"}, {Ordinal: 2, Name: ":x"}},
		"select $2, $1, ?2":     {{Ordinal: 2}, {Ordinal: 1}, {Ordinal: 2}},
		"select $2, :x":         {{Ordinal: 2}, {Ordinal: 2, Name: ":x"}},
		"select :1, @2, $03":    {{Ordinal: 1}, {Ordinal: 2}, {Ordinal: 3}},
		"select $0, $1a":        {{Ordinal: 1, Name: "$0"}, {Ordinal: 2, Name: "$1a"}},
		"select ?32766":         {{Ordinal: 32766}},
		"select 1 limit ?2, ?1": {{Ordinal: 2}, {Ordinal: 1}},
		"explain select ?2, ?":  {{Ordinal: 2}, {Ordinal: 3}},
		"attach ? as :x":        {{Ordinal: 1}, {Ordinal: 2, Name: ":x"}},
		"update t set a = ? from (select ?) where ? returning ?":                        {{Ordinal: 1}, {Ordinal: 2}, {Ordinal: 3}, {Ordinal: 4}},
		"with a as (select ?) insert into t values (?) on conflict do update set a = ?": {{Ordinal: 1}, {Ordinal: 2}, {Ordinal: 3}},
	} {
		var got []tree.Param
		for _, p := range parse(t, text).Params {
			got = append(got, tree.Param{Ordinal: p.Ordinal, Name: p.Name})
		}
		require.Equal(t, want, got, text)
	}
}

func TestErrors(t *testing.T) {
	for text, want := range map[string]tree.Error{
		"":                                      {Offset: 0, Detail: "no statement"},
		" ; -- x":                               {Offset: 7, Detail: "no statement"},
		"select 1; select 2":                    {Offset: 10, Detail: "2 statements in one text, not 1"},
		"selec 1":                               {Offset: 0, Detail: `near "selec": syntax error`},
		"select 1 from":                         {Offset: 13, Detail: "incomplete input"},
		"select 'x":                             {Offset: 7, Detail: `unrecognized token: "'x"`},
		"select 1\x00":                          {Offset: 8, Detail: "a NUL byte", Unsupported: true},
		"select $1, ?":                          {Offset: 11, Detail: "the anonymous parameter ? beside the numbered $1: number all or none", Unsupported: true},
		"select ?, :1":                          {Offset: 10, Detail: "the anonymous parameter ? beside the numbered :1: number all or none", Unsupported: true},
		"select ?0":                             {Offset: 7, Detail: "the number of a parameter has to be from 1 to 32766"},
		"select ?99999999999999999999":          {Offset: 7, Detail: "the number of a parameter has to be from 1 to 32766"},
		"select $32767":                         {Offset: 7, Detail: "the number of a parameter is larger than 32766", Unsupported: true},
		"select 1 limit 1 union select 2":       {Offset: 17, Detail: "ORDER BY or LIMIT before UNION"},
		"select 1 order by 1 except values(1)":  {Offset: 20, Detail: "ORDER BY or LIMIT before EXCEPT"},
		"select 1 from a on 1":                  {Offset: 14, Detail: "ON or USING without a join before it"},
		"select 1 from a, (b using (c))":        {Offset: 18, Detail: "ON or USING without a join before it"},
		"select 1 from a natural join b on 1":   {Offset: 16, Detail: "a NATURAL join with ON or USING"},
		"select 1 from a left inner join b":     {Offset: 16, Detail: "unknown join type"},
		"select 1 from a natural outer join b":  {Offset: 16, Detail: "unknown join type"},
		"select 1 from a left \"outer\" join b": {Offset: 16, Detail: "unknown join type"},
		"with a(b desc) as (select 1) select 1": {Offset: 9, Detail: "more than a column's name"},
		"update t set (a, b) = 1":               {Offset: 22, Detail: "not as many values as the 2 columns that are assigned"},
		"update t set (a, b) = (1, 2, 3)":       {Offset: 22, Detail: "not as many values as the 2 columns that are assigned"},
		"select 1 from a, (b as c)":             {Offset: 18, Detail: "an alias or an index of a single item in parentheses", Unsupported: true},
		"select 1 from ((b as c)) as d":         {Offset: 16, Detail: "an alias or an index of a single item in parentheses", Unsupported: true},
	} {
		require.Equal(t, want, *parseError(t, text), text)
	}
	detail := parseError(t, "select '"+strings.Repeat("ä", 1000)).Detail
	require.True(t, utf8.ValidString(detail))
	require.Less(t, len(detail), 250)
}
