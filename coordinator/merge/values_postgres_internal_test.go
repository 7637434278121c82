package merge

import (
	"context"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
)

// postgresValues are nasty values by type, as SQL writes them.
var postgresValues = []struct {
	typ    string
	values []string
}{
	{"bool", []string{"t", "f"}},
	{"int2", []string{"-32768", "-1", "0", "1", "256", "32767"}},
	{"int4", []string{"-2147483648", "-1", "0", "1", "65536", "2147483647"}},
	{"int8", []string{"-9223372036854775808", "-1", "0", "1", "4294967296", "9007199254740993", "9223372036854775807"}},
	{"oid", []string{"0", "1", "2147483647", "2147483648", "4294967295"}},
	{"float4", []string{"NaN", "Infinity", "-Infinity", "0", "-0", "1e-45", "-1e-45", "3.4e38", "0.1", "16777216", "16777217", "1.5", "-1.5"}},
	{"float8", []string{"NaN", "Infinity", "-Infinity", "0", "-0", "5e-324", "-5e-324", "1.7e308", "-1.7e308", "0.1", "0.30000000000000004", "0.3", "9007199254740992", "9007199254740994", "1e20", "9.3e18", "-9.3e18", "-0.5", "-1"}},
	{"numeric", []string{
		"NaN", "Infinity", "-Infinity", "0", "0.0", "0.00", "1", "1.0", "1.00", "-1", "-1.5", "-0.5", "1.5", "0.0001", "0.00001", "0.00010", "10000", "9999", "9999.9999", "100000000", "1e-1000", "-1e-1000", "1e1000", "1.1e1000", "1e1001", "-1e1000",
		"9223372036854775807", "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "9223372036854775807.5", "18446744073709551616", "123456789012345678901234567890.123456789", "123456789012345678901234567890.12345678900", "1e-16383", "1e131071",
		"-10000", "-10000.0001", "99999999999999999999",
	}},
	{"text collate \"C\"", []string{"", " ", "a", "a ", "A", "ab", "B", "_x", "10", "9", "ä", "Z", "aaaaaaaa", "aaaaaaaab", "aaaaaaaa ", "\x01", "\x7f", "日本", "🎭"}},
	{"varchar(20) collate \"C\"", []string{"", "a", "a ", "A", "b"}},
	{"bpchar collate \"C\"", []string{"", " ", "a", "a  ", "a\t", "ab", "A", "a\x01", "aaaaaaaa", "aaaaaaaa  ", "aaaaaaaab"}},
	{"char(6) collate \"C\"", []string{"", "a", "a\x01", "ab", "abcdef"}},
	{"name", []string{"", "a", "A", "ab", "_"}},
	{"\"char\"", []string{"", "a", "A", " ", "z"}},
	{"bytea", []string{`\x`, `\x00`, `\x0000`, `\xff`, `\x7f`, `\x80`, `\x00ff`, `\x0011223344556677`, `\x001122334455667788`}},
	{"date", []string{"infinity", "-infinity", "2000-01-01", "1999-12-31", "0001-01-01", "0001-12-31 BC", "4713-01-01 BC", "5874897-12-31", "2024-02-29", "1900-03-01", "0005-02-29 BC", "10000-01-01"}},
	{"time", []string{"00:00", "24:00", "23:59:59.999999", "12:00:00.5", "12:00"}},
	{"timestamp", []string{"infinity", "-infinity", "2000-01-01", "1999-12-31 23:59:59.999999", "0001-12-31 12:00 BC", "294276-12-31 23:59:59.999999", "4713-01-01 00:00:00 BC", "2024-02-29 12:00:00.000001"}},
	{"timestamptz", []string{"infinity", "-infinity", "2000-01-01 00:00+00", "2000-01-01 01:00+01", "2000-01-01 00:00-01", "1999-12-31 23:59:59.999999+00", "1800-01-01 00:00+00", "0001-12-31 12:00+00 BC"}},
	{"interval", []string{
		"1 mon", "30 days", "720 hours", "29 days 24:00:00", "31 days", "1 year", "12 mons", "360 days", "365 days", "0", "-1 mon", "-30 days", "-720 hours", "1 mon -1 day", "29 days", "1 us", "-1 us", "-1 day 23:59:59.999999", "178000000 years", "-178000000 years", "2147483647 days", "-2147483648 days", "2562047788:00:54.775807", "-2562047788:00:54.775807", "1 day -00:00:00.000001",
		"2147483647 mons 2147483647 days", "1 year 2 mons 3 days 04:05:06.7", "-1 year -2 mons +3 days -04:05:06.7",
	}},
	{"uuid", []string{"00000000-0000-0000-0000-000000000000", "00000000-0000-0000-0000-000000000001", "ffffffff-ffff-ffff-ffff-ffffffffffff", "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "80000000-0000-0000-0000-000000000000"}},
	{"macaddr", []string{"00:00:00:00:00:00", "08:00:2b:01:02:03", "ff:ff:ff:ff:ff:ff", "80:00:00:00:00:00", "08:00:2b:81:02:03"}},
	{"macaddr8", []string{"00:00:00:00:00:00:00:00", "08:00:2b:01:02:03:04:05", "ff:ff:ff:ff:ff:ff:ff:ff", "08:00:2b:01:82:03:04:05"}},
	{"money", []string{"0", "-0.01", "0.01", "1234567.89", "-92233720368547758.08", "92233720368547758.07", "999.99", "1000"}},
	{"inet", []string{"10.0.0.1", "10.0.0.1/32", "10.0.0.1/8", "10.0.0.0/8", "::1", "::ffff:10.0.0.1", "::1/64"}},
	{"cidr", []string{"10.0.0.0/8", "10.0.0.0/16", "10.0.0.0", "::/0", "0.0.0.0/0"}},
}

// TestPostgreSQLValues asks PostgreSQL how every value compares with every other, and what it is in both forms.
func TestPostgreSQLValues(t *testing.T) {
	db := pgtest.Shared(t)
	conn, err := pgx.Connect(t.Context(), db.DSN())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(context.Background())) }()
	for _, test := range postgresValues {
		t.Run(test.typ, func(t *testing.T) {
			for _, format := range []int16{pgx.BinaryFormatCode, pgx.TextFormatCode} {
				comparePairs(t, conn, test.typ, test.values, format)
			}
			compareForms(t, conn, test.typ, test.values)
		})
	}
}

// compareForms requires that each value is the same in text form as in binary form, in a zone east and one west.
func compareForms(t *testing.T, conn *pgx.Conn, typ string, values []string) {
	if typ == "inet" || typ == "cidr" {
		return // these are read in binary form only
	}
	for _, zone := range []string{"Asia/Kolkata", "America/St_Johns", "UTC"} {
		_, err := conn.Exec(t.Context(), "set timezone = '"+zone+"'")
		require.NoError(t, err)
		rows, err := conn.Query(t.Context(), fmt.Sprintf("select s::%[1]s, s::%[1]s from unnest($1::text[]) u(s)", typ), pgx.QueryResultFormats{0, 1}, values)
		require.NoError(t, err)
		for rows.Next() {
			fields, raw := rows.FieldDescriptions(), rows.RawValues()
			text, err := appendIdentity(nil, messages.PostgreSQL, &fields[0], Bytewise, raw[0])
			require.NoError(t, err, "%s", raw[0])
			inBinary, err := appendIdentity(nil, messages.PostgreSQL, &fields[1], Bytewise, raw[1])
			require.NoError(t, err, "%s", raw[0])
			require.Equal(t, inBinary, text, "%s", raw[0])
		}
		require.NoError(t, rows.Err())
	}
}

// comparePairs compares all pairs of values with PostgreSQL's verdict.
func comparePairs(t *testing.T, conn *pgx.Conn, typ string, values []string, format int16) {
	sql := fmt.Sprintf(`with v as (select i, s::%[1]s as v from unnest($1::text[]) with ordinality u(s, i))
		select a.v::text, b.v::text, a.v, b.v, case when a.v < b.v then -1 when a.v > b.v then 1 when a.v = b.v then 0 end
		from v a, v b order by a.i, b.i`, typ)
	rows, err := conn.Query(t.Context(), sql, pgx.QueryResultFormats{0, 0, format, format, 1}, values)
	require.NoError(t, err)
	d := &messages.Description{Fields: append([]pgconn.FieldDescription(nil), rows.FieldDescriptions()...)}
	c := newComparer(messages.PostgreSQL, "v", Bytewise)
	seen := 0
	for rows.Next() {
		raw := rows.RawValues()
		want, err := int4(raw[4])
		require.NoError(t, err)
		requireSameVerdict(t, c, d, raw, want, string(raw[0])+" and "+string(raw[1]))
		seen++
	}
	require.NoError(t, rows.Err())
	require.Equal(t, len(values)*len(values), seen)
}

func int4(v []byte) (int, error) {
	n, ok := readInt(v)
	if !ok {
		return 0, fmt.Errorf("%x is no integer", v)
	}
	return int(n), nil
}

// requireSameVerdict requires that columns 2 and 3 of a row compare as the database says: by the comparer, by their
// identities, and by their prefixes.
func requireSameVerdict(t *testing.T, c *comparer, d *messages.Description, raw [][]byte, want int, pair string) {
	t.Helper()
	a, b := raw[2], raw[3]
	ai, err := appendIdentity(nil, c.dialect, &d.Fields[2], Bytewise, a)
	if kindOf(c.dialect, &d.Fields[2]) == networkValue && d.Fields[2].Format == pgx.TextFormatCode {
		require.ErrorIs(t, err, messages.ErrRefused)
		return
	}
	require.NoError(t, err, pair)
	bi, err := appendIdentity(nil, c.dialect, &d.Fields[3], Bytewise, b)
	require.NoError(t, err, pair)
	require.Equal(t, want == 0, string(ai) == string(bi), "%s: identities %x and %x", pair, ai, bi)

	got, err := c.compare(d, 2, a, d, 3, b)
	if kindOf(c.dialect, &d.Fields[2]) == networkValue {
		require.ErrorIs(t, err, messages.ErrRefused)
		return
	}
	require.NoError(t, err, pair)
	require.Equal(t, want, got, pair)
	requirePrefixes(t, d, raw, want, pair)
}

func requirePrefixes(t *testing.T, d *messages.Description, raw [][]byte, want int, pair string) {
	t.Helper()
	var prefixes [2]uint64
	var wholes [2]bool
	for i := range prefixes {
		f, v := &d.Fields[2+i], raw[2+i]
		k := kindOf(messages.PostgreSQL, f)
		if f.Format == pgx.TextFormatCode && k.isParsed() {
			parsed, ok := appendParsed(nil, k, v)
			require.True(t, ok, pair)
			v = parsed
		}
		var ok bool
		prefixes[i], wholes[i], ok = prefixOf(k, Bytewise, v)
		require.True(t, ok, pair)
	}
	switch {
	case prefixes[0] < prefixes[1]:
		require.Equal(t, -1, want, pair)
	case prefixes[0] > prefixes[1]:
		require.Equal(t, 1, want, pair)
	case wholes[0] && wholes[1]:
		require.Equal(t, 0, want, pair)
	}
}
