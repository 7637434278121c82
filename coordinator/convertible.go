package coordinator

import (
	"reflect"
	"strconv"
	"time"
	"unsafe"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
)

// The words of the types that there are conversions into.
var (
	kindString    = kindOf((*string)(nil))
	kindBytes     = kindOf((*[]byte)(nil))
	kindDriver    = kindOf((*pgtype.DriverBytes)(nil))
	kindUndecoded = kindOf((*pgtype.UndecodedBytes)(nil))
	kindText      = kindOf((*pgtype.Text)(nil))
	kindInt64     = kindOf((*int64)(nil))
	kindInt32     = kindOf((*int32)(nil))
	kindInt16     = kindOf((*int16)(nil))
	kindInt       = kindOf((*int)(nil))
	kindFloat64   = kindOf((*float64)(nil))
	kindFloat32   = kindOf((*float32)(nil))
	kindBool      = kindOf((*bool)(nil))
	kindTime      = kindOf((*time.Time)(nil))
)

// conversionFor returns how values of column i of d are scanned into target, without a look at what target points to.
func conversionFor(d *messages.Description, i int, target any) conversion {
	f, kind := &d.Fields[i], kindOf(target)
	switch {
	case kind == kindUndecoded: // before anything else, so whatever the column is
		return toBytes
	case kind == kindString && f.Format == pgtype.TextFormatCode,
		kind == kindString && f.Format == pgtype.BinaryFormatCode && (f.DataTypeOID == pgtype.TextOID || f.DataTypeOID == pgtype.VarcharOID):
		return toString // before the types that are registered
	}
	for _, t := range d.Types {
		if t.OID == f.DataTypeOID {
			return byPlan
		}
	}
	wrapped := len(d.ScanPlans) > 0 // the shard has a say where pgtype would wrap the target
	if c := builtinConversion(f.DataTypeOID, f.Format, kind); c != byPlan && !(wrapped && c >= timestamptzToTime) {
		return c
	}
	if wrapped || f.DataTypeOID == pgtype.JSONOID {
		return byPlan
	}
	return builtinConversion(f.DataTypeOID, f.Format, underlying(target))
}

// underlying returns the word of the pointer to the builtin type that a type is, which has a name but no methods; nil for others.
func underlying(target any) unsafe.Pointer {
	t := reflect.TypeOf(target)
	if t.Kind() != reflect.Pointer || t.NumMethod() > 0 || t.Elem().PkgPath() == "" {
		return nil
	}
	switch t.Elem().Kind() {
	case reflect.String:
		return kindString
	case reflect.Int64:
		return kindInt64
	case reflect.Int32:
		return kindInt32
	case reflect.Int16:
		return kindInt16
	case reflect.Int:
		return kindInt
	case reflect.Float64:
		return kindFloat64
	case reflect.Float32:
		return kindFloat32
	case reflect.Bool:
		return kindBool
	}
	return nil
}

// builtinConversion returns how values of one of pgx's own types are scanned.
func builtinConversion(oid uint32, format int16, kind unsafe.Pointer) conversion {
	switch oid {
	case pgtype.TextOID, pgtype.VarcharOID, pgtype.BPCharOID, pgtype.NameOID, pgtype.UnknownOID:
		if format == pgtype.TextFormatCode || format == pgtype.BinaryFormatCode {
			return textConversion(kind)
		}
		return byPlan
	case pgtype.JSONOID:
		if c := textConversion(kind); c != toText && (format == pgtype.TextFormatCode || format == pgtype.BinaryFormatCode) {
			return c
		}
		return byPlan
	}
	if format != pgtype.BinaryFormatCode {
		return byPlan
	}
	switch oid {
	case pgtype.ByteaOID:
		if c := textConversion(kind); c == toBytes || c == toBorrowed {
			return c
		}
	case pgtype.Int8OID:
		return integerConversion(int8ToInt64, kind)
	case pgtype.Int4OID:
		return integerConversion(int4ToInt64, kind)
	case pgtype.Int2OID:
		return integerConversion(int2ToInt64, kind)
	case pgtype.Float8OID:
		return only(kind == kindFloat64, float8ToFloat64)
	case pgtype.Float4OID:
		return only(kind == kindFloat32, float4ToFloat32)
	case pgtype.BoolOID:
		return only(kind == kindBool, boolToBool)
	case pgtype.TimestamptzOID:
		return only(kind == kindTime, timestamptzToTime)
	case pgtype.TimestampOID:
		return only(kind == kindTime, timestampToTime)
	case pgtype.DateOID:
		return only(kind == kindTime, dateToTime)
	}
	return byPlan
}

func only(is bool, c conversion) conversion {
	if is {
		return c
	}
	return byPlan
}

func textConversion(kind unsafe.Pointer) conversion {
	switch kind {
	case kindString:
		return toString
	case kindBytes:
		return toBytes
	case kindDriver:
		return toBorrowed
	case kindText:
		return toText
	}
	return byPlan
}

// integerConversion returns one of the three conversions from an integer, of which first is the one to an int64.
func integerConversion(first conversion, kind unsafe.Pointer) conversion {
	switch kind {
	case kindInt64:
		return first
	case kindInt32:
		return first + 1
	case kindInt16:
		return first + 2
	case kindInt:
		if strconv.IntSize == 64 {
			return first
		}
		return first + 1
	}
	return byPlan
}
