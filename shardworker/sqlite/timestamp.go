package sqlite

import (
	"bytes"
	"time"
)

// instant is a point in time as PostgreSQL counts it.
type instant struct {
	micros int64 // since 2000-01-01 00:00 UTC
	days   bool  // whether only the day was given
}

const microsPerDay = 24 * 60 * 60 * 1_000_000

// postgresEpoch is 2000-01-01 in Unix seconds.
const postgresEpoch = 946_684_800

// parseInstant reads the forms that SQLite's date functions, Go's drivers and time.Time.String write:
//
//	2006-01-02
//	2006-01-02 15:04[:05[.999999999]] [zone]    with a space or a T
//	zone = "Z" | ("+" | "-") hh [":"] mm        and after it, as time.Time.String writes, " MST" and " m=+0.1"
//
// Digits beyond microseconds are cut off.
func parseInstant(text []byte) (instant, bool) {
	r := timeReader{rest: text}
	year, month, day := r.digits(4), r.after('-'), r.after('-')
	if !r.ok() || !validDay(year, month, day) {
		return instant{}, false
	}
	date := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Unix() - postgresEpoch
	if len(r.rest) == 0 {
		return instant{micros: date * 1_000_000, days: true}, true
	}
	if !r.skip(' ') && !r.skip('T') {
		return instant{}, false
	}
	hour, minute, second, micros := r.digits(2), r.after(':'), 0, 0
	if r.peek() == ':' {
		second = r.after(':')
		micros = r.fraction()
	}
	offset := r.zone()
	if !r.ok() || len(r.rest) > 0 || hour > 23 || minute > 59 || second > 59 {
		return instant{}, false
	}
	seconds := date + int64(hour*3600+minute*60+second-offset)
	return instant{micros: seconds*1_000_000 + int64(micros)}, true
}

func validDay(year, month, day int) bool {
	return month >= 1 && month <= 12 && day >= 1 && day <= 31 &&
		time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() == day
}

// timeReader reads parts of a time, and remembers if one was wrong.
type timeReader struct {
	rest  []byte
	wrong bool
}

func (r *timeReader) ok() bool { return !r.wrong }

// peek returns the next byte, or 0 at the end.
func (r *timeReader) peek() byte {
	if len(r.rest) == 0 {
		return 0
	}
	return r.rest[0]
}

// skip moves past b if it comes next.
func (r *timeReader) skip(b byte) bool {
	if r.peek() != b || len(r.rest) == 0 {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

// digits reads a number of n digits.
func (r *timeReader) digits(n int) int {
	if len(r.rest) < n {
		r.wrong = true
		return 0
	}
	value := 0
	for _, b := range r.rest[:n] {
		if b < '0' || b > '9' {
			r.wrong = true
			return 0
		}
		value = value*10 + int(b-'0')
	}
	r.rest = r.rest[n:]
	return value
}

// after reads two digits after the separator.
func (r *timeReader) after(separator byte) int {
	if !r.skip(separator) {
		r.wrong = true
	}
	return r.digits(2)
}

// fraction reads the digits after a point, if there is one, as microseconds.
func (r *timeReader) fraction() int {
	if !r.skip('.') {
		return 0
	}
	micros, scale, n := 0, 100_000, 0
	for ; len(r.rest) > 0 && r.rest[0] >= '0' && r.rest[0] <= '9'; n++ {
		micros += int(r.rest[0]-'0') * scale
		scale /= 10
		r.rest = r.rest[1:]
	}
	r.wrong = r.wrong || n == 0
	return micros
}

// zone reads a zone, if there is one, as seconds east of UTC.
func (r *timeReader) zone() int {
	if len(r.rest) == 0 || r.skip('Z') {
		return 0
	}
	r.skip(' ')
	sign := 1
	switch {
	case r.skip('+'):
	case r.skip('-'):
		sign = -1
	default:
		r.wrong = true
		return 0
	}
	hours := r.digits(2)
	r.skip(':')
	minutes := r.digits(2)
	if r.peek() == ' ' {
		r.zoneName()
	}
	r.wrong = r.wrong || hours > 23 || minutes > 59
	return sign * (hours*3600 + minutes*60)
}

// zoneName reads what time.Time.String writes after the offset.
func (r *timeReader) zoneName() {
	name, clock, _ := bytes.Cut(r.rest[1:], []byte(" m="))
	for _, b := range name {
		if b <= ' ' || b >= 0x7f {
			r.wrong = true
		}
	}
	for _, b := range clock {
		if (b < '0' || b > '9') && b != '+' && b != '-' && b != '.' {
			r.wrong = true
		}
	}
	r.rest = nil
}
