package statement_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/keyset"
	"github.com/troupedb/troupe/messages"
)

// Conditions that both dialects understand, and the keys that rows which satisfy them may have. $1 is 3, $2 is 4, $3 is NULL.
var narrowings = map[string]string{
	// The matrix of predicates that other systems lose rows on.
	"k = 1":                  "{1}",
	"k IN (1, 2)":            "{1,2}",
	"k = 1 OR id = 4":        "*",
	"k = 1 OR k = 2":         "{1,2}",
	"NOT (k = 1 AND id = 4)": "*",
	"k NOT IN (1)":           "*",
	"k NOT BETWEEN 1 AND 2":  "(..1)+(2..)",
	"k > 1":                  "(1..)",
	"k = 1 OR k = 1":         "{1}",
	"k = 1 + 1":              "*",
	"k + 1 = 5":              "*",
	"k = id":                 "*",
	"k = 1 AND k = 2":        "{}",
	"EXISTS (SELECT 1 FROM colors WHERE users.k = 1)": "*",
	// Constants.
	"$1 = k":                           "{3}",
	"users.k = $1 AND ((k)) = ((3))":   "{3}",
	"k = -1":                           "{-1}",
	"k = +1":                           "{1}",
	"k = - 9223372036854775808":        "{-9223372036854775808}",
	"k = 9223372036854775808":          "*",
	"k = 1.0":                          "*",
	"k = '1'":                          "*",
	"k = NULL":                         "{}",
	"k = $3":                           "{}",
	"k = $9":                           "*",
	"k = CAST($1 AS integer)":          "{3}",
	"k = CAST(CAST($1 AS int) AS int)": "{3}",
	"k = CAST(5.7 AS integer)":         "*",
	"k = CAST('5' AS integer)":         "*",
	"k = CAST($1 AS numeric(3, 1))":    "*",
	"k = CAST($1 AS text)":             "*",
	"CAST(k AS integer) = 1":           "*",
	"k = (SELECT 1)":                   "*",
	"k = 'x' || 'y'":                   "*",
	"k /* = 1 */ = 2 -- AND k = 3":     "{2}",
	`"k" = 1`:                          "{1}",
	// Rows and lists.
	"(k, id) = (1, 2)":                  "{1}",
	"(id, k) = ($1, $2)":                "{4}",
	"(k, id) <> (1, 2)":                 "*",
	"NOT (k, id) <> (1, 2)":             "{1}",
	"(k, id) < (1, 2)":                  "*",
	"(k, id) IN ((1, 2), ($1, 4))":      "{1,3}",
	"(k, id) IN ((1, 2), (id, 4))":      "*",
	"(k, id) NOT IN ((1, 2))":           "*",
	"NOT ((k, id) NOT IN ((1, 2)))":     "{1}",
	"k IN (1, id)":                      "*",
	"k IN (1, NULL)":                    "{1}",
	"k IN (SELECT 1)":                   "*",
	"NOT (k NOT IN (1, 2))":             "{1,2}",
	"k IN (1, 2) AND k IN (2, 3)":       "{2}",
	"k IN (1, 2) AND (k = 2 OR k = $1)": "{2}",
	// Three-valued logic.
	"NOT (k <> 2)":                                "{2}",
	"NOT (k <> 1 AND k <> 2)":                     "{1,2}",
	"NOT (k <> 1 OR k <> 2)":                      "{}",
	"NOT (NOT (k = 1))":                           "{1}",
	"NOT (k = 1)":                                 "*",
	"(k = 2) IS TRUE":                             "{2}",
	"(k <> 2) IS FALSE":                           "{2}",
	"(k <> 2) IS NOT FALSE":                       "*",
	"NOT ((k = 2) IS NOT TRUE)":                   "{2}",
	"(k = 2) IS NOT TRUE":                         "*",
	"(k = 2) IS NULL":                             "*",
	"k IS NOT DISTINCT FROM $1":                   "{3}",
	"k IS NOT DISTINCT FROM $3":                   "*",
	"k IS NOT DISTINCT FROM NULL":                 "*",
	"k IS DISTINCT FROM 1":                        "*",
	"NOT (k IS DISTINCT FROM 1)":                  "{1}",
	"k IS NULL":                                   "*",
	"k IS NOT NULL":                               "*",
	"k = 1 OR NULL":                               "{1}",
	"k = 1 AND NULL":                              "{}",
	"(k = 1 AND id = 2) OR (k = 3 AND id = 4)":    "{1,3}",
	"(k = 1 OR id = 2) AND (k = 3 OR id = 4)":     "*",
	"k = 1 AND (id = 2 OR NOT EXISTS (SELECT 1))": "{1}",
	// Intervals.
	"k BETWEEN $1 AND $2":                      "{3,4}",
	"k BETWEEN 1 AND 100":                      "[1..100]",
	"k BETWEEN 1 AND 64":                       "{1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,41,42,43,44,45,46,47,48,49,50,51,52,53,54,55,56,57,58,59,60,61,62,63,64}",
	"k BETWEEN 5 AND 4":                        "{}",
	"k BETWEEN 1 AND $3":                       "{}",
	"k BETWEEN 1 AND 2.5":                      "[1..)",
	"k BETWEEN 1 AND id":                       "[1..)",
	"1 BETWEEN k AND 2":                        "*",
	"k >= 1 AND k < 4":                         "{1,2,3}",
	"1 < k AND 4 >= k":                         "{2,3,4}",
	"NOT (k < 3 OR k > 5)":                     "{3,4,5}",
	"NOT (k NOT BETWEEN 3 AND 5)":              "{3,4,5}",
	"k < 3 OR k > 5":                           "(..3)+(5..)",
	"k < 5 OR k > 3":                           "*",
	"k > 3 OR k = 1":                           "{1}+(3..)",
	"k > 3 OR k = 7":                           "(3..)",
	"k > 3 AND k IN (1, 7)":                    "{7}",
	"k > 9223372036854775806":                  "(9223372036854775806..)",
	"k > 9223372036854775807":                  "{}",
	"k > 100 AND k < 300 AND NOT k > 200":      "(100..200]",
	"k = 1 AND k > 0 AND id = 4 AND users.x=1": "{1}",
	// What is no comparison.
	"k LIKE 'A%'":                           "*",
	"coalesce(k, 0) = 1":                    "*",
	"CASE WHEN k = 1 THEN 1 ELSE 0 END = 1": "*",
	"(k = 1) = (id = 1)":                    "*",
	"abs(k) = 1":                            "*",
	"-k = 1":                                "*",
}

func TestNarrowing(t *testing.T) {
	for where, want := range narrowings {
		for _, d := range bothDialects {
			for _, sql := range []string{
				"SELECT * FROM users WHERE " + where, "DELETE FROM users WHERE " + where, "UPDATE users SET x = 1 WHERE " + where,
			} {
				require.Equal(t, "users "+want, keysOf(analyse(t, d, sql), 3, int8(4), nil), "%s: %s", d, sql)
			}
		}
	}
}

func TestNarrowingOfOneDialect(t *testing.T) {
	array, none := []int64{5, 6}, (*int64)(nil)
	args := []any{array, []any{int32(5), nil, none}, "x", []string{"a"}, none}
	for where, want := range map[string]string{
		"k = ANY($1)":                      "{5,6}",
		"k = ANY($1::bigint[])":            "{5,6}",
		"k = ANY(($1)::int[])":             "{5,6}",
		"k = ANY($1::text[])":              "*",
		"k = ANY($2)":                      "{5}",
		"k = ANY($3)":                      "*",
		"k = ANY($4)":                      "*",
		"k = ANY($5)":                      "{}",
		"k = SOME(ARRAY[1, 2])":            "{1,2}",
		"k = ANY(ARRAY[1, id])":            "*",
		"k = ANY('{1,2}')":                 "*",
		"k = ANY('{1,2}'::int[])":          "*",
		"k = ANY(ARRAY(SELECT 1))":         "*",
		"k = ANY(SELECT 1)":                "*",
		"k = ALL($1)":                      "*",
		"k <> ALL($1)":                     "*",
		"NOT (k <> ALL($1))":               "{5,6}",
		"NOT (k = ANY($1))":                "*",
		"k < ANY($1)":                      "*",
		"k OPERATOR(pg_catalog.=) 1":       "*",
		"k OPERATOR(pg_catalog.=) ANY($1)": "*",
		"k BETWEEN SYMMETRIC 2 AND 1":      "*",
		"k::text = '2'":                    "*",
		"k = 5::bigint":                    "{5}",
		"k = '5'::bigint":                  "*",
		"k = bigint '5'":                   "*",
		"k = 5::myschema.bigint":           "*",
		"false":                            "{}",
		"NOT true":                         "{}",
		"k = 1 OR false":                   "{1}",
		"k = 1 OR true":                    "*",
		"public.users.k = 1":               "{1}",
		`"K" = 1`:                          "*",
		"users.k = 1 AND K = 1":            "{1}",
		"k = $$1$$":                        "*",
		"(k = 1) IS NOT UNKNOWN":           "*",
		"k = 1 AND k COLLATE \"C\" = 2":    "{1}",
	} {
		require.Equal(t, "users "+want, keysOf(analyse(t, messages.PostgreSQL, "SELECT * FROM users WHERE "+where), args...), where)
	}
	for where, want := range map[string]string{
		"k == 1":               "{1}",
		"[k] = ?3 AND `K` = 1": "{}",
		"k IS 1":               "{1}",
		"k IS NOT 1":           "*",
		"NOT (k IS NOT 1)":     "{1}",
		"k IS ?4":              "*",
		"k IN ()":              "{}",
		"k = :name":            "{8}",
		"k = @name":            "{8}",
		"k = 0x10":             "{16}",
		"k = \"1\"":            "*",
		"k = true":             "*",
		"+k = 1":               "*",
		"k COLLATE nocase = 1": "*",
		"false":                "*",
		"main.users.k = 1":     "{1}",
		"(k = 1) IS 1":         "*",
		"k = CAST(? AS TEXT)":  "*",
	} {
		args := []any{1, 2, 3, nil}
		if where == "k = :name" || where == "k = @name" {
			args = []any{pgx.NamedArgs{"name": 8}}
		}
		require.Equal(t, "users "+want, keysOf(analyse(t, messages.SQLite, "SELECT * FROM users WHERE "+where), args...), where)
	}
}

func TestNarrowingByOtherTypes(t *testing.T) {
	id := [16]byte{0x12, 0x3e, 0x45, 0x67, 0xe8, 0x9b, 0x12, 0xd3, 0xa4, 0x56, 0x42, 0x66, 0x14, 0x17, 0x40, 0}
	for _, d := range bothDialects {
		for sql, want := range map[string]string{
			"SELECT * FROM names WHERE n = 'it''s'":                                   "names {it's}",
			"SELECT * FROM names WHERE n = $1":                                        "names {x}",
			"SELECT * FROM names WHERE n = CAST($1 AS text)":                          "names {x}",
			"SELECT * FROM names WHERE n = CAST($1 AS varchar(1))":                    "names *",
			"SELECT * FROM names WHERE n = 1":                                         "names *",
			"SELECT * FROM uuids WHERE u = $2":                                        "uuids {" + fmt.Sprint(id) + "}",
			"SELECT * FROM uuids WHERE u IN ('123e4567-e89b-12d3-a456-426614174000')": "uuids {" + fmt.Sprint(id) + "}",
			"SELECT * FROM uuids WHERE u = '{123e4567-e89b-12d3-a456-426614174000}'":  "uuids *",
			"SELECT * FROM uuids WHERE u = 1":                                         "uuids *",
			"SELECT * FROM pairs WHERE k = 1 AND l = 2":                               "pairs {1} {2}",
			"SELECT * FROM pairs WHERE (k, l) IN ((1, 2), (3, 4))":                    "pairs {1,3} {2,4}",
			"SELECT * FROM pairs WHERE k = 1 OR l = 2":                                "pairs * *",
		} {
			require.Equal(t, want, keysOf(analyse(t, d, sql), "x", id), "%s: %s", d, sql)
		}
	}
	require.Equal(t, "names *", keysOf(analyse(t, messages.PostgreSQL, "SELECT * FROM names WHERE n < 'b'")))
	require.Equal(t, "names (..b)", keysOf(analyse(t, messages.SQLite, "SELECT * FROM names WHERE n < 'b'")))
	require.Equal(t, "uuids *", keysOf(analyse(t, messages.SQLite, "SELECT * FROM uuids WHERE u < $1"), id))
	require.NotEqual(t, "uuids *", keysOf(analyse(t, messages.PostgreSQL, "SELECT * FROM uuids WHERE u < $1"), id))
}

// Past bugs, and what conditions of one block say about another.
func TestNarrowingAcrossBlocks(t *testing.T) {
	for sql, want := range map[string]string{
		// A predicate inside a subquery about an outer key says nothing of the outer table.
		"SELECT * FROM users WHERE id IN (SELECT id FROM colors WHERE users.k = 1)": "users *",
		"SELECT * FROM users WHERE EXISTS (SELECT 1 FROM orders WHERE users.k = 1)": "users *; orders *",
		"SELECT * FROM users WHERE k = 1 AND EXISTS (SELECT 1 FROM orders)":         "users {1}; orders *",
		// A list in parentheses has its tables.
		"SELECT * FROM (users JOIN orders ON users.k = orders.k) WHERE users.k = 1": "users {1}; orders {1}",
		// Classes.
		"SELECT * FROM users a, orders b WHERE a.k = b.k AND a.k = 1":                              "users {1}; orders {1}",
		"SELECT * FROM users a JOIN orders b ON b.k = a.k WHERE a.k IN (1, 2) AND b.k IN (2, 3)":   "users {2}; orders {2}",
		"SELECT * FROM users a JOIN orders b ON b.k = a.k JOIN items c ON c.k = b.k WHERE a.k = 1": "users {1}; orders {1}; items {1}",
		"SELECT * FROM users a JOIN orders b USING (k) WHERE b.k = 1":                              "users {1}; orders {1}",
		"SELECT * FROM users a JOIN orders b USING (k) WHERE k = 1":                                "users {1}; orders {1}",
		"SELECT * FROM users a NATURAL JOIN orders b WHERE a.k = 1":                                "users {1}; orders {1}",
		"SELECT * FROM users a JOIN orders b ON a.id = b.id WHERE a.k = 1":                         "users {1}; orders *",
		"SELECT * FROM users a JOIN orders b ON a.k = b.k OR a.id = 1 WHERE a.k = 1":               "users {1}; orders *",
		"SELECT * FROM users a JOIN orders b ON a.k = b.id WHERE a.k = 1":                          "users {1}; orders *",
		"SELECT * FROM users a, users b WHERE a.k = 1 AND b.k = 2":                                 "users {1}; users {2}",
		"SELECT * FROM pairs a JOIN duos b ON a.k = b.k AND a.l = b.l WHERE a.k = 1 AND b.l = 2":   "pairs {1} {2}; duos {1} {2}",
		// Outer joins.
		"SELECT * FROM users a LEFT JOIN orders b ON a.k = b.k AND a.k = 1":                                           "users *; orders *",
		"SELECT * FROM users a LEFT JOIN orders b ON a.k = b.k WHERE a.k = 1":                                         "users {1}; orders {1}",
		"SELECT * FROM users a LEFT JOIN orders b ON a.k = b.k WHERE b.k = 1":                                         "users *; orders {1}",
		"SELECT * FROM users a RIGHT JOIN orders b ON a.k = b.k WHERE b.k = 1":                                        "users {1}; orders {1}",
		"SELECT * FROM users a FULL JOIN orders b ON a.k = b.k WHERE a.k = 1":                                         "users {1}; orders *",
		"SELECT * FROM users a LEFT JOIN (orders b JOIN items c ON b.k = c.k AND b.k = 1) ON a.k = b.k WHERE a.k = 2": "users {2}; orders {2}; items {2}",
		"SELECT * FROM users a LEFT JOIN (orders b JOIN items c ON b.k = c.k AND b.k = 1) ON a.k = b.k":               "users *; orders *; items *",
		// Derived tables and common table expressions.
		"SELECT * FROM (SELECT k, x FROM users) d WHERE d.k = 1":                                   "users {1}",
		"SELECT * FROM (SELECT * FROM users) d WHERE d.k = 1":                                      "users {1}",
		"SELECT * FROM (SELECT k AS q FROM users) d WHERE q = 1":                                   "users {1}",
		"SELECT * FROM (SELECT x AS k FROM users) d WHERE d.k = 1":                                 "users *",
		"SELECT * FROM (SELECT k + 0 AS k FROM users) d WHERE d.k = 1":                             "users *",
		"SELECT * FROM (SELECT k, count(*) AS n FROM users GROUP BY k) d WHERE d.k = 1":            "users {1}",
		"SELECT * FROM (SELECT k FROM users LIMIT 1) d WHERE d.k = 1":                              "users *",
		"SELECT * FROM (SELECT k, count(*) OVER (PARTITION BY x) AS n FROM users) d WHERE d.k = 1": "users *",
		"SELECT * FROM (SELECT DISTINCT k FROM users) d WHERE d.k = 1":                             "users {1}",
		"SELECT * FROM (SELECT max(k) AS k FROM users) d WHERE d.k = 1":                            "users *",
		"SELECT * FROM (SELECT b.k FROM users a LEFT JOIN orders b ON a.k = b.k) d WHERE d.k = 1":  "users *; orders *",
		"SELECT * FROM (SELECT k FROM users UNION ALL SELECT k FROM orders) d WHERE d.k = 1":       "users {1}; orders {1}",
		"SELECT * FROM (SELECT k, x FROM users UNION SELECT x, k FROM orders) d WHERE d.k = 1":     "users *; orders *",
		"WITH c AS (SELECT * FROM users WHERE k = 1) SELECT * FROM c":                              "users {1}",
		"WITH c AS (SELECT * FROM users) SELECT * FROM c WHERE k = 1":                              "users {1}",
		"WITH c AS (SELECT * FROM users) SELECT * FROM c a, c b WHERE a.k = 1 AND b.k = 2":         "users *",
		"WITH c (q) AS (SELECT k FROM users) SELECT * FROM c WHERE q = 1":                          "users {1}",
		"WITH users AS (SELECT * FROM orders) SELECT * FROM users WHERE k = 1":                     "orders {1}",
		"WITH users AS (SELECT 1 AS k) SELECT * FROM users WHERE k = 1":                            "",
		"WITH users AS (SELECT 1 AS k) DELETE FROM users WHERE k = 1":                              "users {1}",
		// One-way links.
		"SELECT * FROM users a WHERE a.k = 1 AND EXISTS (SELECT 1 FROM orders b WHERE b.k = a.k)":          "users {1}; orders {1}",
		"SELECT * FROM users a WHERE EXISTS (SELECT 1 FROM orders b WHERE b.k = a.k AND b.k = 1)":          "users *; orders {1}",
		"SELECT * FROM users a WHERE a.k = 1 AND a.k IN (SELECT b.k FROM orders b)":                        "users {1}; orders {1}",
		"SELECT * FROM users a WHERE a.k = 1 AND a.k NOT IN (SELECT b.k FROM orders b)":                    "users {1}; orders *",
		"SELECT * FROM users a WHERE a.k = 1 AND (a.id, a.k) IN (SELECT b.id, b.k FROM orders b)":          "users {1}; orders {1}",
		"SELECT * FROM users a WHERE a.k = 1 AND (a.id, a.k) IN (SELECT b.k, b.id FROM orders b)":          "users {1}; orders *",
		"SELECT (SELECT max(x) FROM orders b WHERE b.k = a.k) FROM users a WHERE k = 1":                    "orders {1}; users {1}",
		"SELECT * FROM users a WHERE k = 1 AND EXISTS (SELECT 1 FROM orders b WHERE b.k = a.k OR b.x = 1)": "users {1}; orders *",
		// Other blocks' clauses.
		"SELECT count(*) FROM users GROUP BY k HAVING k = 1":                    "users *",
		"SELECT k = 1 FROM users":                                               "users *",
		"SELECT * FROM users WHERE k = 1 UNION SELECT * FROM users WHERE k = 2": "users {1}; users {2}",
		"UPDATE users SET x = 1 FROM orders b WHERE users.k = b.k AND b.k = 2":  "users {2}; orders {2}",
		"INSERT INTO users (x, k) VALUES (1, 2), (3, 4)":                        "users {2,4}",
		"INSERT INTO users VALUES (5, 1, 1)":                                    "users {5}",
		"INSERT INTO users (k) VALUES (NULL)":                                   "users *",
		"INSERT INTO users (k) VALUES (1 + 1)":                                  "users *",
		"INSERT INTO users (x) VALUES (1)":                                      "users *",
		"INSERT INTO items VALUES (1)":                                          "items *",
		"INSERT INTO users (k, x) SELECT k, x FROM orders WHERE k = 2":          "users {2}; orders {2}",
		"INSERT INTO users (k, x) SELECT 7, x FROM colors":                      "users {7}",
	} {
		for _, d := range bothDialects {
			require.Equal(t, want, keysOf(analyse(t, d, sql)), "%s: %s", d, sql)
		}
	}
}

func TestNamesAreResolvedByScope(t *testing.T) {
	for sql, want := range map[string]string{
		// An ON sees its own join only, so the name is the outer block's.
		"SELECT * FROM users c WHERE EXISTS (SELECT 1 FROM items a JOIN orders b ON b.k = c.k, colors c WHERE a.k = b.k)": "users *; items *; orders *",
		"SELECT * FROM users u, LATERAL (SELECT * FROM orders o WHERE o.k = u.k) d WHERE u.k = 1":                         "users {1}; orders {1}",
		"SELECT * FROM users u, (SELECT * FROM orders o) d WHERE u.k = 1 AND d.k = u.k":                                   "users {1}; orders {1}",
		"SELECT * FROM (users u JOIN orders o ON u.k = o.k) AS j WHERE j.x = 1":                                           "users *; orders *",
		"SELECT * FROM (users u JOIN orders o USING (k)) AS j WHERE j.k = 1":                                              "users *; orders *",
		"SELECT * FROM users AS u (a, b, c) WHERE a = 1":                                                                  "users {1}",
		"SELECT * FROM users AS u (a, b, c) WHERE u.k = 1":                                                                "users *",
		"SELECT * FROM items AS u (a) WHERE k = 1":                                                                        "items *",
		"SELECT * FROM users, items WHERE k = 1":                                                                          "users *; items *",
		"SELECT * FROM orders, unknown WHERE k = 1":                                                                       "orders *; unknown",
		"SELECT * FROM orders, colors WHERE k = 1":                                                                        "orders {1}",
		"WITH a AS (SELECT * FROM users), b AS (SELECT * FROM a WHERE k = 1) SELECT * FROM b":                             "users {1}",
		"WITH users AS (SELECT * FROM users WHERE k = 1) SELECT * FROM users":                                             "users {1}",
		"SELECT * FROM users WHERE k = 1 FETCH FIRST ROW ONLY":                                                            "users {1}",
		"TABLE users": "users *",
		"SELECT * FROM (TABLE users) d WHERE d.k = 1":                      "users {1}",
		"DELETE FROM users USING orders o WHERE o.k = users.k AND o.k = 1": "users {1}; orders {1}",
	} {
		require.Equal(t, want, keysOf(analyse(t, messages.PostgreSQL, sql)), sql)
	}
	for sql, want := range map[string]string{
		"WITH b AS (SELECT * FROM a WHERE k = 1), a AS (SELECT * FROM users) SELECT * FROM b":             "users {1}",
		"SELECT * FROM users u WHERE EXISTS (SELECT 1 FROM items a JOIN orders b ON b.k = c.k, colors c)": "users *; items *; orders *",
		"SELECT * FROM users WHERE id IN orders AND k = 1":                                                "users {1}; orders *",
		"SELECT * FROM docs('x')": "docs",
	} {
		require.Equal(t, want, keysOf(analyse(t, messages.SQLite, sql)), sql)
	}
}

func TestAnchorsAndNullable(t *testing.T) {
	for sql, want := range map[string]string{
		"SELECT * FROM users a LEFT JOIN orders b ON a.k = b.k":                             "users anchor; orders nullable",
		"SELECT * FROM users a RIGHT JOIN orders b ON a.k = b.k":                            "users nullable; orders anchor",
		"SELECT * FROM users a FULL JOIN orders b ON a.k = b.k":                             "users anchor nullable; orders anchor nullable",
		"SELECT * FROM users a JOIN orders b ON a.k = b.k":                                  "users anchor; orders anchor",
		"SELECT * FROM users a WHERE EXISTS (SELECT 1 FROM orders b WHERE b.k = a.k)":       "users anchor; orders",
		"SELECT * FROM (SELECT * FROM users) d":                                             "users anchor",
		"WITH c AS (SELECT * FROM users) SELECT * FROM orders":                              "users; orders anchor",
		"WITH c AS (SELECT * FROM users) SELECT * FROM c":                                   "users anchor",
		"SELECT * FROM users UNION ALL SELECT * FROM orders":                                "users anchor; orders anchor",
		"DELETE FROM users WHERE EXISTS (SELECT 1 FROM orders b WHERE b.k = users.k)":       "users anchor; orders",
		"INSERT INTO users (k) SELECT k FROM orders":                                        "users anchor; orders anchor",
		"SELECT * FROM users a LEFT JOIN (orders b JOIN items c ON b.k = c.k) ON a.k = b.k": "users anchor; orders nullable; items nullable",
	} {
		for _, d := range bothDialects {
			text := ""
			for i, o := range analyse(t, d, sql).Occurrences {
				if i > 0 {
					text += "; "
				}
				text += o.Table.Name.Name
				if o.Anchor {
					text += " anchor"
				}
				if o.Nullable {
					text += " nullable"
				}
			}
			require.Equal(t, want, text, "%s: %s", d, sql)
		}
	}
}

// Of what isn't declared nothing is known, and it never looks as if it were nowhere.
func TestUndeclaredTables(t *testing.T) {
	for _, d := range bothDialects {
		a := statement.Analyse(read(t, d, "SELECT * FROM t WHERE k = 1"), nil)
		require.Len(t, a.Occurrences, 1)
		require.Nil(t, a.Occurrences[0].Decl)
		require.True(t, a.Occurrences[0].Anchor)
		require.Nil(t, a.Scatter)
		closed := &statement.Catalogue{Closed: true}
		require.Equal(t, statement.UndeclaredTable, statement.Analyse(read(t, d, "SELECT * FROM t"), closed).Scatter.Code)
	}
	unknown := &statement.Catalogue{Tables: map[string]*statement.Table{"t": {Name: "t", Keys: []statement.KeyColumn{{Name: "k"}}}}}
	a := statement.Analyse(read(t, messages.SQLite, "SELECT * FROM t WHERE k = 1"), unknown)
	require.True(t, keyset.Evaluate(a.Occurrences[0].Keys[0], keyset.Unknown, nil).All)
}
