package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/plan"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/keyset"
	"github.com/troupedb/troupe/messages"
)

const (
	pg   = messages.PostgreSQL
	lite = messages.SQLite
)

var both = []messages.Dialect{pg, lite}

// catalogue declares users and orders, which live together, kinds, which every shard has, and notes, whose columns aren't known.
var catalogue = &statement.Catalogue{Closed: true, Tables: map[string]*statement.Table{
	"users": {
		Name: "users", Group: "u", Keys: []statement.KeyColumn{{Name: "id", Type: keyset.Integer}},
		Columns: []string{"id", "name", "age", "city", "created"},
	},
	"orders": {
		Name: "orders", Group: "u", Keys: []statement.KeyColumn{{Name: "user_id", Type: keyset.Integer}},
		Columns: []string{"user_id", "no", "total", "kind"},
	},
	"kinds": {Name: "kinds", Reference: true, Columns: []string{"kind", "title"}},
	"notes": {Name: "notes", Keys: []statement.KeyColumn{{Name: "owner", Type: keyset.Text}}},
}}

// schema creates the tables of catalogue in either dialect.
const schema = `
CREATE TABLE users (id bigint, name text, age integer, city text, created timestamp);
CREATE TABLE orders (user_id bigint, no integer, total integer, kind text);
CREATE TABLE kinds (kind text, title text);
CREATE TABLE notes (owner text, body text, score integer, at date, done boolean)`

func build(t testing.TB, d messages.Dialect, sql string) *plan.Plan {
	t.Helper()
	p, err := plan.Build(d, sql, catalogue, plan.Options{})
	require.NoError(t, err, sql)
	return p
}

// gather plans a statement that isn't refused.
func gather(t testing.TB, d messages.Dialect, sql string) *plan.Gather {
	t.Helper()
	p := build(t, d, sql)
	require.NoError(t, p.Refusal.Err(), sql)
	require.NotNil(t, p.Gather, sql)
	return p.Gather
}

// asc and desc are sort keys with the NULLs where the dialect has them.
func asc(d messages.Dialect, column int) merge.Key {
	return merge.Key{Column: column, NullsFirst: d == lite}
}

func desc(d messages.Dialect, column int) merge.Key {
	return merge.Key{Column: column, Desc: true, NullsFirst: d == pg}
}

// bytewise is a key whose collation the statement says, or the dialect.
func bytewise(k merge.Key) merge.Key {
	k.Collation = merge.Bytewise
	return k
}

func TestPlainStatementsStayAsTheyAre(t *testing.T) {
	for _, sql := range []string{
		"SELECT * FROM users",
		"SELECT u.name, o.total + $1 FROM users u JOIN orders o ON o.user_id = u.id WHERE o.total > $2",
		"SELECT DISTINCT id, name FROM users",
		"SELECT id, count(*) FROM users GROUP BY id HAVING count(*) > 1",
		"SELECT name, row_number() OVER (PARTITION BY id ORDER BY age) FROM users",
		"SELECT name, sum(age) OVER w FROM users WINDOW w AS (PARTITION BY id)",
		"SELECT name FROM users UNION ALL SELECT kind FROM orders",
		"UPDATE users SET age = age + 1 WHERE city = $1 RETURNING id, age",
		"DELETE FROM orders WHERE total < $1",
	} {
		for _, d := range both {
			g := gather(t, d, sql)
			require.Equal(t, sql, g.Text)
			require.Nil(t, g.Args)
			require.Nil(t, g.Merge, sql)
			args := []any{1, 2}
			text, out, offset, limit, err := g.Bind(args)
			require.NoError(t, err)
			require.Equal(t, sql, text)
			require.Same(t, &args[0], &out[0])
			require.Zero(t, offset)
			require.Negative(t, limit)
		}
	}
}

func TestUnreadableTextIsAnError(t *testing.T) {
	for _, d := range both {
		_, err := plan.Build(d, "SELECT FROM WHERE", catalogue, plan.Options{})
		require.ErrorIs(t, err, messages.ErrInvalidRequest)
	}
}

// refusals are statements that several shards can't answer: the clause that is at fault begins with at.
var refusals = []struct {
	sql, code, at string
	only          messages.Dialect
}{
	{"SELECT 1", "no-sharded-table", "SELECT", 0},
	{"SELECT * FROM kinds", "no-sharded-table", "SELECT", 0},
	{"VALUES (1)", "no-sharded-table", "VALUES", 0},
	{"SELECT name FROM users LIMIT 1 + 1", "limit", "1 + 1", 0},
	{"SELECT name FROM users LIMIT 3 OFFSET (SELECT 1)", "limit", "(SELECT 1)", 0},
	{"SELECT name FROM users ORDER BY name FETCH FIRST 3 ROWS WITH TIES", "limit", "3", pg},
	{"SELECT name FROM users ORDER BY name LIMIT NULL", "limit", "NULL", lite},
	{"SELECT name FROM users ORDER BY 2", "order-by", "2", 0},
	{"TABLE users ORDER BY age", "order-by", "TABLE", pg},
	{"SELECT *, name FROM users ORDER BY 2", "order-by", "2", 0},
	{"SELECT DISTINCT name FROM users ORDER BY age", "order-by", "age", 0},
	{"SELECT name FROM users ORDER BY name USING ~<~", "order-by", "name", pg},
	{"SELECT body AS score FROM notes ORDER BY score + 1", "order-by", "score", lite},
	{"SELECT body AS b FROM notes GROUP BY b", "group-by", "b", lite},
	{"SELECT DISTINCT ON (name) name, age FROM users", "distinct", "name", pg},
	{"SELECT DISTINCT ON (name) name, age FROM users ORDER BY age", "distinct", "name", pg},
	{"SELECT rank() OVER (ORDER BY age) FROM users", "window", "(ORDER", 0},
	{"SELECT sum(age) OVER (PARTITION BY city) FROM users", "window", "(PARTITION", 0},
	{"SELECT sum(age) OVER w FROM users WINDOW w AS (PARTITION BY city)", "window", "w FROM", 0},
	{"SELECT city, count(*), rank() OVER (PARTITION BY id) FROM users GROUP BY city", "window", "rank", 0},
	{"SELECT name, count(*) FROM users GROUP BY city", "group-by", "name", 0},
	{"SELECT name, count(*) FROM users", "group-by", "name", 0},
	{"SELECT *, count(*) FROM users GROUP BY city", "group-by", "*", 0},
	{"SELECT city, count(*) FROM users GROUP BY city ORDER BY age", "group-by", "age", 0},
	{"SELECT city, count(*) FROM users GROUP BY city HAVING age > 1", "group-by", "age", 0},
	{"SELECT city, count(*) FROM users GROUP BY ROLLUP (city)", "group-by", "ROLLUP", pg},
	{"SELECT city, count(*) FROM users GROUP BY 'x'", "group-by", "'x'", 0},
	{"SELECT city, count(*) FROM users GROUP BY 3", "order-by", "3", 0},
	{"SELECT string_agg(name, ',') FROM users", "aggregate", "string_agg", pg},
	{"SELECT group_concat(name) FROM users", "aggregate", "group_concat", lite},
	{"SELECT array_agg(name ORDER BY age) FROM users", "aggregate", "array_agg", pg},
	{"SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY age) FROM users", "aggregate", "percentile_cont", pg},
	{"SELECT count(DISTINCT (name, age)) FROM users", "aggregate", "count", pg},
	{"SELECT total(DISTINCT age) FROM users", "aggregate", "total", lite},
	{"SELECT upper(max(name)) FROM users", "expression", "upper", 0},
	{"SELECT count(*) || 'x' FROM users", "expression", "count", 0},
	{"SELECT upper('x'), count(DISTINCT age) FROM users", "expression", "upper", 0},
	{"SELECT (SELECT count(*) FROM orders o WHERE o.user_id = u.id), count(*) FROM users u", "group-by", "(SELECT", 0},
	{"SELECT name FROM users INTERSECT SELECT kind FROM orders", "set-operation", "SELECT", 0},
	{"SELECT name FROM users EXCEPT SELECT kind FROM orders", "set-operation", "SELECT", 0},
	{"SELECT name FROM users UNION SELECT kind FROM orders UNION ALL SELECT city FROM users", "set-operation", "SELECT", 0},
	{"SELECT name FROM users UNION SELECT kind FROM orders ORDER BY name || 'x'", "order-by", "name ||", pg},
	{"SELECT EXISTS (SELECT 1 FROM users) WHERE 1 = 1", "unbound-table", "EXISTS", 0},
	{"SELECT CASE WHEN EXISTS (SELECT 1 FROM users) THEN 1 END", "unbound-table", "EXISTS", 0},
	{"SELECT EXISTS (SELECT 1 FROM users OFFSET 1)", "unbound-table", "EXISTS", pg},
	{"SELECT EXISTS (SELECT 1 FROM users LIMIT 0)", "unbound-table", "EXISTS", 0},
	{"SELECT EXISTS (SELECT 1 FROM users GROUP BY city HAVING count(*) > 1)", "unbound-table", "EXISTS", 0},
	{"SELECT EXISTS (SELECT 1 FROM users u, orders o)", "unlinked-join", "orders o", 0},
	{"SELECT EXISTS (SELECT 1 FROM users), random()", "unbound-table", "EXISTS", 0},
	{"(SELECT name FROM users ORDER BY name LIMIT 3) ORDER BY name", "not-understood", "SELECT", pg},
	{"DELETE FROM kinds", "reference-change", "DELETE", 0},
	{"INSERT INTO kinds VALUES ('a', 'b')", "reference-change", "INSERT", 0},
	{"INSERT INTO users (name) VALUES ('x')", "insert-key", "users", 0},
	{"INSERT INTO notes VALUES ('x', 'y')", "insert-key", "notes", 0},
	{"SELECT age AS x, name AS x, count(*) FROM users GROUP BY age, name ORDER BY x", "order-by", "x", pg}, // the server calls it ambiguous
	{"SELECT count(DISTINCT), min(name) FROM users", "aggregate", "count", lite},                           // a syntax error elsewhere
	{`INSERT INTO users (id, "id") VALUES (1, 2)`, "insert-key", `"id"`, 0},                                // SQLite takes the first
	{"INSERT INTO users DEFAULT VALUES", "insert-key", "INSERT", 0},
	{"INSERT INTO users (id) VALUES (1), (NULL)", "insert-key", "NULL", 0},
	{"INSERT INTO users (id) VALUES (1), (DEFAULT)", "insert-key", "DEFAULT", pg},
	{"INSERT INTO users (id) VALUES (1), ('x')", "insert-key", "'x'", 0},
	{"INSERT INTO users (id) VALUES (1), (1.5)", "insert-key", "1.5", 0},
	{"INSERT INTO users (id) VALUES (1), (2 + 3)", "insert-key", "2 + 3", 0},
	{"INSERT INTO users (id) VALUES ($1), (abs($2))", "insert-key", "abs", 0},
	{"INSERT INTO users (id, age) SELECT total, 1 FROM orders", "insert-source", "SELECT", 0},
}

func TestRefusals(t *testing.T) {
	for _, c := range refusals {
		for _, d := range both {
			if c.only != 0 && c.only != d {
				continue
			}
			p := build(t, d, c.sql)
			require.NotNil(t, p.Refusal, c.sql)
			require.Nil(t, p.Gather)
			require.Nil(t, p.Insert)
			require.Equal(t, c.code, string(p.Refusal.Code), "%v %s: %v", d, c.sql, p.Refusal.Err())
			require.Truef(t, len(c.sql) > p.Refusal.Offset && c.sql[p.Refusal.Offset:][:min(len(c.at), len(c.sql)-p.Refusal.Offset)] == c.at,
				"%v %s: %v", d, c.sql, p.Refusal.Err())
			require.ErrorIs(t, p.Refusal.Err(), messages.ErrRefused)
			require.NotEmpty(t, p.Refusal.Hint)
		}
	}
}
