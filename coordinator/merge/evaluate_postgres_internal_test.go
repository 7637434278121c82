package merge

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

// operands are values of the types that have operators, as SQL writes them.
var operands = []struct {
	typ    string
	values []string
	random func(*rand.Rand) string
}{
	{"int2", []string{"-32768", "-1", "0", "1", "7", "32767"}, func(r *rand.Rand) string { return fmt.Sprint(int16(r.Uint32())) }},
	{"int4", []string{"-2147483648", "-1", "0", "1", "3", "46341", "2147483647"}, func(r *rand.Rand) string { return fmt.Sprint(int32(r.Uint32()) >> r.IntN(31)) }},
	{"int8", []string{"-9223372036854775808", "-1", "0", "1", "3037000500", "9007199254740993", "9223372036854775807"}, func(r *rand.Rand) string { return fmt.Sprint(int64(r.Uint64()) >> r.IntN(63)) }},
	{"numeric", []string{
		"NaN", "Infinity", "-Infinity", "0", "0.000", "1", "1.0", "-1", "10000", "9999.9999", "0.0001", "0.00001", "1e100", "1e-100", "-3.30", "9223372036854775808", "-9223372036854775808",
		"1e1000", "1e-1000", "0.00000000000000000000000000000000000001",
	}, randomNumeric},
	{"float4", []string{"NaN", "Infinity", "-Infinity", "0", "-0", "1", "-1", "1e-45", "3.4e38", "0.1", "1.5"}, func(r *rand.Rand) string { return fmt.Sprint(float32(r.NormFloat64())) }},
	{"float8", []string{"NaN", "Infinity", "-Infinity", "0", "-0", "1", "-1", "5e-324", "1.7e308", "0.1", "1.5", "1e-300"}, func(r *rand.Rand) string { return fmt.Sprint(r.NormFloat64()) }},
	{"bool", []string{"t", "f"}, nil},
	{`text collate "C"`, []string{"", "a", "A", "a ", "b", "10", "9"}, nil},
	{`varchar collate "C"`, []string{"", "a", "A"}, nil},
	{"date", []string{"2000-01-01", "1999-12-31", "2024-02-29", "infinity"}, nil},
	{"timestamp", []string{"2000-01-01", "1999-12-31 23:59:59.999999", "infinity"}, nil},
	{"timestamptz", []string{"2000-01-01 00:00+00", "2000-01-01 00:00+01", "-infinity"}, nil},
	{"bytea", []string{"\\x", "\\x00", "\\xff"}, nil},
	{"uuid", []string{"00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"}, nil},
	{"interval", []string{"1 day", "24:00"}, nil},
}

var operators = []string{"+", "-", "*", "/", "%", "=", "<>", "<", "<=", ">", ">="}

// TestOperatorsAgainstPostgreSQL compares every operator between every two types with the server's, byte for byte, with errors by
// their SQLSTATE. What the server refuses is refused, and little more.
func TestOperatorsAgainstPostgreSQL(t *testing.T) {
	conn := connectPostgreSQL(t)
	r := rand.New(rand.NewPCG(1, 2))
	pairs, _ := strconv.Atoi(os.Getenv("TROUPE_OPERATOR_PAIRS"))
	if pairs == 0 {
		pairs = 12
	}
	values := map[string]answer{}
	compared, refusedHere := 0, map[string]bool{}
	for _, left := range operands {
		for _, right := range operands {
			for _, op := range operators {
				for range pairs {
					l, r := pickOperand(r, left.values, left.random), pickOperand(r, right.values, right.random)
					sql := fmt.Sprintf("select ($1::text)::%s %s ($2::text)::%s as x", left.typ, op, right.typ)
					want, wantErr := ask(conn, sql, l, r)
					row := sideBySide(valueOf(t, conn, values, left.typ, l), valueOf(t, conn, values, right.typ, r))
					got, err := mergeGroups(messages.PostgreSQL, binaryGroup(op), Options{Aggregates: []Collation{Bytewise, Bytewise}}, row)
					why := fmt.Sprintf("%s: %s, %s", sql, l, r)
					if errors.Is(err, messages.ErrRefused) {
						if wantErr == nil || stateOf(wantErr) != "42883" {
							refusedHere[left.typ+op+right.typ] = true
						}
						break
					}
					compared++
					if wantErr != nil {
						require.Equal(t, stateOf(wantErr), stateOf(err), why)
						continue
					}
					require.NoError(t, err, why)
					requireSame(t, want, got, why)
				}
			}
		}
	}
	require.Greater(t, compared, 400*pairs)
	for what := range refusedHere { // what PostgreSQL can and we can't: of times only
		require.True(t, strings.Contains(what, "date") || strings.Contains(what, "timestamp") || strings.Contains(what, "interval") || strings.Contains(what, "text") || strings.Contains(what, "varchar"), what)
	}
}

func pickOperand(r *rand.Rand, values []string, random func(*rand.Rand) string) string {
	if random != nil && r.IntN(3) == 0 {
		return random(r)
	}
	return values[r.IntN(len(values))]
}

func binaryGroup(op string) *Group {
	return &Group{
		Aggregates: []Aggregate{{Func: Max, Column: 0}, {Func: Max, Column: 1}},
		Outputs:    []Output{{Name: "x", X: Operation{op, AggregateRef{0}, AggregateRef{1}}}},
	}
}

func valueOf(t *testing.T, conn *pgx.Conn, known map[string]answer, typ, text string) answer {
	key := typ + " " + text
	if _, ok := known[key]; !ok {
		known[key] = mustAsk(t, conn, fmt.Sprintf("select ($1::text)::%s as v", typ), text)
	}
	return known[key]
}

// sideBySide makes one row of the rows of two answers.
func sideBySide(a, b answer) answer {
	both := answer{fields: append(append([]pgconn.FieldDescription{}, a.fields...), b.fields...)}
	both.rows = [][][]byte{append(append([][]byte{}, a.rows[0]...), b.rows[0]...)}
	both.oids = [][]uint32{append(append([]uint32{}, a.oids[0]...), b.oids[0]...)}
	return both
}

// TestLiteralsAgainstPostgreSQL compares expressions with literals and arguments, whose types their surroundings decide.
func TestLiteralsAgainstPostgreSQL(t *testing.T) {
	conn := connectPostgreSQL(t)
	literals := []struct {
		sql string
		x   Expr
	}{
		{"5", Constant{int64(5)}},
		{"-5", Operation{"-", nil, Constant{int64(5)}}},
		{"2147483648", Constant{int64(2147483648)}},
		{"-2147483648", Operation{"-", nil, Constant{int64(2147483648)}}},
		{"-9223372036854775808", Operation{"-", nil, Constant{Number("9223372036854775808")}}},
		{"9223372036854775808", Constant{Number("9223372036854775808")}},
		{"0.10", Constant{Number("0.10")}},
		{"1e3", Constant{Number("1e3")}},
		{"1.5e-3", Constant{Number("1.5e-3")}},
		{".5", Constant{Number(".5")}},
		{"5.", Constant{Number("5.")}},
		{"'5'", Constant{"5"}},
		{"' -7 '", Constant{" -7 "}},
		{"'5.50'", Constant{"5.50"}},
		{"'1e2'", Constant{"1e2"}},
		{"'nan'", Constant{"nan"}},
		{"'99999999999999999999'", Constant{"99999999999999999999"}},
		{"''", Constant{""}},
		{"'x'", Constant{"x"}},
		{"'t'", Constant{"t"}},
		{"'2020-02-30'", Constant{"2020-02-30"}},
		{"'2020-02-29'", Constant{"2020-02-29"}},
		{"'2020-02-29 12:00:00.5'", Constant{"2020-02-29 12:00:00.5"}},
		{"'2020-02-29 12:00:00+02'", Constant{"2020-02-29 12:00:00+02"}},
		{"null", Constant{nil}},
		{"true", Constant{true}},
		{"-v", Operation{"-", nil, AggregateRef{0}}},
		{"+v", Operation{"+", nil, AggregateRef{0}}},
	}
	compared, refusals := 0, 0
	for _, test := range []struct{ typ, value string }{
		{"int2", "-32768"},
		{"int2", "5"},
		{"int4", "-2147483648"},
		{"int4", "7"},
		{"int8", "-9223372036854775808"},
		{"int8", "9007199254740993"},
		{"numeric", "5.50"},
		{"numeric", "-Infinity"},
		{"float4", "0.1"},
		{"float8", "0.1"},
		{"float8", "-0"},
		{"bool", "t"},
		{`text collate "C"`, "5"},
		{`varchar collate "C"`, "x"},
		{"date", "2020-02-29"},
		{"timestamp", "2020-02-29 12:00:00.5"},
		{"timestamptz", "2020-02-29 10:00:00+00"},
		{"int4", ""},
	} {
		var value any = test.value
		if test.value == "" {
			value = nil
		}
		part := mustAsk(t, conn, fmt.Sprintf("select ($1::text)::%s as v", test.typ), value)
		for _, literal := range literals {
			for _, op := range operators {
				for _, swapped := range []bool{false, true} {
					l, r := Expr(AggregateRef{0}), literal.x
					ls, rs := "v", literal.sql
					if swapped {
						l, r, ls, rs = r, l, rs, ls
					}
					sql := fmt.Sprintf("select %s %s %s as x from (select ($1::text)::%s as v offset 0) s", ls, op, rs, test.typ)
					want, wantErr := ask(conn, sql, value)
					group := &Group{Aggregates: []Aggregate{{Func: Min, Column: 0}}, Outputs: []Output{{Name: "x", X: Operation{op, l, r}}}}
					got, err := mergeGroups(messages.PostgreSQL, group, Options{Aggregates: []Collation{Bytewise}}, part)
					why := fmt.Sprintf("%s: %v", sql, value)
					switch {
					case errors.Is(err, messages.ErrRefused):
						refusals++
						continue
					case wantErr != nil:
						require.Equal(t, stateOf(wantErr), stateOf(err), why)
					default:
						require.NoError(t, err, why)
						requireSame(t, want, got, why)
					}
					compared++
				}
			}
		}
	}
	require.Greater(t, compared, 2*refusals/3)
	require.Greater(t, compared, 3000)
}

// TestArgumentsAgainstPostgreSQL passes the same arguments to the server through pgx.
func TestArgumentsAgainstPostgreSQL(t *testing.T) {
	conn := connectPostgreSQL(t)
	seven := 7
	var none *int
	var number pgtype.Numeric
	require.NoError(t, number.Scan("12.50"))
	arguments := []any{
		nil, 5, int8(5), uint16(5), int64(1) << 40, 5.0, 0.1, float32(0.5), "5", "5.50", "x", true, []byte("x"), &seven, none, number,
		pgtype.Int8{Int64: 9, Valid: true},
		pgtype.Text{},
	}
	compared := 0
	for _, typ := range []string{"int2", "int4", "int8", "numeric", "float4", "float8", "bool", `text collate "C"`} {
		text := "5"
		if typ == "bool" {
			text = "t"
		}
		part := mustAsk(t, conn, fmt.Sprintf("select ($1::text)::%s as v", typ), text)
		for _, arg := range arguments {
			for _, op := range operators {
				sql := fmt.Sprintf("select v %s $1 as x from (select '%s'::%s as v) s", op, text, typ)
				group := &Group{Aggregates: []Aggregate{{Func: Min, Column: 0}}, Outputs: []Output{{Name: "x", X: Operation{op, AggregateRef{0}, Argument{1}}}}}
				got, err := mergeGroups(messages.PostgreSQL, group, Options{Args: []any{arg}, Aggregates: []Collation{Bytewise}}, part)
				if errors.Is(err, messages.ErrRefused) {
					continue
				}
				want, wantErr := ask(conn, sql, arg)
				why := fmt.Sprintf("%s: %T %v", sql, arg, arg)
				if wantErr != nil {
					require.Equal(t, stateOf(wantErr), stateOf(err), why)
				} else {
					require.NoError(t, err, why)
					requireSame(t, want, got, why)
				}
				compared++
			}
		}
	}
	require.Greater(t, compared, 500)
}
