package merge

import (
	"slices"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

// TestGroupRefusals: what isn't exact is refused before anything is read.
func TestGroupRefusals(t *testing.T) {
	columns := []string{"i", "f4", "txt", "js", "arr", "ts", "num", "money"}
	oids := []uint32{pgtype.Int8OID, pgtype.Float4OID, pgtype.TextOID, pgtype.JSONBOID, pgtype.Int4ArrayOID, pgtype.TimestamptzOID, pgtype.NumericOID, moneyOID}
	declared := describeColumns(columns, oids)
	column := func(name string) int { return slices.Index(columns, name) }
	aggregated := func(f Func, name string, x Expr) *Group {
		return &Group{Aggregates: []Aggregate{{Func: f, Column: column(name)}}, Outputs: []Output{{Name: "x", X: x}}}
	}
	keyed := func(name string, x Expr) *Group {
		return &Group{Keys: []Key{{Column: column(name)}}, Outputs: []Output{{Name: "x", X: x}}}
	}
	a, k := AggregateRef{0}, KeyRef{0}
	for name, test := range map[string]struct {
		group *Group
		o     Options
	}{
		"avg of float4":         {aggregated(Avg, "f4", a), Options{}},
		"sum of money":          {aggregated(Sum, "money", a), Options{}},
		"sum of jsonb":          {aggregated(Sum, "js", a), Options{}},
		"text key":              {keyed("txt", k), Options{}},
		"jsonb key":             {keyed("js", k), Options{}},
		"distinct text":         {aggregated(CountDistinct, "txt", a), Options{}},
		"text order":            {&Group{Keys: []Key{{Column: column("txt")}}, Outputs: []Output{{Name: "x", X: k}}, Order: []GroupOrder{{X: k}}}, Options{Group: []Collation{Locale}, Order: []Collation{Locale}}},
		"text less":             {aggregated(Max, "txt", Operation{"<", a, Constant{"b"}}), Options{Aggregates: []Collation{Locale}}},
		"text times":            {aggregated(Max, "txt", Operation{"*", a, Constant{int64(2)}}), Options{Aggregates: []Collation{Bytewise}}},
		"time minus":            {aggregated(Max, "ts", Operation{"-", a, a}), Options{}},
		"local time":            {aggregated(Max, "ts", Operation{"<", a, Constant{"2020-01-01 00:00"}}), Options{}},
		"float modulo":          {aggregated(Sum, "f4", Operation{"%", a, Constant{"2"}}), Options{}},
		"two unknowns":          {aggregated(Sum, "i", Operation{"+", Constant{"1"}, Constant{"2"}}), Options{}},
		"new integers":          {aggregated(Sum, "i", Operation{"+", a, Constant{"0x10"}}), Options{}},
		"condition":             {aggregated(Sum, "i", Negation{a}), Options{}},
		"missing argument":      {aggregated(Sum, "i", Operation{"+", a, Argument{1}}), Options{}},
		"argument's type":       {aggregated(Sum, "i", Operation{"+", a, Argument{1}}), Options{Args: []any{struct{}{}}}},
		"argument that's cut":   {aggregated(Sum, "i", Operation{"+", a, Argument{1}}), Options{Args: []any{1.5}}},
		"argument of two types": {&Group{Aggregates: []Aggregate{{Func: Sum, Column: 0}, {Func: Sum, Column: column("num")}}, Outputs: []Output{{Name: "x", X: Operation{">", AggregateRef{0}, Argument{1}}}, {Name: "y", X: Operation{">", AggregateRef{1}, Argument{1}}}}}, Options{Args: []any{1}}},
		"operator":              {aggregated(Sum, "i", Operation{"||", a, a}), Options{}},
	} {
		test.o.Declared, test.o.Limit = declared, -1
		_, err := New(&Spec{Dialect: messages.PostgreSQL, Group: test.group}, feedOf(), test.o)
		require.ErrorIs(t, err, messages.ErrRefused, name)
		require.ErrorContains(t, err, ": ", name)
	}
	for name, test := range map[string]*Group{
		"no key":       {Outputs: []Output{{Name: "x", X: k}}},
		"no aggregate": {Outputs: []Output{{Name: "x", X: Junction{Args: []Expr{a, Constant{nil}}}}}},
		"no column":    {Aggregates: []Aggregate{{Column: 99}}},
		"no name":      {Outputs: []Output{{NameOf: 99, X: Constant{nil}}}},
	} {
		_, err := New(&Spec{Dialect: messages.PostgreSQL, Group: test}, feedOf(), Options{Declared: declared, Limit: -1})
		require.ErrorIs(t, err, messages.ErrProtocol, name)
	}
	_, err := New(&Spec{Dialect: messages.PostgreSQL, Group: &Group{}}, feedOf(), Options{})
	require.ErrorIs(t, err, messages.ErrProtocol)
}

// TestMalformedValues: bytes that aren't of their type are an error, not a panic.
func TestMalformedValues(t *testing.T) {
	for _, oid := range []uint32{pgtype.Int8OID, pgtype.NumericOID, pgtype.Float8OID, pgtype.Float4OID, pgtype.IntervalOID, pgtype.BoolOID} {
		fn := Sum
		if oid == pgtype.BoolOID {
			fn = And
		}
		for _, v := range [][]byte{{}, {1, 2, 3}, make([]byte, 17), {0, 1, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, {0, 1, 0, 0, 0, 1, 0, 0, 0, 1}, {0, 1, 0xff, 0xfe, 0, 0, 0, 0, 0, 1}, {0, 2, 0, 0, 0, 0, 0, 0, 0, 1}} {
			part := answer{fields: describeColumns([]string{"v"}, []uint32{oid}).Fields, rows: [][][]byte{{v}}, oids: [][]uint32{{oid}}}
			_, err := mergeGroups(messages.PostgreSQL, &Group{Aggregates: []Aggregate{{Func: fn}}, Outputs: []Output{{Name: "x", X: AggregateRef{0}}}}, Options{}, part)
			require.ErrorIs(t, err, messages.ErrProtocol, "%d %x", oid, v)
		}
	}
}

// TestSchemaDiffers: rows that aren't what was declared are an error.
func TestSchemaDiffers(t *testing.T) {
	part := int8Answer([]string{"n"}, []any{1})
	other := answer{fields: describeColumns([]string{"n"}, []uint32{pgtype.Int4OID}).Fields, rows: [][][]byte{{{0, 0, 0, 1}}}, oids: [][]uint32{{pgtype.Int4OID}}}
	group := &Group{Aggregates: []Aggregate{{}}, Outputs: []Output{{X: AggregateRef{0}}}}
	_, err := mergeGroups(messages.PostgreSQL, group, Options{}, part, other)
	require.ErrorIs(t, err, messages.ErrSchemaMismatch)
	wide := int8Answer([]string{"n", "m"}, []any{1, 2})
	_, err = mergeGroups(messages.SQLite, group, Options{}, part, wide)
	require.ErrorIs(t, err, messages.ErrSchemaMismatch)
}
