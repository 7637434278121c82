package sqlite_test

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"math"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/messages"
)

var inf = math.Inf(1)

type (
	city    string
	age     uint16
	isReady bool
	weight  float32
	payload []byte
	uuid    [16]byte
	valued  struct{ v any }

	rewriter struct{}
	secret   struct{ password string }
)

func (rewriter) RewriteQuery(context.Context, *pgx.Conn, string, []any) (string, []any, error) {
	return "select 1", nil, nil
}

func (v valued) Value() (driver.Value, error) {
	switch v.v {
	case "panic":
		panic("at the disco")
	case "panic with a secret":
		panic(secret{"hunter2"})
	case "error":
		return nil, errors.New("no value")
	}
	return v.v, nil
}

func TestArguments(t *testing.T) {
	b := memory(t)
	seven, text, none := 7, "x", (*int)(nil)
	id := [16]byte{0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}
	const idText = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
	at := time.Date(2024, 1, 2, 3, 4, 5, 600_700, time.FixedZone("x", 3600))
	for _, test := range []struct{ arg, want any }{
		{nil, nil},
		{7, int64(7)},
		{int8(7), int64(7)},
		{int16(7), int64(7)},
		{int32(7), int64(7)},
		{int64(-7), int64(-7)},
		{uint(7), int64(7)},
		{uint8(7), int64(7)},
		{uint32(7), int64(7)},
		{uint64(math.MaxInt64), int64(math.MaxInt64)},
		{age(7), int64(7)},
		{1.5, 1.5},
		{float32(1.5), 1.5},
		{weight(1.5), 1.5},
		{inf, inf},
		{true, int64(1)},
		{false, int64(0)},
		{isReady(true), int64(1)},
		{"x", "x"},
		{"", ""},
		{city("Köln"), "Köln"},
		{"a\x00b", "a\x00b"},
		{"\xff", "\xff"},
		{[]byte{0, 1}, []byte{0, 1}},
		{[]byte{}, []byte{}},
		{[]byte(nil), nil},
		{payload{1}, []byte{1}},
		{payload(nil), nil},
		{json.RawMessage(`{}`), "{}"},
		{json.RawMessage(nil), nil},
		{at, "2024-01-02 02:04:05.0006+00:00"},
		{&at, "2024-01-02 02:04:05.0006+00:00"},
		{time.Millisecond, int64(1e6)},
		{id, idText},
		{uuid(id), idText},
		{pgtype.UUID{Bytes: id, Valid: true}, idText},
		{pgtype.UUID{}, nil},
		{&seven, int64(7)},
		{&text, "x"},
		{none, nil},
		{(*time.Time)(nil), nil},
		{&none, nil},
		{valued{int64(9)}, int64(9)},
		{&valued{"v"}, "v"},
		{(*valued)(nil), nil},
		{valued{[]byte{1}}, []byte{1}},
		{valued{nil}, nil},
		{pgtype.Int4{Int32: 4, Valid: true}, int64(4)},
		{pgtype.Text{}, nil},
		{pgtype.Timestamptz{Time: at, Valid: true}, "2024-01-02 02:04:05.0006+00:00"},
	} {
		require.Equal(t, test.want, one(t, b, "select $1", test.arg), "%T", test.arg)
	}
}

// TestOptionsBeforeNoArguments: pgx's options don't make a script one statement.
func TestOptionsBeforeNoArguments(t *testing.T) {
	b := memory(t)
	exec(t, b, "create table t (a); insert into t values (1)", pgx.QueryExecModeSimpleProtocol)
	require.Equal(t, int64(1), one(t, b, "select a from t", pgx.QueryExecModeExec))
}

func TestArgumentsRefused(t *testing.T) {
	c := acquire(t, memory(t), readers)
	for _, test := range []struct {
		arg  any
		says string
	}{
		{[]string{"a"}, "[]string"},
		{[]int(nil), "[]int"},
		{map[string]int{}, "map[string]int"},
		{struct{ A int }{}, "struct"},
		{[3]int{}, "[3]int"},
		{uint64(math.MaxUint64), "uint64"},
		{math.NaN(), "NaN"},
		{make(chan int), "chan int"},
		{func() {}, "func()"},
		{complex(1, 1), "complex128"},
		{time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "year"},
		{valued{"error"}, "no value"},
		{valued{valued{1}}, "another Valuer"},
		{valued{[]string{}}, "[]string"},
	} {
		_, err := c.Query(background(t), "select $1, $2", []any{1, test.arg})
		require.ErrorIs(t, err, messages.ErrInvalidRequest, "%T", test.arg)
		require.ErrorContains(t, err, "argument 2")
		require.ErrorContains(t, err, test.says)
	}
	_, err := c.Query(background(t), "select $1", []any{valued{"panic"}})
	require.ErrorIs(t, err, messages.ErrPanic)
	require.ErrorContains(t, err, "at the disco")
	_, err = c.Query(background(t), "select $1", []any{valued{"panic with a secret"}})
	require.ErrorIs(t, err, messages.ErrPanic)
	require.ErrorContains(t, err, "a sqlite_test.secret")
	require.NotContains(t, err.Error(), "hunter2")
	rows, _ := queryOn(t, c, "select $1", "still usable")
	require.Equal(t, "still usable", rows[0].values[0])
}

func TestParameters(t *testing.T) {
	b := memory(t)
	named := pgx.NamedArgs{"a": 1, "b": "two", "unused": 3}
	for _, test := range []struct {
		sql  string
		args []any
		want []any
	}{
		{"select $2, $1, $2", []any{"a", "b"}, []any{"b", "a", "b"}},
		{"select ?, ?", []any{1, 2}, []any{int64(1), int64(2)}},
		{"select ?2, ?1", []any{1, 2}, []any{int64(2), int64(1)}},
		{"select $3", []any{1, 2, 3}, []any{int64(3)}},
		{"select $10, $1", []any{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}, []any{int64(10), int64(1)}},
		{"select :a, @b, $a", []any{named}, []any{int64(1), "two", int64(1)}},
		{"select @missing", []any{named}, []any{nil}},
		{"select @a", []any{pgx.StrictNamedArgs{"a": 1}}, []any{int64(1)}},
		{"select '$1', ':a'", nil, []any{"$1", ":a"}},
		{"select ?3, '?', /* ? */ ?1 as [?] -- ?", []any{1, 2, 3}, []any{int64(3), "?", int64(1)}},
		{"select $1", []any{pgx.QueryExecModeSimpleProtocol, pgx.QueryResultFormats{1}, pgx.QueryResultFormatsByOID{20: 0}, "a"}, []any{"a"}},
		{"select @a", []any{pgx.QueryExecModeExec, named}, []any{int64(1)}},
		{"select $1, $2", []any{"a", pgx.QueryExecModeExec}, []any{"a", int64(pgx.QueryExecModeExec)}},
	} {
		rows, _ := query(t, b, test.sql, test.args...)
		require.Equal(t, test.want, rows[0].values, test.sql)
	}
}

func TestParametersRefused(t *testing.T) {
	b := memory(t)
	exec(t, b, "create table t (a, b)")
	c := acquire(t, b, writer)
	for _, test := range []struct {
		sql  string
		args []any
		says string
	}{
		{"select $1, $2", []any{1}, "2 parameters and got 1"},
		{"select 1", []any{1}, "0 parameters and got 1"},
		{"select $1", nil, "1 parameters and got 0"},
		{"select $999999", []any{1}, "999999 parameters"},
		{"select @a", []any{1}, "NamedArgs"},
		{"select $1", []any{pgx.NamedArgs{"a": 1}}, "without a name"},
		{"select @a", []any{pgx.StrictNamedArgs{}}, `"a"`},
		{"select @a", []any{pgx.StrictNamedArgs{"a": 1, "b": 2}}, "2 arguments"},
		{"select @a", []any{pgx.NamedArgs{"a": []int{}}}, `argument "a"`},
		{"", []any{1}, "empty"},
		{"select $2, ?", []any{1, 2}, "mixes the anonymous parameter ? with the numbered $2"},
		{"select ?, ?2", []any{1, 2}, "numbered ?2"},
		{"select ?1, ?", []any{1, 2}, "numbered ?1"},
		{"select $1", []any{rewriter{}, 1}, "sqlite_test.rewriter is a pgx.QueryRewriter"},
		{"select $1", []any{pgx.QueryExecModeExec, rewriter{}, 1}, "pgx.QueryRewriter"},
	} {
		_, err := c.Query(background(t), test.sql, test.args)
		require.ErrorIs(t, err, messages.ErrInvalidRequest, test.sql)
		require.ErrorContains(t, err, test.says)
		_, err = c.Exec(background(t), test.sql, test.args)
		require.ErrorIs(t, err, messages.ErrInvalidRequest, test.sql)
	}
}

// TestRoundTrip stores random rows and reads them back, many texts larger than the connection's scratch memory.
func TestRoundTrip(t *testing.T) {
	b := memory(t)
	exec(t, b, "create table t (i integer, f real, s text, b blob, o boolean, at timestamptz)")
	micros := rapid.Custom(func(r *rapid.T) time.Time {
		return time.UnixMicro(rapid.Int64Range(-62135596800e6, 253402300799e6).Draw(r, "µs"))
	})
	large := rapid.Custom(func(r *rapid.T) []byte {
		return append(make([]byte, rapid.IntRange(0, 9000).Draw(r, "zeroes")), rapid.SliceOf(rapid.Byte()).Draw(r, "tail")...)
	})
	rapid.Check(t, func(r *rapid.T) {
		i, f, o := rapid.Int64().Draw(r, "i"), rapid.Float64().Draw(r, "f"), rapid.Bool().Draw(r, "o")
		s, bytes, at := string(large.Draw(r, "s")), large.Draw(r, "b"), micros.Draw(r, "at")
		exec(t, b, "delete from t")
		exec(t, b, "insert into t values ($1, $2, $3, $4, $5, $6)", i, f, s, bytes, o, at)
		exec(t, b, "insert into t values (@a, @a, @a, @a, @a, @a)", pgx.NamedArgs{"a": nil})
		rows, _ := query(t, b, "select * from t order by rowid")
		got := rows[0].values
		if !at.Equal(got[5].(time.Time)) {
			r.Fatalf("stored %v, got %v", at, got[5])
		}
		require.Equal(r, []any{i, f, s, bytes, o}, got[:5])
		require.Equal(r, make([]any, 6), rows[1].values)
		require.Equal(r, rows[0].oids, rows[1].oids)
	})
}
