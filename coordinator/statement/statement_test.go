package statement_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/messages"
)

// parse parses a text that must be valid.
func parse(t testing.TB, d messages.Dialect, sql string) *statement.Statement {
	t.Helper()
	s, err := statement.Parse(d, sql)
	require.NoError(t, err, sql)
	return s
}

// refusal returns the clause that err refuses, after checking the error's form; empty if err is nil.
func refusal(t testing.TB, sql string, err error) string {
	t.Helper()
	if err == nil {
		return ""
	}
	require.ErrorIs(t, err, messages.ErrRefused, sql)
	var e *messages.Error
	require.ErrorAs(t, err, &e)
	require.Equal(t, "route", e.Op)
	var r *statement.Refusal
	require.ErrorAs(t, err, &r)
	require.NotEmpty(t, r.Reason)
	require.NotEmpty(t, r.Hint)
	require.True(t, 0 <= r.Offset && r.Offset <= len(sql), "%s: byte %d", sql, r.Offset)
	require.Contains(t, e.Detail, r.Clause+" at byte ")
	require.Contains(t, e.Detail, r.Reason+"; "+r.Hint)
	return r.Clause
}

func TestVerb(t *testing.T) {
	both := map[string]statement.Verb{
		"select 1": statement.Select, "VALUES (1)": statement.Select, "insert into t values (1)": statement.Insert,
		"UPDATE t SET a = 1": statement.Update, "delete from t": statement.Delete,
		"create table t (a int)": statement.Other, "begin": statement.Other, "explain select 1": statement.Other,
		"with x as (select 1) select * from x":                         statement.Select,
		"with x as (select 1) delete from t":                           statement.Delete,
		"with x as (select 1), y as (select 2) insert into t select 1": statement.Insert,
	}
	for sql, verb := range both {
		for _, d := range []messages.Dialect{messages.SQLite, messages.PostgreSQL} {
			s := parse(t, d, sql)
			require.Equal(t, verb, s.Verb(), "%s: %s", d, sql)
			require.Equal(t, sql, s.Text())
		}
	}
	require.Equal(t, statement.Insert, parse(t, messages.SQLite, "replace into t values (1)").Verb())
	require.Equal(t, statement.Select, parse(t, messages.PostgreSQL, "((select 1))").Verb())
	require.Equal(t, statement.Select, parse(t, messages.PostgreSQL, "table t").Verb())
	require.Equal(t, statement.Other, parse(t, messages.PostgreSQL, "merge into t using u on true").Verb())
	require.Equal(t, "DELETE", statement.Delete.String())
	require.Equal(t, "OTHER", statement.Other.String())
}

func TestInvalidTexts(t *testing.T) {
	both := []string{
		"", "  ", ";", "-- nothing", "select 1; select 2", "select 'a", `select "a`, "select 1\x00",
		strings.Repeat("x", statement.MaxTextBytes+1),
	}
	for _, sql := range both {
		for _, d := range []messages.Dialect{messages.SQLite, messages.PostgreSQL} {
			_, err := statement.Parse(d, sql)
			require.ErrorIs(t, err, messages.ErrInvalidRequest, "%s: %.40s", d, sql)
		}
	}
	for _, sql := range []string{"selec 1", "select from", "select (1", "select 1+1" + strings.Repeat("+1", 5000)} {
		_, err := statement.Parse(messages.SQLite, sql)
		require.ErrorIs(t, err, messages.ErrInvalidRequest, "%.40s", sql)
	}
	for _, sql := range []string{"select $$a", "select $a$ $$ $b$", "select /* /* */ 1", "select e'a\\'", "select 1;;select 2"} {
		_, err := statement.Parse(messages.PostgreSQL, sql)
		require.ErrorIs(t, err, messages.ErrInvalidRequest, sql)
	}
	_, err := statement.Parse(0, "select 1")
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	for _, sql := range []string{"select 1;", ";; select 1 ;; -- end"} {
		parse(t, messages.SQLite, sql)
		parse(t, messages.PostgreSQL, sql)
	}
}

// A hostile text must end in an error or a verdict, in reasonable time, and without exhausting the stack.
func TestHostileTexts(t *testing.T) {
	mib := statement.MaxTextBytes
	for _, sql := range []string{
		strings.Repeat("(", mib),
		"select " + strings.Repeat("(", mib-8),
		"select * from " + strings.Repeat("(", mib-20),
		"select " + strings.Repeat("not ", (mib-8)/4),
		"select " + strings.Repeat("- ", (mib-8)/2),
		"select 1" + strings.Repeat("+1", (mib-8)/2),
		"select * from t where k=1" + strings.Repeat(" or k=1", (mib-30)/7),
		"select " + strings.Repeat("a(", (mib-8)/2),
		"select " + strings.Repeat("case when ", (mib-8)/10),
		"select 1" + strings.Repeat(" isnull", (mib-8)/7),
		"select * from t where k in (1" + strings.Repeat(",1", (mib-32)/2) + ")",
		strings.Repeat("/*", mib/2), strings.Repeat("$a", mib/2), strings.Repeat("'\n", mib/2),
	} {
		for _, d := range []messages.Dialect{messages.SQLite, messages.PostgreSQL} {
			s, err := statement.Parse(d, sql)
			if err != nil {
				require.ErrorIs(t, err, messages.ErrInvalidRequest)
				continue
			}
			_ = s.Scatter()
			_, _ = s.Comparisons(nil)
		}
	}
}

func TestScatterEverywhere(t *testing.T) {
	allowed := []string{
		"create table t (a int)", "alter table t add column b int", "drop table t", "create index i on t (a)",
		"insert into t values (1)", "insert into t select 1", "vacuum", "analyze", "update t set a = 1",
		"delete from t where a = 1", "select a from t",
	}
	refused := map[string]string{
		"begin": "BEGIN", "commit": "COMMIT", "rollback": "ROLLBACK", "savepoint a": "SAVEPOINT", "release a": "RELEASE",
		"explain select 1":                           "EXPLAIN",
		"update t set a = (select 1 from t)":         "subquery",
		"delete from t where a in (select 1 from t)": "subquery",
		"select a from t order by a":                 "ORDER BY",
	}
	for _, d := range []messages.Dialect{messages.SQLite, messages.PostgreSQL} {
		for _, sql := range allowed {
			require.NoError(t, parse(t, d, sql).ScatterEverywhere(), "%s: %s", d, sql)
		}
		for sql, clause := range refused {
			require.Contains(t, refusal(t, sql, parse(t, d, sql).ScatterEverywhere()), clause, "%s: %s", d, sql)
		}
	}
	for _, sql := range []string{"attach 'f' as f", "detach f", "pragma user_version = 1", "vacuum into 'f'"} {
		require.ErrorIs(t, parse(t, messages.SQLite, sql).ScatterEverywhere(), messages.ErrRefused, sql)
	}
	for _, sql := range []string{
		"set x = 1", "show x", "copy t from stdin", "listen x", "prepare x as select 1", "lock t", "start transaction",
		"declare c cursor for select 1", "merge into t using u on true", "with x as (select 1) insert into t select 1",
		"discard all", "execute x", "abort", "end", "(select 1)",
	} {
		require.ErrorIs(t, parse(t, messages.PostgreSQL, sql).ScatterEverywhere(), messages.ErrRefused, sql)
	}
	for _, sql := range []string{
		"truncate t", "do $$ begin perform 1; end $$", "grant select on t to u",
		"create function f() returns int begin atomic select 1; select case when true then 2 end; end",
		"create or replace rule r as on insert to t do also (delete from u; delete from v)",
	} {
		require.NoError(t, parse(t, messages.PostgreSQL, sql).ScatterEverywhere(), sql)
	}
	_, err := statement.Parse(messages.PostgreSQL, "create table begin (a int); drop table t")
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
}

func TestRefusalIsFoundByItsType(t *testing.T) {
	err := parse(t, messages.SQLite, "select a from t order by b").Scatter()
	var r *statement.Refusal
	require.True(t, errors.As(err, &r))
	require.Equal(t, "ORDER BY", r.Clause)
	require.Equal(t, 25, r.Offset)
	require.Contains(t, err.Error(), "ORDER BY at byte 25: ")
}
