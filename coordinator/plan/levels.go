package plan

import (
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// levels are the outermost query and those in parentheses within it, until there is a SELECT, VALUES or set operation. One of them
// has ORDER BY, LIMIT and the like; parentheses that nothing else follows change nothing.
type levels struct {
	queries []*tree.Query
	clauses int // the index of the one with clauses
	body    tree.Node
}

func levelsOf(q *tree.Query) (levels, *statement.Refusal) {
	l := levels{clauses: -1}
	for {
		l.queries = append(l.queries, q)
		if len(q.OrderBy) > 0 || q.Limit != nil || q.Offset != nil {
			if l.clauses >= 0 {
				return l, refuse(statement.NotUnderstood, "parentheses", q,
					"there is a clause within the parentheses and another after them", hintRewrite)
			}
			l.clauses = len(l.queries) - 1
		}
		inner, ok := q.Body.(*tree.Query)
		if !ok {
			break
		}
		q = inner
	}
	l.clauses = max(l.clauses, 0)
	l.body = q.Body
	return l, nil
}

// query returns the query that has the clauses.
func (l *levels) query() *tree.Query { return l.queries[l.clauses] }

// with returns the levels as they are with another body and other clauses.
func (l *levels) with(body tree.Node, clauses *tree.Query) *tree.Query {
	for i := len(l.queries) - 1; i >= 0; i-- {
		q := *l.queries[i]
		if i == l.clauses {
			q = *clauses
		}
		q.Body = body
		body = &q
	}
	return body.(*tree.Query)
}
