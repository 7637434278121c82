package merge

import (
	"encoding/binary"
	"math"
	"time"
)

// appendParsedTime appends the binary form of a date, time, timestamp, interval or money.
func appendParsedTime(dst []byte, k valueKind, text []byte) ([]byte, bool) {
	r := textReader{rest: text}
	var n int64
	switch k {
	case dateValue:
		n = r.days(math.MinInt32, math.MaxInt32)
		return binary.BigEndian.AppendUint32(dst, uint32(int32(n))), r.done() && n == int64(int32(n))
	case timeValue:
		n = r.clock()
	case timestampValue, timestamptzValue:
		n = r.timestamp(k == timestamptzValue)
	case intervalValue:
		return r.appendInterval(dst)
	case moneyValue:
		n = r.money()
	default:
		return dst, false
	}
	return binary.BigEndian.AppendUint64(dst, uint64(n)), r.done()
}

// textReader reads parts of a text, and remembers if one was wrong.
type textReader struct {
	rest  []byte
	wrong bool
}

func (r *textReader) done() bool { return !r.wrong && len(r.rest) == 0 }

// skip moves past what, if it comes next.
func (r *textReader) skip(what string) bool {
	if len(r.rest) < len(what) || string(r.rest[:len(what)]) != what {
		return false
	}
	r.rest = r.rest[len(what):]
	return true
}

// must moves past what, which has to come next.
func (r *textReader) must(what string) { r.wrong = !r.skip(what) || r.wrong }

// digits reads a number of at least the given digits, and at most 12.
func (r *textReader) digits(least int) int64 {
	n, value := 0, int64(0)
	for ; n < len(r.rest) && n < 12 && r.rest[n] >= '0' && r.rest[n] <= '9'; n++ {
		value = value*10 + int64(r.rest[n]-'0')
	}
	r.rest, r.wrong = r.rest[n:], r.wrong || n < least
	return value
}

// days reads a date as days since 2000-01-01, without the "BC", which is at the end of a timestamp.
func (r *textReader) days(minusInfinity, plusInfinity int64) int64 {
	switch {
	case r.skip("infinity"):
		return plusInfinity
	case r.skip("-infinity"):
		return minusInfinity
	}
	before := len(r.rest) > 3 && string(r.rest[len(r.rest)-3:]) == " BC"
	if before {
		r.rest = r.rest[:len(r.rest)-3]
	}
	year := r.digits(4)
	r.must("-")
	month := r.digits(2)
	r.must("-")
	day := r.digits(2)
	if before {
		year = 1 - year
	}
	if r.wrong || month < 1 || month > 12 || day < 1 || day > 31 || year > 10_000_000 || year < -10_000 {
		r.wrong = true
		return 0
	}
	const epoch = 946_684_800 // 2000-01-01 in Unix seconds
	return (time.Date(int(year), time.Month(month), int(day), 0, 0, 0, 0, time.UTC).Unix() - epoch) / (24 * 60 * 60)
}

// clock reads a time of the day, or an interval's hours, in microseconds.
func (r *textReader) clock() int64 {
	hours := r.digits(2)
	r.must(":")
	minutes := r.digits(2)
	r.must(":")
	seconds := r.digits(2)
	if minutes > 59 || seconds > 60 {
		r.wrong = true
	}
	return ((hours*60+minutes)*60+seconds)*1_000_000 + r.fraction()
}

// fraction reads the digits after a point, if there is one, as microseconds.
func (r *textReader) fraction() int64 {
	if !r.skip(".") {
		return 0
	}
	before := len(r.rest)
	value := r.digits(1)
	n := before - len(r.rest)
	if n > 6 {
		r.wrong = true
	}
	for ; n < 6; n++ {
		value *= 10
	}
	return value
}

// timestamp reads an instant in microseconds since 2000-01-01.
func (r *textReader) timestamp(zoned bool) int64 {
	days := r.days(math.MinInt64, math.MaxInt64)
	if days == math.MinInt64 || days == math.MaxInt64 {
		return days
	}
	r.must(" ")
	micros := r.clock()
	if zoned {
		micros -= r.zone()
	}
	return days*microsPerDay + micros
}

// zone reads an offset east of UTC, in microseconds.
func (r *textReader) zone() int64 {
	sign := int64(1)
	if r.skip("-") {
		sign = -1
	} else {
		r.must("+")
	}
	seconds := r.digits(2) * 3600
	if r.skip(":") {
		seconds += r.digits(2) * 60
	}
	if r.skip(":") {
		seconds += r.digits(2)
	}
	return sign * seconds * 1_000_000
}

// appendInterval appends the binary form of what IntervalStyle postgres writes: "-1 years +2 mons -3 days +04:05:06.7".
func (r *textReader) appendInterval(dst []byte) ([]byte, bool) {
	switch {
	case r.skip("infinity"):
		return appendInterval(dst, math.MaxInt64, math.MaxInt32, math.MaxInt32), r.done()
	case r.skip("-infinity"):
		return appendInterval(dst, math.MinInt64, math.MinInt32, math.MinInt32), r.done()
	}
	var months, days, micros int64
	for first := true; first || r.skip(" "); first = false {
		sign := int64(1)
		if r.skip("-") {
			sign = -1
		} else {
			r.skip("+")
		}
		at := r.rest
		n := r.digits(1)
		switch {
		case r.skip(" year"):
			months += sign * n * 12
			r.skip("s")
		case r.skip(" mon"):
			months += sign * n
			r.skip("s")
		case r.skip(" day"):
			days += sign * n
			r.skip("s")
		default:
			r.rest = at
			micros = sign * r.clock()
		}
		if r.wrong {
			return dst, false
		}
	}
	if days != int64(int32(days)) || months != int64(int32(months)) {
		return dst, false
	}
	return appendInterval(dst, micros, int32(days), int32(months)), r.done()
}

func appendInterval(dst []byte, micros int64, days, months int32) []byte {
	dst = binary.BigEndian.AppendUint64(dst, uint64(micros))
	dst = binary.BigEndian.AppendUint32(dst, uint32(days))
	return binary.BigEndian.AppendUint32(dst, uint32(months))
}

// money reads hundredths of "-$1,234.56". A locale that writes another form may mean other fractions, and isn't read.
func (r *textReader) money() int64 {
	negative := r.skip("-")
	r.must("$")
	before := len(r.rest)
	var value uint64 // of at most 19 digits, as PostgreSQL has them
	for group := 0; ; group++ {
		start := len(r.rest)
		n := r.digits(1)
		width := start - len(r.rest)
		if width > 3 || group > 0 && width != 3 {
			r.wrong = true
		}
		value = value*1000 + uint64(n)
		if r.wrong || !r.skip(",") {
			break
		}
	}
	r.must(".")
	start := len(r.rest)
	cents := r.digits(2)
	if start-len(r.rest) != 2 || before > 27 {
		r.wrong = true
	}
	value = value*100 + uint64(cents)
	if negative {
		return -int64(value)
	}
	return int64(value)
}
