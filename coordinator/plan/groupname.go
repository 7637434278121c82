package plan

import (
	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/sqlite"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// output names an output column as one database would.
func (s *grouping) output(t *tree.Target, x merge.Expr) (merge.Output, *statement.Refusal) {
	o := merge.Output{X: x}
	direct, like := s.columnOf(x)
	if t.Alias != nil {
		o.Name = t.Alias.Name
		if s.d == messages.SQLite {
			o.Name = sqlite.Unquoted(t.Alias.Of(s.stmt.Text))
		}
		return o, nil
	}
	if s.d == messages.SQLite {
		// An expression's name is its text; a column has its own, wherever it is spelled how.
		if direct >= 0 && isColumn(tree.Bare(t.X)) && like.alias == nil {
			o.NameOf = direct
			return o, nil
		}
		o.Name = sqlite.WrittenName(s.stmt.Text, t.X.Extent())
		return o, nil
	}
	if direct >= 0 && like.alias == nil && s.sameExpr(like.x, t.X) {
		o.NameOf = direct
		return o, nil
	}
	name, known := figureName(t.X)
	if !known {
		return o, refuse(Expression, "SELECT", t, "what PostgreSQL calls the column isn't known", "give it an alias")
	}
	o.Name = name
	return o, nil
}

// columnOf returns the column of the shards whose value x is, or -1 if it is more than that.
func (s *grouping) columnOf(x merge.Expr) (int, column) {
	switch x := x.(type) {
	case merge.KeyRef:
		i := s.groups.Keys[x.Index].Column
		return i, s.columns[i]
	case merge.AggregateRef:
		a := s.groups.Aggregates[x.Index]
		switch a.Func {
		case merge.Avg, merge.CountDistinct, merge.SumDistinct, merge.AvgDistinct:
			return -1, column{}
		}
		return a.Column, s.columns[a.Column]
	}
	return -1, column{}
}
