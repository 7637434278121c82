package oracletest

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgtype"
)

// difference says how two answers differ that should be the same but for the rows: "" if they don't.
func (a *answer) difference(b *answer) string {
	if (a.err == nil) != (b.err == nil) {
		return fmt.Sprintf("one database: %v; the troupe: %v", a.err, b.err)
	}
	if a.err != nil {
		if x, y := class(a.err), class(b.err); x != y {
			return fmt.Sprintf("other errors: %s and %s", x, y)
		}
		return ""
	}
	if len(a.columns) != len(b.columns) {
		return fmt.Sprintf("%d columns and %d", len(a.columns), len(b.columns))
	}
	for i, c := range a.columns {
		if o := b.columns[i]; c.name != o.name {
			return fmt.Sprintf("column %d is called %q and %q", i+1, c.name, o.name)
		} else if c.oid != o.oid && c.oid != pgtype.UnknownOID && o.oid != pgtype.UnknownOID {
			return fmt.Sprintf("column %q has type %d and %d", c.name, c.oid, o.oid)
		}
	}
	return ""
}

// line returns a row as one string.
func line(row []string) string { return strings.Join(row, "\x00") }

// ties are the rows of a query without its LIMIT, in order, each group equal in its order keys.
type ties struct {
	groups [][][]string
	rows   int
	slack  slack
}

// newTies splits a companion's rows, of which the last n columns are the keys. columns says where keys stand that are among
// the columns.
func newTies(companion [][]string, hidden int, columns []int, slack slack) ties {
	t := ties{slack: slack}
	var last []string
	for _, row := range companion {
		shown := row[:len(row)-hidden]
		var key []string
		for _, cell := range row[len(row)-hidden:] {
			key = append(key, tieCell(cell))
		}
		for _, c := range columns {
			key = append(key, tieCell(row[c]))
		}
		if len(t.groups) == 0 || !slack.sameRow(key, last) {
			t.groups = append(t.groups, nil)
		}
		n := len(t.groups) - 1
		t.groups[n] = append(t.groups[n], shown)
		last = key
		t.rows++
	}
	return t
}

// tieCell is a cell as a sort key: an integer and a float that are equal sort as one.
func tieCell(cell string) string {
	kind, digits, ok := strings.Cut(cell, " ")
	if !ok || kind != "int8" && kind != "float" {
		return cell
	}
	number, err := strconv.ParseFloat(digits, 64)
	if err != nil || math.Abs(number) > 1<<53 {
		return cell
	}
	return "float " + floatCell(number)
}

// allow says what is wrong with rows as the answer from offset on, limit rows at the most if it isn't negative: "" if
// nothing is.
func (t ties) allow(rows [][]string, offset, limit int) string {
	from := min(offset, t.rows)
	to := t.rows
	if limit >= 0 {
		to = min(t.rows, from+limit)
	}
	if len(rows) != to-from {
		return fmt.Sprintf("%d rows, where there should be %d", len(rows), to-from)
	}
	start := 0
	for _, group := range t.groups {
		a, b := max(start, from), min(start+len(group), to)
		if a < b && !t.slack.within(rows[a-from:b-from], group) {
			return fmt.Sprintf("rows %d to %d aren't those that belong there", a-from+1, b-from)
		}
		start += len(group)
	}
	return ""
}
