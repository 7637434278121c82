package coordinator_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/shardworker/fake"
)

type row4 struct {
	ID   int64
	Name *string
	At   time.Time
	OK   bool
}

var when = time.Date(2026, 2, 3, 4, 5, 6, 7000, time.UTC)

func rows4() fake.Result {
	return fake.Rows(fake.Column("id", pgtype.Int8OID), fake.Column("name", pgtype.TextOID),
		fake.Column("at", pgtype.TimestamptzOID), fake.Column("ok", pgtype.BoolOID)).
		Row(int64(1), "one", when, true).Row(int64(2), nil, when, false)
}

func query4(t *testing.T, c cast) *coordinator.Rows {
	rows, err := c.Query(t.Context(), "select four")
	require.NoError(t, err)
	return rows.(*coordinator.Rows)
}

func TestRowsWithPgxsCollectors(t *testing.T) {
	c := spawn(t, 1, nil)
	c.reply("select", rows4())
	name := "one"
	structs, err := pgx.CollectRows(query4(t, c), pgx.RowToStructByName[row4])
	require.NoError(t, err)
	require.Len(t, structs, 2)
	require.Equal(t, &name, structs[0].Name)
	require.Nil(t, structs[1].Name)
	require.True(t, when.Equal(structs[0].At))
	byPosition, err := pgx.AppendRows([]row4{{ID: 9}}, query4(t, c), pgx.RowToStructByPos[row4])
	require.NoError(t, err)
	require.Len(t, byPosition, 3)
	maps, err := pgx.CollectRows(query4(t, c), pgx.RowToMap)
	require.NoError(t, err)
	require.Equal(t, int64(2), maps[1]["id"])
	require.Nil(t, maps[1]["name"])
	var id int64
	var text *string
	seen := 0
	_, err = pgx.ForEachRow(query4(t, c), []any{&id, &text, nil, nil}, func() error { seen++; return nil })
	require.NoError(t, err)
	require.Equal(t, 2, seen)
	first, err := pgx.CollectOneRow(query4(t, c), pgx.RowToAddrOfStructByName[row4])
	require.NoError(t, err)
	require.EqualValues(t, 1, first.ID)
}

type scanner struct{ values []any }

func (s *scanner) ScanRow(rows pgx.Rows) error {
	values, err := rows.Values()
	s.values = values
	return err
}

func TestRowsContract(t *testing.T) {
	c := spawn(t, 1, nil)
	c.reply("select", rows4())
	rows := query4(t, c)
	require.Len(t, rows.FieldDescriptions(), 4)
	require.Equal(t, "id", rows.FieldDescriptions()[0].Name)
	require.Error(t, rows.Scan(nil, nil, nil, nil), "before Next")
	_, err := rows.Values()
	require.Error(t, err)
	require.Nil(t, rows.RawValues())
	require.Empty(t, rows.Shard())
	require.Nil(t, rows.Conn())
	require.NotNil(t, rows.TypeMap())
	require.True(t, rows.Next())
	require.EqualValues(t, "s0", rows.Shard())
	require.Len(t, rows.RawValues(), 4)
	var whole scanner
	require.NoError(t, rows.Scan(&whole))
	require.Equal(t, int64(1), whole.values[0])
	require.True(t, rows.Next())
	require.Nil(t, rows.RawValues()[1])
	for range 3 {
		require.False(t, rows.Next())
	}
	require.NoError(t, rows.Err())
	require.Equal(t, "SELECT 2", rows.CommandTag().String())
	require.Len(t, rows.FieldDescriptions(), 4, "after the end")
	require.Error(t, rows.Scan(nil, nil, nil, nil), "after the end")
	rows.Close()
	rows.Close()
	require.NoError(t, rows.Err())

	for name, dest := range map[string][]any{
		"count": {nil}, "type": {new(bool), nil, nil, nil}, "null": {nil, new(string), nil, nil},
	} {
		rows := query4(t, c)
		require.True(t, rows.Next())
		require.True(t, rows.Next())
		err := rows.Scan(dest...)
		require.Error(t, err, name)
		require.False(t, rows.Next(), "a scan error closes")
		require.Equal(t, err, rows.Err())
	}
}

// A type that one caller registers must not be another's.
func TestRegisteredTypesStayWithTheirRows(t *testing.T) {
	c := spawn(t, 1, nil)
	c.reply("select", rows4())
	rows := query4(t, c)
	require.True(t, rows.Next())
	rows.TypeMap().RegisterType(&pgtype.Type{Name: "int8", OID: pgtype.Int8OID, Codec: pgtype.BoolCodec{}})
	rows.Close()
	for range 20 {
		rows := query4(t, c)
		require.True(t, rows.Next())
		values, err := rows.Values()
		require.NoError(t, err)
		require.Equal(t, int64(1), values[0])
		rows.Close()
	}
}

type city string

// What Scan answers is what pgx's own type map does, whichever way it takes.
func TestScanAnswersAsPgxDoes(t *testing.T) {
	long := strings.Repeat("long ", 1000)
	for _, test := range []struct {
		oid   uint32
		value any
	}{
		{pgtype.TextOID, "text"},
		{pgtype.TextOID, ""},
		{pgtype.TextOID, long},
		{pgtype.TextOID, "\x00\xff"},
		{pgtype.TextOID, nil},
		{pgtype.VarcharOID, "varchar"},
		{pgtype.VarcharOID, nil},
		{pgtype.Int8OID, int64(-1)},
		{pgtype.Int8OID, int64(1) << 62},
		{pgtype.Int8OID, nil},
		{pgtype.Int8OID, fake.Raw{1, 2, 3}},
		{pgtype.Int4OID, int32(5)},
		{pgtype.BoolOID, true},
		{pgtype.ByteaOID, []byte("bytes")},
	} {
		c := spawn(t, 1, nil)
		c.reply("select", fake.Rows(fake.Column("v", test.oid)).Row(test.value).Row(test.value))
		for _, dest := range []func() any{
			func() any { return new(string) }, func() any { return new(*string) }, func() any { return new(**string) }, func() any { return new(city) },
			func() any { return new(*city) }, func() any { return new(int64) }, func() any { return new(*int64) }, func() any { return new(int) },
			func() any { return new(uint8) }, func() any { return new([]byte) }, func() any { return new(any) }, func() any { return new(pgtype.Text) },
			func() any { return new(pgtype.Int8) }, func() any { return (*string)(nil) }, func() any { return (*int64)(nil) },
		} {
			name := fmt.Sprintf("%d %.10v into %T", test.oid, test.value, dest())
			rows, err := c.Query(t.Context(), "select v")
			require.NoError(t, err)
			require.True(t, rows.Next())
			raw := rows.RawValues()[0]
			want := dest()
			var wantErr error
			wantPanic := panics(func() { wantErr = pgtype.NewMap().Scan(test.oid, pgtype.BinaryFormatCode, raw, want) })
			got := dest()
			var gotErr error
			require.Equal(t, wantPanic, panics(func() { gotErr = rows.Scan(got) }), name)
			rows.Close()
			require.Equal(t, want, got, name)
			if wantErr == nil {
				require.NoError(t, gotErr, name)
				continue
			}
			var scanErr pgx.ScanArgError
			require.True(t, errors.As(gotErr, &scanErr), name)
			require.Equal(t, wantErr.Error(), scanErr.Err.Error(), name)
		}
	}
}

func panics(f func()) (value bool) {
	defer func() { value = recover() != nil }()
	f()
	return false
}

func TestTextsOutliveTheirRows(t *testing.T) {
	const n = 20_000
	c := spawn(t, 2, func(cfg *coordinator.Config) { cfg.BatchBytes = 2048 })
	text := func(i int) string { return strings.Repeat("x", i%400) + fmt.Sprint(i) }
	c.reply("select", fake.Rows(fake.Column("v", pgtype.TextOID), fake.Column("b", pgtype.ByteaOID)).
		Generate(n, func(i int) []any { return []any{text(i), []byte(text(i))} }))
	rows, err := c.Query(coordinator.InShardOrder(coordinator.AllShards(t.Context())), "select v, b from t")
	require.NoError(t, err)
	var kept []string
	var bytes [][]byte
	for rows.Next() {
		var s string
		var b []byte
		require.NoError(t, rows.Scan(&s, &b))
		kept, bytes = append(kept, s), append(bytes, b)
	}
	require.NoError(t, rows.Err())
	require.Len(t, kept, 2*n)
	for i := range kept {
		if kept[i] != text(i%n) || string(bytes[i]) != text(i%n) {
			t.Fatalf("row %d changed", i)
		}
	}
}

func TestDescriptionChangesInMidResult(t *testing.T) {
	c := spawn(t, 1, nil)
	r := fake.Rows(fake.Column("v", pgtype.Int8OID)).Row(int64(1)).Row("two").Row(int64(3)).
		Redescribe(1, fake.Column("v", pgtype.TextOID)).Redescribe(2, fake.Column("v", pgtype.Int8OID))
	c.reply("select", r)
	rows, err := c.Query(t.Context(), "select v")
	require.NoError(t, err)
	var values []any
	for rows.Next() {
		v, err := rows.Values()
		require.NoError(t, err)
		var scanned any
		require.NoError(t, rows.Scan(&scanned))
		require.Equal(t, v[0], scanned)
		values = append(values, scanned)
	}
	require.NoError(t, rows.Err())
	require.Equal(t, []any{int64(1), "two", int64(3)}, values)
}
