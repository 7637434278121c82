package statement

import (
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// behaviour is what a function does to a statement that several shards run.
type behaviour uint8

const (
	// unknownFunction may do anything.
	unknownFunction behaviour = iota
	// settled has a value that depends on its arguments, and settings that all shards share.
	settled
	// fresh has another value each time, and no effect that matters.
	fresh
	// variable has a value that the session, the database or an effect makes.
	variable
	// clocked reads the clock.
	clocked
	// aggregate and windowed are over several rows.
	aggregate
	windowed
)

// names is a set of words.
type names map[string]struct{}

func newNames(words string) names {
	n := names{}
	for _, w := range strings.Fields(words) {
		n[w] = struct{}{}
	}
	return n
}

func (n names) has(word string) bool {
	_, ok := n[word]
	return ok
}

// functionName returns the name of a built-in function that a call may mean; empty if it has another schema.
func functionName(c *tree.Call) string {
	switch len(c.Name) {
	case 1:
		return c.Name[0].Name
	case 2:
		if c.Name[0].Name == "pg_catalog" {
			return c.Name[1].Name
		}
	}
	return ""
}

// behaviourOf says what a call does.
func behaviourOf(c *tree.Call, sqlite bool) behaviour {
	if sqlite {
		return sqliteBehaviour(c)
	}
	return postgresqlBehaviour(c)
}

// checkCall refuses a call that several shards can't make as one database does. Aggregates and windows are judged with their
// block.
func (a *analyser) checkCall(c *tree.Call, s *site) {
	b := behaviourOf(c, a.sqlite)
	clause := callName(c) + "()"
	if !strings.Contains(a.tree.Text[c.Start:c.End], "(") {
		clause = strings.ToUpper(callName(c))
	}
	if b == aggregate && c.Over == nil && s.view.outsider(c) {
		a.refuse(newRefusal(NestedMerge, clause, c.Start, "it may be an aggregate of the rows of the block around the subquery",
			"qualify the columns in it with a table of the subquery, or "+hintPin))
	}
	switch b {
	case settled, aggregate, windowed:
	case fresh:
		if !s.output {
			a.refuse(newRefusal(VolatileFunction, clause, c.Start, reasonVaries, hintCompute))
		}
	case clocked:
		a.refuse(newRefusal(SessionFunction, clause, c.Start, reasonClock, hintCompute))
	case variable:
		a.refuse(newRefusal(SessionFunction, clause, c.Start, reasonVaries, hintCompute))
	default:
		a.refuse(newRefusal(UnknownFunction, clause, c.Start, reasonFunction, hintCompute))
	}
}

// outsider reports whether an aggregate may belong to a block further out: it does if all of its columns do. Those of a query in
// it may be anybody's.
func (v view) outsider(c *tree.Call) bool {
	if v.level.outer == nil {
		return false
	}
	some, own := false, false
	tree.Walk(c, func(n tree.Node) bool { // arguments, FILTER and ORDER BY alike
		switch n := n.(type) {
		case *tree.Query:
			some = true
			return false
		case *tree.Column:
			r := v.resolve(n)
			some = true
			own = own || r.up == 0 && (r.in != nil || !v.level.outer.mayHave(n))
		}
		return !own
	})
	return some && !own
}

// mayHave reports whether a block, or one further out, may have a column.
func (v view) mayHave(c *tree.Column) bool {
	if len(c.Qualifier) > 0 {
		return true
	}
	for {
		for _, r := range v.level.vars[v.lo:v.hi] {
			if !r.hidden && r.has(c.Name.Name) != absent {
				return true
			}
		}
		if v.level.outer == nil {
			return false
		}
		v = *v.level.outer
	}
}

func callName(c *tree.Call) string {
	if len(c.Name) == 0 {
		return "function"
	}
	return c.Name[len(c.Name)-1].Name
}

// Aggregate reports whether a call is one of an aggregate, which makes one row of a group of rows. A call with OVER isn't: it
// is a window function then, whatever it is called.
func (a *Analysis) Aggregate(c *tree.Call) bool {
	return isAggregate(c, isSQLite(a.Tree))
}

func isAggregate(c *tree.Call, sqlite bool) bool {
	return c.Over == nil && (c.Star || c.Distinct || c.Filter != nil || len(c.WithinGroup) > 0 || behaviourOf(c, sqlite) == aggregate)
}
