package coordinator

import (
	"encoding/binary"
	"math"
	"time"
	"unsafe"

	"github.com/jackc/pgx/v5/pgtype"
)

// conversion is how a value becomes what it is scanned into. The common ones are done here rather than through pgtype's plans, which
// take four times as long and allocate for each text. What they answer is the same; anything out of the ordinary, NULL among it, is
// pgtype's, and so are all errors.
type conversion uint8

const (
	byPlan conversion = iota // pgtype does it
	toString
	toBytes    // and pgtype.UndecodedBytes
	toBorrowed // pgtype.DriverBytes, which point into the batch
	toText     // pgtype.Text
	int8ToInt64
	int8ToInt32
	int8ToInt16
	int4ToInt64
	int4ToInt32
	int4ToInt16
	int2ToInt64
	int2ToInt32
	int2ToInt16
	float8ToFloat64
	float4ToFloat32
	boolToBool
	timestamptzToTime
	timestampToTime
	dateToTime
)

// convert stores value where to points to, if it can. REQUIRES: c is what [conversionFor] says for the type of to; value isn't nil.
func (s *scanner) convert(c conversion, value []byte, to unsafe.Pointer) bool {
	switch c {
	case toString:
		*(*string)(to) = s.texts.text(value)
		return true
	case toBytes:
		*(*[]byte)(to) = s.texts.copy(value)
		return true
	case toBorrowed:
		*(*[]byte)(to) = value
		return true
	case toText:
		*(*pgtype.Text)(to) = pgtype.Text{String: s.texts.text(value), Valid: true}
		return true
	case boolToBool:
		if len(value) == 1 {
			*(*bool)(to) = value[0] == 1
			return true
		}
	case float8ToFloat64:
		if len(value) == 8 {
			*(*float64)(to) = math.Float64frombits(binary.BigEndian.Uint64(value))
			return true
		}
	case float4ToFloat32:
		if len(value) == 4 {
			*(*float32)(to) = math.Float32frombits(binary.BigEndian.Uint32(value))
			return true
		}
	case int8ToInt64, int8ToInt32, int8ToInt16:
		return len(value) == 8 && storeInteger(c-int8ToInt64, int64(binary.BigEndian.Uint64(value)), to)
	case int4ToInt64, int4ToInt32, int4ToInt16:
		return len(value) == 4 && storeInteger(c-int4ToInt64, int64(int32(binary.BigEndian.Uint32(value))), to)
	case int2ToInt64, int2ToInt32, int2ToInt16:
		return len(value) == 2 && storeInteger(c-int2ToInt64, int64(int16(binary.BigEndian.Uint16(value))), to)
	case timestamptzToTime, timestampToTime:
		return len(value) == 8 && storeTime(c, int64(binary.BigEndian.Uint64(value)), (*time.Time)(to))
	case dateToTime:
		return len(value) == 4 && storeDate(int32(binary.BigEndian.Uint32(value)), (*time.Time)(to))
	}
	return false
}

// storeInteger stores n as the first, second or third of the targets that each width of integers has, unless it is too large for it.
func storeInteger(nth conversion, n int64, to unsafe.Pointer) bool {
	switch {
	case nth == 0:
		*(*int64)(to) = n
		return true
	case nth == 1 && n == int64(int32(n)):
		*(*int32)(to) = int32(n)
		return true
	case nth == 2 && n == int64(int16(n)):
		*(*int16)(to) = int16(n)
		return true
	}
	return false
}

// Times are counted from 2000-01-01. Those before year 4 or after year 9900 are left to pgtype: the infinities are among them.
const (
	secondsTo2000 = 946_684_800
	firstMicros   = -1996 * 365 * 86_400 * 1_000_000
	lastMicros    = 7900 * 365 * 86_400 * 1_000_000
)

func storeTime(c conversion, micros int64, to *time.Time) bool {
	if micros < firstMicros || micros > lastMicros {
		return false
	}
	t := time.Unix(secondsTo2000+micros/1_000_000, micros%1_000_000*1000)
	if c == timestampToTime {
		t = t.UTC()
	}
	*to = t
	return true
}

func storeDate(days int32, to *time.Time) bool {
	if days < firstMicros/86_400_000_000 || days > lastMicros/86_400_000_000 {
		return false
	}
	*to = time.Unix(secondsTo2000+int64(days)*86_400, 0).UTC()
	return true
}
