package statement_test

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/messages"
)

// compared returns the comparisons of a statement in one line each: flags, table, column, operator, values.
// The flags are c for a conjunct, n for a negated comparison, and the depth if it isn't 0.
func compared(t testing.TB, sql string, args ...any) string {
	t.Helper()
	return comparedIn(t, messages.SQLite, sql, args...)
}

func comparedIn(t testing.TB, d messages.Dialect, sql string, args ...any) string {
	t.Helper()
	found, err := statement.Analyse(read(t, d, sql), nil).Comparisons(args)
	require.NoError(t, err)
	var lines []string
	for _, c := range found {
		flags := ""
		if c.Conjunct {
			flags += "c"
		}
		if c.Negated {
			flags += "n"
		}
		if c.Depth > 0 {
			flags += fmt.Sprint(c.Depth)
		}
		if flags != "" {
			flags += " "
		}
		lines = append(lines, fmt.Sprintf("%s%s.%s %s %v", flags, c.Table, c.Column, c.Operator, c.Values))
	}
	return strings.Join(lines, "; ")
}

func TestComparisons(t *testing.T) {
	for where, expected := range map[string]string{
		// The matrix of predicates that other systems lose rows on.
		"k = 1":                                  "c t.k = [1]",
		"k IN (1,2)":                             "c t.k IN [1 2]",
		"k = 1 OR name = 'x'":                    "t.k = [1]; t.name = [x]",
		"k = 1 OR k = 2":                         "t.k = [1]; t.k = [2]",
		"NOT (k = 1 AND name = 'x')":             "n t.k = [1]; n t.name = [x]",
		"k NOT IN (1)":                           "c t.k NOT IN [1]",
		"k NOT BETWEEN 1 AND 2":                  "c t.k NOT BETWEEN [1 2]",
		"k > 1":                                  "c t.k > [1]",
		"k = 1 OR k = 1":                         "t.k = [1]; t.k = [1]",
		"EXISTS (SELECT 1 FROM u WHERE u.k = 1)": "1 u.k = [1]",
		"id IN (SELECT id FROM u WHERE k = 1 OR t.k = 2)": "1 .k = [1]; 1 t.k = [2]",
		"k = 1 + 1":       "",
		"k + 1 = 5":       "",
		"k = other":       "",
		"k = 1 AND k = 2": "c t.k = [1]; c t.k = [2]",

		"1 = k AND 1 < k AND 2 >= t.k":                    "c t.k = [1]; c t.k > [1]; c t.k <= [2]",
		"T.K == 'Ä' and \"K\" <> x'00ff' and [k] != -1.5": "c t.k = [Ä]; c t.k <> [[0 255]]; c t.k <> [-1.5]",
		"k IN ()":                                "c t.k IN []",
		"k IN (1, other)":                        "",
		"k = \"x\"":                              "",
		"k = true":                               "",
		"k = NULL":                               "c t.k = [<nil>]",
		"NOT (NOT (k = 1))":                      "c t.k = [1]",
		"NOT (k <> 1)":                           "cn t.k <> [1]",
		"NOT (k = 1 OR name = 'x')":              "cn t.k = [1]; cn t.name = [x]",
		"NOT (NOT (k = 1 AND a = 2))":            "c t.k = [1]; c t.a = [2]",
		"a = 1 AND (k = 1 OR (k = 2 AND b = 3))": "c t.a = [1]; t.k = [1]; t.k = [2]; t.b = [3]",
		"((k)) = ((1))":                          "c t.k = [1]",
		"k COLLATE nocase = 'x'":                 "",
		"k = 'x' COLLATE nocase":                 "",
		"CAST(k AS TEXT) = 'x'":                  "",
		"+k = 1":                                 "",
		"k = CAST('1' AS INT)":                   "",
		"k = current_date":                       "",
		"lower(k) = 'x'":                         "",
		"(k = 1) = 1":                            "t.k = [1]",
		"(k = 1) IS TRUE":                        "t.k = [1]",
		"(k = 1) IS NOT FALSE":                   "t.k = [1]",
		"CASE WHEN k = 1 THEN 1 END":             "t.k = [1]",
		"coalesce(k = 1, 1)":                     "t.k = [1]",
		"k IS 1 AND k IS NOT 2 AND k IS DISTINCT FROM 3 AND k IS NOT DISTINCT FROM 4": "c t.k IS [1]; c t.k IS NOT [2]; " +
			"c t.k IS NOT [3]; c t.k IS [4]",
		"k ISNULL AND a NOTNULL AND b NOT NULL":               "c t.k IS [<nil>]; c t.a IS NOT [<nil>]; c t.b IS NOT [<nil>]",
		"k LIKE 'a%' AND k NOT LIKE 'b' AND k GLOB 'c*'":      "c t.k LIKE [a%]; c t.k NOT LIKE [b]; c t.k GLOB [c*]",
		"k LIKE 'a%' ESCAPE 'x'":                              "",
		"'a' LIKE k":                                          "",
		"k BETWEEN 1 AND 2":                                   "c t.k BETWEEN [1 2]",
		"k BETWEEN 1 AND other":                               "",
		"(k, a) = (1, 'x')":                                   "c t.k = [1]; c t.a = [x]",
		"NOT ((k, a) = (1, 'x'))":                             "n t.k = [1]; n t.a = [x]",
		"(k, a) = (1, other)":                                 "c t.k = [1]",
		"NOT EXISTS (SELECT 1 FROM u AS v WHERE NOT v.k = 1)": "1 u.k = [1]",
	} {
		t.Run(where, func(t *testing.T) {
			require.Equal(t, expected, compared(t, "SELECT * FROM t WHERE "+where))
			require.Equal(t, expected, compared(t, "DELETE FROM t WHERE "+where))
			require.Equal(t, expected, compared(t, "UPDATE main.T SET a = 1 WHERE "+where))
		})
	}
}

func TestComparisonsOfBlocks(t *testing.T) {
	for sql, expected := range map[string]string{
		"select * from t as x where x.k = 1":                                                                   "c t.k = [1]",
		"select * from a, b where a.k = 1 and k = 2":                                                           "c a.k = [1]; c .k = [2]",
		"select * from a join b on a.k = b.k and a.k = 1 where b.k = 2":                                        "c a.k = [1]; c b.k = [2]",
		"select * from a left join b on a.k = 1 where b.k = 2":                                                 "a.k = [1]; c b.k = [2]",
		"select * from a join b on a.k = 1 right join c on c.k = 3":                                            "a.k = [1]; c.k = [3]",
		"select * from a full join b on a.k = 1":                                                               "a.k = [1]",
		"select * from (a join b on a.k = 1) left join c where c.k = 2":                                        "a.k = [1]; c c.k = [2]",
		"select * from (a join (b cross join c) on a.k = 1)":                                                   "c a.k = [1]",
		"select count(*) from t where k = 1 group by a having k = 2 and a = 3":                                 "c t.k = [1]; t.k = [2]; t.a = [3]",
		"select k = 1 from t order by k = 2 limit 1":                                                           "t.k = [1]; t.k = [2]",
		"select * from t where k = 1 union select * from t where k = 2":                                        "t.k = [1]; 1 t.k = [2]",
		"with x as (select * from t where k = 1) select * from x where k = 2":                                  "1 t.k = [1]; .k = [2]",
		"with x as (select 1) select * from main.x where x.k = 2":                                              "c x.k = [2]",
		"with t as (select 1 k) delete from t where k = 2":                                                     "c t.k = [2]",
		"select * from (select a as k from t where t.k = 1) d where d.k = 2":                                   "1 t.k = [1]; .k = [2]",
		"select * from t, (select 1 as k) d where k = 2 and t.k = 3":                                           ".k = [2]; c t.k = [3]",
		"select * from json_each('[]') where value = 2":                                                        ".value = [2]",
		"select * from t where (select k = 1 from u) and k in (select 1)":                                      "1 .k = [1]",
		"values ((select 1 from t where k = 1))":                                                               "1 t.k = [1]",
		"insert into t select * from u where k = 1":                                                            "1 u.k = [1]",
		"insert into t values (1) on conflict (k) where k = 1 do update set a = 1 where k = 2 returning k = 3": "t.k = [1]; t.k = [2]; t.k = [3]",
		"update t as x set a = 1 from u where x.k = 1 and u.k = 2":                                             "c t.k = [1]; c u.k = [2]",
		// A result's name may hide behind a column's.
		"select a as k from t where k = 1 and t.k = 2 and a = 3": ".k = [1]; c t.k = [2]; c t.a = [3]",
		"create table t (k check (k = 1))":                       "",
	} {
		require.Equal(t, expected, compared(t, sql), sql)
	}
}

func TestComparisonsResolveArguments(t *testing.T) {
	const positional = "select * from t where a = ? and b = ?3 and c = ? and d in ('x', ?2)"
	require.Equal(t, "c t.a = [1]; c t.b = [3]; c t.c = [4]; c t.d IN [x 2]", compared(t, positional, 1, 2, 3, 4))
	require.Equal(t, "c t.a = [1]; c t.b = [3]; c t.d IN [x 2]", compared(t, positional, 1, 2, 3))
	require.Equal(t, "c t.a = [1]", compared(t, positional, 1))
	require.Equal(t, "", compared(t, positional))
	require.Equal(t, "", compared(t, positional, pgx.NamedArgs{"a": 1}))

	require.Equal(t, "c t.a = [two]; c t.b = [one]", compared(t, "select * from t where a = $2 and b = $1", "one", "two"))

	const named = "select * from t where a = :x and b = @y and c = $z and d = :w"
	require.Equal(t, "c t.a = [1]; c t.b = [2]; c t.c = [3]", compared(t, named, pgx.NamedArgs{"x": 1, "y": 2, "z": 3}))
	require.Equal(t, "c t.a = [1]", compared(t, named, pgx.StrictNamedArgs{"x": 1}))
	require.Equal(t, "", compared(t, named, 1, 2, 3, 4))
	require.Equal(t, "", compared(t, named, pgx.NamedArgs{"x": 1}, 2))
	require.Equal(t, "", compared(t, named, nil))
}

func TestLiterals(t *testing.T) {
	for text, expected := range map[string]any{
		"1": int64(1), "-1": int64(-1), "+1": int64(1), "1_000": int64(1000), "0x10": int64(16),
		"0xffffffffffffffff": int64(-1), "-0x10": int64(-16),
		"9223372036854775807": int64(math.MaxInt64), "-9223372036854775808": int64(math.MinInt64),
		"9223372036854775808": float64(1 << 63), "1.5": 1.5, "-.5e1": -5.0, "1.": 1.0,
		"'it''s'": "it's", "''": "", "x'00FF'": []byte{0, 255}, "x''": []byte{}, "null": nil,
	} {
		found, err := statement.Analyse(read(t, messages.SQLite, "select * from t where k = "+text), nil).Comparisons(nil)
		require.NoError(t, err)
		require.Equal(t, []any{expected}, found[0].Values, text)
	}
}

func TestComparisonsAreNotShared(t *testing.T) {
	s := statement.Analyse(read(t, messages.SQLite, "select * from t where k = x'01'"), nil)
	for range 2 {
		found, err := s.Comparisons(nil)
		require.NoError(t, err)
		require.Equal(t, []any{[]byte{1}}, found[0].Values)
		found[0].Values[0].([]byte)[0] = 9
		found[0].Values[0] = nil
	}
}

func TestConjuncts(t *testing.T) {
	for sql, expected := range map[string][]any{
		"select * from t where k = 1":                                   {int64(1)},
		"select * from t where K in (1, 2) and a = 3":                   {int64(1), int64(2)},
		"select * from t where k in (1, 2) and k = 3":                   {int64(3)},
		"select * from t where k in ()":                                 {},
		"select * from t where k in (null, 1)":                          {int64(1)},
		"select * from t where k = null":                                {},
		"select * from t where k = 1 or a = 2":                          nil,
		"select * from t where not k = 1":                               nil,
		"select * from t where k not in (1)":                            nil,
		"select * from t where k > 1":                                   nil,
		"select * from t where a = 1":                                   nil,
		"select * from t join u on t.a = u.a where t.k = 1":             nil,
		"select * from t as x, t as y where x.k = 1 and y.k = 2":        nil,
		"select * from t where k = 1 and a in (select a from u)":        nil,
		"select * from t where k = 1 and a in u":                        nil,
		"select * from t where k = 1 union select * from t where k = 2": nil,
		"select * from (select a as k from t) where k = 1":              nil,
		"update t set a = 1 where k = 1":                                {int64(1)},
	} {
		found, err := statement.Analyse(read(t, messages.SQLite, sql), nil).Comparisons(nil)
		require.NoError(t, err)
		values, ok := statement.Conjuncts(found, "k")
		require.Equal(t, expected != nil, ok, sql)
		require.Equal(t, expected, values, sql)
	}
}

func TestComparisonsInPostgreSQL(t *testing.T) {
	for where, expected := range map[string]string{
		"k = $1 AND a <> 'x'":                  "c t.k = [7]; c t.a <> [x]",
		"k = ANY($2) AND a <> ALL (ARRAY[1])":  "c t.k IN [1 2]; c t.a NOT IN [1]",
		"k = ANY($2::bigint[])":                "c t.k IN [1 2]",
		"k = ANY($1)":                          "",
		"k = ANY(ARRAY[a])":                    "",
		"k < ANY($2)":                          "",
		"NOT (k = 1 OR a = $1)":                "cn t.k = [1]; cn t.a = [7]",
		"k IS NOT DISTINCT FROM 1":             "c t.k IS [1]",
		"k ILIKE 'a'":                          "",
		"k LIKE 'a'":                           "c t.k LIKE [a]",
		"k = TRUE":                             "c t.k = [true]",
		"k OPERATOR(pg_catalog.=) 1":           "",
		"k BETWEEN SYMMETRIC 2 AND 1":          "",
		"k = 1::bigint":                        "",
		"EXISTS (SELECT 1 FROM u WHERE u.k=1)": "1 u.k = [1]",
		`"K" = 1`:                              "c t.K = [1]",
	} {
		require.Equal(t, expected, comparedIn(t, messages.PostgreSQL, "SELECT * FROM t WHERE "+where, 7, []int64{1, 2}), where)
	}
	for sql, expected := range map[string]string{
		"select * from t x (a) where a = 1":                                 ".a = [1]",
		"with c as (delete from t where k = 1 returning *) select * from c": "1 t.k = [1]",
		"delete from t using u where t.k = 1 and u.k = 2":                   "c t.k = [1]; c u.k = [2]",
		"select * from t, lateral (select * from u where t.k = 1) d":        "1 t.k = [1]",
	} {
		require.Equal(t, expected, comparedIn(t, messages.PostgreSQL, sql), sql)
	}
}
