package plan

import (
	"slices"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// convert makes an expression over groups of one of the statement's. What has no aggregate in it the shards compute.
func (s *grouping) convert(x tree.Expr, clause string, outermost bool) (merge.Expr, *statement.Refusal) {
	x = tree.Bare(x)
	if i := slices.IndexFunc(s.list, func(key tree.Expr) bool { return s.sameExpr(key, x) }); i >= 0 {
		return merge.KeyRef{Index: i}, nil
	}
	if s.isPartial(x) {
		i, r := s.addPartial(x)
		return merge.AggregateRef{Index: i}, r
	}
	if t := s.aliased(x); t != nil && !outermost {
		return s.convert(t.X, clause, false)
	}
	if find(x, s.isPartial) == nil && find(x, func(n tree.Node) bool { return s.aliased(n) != nil }) == nil && (s.lazy == 0 || s.cannotFail(x)) {
		return s.convertKeys(x, clause, outermost)
	}
	return s.convertParts(x, clause)
}

// isPartial reports whether n is what the shards answer in part: an aggregate or, without a FROM, an EXISTS.
func (s *grouping) isPartial(n tree.Node) bool {
	if len(s.b.From) > 0 {
		return s.isAggregate(n)
	}
	e, ok := n.(*tree.Exists)
	return ok && s.a.Sharded(e)
}

func (s *grouping) addPartial(x tree.Expr) (int, *statement.Refusal) {
	if call, ok := x.(*tree.Call); ok {
		return s.addAggregate(call)
	}
	// A row exists if one of the shards has one.
	i := s.addColumn(column{with: []piece{source(x)}, x: x})
	return s.addCombined(merge.Aggregate{Func: merge.Or, Column: i}, nil), nil
}

// aliased returns the target that a name in SQLite's HAVING stands for, if no column is called so; nil if it is none.
func (s *grouping) aliased(n tree.Node) *tree.Target {
	c, ok := n.(*tree.Column)
	if !ok || s.d != messages.SQLite || s.known == nil || len(c.Qualifier) > 0 || !s.mayBeAlias(c.Name.Name) {
		return nil
	}
	for _, t := range s.b.Targets {
		if t.Alias != nil && t.Alias.Name == c.Name.Name {
			return t
		}
	}
	return nil
}

// convertKeys converts an expression that has no aggregate: it is the same in all of a group.
func (s *grouping) convertKeys(x tree.Expr, clause string, outermost bool) (merge.Expr, *statement.Refusal) {
	// Without keys but those of distinct values the shards may have no row that tells a constant.
	absent := len(s.list) == 0 && s.finer
	if !outermost || absent {
		switch n := x.(type) {
		case *tree.Literal:
			if c, ok := constantOf(n); ok {
				return c, nil
			}
		case *tree.Param:
			s.arguments = append(s.arguments, n)
			return merge.Argument{Ordinal: n.Ordinal}, nil
		}
	}
	if !s.madeOf(x, s.list) && (len(s.b.From) > 0 || s.a.Sharded(x)) {
		return nil, refuse(GroupBy, clause, x, "it is neither grouped by nor an aggregate, or holds a subquery", "add it to GROUP BY, or "+hintPin)
	}
	if absent {
		return nil, refuse(Expression, clause, x, "it would have to be computed beside an aggregate over distinct values", hintClient)
	}
	return s.anyOf(s.once(x)), nil
}

// anyOf is the value of a column that has one in each group.
func (s *grouping) anyOf(c column) merge.Expr {
	i := s.addColumn(c)
	for n, a := range s.groups.Aggregates {
		if a.Func == merge.Any && a.Column == i {
			return merge.AggregateRef{Index: n}
		}
	}
	return merge.AggregateRef{Index: s.addCombined(merge.Aggregate{Func: merge.Any, Column: i}, nil)}
}

// once is a column that has one value in each group. A function may return several rows in PostgreSQL, and would repeat
// the partial results beside it: within a CASE that is an error.
func (s *grouping) once(x tree.Expr) column {
	calls := find(x, func(n tree.Node) bool { _, ok := n.(*tree.Call); return ok }) != nil
	if s.d != messages.PostgreSQL || !calls {
		return column{with: []piece{source(x)}, x: x}
	}
	return column{
		with: []piece{literal("CASE WHEN true THEN "), source(x), literal(" END")},
		x:    &tree.Case{Whens: []*tree.When{{Cond: &tree.Literal{Value: true}, Result: x}}},
	}
}

func constantOf(n *tree.Literal) (merge.Constant, bool) {
	switch v := n.Value.(type) {
	case tree.Number:
		return merge.Constant{Value: merge.Number(v)}, true
	case nil, bool, int64, string:
		return merge.Constant{Value: v}, true
	default:
		return merge.Constant{}, false
	}
}

// convertParts converts an expression that has aggregates in its parts.
func (s *grouping) convertParts(x tree.Expr, clause string) (merge.Expr, *statement.Refusal) {
	switch n := x.(type) {
	case *tree.Binary:
		switch n.Op {
		case "+", "-", "*", "/", "%", "=", "<>", "<", "<=", ">", ">=":
			if !n.Qualified {
				return s.operation(n, clause)
			}
		}
	case *tree.Unary:
		if n.Postfix {
			break
		}
		y, r := s.convert(n.X, clause, false)
		switch {
		case r != nil:
			return nil, r
		case n.Op == "NOT":
			return merge.Negation{X: y}, nil
		case n.Op == "-" || n.Op == "+":
			return merge.Operation{Op: n.Op, R: y}, nil
		}
	case *tree.Logic:
		j := merge.Junction{Or: n.Or}
		for _, arg := range n.Args {
			y, r := s.convert(arg, clause, false)
			if r != nil {
				return nil, r
			}
			j.Args = append(j.Args, y)
		}
		return j, nil
	case *tree.Is:
		if n.Test == tree.IsNull {
			y, r := s.convert(n.X, clause, false)
			return merge.NullTest{X: y, Not: n.Not}, r
		}
	case *tree.Between:
		if !n.Symmetric {
			return s.between(n, clause)
		}
	case *tree.In:
		if n.Query == nil && n.Table == nil {
			return s.in(n, clause)
		}
	case *tree.Case:
		return s.caseWhen(n, clause)
	case *tree.Cast:
		return s.cast(n, clause)
	case *tree.Call:
		return s.function(n, clause)
	}
	return nil, s.unknown(x, clause)
}

func (s *grouping) unknown(x tree.Expr, clause string) *statement.Refusal {
	return refuse(Expression, clause, x, "it isn't among the operators, functions and casts that are known over merged aggregates",
		"select the aggregate itself and compute with it, or "+hintPin)
}

func (s *grouping) operation(n *tree.Binary, clause string) (merge.Expr, *statement.Refusal) {
	if isComparison(n.Op) {
		if r := s.refuseCollate(clause, n.L, n.R); r != nil {
			return nil, r
		}
	}
	l, r := s.convert(n.L, clause, false)
	if r != nil {
		return nil, r
	}
	right, r := s.convert(n.R, clause, false)
	if r != nil {
		return nil, r
	}
	return merge.Operation{Op: n.Op, L: l, R: right}, nil
}

// refuseCollate refuses a COLLATE in SQLite: which collation and affinity a comparison has depends on what stands on its sides.
func (s *grouping) refuseCollate(clause string, sides ...tree.Expr) *statement.Refusal {
	if s.d != messages.SQLite {
		return nil
	}
	for _, side := range sides {
		if at := find(side, func(n tree.Node) bool { _, ok := n.(*tree.Collate); return ok }); at != nil {
			return refuse(Expression, clause, at, reasonUnknown, hintRewrite)
		}
	}
	return nil
}

func isComparison(op string) bool {
	switch op {
	case "=", "<>", "<", "<=", ">", ">=":
		return true
	}
	return false
}

// between converts X BETWEEN Lo AND Hi as what it is short for.
func (s *grouping) between(n *tree.Between, clause string) (merge.Expr, *statement.Refusal) {
	sides := []tree.Expr{n.X, n.Lo, n.Hi}
	if r := s.refuseCollate(clause, sides...); r != nil {
		return nil, r
	}
	parts, r := s.converted(sides, clause)
	if r != nil {
		return nil, r
	}
	both := merge.Junction{Args: []merge.Expr{
		merge.Operation{Op: ">=", L: parts[0], R: parts[1]}, merge.Operation{Op: "<=", L: parts[0], R: parts[2]},
	}}
	if n.Not {
		return merge.Negation{X: both}, nil
	}
	return both, nil
}

// converted converts a list of which all are evaluated.
func (s *grouping) converted(list []tree.Expr, clause string) ([]merge.Expr, *statement.Refusal) {
	all := make([]merge.Expr, len(list))
	for i, x := range list {
		var r *statement.Refusal
		if all[i], r = s.convert(x, clause, false); r != nil {
			return nil, r
		}
	}
	return all, nil
}

// having converts HAVING, in which SQLite allows aliases.
func (s *grouping) having(x tree.Expr) (merge.Expr, *statement.Refusal) {
	if s.d == messages.SQLite && s.known == nil {
		if r := s.aliasIn(x, "HAVING"); r != nil {
			return nil, r
		}
	}
	return s.convert(x, "HAVING", false)
}
