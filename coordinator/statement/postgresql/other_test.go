package postgresql_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement/postgresql"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

func TestOtherStatements(t *testing.T) {
	for text, want := range map[string]string{
		"create table t (a int)":                                                 "CREATE TABLE",
		"CREATE OR REPLACE VIEW v AS SELECT 1":                                   "CREATE VIEW",
		"create unique index on t (a)":                                           "CREATE INDEX",
		"create materialized view v as select 1":                                 "CREATE MATERIALIZED VIEW",
		"create foreign data wrapper w":                                          "CREATE FOREIGN DATA WRAPPER",
		"create text search configuration c ()":                                  "CREATE TEXT SEARCH CONFIGURATION",
		"create unlogged table t ()":                                             "CREATE TABLE",
		"create rule r as on insert to t do also (delete from t; delete from u)": "CREATE RULE",
		"create function f() returns int begin atomic select case when a then 1 end; select 2; end": "CREATE FUNCTION",
		"create function f() returns int language sql as 'select 1; select 2'":                      "CREATE FUNCTION",
		"alter table t add a int;":                             "ALTER TABLE",
		"alter default privileges grant select on tables to u": "ALTER DEFAULT PRIVILEGES",
		"drop index i":                 "DROP INDEX",
		"truncate t":                   "TRUNCATE",
		"vacuum":                       "VACUUM",
		"analyse":                      "ANALYZE",
		"reindex table t":              "REINDEX",
		"refresh materialized view v":  "REFRESH MATERIALIZED VIEW",
		"comment on table t is 'a'":    "COMMENT",
		"grant select on t to u":       "GRANT",
		"reassign owned by a to b":     "REASSIGN OWNED",
		"-create temp table t (a int)": "CREATE TABLE",
		"-begin":                       "BEGIN",
		"-start transaction":           "START TRANSACTION",
		"-commit prepared 'a'":         "COMMIT PREPARED",
		"-rollback to s":               "ROLLBACK TO",
		"-savepoint s":                 "SAVEPOINT",
		"-set a = 1":                   "SET",
		"-show a":                      "SHOW",
		"-explain select 1":            "EXPLAIN",
		"-copy t from stdin":           "COPY",
		"-prepare p as select $1":      "PREPARE",
		"-prepare transaction 'a'":     "PREPARE TRANSACTION",
		"-do $$ begin; end $$":         "DO",
		"-call p(1)":                   "CALL",
		"-lock t":                      "LOCK",
		"-merge into t using u on true when matched then delete":                      "MERGE",
		"-with a as (select 1) merge into t using a on true when matched then delete": "MERGE",
		"-listen a": "LISTEN",
	} {
		scope := tree.Schema
		text, session := strings.CutPrefix(text, "-")
		if session {
			scope = tree.Session
		}
		s, err := postgresql.Parse(" ;/* a */ " + text + " -- b")
		require.NoError(t, err, text)
		require.Empty(t, structure(s), text)
		require.Equal(t, tree.Other, s.Kind, text)
		require.Equal(t, want, s.Name, text)
		require.Equal(t, scope, s.Scope, text)
		require.Equal(t, strings.TrimSuffix(text, ";"), s.Body.Of(s.Text))
	}
}

func TestRefusals(t *testing.T) {
	for text, unsupported := range map[string]bool{
		"":                                false,
		" ; ;; -- a":                      false,
		"select 1; select 2":              false,
		"create table t (); drop table t": false,
		"begin; commit":                   false,
		"create function f() begin atomic select 1; end; drop table t":         false,
		"create function f() begin atomic select 1 case; end; drop table t":    false,
		"create function f() begin atomic select 1 as case; end; drop table t": false,
		"create rule r as on insert to t do delete from t; drop table t":       false,
		"select 1\x00":  false,
		"select '\xff'": false,
		"select '" + strings.Repeat("x", tree.MaxTextBytes) + "'":               true,
		"select " + strings.Repeat("(", 2000) + "1" + strings.Repeat(")", 2000): true,
		"select $0":                       false,
		"select $65536":                   false,
		"select $99999999999999999999":    false,
		"frobnicate":                      true,
		"insert into t (a[1]) values (2)": true,
		"select a from":                   false,
		"select (1":                       false,
		"select 1)":                       false,
		"select a b c":                    false,
		"select a from t limit 1, 2":      false,
		"with a as (select 1) vacuum":     false,
		"with a as (merge into t using u on true when matched then delete) select 1": true,
		`select E'\v'`:               true,
		"select 1 fetch first row":   false,
		"select 1 limit 1 limit 2":   false,
		"insert into t * values (1)": false,
		"insert into t x values (1)": false,
		"delete from t set":          false,
		"select distinct from t":     false,
		"select f() 'a'":             false,
		"select f((select 1)) 'a'":   false,
		"select a.b.*.c":             false,
		"select left":                false,
		"select int(1)":              false,
	} {
		_, err := postgresql.Parse(text)
		var e *tree.Error
		require.ErrorAs(t, err, &e, text)
		require.Equal(t, unsupported, e.Unsupported, "%s: %v", text, err)
		require.LessOrEqual(t, e.Offset, len(text))
		require.NotEmpty(t, e.Detail)
	}
}
