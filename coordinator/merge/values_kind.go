package merge

import (
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
)

// valueKind is what a value is as far as comparing goes: types that compare alike, in the binary form that each has, are
// one kind.
type valueKind uint8

const (
	// opaqueValue is of a type that isn't understood here.
	opaqueValue valueKind = iota
	boolValue
	// intValue is a signed integer of 2, 4 or 8 bytes; a SQLite bool is one of 1 byte. Money is one too.
	intValue
	oidValue
	float4Value
	float8Value
	numericValue
	textValue
	// blankValue is PostgreSQL's char(n): trailing spaces don't count.
	blankValue
	// byteaValue, uuidValue, macValue and charValue compare bytewise.
	byteaValue
	uuidValue
	macValue
	charValue
	// networkValue is inet or cidr: the same bytes are the same value (the form has the family, the bits and all of the
	// address), but their order isn't that of the bytes.
	networkValue
	dateValue
	timeValue
	timestampValue
	timestamptzValue
	intervalValue
	moneyValue
	// labelValue is of a type that was made in the database: an enum, if the collation says so.
	labelValue
	// dayText and uuidText are texts of SQLite that are passed on as a date or uuid: one form is read as each, so
	// the text can be told from it.
	dayText
	uuidText
	// clockText is a text of SQLite that is passed on as a timestamp: many forms are read as one, so the text, which is what
	// SQLite compares, can't be told.
	clockText
)

// firstUserOID is the smallest OID that PostgreSQL gives to a type that was made in a database.
const firstUserOID = 16384

// isText reports whether SQLite stores a value of kind k as a text.
func (k valueKind) isText() bool {
	return k == textValue || k == dayText || k == uuidText || k == clockText
}

// isCollated reports whether a collation says how values of kind k compare.
func (k valueKind) isCollated() bool { return k.isText() || k == blankValue }

func (k valueKind) isNumber() bool { return k >= intValue && k <= numericValue }

// kindOf returns the kind of the values of a field. Where shards of both engines are asked, the dialect is PostgreSQL: SQLite's values
// are taken as what they are described as.
func kindOf(dialect messages.Dialect, f *pgconn.FieldDescription) valueKind {
	if dialect == messages.SQLite {
		return sqliteKind(f.DataTypeOID)
	}
	return postgresKind(f.DataTypeOID)
}

func postgresKind(oid uint32) valueKind {
	switch oid {
	case pgtype.BoolOID:
		return boolValue
	case pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID:
		return intValue
	case pgtype.OIDOID:
		return oidValue
	case pgtype.Float4OID:
		return float4Value
	case pgtype.Float8OID:
		return float8Value
	case pgtype.NumericOID:
		return numericValue
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.NameOID, pgtype.UnknownOID:
		return textValue
	case pgtype.BPCharOID:
		return blankValue
	case pgtype.ByteaOID:
		return byteaValue
	case pgtype.UUIDOID:
		return uuidValue
	case pgtype.MacaddrOID, pgtype.Macaddr8OID:
		return macValue
	case pgtype.QCharOID:
		return charValue
	case pgtype.InetOID, pgtype.CIDROID:
		return networkValue
	default:
		return postgresTimeKind(oid)
	}
}

const moneyOID = 790 // pgtype has no name for it

func postgresTimeKind(oid uint32) valueKind {
	switch oid {
	case pgtype.DateOID:
		return dateValue
	case pgtype.TimeOID:
		return timeValue
	case pgtype.TimestampOID:
		return timestampValue
	case pgtype.TimestamptzOID:
		return timestamptzValue
	case pgtype.IntervalOID:
		return intervalValue
	case moneyOID:
		return moneyValue
	}
	if oid >= firstUserOID {
		return labelValue
	}
	return opaqueValue
}

// sqliteKind follows package sqlite's table of types: what is an INTEGER or REAL there is a number here, and what is a TEXT is
// a text.
func sqliteKind(oid uint32) valueKind {
	switch oid {
	case pgtype.BoolOID, pgtype.Int2OID, pgtype.Int4OID, pgtype.Int8OID:
		return intValue
	case pgtype.Float4OID:
		return float4Value
	case pgtype.Float8OID:
		return float8Value
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.UnknownOID, pgtype.JSONOID:
		return textValue
	case pgtype.ByteaOID:
		return byteaValue
	case pgtype.UUIDOID:
		return uuidText
	case pgtype.DateOID:
		return dayText
	case pgtype.TimestampOID, pgtype.TimestamptzOID:
		return clockText
	default:
		return opaqueValue
	}
}
