package merge

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

// TestExpressionArgumentsAgainstPostgreSQL passes arguments whose type the expression around them decides to the server as well.
func TestExpressionArgumentsAgainstPostgreSQL(t *testing.T) {
	conn := connectPostgreSQL(t)
	v, arg, one := AggregateRef{0}, Argument{1}, Constant{int64(1)}
	compared := map[string]int{}
	for _, test := range []written{
		{"coalesce(v, $1)", Coalesce{[]Expr{v, arg}}},
		{"coalesce($1, v)", Coalesce{[]Expr{arg, v}}},
		{"nullif(v, $1)", NullIf{v, arg}},
		{"greatest(v, $1)", Function{"greatest", []Expr{v, arg}}},
		{"round(v, $1)", Function{"round", []Expr{v, arg}}},
		{"v in ($1, 1)", In{X: v, List: []Expr{arg, one}}},
		{"v not in ($1)", In{X: v, List: []Expr{arg}, Not: true}},
		{"case when v is null then $1 else v end", CaseWhen{[]Arm{{NullTest{X: v}, arg}}, v}},
		{"case when $1 then 1 else v end", CaseWhen{[]Arm{{arg, one}}, v}},
		{"v + $1::int", Operation{"+", v, Convert{arg, Type{Name: "int4"}}}},
		{"coalesce(v, $1::float8)", Coalesce{[]Expr{v, Convert{arg, Type{Name: "float8"}}}}},
		{"$1::numeric(6,1)", Convert{arg, Type{Name: "numeric", Precision: 6, Scale: 1}}},
		{"$1::text", Convert{arg, Type{Name: "text"}}},
	} {
		for _, typ := range []string{"int2", "int4", "int8", "numeric", "float4", "float8", "bool", `text collate "C"`} {
			for _, value := range []any{nil, "1"} {
				part := mustAsk(t, conn, "select ($1::text)::"+typ+" as v", value)
				for _, a := range []any{nil, 2, int64(1) << 40, 2.5, "2", "2.55", "x", true, 1} {
					group := &Group{Aggregates: []Aggregate{{Func: Min}}, Outputs: []Output{{Name: "x", X: test.x}}}
					got, err := mergeGroups(messages.PostgreSQL, group, Options{Args: []any{a}, Aggregates: []Collation{Bytewise}}, part)
					if errors.Is(err, messages.ErrRefused) {
						continue
					}
					text := "null"
					if value != nil {
						text = "'1'"
					}
					sql := fmt.Sprintf("select %s as x from (select %s::%s as v offset 0) s", test.sql, text, typ)
					want, wantErr := ask(conn, sql, a)
					why := fmt.Sprintf("%s: %T %v", sql, a, a)
					if wantErr != nil && strings.HasPrefix(stateOf(wantErr), "42") {
						require.Error(t, err, why) // of types that don't fit: which of the errors comes first is no matter
					} else if wantErr != nil {
						require.Equal(t, stateOf(wantErr), stateOf(err), why)
					} else {
						require.NoError(t, err, why)
						requireSame(t, want, got, why)
					}
					compared[test.sql]++
				}
			}
		}
	}
	require.Len(t, compared, 13)
	for sql, n := range compared {
		require.Greater(t, n, 4, sql)
	}
}
