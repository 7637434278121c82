package oracletest

import "strings"

// anchored reports whether each row of the query's answer comes from a row of a table with a key: then there are none where
// the key says that there are none.
func (q *query) anchored() bool {
	for _, arm := range q.arms {
		if !arm.anchored() {
			return false
		}
	}
	return true
}

func (s *selection) anchored() bool {
	if s.from == nil || s.having != nil {
		return false
	}
	for _, key := range s.group {
		if strings.HasPrefix(key.form, "rollup") || strings.HasPrefix(key.form, "cube") { // they have a sum of nothing too
			return false
		}
	}
	if len(s.group) == 0 {
		for _, t := range s.targets {
			if t.expression != nil && t.expression.aggregates() {
				return false
			}
		}
	}
	return s.from.anchored()
}

func (s *source) anchored() bool {
	switch {
	case s.table != nil:
		return !s.table.reference()
	case s.query != nil:
		return s.query.anchored()
	case s.common != nil:
		return s.common.anchored()
	case s.join == "":
		return false
	}
	left, right := s.left.anchored(), s.right.anchored()
	switch s.join {
	case "left join", "left outer join":
		return left
	case "right join":
		return right
	case "full join":
		return left && right
	default:
		return left || right
	}
}

// aggregates reports whether there is an aggregate in an expression, outside of queries.
func (e *expression) aggregates() bool {
	if e.aggregate {
		return true
	}
	for _, a := range e.args {
		if a.aggregates() {
			return true
		}
	}
	return false
}
