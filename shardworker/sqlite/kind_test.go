package sqlite_test

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/shardworker/sqlite"
)

func memory(t testing.TB) *sqlite.Backend { return open(t, sqlite.Config{Mode: sqlite.Memory}) }

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
		{"json", "'{}'", pgtype.TextOID, "{}"},
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
	require.Equal(t, "2024-02-29 11:44:15.123456789+00:00", one(t, b, "select ''||a from t"))
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
