package translate_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/translate"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// schemaOf and statementsOf are run on an engine as they are, and translated where the tables have other names.
var schemaOf = []string{
	"CREATE TABLE t (id integer CONSTRAINT t_pk PRIMARY KEY, a integer, t text)", "CREATE TABLE u (id integer, b integer CHECK (b > 0))",
	"CREATE INDEX t_a ON t (a)", "CREATE TABLE other (x integer REFERENCES t (id))",
	"INSERT INTO t VALUES (1, 10, 't'), (2, 20, 'u'), (3, 30, 'from t')", "INSERT INTO u VALUES (1, 5), (1, 6), (4, 7)",
}

var statementsOf = []string{
	"SELECT t FROM t ORDER BY id", "SELECT t.*, u.b AS t2 FROM t JOIN u ON u.id = t.id ORDER BY b", "SELECT * FROM t JOIN u USING (id) ORDER BY b",
	"SELECT (SELECT sum(u.b) FROM u WHERE u.id = t.id), EXISTS (SELECT 1 FROM u WHERE u.id = t.id) AS e FROM t ORDER BY t.id",
	"WITH t AS (SELECT id AS i FROM u) SELECT t.i FROM t ORDER BY t.i", "WITH RECURSIVE u AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM u WHERE n < (SELECT count(*) FROM t)) SELECT n FROM u ORDER BY n",
	"SELECT id FROM t UNION SELECT id FROM u ORDER BY id", "SELECT x.t FROM t AS x WHERE x.id IN (SELECT t.id FROM u AS t) ORDER BY 1",
	"SELECT count(*), max(t.a) FROM t GROUP BY t.a > 15 ORDER BY max(t.a)", "SELECT a FROM (SELECT t.a FROM t) t ORDER BY t.a",
	"SELECT row_number() OVER w, t.a FROM t WINDOW w AS (ORDER BY t.a) ORDER BY t.a", "VALUES (1, 't')",
	"INSERT INTO t (id, a) VALUES (1, 1), (9, 9) ON CONFLICT (id) DO UPDATE SET a = t.a + excluded.a RETURNING id, a",
	"INSERT INTO t (id, a) SELECT u.id + 100, t.a FROM t JOIN u ON u.id = t.id WHERE u.b = 5 RETURNING *",
	"UPDATE t SET a = t.a + u.b FROM u WHERE t.id = u.id AND u.b = 5 RETURNING t.id, t.a + 1", "UPDATE t SET t = 't' WHERE t.a > 15 RETURNING t",
	"DELETE FROM u WHERE EXISTS (SELECT 1 FROM t WHERE t.id = u.id AND u.b = 6) RETURNING u.b, u.b + 1 AS next",
	"INSERT INTO u (id, b) VALUES (1, -1)", "INSERT INTO other VALUES (77)", "SELECT absent.id FROM t", "SELECT id FROM absent",
	"ALTER TABLE t ADD COLUMN late integer DEFAULT 3", "ALTER TABLE t RENAME COLUMN late TO later", "SELECT t.later FROM t ORDER BY t.later, id",
	"DROP INDEX t_a", "DROP TABLE other", "ALTER TABLE u RENAME TO v", "SELECT v.b FROM v ORDER BY b", "SELECT b FROM u", "DROP TABLE IF EXISTS u", "DROP TABLE v", "DELETE FROM t",
}

var statementsOfPostgreSQL = []string{
	"SELECT t.id FROM ONLY (t) WHERE t.a > 1 ORDER BY 1", "TABLE t ORDER BY t.id DESC", "SELECT t.id FROM t * ORDER BY t.id FOR UPDATE OF t", "SELECT t.id FROM t TABLESAMPLE bernoulli (100) ORDER BY 1",
	`SELECT U&"\0074".id FROM U&"\0074" ORDER BY 1`, "SELECT row_to_json(u)::text FROM u ORDER BY b", "SELECT (u).b, u FROM u ORDER BY 1", "SELECT t.id, l.b FROM t, LATERAL (SELECT * FROM u WHERE u.id = t.id) l ORDER BY l.b",
	"WITH t AS (SELECT * FROM t WHERE id = 1), moved AS (UPDATE u SET b = b + 1 WHERE id IN (SELECT id FROM t) RETURNING u.*) SELECT moved.b FROM moved ORDER BY 1",
	"SELECT g FROM generate_series(1, (SELECT count(*) FROM t)::int) AS g", "DELETE FROM t USING u WHERE t.id = u.id AND u.b = 5 AND t.id > 1 RETURNING t.*", "INSERT INTO t VALUES (1) ON CONFLICT ON CONSTRAINT t_pk DO NOTHING RETURNING t.id",
	"WITH RECURSIVE x AS (UPDATE u SET b = b + 1 WHERE b = 7 RETURNING b), u AS (SELECT 1 AS one) SELECT x.b, u.one FROM x, u", "UPDATE u SET b = 7 WHERE b = 8",
	"EXPLAIN (COSTS OFF) SELECT 1", "CREATE UNIQUE INDEX named ON u (b, id)", "ALTER TABLE u ADD CONSTRAINT unique_b UNIQUE USING INDEX named", "INSERT INTO u VALUES (4, 7) ON CONFLICT ON CONSTRAINT unique_b DO NOTHING",
	"ALTER TABLE u RENAME CONSTRAINT unique_b TO unique_c", "ALTER TABLE u DROP CONSTRAINT unique_c, ALTER COLUMN b TYPE bigint USING b::bigint", "ALTER TABLE u ADD FOREIGN KEY (id) REFERENCES t NOT VALID",
	"ALTER TABLE u DROP CONSTRAINT u_id_fkey", "ALTER TABLE u DROP CONSTRAINT u_b_check", "TRUNCATE other, ONLY u", "SELECT count(*) FROM u", "INSERT INTO u VALUES (1, 5)",
}

var statementsOfSQLite = []string{
	"SELECT 2 IN other, (SELECT max(a) FROM t)", "SELECT * FROM t INDEXED BY t_a WHERE a = 10", "SELECT t.id FROM u JOIN (t) ON t.id = u.id ORDER BY u.b", "SELECT [T].Id FROM [T] ORDER BY 1",
	"SELECT a + (SELECT count(*) FROM u) /* x */ FROM t ORDER BY 1", "REPLACE INTO t VALUES (50, 1, 'x') RETURNING t.id, (t.a), t.a + 1, (SELECT count(*) FROM u WHERE u.id = t.id), (SELECT t.b FROM u AS t LIMIT 1)",
	"UPDATE t INDEXED BY t_a SET a = a + 1 WHERE a = 20 RETURNING t.id", "DELETE FROM t WHERE t.id = 50 RETURNING t.id, t.t", "SELECT * FROM (SELECT (SELECT max(b) FROM u))",
}

// engine runs a statement and returns what it answers: columns and rows as texts, or the class of its error.
type engine func(sql string) string

// TestEngines: what a translated statement answers, under the other names, is what it answers as it is.
func TestEngines(t *testing.T) {
	for d, open := range map[messages.Dialect]func(*testing.T, shardworker.Names) engine{messages.SQLite: openSQLite, messages.PostgreSQL: openPostgreSQL} {
		statements := append(append([]string{}, schemaOf...), statementsOfSQLite...)
		if d == messages.PostgreSQL {
			statements = append(append([]string{}, schemaOf...), statementsOfPostgreSQL...)
		}
		statements = append(statements, statementsOf...)
		plain := open(t, shardworker.Names{})
		want := make([]string, len(statements))
		failed := 0
		for i, sql := range statements {
			want[i] = plain(sql)
			if strings.HasPrefix(want[i], "error") {
				failed++
			}
		}
		require.Equal(t, map[messages.Dialect]int{messages.SQLite: 5, messages.PostgreSQL: 4}[d], failed, "of statements that are wrong: %q", want)
		for _, names := range []shardworker.Names{{Prefix: "P_"}, {Schema: "Apart"}} {
			t.Run(fmt.Sprint(d, names), func(t *testing.T) {
				run := open(t, names)
				for i, sql := range statements {
					out, err := translate.Text(d, names, sql)
					require.NoError(t, err)
					require.Equal(t, want[i], run(out), "%s\n%s", sql, out)
				}
			})
		}
	}
}

func openSQLite(t *testing.T, names shardworker.Names) engine {
	cfg := sqlite.Config{Path: filepath.Join(t.TempDir(), "main.db")}
	if names.Schema != "" {
		cfg.OnConnect = fmt.Sprintf("ATTACH '%s' AS %s", filepath.Join(t.TempDir(), "attached.db"), names.Schema)
	}
	b, err := sqlite.New(cfg)
	require.NoError(t, err)
	return asking(t, shardworker.Shard{ID: "only", Backend: b})
}

func openPostgreSQL(t *testing.T, names shardworker.Names) engine {
	db := pgtest.Shared(t)
	if names.Schema != "" {
		require.NoError(t, db.Exec(`CREATE SCHEMA "`+names.Schema+`"`))
	}
	return asking(t, shardworker.Shard{ID: "only", DSN: shardworker.DSN(db.DSN())})
}

// asking returns an engine that is one database without Names, so that it runs texts as they are.
func asking(t *testing.T, shard shardworker.Shard) engine {
	troupe, err := coordinator.Spawn(t.Context(), coordinator.Config{Shards: []shardworker.Shard{shard}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, troupe.Close(context.Background())) })
	return func(sql string) string {
		rows, err := troupe.Query(t.Context(), sql)
		if err != nil {
			return failure(err)
		}
		defer rows.Close()
		var columns, found []string
		for _, f := range rows.FieldDescriptions() {
			columns = append(columns, f.Name)
		}
		for rows.Next() {
			values, err := rows.Values()
			require.NoError(t, err, sql)
			found = append(found, fmt.Sprint(values))
		}
		if rows.Err() != nil {
			return failure(rows.Err())
		}
		return fmt.Sprintf("%q %q %s", columns, found, rows.CommandTag())
	}
}

// failure says of which class an error is.
func failure(err error) string {
	var server *pgconn.PgError
	if errors.As(err, &server) {
		return "error " + server.Code
	}
	var e *messages.Error
	if errors.As(err, &e) {
		return fmt.Sprintf("error %v", e.Code)
	}
	return "error"
}
