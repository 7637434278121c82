package sqlite_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

func memory(t testing.TB) *sqlite.Backend { return open(t, sqlite.Config{Mode: sqlite.Memory}) }

var anID = [16]byte{0x6b, 0xa7, 0xb8, 0x10, 0x9d, 0xad, 0x11, 0xd1, 0x80, 0xb4, 0, 0xc0, 0x4f, 0xd4, 0x30, 0xc8}

func TestTypes(t *testing.T) {
	utc := func(s string) time.Time {
		at, err := time.Parse("2006-01-02 15:04:05.999999", s)
		require.NoError(t, err)
		return at
	}
	for _, test := range []struct {
		declared, value string
		oid             uint32
		want            any
	}{
		{"integer", "7", pgtype.Int8OID, int64(7)},
		{"integer", "-9223372036854775808", pgtype.Int8OID, int64(-1 << 63)},
		{"int", "null", pgtype.Int8OID, nil},
		{"bigint", "'x'", pgtype.TextOID, "x"},
		{"real", "7", pgtype.Float8OID, 7.0},
		{"double precision", "null", pgtype.Float8OID, nil},
		{"real", "9e999", pgtype.Float8OID, inf},
		{"text", "'a'", pgtype.TextOID, "a"},
		{"text", "''", pgtype.TextOID, ""},
		{"varchar(9)", "null", pgtype.TextOID, nil},
		{"text", "cast(x'610062' as text)", pgtype.TextOID, "a\x00b"},
		{"blob", "x'00ff'", pgtype.ByteaOID, []byte{0, 255}},
		{"blob", "x''", pgtype.ByteaOID, []byte{}},
		{"blob", "zeroblob(3)", pgtype.ByteaOID, []byte{0, 0, 0}},
		{"blob", "null", pgtype.ByteaOID, nil},
		{"boolean", "1", pgtype.BoolOID, true},
		{"bool", "0", pgtype.BoolOID, false},
		{"boolean", "2", pgtype.Int8OID, int64(2)},
		{"boolean", "null", pgtype.BoolOID, nil},
		{"boolean", "'maybe'", pgtype.TextOID, "maybe"},
		{"decimal(10,2)", "3.00", pgtype.Float8OID, 3.0},
		{"numeric", "3.5", pgtype.Float8OID, 3.5},
		{"numeric", "9007199254740993", pgtype.Int8OID, int64(9007199254740993)},
		{"numeric", "null", pgtype.Float8OID, nil},
		{"date", "'2024-02-29'", pgtype.DateOID, utc("2024-02-29 00:00:00")},
		{"date", "'1969-12-31'", pgtype.DateOID, utc("1969-12-31 00:00:00")},
		{"date", "'2024-02-29 13:00'", pgtype.TimestampOID, utc("2024-02-29 13:00:00")},
		{"date", "'2023-02-29'", pgtype.TextOID, "2023-02-29"},
		{"datetime", "'2024-02-29 13:14:15'", pgtype.TimestampOID, utc("2024-02-29 13:14:15")},
		{"timestamp(3)", "'2024-02-29T13:14:15.123456789Z'", pgtype.TimestampOID, utc("2024-02-29 13:14:15.123456")},
		{"datetime", "'2024-02-29'", pgtype.TimestampOID, utc("2024-02-29 00:00:00")},
		{"datetime", "'2024-02-29 13:14:15.5+02:00'", pgtype.TimestampOID, utc("2024-02-29 11:14:15.5")},
		{"timestamp without time zone", "'2024-02-29 13:14:15'", pgtype.TimestampOID, utc("2024-02-29 13:14:15")},
		{"datetime", "'2024-02-29 13:14:15.5 -0730 MST m=+0.01'", pgtype.TimestampOID, utc("2024-02-29 20:44:15.5")},
		{"datetime", "'tomorrow'", pgtype.TextOID, "tomorrow"},
		{"datetime", "'2024-02-29 25:00:00'", pgtype.TextOID, "2024-02-29 25:00:00"},
		{"datetime", "1709212455", pgtype.Int8OID, int64(1709212455)},
		{"datetime", "null", pgtype.TimestampOID, nil},
		{"timestamptz", "null", pgtype.TimestamptzOID, nil},
		{"date", "null", pgtype.DateOID, nil},
		{"json", "'{}'", pgtype.JSONOID, map[string]any{}},
		{"jsonb", "' [1, null, \"a\"]'", pgtype.JSONOID, []any{1.0, nil, "a"}},
		{"json", "'{a: 1}'", pgtype.TextOID, "{a: 1}"},
		{"json", "''", pgtype.TextOID, ""},
		{"json", "7", pgtype.Int8OID, int64(7)},
		{"jsonb", "x'00'", pgtype.ByteaOID, []byte{0}},
		{"json", "null", pgtype.JSONOID, nil},
		{"uuid", "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'", pgtype.UUIDOID, anID},
		{"uuid", "'6BA7B810-9DAD-11D1-80B4-00C04FD430C8'", pgtype.TextOID, "6BA7B810-9DAD-11D1-80B4-00C04FD430C8"},
		{"uuid", "'6ba7b8109dad11d180b400c04fd430c8'", pgtype.TextOID, "6ba7b8109dad11d180b400c04fd430c8"},
		{"uuid", "'6ba7b810-9dad-11d1-80b4-00c04fd430cg'", pgtype.TextOID, "6ba7b810-9dad-11d1-80b4-00c04fd430cg"},
		{"uuid", "'6ba7b810+9dad-11d1-80b4-00c04fd430c8'", pgtype.TextOID, "6ba7b810+9dad-11d1-80b4-00c04fd430c8"},
		{"uuid", "x'00'", pgtype.ByteaOID, []byte{0}},
		{"uuid", "null", pgtype.UUIDOID, nil},
		{"text", "'6ba7b810-9dad-11d1-80b4-00c04fd430c8'", pgtype.TextOID, "6ba7b810-9dad-11d1-80b4-00c04fd430c8"},
		{"", "7", pgtype.Int8OID, int64(7)},
		{"", "'7'", pgtype.TextOID, "7"},
		{"", "null", pgtype.TextOID, nil},
	} {
		b := memory(t)
		exec(t, b, "create table t (a "+test.declared+")")
		exec(t, b, "insert into t values ("+test.value+")")
		rows, tag := query(t, b, "select a from t")
		require.Equal(t, "SELECT 1", tag.String())
		require.Equal(t, row{[]any{test.want}, []uint32{test.oid}}, rows[0], "%s %s", test.declared, test.value)
	}
}

func TestTimestamptz(t *testing.T) {
	b := memory(t)
	exec(t, b, "create table t (a timestamptz, b timestamp with time zone)")
	at := time.Date(2024, 2, 29, 13, 14, 15, 123456789, time.FixedZone("", 5400))
	exec(t, b, "insert into t values ($1, $1)", at)
	rows, _ := query(t, b, "select * from t")
	require.Equal(t, []uint32{pgtype.TimestamptzOID, pgtype.TimestamptzOID}, rows[0].oids)
	for _, v := range rows[0].values {
		require.True(t, at.Truncate(time.Microsecond).Equal(v.(time.Time)), "%v", v)
	}
	require.Equal(t, "2024-02-29 11:44:15.123456+00:00", one(t, b, "select ''||a from t"))
}

// TestTimeThatWasReadFindsItsRow: what is stored is what is read, though Go's clock knows nanoseconds.
func TestTimeThatWasReadFindsItsRow(t *testing.T) {
	b := memory(t)
	exec(t, b, "create table t (at timestamptz)")
	for _, at := range []time.Time{
		time.Date(2026, 1, 2, 3, 4, 5, 123456789, time.UTC), time.Date(1969, 12, 31, 23, 59, 59, 999999999, time.UTC),
		time.Date(0, 1, 1, 0, 0, 0, 1, time.UTC), time.Date(2026, 1, 2, 3, 4, 5, 100000999, time.UTC),
	} {
		exec(t, b, "delete from t")
		exec(t, b, "insert into t values ($1)", at)
		back := one(t, b, "select at from t").(time.Time)
		require.True(t, at.Truncate(time.Microsecond).Equal(back), "%v became %v", at, back)
		require.Equal(t, int64(1), one(t, b, "select count(*) from t where at = $1", back), at)
		require.Equal(t, int64(0), one(t, b, "select count(*) from t where at > $1", back), at)
		text, err := time.Parse(sqlite.TimeFormat, one(t, b, "select max(at) from t").(string))
		require.NoError(t, err)
		require.True(t, back.Equal(text))
	}
}

// scanOne scans the only value of sql's first row as a reader of rows does.
func scanOne(t *testing.T, c shardworker.Conn, dest any, sql string, args ...any) {
	t.Helper()
	cursor, err := c.Query(background(t), sql, args)
	require.NoError(t, err)
	require.True(t, cursor.Next())
	f := cursor.Description().Fields[0]
	b := messages.NewRowBatch(cursor.Description())
	defer b.Recycle(1 << 20)
	cursor.Append(b)
	raw := make([][]byte, 1)
	b.ReadRow(0, raw)
	require.NoError(t, types.Scan(f.DataTypeOID, f.Format, raw[0], dest), "%T", dest)
	_, err = cursor.Close()
	require.NoError(t, err)
}

func TestUUIDAndJSONRoundTrip(t *testing.T) {
	b := memory(t)
	exec(t, b, "create table t (id uuid primary key, doc json); create view v as select id as key, doc from t")
	c := acquire(t, b, writer)
	type document struct{ Name string }
	var id [16]byte
	scanOne(t, c, &id, "insert into t values ($1, $2) returning id", anID, json.RawMessage(`{"Name": "Ada"}`))
	require.Equal(t, anID, id)
	for _, sql := range []string{"select id from t where id = $1", "select key from v where key = $1", "select id from (select * from t) where id = $1"} {
		var id [16]byte
		var named uuid
		var value pgtype.UUID
		var text string
		scanOne(t, c, &id, sql, anID)
		scanOne(t, c, &named, sql, anID)
		scanOne(t, c, &value, sql, anID)
		scanOne(t, c, &text, sql, anID)
		require.Equal(t, anID, id)
		require.Equal(t, uuid(anID), named)
		require.Equal(t, pgtype.UUID{Bytes: anID, Valid: true}, value)
		require.Equal(t, "6ba7b810-9dad-11d1-80b4-00c04fd430c8", text)
	}
	var doc document
	var asMap map[string]any
	var text string
	var raw json.RawMessage
	scanOne(t, c, &doc, "select doc from t")
	scanOne(t, c, &asMap, "select doc from t")
	scanOne(t, c, &text, "select doc from t")
	scanOne(t, c, &raw, "select doc from v")
	require.Equal(t, document{"Ada"}, doc)
	require.Equal(t, map[string]any{"Name": "Ada"}, asMap)
	require.Equal(t, `{"Name": "Ada"}`, text)
	require.JSONEq(t, text, string(raw))
}

func TestEmptyResultIsDescribedAsDeclared(t *testing.T) {
	b := memory(t)
	exec(t, b, "create table t (a integer, b real, c text, d blob, e boolean, f datetime, g)")
	c := acquire(t, b, readers)
	cursor, err := c.Query(background(t), "select a, b, c, d, e, f, g, a+1 as sum from t", nil)
	require.NoError(t, err)
	first := cursor.Description()
	require.False(t, cursor.Next())
	require.Same(t, first, cursor.Description())
	var oids []uint32
	for _, f := range first.Fields {
		require.Equal(t, int32(-1), f.TypeModifier)
		oids = append(oids, f.DataTypeOID)
	}
	require.Equal(t, []uint32{
		pgtype.Int8OID, pgtype.Float8OID, pgtype.TextOID, pgtype.ByteaOID, pgtype.BoolOID, pgtype.TimestampOID,
		pgtype.TextOID, pgtype.TextOID,
	}, oids)
	require.Equal(t, "sum", first.Fields[7].Name)
	require.Equal(t, int16(8), first.Fields[0].DataTypeSize)
	tag, err := cursor.Close()
	require.NoError(t, err)
	require.Equal(t, "SELECT 0", tag.String())
}

func TestTypeChangesInMidResult(t *testing.T) {
	b := memory(t)
	exec(t, b, "create table t (id integer primary key, a integer)")
	exec(t, b, "insert into t (a) values (null), (1), (null), ('x'), (null), (2.5), (3)")
	c := acquire(t, b, readers)
	cursor, err := c.Query(background(t), "select a, id from t order by id", nil)
	require.NoError(t, err)
	descriptions := []any{cursor.Description()}
	var oids []uint32
	var values []any
	for cursor.Next() {
		d := cursor.Description()
		if descriptions[len(descriptions)-1] != any(d) {
			descriptions = append(descriptions, d)
		}
		r := decode(t, cursor)
		oids, values = append(oids, r.oids[0]), append(values, r.values[0])
	}
	require.Equal(t, []any{nil, int64(1), nil, "x", nil, 2.5, int64(3)}, values)
	const i, x, f = pgtype.Int8OID, pgtype.TextOID, pgtype.Float8OID
	require.Equal(t, []uint32{i, i, i, x, x, f, i}, oids)
	require.Len(t, descriptions, 4)
	_, err = cursor.Close()
	require.NoError(t, err)
}

func TestColumnThatOnlyShowedNULLs(t *testing.T) {
	b := memory(t)
	rows, _ := query(t, b, "select null as a union all select x'01'")
	require.Equal(t, []uint32{pgtype.TextOID}, rows[0].oids)
	require.Equal(t, row{[]any{[]byte{1}}, []uint32{pgtype.ByteaOID}}, rows[1])
}

func TestUTF16Database(t *testing.T) {
	b := open(t, sqlite.Config{Path: t.TempDir() + "/utf16.db", OnConnect: "pragma encoding='UTF-16le'"})
	exec(t, b, "create table t (a text)")
	require.Equal(t, "UTF-16le", one(t, b, "select encoding from pragma_encoding"))
	exec(t, b, "insert into t values ($1)", "grüß 🎭")
	require.Equal(t, "grüß 🎭", one(t, b, "select a from t"))
}
