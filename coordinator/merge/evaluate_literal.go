package merge

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

// postgresEpoch is where PostgreSQL's dates and times count from.
var postgresEpoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// literalAs reads a text as PostgreSQL's input function of the type does, as far as all of its versions and settings agree.
func literalAs(text string, oid uint32) (datum, error) {
	trimmed := strings.Trim(text, " \t\n\r\v\f")
	switch {
	case isText(oid):
		return datum{kind: textDatum, bytes: []byte(text)}, nil
	case integerSize(oid) > 0:
		return integerLiteral(text, trimmed, oid)
	case oid == pgtype.NumericOID:
		if d, ok := parseNumeric(trimmed); ok {
			return numericDatumOf(d), nil
		}
	case isFloat(oid):
		return floatLiteral(text, trimmed, oid)
	case oid == pgtype.BoolOID:
		switch strings.ToLower(trimmed) {
		case "t", "true", "y", "yes", "on", "1":
			return boolOf(true), nil
		case "f", "false", "n", "no", "off", "0":
			return boolOf(false), nil
		}
	case isMoment(oid):
		return momentLiteral(trimmed, oid)
	}
	return datum{}, unreadable(text, oid)
}

func unreadable(text string, oid uint32) error {
	return cannot("cast it, or write it in its plainest form", "the text %q as %s", text, typeName(oid))
}

// sqlNames are how messages name types that pgx names differently.
var sqlNames = map[uint32]string{
	pgtype.Int2OID: "smallint", pgtype.Int4OID: "integer", pgtype.Int8OID: "bigint",
	pgtype.Float4OID: "real", pgtype.Float8OID: "double precision",
}

func integerLiteral(text, trimmed string, oid uint32) (datum, error) {
	digits := strings.TrimLeft(trimmed, "+-")
	if strings.ContainsAny(digits, "xXoObB_") {
		return datum{}, unreadable(text, oid) // a number from PostgreSQL 16 on
	}
	i, err := strconv.ParseInt(trimmed, 10, 64)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return datum{}, outOfRange(fmt.Sprintf("value %q is out of range for type %s", text, sqlNames[oid]))
	case err != nil:
		return datum{}, invalidText(sqlNames[oid], text)
	}
	if i, err = checkedInteger(oid, i); err != nil {
		return datum{}, outOfRange(fmt.Sprintf("value %q is out of range for type %s", text, sqlNames[oid]))
	}
	return intOf(i), nil
}

func floatLiteral(text, trimmed string, oid uint32) (datum, error) {
	bits := 64
	if oid == pgtype.Float4OID {
		bits = 32
	}
	if strings.ContainsAny(trimmed, "xX_pP") {
		return datum{}, unreadable(text, oid)
	}
	f, err := strconv.ParseFloat(trimmed, bits)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return datum{}, outOfRange(fmt.Sprintf("%q is out of range for type %s", text, sqlNames[oid]))
	case err != nil:
		return datum{}, invalidText(sqlNames[oid], text)
	case f == 0 && strings.ContainsAny(mantissa(trimmed), "123456789"):
		return datum{}, outOfRange(fmt.Sprintf("%q is out of range for type %s", text, sqlNames[oid]))
	}
	return floatOf(f), nil
}

func mantissa(number string) string {
	m, _, _ := strings.Cut(strings.ToLower(number), "e")
	return m
}

// momentForms are the forms of a date or time that no setting makes mean something else.
var momentForms = []struct {
	form  string
	zoned bool
	day   bool
}{
	{"2006-01-02", false, true},
	{"2006-01-02 15:04:05", false, false},
	{"2006-01-02T15:04:05", false, false},
	{"2006-01-02 15:04:05Z07:00", true, false},
	{"2006-01-02 15:04:05-07", true, false},
	{"2006-01-02T15:04:05Z07:00", true, false},
}

func momentLiteral(text string, oid uint32) (datum, error) {
	for _, f := range momentForms {
		if f.zoned != (oid == pgtype.TimestamptzOID) || !f.day && oid == pgtype.DateOID {
			continue
		}
		t, err := time.Parse(f.form, text)
		if err != nil || t.Nanosecond()%1000 != 0 || t.Year() < 1 {
			continue
		}
		return momentOf(t, oid), nil
	}
	return datum{}, unreadable(text, oid)
}

// momentOf returns t as a date, timestamp or timestamptz. The first two take what the clock shows where t is.
func momentOf(t time.Time, oid uint32) datum {
	if oid != pgtype.TimestamptzOID {
		t = time.Date(t.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	}
	seconds := t.Unix() - postgresEpoch.Unix()
	if oid == pgtype.DateOID {
		days := seconds / 86400
		if seconds%86400 < 0 {
			days--
		}
		return datum{kind: momentDatum, int: days}
	}
	return datum{kind: momentDatum, int: seconds*1_000_000 + int64(t.Nanosecond()/1000)}
}

// floatFits reports whether f is a whole number that an int64 holds.
func floatFits(f float64) bool {
	return f == math.Trunc(f) && f >= -beyondInt && f < beyondInt
}
