package merge

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

// written is an expression with its SQL.
type written struct {
	sql string
	x   Expr
}

// expressionColumns are the partial values that random expressions are over.
var expressionColumns = []struct {
	typ    string
	values []string
}{
	{"int2", []string{"0", "1", "-5", "32767"}},
	{"int4", []string{"0", "1", "-5", "2147483647", "-2147483648", "100000"}},
	{"int8", []string{"0", "1", "-5", "9223372036854775807", "-9223372036854775808", "4294967296", "16777217"}},
	{"numeric", []string{"0", "1", "2.5", "-2.5", "0.005", "12345.675", "NaN", "Infinity", "1e40", "-0.5", "99999999.995", "1.10", "1e-40"}},
	{"numeric(10,2)", []string{"0", "2.50", "-12345.67"}},
	{"float4", []string{"0", "1.5", "-0", "NaN", "16777216", "0.1"}},
	{"float8", []string{"0", "2.5", "-2.5", "0.1", "-0", "NaN", "Infinity", "1e300", "123456789.123456789", "1e-7", "3e9", "0.5", "1e-320"}},
	{"bool", []string{"t", "f"}},
	{`text collate "C"`, []string{"", "a", "12", " 7 ", "2.5", "t", "b"}},
	{"varchar(9)", []string{"", "a", "12"}},
	{"timestamp", []string{"2000-01-01", "2024-02-29 12:00:00"}},
}

var expressionLiterals = []written{
	{"0", Constant{int64(0)}},
	{"1", Constant{int64(1)}},
	{"2", Constant{int64(2)}},
	{"100", Constant{int64(100)}},
	{"(-1)", Operation{"-", nil, Constant{int64(1)}}},
	{"3000000000", Constant{int64(3000000000)}},
	{"0.5", Constant{Number("0.5")}},
	{"2.50", Constant{Number("2.50")}},
	{"1e3", Constant{Number("1e3")}},
	{"NULL", Constant{nil}},
	{"'7'", Constant{"7"}},
	{"'x'", Constant{"x"}},
	{"'2.5'", Constant{"2.5"}},
	{"true", Constant{true}},
	{"false", Constant{false}},
}

var expressionTypes = []struct {
	sql string
	typ Type
}{
	{"int2", Type{Name: "int2"}},
	{"int4", Type{Name: "int4"}},
	{"int8", Type{Name: "int8"}},
	{"numeric", Type{Name: "numeric"}},
	{"numeric(10,2)", Type{Name: "numeric", Precision: 10, Scale: 2}},
	{"numeric(4)", Type{Name: "numeric", Precision: 4}},
	{"float4", Type{Name: "float4"}},
	{"float8", Type{Name: "float8"}},
	{"text", Type{Name: "text"}},
	{"varchar", Type{Name: "varchar"}},
	{"bool", Type{Name: "bool"}},
}

// randomExpression returns an expression of at most that depth, in PostgreSQL's SQL.
func randomExpression(r *rand.Rand, depth int) written {
	sub := func() written { return randomExpression(r, depth-1) }
	list := func(least int) (string, []Expr) {
		var sql []string
		var all []Expr
		for range least + r.IntN(3) {
			w := sub()
			sql, all = append(sql, w.sql), append(all, w.x)
		}
		return strings.Join(sql, ", "), all
	}
	kind := r.IntN(13)
	if depth == 0 {
		kind = r.IntN(2)
	}
	switch kind {
	case 0:
		i := r.IntN(len(expressionColumns))
		return written{fmt.Sprintf("a%d", i), AggregateRef{i}}
	case 1:
		if r.IntN(2) == 0 {
			i := r.IntN(len(expressionColumns))
			return written{fmt.Sprintf("a%d", i), AggregateRef{i}}
		}
		return expressionLiterals[r.IntN(len(expressionLiterals))]
	case 2, 3:
		op := operators[r.IntN(len(operators))]
		l, right := sub(), sub()
		return written{"(" + l.sql + " " + op + " " + right.sql + ")", Operation{op, l.x, right.x}}
	case 4:
		sql, all := list(1)
		return written{"coalesce(" + sql + ")", Coalesce{all}}
	case 5:
		x, y := sub(), sub()
		return written{"nullif(" + x.sql + ", " + y.sql + ")", NullIf{x.x, y.x}}
	case 6:
		cond, x, y := randomCondition(r, depth-1), sub(), sub()
		e := CaseWhen{Arms: []Arm{{cond.x, x.x}}, Else: y.x}
		if r.IntN(3) == 0 {
			e.Else = nil
			return written{"(case when " + cond.sql + " then " + x.sql + " end)", e}
		}
		return written{"(case when " + cond.sql + " then " + x.sql + " else " + y.sql + " end)", e}
	case 7, 8:
		x, to := sub(), expressionTypes[r.IntN(len(expressionTypes))]
		return written{"cast(" + x.sql + " as " + to.sql + ")", Convert{x.x, to.typ}}
	case 9:
		name := []string{"greatest", "least"}[r.IntN(2)]
		sql, all := list(1)
		return written{name + "(" + sql + ")", Function{name, all}}
	case 10:
		name := []string{"round", "trunc"}[r.IntN(2)]
		x := sub()
		digits := r.IntN(9) - 3
		return written{fmt.Sprintf("%s(%s, %d)", name, x.sql, digits), Function{name, []Expr{x.x, Constant{int64(digits)}}}}
	case 11:
		name := []string{"round", "trunc", "abs", "sign", "ceil", "floor"}[r.IntN(6)]
		x := sub()
		return written{name + "(" + x.sql + ")", Function{name, []Expr{x.x}}}
	default:
		return randomCondition(r, depth-1)
	}
}

func randomCondition(r *rand.Rand, depth int) written {
	x := randomExpression(r, max(depth, 0))
	switch r.IntN(4) {
	case 0:
		return written{"(" + x.sql + " is not null)", NullTest{x.x, true}}
	case 1:
		not := r.IntN(2) == 0
		var sql []string
		e := In{X: x.x, Not: not}
		for range 1 + r.IntN(3) {
			w := expressionLiterals[r.IntN(len(expressionLiterals))]
			sql, e.List = append(sql, w.sql), append(e.List, w.x)
		}
		return written{"(" + x.sql + map[bool]string{true: " not"}[not] + " in (" + strings.Join(sql, ", ") + "))", e}
	default:
		op := []string{"=", "<>", "<", ">="}[r.IntN(4)]
		y := randomExpression(r, 0)
		return written{"(" + x.sql + " " + op + " " + y.sql + ")", Operation{op, x.x, y.x}}
	}
}

// TestExpressionsAgainstPostgreSQL compares random expressions with the server's answer: type, modifier, bytes, or SQLSTATE.
func TestExpressionsAgainstPostgreSQL(t *testing.T) {
	conn := connectPostgreSQL(t)
	runs, _ := strconv.Atoi(os.Getenv("TROUPE_EXPRESSIONS"))
	if runs == 0 {
		runs = 6000
	}
	seed, _ := strconv.Atoi(os.Getenv("TROUPE_SEED"))
	r := rand.New(rand.NewPCG(uint64(seed), 4))
	values := map[string]answer{}
	compared, failed, refusals, shapes := 0, 0, 0, map[string]int{}
	for range runs {
		w := randomExpression(r, 1+r.IntN(3))
		var from []string
		var row answer
		group := &Group{Outputs: []Output{{Name: "x", X: w.x}}}
		collations := make([]Collation, len(expressionColumns))
		for i, column := range expressionColumns {
			text := "null"
			if r.IntN(6) > 0 {
				text = "'" + column.values[r.IntN(len(column.values))] + "'"
			}
			typ, collate, _ := strings.Cut(column.typ, " ")
			sql := fmt.Sprintf("%s::%s %s", text, typ, collate)
			from = append(from, fmt.Sprintf("%s as a%d", sql, i))
			if _, ok := values[sql]; !ok {
				values[sql] = mustAsk(t, conn, "select "+sql+" as v")
			}
			if i == 0 {
				row = values[sql]
			} else {
				row = sideBySide(row, values[sql])
			}
			group.Aggregates = append(group.Aggregates, Aggregate{Func: Min, Column: i})
			collations[i] = Bytewise
			if column.typ == "varchar(9)" {
				collations[i] = Locale
			}
		}
		sql := "select " + w.sql + " as x from (select " + strings.Join(from, ", ") + " offset 0) s"
		got, err := mergeGroups(messages.PostgreSQL, group, Options{Aggregates: collations}, row)
		if errors.Is(err, messages.ErrRefused) {
			refusals++
			continue
		}
		want, wantErr := ask(conn, sql)
		if wantErr != nil {
			require.Equal(t, stateOf(wantErr), stateOf(err), sql)
			failed++
			continue
		}
		require.NoError(t, err, sql)
		requireSame(t, want, got, sql)
		compared++
		shapes[fmt.Sprintf("%T", w.x)]++
	}
	require.Greater(t, compared, runs/6)
	require.Greater(t, failed, runs/300)
	for _, shape := range []string{"Coalesce", "NullIf", "CaseWhen", "Convert", "Function", "In", "Operation"} {
		require.Greater(t, shapes["merge."+shape], runs/300, shape)
	}
	t.Logf("%d compared, %d failed alike, %d refused: %v", compared, failed, refusals, shapes)
}
