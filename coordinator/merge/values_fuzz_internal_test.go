package merge

import (
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

// FuzzValues: whatever bytes a shard sends, no comparison panics, and what can be compared has one order, the same equality
// in comparisons and identities, and prefixes that agree.
func FuzzValues(f *testing.F) {
	oids := []uint32{
		pgtype.BoolOID, pgtype.Int4OID, pgtype.Int8OID, pgtype.OIDOID, pgtype.Float4OID, pgtype.Float8OID, pgtype.NumericOID, pgtype.TextOID, pgtype.BPCharOID, pgtype.ByteaOID,
		pgtype.UUIDOID, pgtype.MacaddrOID, pgtype.QCharOID, pgtype.DateOID, pgtype.TimeOID, pgtype.TimestampOID, pgtype.TimestamptzOID, pgtype.IntervalOID, moneyOID, pgtype.JSONOID,
	}
	f.Add(uint8(6), false, false, uint8(1), []byte("-12.50"), []byte("-12.5"))
	f.Add(uint8(17), false, false, uint8(1), []byte("1 mon -1 days +04:05:06.7"), []byte("-00:00:01"))
	f.Add(uint8(16), false, false, uint8(1), []byte("0044-03-15 12:00:00.5+00:53:28 BC"), []byte("infinity"))
	f.Add(uint8(18), false, false, uint8(1), []byte("-$1,234.56"), []byte("$0.01"))
	f.Add(uint8(6), true, false, uint8(1), []byte{0, 1, 0, 0, 0x40, 0, 0, 0, 0, 1}, []byte{0, 0, 0, 0, 0xc0, 0, 0, 0})
	f.Add(uint8(5), true, true, uint8(2), []byte{0x3f, 0xf0, 0, 0, 0, 0, 0, 0}, []byte{1, 2, 3, 4, 5, 6, 7, 8})
	f.Fuzz(func(t *testing.T, oid uint8, binaryForm, isSQLite bool, collation uint8, a, b []byte) {
		field := pgconn.FieldDescription{Name: "a", DataTypeOID: oids[int(oid)%len(oids)]}
		if binaryForm {
			field.Format = pgtype.BinaryFormatCode
		}
		dialect := messages.PostgreSQL
		if isSQLite {
			dialect = messages.SQLite
		}
		if a == nil || b == nil {
			return
		}
		d := &messages.Description{Fields: []pgconn.FieldDescription{field}}
		fuzzPair(t, dialect, Collation(collation%7), d, a, b)
	})
}

func fuzzPair(t *testing.T, dialect messages.Dialect, collation Collation, d *messages.Description, a, b []byte) {
	c := newComparer(dialect, "", collation)
	ab, errAB := c.compare(d, 0, a, d, 0, b)
	ba, errBA := c.compare(d, 0, b, d, 0, a)
	require.Equal(t, errAB == nil, errBA == nil)
	ai, errA := appendIdentity(nil, dialect, &d.Fields[0], collation, a)
	bi, errB := appendIdentity(nil, dialect, &d.Fields[0], collation, b)
	if errAB != nil {
		var typed *messages.Error
		require.ErrorAs(t, errAB, &typed)
		return
	}
	require.Equal(t, sign(ab), -sign(ba))
	if errA == nil && errB == nil && soundLength(dialect, d, a, b) {
		require.Equal(t, ab == 0, string(ai) == string(bi))
	}
	k := kindOf(dialect, &d.Fields[0])
	if d.Fields[0].Format == pgtype.TextFormatCode && k.isParsed() {
		return
	}
	ap, aWhole, aok := prefixOf(k, collation, a)
	bp, bWhole, bok := prefixOf(k, collation, b)
	switch {
	case !aok || !bok:
	case ap < bp:
		require.Negative(t, ab)
	case ap > bp:
		require.Positive(t, ab)
	case aWhole && bWhole:
		require.Zero(t, ab)
	}
}

// soundLength reports whether both values have the length of their type: only then are identities of bytes those of values.
func soundLength(dialect messages.Dialect, d *messages.Description, a, b []byte) bool {
	switch kindOf(dialect, &d.Fields[0]) {
	case dateValue, timeValue, timestampValue, timestamptzValue, moneyValue:
		return len(a) == len(b)
	default:
		return true
	}
}
