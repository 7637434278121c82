package translate_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/translate"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

var (
	prefix = shardworker.Names{Prefix: "p_"}
	schema = shardworker.Names{Schema: "s"}
)

// example is a statement in both dialects, and what becomes of it with a prefix and in a schema. The empty text is the statement itself.
type example struct{ sql, prefix, schema string }

var both = []example{
	{`SELECT 1`, ``, ``},
	{`select * from t`, `select * from "p_t" AS t`, `select * from "s".t`},
	{`SELECT t.a, Foo.b FROM t, Foo`, `SELECT t.a, Foo.b FROM "p_t" AS t, "p_foo" AS Foo`, `SELECT t.a, Foo.b FROM "s".t, "s".Foo`},
	{`SELECT * FROM t AS x`, `SELECT * FROM "p_t" AS x`, `SELECT * FROM "s".t AS x`},
	{`SELECT * FROM t x JOIN t y USING (id)`, `SELECT * FROM "p_t" x JOIN "p_t" y USING (id)`, `SELECT * FROM "s".t x JOIN "s".t y USING (id)`},
	{
		`SELECT t.* FROM t LEFT JOIN u ON t.id = u.t WHERE t.name = 't' AND u.t IN (SELECT t FROM t) -- from t`,
		`SELECT t.* FROM "p_t" AS t LEFT JOIN "p_u" AS u ON t.id = u.t WHERE t.name = 't' AND u.t IN (SELECT t FROM "p_t" AS t) -- from t`,
		`SELECT t.* FROM "s".t LEFT JOIN "s".u ON t.id = u.t WHERE t.name = 't' AND u.t IN (SELECT t FROM "s".t) -- from t`,
	},
	{
		`WITH t AS (SELECT * FROM u) SELECT t.a FROM t /* t */ JOIN v ON v.a = t.a`,
		`WITH t AS (SELECT * FROM "p_u" AS u) SELECT t.a FROM t /* t */ JOIN "p_v" AS v ON v.a = t.a`,
		`WITH t AS (SELECT * FROM "s".u) SELECT t.a FROM t /* t */ JOIN "s".v ON v.a = t.a`,
	},
	{
		`WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < (SELECT max(n) FROM u)) SELECT n FROM t`,
		`WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < (SELECT max(n) FROM "p_u" AS u)) SELECT n FROM t`,
		`WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t WHERE n < (SELECT max(n) FROM "s".u)) SELECT n FROM t`,
	},
	{
		`SELECT a FROM (WITH t AS (SELECT 1 AS a) SELECT a FROM t) x UNION SELECT a FROM t`,
		`SELECT a FROM (WITH t AS (SELECT 1 AS a) SELECT a FROM t) x UNION SELECT a FROM "p_t" AS t`,
		`SELECT a FROM (WITH t AS (SELECT 1 AS a) SELECT a FROM t) x UNION SELECT a FROM "s".t`,
	},
	{
		`SELECT a FROM t WHERE EXISTS (SELECT 1 FROM u WHERE u.id = t.id) EXCEPT SELECT "t" FROM "t"`,
		`SELECT a FROM "p_t" AS t WHERE EXISTS (SELECT 1 FROM "p_u" AS u WHERE u.id = t.id) EXCEPT SELECT "t" FROM "p_t" AS "t"`,
		`SELECT a FROM "s".t WHERE EXISTS (SELECT 1 FROM "s".u WHERE u.id = t.id) EXCEPT SELECT "t" FROM "s"."t"`,
	},
	{
		`INSERT INTO t SELECT * FROM u WHERE true ON CONFLICT (id) DO UPDATE SET a = t.a + excluded.a`,
		`INSERT INTO "p_t" AS t SELECT * FROM "p_u" AS u WHERE true ON CONFLICT (id) DO UPDATE SET a = t.a + excluded.a`,
		`INSERT INTO "s".t SELECT * FROM "s".u WHERE true ON CONFLICT (id) DO UPDATE SET a = t.a + excluded.a`,
	},
	{`INSERT INTO t DEFAULT VALUES`, `INSERT INTO "p_t" AS t DEFAULT VALUES`, `INSERT INTO "s".t DEFAULT VALUES`},
	{
		`UPDATE t SET a = u.a FROM u WHERE t.id = u.id RETURNING id, 't.id'`,
		`UPDATE "p_t" AS t SET a = u.a FROM "p_u" AS u WHERE t.id = u.id RETURNING id, 't.id'`,
		`UPDATE "s".t SET a = u.a FROM "s".u WHERE t.id = u.id RETURNING id, 't.id'`,
	},
	{`UPDATE t AS x SET a = 1`, `UPDATE "p_t" AS x SET a = 1`, `UPDATE "s".t AS x SET a = 1`},
	{`DELETE FROM t WHERE t.id = 1`, `DELETE FROM "p_t" AS t WHERE t.id = 1`, `DELETE FROM "s".t WHERE t.id = 1`},
	{
		`WITH t AS (SELECT 1 AS id) DELETE FROM t WHERE id IN (SELECT id FROM t)`,
		`WITH t AS (SELECT 1 AS id) DELETE FROM "p_t" AS t WHERE id IN (SELECT id FROM t)`,
		`WITH t AS (SELECT 1 AS id) DELETE FROM "s".t WHERE id IN (SELECT id FROM t)`,
	},
	{`VALUES (1), (2)`, ``, ``},
	{`EXPLAIN SELECT * FROM t`, `EXPLAIN SELECT * FROM "p_t" AS t`, `EXPLAIN SELECT * FROM "s".t`},
	{`BEGIN`, ``, ``},
	{`SAVEPOINT t`, ``, ``},
	{`ROLLBACK TO SAVEPOINT t`, ``, ``},
	{`COMMIT; `, ``, ``},
	{``, ``, ``},
	{` ; -- t`, ``, ``},
	{`INSERT INTO t VALUES (1); ; DELETE FROM u; -- from t`, `INSERT INTO "p_t" AS t VALUES (1); ; DELETE FROM "p_u" AS u; -- from t`, `INSERT INTO "s".t VALUES (1); ; DELETE FROM "s".u; -- from t`},
	{`DROP TABLE IF EXISTS t`, `DROP TABLE IF EXISTS "p_t"`, `DROP TABLE IF EXISTS "s".t`},
	{`DROP INDEX t_a`, `DROP INDEX "p_t_a"`, `DROP INDEX "s".t_a`},
	{`ALTER TABLE t ADD COLUMN b integer NOT NULL DEFAULT (1)`, `ALTER TABLE "p_t" ADD COLUMN b integer NOT NULL DEFAULT (1)`, `ALTER TABLE "s".t ADD COLUMN b integer NOT NULL DEFAULT (1)`},
	{`ALTER TABLE t RENAME COLUMN a TO t`, `ALTER TABLE "p_t" RENAME COLUMN a TO t`, `ALTER TABLE "s".t RENAME COLUMN a TO t`},
	{`ALTER TABLE t RENAME a TO b`, `ALTER TABLE "p_t" RENAME a TO b`, `ALTER TABLE "s".t RENAME a TO b`},
	{`ALTER TABLE t RENAME TO u`, `ALTER TABLE "p_t" RENAME TO "p_u"`, `ALTER TABLE "s".t RENAME TO u`},
	{`ALTER TABLE t DROP COLUMN a`, `ALTER TABLE "p_t" DROP COLUMN a`, `ALTER TABLE "s".t DROP COLUMN a`},
}

var inPostgreSQL = []example{
	{
		`WITH RECURSIVE x AS (UPDATE u SET b = 1 RETURNING *), u AS (SELECT 1) SELECT * FROM x, u`,
		`WITH RECURSIVE x AS (UPDATE "p_u" AS u SET b = 1 RETURNING *), u AS (SELECT 1) SELECT * FROM x, u`,
		`WITH RECURSIVE x AS (UPDATE "s".u SET b = 1 RETURNING *), u AS (SELECT 1) SELECT * FROM x, u`,
	},
	{`INSERT INTO t (t) VALUES ('t') RETURNING t.t`, `INSERT INTO "p_t" AS t (t) VALUES ('t') RETURNING t.t`, `INSERT INTO "s".t (t) VALUES ('t') RETURNING t.t`},
	{`SELECT t FROM ONLY (t)`, `SELECT t FROM ONLY ("p_t") AS t`, `SELECT t FROM ONLY ("s".t)`},
	{`SELECT * FROM t * TABLESAMPLE system (10)`, `SELECT * FROM "p_t" * AS t TABLESAMPLE system (10)`, `SELECT * FROM "s".t * TABLESAMPLE system (10)`},
	{`SELECT * FROM "Foo", U&"d\0061t"`, `SELECT * FROM "p_Foo" AS "Foo", "p_dat" AS U&"d\0061t"`, `SELECT * FROM "s"."Foo", "s".U&"d\0061t"`},
	{`WITH t AS (SELECT * FROM t) SELECT * FROM t`, `WITH t AS (SELECT * FROM "p_t" AS t) SELECT * FROM t`, `WITH t AS (SELECT * FROM "s".t) SELECT * FROM t`},
	{
		`WITH a AS (SELECT * FROM b), b AS (SELECT * FROM a) SELECT * FROM b`,
		`WITH a AS (SELECT * FROM "p_b" AS b), b AS (SELECT * FROM a) SELECT * FROM b`, `WITH a AS (SELECT * FROM "s".b), b AS (SELECT * FROM a) SELECT * FROM b`,
	},
	{
		`WITH x AS (INSERT INTO t VALUES (1) RETURNING *) SELECT * FROM x, t, LATERAL (SELECT * FROM u WHERE u.id = t.id) l, unnest(t.tags) AS t2`,
		`WITH x AS (INSERT INTO "p_t" AS t VALUES (1) RETURNING *) SELECT * FROM x, "p_t" AS t, LATERAL (SELECT * FROM "p_u" AS u WHERE u.id = t.id) l, unnest(t.tags) AS t2`,
		`WITH x AS (INSERT INTO "s".t VALUES (1) RETURNING *) SELECT * FROM x, "s".t, LATERAL (SELECT * FROM "s".u WHERE u.id = t.id) l, unnest(t.tags) AS t2`,
	},
	{`TABLE t ORDER BY t.a`, `SELECT * FROM "p_t" AS t ORDER BY t.a`, `TABLE "s".t ORDER BY t.a`},
	{`SELECT (SELECT max(a) FROM t), t(1), 'x'::t FROM u FOR UPDATE OF u`, `SELECT (SELECT max(a) FROM "p_t" AS t), t(1), 'x'::t FROM "p_u" AS u FOR UPDATE OF u`, `SELECT (SELECT max(a) FROM "s".t), t(1), 'x'::t FROM "s".u FOR UPDATE OF u`},
	{`DELETE FROM ONLY t USING u WHERE t.a = u.a`, `DELETE FROM ONLY "p_t" AS t USING "p_u" AS u WHERE t.a = u.a`, `DELETE FROM ONLY "s".t USING "s".u WHERE t.a = u.a`},
	{`INSERT INTO t VALUES ($1) ON CONFLICT ON CONSTRAINT t_pkey DO NOTHING`, `INSERT INTO "p_t" AS t VALUES ($1) ON CONFLICT ON CONSTRAINT "p_t_pkey" DO NOTHING`, `INSERT INTO "s".t VALUES ($1) ON CONFLICT ON CONSTRAINT t_pkey DO NOTHING`},
	{`EXPLAIN (ANALYZE, FORMAT json) DELETE FROM t`, `EXPLAIN (ANALYZE, FORMAT json) DELETE FROM "p_t" AS t`, `EXPLAIN (ANALYZE, FORMAT json) DELETE FROM "s".t`},
	{`EXPLAIN ANALYZE VERBOSE TABLE t`, `EXPLAIN ANALYZE VERBOSE SELECT * FROM "p_t" AS t`, `EXPLAIN ANALYZE VERBOSE TABLE "s".t`},
	{`START TRANSACTION READ ONLY`, ``, ``},
	{
		`CREATE TABLE IF NOT EXISTS t (id int CONSTRAINT one PRIMARY KEY, u int[] REFERENCES u (id) ON DELETE CASCADE, CHECK (u > 0), CONSTRAINT two FOREIGN KEY (v, w) REFERENCES t) WITH (fillfactor = 70)`,
		`CREATE TABLE IF NOT EXISTS "p_t" (id int CONSTRAINT "p_one" PRIMARY KEY, u int[] REFERENCES "p_u" (id) ON DELETE CASCADE, CHECK (u > 0), CONSTRAINT "p_two" FOREIGN KEY (v, w) REFERENCES "p_t") WITH (fillfactor = 70)`,
		`CREATE TABLE IF NOT EXISTS "s".t (id int CONSTRAINT one PRIMARY KEY, u int[] REFERENCES "s".u (id) ON DELETE CASCADE, CHECK (u > 0), CONSTRAINT two FOREIGN KEY (v, w) REFERENCES "s".t) WITH (fillfactor = 70)`,
	},
	{`CREATE UNLOGGED TABLE t ()`, `CREATE UNLOGGED TABLE "p_t" ()`, `CREATE UNLOGGED TABLE "s".t ()`},
	{`CREATE INDEX ON t (a)`, `CREATE INDEX ON "p_t" (a)`, `CREATE INDEX ON "s".t (a)`},
	{
		`CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY t USING btree (lower(t)) INCLUDE (b) WHERE t > 't'`,
		`CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "p_i" ON ONLY "p_t" USING btree (lower(t)) INCLUDE (b) WHERE t > 't'`,
		`CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY "s".t USING btree (lower(t)) INCLUDE (b) WHERE t > 't'`,
	},
	{
		`ALTER TABLE IF EXISTS ONLY t ADD CONSTRAINT c UNIQUE USING INDEX i, ADD FOREIGN KEY (a) REFERENCES u, DROP CONSTRAINT IF EXISTS d CASCADE, ALTER COLUMN a TYPE text USING a::text`,
		`ALTER TABLE IF EXISTS ONLY "p_t" ADD CONSTRAINT "p_c" UNIQUE USING INDEX "p_i", ADD FOREIGN KEY (a) REFERENCES "p_u", DROP CONSTRAINT IF EXISTS "p_d" CASCADE, ALTER COLUMN a TYPE text USING a::text`,
		`ALTER TABLE IF EXISTS ONLY "s".t ADD CONSTRAINT c UNIQUE USING INDEX i, ADD FOREIGN KEY (a) REFERENCES "s".u, DROP CONSTRAINT IF EXISTS d CASCADE, ALTER COLUMN a TYPE text USING a::text`,
	},
	{
		`CREATE TABLE t (sequence name, owned by, id int GENERATED ALWAYS AS IDENTITY (START 10 INCREMENT BY 2), identity int UNIQUE)`,
		`CREATE TABLE "p_t" (sequence name, owned by, id int GENERATED ALWAYS AS IDENTITY (START 10 INCREMENT BY 2), identity int UNIQUE)`,
		`CREATE TABLE "s".t (sequence name, owned by, id int GENERATED ALWAYS AS IDENTITY (START 10 INCREMENT BY 2), identity int UNIQUE)`,
	},
	{
		`ALTER TABLE t ADD sequence name, ALTER id SET GENERATED BY DEFAULT SET START 5 RESTART, ALTER id ADD GENERATED ALWAYS AS IDENTITY (CYCLE)`,
		`ALTER TABLE "p_t" ADD sequence name, ALTER id SET GENERATED BY DEFAULT SET START 5 RESTART, ALTER id ADD GENERATED ALWAYS AS IDENTITY (CYCLE)`,
		`ALTER TABLE "s".t ADD sequence name, ALTER id SET GENERATED BY DEFAULT SET START 5 RESTART, ALTER id ADD GENERATED ALWAYS AS IDENTITY (CYCLE)`,
	},
	{`ALTER TABLE t RENAME CONSTRAINT a TO b`, `ALTER TABLE "p_t" RENAME CONSTRAINT "p_a" TO "p_b"`, `ALTER TABLE "s".t RENAME CONSTRAINT a TO b`},
	{`ALTER TABLE t VALIDATE CONSTRAINT a`, `ALTER TABLE "p_t" VALIDATE CONSTRAINT "p_a"`, `ALTER TABLE "s".t VALIDATE CONSTRAINT a`},
	{`DROP TABLE t, "U" CASCADE`, `DROP TABLE "p_t", "p_U" CASCADE`, `DROP TABLE "s".t, "s"."U" CASCADE`},
	{`DROP INDEX CONCURRENTLY IF EXISTS a, b`, `DROP INDEX CONCURRENTLY IF EXISTS "p_a", "p_b"`, `DROP INDEX CONCURRENTLY IF EXISTS "s".a, "s".b`},
	{`TRUNCATE TABLE ONLY t, u RESTART IDENTITY CASCADE`, `TRUNCATE TABLE ONLY "p_t", "p_u" RESTART IDENTITY CASCADE`, `TRUNCATE TABLE ONLY "s".t, "s".u RESTART IDENTITY CASCADE`},
}

var inSQLite = []example{
	{`SELECT * FROM t WHERE (t.a) IN json_each('(') AND 2 NOT IN pragma`, `SELECT * FROM "p_t" AS t WHERE (t.a) IN json_each('(') AND 2 NOT IN "p_pragma"`, `SELECT * FROM "s".t WHERE (t.a) IN json_each('(') AND 2 NOT IN "s".pragma`},
	{`INSERT INTO T (t) VALUES ('t') RETURNING t.t, (t.a), t.a + 1, t.a AS b`, `INSERT INTO "p_t" AS T (t) VALUES ('t') RETURNING "p_t".t, ("p_t".a), "p_t".a + 1 AS "t.a + 1", "p_t".a AS b`, `INSERT INTO "s".T (t) VALUES ('t') RETURNING t.t, (t.a), t.a + 1, t.a AS b`},
	{
		`DELETE FROM t RETURNING (SELECT max(u.a) FROM u WHERE u.id = t.id) a, (SELECT max(t.a) FROM u AS t ORDER BY t.a) b, (SELECT max(t.a) FROM u, (SELECT * FROM v WHERE v.id = t.id) v) c`,
		`DELETE FROM "p_t" AS t RETURNING (SELECT max(u.a) FROM "p_u" AS u WHERE u.id = "p_t".id) a, (SELECT max(t.a) FROM "p_u" AS t ORDER BY t.a) b, (SELECT max("p_t".a) AS "max(t.a)" FROM "p_u" AS u, (SELECT * FROM "p_v" AS v WHERE v.id = "p_t".id) v) c`,
		`DELETE FROM "s".t RETURNING (SELECT max(u.a) FROM "s".u WHERE u.id = t.id) a, (SELECT max(t.a) FROM "s".u AS t ORDER BY t.a) b, (SELECT max(t.a) FROM "s".u, (SELECT * FROM "s".v WHERE v.id = t.id) v) c`,
	},
	{`WITH t AS (SELECT * FROM t) SELECT * FROM t`, ``, ``},
	{`WITH a AS (SELECT * FROM b), b AS (SELECT 1) SELECT * FROM a`, ``, ``},
	{`SELECT * FROM u WHERE a IN t`, `SELECT * FROM "p_u" AS u WHERE a IN "p_t"`, `SELECT * FROM "s".u WHERE a IN "s".t`},
	{`SELECT a IN t FROM u`, `SELECT a IN "p_t" AS "a IN t" FROM "p_u" AS u`, `SELECT a IN "s".t AS "a IN t" FROM "s".u`},
	{
		`SELECT (SELECT max("A") FROM t), (SELECT 1 FROM t) x, 1 + 1 FROM u`,
		`SELECT (SELECT max("A") FROM "p_t" AS t) AS "(SELECT max(""A"") FROM t)", (SELECT 1 FROM "p_t" AS t) x, 1 + 1 FROM "p_u" AS u`,
		`SELECT (SELECT max("A") FROM "s".t) AS "(SELECT max(""A"") FROM t)", (SELECT 1 FROM "s".t) x, 1 + 1 FROM "s".u`,
	},
	{`SELECT * FROM [Foo] INDEXED BY i, 'bar' NOT INDEXED`, `SELECT * FROM "p_foo" AS [Foo] INDEXED BY "p_i", "p_bar" AS 'bar' NOT INDEXED`, `SELECT * FROM "s".[Foo] INDEXED BY i, "s".'bar' NOT INDEXED`},
	{`SELECT * FROM t JOIN (u) ON t.a = u.a`, `SELECT * FROM "p_t" AS t JOIN ("p_u") AS u ON t.a = u.a`, `SELECT * FROM "s".t JOIN ("s".u) ON t.a = u.a`},
	{`SELECT * FROM json_each('[]') AS t, u`, `SELECT * FROM json_each('[]') AS t, "p_u" AS u`, `SELECT * FROM json_each('[]') AS t, "s".u`},
	{`REPLACE INTO t VALUES (?)`, `REPLACE INTO "p_t" AS t VALUES (?)`, `REPLACE INTO "s".t VALUES (?)`},
	{`INSERT INTO t VALUES (1) RETURNING (SELECT count(*) FROM t)`, `INSERT INTO "p_t" AS t VALUES (1) RETURNING (SELECT count(*) FROM "p_t" AS t) AS "(SELECT count(*) FROM t)"`, `INSERT INTO "s".t VALUES (1) RETURNING (SELECT count(*) FROM "s".t) AS "(SELECT count(*) FROM t)"`},
	{`EXPLAIN QUERY PLAN SELECT * FROM t`, `EXPLAIN QUERY PLAN SELECT * FROM "p_t" AS t`, `EXPLAIN QUERY PLAN SELECT * FROM "s".t`},
	{`END TRANSACTION`, ``, ``},
	{
		`CREATE TABLE t (id INTEGER CONSTRAINT one PRIMARY KEY, u REFERENCES u (id), FOREIGN KEY (v) REFERENCES t) WITHOUT ROWID, STRICT`,
		`CREATE TABLE "p_t" (id INTEGER CONSTRAINT one PRIMARY KEY, u REFERENCES "p_u" (id), FOREIGN KEY (v) REFERENCES "p_t") WITHOUT ROWID, STRICT`,
		`CREATE TABLE "s".t (id INTEGER CONSTRAINT one PRIMARY KEY, u REFERENCES u (id), FOREIGN KEY (v) REFERENCES t) WITHOUT ROWID, STRICT`,
	},
	{`CREATE UNIQUE INDEX IF NOT EXISTS i ON t (a COLLATE nocase) WHERE a > 't'`, `CREATE UNIQUE INDEX IF NOT EXISTS "p_i" ON "p_t" (a COLLATE nocase) WHERE a > 't'`, `CREATE UNIQUE INDEX IF NOT EXISTS "s".i ON t (a COLLATE nocase) WHERE a > 't'`},
	{`ALTER TABLE t ADD b REFERENCES u`, `ALTER TABLE "p_t" ADD b REFERENCES "p_u"`, `ALTER TABLE "s".t ADD b REFERENCES u`},
}

func TestExamples(t *testing.T) {
	for d, lists := range map[messages.Dialect][][]example{
		messages.PostgreSQL: {both, inPostgreSQL}, messages.SQLite: {both, inSQLite},
	} {
		for _, list := range lists {
			for _, e := range list {
				for names, want := range map[shardworker.Names]string{prefix: e.prefix, schema: e.schema, {}: e.sql} {
					if want == "" {
						want = e.sql
					}
					got, err := translate.Text(d, names, e.sql)
					require.NoError(t, err, "%s %v: %s", d, names, e.sql)
					require.Equal(t, want, got, "%s %v", d, names)
				}
			}
		}
	}
}
