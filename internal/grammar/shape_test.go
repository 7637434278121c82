package grammar_test

import (
	"fmt"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// A shape is a query's set operations, with the clauses where they belong: "{S UNION ALL {S order 1}} limit". Parentheses
// that hold one query only are no part of it.
type shape struct {
	body                string
	with, order, locks  int
	limit, offset, ties bool
}

func (s shape) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "{%s", s.body)
	for _, count := range []struct {
		name string
		n    int
	}{{"with", s.with}, {"order", s.order}, {"locks", s.locks}} {
		if count.n > 0 {
			fmt.Fprintf(&b, " %s %d", count.name, count.n)
		}
	}
	for _, clause := range []struct {
		name string
		has  bool
	}{{"limit", s.limit}, {"offset", s.offset}, {"ties", s.ties}} {
		if clause.has {
			b.WriteString(" " + clause.name)
		}
	}
	return b.String() + "}"
}

// realShapes adds the shape of every query below n that is no arm of another.
func realShapes(n *pg.Node, f facts) {
	arms := map[*pg.SelectStmt]bool{}
	walkReal(n, func(m proto.Message) bool {
		switch m := m.(type) {
		case *pg.MultiAssignRef:
			return m.Colno == 1
		case *pg.SelectStmt:
			if !arms[m] {
				f.add("shape %v", realShape(m))
			}
			arms[m.Larg], arms[m.Rarg] = true, true
		}
		return true
	})
}

func realShape(m *pg.SelectStmt) shape {
	s := shape{
		body: "S", with: len(m.WithClause.GetCtes()), order: len(m.SortClause), locks: len(m.LockingClause),
		limit: m.LimitCount != nil, offset: m.LimitOffset != nil, ties: m.LimitOption == pg.LimitOption_LIMIT_OPTION_WITH_TIES,
	}
	switch {
	case m.Op != pg.SetOperation_SETOP_NONE:
		s.body = fmt.Sprintf("%v %s%s %v", realShape(m.Larg), strings.TrimPrefix(m.Op.String(), "SETOP_"), all(m.All), realShape(m.Rarg))
	case len(m.ValuesLists) > 0:
		s.body = "V"
	}
	return s
}

// ourShapes is realShapes of our tree.
func ourShapes(n tree.Node, f facts) {
	inner := map[tree.Node]bool{}
	tree.Walk(n, func(n tree.Node) bool {
		switch n := n.(type) {
		case *tree.Query:
			if !inner[n] {
				f.add("shape %v", ourShape(n))
			}
			inner[n.Body] = true
		case *tree.SetOp:
			inner[n.Left], inner[n.Right] = true, true
		case *tree.InsertStmt:
			if n.Rows != nil {
				f.add("shape %v", shape{body: "V"})
			}
		}
		return true
	})
}

func ourShape(n tree.Node) shape {
	switch n := n.(type) {
	case *tree.Query:
		s := ourShape(n.Body)
		if n.With != nil {
			s.with += len(n.With.Tables)
		}
		s.order += len(n.OrderBy)
		s.locks += len(n.Locks)
		s.limit = s.limit || n.Limit != nil
		s.offset = s.offset || n.Offset != nil
		s.ties = s.ties || n.WithTies
		return s
	case *tree.SetOp:
		return shape{body: fmt.Sprintf("%v %s%s %v", ourShape(n.Left), n.Op, all(n.All), ourShape(n.Right))}
	case *tree.Values:
		return shape{body: "V"}
	case *tree.Block:
		return shape{body: "S"}
	}
	return shape{body: fmt.Sprintf("%T", n)}
}

func all(all bool) string {
	if all {
		return " ALL"
	}
	return ""
}
