package merge

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

func openSQLite(t testing.TB) shardworker.Conn {
	t.Helper()
	b, err := sqlite.New(sqlite.Config{Mode: sqlite.Memory})
	require.NoError(t, err)
	c, err := b.Acquire(t.Context(), b.Lane("insert into t values (1)", false))
	require.NoError(t, err)
	t.Cleanup(func() {
		c.Release()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		require.NoError(t, b.Close(ctx))
	})
	return c
}

// sqliteRows calls see with each row of sql, which is valid during the call.
func sqliteRows(t testing.TB, c shardworker.Conn, sql string, see func(d *messages.Description, raw [][]byte)) {
	t.Helper()
	cursor, err := c.Query(t.Context(), sql, nil)
	require.NoError(t, err)
	for cursor.Next() {
		d := cursor.Description()
		b := messages.NewRowBatch(d)
		cursor.Append(b)
		raw := make([][]byte, len(d.Fields))
		b.ReadRow(0, raw)
		see(d, raw)
		b.Recycle(1 << 20)
	}
	_, err = cursor.Close()
	require.NoError(t, err)
}

var sqliteTexts = []string{
	"''", "' '", "'a'", "'a '", "'a  '", "'A'", "'A '", "'ab'", "'aB'", "'B'", "'_'", "'Z'", "'ä'", "'Ä'", "'10'", "'9'", "'@'", "'['", "'`'", "'{'",
	"'aaaaaaaa'", "'AAAAAAAAb'", "'aaaaaaaa '", "cast(x'6100' as text)", "cast(x'610062' as text)", "cast(x'410063' as text)", "cast(x'61006263' as text)", "cast(x'00' as text)", "cast(x'ff' as text)",
}

var sqliteNumbers = []string{
	"0", "-0.0", "0.5", "-0.5", "1", "1.0", "-1", "9007199254740992", "9007199254740993", "9007199254740992.0", "9007199254740994.0", "-9007199254740993", "-9007199254740992.0",
	"9223372036854775807", "9223372036854775807.0", "-9223372036854775808", "-9223372036854775808.0", "9223372036854774784.0", "1e19", "-1e19", "9e999", "-9e999", "5e-324", "2", "1.5", "9223372036854775806", "1e300",
}

var sqliteBlobs = []string{"x''", "x'00'", "x'0000'", "x'61'", "x'ff'", "zeroblob(2)"}

// TestSQLiteValues asks SQLite how every value compares with every other, by each collation and declared type.
func TestSQLiteValues(t *testing.T) {
	all := append(append(append([]string{}, sqliteTexts...), sqliteNumbers...), sqliteBlobs...)
	days := append([]string{"'2024-02-29'", "'0000-01-01'", "'9999-12-31'", "'2024-02-28'", "'2024-2-3'", "'tomorrow'", "'2024-02-29 '", "'1969-12-31'"}, all...)
	uuids := append([]string{
		"'6ba7b810-9dad-11d1-80b4-00c04fd430c8'", "'6BA7B810-9DAD-11D1-80B4-00C04FD430C8'", "'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'",
		"'41000000-0000-0000-0000-000000000000'", "'61000000-0000-0000-0000-000000000000'", "'61000000-0000-0000-0000-000000000020'",
		"'6ba7b810-9dad-11d1-80b4-00c04fd430c8 '", "'6ba7b810'", "'a0000000-0000-0000-0000-000000000000'", "'90000000-0000-0000-0000-000000000000'",
	}, all...)
	for _, test := range []struct {
		declared string
		values   []string
	}{
		{"", all},
		{"boolean", append([]string{"true", "false", "2", "null"}, all...)},
		{"numeric", all},
		{"integer", all},
		{"real", all},
		{"text", all},
		{"date", days},
		{"uuid", uuids},
		{"json", append([]string{"'{}'", "'{\"a\":1}'", "'[1]'", "'[1 ]'"}, all...)},
	} {
		for name, collation := range map[string]Collation{"binary": Bytewise, "nocase": NoCase, "rtrim": TrimRight} {
			t.Run(test.declared+"/"+name, func(t *testing.T) { compareSQLitePairs(t, test.declared, name, collation, test.values) })
		}
	}
}

func compareSQLitePairs(t *testing.T, declared, name string, collation Collation, values []string) {
	conn := openSQLite(t)
	_, err := conn.Exec(t.Context(), fmt.Sprintf("create table t (i integer primary key, v %s collate %s)", declared, name), nil)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), "insert into t (v) values ("+strings.Join(values, "), (")+")", nil)
	require.NoError(t, err)
	c := newComparer(messages.SQLite, "v", collation)
	seen := 0
	sqliteRows(t, conn, `select a.v, b.v, case when a.v < b.v then -1 when a.v > b.v then 1 else 0 end as verdict, a.i, b.i, quote(a.v) || ' and ' || quote(b.v)
		from t a, t b where a.v is not null and b.v is not null`,
		func(d *messages.Description, raw [][]byte) {
			want, err := int4(raw[2])
			require.NoError(t, err)
			requireSQLiteVerdict(t, c, d, raw, want)
			seen++
		})
	require.Greater(t, seen, 1000)
}

func requireSQLiteVerdict(t *testing.T, c *comparer, d *messages.Description, raw [][]byte, want int) {
	t.Helper()
	pair := fmt.Sprintf("%s as %d and %d", raw[5], d.Fields[0].DataTypeOID, d.Fields[1].DataTypeOID)
	got, err := c.compare(d, 0, raw[0], d, 1, raw[1])
	require.NoError(t, err, pair)
	require.Equal(t, want, sign(got), pair)
	a, err := appendIdentity(nil, messages.SQLite, &d.Fields[0], c.collation, raw[0])
	require.NoError(t, err, pair)
	b, err := appendIdentity(nil, messages.SQLite, &d.Fields[1], c.collation, raw[1])
	require.NoError(t, err, pair)
	require.Equal(t, want == 0, string(a) == string(b), pair)

	var heads [2]head
	for i := range heads {
		k := kindOf(messages.SQLite, &d.Fields[i])
		var ok bool
		heads[i].rank = uint8(storageClass(k))
		heads[i].prefix, heads[i].whole, ok = prefixOf(k, c.collation, raw[i])
		require.True(t, ok, pair)
	}
	switch {
	case heads[0].before(heads[1]):
		require.Equal(t, -1, want, pair)
	case heads[1].before(heads[0]):
		require.Equal(t, 1, want, pair)
	case heads[0].whole && heads[1].whole:
		require.Equal(t, 0, want, pair)
	}
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	default:
		return 0
	}
}

// TestSQLiteTimesAreRefused: SQLite orders the texts, of which one instant has many.
func TestSQLiteTimesAreRefused(t *testing.T) {
	conn := openSQLite(t)
	for _, sql := range []string{
		"create table t (a timestamp, b timestamptz, c date)",
		"insert into t values ('2024-01-01 10:00', '2024-01-01 10:00:00+02:00', '2024-01-01 10:00'), ('2024-01-01T10:00', 7, 8)",
	} {
		_, err := conn.Exec(t.Context(), sql, nil)
		require.NoError(t, err)
	}
	rows := 0
	sqliteRows(t, conn, "select a, b, c, +a, +b, +c from t", func(d *messages.Description, raw [][]byte) {
		for i := range 6 {
			c := newComparer(messages.SQLite, "", Bytewise)
			_, orderErr := c.compare(d, i, raw[i], d, i, raw[i])
			_, equalErr := appendIdentity(nil, messages.SQLite, &d.Fields[i], Bytewise, raw[i])
			if i > 2 || rows == 1 && i > 0 {
				require.NoError(t, orderErr)
				require.NoError(t, equalErr)
				continue
			}
			require.ErrorIs(t, orderErr, messages.ErrRefused)
			require.ErrorContains(t, orderErr, d.Fields[i].Name)
			require.ErrorIs(t, equalErr, messages.ErrRefused)
		}
		rows++
	})
	require.Equal(t, 2, rows)
}

func TestIntFloatExtremes(t *testing.T) {
	require.Equal(t, -1, compareIntFloat(math.MaxInt64, beyondInt))
	require.Equal(t, 1, compareIntFloat(math.MinInt64, -beyondInt*2))
	require.Equal(t, 0, compareIntFloat(math.MinInt64, -beyondInt))
	require.Equal(t, 1, compareIntFloat(1<<53+1, 1<<53))
	require.Equal(t, -1, compareIntFloat(0, 5e-324))
	require.Equal(t, 1, compareIntFloat(0, -5e-324))
	require.Equal(t, -1, compareIntFloat(math.MaxInt64, math.NaN()))
}
