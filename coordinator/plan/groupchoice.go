package plan

import (
	"strconv"
	"strings"

	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// maybe converts an expression that the one around it may leave out.
func (s *grouping) maybe(x tree.Expr, clause string) (merge.Expr, *statement.Refusal) {
	s.lazy++
	defer func() { s.lazy-- }()
	return s.convert(x, clause, false)
}

// always converts a part that is evaluated whenever the expression around it is.
func (s *grouping) always(x tree.Expr, clause string) (merge.Expr, *statement.Refusal) {
	return s.convert(x, clause, false)
}

// cannotFail reports whether the shards may compute x for every group, although one database wouldn't: no value makes it an
// error.
func (s *grouping) cannotFail(x tree.Expr) bool {
	return find(x, func(n tree.Node) bool {
		switch n := n.(type) {
		case *tree.Column, *tree.Literal, *tree.Param, *tree.Paren, *tree.Logic, *tree.Between:
			return false
		case *tree.In:
			return n.Query != nil || n.Table != nil
		case *tree.Is:
			return n.Test == tree.IsOther
		case *tree.Unary:
			return n.Op != "NOT" && s.d != messages.SQLite
		case *tree.Binary:
			return n.Qualified || !isComparison(n.Op) && (s.d != messages.SQLite || !isArithmetic(n.Op))
		case *tree.Case, *tree.When, *tree.Cast:
			return s.d != messages.SQLite
		default:
			return true
		}
	}) == nil
}

func isArithmetic(op string) bool {
	switch op {
	case "+", "-", "*", "/", "%":
		return true
	}
	return false
}

// caseWhen converts CASE. The first condition is always evaluated.
func (s *grouping) caseWhen(n *tree.Case, clause string) (merge.Expr, *statement.Refusal) {
	if n.Operand != nil && s.d == messages.PostgreSQL {
		switch tree.Bare(n.Operand).(type) {
		case *tree.Literal, *tree.Param: // of unknown type it becomes a text, whatever it is compared with
			return nil, refuse(Expression, clause, n.Operand, "a constant is compared with each arm", "write CASE WHEN with conditions")
		}
	}
	var y merge.CaseWhen
	for i, when := range n.Whens {
		convert := s.maybe
		if i == 0 {
			convert = s.always
		}
		cond, r := s.condition(n.Operand, when, clause, convert)
		if r != nil {
			return nil, r
		}
		result, r := s.maybe(when.Result, clause)
		if r != nil {
			return nil, r
		}
		y.Arms = append(y.Arms, merge.Arm{Cond: cond, Result: result})
	}
	if n.Else != nil {
		var r *statement.Refusal
		if y.Else, r = s.maybe(n.Else, clause); r != nil {
			return nil, r
		}
	}
	return y, nil
}

type converter func(x tree.Expr, clause string) (merge.Expr, *statement.Refusal)

// condition converts the condition of an arm. With an operand it is that the operand equals it; if neither has aggregates the shards
// compute that.
func (s *grouping) condition(operand tree.Expr, when *tree.When, clause string, convert converter) (merge.Expr, *statement.Refusal) {
	if operand == nil {
		return convert(when.Cond, clause)
	}
	if r := s.refuseCollate(clause, operand, when.Cond); r != nil {
		return nil, r
	}
	equal := &tree.Binary{Span: when.Span, Op: "=", L: &tree.Paren{Span: operand.Extent(), X: operand}, R: &tree.Paren{Span: when.Cond.Extent(), X: when.Cond}}
	if find(equal, s.isPartial) == nil && s.cannotFail(equal) && s.madeOf(equal, s.list) && (len(s.list) > 0 || !s.finer) {
		return s.anyOf(column{
			with: []piece{literal("("), source(operand), literal(") = ("), source(when.Cond), literal(")")}, x: equal,
		}), nil
	}
	l, r := convert(operand, clause)
	if r != nil {
		return nil, r
	}
	right, r := convert(when.Cond, clause)
	return merge.Operation{Op: "=", L: l, R: right}, r
}

func (s *grouping) in(n *tree.In, clause string) (merge.Expr, *statement.Refusal) {
	if r := s.refuseCollate(clause, append([]tree.Expr{n.X}, n.List...)...); r != nil {
		return nil, r
	}
	x, r := s.convert(n.X, clause, false)
	if r != nil {
		return nil, r
	}
	y := merge.In{X: x, Not: n.Not}
	for _, member := range n.List {
		// A member has to be a constant that the merge sees.
		switch m := tree.Bare(member).(type) {
		case *tree.Literal, *tree.Param:
		case *tree.Unary:
			if _, ok := tree.Bare(m.X).(*tree.Literal); !ok || m.Postfix || m.Op != "-" {
				return nil, s.notConstant(member, clause)
			}
			number, r := s.convert(m.X, clause, false)
			if r != nil {
				return nil, r
			}
			y.List = append(y.List, merge.Operation{Op: "-", R: number})
			continue
		default:
			return nil, s.notConstant(member, clause)
		}
		c, r := s.convert(member, clause, false)
		if r != nil {
			return nil, r
		}
		y.List = append(y.List, c)
	}
	return y, nil
}

func (s *grouping) notConstant(x tree.Expr, clause string) *statement.Refusal {
	return refuse(Expression, clause, x, "of IN over merged aggregates the members have to be constants", "write it as comparisons with OR")
}

// cast converts a cast. The name of a type that the merge doesn't know it refuses itself.
func (s *grouping) cast(n *tree.Cast, clause string) (merge.Expr, *statement.Refusal) {
	to := merge.Type{Name: n.Type.Name}
	if s.d == messages.PostgreSQL {
		to.Name = typeName(n.Type)
		if n.Type.Qualified || n.Type.Dimensions > 0 || n.Type.Modified && !readModifiers(n.Type.Of(s.stmt.Text), &to) {
			return nil, s.unknown(n, clause)
		}
		switch to.Name {
		case "int2", "int4", "int8", "numeric", "float4", "float8", "text", "varchar", "bool":
		default:
			return nil, s.unknown(n, clause)
		}
	}
	x, r := s.convert(n.X, clause, false)
	if r != nil {
		return nil, r
	}
	return merge.Convert{X: x, Type: to}, nil
}

// readModifiers reads the modifiers of PostgreSQL's numeric(precision, scale) as it is written.
func readModifiers(written string, to *merge.Type) bool {
	_, inner, ok := strings.Cut(written, "(")
	inner, rest, closed := strings.Cut(inner, ")")
	if !ok || !closed || rest != "" || to.Name != "numeric" {
		return false
	}
	precision, scale, scaled := strings.Cut(inner, ",")
	p, err := strconv.ParseInt(strings.TrimSpace(precision), 10, 32)
	if err != nil || p < 1 {
		return false
	}
	to.Precision = int32(p)
	if scaled {
		n, err := strconv.ParseInt(strings.TrimSpace(scale), 10, 32)
		if err != nil {
			return false
		}
		to.Scale = int32(n)
	}
	return true
}
