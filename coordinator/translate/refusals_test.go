package translate_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/translate"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

var (
	postgresOnly = []messages.Dialect{messages.PostgreSQL}
	sqliteOnly   = []messages.Dialect{messages.SQLite}
	inBoth       = []messages.Dialect{messages.PostgreSQL, messages.SQLite}
	prefixOnly   = []shardworker.Names{prefix}
	eitherNames  = []shardworker.Names{prefix, schema}
)

// TestRefusals: what can't be translated for certain is refused, with the clause and where it is.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		sql, clause string
		at          string // what stands at the offset
		dialects    []messages.Dialect
		names       []shardworker.Names
	}{
		{"SELECT * FROM x.t", "table", "x.t", inBoth, eitherNames},
		{"SELECT * FROM main.t", "table", "main.t", sqliteOnly, eitherNames},
		{"DELETE FROM public.t", "table", "public.t", postgresOnly, eitherNames},
		{"SELECT 1; SELECT x.t.a FROM t", "column", "x.t.a", inBoth, eitherNames},
		{"SELECT x.t.* FROM t", "column", "x.t.*", postgresOnly, eitherNames},
		{"SELECT * FROM pg_class", "system table", "pg_class", postgresOnly, eitherNames},
		{"SELECT 1 IN sqlite_stat1", "system table", "sqlite_stat1", sqliteOnly, eitherNames},
		{"SELECT * FROM sqlite_schema", "system table", "sqlite_schema", sqliteOnly, prefixOnly},
		{"SELECT * FROM pragma_table_info('t')", "system table", "pragma_table_info", sqliteOnly, eitherNames},
		{"SELECT * FROM pragma_table_list", "system table", "pragma_table_list", sqliteOnly, eitherNames},
		{"SELECT (1) IN pragma_page_count()", "system table", "pragma_page_count", sqliteOnly, eitherNames},
		{"SELECT 1 FROM t WHERE 't(' NOT IN main.'PRAGMA_table_info' ('t')", "system table", "'PRAGMA", sqliteOnly, eitherNames},
		{"DELETE FROM pg_catalog.pg_class", "system table", "pg_catalog", postgresOnly, eitherNames},
		{"WITH x AS (UPDATE pg_catalog.pg_class SET relname = 'x' RETURNING 1) SELECT 1 FROM t", "system table", "pg_catalog", postgresOnly, eitherNames},
		{"INSERT INTO information_schema.sql_features VALUES (1)", "system table", "information_schema", postgresOnly, eitherNames},
		{"WITH RECURSIVE u AS (UPDATE u SET b = 1 RETURNING *) SELECT * FROM u", "WITH RECURSIVE", "u SET", postgresOnly, eitherNames},
		{"WITH RECURSIVE a AS (SELECT 1), u AS (DELETE FROM u RETURNING *) SELECT * FROM u", "WITH RECURSIVE", "u RETURNING", postgresOnly, eitherNames},
		{"SELECT * INTO u FROM t", "SELECT INTO", "SELECT", postgresOnly, eitherNames},
		{"MERGE INTO t USING u ON true WHEN MATCHED THEN DELETE", "MERGE INTO T", "MERGE", postgresOnly, eitherNames},
		{"DELETE FROM t RETURNING (SELECT count(*) FROM u AS p_t WHERE t.a = 1)", "RETURNING", "t.a", sqliteOnly, prefixOnly},
		{"SELECT nextval('s')", "nextval", "nextval", postgresOnly, eitherNames},
		{"SELECT setval($1, 5) FROM t", "setval", "setval", postgresOnly, eitherNames},
		{"SELECT pg_catalog.pg_relation_size('t'::regclass)", "pg_relation_size", "pg_catalog", postgresOnly, eitherNames},
		{"SELECT a FROM t WHERE tableoid = 't'::regclass", "regclass", "'t'", postgresOnly, eitherNames},
		{"CREATE TABLE t (a int DEFAULT nextval('s'))", "nextval", "nextval", postgresOnly, eitherNames},
		{"ALTER TABLE t ALTER COLUMN a SET DEFAULT nextval('s')", "nextval", "nextval", postgresOnly, eitherNames},
		{"SET search_path = x", "SET", "SET", postgresOnly, eitherNames},
		{"PRAGMA table_info(t)", "PRAGMA", "PRAGMA", sqliteOnly, eitherNames},
		{"ATTACH 'x' AS y", "ATTACH", "ATTACH", sqliteOnly, eitherNames},
		{"CREATE TEMP TABLE t (a int)", "CREATE TEMP TABLE", "CREATE", inBoth, eitherNames},
		{"CREATE VIEW t AS SELECT 1", "CREATE VIEW T", "CREATE", inBoth, eitherNames},
		{"CREATE TRIGGER t AFTER INSERT ON u BEGIN SELECT 1; END", "CREATE TRIGGER T", "CREATE", sqliteOnly, eitherNames},
		{"CREATE VIRTUAL TABLE t USING fts5(a)", "CREATE VIRTUAL TABLE", "CREATE", sqliteOnly, eitherNames},
		{"CREATE SEQUENCE t", "CREATE SEQUENCE T", "CREATE", postgresOnly, eitherNames},
		{"CREATE TYPE t AS ENUM ('a')", "CREATE TYPE T", "CREATE", postgresOnly, eitherNames},
		{"CREATE TABLE t AS SELECT 1", "CREATE TABLE", "AS", inBoth, eitherNames},
		{"CREATE TABLE t PARTITION OF u DEFAULT", "CREATE TABLE", "PARTITION", postgresOnly, eitherNames},
		{"CREATE TABLE t (LIKE u)", "CREATE TABLE", "LIKE", postgresOnly, eitherNames},
		{"CREATE TABLE t (a int) INHERITS (u)", "CREATE TABLE", "INHERITS", postgresOnly, eitherNames},
		{"CREATE TABLE t (a int) PARTITION BY LIST (a)", "CREATE TABLE", "PARTITION", postgresOnly, eitherNames},
		{"CREATE TABLE t (a int) ON COMMIT DROP", "definition", "ON", postgresOnly, eitherNames},
		{"CREATE TABLE x.t (a int)", "name", "x.t", inBoth, eitherNames},
		{"CREATE TABLE t (a int REFERENCES x.u)", "name", "x.u", inBoth, eitherNames},
		{"CREATE TABLE t (a int CHECK (t.a > 0))", "column", "t.a", inBoth, prefixOnly},
		{"CREATE TABLE 'T' (a int CHECK (t.a > 0))", "column", "t.a", sqliteOnly, prefixOnly},
		{"CREATE TABLE t (a int CHECK ('T'.a > 0))", "column", "'T'.a", sqliteOnly, prefixOnly},
		{"CREATE INDEX i ON t (lower(t.a))", "column", "t.a", inBoth, prefixOnly},
		{"CREATE INDEX i ON x.t (a)", "name", "x.t", inBoth, eitherNames},
		{"CREATE TABLE t (a int", "definition", "", inBoth, eitherNames},
		{"CREATE TABLE", "definition", "", inBoth, eitherNames},
		{"CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY (START 5 SEQUENCE NAME s))", "SEQUENCE NAME", "SEQUENCE NAME s", postgresOnly, eitherNames},
		{"CREATE TABLE t (a int, id int GENERATED BY DEFAULT AS IDENTITY (sequence/**/name x.s CYCLE), b int)", "SEQUENCE NAME", "sequence/**/name", postgresOnly, eitherNames},
		{"CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY (OWNED BY t.id))", "OWNED BY", "OWNED", postgresOnly, eitherNames},
		{"CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY (OWNED BY NONE))", "OWNED BY", "OWNED", postgresOnly, eitherNames},
		{"ALTER TABLE t ADD COLUMN id int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME s)", "SEQUENCE NAME", "SEQUENCE", postgresOnly, eitherNames},
		{"ALTER TABLE t ALTER id ADD GENERATED ALWAYS AS IDENTITY (INCREMENT BY 2 SEQUENCE NAME s)", "SEQUENCE NAME", "SEQUENCE", postgresOnly, eitherNames},
		{"ALTER TABLE t ALTER COLUMN id RESTART SET CYCLE SET SEQUENCE NAME s", "SEQUENCE NAME", "SEQUENCE", postgresOnly, eitherNames},
		{"ALTER TABLE t ALTER COLUMN id SET OWNED BY u.id", "OWNED BY", "OWNED", postgresOnly, eitherNames},
		{"ALTER TABLE t SET SCHEMA x", "ALTER TABLE", "SET", postgresOnly, eitherNames},
		{"ALTER TABLE t ATTACH PARTITION u DEFAULT", "ALTER TABLE", "ATTACH", postgresOnly, eitherNames},
		{"ALTER INDEX i RENAME TO j", "ALTER INDEX I", "ALTER", postgresOnly, eitherNames},
		{"DROP VIEW t", "DROP VIEW T", "DROP", inBoth, eitherNames},
		{"DROP TABLE t, x.u", "name", "x.u", inBoth, eitherNames},
		{"DROP TABLE sqlite_stat1", "system table", "sqlite_stat1", sqliteOnly, eitherNames},
		{"VACUUM t", "VACUUM", "VACUUM", inBoth, eitherNames},
		{"COPY t FROM stdin", "COPY", "COPY", postgresOnly, eitherNames},
		{"LOCK TABLE t", "LOCK TABLE T", "LOCK", postgresOnly, eitherNames},
		{"EXPLAIN", "EXPLAIN", "EXPLAIN", inBoth, eitherNames},
		{"EXPLAIN SELECT * FROM x.t", "table", "x.t", inBoth, eitherNames},
		{"EXPLAIN EXPLAIN SELECT 1", "EXPLAIN", "EXPLAIN", inBoth, eitherNames},
		{"'t'", "statement", "'t'", inBoth, eitherNames},
		{"SELECT * FROM t" + strings.Repeat("t", 62), "name", "t" + strings.Repeat("t", 62), postgresOnly, prefixOnly},
		{"CREATE INDEX i" + strings.Repeat("t", 62) + " ON t (a)", "name", "i" + strings.Repeat("t", 62), postgresOnly, prefixOnly},
		{"INSERT INTO t VALUES (1) ON CONFLICT ON CONSTRAINT c" + strings.Repeat("t", 62) + " DO NOTHING", "name", "c" + strings.Repeat("t", 62), postgresOnly, prefixOnly},
	} {
		for _, d := range c.dialects {
			for _, names := range c.names {
				got, err := translate.Text(d, names, c.sql)
				require.ErrorIs(t, err, messages.ErrRefused, "%s %v: %s → %s", d, names, c.sql, got)
				require.Empty(t, got)
				var r *statement.Refusal
				require.ErrorAs(t, err, &r)
				require.Equal(t, translate.Untranslated, r.Code)
				require.Equal(t, c.clause, r.Clause, "%s %v: %s", d, names, c.sql)
				require.True(t, strings.HasPrefix(c.sql[r.Offset:], c.at), "%s: byte %d", c.sql, r.Offset)
				require.NotEmpty(t, r.Hint)
			}
		}
	}
}

// TestNotSQL: what neither a statement nor its tokens can be read of is an invalid request.
func TestNotSQL(t *testing.T) {
	for _, d := range inBoth {
		for _, sql := range []string{"SELECT FROM FROM", "SELECT 'x", "SELECT \x00", "/*", "SELECT 1 @@ ) FROM t", `SELECT "`} {
			if d == messages.SQLite && sql == "/*" {
				continue // to SQLite a comment needs no end
			}
			_, err := translate.Text(d, prefix, sql)
			require.ErrorIs(t, err, messages.ErrInvalidRequest, "%s: %s", d, sql)
		}
	}
}

// TestCatalogues: PostgreSQL's by their whole names, and a SQLite schema's own.
func TestCatalogues(t *testing.T) {
	for _, names := range eitherNames {
		for _, sql := range []string{"SELECT * FROM pg_catalog.pg_class c, information_schema.tables", "TABLE pg_catalog.pg_type"} {
			got, err := translate.Text(messages.PostgreSQL, names, sql)
			require.NoError(t, err)
			require.Equal(t, strings.Replace(sql, "TABLE", map[bool]string{true: "SELECT * FROM", false: "TABLE"}[names == prefix], 1), got)
		}
	}
	got, err := translate.Text(messages.SQLite, schema, "SELECT * FROM sqlite_schema, sqlite_master m")
	require.NoError(t, err)
	require.Equal(t, `SELECT * FROM "s".sqlite_schema, "s".sqlite_master m`, got)
}

func TestIdentifier(t *testing.T) {
	for _, d := range inBoth {
		for names, want := range map[shardworker.Names][]string{prefix: {"p_Foo"}, schema: {"s", "Foo"}, {}: {"Foo"}} {
			got, err := translate.Identifier(d, names, []string{"Foo"})
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
		for _, table := range [][]string{{"x", "t"}, {}, {map[messages.Dialect]string{messages.PostgreSQL: "pg_class", messages.SQLite: "sqlite_schema"}[d]}} {
			_, err := translate.Identifier(d, prefix, table)
			require.ErrorIs(t, err, messages.ErrRefused, "%v", table)
		}
	}
	_, err := translate.Identifier(messages.PostgreSQL, prefix, []string{strings.Repeat("t", 62)})
	require.ErrorIs(t, err, messages.ErrRefused)
}

func TestCacheAnswersAsWithout(t *testing.T) {
	var c translate.Cache
	for range 3 {
		for i := range 2000 {
			sql := "SELECT * FROM t" + strings.Repeat("x", i%1100)
			for _, names := range []shardworker.Names{prefix, schema, {}} {
				want, wantErr := translate.Text(messages.SQLite, names, sql)
				got, err := c.Text(messages.SQLite, names, sql)
				require.Equal(t, wantErr, err)
				require.Equal(t, want, got)
			}
		}
	}
	_, err := c.Text(messages.SQLite, prefix, "VACUUM")
	require.ErrorIs(t, err, messages.ErrRefused)
	_, err = c.Text(messages.SQLite, prefix, "VACUUM")
	require.ErrorIs(t, err, messages.ErrRefused)
	require.LessOrEqual(t, c.Entries(), 1024)
}
