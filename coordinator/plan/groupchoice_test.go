package plan_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/messages"
)

// TestGroupChoices: what the shards are asked for, and what is computed of it.
func TestGroupChoices(t *testing.T) {
	a, b := merge.AggregateRef{Index: 0}, merge.AggregateRef{Index: 1}
	number := func(i int64) merge.Constant { return merge.Constant{Value: i} }
	for _, c := range []struct {
		sql, text, name string
		x               merge.Expr
		only            messages.Dialect
	}{
		{"SELECT coalesce(sum(age), 0) FROM users", "SELECT sum(age) FROM users", "coalesce", merge.Coalesce{Args: []merge.Expr{a, number(0)}}, pg},
		{"SELECT ifnull(sum(age), 0) FROM users", "SELECT sum(age) FROM users", "ifnull(sum(age), 0)", merge.Coalesce{Args: []merge.Expr{a, number(0)}}, lite},
		{"SELECT nullif(count(*), 0) FROM users", "SELECT count(*) FROM users", "nullif", merge.NullIf{X: a, Y: number(0)}, pg},
		{"SELECT round(avg(age), 2) FROM users", "SELECT sum(age), count(age) FROM users", "round", merge.Function{Name: "round", Args: []merge.Expr{a, number(2)}}, pg},
		{"SELECT pg_catalog.ceiling(avg(age)) FROM users", "SELECT sum(age), count(age) FROM users", "ceiling", merge.Function{Name: "ceil", Args: []merge.Expr{a}}, pg},
		{"SELECT Max(max(age), 5) FROM users", "SELECT max(age) FROM users", "Max(max(age), 5)", merge.Function{Name: "max", Args: []merge.Expr{a, number(5)}}, lite},
		{"SELECT greatest(max(age), 5) FROM users", "SELECT max(age) FROM users", "greatest", merge.Function{Name: "greatest", Args: []merge.Expr{a, number(5)}}, pg},
		{
			"SELECT iif(count(*), 1, 2) FROM users", "SELECT count(*) FROM users", "iif(count(*), 1, 2)",
			merge.CaseWhen{Arms: []merge.Arm{{Cond: a, Result: number(1)}}, Else: number(2)},
			lite,
		},
		{
			"SELECT CASE WHEN count(*) > 0 THEN sum(age) / count(*) ELSE 0 END FROM users", "SELECT count(*), sum(age) FROM users", "case",
			merge.CaseWhen{
				Arms: []merge.Arm{{Cond: merge.Operation{Op: ">", L: a, R: number(0)}, Result: merge.Operation{Op: "/", L: b, R: a}}},
				Else: number(0),
			},
			pg,
		},
		{
			"SELECT CASE count(*) WHEN 1 THEN 'one' END FROM users", "SELECT count(*) FROM users", "case",
			merge.CaseWhen{Arms: []merge.Arm{{Cond: merge.Operation{Op: "=", L: a, R: number(1)}, Result: merge.Constant{Value: "one"}}}},
			pg,
		},
		{
			"SELECT CASE city WHEN 'x' THEN count(*) END FROM users GROUP BY city", "SELECT city, (city) = ('x'), count(*) FROM users GROUP BY 1", "case",
			merge.CaseWhen{Arms: []merge.Arm{{Cond: a, Result: b}}},
			pg,
		},
		{
			"SELECT CASE WHEN city = $1 THEN count(*) END FROM users GROUP BY city", "SELECT city, city = $1, count(*) FROM users GROUP BY 1", "case",
			merge.CaseWhen{Arms: []merge.Arm{{Cond: a, Result: b}}},
			pg,
		},
		{
			"SELECT CASE WHEN count(*) > 1 THEN 100 / age END FROM users GROUP BY age", "SELECT age, count(*) FROM users GROUP BY 1", "case",
			merge.CaseWhen{Arms: []merge.Arm{{
				Cond:   merge.Operation{Op: ">", L: a, R: number(1)},
				Result: merge.Operation{Op: "/", L: number(100), R: merge.KeyRef{}},
			}}},
			pg,
		},
		{"SELECT sum(age)::numeric( 10 , 2 ) FROM users", "SELECT sum(age) FROM users", "sum", merge.Convert{X: a, Type: merge.Type{Name: "numeric", Precision: 10, Scale: 2}}, pg},
		{"SELECT CAST(count(*) + 1 AS double precision) FROM users", "SELECT count(*) FROM users", "float8", merge.Convert{X: merge.Operation{Op: "+", L: a, R: number(1)}, Type: merge.Type{Name: "float8"}}, pg},
		{"SELECT CAST(sum(age) AS Text) FROM users", "SELECT sum(age) FROM users", "CAST(sum(age) AS Text)", merge.Convert{X: a, Type: merge.Type{Name: "text"}}, lite},
		{"SELECT count(*) NOT IN (1, -2, $1) AS x FROM users", "SELECT count(*) FROM users", "x", merge.In{X: a, Not: true, List: []merge.Expr{
			number(1), merge.Operation{Op: "-", R: number(2)}, merge.Argument{Ordinal: 1},
		}}, 0},
	} {
		for _, d := range both {
			if c.only != 0 && c.only != d {
				continue
			}
			g := gather(t, d, c.sql)
			require.Equal(t, c.text, g.Text, c.sql)
			require.Equal(t, merge.Output{Name: c.name, X: c.x}, g.Merge.Group.Outputs[0], c.sql)
		}
	}
	g := gather(t, pg, "SELECT city FROM users GROUP BY city HAVING coalesce(sum(age), 0) BETWEEN 1 AND 5 ORDER BY round(avg(age)) DESC")
	require.IsType(t, merge.Junction{}, g.Merge.Group.Having)
	require.IsType(t, merge.Function{}, g.Merge.Group.Order[0].X)
}

// TestGroupChoiceRefusals: what one database may leave out, or what isn't known, is refused.
func TestGroupChoiceRefusals(t *testing.T) {
	for _, c := range []struct {
		sql, code string
		only      messages.Dialect
	}{
		{"SELECT coalesce(count(*), upper('x')) FROM users", "expression", 0},
		{"SELECT CASE WHEN count(*) > 1 THEN upper(city) END FROM users GROUP BY city", "expression", 0},
		{"SELECT CASE WHEN count(*) > 1 THEN name END FROM users GROUP BY city", "group-by", 0},
		{"SELECT CASE $1 WHEN count(*) THEN 1 END FROM users", "expression", pg},
		{"SELECT CASE NULL WHEN count(*) THEN 1 END FROM users", "expression", pg},
		{"SELECT count(*) IN (1, 2 + 3) FROM users", "expression", 0},
		{"SELECT 1 IN (count(*), 2) FROM users", "expression", 0},
		{"SELECT \"coalesce\"(count(*), 1) FROM users", "unknown-function", pg},
		{"SELECT mine.round(avg(age)) FROM users", "unknown-function", pg},
		{"SELECT coalesce(sum(age)) FROM users", "expression", lite},
		{"SELECT round(avg(age), 1, 2) FROM users", "expression", 0},
		{"SELECT count(*)::numeric(10)[] FROM users", "expression", pg},
		{"SELECT count(*)::varchar(10) FROM users", "expression", pg},
		{"SELECT count(*)::date FROM users", "expression", pg},
		{"SELECT max(name) BETWEEN 'a' COLLATE nocase AND 'b' FROM users", "expression", lite},
		{"SELECT nullif(max(name), 'a' COLLATE nocase) FROM users", "expression", lite},
		{"SELECT max(max(name), 'a' COLLATE nocase) FROM users", "expression", lite},
		{"SELECT sum(age) / $1 FROM users WHERE age = $1", "expression", pg},
		{"SELECT sum(age) / $1 FROM users LIMIT $1", "expression", pg},
		{"SELECT sum(age) / $1, $1 FROM users", "expression", pg},
	} {
		for _, d := range both {
			if c.only != 0 && c.only != d {
				continue
			}
			p := build(t, d, c.sql)
			require.NotNil(t, p.Refusal, c.sql)
			require.Equal(t, c.code, string(p.Refusal.Code), c.sql)
		}
	}
	gather(t, lite, "SELECT sum(age) / $1 FROM users WHERE age = $1") // values have their types there
}
