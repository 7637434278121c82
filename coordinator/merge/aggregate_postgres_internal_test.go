package merge

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

// randomNumeric writes a numeric of any size and scale.
func randomNumeric(r *rand.Rand) string {
	switch r.IntN(20) {
	case 0:
		return []string{"NaN", "Infinity", "-Infinity"}[r.IntN(3)]
	case 1:
		return "0." + strings.Repeat("0", r.IntN(30))
	case 2:
		return fmt.Sprintf("%d%s.%d", r.IntN(1000), strings.Repeat("0", r.IntN(60)), r.IntN(1000))
	}
	var b strings.Builder
	if r.IntN(2) == 0 {
		b.WriteByte('-')
	}
	for range 1 + r.IntN(1+r.IntN(40)) {
		b.WriteByte('0' + byte(r.IntN(10)))
	}
	if n := r.IntN(1 + r.IntN(30)); n > 0 {
		b.WriteByte('.')
		for range n {
			b.WriteByte('0' + byte(r.IntN(10)))
		}
	}
	return b.String()
}

// plainNumeric has no infinities, so that sums stay numbers.
func plainNumeric(r *rand.Rand) string {
	for {
		if s := randomNumeric(r); !strings.ContainsAny(s, "aI") {
			return s
		}
	}
}

var aggregated = []struct {
	typ    string
	make   func(*rand.Rand) string
	avg    bool
	inBits bool // sums don't depend on their order
}{
	{"int2", func(r *rand.Rand) string { return fmt.Sprint(int16(r.Uint32())) }, true, true},
	{"int4", func(r *rand.Rand) string { return fmt.Sprint(int32(r.Uint32())) }, true, true},
	{"int8", func(r *rand.Rand) string { return fmt.Sprint(int64(r.Uint64())) }, true, true},
	{"int8", func(r *rand.Rand) string { return fmt.Sprint(r.IntN(100) - 50) }, true, true},
	{"numeric", randomNumeric, true, true},
	{"numeric", plainNumeric, true, true},
	{"numeric(12,2)", func(r *rand.Rand) string { return fmt.Sprintf("%d.%02d", r.IntN(1e9)-5e8, r.IntN(100)) }, true, true},
	{"float8", func(r *rand.Rand) string { return fmt.Sprint(float64(r.IntN(2000)-1000) / 8) }, true, true},
	{"float8", func(r *rand.Rand) string { return fmt.Sprint(r.NormFloat64()) }, true, false},
	{"float4", func(r *rand.Rand) string { return fmt.Sprint(float32(r.IntN(2000)-1000) / 8) }, false, true},
	{"float8", func(*rand.Rand) string { return "-0" }, true, true},
	{"float4", func(*rand.Rand) string { return "-0" }, false, true},
	{"float8", func(r *rand.Rand) string { return []string{"NaN", "Infinity", "1"}[r.IntN(3)] }, true, true},
	{"interval", func(r *rand.Rand) string {
		return fmt.Sprintf("%d months %d days %d us", r.IntN(100)-50, r.IntN(100)-50, r.IntN(1e9)-5e8)
	}, false, true},
}

// TestAggregatesAgainstPostgreSQL has the server aggregate each shard's part, and compares what is merged of them with the server's
// own answer over all, byte for byte.
func TestAggregatesAgainstPostgreSQL(t *testing.T) {
	conn := connectPostgreSQL(t)
	for n, test := range aggregated {
		for round := range 6 {
			r := rand.New(rand.NewPCG(uint64(n), uint64(round)))
			t.Run(fmt.Sprintf("%s/%d", test.typ, n*10+round), func(t *testing.T) {
				shards := 1 + r.IntN(4)
				fillPostgreSQL(t, conn, test.typ, shards, r, test.make)
				group := &Group{Keys: []Key{{Column: 0}}, Aggregates: []Aggregate{
					{Func: AddCounts, Column: 1}, {Func: AddCounts, Column: 2}, {Func: Sum, Column: 3}, {Func: Min, Column: 4}, {Func: Max, Column: 5},
				}}
				merged := []string{"count(*)", "count(v)", "sum(v)", "min(v)", "max(v)"}
				if test.avg {
					group.Aggregates = append(group.Aggregates, Aggregate{Func: Avg, Column: 3, Count: 2})
					merged = append(merged, "avg(v)")
				}
				group.Outputs = outputsOf(group, append([]string{"g"}, merged...))
				group.Order = []GroupOrder{{X: KeyRef{0}}}
				var parts []answer
				for shard := range shards {
					parts = append(parts, mustAsk(t, conn, fmt.Sprintf("select g, count(*), count(v), sum(v), min(v), max(v) from t where shard = %d group by g", shard)))
				}
				got, err := mergeGroups(messages.PostgreSQL, group, Options{}, parts...)
				require.NoError(t, err)
				want := mustAsk(t, conn, "select g, "+strings.Join(named(merged), ", ")+" from t group by g order by g")
				compareAnswers(t, want, got, test.inBits)
				testScalar(t, conn, group, merged, shards, test.inBits)
				testDistinct(t, conn, test.typ, shards, test.inBits)
			})
		}
	}
}

// outputsOf outputs all keys and aggregates.
func outputsOf(g *Group, names []string) []Output {
	var all []Output
	for i := range g.Keys {
		all = append(all, Output{Name: names[len(all)], X: KeyRef{i}})
	}
	for i := range g.Aggregates {
		all = append(all, Output{Name: names[len(all)], X: AggregateRef{i}})
	}
	return all
}

func named(columns []string) []string {
	var all []string
	for _, c := range columns {
		all = append(all, fmt.Sprintf(`%s as "%s"`, c, c))
	}
	return all
}

func fillPostgreSQL(t *testing.T, conn *pgx.Conn, typ string, shards int, r *rand.Rand, value func(*rand.Rand) string) {
	_, err := conn.Exec(t.Context(), fmt.Sprintf("drop table if exists t; create table t (shard int, g int, v %s)", typ))
	require.NoError(t, err)
	conn.TypeMap() // statements of the table before are described anew
	require.NoError(t, conn.DeallocateAll(t.Context()))
	var rows []string
	for range 1 + r.IntN(60) {
		g, v := "null", "null"
		if r.IntN(8) > 0 {
			g = fmt.Sprint(r.IntN(5))
		}
		if r.IntN(6) > 0 {
			v = "'" + value(r) + "'"
		}
		rows = append(rows, fmt.Sprintf("(%d, %s, %s)", r.IntN(shards), g, v))
	}
	_, err = conn.Exec(t.Context(), "insert into t values "+strings.Join(rows, ", "))
	require.NoError(t, err)
}

// testScalar does the same without GROUP BY.
func testScalar(t *testing.T, conn *pgx.Conn, grouped *Group, merged []string, shards int, inBits bool) {
	group := &Group{}
	for _, a := range grouped.Aggregates {
		a.Column, a.Count = a.Column-1, max(0, a.Count-1)
		group.Aggregates = append(group.Aggregates, a)
	}
	group.Outputs = outputsOf(group, merged)
	var parts []answer
	for shard := range shards {
		parts = append(parts, mustAsk(t, conn, fmt.Sprintf("select count(*), count(v), sum(v), min(v), max(v) from t where shard = %d", shard)))
	}
	got, err := mergeGroups(messages.PostgreSQL, group, Options{}, parts...)
	require.NoError(t, err)
	compareAnswers(t, mustAsk(t, conn, "select "+strings.Join(named(merged), ", ")+" from t"), got, inBits)
}

// testDistinct merges aggregates with DISTINCT, of which shards send the values.
func testDistinct(t *testing.T, conn *pgx.Conn, typ string, shards int, inBits bool) {
	group := &Group{Keys: []Key{{Column: 0}}, Aggregates: []Aggregate{{Func: CountDistinct, Column: 1}, {Func: SumDistinct, Column: 1}}}
	merged := []string{"count(distinct v)", "sum(distinct v)"}
	if typ != "interval" {
		group.Aggregates = append(group.Aggregates, Aggregate{Func: AvgDistinct, Column: 1})
		merged = append(merged, "avg(distinct v)")
	}
	group.Outputs = outputsOf(group, append([]string{"g"}, merged...))
	group.Order = []GroupOrder{{X: KeyRef{0}, Desc: true, NullsFirst: true}}
	var parts []answer
	for shard := range shards {
		parts = append(parts, mustAsk(t, conn, fmt.Sprintf("select g, v from t where shard = %d group by g, v", shard)))
	}
	got, err := mergeGroups(messages.PostgreSQL, group, Options{}, parts...)
	require.NoError(t, err)
	compareAnswers(t, mustAsk(t, conn, "select g, "+strings.Join(named(merged), ", ")+" from t group by g order by g desc"), got, inBits)
}

// compareAnswers compares byte for byte, or floats as near as their order allows.
func compareAnswers(t *testing.T, want, got answer, inBits bool) {
	t.Helper()
	if inBits {
		requireSame(t, want, got)
		return
	}
	require.Len(t, got.rows, len(want.rows))
	for i, row := range want.rows {
		for j, v := range row {
			require.Equal(t, want.oids[i][j], got.oids[i][j])
			if want.oids[i][j] != pgtype.Float8OID || v == nil {
				require.Equal(t, v, got.rows[i][j])
				continue
			}
			w, _ := readFloat(v)
			g, ok := readFloat(got.rows[i][j])
			require.True(t, ok)
			require.InDelta(t, w, g, 1e-9*math.Max(1, math.Abs(w)))
		}
	}
}

// TestSumOverflow: what PostgreSQL answers with an error is one here too, with the same SQLSTATE.
func TestSumOverflow(t *testing.T) {
	conn := connectPostgreSQL(t)
	for _, test := range []struct {
		fn    Func
		value string
		state string
	}{
		{Sum, "9223372036854775807::int8", "22003"},
		{AddCounts, "9223372036854775807::int8", "22003"},
		{Sum, "1e308::float8", "22003"},
		{Sum, "3e38::float4", "22003"},
		{Sum, "'178000000 years'::interval", "22008"},
		{Sum, "('9' || repeat('0', 131071))::numeric", "22003"},
	} {
		part := mustAsk(t, conn, "select "+test.value)
		group := &Group{Aggregates: []Aggregate{{Func: test.fn}}, Outputs: []Output{{Name: "x", X: AggregateRef{0}}}}
		_, err := mergeGroups(messages.PostgreSQL, group, Options{}, part, part)
		require.ErrorIs(t, err, messages.ErrStatement, test.value)
		require.Equal(t, test.state, stateOf(err), test.value)
	}
}
