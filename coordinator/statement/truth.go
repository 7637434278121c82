package statement

import (
	"github.com/troupedb/troupe/coordinator/statement/keyset"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// facts are what is known of key columns in the rows for which an expression has a certain value. Of a slot that isn't among
// them nothing is known; of one that is there several times, all hold.
type facts struct {
	// never says that there are no such rows.
	never bool
	known []fact
}

type fact struct {
	slot *slot
	set  keyset.Set
}

// maxJoin bounds the work of an OR whose arms speak of many slots each: beyond it nothing is known.
const maxJoin = 1 << 16

// judge finds out what an expression that is true, or false, says about the keys of one block.
type judge struct {
	view    view
	dialect messages.Dialect
}

// facts returns what holds in the rows for which e is TRUE, or FALSE if want is false. NULL is neither.
func (j judge) facts(e tree.Expr, want bool) facts {
	switch e := e.(type) {
	case *tree.Paren:
		return j.facts(e.X, want)
	case *tree.Unary:
		if e.Op == "NOT" && !e.Postfix {
			return j.facts(e.X, !want)
		}
	case *tree.Logic:
		if e.Or == want {
			return j.any(e.Args, want)
		}
		return j.all(e.Args, want)
	case *tree.Binary:
		if !e.Qualified {
			return j.comparison(e.Op, e.L, e.R, want)
		}
	case *tree.Is:
		return j.is(e, want)
	case *tree.In:
		if e.Query == nil && e.Table == nil && want != e.Not {
			return j.in(e)
		}
	case *tree.Quantified:
		return j.quantified(e, want)
	case *tree.Between:
		return j.between(e, want)
	case *tree.Literal:
		return facts{never: e.Value == nil || j.dialect == messages.PostgreSQL && e.Value == !want}
	}
	return facts{}
}

// all is of expressions that all have the value.
func (j judge) all(list []tree.Expr, want bool) facts {
	var f facts
	for _, e := range list {
		f = f.and(j.facts(e, want))
	}
	return f
}

// any is of expressions one of which has the value.
func (j judge) any(list []tree.Expr, want bool) facts {
	f := facts{never: true}
	for _, e := range list {
		f = f.or(j.facts(e, want))
		if !f.never && len(f.known) == 0 {
			break
		}
	}
	return f
}

func (f facts) and(g facts) facts {
	if f.never || g.never {
		return facts{never: true}
	}
	if len(f.known) == 0 {
		return g
	}
	return facts{known: append(f.known, g.known...)}
}

func (f facts) or(g facts) facts {
	switch {
	case f.never:
		return g
	case g.never:
		return f
	case len(f.known)*len(g.known) > maxJoin:
		return facts{}
	}
	var known []fact
	for i, a := range f.known {
		if isKnown(f.known[:i], a.slot) {
			continue
		}
		if y := allOf(g.known, a.slot); y != nil {
			known = append(known, fact{a.slot, unite(allOf(f.known, a.slot), y)})
		}
	}
	return facts{known: known}
}

func isKnown(known []fact, s *slot) bool {
	for _, k := range known {
		if k.slot == s {
			return true
		}
	}
	return false
}

// allOf returns what is known of a slot, nil if nothing is.
func allOf(known []fact, s *slot) keyset.Set {
	var found keyset.Set
	for _, k := range known {
		switch {
		case k.slot != s:
		case found == nil:
			found = k.set
		default:
			found = keyset.Intersection{found, k.set}
		}
	}
	return found
}

// unite appends to a union that this judge made, so that a chain of ORs is one union.
func unite(x, y keyset.Set) keyset.Set {
	if u, ok := x.(keyset.Union); ok {
		return append(u, y)
	}
	return append(make(keyset.Union, 0, 4), x, y)
}

// comparison is of "l op r".
func (j judge) comparison(op string, l, r tree.Expr, want bool) facts {
	if x, y, ok := rows(l, r); ok {
		if op != "=" && op != "<>" || want != (op == "=") {
			return facts{}
		}
		var f facts
		for i := range x {
			f = f.and(j.comparison(op, x[i], y[i], want))
		}
		return f
	}
	s, c := j.key(l), r
	if s == nil {
		if s, c = j.key(r), l; s == nil {
			return facts{}
		}
		op = turned(op)
	}
	set := j.compared(s, op, c, want)
	if set == nil {
		return facts{}
	}
	return facts{known: []fact{{s, set}}}
}

// rows returns the parts of two rows that are compared with each other.
func rows(l, r tree.Expr) (x, y []tree.Expr, ok bool) {
	a, ok := tree.Bare(l).(*tree.Row)
	if !ok {
		return nil, nil, false
	}
	b, ok := tree.Bare(r).(*tree.Row)
	if !ok || len(a.Items) != len(b.Items) {
		return nil, nil, false
	}
	return a.Items, b.Items, true
}

// turned returns the operator that stands between two values whose places are exchanged.
func turned(op string) string {
	switch op {
	case "<":
		return ">"
	case "<=":
		return ">="
	case ">":
		return "<"
	case ">=":
		return "<="
	default:
		return op
	}
}

// negated returns the operator that is TRUE where op is FALSE.
func negatedOperator(op string) string {
	switch op {
	case "=":
		return "<>"
	case "<>":
		return "="
	case "<":
		return ">="
	case "<=":
		return ">"
	case ">":
		return "<="
	case ">=":
		return "<"
	default:
		return ""
	}
}

// key returns the slot of the block itself that an expression is, or nil.
func (j judge) key(e tree.Expr) *slot {
	s, r := j.view.slot(e)
	if r.up > 0 {
		return nil
	}
	return s
}

// compared returns the keys for which "key op c" is want; nil if that isn't known.
func (j judge) compared(s *slot, op string, c tree.Expr, want bool) keyset.Set {
	if !want {
		op = negatedOperator(op)
	}
	if op == "" || op == "<>" {
		return nil
	}
	o, ok := operandOf(c, s.typ(), j.dialect)
	if !ok {
		return nil
	}
	switch op {
	case "=":
		return keyset.Value{Operand: o}
	case "<", "<=", ">", ">=":
		if j.ordered(s.typ()) {
			return keyset.Bound{Operand: o, Lower: op[0] == '>', Open: len(op) == 1}
		}
	}
	return nil
}

// ordered reports whether the database orders keys of a type as keyset does. PostgreSQL orders texts by their collation.
func (j judge) ordered(t keyset.Type) bool {
	switch t {
	case keyset.Integer, keyset.Bytes:
		return true
	case keyset.Text:
		return j.dialect == messages.SQLite
	case keyset.UUID:
		return j.dialect == messages.PostgreSQL
	default:
		return false
	}
}

func (j judge) is(e *tree.Is, want bool) facts {
	switch e.Test {
	case tree.IsTrue:
		if want != e.Not {
			return j.facts(e.X, true)
		}
	case tree.IsFalse:
		if want != e.Not {
			return j.facts(e.X, false)
		}
	case tree.IsDistinct:
		if truth, ok := j.truth(e.Y); ok {
			// SQLite's X IS TRUE.
			if want == e.Not {
				return j.facts(e.X, truth)
			}
			return facts{}
		}
		if want != e.Not {
			return facts{}
		}
		s, c := j.key(e.X), e.Y
		if s == nil {
			s, c = j.key(e.Y), e.X
		}
		if s == nil {
			return facts{}
		}
		if o, ok := operandOf(c, s.typ(), j.dialect); ok {
			return facts{known: []fact{{s, keyset.NotNull{Operand: o, Set: keyset.Value{Operand: o}}}}}
		}
	}
	return facts{}
}

// truth returns which constant an expression is that SQLite reads as a name: TRUE or FALSE, if no table has such a column.
func (j judge) truth(e tree.Expr) (value, ok bool) {
	c, isColumn := e.(*tree.Column)
	if !isColumn || j.dialect != messages.SQLite || !isTruthName(c) || declares(c, j.view) {
		return false, false
	}
	return c.Name.Name == "true", true
}

// in is of "x IN (…)" that is TRUE, or of "x NOT IN (…)" that is FALSE.
func (j judge) in(e *tree.In) facts {
	s := j.key(e.X)
	if s == nil {
		f := facts{never: true}
		for _, item := range e.List {
			if _, ok := tree.Bare(e.X).(*tree.Row); !ok {
				return facts{}
			}
			if f = f.or(j.comparison("=", e.X, item, true)); len(f.known) == 0 {
				return facts{}
			}
		}
		return f
	}
	union := make(keyset.Union, 0, len(e.List))
	for _, item := range e.List {
		o, ok := operandOf(item, s.typ(), j.dialect)
		if !ok {
			return facts{}
		}
		union = append(union, keyset.Value{Operand: o})
	}
	return facts{known: []fact{{s, union}}}
}

// quantified is of "x = ANY (array)" that is TRUE, or of "x <> ALL (array)" that is FALSE.
func (j judge) quantified(e *tree.Quantified, want bool) facts {
	if e.Qualified || e.Array == nil || want == e.All || e.Op != "=" && !e.All || e.Op != "<>" && e.All {
		return facts{}
	}
	s := j.key(e.X)
	if s == nil {
		return facts{}
	}
	array := tree.Bare(e.Array)
	if c, ok := array.(*tree.Cast); ok && c.Type.Dimensions == 1 && identity(c.Type, s.typ(), j.dialect) {
		array = tree.Bare(c.X)
	}
	switch array := array.(type) {
	case *tree.Param:
		return facts{known: []fact{{s, keyset.Elements{Operand: parameterOf(array)}}}}
	case *tree.Array:
		if array.Query != nil {
			return facts{}
		}
		union := make(keyset.Union, 0, len(array.Items))
		for _, item := range array.Items {
			o, ok := operandOf(item, s.typ(), j.dialect)
			if !ok {
				return facts{}
			}
			union = append(union, keyset.Value{Operand: o})
		}
		return facts{known: []fact{{s, union}}}
	}
	return facts{}
}

func (j judge) between(e *tree.Between, want bool) facts {
	if e.Symmetric {
		return facts{}
	}
	s := j.key(e.X)
	if s == nil {
		return facts{}
	}
	above, below := j.bound(s, ">=", e.Lo, want != e.Not), j.bound(s, "<=", e.Hi, want != e.Not)
	if want != e.Not {
		return above.and(below)
	}
	return above.or(below)
}

func (j judge) bound(s *slot, op string, c tree.Expr, want bool) facts {
	set := j.compared(s, op, c, want)
	if set == nil {
		return facts{}
	}
	return facts{known: []fact{{s, set}}}
}
