package oracletest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strconv"
	"strings"

	"github.com/troupedb/troupe/messages"
)

// value is one value of a kind.
type value struct {
	kind kind
	null bool
	i    int64   // of integer, bigint and boolean
	f    float64 // of float
	s    string  // of the others; of numeric the decimal
	blob bool    // of anything: s is a byte string
}

// kindOf returns the kind that an "anything" is of just now, and the kind itself else.
func (v value) kindOf() kind {
	switch {
	case v.kind != anything:
		return v.kind
	case v.s != "" || v.blob:
		return text
	case v.f != 0:
		return float
	default:
		return bigint
	}
}

// literal returns how the value is written in SQL. spelling varies it.
func (v value) literal(d messages.Dialect, spelling int) string {
	if v.null {
		return "null"
	}
	switch v.kindOf() {
	case integer, bigint:
		return strconv.FormatInt(v.i, 10)
	case boolean:
		return strconv.FormatBool(v.i != 0)
	case float:
		return floatLiteral(v.f, d)
	case numeric:
		if _, err := strconv.ParseFloat(v.s, 64); err != nil || v.s == "NaN" {
			return "'" + v.s + "'"
		}
		return v.s
	}
	if v.blob {
		return fmt.Sprintf("x'%x'", v.s)
	}
	if d == messages.PostgreSQL {
		switch {
		case v.kind == date && spelling%3 == 0:
			return "date '" + v.s + "'"
		case v.kind == timestamp && spelling%3 == 0:
			return "timestamp '" + v.s + "'"
		case v.kind == label && spelling%3 == 0:
			return "'" + strings.ReplaceAll(v.s, "'", "''") + "'::" + enumName
		case v.kind == text && spelling%7 == 0 && !strings.Contains(v.s, "$"):
			return "$q$" + v.s + "$q$"
		case v.kind == text && spelling%7 == 1:
			return "E'" + strings.NewReplacer(`'`, `\'`, `\`, `\\`).Replace(v.s) + "'"
		}
	}
	return "'" + strings.ReplaceAll(v.s, "'", "''") + "'"
}

func floatLiteral(f float64, d messages.Dialect) string {
	switch {
	case math.IsNaN(f):
		return "'NaN'"
	case math.IsInf(f, 1):
		return "'Infinity'"
	case math.IsInf(f, -1):
		return "'-Infinity'"
	}
	s := strconv.FormatFloat(f, 'f', -1, 64)
	if !strings.Contains(s, ".") {
		s += ".0"
	}
	return s
}

// argument returns the value as a Go value for a parameter. spelling varies its type.
func (v value) argument(d messages.Dialect, spelling int) any {
	if v.null {
		return nil
	}
	switch v.kindOf() {
	case integer, bigint:
		switch {
		case spelling%5 == 0:
			return int(v.i)
		case spelling%5 == 1 && v.i == int64(int32(v.i)):
			return int32(v.i)
		case spelling%5 == 2:
			return &v.i
		}
		return v.i
	case boolean:
		return v.i != 0
	case float:
		return v.f
	case numeric:
		if f, err := strconv.ParseFloat(v.s, 64); err == nil && d == messages.SQLite {
			if f == math.Trunc(f) {
				return int64(f)
			}
			return f
		}
	}
	if v.blob {
		return []byte(v.s)
	}
	return v.s
}

// The pools are small, so that values meet; with what is hard to route, order or quote among them.
var (
	someIntegers = []int64{-7, -1, 0, 1, 2, 2, 3, 3, 5, 10, 42}
	someBigints  = []int64{-9007199254740993, -3, 0, 1, 1, 2, 4, 1 << 40, 9007199254740992, 9007199254740993}
	someNumerics = []string{"-2.50", "0.00", "0.25", "1.00", "1.50", "1.50", "2.00", "10.00", "99.99", "12345.67"}
	someFloats   = []float64{-1.5, -0.25, 0.125, 0.5, 0.5, 1, 2, 2.75, 1024.5}
	someTexts    = []string{"", "a", "a", "b", "ab", "A", "B", "a b", "Ab", "O'Brien", "naïve", "Ä", "日本", "%", "_x", "10", "9", `back\slash`, `"q"`, "z; --"}
	someDates    = []string{"1999-12-31", "2000-02-29", "2024-01-01", "2024-01-01", "2024-06-30"}
	someTimes    = []string{"1999-12-31 23:59:59", "2024-01-01 00:00:00", "2024-01-01 00:00:00", "2024-01-01 12:30:00", "2025-07-04 08:00:01"}
	// Texts that SQLite's driver may take for a time, and some that are none; several are one time.
	someMoments = []string{
		"2024-01-01", "2024-01-01 00:00", "2024-01-01T00:00:00", "2024-01-01T00:00:00Z", "2024-01-01 00:00:00.000", "2024-01-01 00:00:00+00:00",
		"2024-01-01 12:30:00", "2024-01-01 12:30", "2024-01-01 14:30:00+02:00", "1999-12-31T23:59:59Z", "1999-12-31 23:59:59.5", "a", "",
	}
	extremes = []int64{math.MinInt64, math.MaxInt64, math.MinInt64 + 1, math.MaxInt32, math.MinInt32, math.MaxInt32 + 1}

	someIntegerKeys = []int64{-9, -8, -7, -1, 0, 1, 2, 3, 4, 5, 6, 8, 42, 100, 101, 102, 9007199254740992, 9007199254740993, -9007199254740993}
	someTextKeys    = []string{"", "a", "A", "b", "ab", "Asia", "asia", "Europe", "O'Brien", "naïve", "Ä", "日本", "a ", "%", "5", "05", `back\slash`, "null", "x; --"}
)

// random returns a value for a column of the kind, never NULL.
func (k kind) random(r *rand.Rand, d messages.Dialect) value {
	v := value{kind: k}
	switch k {
	case integer:
		v.i = among(r, someIntegers)
	case bigint:
		v.i = among(r, someBigints)
	case boolean:
		v.i = int64(r.IntN(2))
	case numeric:
		v.s = among(r, someNumerics)
	case float:
		v.f = among(r, someFloats)
		if d == messages.PostgreSQL && r.IntN(60) == 0 {
			v.f = among(r, []float64{math.NaN(), math.Inf(1), math.Inf(-1)})
		}
	case text:
		v.s = among(r, someTexts)
	case date:
		v.s = among(r, someDates)
	case timestamp:
		v.s = among(r, someTimes)
		if d == messages.SQLite && r.IntN(2) == 0 {
			v.s = among(r, someMoments)
		}
	case label:
		v.s = among(r, enumLabels)
	case anything:
		switch r.IntN(5) {
		case 0, 1:
			v.i = among(r, someBigints)
		case 2:
			v.f = among(r, []float64{-0.5, 2.5, 9007199254740994, 1e300})
		case 3:
			v.s = among(r, someTexts[1:])
		default:
			v.s, v.blob = among(r, []string{"", "a", "\x00\xff", "b"}), true
		}
	}
	return v
}

func among[T any](r *rand.Rand, all []T) T { return all[r.IntN(len(all))] }
