package statement_test

import (
	"database/sql"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/messages"
)

// open returns a SQLite database with tables t and u of the columns k and a, and the given rows in both.
func open(t *testing.T, rows [][2]any) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", ":memory:")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	db.SetMaxOpenConns(1)
	for _, table := range []string{"t", "u"} {
		_, err = db.Exec("create table " + table + " (k, a)")
		require.NoError(t, err)
		for _, row := range rows {
			_, err = db.Exec("insert into "+table+" values (?, ?)", row[0], row[1])
			require.NoError(t, err)
		}
	}
	return db
}

// everyRow returns all pairs of NULL, 1, 2 and 3.
func everyRow() [][2]any {
	var rows [][2]any
	values := []any{nil, int64(1), int64(2), int64(3)}
	for _, k := range values {
		for _, a := range values {
			rows = append(rows, [2]any{k, a})
		}
	}
	return rows
}

// predicate draws a boolean expression over k and a.
func predicate(t *rapid.T, depth int) string {
	if depth == 0 || rapid.IntRange(0, 3).Draw(t, "leaf") == 0 {
		column := rapid.SampledFrom([]string{"k", "k", "a", "t.k", "(k)", "+k", "coalesce(k, 0)", "cast(k as int)"}).Draw(t, "column")
		value := func() string {
			return rapid.SampledFrom([]string{"1", "2", "3", "NULL", "(2)", "a", "1 + 1"}).Draw(t, "value")
		}
		switch rapid.IntRange(0, 8).Draw(t, "kind") {
		case 0:
			return value() + rapid.SampledFrom([]string{" = ", " < ", " >= ", " <> "}).Draw(t, "operator") + column
		case 1:
			return column + " IN (" + value() + ", " + value() + ")"
		case 2:
			return column + " NOT IN (" + value() + ")"
		case 3:
			return column + " BETWEEN " + value() + " AND " + value()
		case 4:
			return column + rapid.SampledFrom([]string{" IS ", " IS NOT ", " IS DISTINCT FROM "}).Draw(t, "is") + value()
		case 5:
			return "(" + column + ", a) = (" + value() + ", " + value() + ")"
		case 6:
			return "EXISTS (SELECT 1 FROM u WHERE u." + rapid.SampledFrom([]string{"k = 1", "k = t.k AND a = 2"}).Draw(t, "inner") + ")"
		default:
			return column + rapid.SampledFrom([]string{" = ", " = ", " <= ", " > "}).Draw(t, "operator") + value()
		}
	}
	x := predicate(t, depth-1)
	switch rapid.IntRange(0, 6).Draw(t, "connective") {
	case 0, 1, 2:
		return "(" + x + " AND " + predicate(t, depth-1) + ")"
	case 3:
		return "(" + x + " OR " + predicate(t, depth-1) + ")"
	case 4:
		return "(" + x + ") IS " + rapid.SampledFrom([]string{"TRUE", "NOT FALSE", "NULL"}).Draw(t, "truth")
	default:
		return "NOT (" + x + ")"
	}
}

// Every row that SQLite answers with satisfies each comparison that is reported as a conjunct.
func TestConjunctsHoldForEveryRow(t *testing.T) {
	db := open(t, everyRow())
	reported := 0
	rapid.Check(t, func(t *rapid.T) {
		text := "SELECT k, a FROM t WHERE " + predicate(t, 4)
		found, err := statement.Analyse(read(t, messages.SQLite, text), nil).Comparisons(nil)
		require.NoError(t, err)
		keys, bound := statement.Conjuncts(found, "k")
		answer, err := db.Query(text)
		require.NoError(t, err, text)
		defer answer.Close()
		for answer.Next() {
			var k, a any
			require.NoError(t, answer.Scan(&k, &a))
			for _, c := range found {
				if !c.Conjunct {
					continue
				}
				reported++
				column := k
				if c.Column == "a" {
					column = a
				}
				want := 1
				if c.Negated {
					want = -1
				}
				require.Equal(t, want, truth(c.Operator, column, c.Values), "%s: k=%v a=%v: %+v", text, k, a, c)
			}
			if bound {
				require.Contains(t, keys, k, text)
			}
		}
		require.NoError(t, answer.Err())
	})
	require.Positive(t, reported)
}

// truth evaluates a comparison by SQL's rules: 1 is true, -1 false, 0 NULL.
func truth(operator statement.Operator, column any, values []any) int {
	is := func(b bool) int {
		if b {
			return 1
		}
		return -1
	}
	compare := func(v any, test func(x, y int64) bool) int {
		if column == nil || v == nil {
			return 0
		}
		return is(test(column.(int64), v.(int64)))
	}
	equal := func(x, y int64) bool { return x == y }
	in := func() int {
		best := -1
		for _, v := range values {
			best = max(best, compare(v, equal))
		}
		return best
	}
	switch operator {
	case statement.Equal:
		return compare(values[0], equal)
	case statement.NotEqual:
		return -compare(values[0], equal)
	case statement.Less:
		return compare(values[0], func(x, y int64) bool { return x < y })
	case statement.LessOrEqual:
		return compare(values[0], func(x, y int64) bool { return x <= y })
	case statement.Greater:
		return compare(values[0], func(x, y int64) bool { return x > y })
	case statement.GreaterOrEqual:
		return compare(values[0], func(x, y int64) bool { return x >= y })
	case statement.Is:
		return is(column == values[0])
	case statement.IsNot:
		return is(column != values[0])
	case statement.In:
		return in()
	case statement.NotIn:
		return -in()
	case statement.Between:
		return min(compare(values[0], func(x, y int64) bool { return x >= y }), compare(values[1], func(x, y int64) bool { return x <= y }))
	default:
		panic("bug: the generator has no " + string(operator))
	}
}
