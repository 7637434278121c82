package merge

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// askSQLite returns SQLite's answer as the backend passes it on.
func askSQLite(t testing.TB, c shardworker.Conn, sql string, args ...any) (answer, error) {
	t.Helper()
	cursor, err := c.Query(t.Context(), sql, args)
	if err != nil {
		return answer{}, err
	}
	a := answer{fields: append([]pgconn.FieldDescription{}, cursor.Declared().Fields...)}
	for cursor.Next() {
		d := cursor.Description()
		b := messages.NewRowBatch(d)
		cursor.Append(b)
		raw := make([][]byte, len(d.Fields))
		b.ReadRow(0, raw)
		a.add(raw, d.Fields)
		b.Recycle(0)
	}
	_, err = cursor.Close()
	return a, err
}

func mustAskSQLite(t testing.TB, c shardworker.Conn, sql string, args ...any) answer {
	t.Helper()
	a, err := askSQLite(t, c, sql, args...)
	require.NoError(t, err, sql)
	return a
}

// requireSameSQLite compares names, and types and bytes of all values: floats as near as the order of sums allows.
func requireSameSQLite(t testing.TB, want, got answer, near bool, why ...any) {
	t.Helper()
	require.Equal(t, len(want.fields), len(got.fields))
	for i := range want.fields {
		require.Equal(t, want.fields[i].Name, got.fields[i].Name, why...)
		require.Equal(t, want.fields[i].DataTypeOID, got.fields[i].DataTypeOID, why...)
	}
	require.Len(t, got.rows, len(want.rows), why...)
	for i, row := range want.rows {
		for j, v := range row {
			if v == nil {
				require.Nil(t, got.rows[i][j], why...)
				continue
			}
			require.Equal(t, want.oids[i][j], got.oids[i][j], why...)
			if near && want.oids[i][j] == pgtype.Float8OID {
				w, _ := readFloat(v)
				g, ok := readFloat(got.rows[i][j])
				require.True(t, ok)
				if !math.IsInf(w, 0) {
					require.InDelta(t, w, g, 1e-12*math.Max(1, math.Abs(w)), why...)
					continue
				}
			}
			require.Equal(t, v, got.rows[i][j], why...)
		}
	}
}

// TestAggregatesAgainstSQLite has SQLite aggregate each shard's part, and compares what is merged with its answer over all.
func TestAggregatesAgainstSQLite(t *testing.T) {
	from := func(values ...string) func(*rand.Rand) string {
		return func(r *rand.Rand) string { return values[r.IntN(len(values))] }
	}
	domains := map[string]func(*rand.Rand) string{
		"integers": func(r *rand.Rand) string { return fmt.Sprint(int64(r.Uint64()) >> (4 + r.IntN(59))) },
		"floats": func(r *rand.Rand) string {
			return strconv.FormatFloat(r.NormFloat64()*math.Pow(10, float64(r.IntN(9)))+0.5, 'f', -1, 64)
		},
		"numbers":   from("1", "2.5", "-7", "1e15", "9007199254740993", "4611686018427387904"),
		"small":     from("0", "-0.0", "0.5", "1", "1.0", "2", "1.5", "5e-324", "-1", "-1e3"),
		"big":       from("9223372036854775807", "-9223372036854775808", "1"),
		"infinites": from("9e999", "1e308", "1", "0.5"),
	}
	for name, value := range domains {
		for round := range 15 {
			t.Run(fmt.Sprintf("%s/%d", name, round), func(t *testing.T) {
				r := rand.New(rand.NewPCG(uint64(round), uint64(len(name))))
				conn := openSQLite(t)
				shards := 1 + r.IntN(4)
				fillSQLite(t, conn, shards, r, value)
				group := &Group{Keys: []Key{{Column: 0}}, Aggregates: []Aggregate{
					{Func: AddCounts, Column: 1}, {Func: Sum, Column: 3}, {Func: Total, Column: 4}, {Func: Avg, Column: 3, Count: 2}, {Func: Min, Column: 5}, {Func: Max, Column: 6},
				}}
				sums := "count(*), sum(v), total(v), avg(v), min(v), max(v)"
				group.Outputs = outputsOf(group, append([]string{"g"}, strings.Split(sums, ", ")...))
				group.Order = []GroupOrder{{X: KeyRef{0}, NullsFirst: true}}
				requirePartsSQLite(t, conn, group, shards, "g, count(*), count(v), sum(v), total(v), min(v), max(v)", "g", "g, "+sums)

				group = &Group{Keys: []Key{{Column: 0}}, Aggregates: []Aggregate{{Func: CountDistinct, Column: 1}, {Func: SumDistinct, Column: 1}, {Func: AvgDistinct, Column: 1}}}
				sums = "count(distinct v), sum(distinct v), avg(distinct v)"
				group.Outputs = outputsOf(group, append([]string{"g"}, strings.Split(sums, ", ")...))
				group.Order = []GroupOrder{{X: KeyRef{0}, NullsFirst: true, Desc: true}}
				requirePartsSQLite(t, conn, group, shards, "g, +v as v", "g, v", "g, "+sums)
			})
		}
	}
}

func fillSQLite(t *testing.T, conn shardworker.Conn, shards int, r *rand.Rand, value func(*rand.Rand) string) {
	_, err := conn.Exec(t.Context(), "create table t (shard int, g int, v)", nil)
	require.NoError(t, err)
	for range 1 + r.IntN(40) {
		g, v := "null", "null"
		if r.IntN(8) > 0 {
			g = fmt.Sprint(r.IntN(5))
		}
		if r.IntN(6) > 0 {
			v = value(r)
		}
		_, err := conn.Exec(t.Context(), fmt.Sprintf("insert into t values (%d, %s, %s)", r.IntN(shards), g, v), nil)
		require.NoError(t, err)
	}
}

// requirePartsSQLite merges the parts and compares with the whole. An overflow may be found here or there only: it depends on
// the order of the rows, of which SQLite promises nothing.
func requirePartsSQLite(t *testing.T, conn shardworker.Conn, group *Group, shards int, part, by, whole string) {
	t.Helper()
	var parts []answer
	for shard := range shards {
		a, err := askSQLite(t, conn, fmt.Sprintf("select %s from t where shard = %d group by %s", part, shard, by))
		if err != nil {
			require.ErrorContains(t, err, "integer overflow")
			return
		}
		parts = append(parts, a)
	}
	got, err := mergeGroups(messages.SQLite, group, Options{}, parts...)
	names := strings.Split(whole, ", ")
	desc := ""
	if group.Order[0].Desc {
		desc = " desc nulls first"
	}
	want, wantErr := askSQLite(t, conn, "select "+strings.Join(named(names), ", ")+" from t group by g order by g"+desc)
	switch {
	case errors.Is(err, messages.ErrStatement):
		require.ErrorContains(t, err, "integer overflow")
		require.ErrorContains(t, wantErr, "integer overflow")
	case wantErr != nil:
		require.ErrorContains(t, wantErr, "integer overflow")
		require.NoError(t, err)
	default:
		require.NoError(t, err)
		requireSameSQLite(t, want, got, true)
	}
}

// TestOperatorsAgainstSQLite compares every operator over values of all storage classes with SQLite.
func TestOperatorsAgainstSQLite(t *testing.T) {
	conn := openSQLite(t)
	values := append(append([]string{"null", "'x'", "'y'", "'5'", "x'05'", "7", "-7", "3.5", "1e18", "4294967296", "-4294967296", "2.0"}, sqliteNumbers...), "''")
	compared, refusals := 0, 0
	for _, l := range values {
		for _, r := range values {
			part := mustAskSQLite(t, conn, "select max(a) as a, max(b) as b from (select "+l+" as a, "+r+" as b)")
			for _, op := range operators {
				why := fmt.Sprintf("%s %s %s", l, op, r)
				want := mustAskSQLite(t, conn, "select max(a) "+op+" max(b) as x from (select "+l+" as a, "+r+" as b)")
				got, err := mergeGroups(messages.SQLite, binaryGroup(op), Options{Aggregates: []Collation{Bytewise, Bytewise}}, part)
				if errors.Is(err, messages.ErrRefused) {
					refusals++
					require.True(t, isArithmetic(op) && strings.ContainsAny(l+r, "'"), why)
					continue
				}
				require.NoError(t, err, why)
				requireSameSQLite(t, want, got, false, why)
				compared++
			}
		}
	}
	require.Greater(t, compared, 5*refusals)
}

// TestExpressionsAgainstSQLite compares prefix operators, logic, literals and arguments.
func TestExpressionsAgainstSQLite(t *testing.T) {
	conn := openSQLite(t)
	v := AggregateRef{0}
	seven := 7
	for _, test := range []struct {
		sql string
		x   Expr
		arg []any
	}{
		{"-max(v)", Operation{"-", nil, v}, nil},
		{"+max(v)", Operation{"+", nil, v}, nil},
		{"-9223372036854775808", Operation{"-", nil, Constant{Number("9223372036854775808")}}, nil},
		{"9223372036854775808", Constant{Number("9223372036854775808")}, nil},
		{"1.5e3", Constant{Number("1.5e3")}, nil},
		{"'a'", Constant{"a"}, nil},
		{"null", Constant{nil}, nil},
		{"true", Constant{true}, nil},
		{"max(v) > 1 and max(v) < 9", Junction{false, []Expr{Operation{">", v, Constant{int64(1)}}, Operation{"<", v, Constant{int64(9)}}}}, nil},
		{"max(v) > 1 or null", Junction{true, []Expr{Operation{">", v, Constant{int64(1)}}, Constant{nil}}}, nil},
		{"max(v) > 1 and null", Junction{false, []Expr{Operation{">", v, Constant{int64(1)}}, Constant{nil}}}, nil},
		{"not max(v) = 3", Negation{Operation{"=", v, Constant{int64(3)}}}, nil},
		{"max(v) is null", NullTest{v, false}, nil},
		{"max(v) is not null", NullTest{v, true}, nil},
		{"max(v) > '1'", Operation{">", v, Constant{"1"}}, nil},
		{"max(v) + $1", Operation{"+", v, Argument{1}}, []any{5}},
		{"max(v) / $1", Operation{"/", v, Argument{1}}, []any{2.0}},
		{"max(v) / $1", Operation{"/", v, Argument{1}}, []any{&seven}},
		{"max(v) = $1", Operation{"=", v, Argument{1}}, []any{"3"}},
		{"max(v) > $1", Operation{">", v, Argument{1}}, []any{true}},
		{"max(v) > $1", Operation{">", v, Argument{1}}, []any{nil}},
		{"max(v) > $1", Operation{">", v, Argument{1}}, []any{[]byte{1}}},
		{"max(v) % $1", Operation{"%", v, Argument{1}}, []any{float32(2.5)}},
		{"max(v) - $1", Operation{"-", v, Argument{1}}, []any{uint8(200)}},
		{"max(v) - $1", Operation{"-", v, Argument{1}}, []any{pgtype.Int8{Int64: 9, Valid: true}}},
	} {
		for _, value := range []string{"null", "3", "3.0", "0", "-1.5", "9223372036854775807"} {
			part := mustAskSQLite(t, conn, "select max(v) as v from (select "+value+" as v)")
			want := mustAskSQLite(t, conn, "select "+test.sql+" as x from (select "+value+" as v)", test.arg...)
			got, err := mergeGroups(messages.SQLite, &Group{Aggregates: []Aggregate{{Func: Max}}, Outputs: []Output{{Name: "x", X: test.x}}}, Options{Args: test.arg}, part)
			require.NoError(t, err, test.sql)
			requireSameSQLite(t, want, got, false, test.sql+" with "+value)
		}
	}
}

// TestColumnsOfSQLite: keys have affinities and are passed on as what they are declared to be. What that hides is refused.
func TestColumnsOfSQLite(t *testing.T) {
	conn := openSQLite(t)
	_, err := conn.Exec(t.Context(), "create table t (i int, r real, n numeric, x text, b boolean, d date, ts timestamp, e enum)", nil)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "insert into t values (1, 1, 1, 'abc', true, '2024-01-01', '2024-01-01 10:00', 'abc')", nil)
	require.NoError(t, err)
	compared := 0
	for _, column := range []string{"i", "r", "n", "x", "b", "d", "ts", "e"} {
		if column == "ts" {
			continue // refused as a key: see TestSQLiteTimesAreRefused
		}
		for _, literal := range []struct {
			sql string
			x   Expr
		}{{"1", Constant{int64(1)}}, {"2.5", Constant{Number("2.5")}}, {"'1'", Constant{"1"}}, {"'abc'", Constant{"abc"}}, {"null", Constant{nil}}} {
			for _, op := range operators {
				sql := fmt.Sprintf("%s %s %s", column, op, literal.sql)
				part := mustAskSQLite(t, conn, "select "+column+" from t group by 1")
				want := mustAskSQLite(t, conn, "select "+column+", "+sql+" as x from t group by 1")
				group := &Group{Keys: []Key{{Column: 0}}, Outputs: []Output{{X: KeyRef{0}}, {Name: "x", X: Operation{op, KeyRef{0}, literal.x}}}}
				got, err := mergeGroups(messages.SQLite, group, Options{Group: []Collation{Bytewise}}, part)
				if errors.Is(err, messages.ErrRefused) {
					continue
				}
				require.NoError(t, err, sql)
				requireSameSQLite(t, want, got, false, sql)
				compared++
			}
		}
	}
	require.Greater(t, compared, 140)

	part := mustAskSQLite(t, conn, "select r from t group by 1")
	_, err = mergeGroups(messages.SQLite, &Group{Aggregates: []Aggregate{{Func: SumDistinct}}}, Options{}, part)
	require.ErrorIs(t, err, messages.ErrRefused)
}

// TestInfinitiesOfSQLite: a shard's total or average that isn't a number makes the whole none, which SQLite shows as NULL.
func TestInfinitiesOfSQLite(t *testing.T) {
	conn := openSQLite(t)
	both, one := "(select 9e999 as v union all select -9e999)", "(select 1 as v)"
	group := &Group{Aggregates: []Aggregate{{Func: Total, Column: 0}, {Func: Avg, Column: 1, Count: 2}}, Outputs: []Output{{Name: "total(v)", X: AggregateRef{0}}, {Name: "avg(v)", X: AggregateRef{1}}}}
	var parts []answer
	for _, from := range []string{one, both, one} {
		parts = append(parts, mustAskSQLite(t, conn, "select total(v), sum(v), count(v) from "+from))
	}
	want := mustAskSQLite(t, conn, "select total(v), avg(v) from (select * from "+one+" union all select * from "+both+")")
	got, err := mergeGroups(messages.SQLite, group, Options{}, parts...)
	require.NoError(t, err)
	requireSameSQLite(t, want, got, false)
	require.Nil(t, got.rows[0][0])
}

// TestCompensationOfSQLite: what rounding takes from the sum isn't lost, in SQLite and here.
func TestCompensationOfSQLite(t *testing.T) {
	conn := openSQLite(t)
	values := []string{"1e16", "1.0", "1.0", "-3", "0.1"}
	group := &Group{Aggregates: []Aggregate{{Func: Sum}}, Outputs: []Output{{Name: "sum(v)", X: AggregateRef{0}}}}
	var parts []answer
	for _, v := range values {
		parts = append(parts, mustAskSQLite(t, conn, "select sum(v) from (select "+v+" as v)"))
	}
	want := mustAskSQLite(t, conn, "with t(v) as (values ("+strings.Join(values, "), (")+")) select sum(v) from t")
	got, err := mergeGroups(messages.SQLite, group, Options{}, parts...)
	require.NoError(t, err)
	requireSameSQLite(t, want, got, false)
}

// TestSQLiteTruth merges EXISTS over shards, which are integers.
func TestSQLiteTruth(t *testing.T) {
	conn := openSQLite(t)
	yes, no := mustAskSQLite(t, conn, "select exists (select 1) as x"), mustAskSQLite(t, conn, "select exists (select 1 where 0) as x")
	for _, test := range []struct {
		fn    Func
		parts []answer
		want  answer
	}{{Or, []answer{no, yes, no}, yes}, {Or, []answer{no, no}, no}, {And, []answer{yes, no}, no}, {And, []answer{yes, yes}, yes}} {
		got, err := mergeGroups(messages.SQLite, &Group{Aggregates: []Aggregate{{Func: test.fn}}, Outputs: []Output{{X: AggregateRef{0}}}}, Options{}, test.parts...)
		require.NoError(t, err)
		requireSameSQLite(t, test.want, got, false)
	}
}
