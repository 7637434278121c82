package messages_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/messages"
)

func TestMayWriteSeesReads(t *testing.T) {
	for _, sql := range []string{
		"select 1", "SELECT 1", " \n\tselect 1;", "select 1 ; \n", "(select 1)", "((select 1) union select 2)",
		"values (1)", "table t", "show search_path", "explain select 1", "explain analyze select 1",
		"with x as (select 1) select * from x", "with recursive s(n) as (select 1 union all select n+1 from s) select n from s",
		"-- delete\nselect 1", "/* delete */ select 1", "/* a */ /* b */ (select 1)", "select 1 -- insert into t", "select 1 /* ; drop */",
		"select 'insert into t'", "select 'it''s; delete from t'", `select "delete" from "update"`, `select e'a'`,
		"select $1, ?, ?2, :name, @name", "select a[1], b[i+1], c[$1] from t", "select `update` from `drop t`", "select '--', 1", "select '/*', 1",
		"select inserted, updates, deleted_at, doing, _into, into2 from t", "select replace(a, 'x', 'y') from t",
		"select 'é', ü from t", "select 1--\r\n, 2", "select e '\\'", "select 1; -- done", "select 1.5, 1e5, 1e-5, 0x1F, 1_000, .5",
		// names
		"select call, do from t", "select a, refresh, execute from t", "select t.into from t", "select t.insert, t . update from t",
		`select "into", "call" from t`, "select `do`, `into` from t", "select [call], [do] from t", "select drop, alter, create, truncate from t",
		"select max(call), coalesce(update, do) from t", "select call call from t", "select a as into, b as insert from t",
		"select update from t where delete = 1 and (merge > 2 or refresh < 3)", "select * from t order by update, call",
		"select 1 from do group by insert having update > 1", "with x as (select call, update from t) select refresh from x",
		"with call as (select 1), do as (select 2) select * from call, do", "explain select call, execute from t", "values (update)",
		"select case when update then delete else insert end from t", "select t.as, t.select, t.from, share from t",
	} {
		require.False(t, messages.MayWrite(sql), "%q", sql)
	}
}

func TestMayWriteSeesWrites(t *testing.T) {
	for _, sql := range []string{
		"", " ", ";", "; select 1", "-- nothing", "insert into t values (1)", "INSERT INTO t DEFAULT VALUES", "update t set a = 1",
		"delete from t", "replace into t values (1)", "merge into t using s on true when matched then delete", "truncate t",
		"create table t (a int)", "drop table t", "alter table t add b int", "call f()", "do $$ begin end $$", "copy t from stdin",
		"begin", "commit", "vacuum", "pragma user_version = 3", "lock t", "execute p", "set x = 1",
		"with x as (delete from t returning *) select * from x", "with x as (select 1) insert into t select * from x",
		"with x as materialized (insert into t values (1) returning a) select 1", "with x as (select 1) replace into t select 1",
		"select * into t2 from t", "select a INTO TEMP t2 from t", "explain analyze delete from t",
		"explain (analyze) update t set a = 1", "explain analyze execute p", "explain analyze refresh materialized view v",
		"explain analyze create table t as select 1", "select 1; delete from t", "select 1; select 2",
		"/* select */ delete from t", "-- select\ndelete from t", "(delete from t)", "select * from t for update",
		"select 'a' from t; drop table t --'", "select 1; 'a'", "select 1; -- a\n; select 2",
		"select into t2 from t", "select distinct into t2 from t", "select t.* into t2", "select 'a' into t2", "select (1)into t2",
		"select 1 into t2", "select 1. into t2", "select 1.into t2", "select $1 into t2", `select "a" into t2`, "select a[1] into t2",
		"select t.as into t2", "select a as from into t2", "select materialized into t2", "select call into t2", "select t.explain into t2",
		"select * from t for share", "select * from t for no key update", "select * from t for key share of t",
		"with x as not materialized (update t set a = 1 returning a) select 1", "with x as (with y as (delete from t returning 1) select 1) select 1",
		"with recursive x as (select 1) search depth first by a set b insert into t select 1",
		"with recursive x as (select 1) cycle a set by using c update t set a = 1", "with x as (select 1) merge into t using s on true when matched then delete",
		"explain verbose execute p", "explain (analyze, costs off) refresh materialized view v", "explain /* x */ analyze\vexecute p",
		"explain query plan drop table t", "with x as (call f()) select 1", "(((delete from t)))", "/* a */ (delete from t)",
	} {
		require.True(t, messages.MayWrite(sql), "%q", sql)
	}
}

// Texts that one dialect reads as a write, and that look harmless by the other's rules for quotes and comments.
func TestMayWriteDoubtsWhatTheDialectsReadDifferently(t *testing.T) {
	for name, sql := range map[string]string{
		"dollar quotes":             "with x as (select $$it's$$) delete from t where a = 'x'",
		"tagged dollar quotes":      "with x as (select $a$it's$a$) delete from t where a = 'x'",
		"escape":                    `select e'\''; delete from t where a = 'x'`,
		"escape in SQLite":          `select 1 as e'\'; delete from t where a = 'x'`,
		"escape after a line break": "select e'a'\n'\\''; delete from t where a = 'x'",
		"nested comment":            "select 1 /* /* */ ' */ ; delete from t -- '",
		"brackets":                  "select 1 as [it's]; delete from t where a = 'x'",
		"comment in brackets":       "select 1 as [/*]; delete from t --*/",
		"dollar in brackets":        "select 1 as [$]; delete from t where a = '$'",
		"backquotes":                "select 1 as `it's`; delete from t where a = 'x'",
		"operator of PostgreSQL":    "with x as (select 1 ` 2), y as (delete from t returning 3 ` 4) select 1",
		"CR ends a comment":         "select 1 -- a\r; delete from t",
		"CR in the middle, then LF": "select 1 -- a\r; delete from t\r\n",
		"a BOM is a space":          "with x as (select 1) \ufeffdelete from t",
		"number and word":           "select 1into t2",
		"number, escape":            `select 1e'\''; delete from t where a = 'x'`,
		"decimals and word":         "select .5into t2",
		"parameter and word":        "select $1into t2",
	} {
		require.True(t, messages.MayWrite(sql), "%s: %q", name, sql)
	}
}

// TestMayWriteFindsChangesBehindAnything puts what hides nothing before a change.
func TestMayWriteFindsChangesBehindAnything(t *testing.T) {
	harmless := rapid.SampledFrom([]string{
		"'a'", "'it''s'", `"b"`, `"c""d"`, "-- x\n", "/* y */", "$1", "?", "e'x'", "(1)", "a[1]", "`n`", " ", "\n", "+", "'--'", "'/*'", `"'"`,
	})
	change := rapid.SampledFrom([]string{
		"; delete from t", ") insert into t select 1", "into t2", ", y as (UPDATE t set a = 1)", ";drop table t", "; select 'a'",
	})
	rapid.Check(t, func(t *rapid.T) {
		sql := "with x as (select " + strings.Join(rapid.SliceOf(harmless).Draw(t, "before"), " ") + " " + change.Draw(t, "change") +
			" " + strings.Join(rapid.SliceOf(harmless).Draw(t, "after"), " ")
		require.True(t, messages.MayWrite(sql), "%q", sql)
	})
}

// TestMayWriteTakesLinearTime repeats what could be searched for again and again. An actor asks.
// Not a measurement: in quadratic time the worst of these would take ten seconds and more under the race detector.
func TestMayWriteTakesLinearTime(t *testing.T) {
	const size = 1 << 20
	for _, begin := range []string{"select ", "select \\ "} {
		for _, part := range []string{
			"e'',", "e'' ", "E'' e ", "'',", `"" `, "[a],", "[a", "`a`,", "`a", "$1,", "$a ", "$ ", "--\n", "-- ", "/**/", "/*", "(", "+(", "((", ")",
			"; ", ";\n", " ", "a ", "call,", "t.into,", "a", "A", "é", "1", "1e5 ", "1.", ".", "]", "as ", "\\",
		} {
			sql := begin + strings.Repeat(part, size/len(part))
			start := time.Now()
			messages.MayWrite(sql)
			require.Less(t, time.Since(start), 2*time.Second, "%q", begin+part)
		}
	}
}

func TestMayWriteAllocatesNothing(t *testing.T) {
	require.Zero(t, testing.AllocsPerRun(100, func() {
		messages.MayWrite("SELECT Upper(a), 'b' FROM Some_Table WHERE a = $1 AND t.Into = 2.5 ORDER BY a")
	}))
}

func FuzzMayWrite(f *testing.F) {
	for _, seed := range []string{
		"", "select 1", "'", `"`, "`", "[", "--", "/*", "$", "$a$", "e'\\", "(", ";", "\x00", "\xff", "select [", "select `", "select $",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, sql string) {
		write := messages.MayWrite(sql)
		require.True(t, messages.MayWrite("delete from t; "+sql))
		require.True(t, messages.MayWrite(sql) == write, "the answer changed")
		if !write {
			require.False(t, messages.MayWrite(" "+sql), "a space in front changes the answer of %q", sql)
			require.True(t, messages.MayWrite(sql+"\n;'\";insert into t") || strings.ContainsAny(sql, "'\"/"), "%q", sql)
		}
	})
}

func TestMayChangeSchema(t *testing.T) {
	for sql, want := range map[string]bool{
		"create table t (a int)":                       true,
		"/* x */ ALTER TABLE t add b int":              true,
		"select 1; drop table t":                       true,
		"do $$ begin execute 'drop table t'; end $$":   true,
		"call migrate()":                               true,
		"insert into t values (1)":                     false,
		"update t set a = 'drop table t' -- create":    false,
		`delete from "drop" where a = 'alter table t'`: false,
		"select * from t":                              false,
		"":                                             false,
	} {
		require.Equal(t, want, messages.MayChangeSchema(sql), sql)
	}
}
