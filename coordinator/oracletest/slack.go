package oracletest

import (
	"math"
	"slices"
	"strconv"
	"strings"
)

// slack is by how much two floats may differ beyond their 12 digits: the order in which numbers are added is open, and a sum
// of large ones can be a small one. 0 where nothing is added.
type slack float64

// lost is which part of the largest number that is added is lost in a few dozen additions, at the worst.
const lost = 1.0 / (1 << 47)

// slack returns that of a query's answer: a part of the largest whole number in the tables, if the query adds such numbers as floats.
func (s *schema) slack(q *query) slack {
	if q == nil || !q.addsFloats() {
		return 0
	}
	largest := 0.0
	for _, t := range s.tables {
		for _, row := range t.rows {
			for _, v := range row {
				largest = max(largest, math.Abs(float64(v.i)))
			}
		}
	}
	return slack(largest * lost)
}

// addsFloats reports whether a target or an order key adds whole numbers as floats. A condition on such a sum is left alone: it would
// have to be at its very border to be open.
func (q *query) addsFloats() bool {
	for _, k := range q.order {
		if k.expression.addsFloats() {
			return true
		}
	}
	for _, arm := range q.arms {
		if slices.ContainsFunc(arm.targets, func(t target) bool { return t.expression.addsFloats() }) {
			return true
		}
	}
	return false
}

func (e *expression) addsFloats() bool {
	if e == nil {
		return false
	}
	if e.aggregate && (strings.HasPrefix(e.form, "total(") || strings.HasPrefix(e.form, "avg(")) {
		return e.args[0].kind.whole()
	}
	return slices.ContainsFunc(e.args, (*expression).addsFloats)
}

// sameCell reports whether two cells are the same but for the slack.
func (s slack) sameCell(a, b string) bool {
	if a == b || s == 0 {
		return a == b
	}
	x, ok := strings.CutPrefix(a, "float ")
	y, also := strings.CutPrefix(b, "float ")
	if !ok || !also {
		return false
	}
	f, errF := strconv.ParseFloat(x, 64)
	g, errG := strconv.ParseFloat(y, 64)
	return errF == nil && errG == nil && math.Abs(f-g) <= float64(s)+1e-11*math.Abs(f)
}

func (s slack) sameRow(a, b []string) bool { return slices.EqualFunc(a, b, s.sameCell) }

func (s slack) sameList(a, b [][]string) bool { return slices.EqualFunc(a, b, s.sameRow) }

// sameBag reports whether a and b have the same rows, in any order.
func (s slack) sameBag(a, b [][]string) bool { return len(a) == len(b) && s.within(a, b) }

// within reports whether every row of a is in b, at least as often. Rows that are equal to the letter are each other's.
func (s slack) within(a, b [][]string) bool {
	left := map[string]int{}
	for _, row := range b {
		left[line(row)]++
	}
	var unmatched [][]string
	for _, row := range a {
		if left[line(row)] == 0 {
			unmatched = append(unmatched, row)
			continue
		}
		left[line(row)]--
	}
	if s == 0 || len(unmatched) == 0 {
		return len(unmatched) == 0
	}
	var rest [][]string
	for _, row := range b {
		if left[line(row)] > 0 {
			left[line(row)]--
			rest = append(rest, row)
		}
	}
	for _, row := range unmatched {
		i := slices.IndexFunc(rest, func(other []string) bool { return s.sameRow(row, other) })
		if i < 0 {
			return false
		}
		rest = slices.Delete(rest, i, i+1)
	}
	return true
}

// sameBag reports whether a and b have the same rows to the letter, in any order.
func sameBag(a, b [][]string) bool { return slack(0).sameBag(a, b) }
