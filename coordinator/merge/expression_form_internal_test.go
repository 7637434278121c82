package merge

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

// TestTextForm: values that PostgreSQL sends as texts are told apart, and texts computed with. Other values are not.
func TestTextForm(t *testing.T) {
	conn := connectPostgreSQL(t)
	_, err := conn.Exec(t.Context(), "drop type if exists shade; create type shade as enum ('dark', 'light')")
	require.NoError(t, err)
	texts := pgx.QueryResultFormats{pgtype.TextFormatCode}
	distinct := &Group{Aggregates: []Aggregate{{Func: CountDistinct}}, Outputs: []Output{{Name: "x", X: AggregateRef{0}}}}
	for _, test := range []struct {
		typ       string
		values    [3]string
		count     int64
		collation Collation
	}{
		{"text", [3]string{"a", "b", "a"}, 2, Locale},
		{"varchar", [3]string{"a", "a ", ""}, 3, Bytewise},
		{"char(3)", [3]string{"a", "a ", "b"}, 2, Locale},
		{"name", [3]string{"a", "b", "c"}, 3, Bytewise},
		{"shade", [3]string{"dark", "light", "dark"}, 2, Labels},
		{"numeric", [3]string{"1", "1.0", "2"}, 2, CollationUnknown},
		{"uuid", [3]string{"00000000-0000-0000-0000-000000000000", "00000000000000000000000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff"}, 2, CollationUnknown},
	} {
		var parts []answer
		for _, v := range test.values {
			parts = append(parts, mustAsk(t, conn, "select '"+v+"'::"+test.typ+" as v", texts))
		}
		require.Equal(t, int16(pgtype.TextFormatCode), parts[0].fields[0].Format)
		got, err := mergeGroups(messages.PostgreSQL, distinct, Options{Aggregates: []Collation{test.collation}}, parts...)
		require.NoError(t, err, test.typ)
		require.Equal(t, [][][]byte{{int8Of(test.count)}}, got.rows, test.typ)

		// Whether a key is NULL doesn't depend on its form.
		null := &Group{Keys: []Key{{Column: 0}}, Outputs: []Output{{Name: "x", X: NullTest{X: KeyRef{0}}}}}
		got, err = mergeGroups(messages.PostgreSQL, null, Options{Group: []Collation{test.collation}}, parts...)
		require.NoError(t, err, test.typ)
		require.Len(t, got.rows, int(test.count), test.typ)
		require.Equal(t, []byte{0}, got.rows[0][0])

		equal := &Group{Keys: []Key{{Column: 0}}, Outputs: []Output{{Name: "x", X: Operation{"=", KeyRef{0}, KeyRef{0}}}}}
		got, err = mergeGroups(messages.PostgreSQL, equal, Options{Group: []Collation{test.collation}}, parts...)
		switch test.typ {
		case "text", "varchar", "shade":
			require.NoError(t, err, test.typ)
			require.Equal(t, []byte{1}, got.rows[0][0])
		default:
			require.ErrorIs(t, err, messages.ErrRefused, test.typ)
		}
	}

	// What is computed with texts of either form is what the server computes.
	for _, args := range [][]any{nil, {texts}, {pgx.QueryResultFormats{pgtype.BinaryFormatCode}}} {
		part := mustAsk(t, conn, `select 'b'::text collate "C" as v`, args...)
		group := &Group{Aggregates: []Aggregate{{Func: Max}}, Outputs: []Output{
			{Name: "c", X: Coalesce{[]Expr{AggregateRef{0}, Constant{"x"}}}},
			{Name: "l", X: Operation{"<", AggregateRef{0}, Constant{"c"}}},
			{Name: "n", X: NullTest{AggregateRef{0}, true}},
		}}
		got, err := mergeGroups(messages.PostgreSQL, group, Options{Aggregates: []Collation{Bytewise}}, part)
		require.NoError(t, err)
		requireSame(t, mustAsk(t, conn, `select coalesce(v, 'x') as c, v < 'c' as l, v is not null as n from (select 'b'::text collate "C" as v) s`), got)
	}

	// An enum isn't ordered by its label, nor is a type of the database known to be one.
	part := mustAsk(t, conn, "select 'dark'::shade as v")
	less := &Group{Keys: []Key{{Column: 0}}, Outputs: []Output{{Name: "x", X: Operation{"<", KeyRef{0}, KeyRef{0}}}}}
	_, err = mergeGroups(messages.PostgreSQL, less, Options{Group: []Collation{Labels}}, part)
	require.ErrorIs(t, err, messages.ErrRefused)
	_, err = mergeGroups(messages.PostgreSQL, distinct, Options{Aggregates: []Collation{Locale}}, part)
	require.ErrorIs(t, err, messages.ErrRefused)
}

// TestExpressionOrder: computed texts are ordered under a bytewise collation only, times and numbers always.
func TestExpressionOrder(t *testing.T) {
	conn := connectPostgreSQL(t)
	var parts []answer
	for _, v := range []string{"b", "a", "B"} {
		parts = append(parts, mustAsk(t, conn, "select '"+v+"'::text as v"))
	}
	group := &Group{Keys: []Key{{Column: 0}}, Outputs: []Output{{Name: "x", X: KeyRef{0}}}, Order: []GroupOrder{{X: Coalesce{[]Expr{KeyRef{0}, Constant{""}}}}}}
	got, err := mergeGroups(messages.PostgreSQL, group, Options{Group: []Collation{Locale}, Order: []Collation{Bytewise}}, parts...)
	require.NoError(t, err)
	require.Equal(t, [][][]byte{{[]byte("B")}, {[]byte("a")}, {[]byte("b")}}, got.rows)
	_, err = mergeGroups(messages.PostgreSQL, group, Options{Group: []Collation{Locale}, Order: []Collation{Locale}}, parts...)
	require.ErrorIs(t, err, messages.ErrRefused)
}

// TestLazyAggregates: the databases finish all aggregates, those that an expression leaves out too.
func TestLazyAggregates(t *testing.T) {
	huge := int8Answer([]string{"n", "s"}, []any{1, 1 << 62}, []any{1, 1 << 62})
	for _, d := range []messages.Dialect{messages.PostgreSQL, messages.SQLite} {
		group := &Group{
			Aggregates: []Aggregate{{Func: AddCounts}, {Func: Sum, Column: 1}},
			Outputs:    []Output{{Name: "x", X: CaseWhen{Arms: []Arm{{Operation{">", AggregateRef{0}, Constant{int64(0)}}, AggregateRef{0}}}, Else: AggregateRef{1}}}},
		}
		_, err := mergeGroups(d, group, Options{}, huge)
		require.ErrorIs(t, err, messages.ErrStatement)
	}
}

// TestExpressionRefusals: what isn't certain is refused before anything is read.
func TestExpressionRefusals(t *testing.T) {
	declared := describeColumns([]string{"i", "f", "t"}, []uint32{pgtype.Int8OID, pgtype.Float8OID, pgtype.TextOID})
	i, f, text, one := AggregateRef{0}, AggregateRef{1}, AggregateRef{2}, Constant{int64(1)}
	for name, x := range map[string]Expr{
		"float as text":       Convert{f, Type{Name: "text"}},
		"date":                Convert{text, Type{Name: "date"}},
		"wide scale":          Convert{i, Type{Name: "numeric", Precision: 2, Scale: 3}},
		"negative scale":      Convert{i, Type{Name: "numeric", Precision: 2, Scale: -3}},
		"modified int":        Convert{i, Type{Name: "int8", Precision: 2}},
		"bigint to bool":      Convert{i, Type{Name: "bool"}},
		"types of CASE":       CaseWhen{Arms: []Arm{{NullTest{X: i}, text}}, Else: i},
		"condition":           CaseWhen{Arms: []Arm{{i, one}}},
		"types of COALESCE":   Coalesce{[]Expr{text, i}},
		"float to digits":     Function{"round", []Expr{f, one}},
		"integer to digits":   Function{"round", []Expr{i, one}},
		"unknown function":    Function{"sqrt", []Expr{f}},
		"no argument":         Function{"greatest", nil},
		"greatest of texts":   Function{"greatest", []Expr{text, Constant{"x"}}},
		"two unknowns":        NullIf{Constant{"a"}, Constant{"b"}},
		"unknown in":          In{X: Constant{"a"}, List: []Expr{one, one}},
		"in of aggregates":    In{X: i, List: []Expr{one, i}},
		"constant that fails": Coalesce{[]Expr{i, Operation{"/", one, Constant{int64(0)}}}},
		"argument twice":      Coalesce{[]Expr{Operation{"+", i, Argument{1}}, Operation{"+", f, Argument{1}}}},
	} {
		group := &Group{Aggregates: []Aggregate{{Func: Max}, {Func: Max, Column: 1}, {Func: Max, Column: 2}}, Outputs: []Output{{Name: "x", X: x}}}
		_, err := New(&Spec{Dialect: messages.PostgreSQL, Group: group}, feedOf(), Options{
			Declared: declared, Limit: -1, Args: []any{1}, Aggregates: []Collation{CollationUnknown, CollationUnknown, Locale},
		})
		require.ErrorIs(t, err, messages.ErrRefused, name)
	}
	_, err := New(&Spec{Dialect: messages.PostgreSQL, Group: &Group{Outputs: []Output{{Name: "x", X: Coalesce{[]Expr{AggregateRef{9}}}}}}}, feedOf(), Options{Declared: declared, Limit: -1})
	require.ErrorIs(t, err, messages.ErrProtocol)
}
