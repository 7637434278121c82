package oracletest

import "fmt"

// companion returns the query without its LIMIT and with its order keys as last columns, how many these are, and which
// of the query's own columns are keys.
func (q *query) companion() (c *query, hidden int, columns []int) {
	copied := *q
	copied.limit, copied.offset = nil, nil
	copied.arms = append([]*selection(nil), q.arms...)
	arm := *q.arms[0]
	arm.targets = append([]target(nil), arm.targets...)
	for _, k := range q.order {
		if k.column >= 0 {
			columns = append(columns, k.column)
			continue
		}
		arm.targets = append(arm.targets, target{expression: k.expression, alias: fmt.Sprintf("order_%d", hidden)})
		hidden++
	}
	copied.arms[0] = &arm
	return &copied, hidden, columns
}

// cut returns OFFSET and LIMIT; a negative limit is none.
func (q *query) cut() (offset, limit int) {
	limit = -1
	if q.limit != nil && !q.limit.null {
		limit = int(q.limit.i)
	}
	if q.offset != nil && !q.offset.null {
		offset = int(q.offset.i)
	}
	return offset, limit
}

// ordered reports whether the order or the choice of the rows is the statement's.
func (q *query) ordered() bool { return len(q.order) > 0 || q.limit != nil || q.offset != nil }
