package oracletest

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/messages"
)

// answer is what a database said, in a form that can be compared: two cells are equal if they are the same string.
type answer struct {
	columns []heading
	rows    [][]string
	scales  int // the sum of the numerics' display scales, which their cells don't show
	tag     string
	shards  []messages.ShardID
	err     error
}

// heading is a column of an answer.
type heading struct {
	name string
	oid  uint32
}

const null = "∅"

// ask runs a statement that returns rows.
func ask(ctx context.Context, d Database, sql string, args []any) *answer {
	rows, err := d.Query(ctx, sql, args...)
	if err != nil {
		return &answer{err: err}
	}
	defer rows.Close()
	a := &answer{}
	for _, f := range rows.FieldDescriptions() {
		a.columns = append(a.columns, heading{f.Name, knownOID(f.DataTypeOID)})
	}
	for rows.Next() {
		fields := rows.FieldDescriptions()
		row := make([]string, len(fields))
		for i, raw := range rows.RawValues() {
			var scale int
			row[i], scale = cellOf(fields[i], raw)
			a.scales += scale
		}
		a.rows = append(a.rows, row)
	}
	rows.Close()
	a.err, a.tag = rows.Err(), rows.CommandTag().String()
	if touched, ok := rows.(interface{ Shards() []messages.ShardID }); ok {
		a.shards = touched.Shards()
	}
	return a
}

// tell runs a statement for its effect.
func tell(ctx context.Context, d Database, sql string, args []any) *answer {
	tag, err := d.Exec(ctx, sql, args...)
	return &answer{tag: tag.String(), err: err}
}

// cellOf returns a value as a string with its type, and a numeric's display scale.
func cellOf(f pgconn.FieldDescription, raw []byte) (string, int) {
	switch {
	case raw == nil:
		return null, 0
	case f.Format == pgtype.BinaryFormatCode && f.DataTypeOID == pgtype.Float8OID && len(raw) == 8:
		return "float " + floatCell(math.Float64frombits(binary.BigEndian.Uint64(raw))), 0
	case f.Format == pgtype.BinaryFormatCode && f.DataTypeOID == pgtype.NumericOID && len(raw) >= 8:
		n, scale := decimal(raw)
		return "numeric " + n, scale
	case f.Format == pgtype.BinaryFormatCode && f.DataTypeOID == pgtype.Int8OID && len(raw) == 8:
		return "int8 " + strconv.FormatInt(int64(binary.BigEndian.Uint64(raw)), 10), 0
	case f.Format == pgtype.BinaryFormatCode && f.DataTypeOID == pgtype.Int4OID && len(raw) == 4:
		return "int4 " + strconv.FormatInt(int64(int32(binary.BigEndian.Uint32(raw))), 10), 0
	default:
		return fmt.Sprintf("%d %q", knownOID(f.DataTypeOID), raw), 0
	}
}

// firstOwnOID is the first OID that PostgreSQL gives to what is created: such a type has another one in each database.
const firstOwnOID = 16384

// knownOID returns oid, and one OID for every type of a database's own.
func knownOID(oid uint32) uint32 { return min(oid, firstOwnOID) }

// floatCell rounds to what the order of an addition doesn't change.
func floatCell(f float64) string {
	if f == 0 {
		f = 0 // and not -0
	}
	return strconv.FormatFloat(f, 'e', 11, 64)
}

// decimal returns the value of PostgreSQL's binary numeric, and how many digits after the point it is shown with.
func decimal(raw []byte) (string, int) {
	word := func(i int) int { return int(int16(binary.BigEndian.Uint16(raw[2*i:]))) }
	digits, weight, sign, scale := word(0), word(1), uint16(word(2)), word(3)
	switch {
	case sign == 0xC000:
		return "NaN", 0
	case sign == 0xD000:
		return "Infinity", 0
	case sign == 0xF000:
		return "-Infinity", 0
	}
	n := new(big.Int)
	for i := range digits {
		n.Add(n.Mul(n, big.NewInt(10000)), big.NewInt(int64(word(4+i))))
	}
	r := new(big.Rat).SetInt(n)
	power := new(big.Int).Exp(big.NewInt(10000), big.NewInt(int64(abs(weight-digits+1))), nil)
	if weight-digits+1 < 0 {
		r.Quo(r, new(big.Rat).SetInt(power))
	} else {
		r.Mul(r, new(big.Rat).SetInt(power))
	}
	if sign == 0x4000 {
		r.Neg(r)
	}
	return r.RatString(), scale
}

func abs(n int) int { return max(n, -n) }

// class returns which kind of error err is: the class of its SQLSTATE, or SQLite's primary code.
func class(err error) string {
	var pg *pgconn.PgError
	var sqlite interface {
		Code() int
		ExtendedCode() int
	}
	var own *messages.Error
	switch {
	case errors.As(err, &pg) && len(pg.Code) == 5:
		return "SQLSTATE " + pg.Code[:2]
	case errors.As(err, &sqlite):
		return "SQLite " + strconv.Itoa(sqlite.Code())
	case errors.As(err, &own):
		return string(own.Code)
	default:
		return "an error that isn't typed"
	}
}

// String returns the answer as a reader of a report wants it.
func (a *answer) String() string {
	if a.err != nil {
		return "error: " + a.err.Error()
	}
	var b strings.Builder
	for _, c := range a.columns {
		fmt.Fprintf(&b, "%s(%d) ", c.name, c.oid)
	}
	fmt.Fprintf(&b, "%d rows, %s", len(a.rows), a.tag)
	if a.shards != nil {
		fmt.Fprintf(&b, ", from %v", a.shards)
	}
	for i, row := range a.rows {
		if i == 40 {
			b.WriteString("\n  …")
			break
		}
		fmt.Fprintf(&b, "\n  %s", strings.Join(row, " | "))
	}
	return b.String()
}
