package grammar_test

import (
	"slices"
	"strconv"
	"strings"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// ourFacts are the facts of our tree.
func ourFacts(s *tree.Statement) facts {
	f := facts{}
	tree.Walk(s.Root, func(n tree.Node) bool {
		if cast, ok := n.(*tree.Cast); ok {
			f.ourCast(s.Text, cast)
		}
		f.our(n)
		return true
	})
	return f
}

func (f facts) our(n tree.Node) {
	switch n := n.(type) {
	case *tree.Table:
		schema := ""
		if n.Schema != nil {
			schema = n.Schema.Name
		}
		f.add("table %s.%s%s", schema, n.Name.Name, ourAlias(n.Alias))
		f.addIf(n.Only, "only")
		f.addIf(n.Sample, "sample")
	case *tree.Param:
		f.add("param %d", n.Ordinal)
	case *tree.Column:
		f.add("column %s", dotted(n.Qualifier, n.Name.Name))
	case *tree.Star:
		f.add("column %s", dotted(n.Qualifier, "*"))
	case *tree.Literal:
		if n.Start < n.End { // else it is the 1 of FETCH FIRST ROW
			f.add("constant %s", ourConstant(n))
		}
	case *tree.Unary:
		f.ourUnary(n)
	case *tree.Binary:
		f.ourBinary(n)
	case *tree.Logic:
		f[map[bool]string{false: "and", true: "or"}[n.Or]] += len(n.Args) - 1
	case *tree.Is:
		f.ourIs(n)
	case *tree.In:
		f.ourIn(n)
	case *tree.Quantified:
		if !strings.Contains(n.Op, "~~") {
			f.add("quantified %s, qualified %t, all %t, query %t", n.Op, n.Qualified, n.All, n.Query != nil)
		}
	case *tree.Between:
		f.add("%s", strings.ToLower(not(n.Not)+"between"+map[bool]string{true: " symmetric"}[n.Symmetric]))
	case *tree.Like:
		f.add("like %s %t", map[string]string{"LIKE": "~~", "ILIKE": "~~*", "SIMILAR TO": "~"}[n.Op], n.Not)
	case *tree.Case:
		f.add("case %d, operand %t, else %t", len(n.Whens), n.Operand != nil, n.Else != nil)
	case *tree.Collate:
		f.add("collate %s", dotted(n.Name[:len(n.Name)-1], n.Name[len(n.Name)-1].Name))
	case *tree.Call:
		f.ourCall(n)
	case *tree.Row:
		f.add("row of %d", len(n.Items))
	case *tree.Array:
		if n.Query != nil {
			f["ARRAY_SUBLINK"]++
		} else {
			f.add("array of %d", len(n.Items))
		}
	case *tree.Subquery:
		f["EXPR_SUBLINK"]++
	case *tree.Exists:
		f["EXISTS_SUBLINK"]++
	case *tree.Default:
		f["default"]++
	case *tree.Order:
		f.add("order desc %t, nulls %d, using %s", n.Desc, n.Nulls, n.Using)
	default:
		f.ourLarger(n)
	}
}

func (f facts) ourLarger(n tree.Node) {
	switch n := n.(type) {
	case *tree.Query:
		f.addIf(n.Limit != nil, "limit")
		f.addIf(n.Offset != nil, "offset")
		f.addIf(n.WithTies, "with ties")
		f["lock"] += len(n.Locks)
	case *tree.SetOp:
		f.add("%s all %t", strings.TrimSuffix(n.Op, ""), n.All)
	case *tree.Values:
		f.add("values of %d", len(n.Rows))
	case *tree.Block:
		f.add("block distinct %t on %d, into %t, targets %d, from %d, where %t, group by %d distinct %t, having %t, windows %d",
			n.Distinct, len(n.DistinctOn), n.Into, ourTargetCount(n), len(n.From), n.Where != nil, len(n.GroupBy), n.GroupDistinct,
			n.Having != nil, len(n.Windows))
		if n.TableCommand {
			f["select target as "] += ourTargetCount(n) - len(n.Targets)
			f["column *"] += ourTargetCount(n) - len(n.Targets)
		}
		f.ourTargets("select", n.Targets)
	case *tree.NamedWindow:
		f.add("window named %s", n.Name.Name)
	case *tree.InsertStmt:
		f.add("insert%v overriding %t, from %t", ourNames(n.Columns), n.Overriding, n.Rows != nil || n.Query != nil)
		if n.Rows != nil {
			f.add("values of %d", len(n.Rows))
		}
		f.ourTargets("returning", n.Returning)
	case *tree.Upsert:
		f.add("on conflict, nothing %t, set%v, where %t", n.DoNothing, assigned(n.Set), n.Where != nil)
		if n.Target != nil || n.Constraint != nil {
			constraint := ""
			if n.Constraint != nil {
				constraint = n.Constraint.Name
			}
			f.add("conflict of %d, where %t, constraint %s", len(n.Target), n.TargetWhere != nil, constraint)
		}
	case *tree.UpdateStmt:
		f.add("update%v from %d, where %t", assigned(n.Set), len(n.From), n.Where != nil)
		f.addIf(n.Cursor, "current of")
		f.ourTargets("returning", n.Returning)
	case *tree.DeleteStmt:
		f.add("delete using %d, where %t", len(n.Using), n.Where != nil)
		f.addIf(n.Cursor, "current of")
		f.ourTargets("returning", n.Returning)
	case *tree.Join:
		kind := [...]string{"INNER", "CROSS", "LEFT", "RIGHT", "FULL"}[n.Kind]
		f.add("join %s, natural %t, on %t, using %v%s, %s", kind, n.Natural, n.On != nil, ourNames(n.Using), ourAlias(n.UsingAlias), ourAlias(n.Alias))
	case *tree.Derived:
		f.add("derived, lateral %t%s", n.Lateral, ourAlias(n.Alias))
	case *tree.TableFunction:
		f.add("functions %d, lateral %t%s", len(n.Calls), n.Lateral, ourAlias(n.Alias))
	case *tree.With:
		f.add("with %d, recursive %t", len(n.Tables), n.Recursive)
	case *tree.Opaque:
		if kind, ok := groupingSets[n.What]; ok {
			f[kind]++
		}
	case *tree.CommonTable:
		f.add("common table%s, extras %t", aliasFact(n.Name.Name, ourNames(n.Columns)), n.Extras)
	}
}

var groupingSets = map[string]string{
	"grouping set": "GROUPING_SET_EMPTY", "ROLLUP": "GROUPING_SET_ROLLUP", "CUBE": "GROUPING_SET_CUBE", "GROUPING SETS": "GROUPING_SET_SETS",
}

// ourTargetCount is how many targets the real grammar has for n: TABLE t has a star.
func ourTargetCount(n *tree.Block) int {
	if n.TableCommand {
		return max(1, len(n.Targets))
	}
	return len(n.Targets)
}

func (f facts) ourTargets(of string, list []*tree.Target) {
	for _, target := range list {
		alias := ""
		if target.Alias != nil {
			alias = target.Alias.Name
		}
		f.add("%s target as %s", of, alias)
	}
}

func (f facts) ourCast(text string, n *tree.Cast) {
	system := strings.HasPrefix(strings.ToLower(n.Type.Of(text)), "pg_catalog")
	name := n.Type.Name
	if internal, ok := internalTypes[name]; ok && !n.Type.Qualified {
		name = internal
	}
	if len(name) > 2 && name[0] == '"' && strings.HasPrefix(n.Type.Of(text), name) {
		name = name[1 : len(name)-1] // the front end keeps the quotes of a name that is a keyword
	}
	f.add("%s, qualified %t", castFact(name, n.Type.Modified, n.Type.Dimensions), n.Type.Qualified && !system)
}

func (f facts) ourBinary(n *tree.Binary) {
	if n.Op == "AT TIME ZONE" {
		f.add("at time zone, local false")
		return
	}
	f.add("operator %s, qualified %t, prefix false", n.Op, n.Qualified)
}

func (f facts) ourUnary(n *tree.Unary) {
	switch {
	case n.Op == "NOT":
		f["not"]++
	case n.Op == "AT LOCAL":
		f.add("at time zone, local true")
	case strings.HasPrefix(n.Op, "OPERATOR("):
		f.add("operator %s, qualified true, prefix true", n.Op[strings.LastIndex(n.Op, ".")+1:len(n.Op)-1])
	case n.Op == "-" && isNumber(n.X): // the real grammar makes it a constant
	default:
		f.add("operator %s, qualified false, prefix true", n.Op)
	}
}

// isNumber reports whether e is a number for the real grammar, which folds the signs.
func isNumber(e tree.Expr) bool {
	switch e := tree.Bare(e).(type) {
	case *tree.Literal:
		switch e.Value.(type) {
		case int64, tree.Number:
			return true
		}
	case *tree.Unary:
		return e.Op == "-" && isNumber(e.X)
	}
	return false
}

func (f facts) ourIs(n *tree.Is) {
	switch n.Test {
	case tree.IsOther:
		f.addIf(n.Not, "not")
	case tree.IsNull, tree.IsTrue, tree.IsFalse, tree.IsUnknown, tree.IsDistinct:
		f.add("is %s %t", [...]string{"null", "true", "false", "unknown", "distinct"}[n.Test], n.Not)
	}
}

func (f facts) ourIn(n *tree.In) {
	if n.Query != nil {
		f["in query"]++
		f.addIf(n.Not, "not")
		return
	}
	f.add("in list of %d, %t", len(n.List), n.Not)
}

func (f facts) ourCall(n *tree.Call) {
	f.addIf(n.Distinct, "aggregate's distinct")
	f.addIf(n.Filter != nil, "aggregate's filter")
	f.addIf(n.WithinGroup != nil, "within group")
	f.addIf(n.Star, "call of *")
	f.addIf(n.Over != nil, "over")
	name := n.Name[len(n.Name)-1].Name
	if hasOwnGrammar(name) || name == "timezone" || name == "overlaps" {
		return
	}
	f.add("call of %s with %d, plain %t", dotted(n.Name[:len(n.Name)-1], name), len(n.Args),
		n.Plain && n.OrderBy == nil && n.WithinGroup == nil && n.Filter == nil && n.Over == nil)
}

func ourConstant(n *tree.Literal) string {
	switch v := n.Value.(type) {
	case int64:
		return "number " + strconv.FormatInt(v, 10)
	case tree.Number:
		return "number " + number(string(v))
	case bool:
		return strconv.FormatBool(v)
	case string:
		return strconv.Quote(v)
	case []byte:
		return "bits " + string(v)
	}
	return "null"
}

func not(holds bool) string {
	if holds {
		return "not "
	}
	return ""
}

func ourAlias(a *tree.Alias) string {
	if a == nil {
		return ""
	}
	return aliasFact(a.Name.Name, ourNames(a.Columns))
}

func ourNames(list []tree.Ident) []string {
	var texts []string
	for _, name := range list {
		texts = append(texts, name.Name)
	}
	return texts
}

func assigned(list []*tree.Assignment) []string {
	var texts []string
	for _, a := range list {
		texts = slices.Concat(texts, ourNames(a.Columns))
	}
	return texts
}

func dotted(qualifier []tree.Ident, name string) string {
	return strings.Join(append(ourNames(qualifier), name), ".")
}
