package plan

import (
	"github.com/troupedb/troupe/coordinator/merge"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/tree"
	"github.com/troupedb/troupe/messages"
)

// form is how a function is called, and what it becomes.
type form struct {
	// least and most are how many arguments it may have; a most of 0 is any number.
	least, most int
	// grammar says that PostgreSQL has it in its grammar: then it is no function of any schema, and no quoted name.
	grammar bool
	// lazy says that all arguments after the first may be left out.
	lazy bool
	// compares says that its arguments are compared with each other.
	compares bool
	make     func(args []merge.Expr) merge.Expr
}

func asFunction(name string) func(args []merge.Expr) merge.Expr {
	return func(args []merge.Expr) merge.Expr { return merge.Function{Name: name, Args: args} }
}

func coalesce(args []merge.Expr) merge.Expr { return merge.Coalesce{Args: args} }

func nullIf(args []merge.Expr) merge.Expr { return merge.NullIf{X: args[0], Y: args[1]} }

func iif(args []merge.Expr) merge.Expr {
	return merge.CaseWhen{Arms: []merge.Arm{{Cond: args[0], Result: args[1]}}, Else: args[2]}
}

// forms are the functions over merged aggregates, by dialect and name.
var forms = map[messages.Dialect]map[string]form{
	messages.PostgreSQL: {
		"coalesce": {least: 1, grammar: true, lazy: true, make: coalesce},
		"nullif":   {least: 2, most: 2, grammar: true, compares: true, make: nullIf},
		"greatest": {least: 1, grammar: true, compares: true, make: asFunction("greatest")},
		"least":    {least: 1, grammar: true, compares: true, make: asFunction("least")},
		"round":    {least: 1, most: 2, make: asFunction("round")},
		"trunc":    {least: 1, most: 2, make: asFunction("trunc")},
		"abs":      {least: 1, most: 1, make: asFunction("abs")},
		"sign":     {least: 1, most: 1, make: asFunction("sign")},
		"floor":    {least: 1, most: 1, make: asFunction("floor")},
		"ceil":     {least: 1, most: 1, make: asFunction("ceil")},
		"ceiling":  {least: 1, most: 1, make: asFunction("ceil")},
	},
	messages.SQLite: {
		"coalesce": {least: 2, lazy: true, make: coalesce},
		"ifnull":   {least: 2, most: 2, lazy: true, make: coalesce},
		"nullif":   {least: 2, most: 2, compares: true, make: nullIf},
		"iif":      {least: 3, most: 3, lazy: true, make: iif},
		"max":      {least: 2, compares: true, make: asFunction("max")},
		"min":      {least: 2, compares: true, make: asFunction("min")},
		"round":    {least: 1, most: 2, make: asFunction("round")},
		"trunc":    {least: 1, most: 1, make: asFunction("trunc")},
		"abs":      {least: 1, most: 1, make: asFunction("abs")},
		"sign":     {least: 1, most: 1, make: asFunction("sign")},
		"floor":    {least: 1, most: 1, make: asFunction("floor")},
		"ceil":     {least: 1, most: 1, make: asFunction("ceil")},
		"ceiling":  {least: 1, most: 1, make: asFunction("ceil")},
	},
}

// function converts a call that is no aggregate.
func (s *grouping) function(n *tree.Call, clause string) (merge.Expr, *statement.Refusal) {
	f, ok := forms[s.d][functionName(n)]
	last := n.Name[len(n.Name)-1]
	switch {
	case !ok, !n.Plain, n.Star, n.Distinct, n.Filter != nil, n.Over != nil, len(n.OrderBy) > 0, len(n.WithinGroup) > 0,
		f.grammar && (len(n.Name) > 1 || last.Quoted), len(n.Args) < f.least, f.most > 0 && len(n.Args) > f.most:
		return nil, s.unknown(n, clause)
	}
	if f.compares {
		if r := s.refuseCollate(clause, n.Args...); r != nil {
			return nil, r
		}
	}
	if !f.lazy {
		args, r := s.converted(n.Args, clause)
		if r != nil {
			return nil, r
		}
		return f.make(args), nil
	}
	args := make([]merge.Expr, len(n.Args))
	for i, x := range n.Args {
		convert := s.maybe
		if i == 0 {
			convert = s.always
		}
		var r *statement.Refusal
		if args[i], r = convert(x, clause); r != nil {
			return nil, r
		}
	}
	return f.make(args), nil
}
