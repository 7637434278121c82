package merge

import (
	"strconv"

	"github.com/jackc/pgx/v5/pgtype"
)

var typeNames = pgtype.NewMap()

func typeName(oid uint32) string {
	if t, ok := typeNames.TypeForOID(oid); ok {
		return t.Name
	}
	return "the type with OID " + strconv.FormatUint(uint64(oid), 10)
}

func isText(oid uint32) bool { return oid == pgtype.TextOID || oid == pgtype.VarcharOID }

func isFloat(oid uint32) bool { return oid == pgtype.Float4OID || oid == pgtype.Float8OID }

func isMoment(oid uint32) bool {
	return oid == pgtype.DateOID || oid == pgtype.TimestampOID || oid == pgtype.TimestamptzOID
}

func isNumber(oid uint32) bool {
	return integerSize(oid) > 0 || isFloat(oid) || oid == pgtype.NumericOID
}

// integerSize returns the size of an integer type in bytes, and 0 for others.
func integerSize(oid uint32) int {
	switch oid {
	case pgtype.Int2OID:
		return 2
	case pgtype.Int4OID:
		return 4
	case pgtype.Int8OID:
		return 8
	default:
		return 0
	}
}
