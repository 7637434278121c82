package merge

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

var sqliteValues = []string{
	"null", "0", "1", "-5", "7", "9223372036854775807", "-9223372036854775808", "0.0", "1.0", "2.5", "-2.5", "0.1", "2.675", "1e300", "-1e19",
	"1e-7", "123456.789", "3.0", "1e15", "0.005", "1.005", "'x'", "'12'", "'-7'", "''", "'1.5'", "x'05'",
}

var sqliteLiterals = []written{
	{"0", Constant{int64(0)}},
	{"1", Constant{int64(1)}},
	{"2", Constant{int64(2)}},
	{"(-1)", Operation{"-", nil, Constant{int64(1)}}},
	{"2.5", Constant{Number("2.5")}},
	{"NULL", Constant{nil}},
	{"'x'", Constant{"x"}},
	{"'12'", Constant{"12"}},
}

// randomSQLite returns an expression of at most that depth, in SQLite's SQL.
func randomSQLite(r *rand.Rand, depth int) written {
	sub := func() written { return randomSQLite(r, depth-1) }
	kind := r.IntN(12)
	if depth == 0 {
		kind = r.IntN(2)
	}
	switch kind {
	case 0:
		i := r.IntN(3)
		return written{fmt.Sprintf("max(a%d)", i), AggregateRef{i}}
	case 1:
		return sqliteLiterals[r.IntN(len(sqliteLiterals))]
	case 2:
		op := operators[r.IntN(len(operators))]
		l, right := sub(), sub()
		return written{"(" + l.sql + " " + op + " " + right.sql + ")", Operation{op, l.x, right.x}}
	case 3:
		x, y := sub(), sub()
		return written{"coalesce(" + x.sql + ", " + y.sql + ")", Coalesce{[]Expr{x.x, y.x}}}
	case 4:
		x, y := sub(), sub()
		return written{"nullif(" + x.sql + ", " + y.sql + ")", NullIf{x.x, y.x}}
	case 5:
		cond, x, y := sub(), sub(), sub()
		return written{"(case when " + cond.sql + " then " + x.sql + " else " + y.sql + " end)", CaseWhen{[]Arm{{cond.x, x.x}}, y.x}}
	case 6, 7:
		x, to := sub(), []string{"integer", "real", "text", "numeric", "double precision", "varchar"}[r.IntN(6)]
		return written{"cast(" + x.sql + " as " + to + ")", Convert{x.x, Type{Name: to}}}
	case 8:
		name := []string{"max", "min"}[r.IntN(2)]
		x, y, z := sub(), sub(), sub()
		return written{name + "(" + x.sql + ", " + y.sql + ", " + z.sql + ")", Function{name, []Expr{x.x, y.x, z.x}}}
	case 9:
		x, digits := sub(), r.IntN(6)-1
		return written{fmt.Sprintf("round(%s, %d)", x.sql, digits), Function{"round", []Expr{x.x, Constant{int64(digits)}}}}
	case 10:
		x, y, z := sub(), sqliteLiterals[r.IntN(len(sqliteLiterals))], sqliteLiterals[r.IntN(len(sqliteLiterals))]
		return written{"(" + x.sql + " in (" + y.sql + ", " + z.sql + "))", In{X: x.x, List: []Expr{y.x, z.x}}}
	default:
		name := []string{"round", "trunc", "abs", "sign", "ceil", "floor"}[r.IntN(6)]
		x := sub()
		return written{name + "(" + x.sql + ")", Function{name, []Expr{x.x}}}
	}
}

// TestExpressionsAgainstSQLiteAtRandom compares random expressions with SQLite's answer: type and bytes.
func TestExpressionsAgainstSQLiteAtRandom(t *testing.T) {
	conn := openSQLite(t)
	runs, _ := strconv.Atoi(os.Getenv("TROUPE_EXPRESSIONS"))
	if runs == 0 {
		runs = 6000
	}
	seed, _ := strconv.Atoi(os.Getenv("TROUPE_SEED"))
	r := rand.New(rand.NewPCG(uint64(seed), 5))
	compared, refusals, shapes := 0, 0, map[string]int{}
	for range runs {
		w := randomSQLite(r, 1+r.IntN(3))
		group := &Group{Outputs: []Output{{Name: "x", X: w.x}}}
		var from, parts []string
		for i := range 3 {
			v := sqliteValues[r.IntN(len(sqliteValues))]
			if r.IntN(4) == 0 {
				v = strconv.FormatFloat(r.NormFloat64()*1000, 'f', r.IntN(12), 64)
			}
			from, parts = append(from, fmt.Sprintf("%s as a%d", v, i)), append(parts, fmt.Sprintf("max(a%d) as a%d", i, i))
			group.Aggregates = append(group.Aggregates, Aggregate{Func: Max, Column: i})
		}
		source := " from (select " + strings.Join(from, ", ") + ")"
		part := mustAskSQLite(t, conn, "select "+strings.Join(parts, ", ")+source)
		got, err := mergeGroups(messages.SQLite, group, Options{Aggregates: []Collation{Bytewise, Bytewise, Bytewise}}, part)
		sql := "select " + w.sql + " as x" + source
		want, wantErr := askSQLite(t, conn, sql)
		if errors.Is(err, messages.ErrRefused) {
			refusals++
			continue
		}
		require.NoError(t, wantErr, sql)
		require.NoError(t, err, sql)
		requireSameSQLite(t, want, got, false, sql)
		compared++
		shapes[fmt.Sprintf("%T", w.x)]++
	}
	require.Greater(t, compared, runs/3)
	for _, shape := range []string{"Coalesce", "NullIf", "CaseWhen", "Convert", "Function", "In", "Operation"} {
		require.Greater(t, shapes["merge."+shape], runs/100, shape)
	}
	t.Logf("%d compared, %d refused: %v", compared, refusals, shapes)
}

// TestRoundAgainstSQLite: round() to digits is compared over many floats, those next to a half above all. Few may be refused.
func TestRoundAgainstSQLite(t *testing.T) {
	conn := openSQLite(t)
	r := rand.New(rand.NewPCG(6, 6))
	const runs = 4000
	refusals := 0
	for range runs {
		digits := r.IntN(5)
		f := (float64(r.IntN(2_000_000)) - 1e6 + 0.5) / math.Pow10(digits)
		switch r.IntN(4) {
		case 0:
			f = math.Nextafter(f, math.Inf(1-2*r.IntN(2)))
		case 1:
			f = r.NormFloat64() * math.Pow10(r.IntN(14)-4)
		}
		part := mustAskSQLite(t, conn, "select max(v) as v from (select ? as v)", f)
		group := &Group{Aggregates: []Aggregate{{Func: Max}}, Outputs: []Output{{Name: "x", X: Function{"round", []Expr{AggregateRef{0}, Constant{int64(digits)}}}}}}
		got, err := mergeGroups(messages.SQLite, group, Options{}, part)
		if errors.Is(err, messages.ErrRefused) {
			refusals++
			continue
		}
		require.NoError(t, err)
		why := fmt.Sprintf("round(%v, %d)", f, digits)
		requireSameSQLite(t, mustAskSQLite(t, conn, fmt.Sprintf("select round(max(v), %d) as x from (select ? as v)", digits), f), got, false, why)
	}
	require.Less(t, refusals, runs/4)
	t.Logf("%d of %d refused", refusals, runs)
}
