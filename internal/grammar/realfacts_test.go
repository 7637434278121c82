package grammar_test

import (
	"strconv"
	"strings"

	pg "github.com/pganalyze/pg_query_go/v6"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
)

// walkReal calls visit for every message of a real tree, parents first; below one for which it returns false it doesn't go.
func walkReal(m proto.Message, visit func(proto.Message) bool) {
	walkRealMessage(m.ProtoReflect(), visit)
}

func walkRealMessage(m protoreflect.Message, visit func(proto.Message) bool) {
	if !visit(m.Interface()) {
		return
	}
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.Message() == nil:
		case f.IsList():
			for i := range v.List().Len() {
				walkRealMessage(v.List().Get(i).Message(), visit)
			}
		default:
			walkRealMessage(v.Message(), visit)
		}
		return true
	})
}

// realFacts are the facts of a real tree.
func realFacts(n *pg.Node) facts {
	f := facts{}
	walkReal(n, f.real)
	return f
}

func (f facts) real(m proto.Message) bool {
	switch m := m.(type) {
	case *pg.IntoClause, *pg.LockingClause, *pg.TypeName, *pg.CTECycleClause:
		return false // names and modifiers that our tree has no nodes for
	case *pg.MultiAssignRef: // (a, b) = x is a = x.1, b = x.2
		return m.Colno == 1
	case *pg.RangeVar:
		f.add("table %s.%s%s", m.Schemaname, m.Relname, realAlias(m.Alias))
		f.addIf(!m.Inh, "only")
	case *pg.ParamRef:
		f.add("param %d", m.Number)
	case *pg.ColumnRef:
		f.add("column %s", strings.Join(names(m.Fields), "."))
	case *pg.A_Const:
		if bits := m.GetBsval() != nil; m.Location >= 0 && !bits { // else it isn't in the text, or Opaque
			f.add("constant %s", realConstant(m))
		}
	case *pg.TypeCast:
		if m.TypeName.Location >= 0 {
			f.realCast(m.TypeName)
		}
	case *pg.A_Expr:
		f.realOperator(m)
	case *pg.BoolExpr:
		f.realLogic(m)
	case *pg.NullTest:
		f.add("is null %t", m.Nulltesttype == pg.NullTestType_IS_NOT_NULL)
	case *pg.BooleanTest:
		name := strings.TrimPrefix(m.Booltesttype.String(), "IS_")
		test, not := strings.CutPrefix(name, "NOT_")
		f.add("is %s %t", strings.ToLower(test), not)
	case *pg.SubLink:
		f.realSubLink(m)
	case *pg.CaseExpr:
		f.add("case %d, operand %t, else %t", len(m.Args), m.Arg != nil, m.Defresult != nil)
	case *pg.CollateClause:
		f.add("collate %s", strings.Join(names(m.Collname), "."))
	case *pg.FuncCall:
		f.realCall(m)
	case *pg.JsonAggConstructor:
		f.addIf(m.AggFilter != nil, "aggregate's filter")
		f.addIf(m.Over != nil, "over")
	case *pg.RowExpr:
		f.add("row of %d", len(m.Args))
	case *pg.A_ArrayExpr:
		f.add("array of %d", len(m.Elements))
	case *pg.SetToDefault:
		f["default"]++
	case *pg.SortBy:
		f.add("order desc %t, nulls %d, using %s", m.SortbyDir == pg.SortByDir_SORTBY_DESC,
			max(0, m.SortbyNulls-1), last(names(m.UseOp)))
	default:
		f.realLarger(m)
	}
	return true
}

func (f facts) realLarger(m proto.Message) {
	switch m := m.(type) {
	case *pg.SelectStmt:
		f.realSelect(m)
	case *pg.InsertStmt:
		f.add("insert%v overriding %t, from %t", columns(m.Cols), m.Override > pg.OverridingKind_OVERRIDING_NOT_SET, m.SelectStmt != nil)
		f.realTargets("returning", m.ReturningList)
	case *pg.OnConflictClause:
		f.add("on conflict, nothing %t, set%v, where %t", m.Action == pg.OnConflictAction_ONCONFLICT_NOTHING,
			columns(m.TargetList), m.WhereClause != nil)
	case *pg.InferClause:
		f.add("conflict of %d, where %t, constraint %s", len(m.IndexElems), m.WhereClause != nil, m.Conname)
	case *pg.IndexElem:
		if m.Name != "" {
			f.add("column %s", m.Name)
		}
		if len(m.Collation) > 0 {
			f.add("collate %s", strings.Join(names(m.Collation), "."))
		}
	case *pg.UpdateStmt:
		f.add("update%v from %d, where %t", columns(m.TargetList), len(m.FromClause), isCondition(m.WhereClause))
		f.realTargets("returning", m.ReturningList)
	case *pg.DeleteStmt:
		f.add("delete using %d, where %t", len(m.UsingClause), isCondition(m.WhereClause))
		f.realTargets("returning", m.ReturningList)
	case *pg.CurrentOfExpr:
		f["current of"]++
	case *pg.JoinExpr:
		f.realJoin(m)
	case *pg.RangeSubselect:
		f.add("derived, lateral %t%s", m.Lateral, realAlias(m.Alias))
	case *pg.RangeFunction:
		f.add("functions %d, lateral %t%s", len(m.Functions), m.Lateral, aliasFact(m.Alias.GetAliasname(),
			append(names(m.Alias.GetColnames()), definitions(m.Coldeflist)...)))
	case *pg.RangeTableFunc:
		f.add("functions %d, lateral %t%s", 1, m.Lateral, realAlias(m.Alias))
	case *pg.JsonTable:
		f.add("functions %d, lateral %t%s", 1, m.Lateral, realAlias(m.Alias))
	case *pg.RangeTableSample:
		f["sample"]++
	case *pg.WithClause:
		f.add("with %d, recursive %t", len(m.Ctes), m.Recursive)
	case *pg.CommonTableExpr:
		f.add("common table%s, extras %t", aliasFact(m.Ctename, names(m.Aliascolnames)), m.SearchClause != nil || m.CycleClause != nil)
	case *pg.GroupingSet:
		f.add("%s", m.Kind)
	case *pg.JsonTableColumn: // our tree has no nodes for the paths of columns
		if m.Pathspec != nil {
			f["constant "+realConstant(m.Pathspec.String_.GetAConst())]--
		}
	case *pg.JsonArrayQueryConstructor:
		f["EXPR_SUBLINK"]++
	}
}

func (f facts) realSelect(m *pg.SelectStmt) {
	if m.Op != pg.SetOperation_SETOP_NONE {
		f.add("%s all %t", strings.TrimPrefix(m.Op.String(), "SETOP_"), m.All)
	} else if len(m.ValuesLists) > 0 {
		f.add("values of %d", len(m.ValuesLists))
	} else {
		f.add("block distinct %t on %d, into %t, targets %d, from %d, where %t, group by %d distinct %t, having %t, windows %d",
			len(m.DistinctClause) > 0, distinctOn(m.DistinctClause), m.IntoClause != nil, len(m.TargetList), len(m.FromClause),
			m.WhereClause != nil, len(m.GroupClause), m.GroupDistinct, m.HavingClause != nil, len(m.WindowClause))
	}
	for _, w := range m.WindowClause {
		f.add("window named %s", w.GetWindowDef().Name)
	}
	f.realTargets("select", m.TargetList)
	f.addIf(m.LimitCount != nil, "limit")
	f.addIf(m.LimitOffset != nil, "offset")
	f.addIf(m.LimitOption == pg.LimitOption_LIMIT_OPTION_WITH_TIES, "with ties")
	f["lock"] += len(m.LockingClause)
}

func (f facts) realTargets(of string, list []*pg.Node) {
	for _, n := range list {
		f.add("%s target as %s", of, n.GetResTarget().GetName())
	}
}

func (f facts) realCast(t *pg.TypeName) {
	parts := names(t.Names)
	if len(parts) > 1 && parts[0] == "pg_catalog" && !t.Setof {
		parts = parts[1:] // most often the grammar's own doing; f.ourCast leaves it out as well
	}
	f.add("%s, qualified %t", castFact(last(parts), len(t.Typmods) > 0, len(t.ArrayBounds)), len(parts) > 1)
}

func (f facts) realOperator(m *pg.A_Expr) {
	parts := names(m.Name)
	op, not := last(parts), false
	switch m.Kind {
	case pg.A_Expr_Kind_AEXPR_OP:
		f.add("operator %s, qualified %t, prefix %t", op, len(parts) > 1, m.Lexpr == nil)
	case pg.A_Expr_Kind_AEXPR_OP_ANY, pg.A_Expr_Kind_AEXPR_OP_ALL:
		if !strings.Contains(op, "~~") {
			f.add("quantified %s, qualified %t, all %t, query false", op, len(parts) > 1, m.Kind == pg.A_Expr_Kind_AEXPR_OP_ALL)
		}
	case pg.A_Expr_Kind_AEXPR_DISTINCT, pg.A_Expr_Kind_AEXPR_NOT_DISTINCT:
		f.add("is distinct %t", m.Kind == pg.A_Expr_Kind_AEXPR_NOT_DISTINCT)
	case pg.A_Expr_Kind_AEXPR_IN:
		f.add("in list of %d, %t", len(m.Rexpr.GetList().GetItems()), op == "<>")
	case pg.A_Expr_Kind_AEXPR_LIKE, pg.A_Expr_Kind_AEXPR_ILIKE, pg.A_Expr_Kind_AEXPR_SIMILAR:
		op, not = strings.TrimPrefix(op, "!"), strings.HasPrefix(op, "!")
		f.add("like %s %t", op, not)
	case pg.A_Expr_Kind_AEXPR_BETWEEN, pg.A_Expr_Kind_AEXPR_NOT_BETWEEN, pg.A_Expr_Kind_AEXPR_BETWEEN_SYM,
		pg.A_Expr_Kind_AEXPR_NOT_BETWEEN_SYM:
		f.add("%s", strings.ToLower(op))
	}
}

func (f facts) realLogic(m *pg.BoolExpr) {
	switch m.Boolop {
	case pg.BoolExprType_AND_EXPR:
		f["and"] += len(m.Args) - 1
	case pg.BoolExprType_OR_EXPR:
		f["or"] += len(m.Args) - 1
	default:
		f["not"]++
	}
}

func (f facts) realSubLink(m *pg.SubLink) {
	parts := names(m.OperName)
	switch {
	case m.SubLinkType == pg.SubLinkType_ANY_SUBLINK && len(parts) == 0:
		f["in query"]++
	case m.SubLinkType == pg.SubLinkType_ANY_SUBLINK || m.SubLinkType == pg.SubLinkType_ALL_SUBLINK:
		if !strings.Contains(last(parts), "~~") {
			f.add("quantified %s, qualified %t, all %t, query true", last(parts), len(parts) > 1, m.SubLinkType == pg.SubLinkType_ALL_SUBLINK)
		}
	default:
		f.add("%s", m.SubLinkType)
	}
}

func (f facts) realCall(m *pg.FuncCall) {
	f.addIf(m.AggDistinct, "aggregate's distinct")
	f.addIf(m.AggFilter != nil, "aggregate's filter")
	f.addIf(m.AggWithinGroup, "within group")
	f.addIf(m.AggStar, "call of *")
	f.addIf(m.Over != nil, "over")
	parts := names(m.Funcname)
	name := last(parts)
	if m.Funcformat == pg.CoercionForm_COERCE_SQL_SYNTAX {
		f.realSpecial(name, m.Args)
	}
	if m.Funcformat == pg.CoercionForm_COERCE_SQL_SYNTAX || hasOwnGrammar(name) || name == "timezone" ||
		strings.HasSuffix(name, "like_escape") || name == "similar_to_escape" || name == "overlaps" {
		return
	}
	plain, args := !m.FuncVariadic, len(m.Args)
	for _, arg := range m.Args {
		plain = plain && arg.GetNamedArgExpr() == nil
	}
	f.add("call of %s with %d, plain %t", strings.Join(parts, "."), args, plain && len(m.AggOrder) == 0 && m.AggFilter == nil && m.Over == nil)
}

// realSpecial adds what our tree has for a special form, and takes away what it hasn't.
func (f facts) realSpecial(name string, args []*pg.Node) {
	switch name {
	case "extract":
		f["constant "+realConstant(args[0].GetAConst())]--
	case "normalize", "is_normalized":
		if len(args) > 1 {
			f["constant "+realConstant(args[1].GetAConst())]--
		}
	case "timezone":
		f.add("at time zone, local %t", len(args) == 1)
	case "overlaps":
		f.add("operator OVERLAPS, qualified false, prefix false")
		f["row of 2"] += 2
	}
}

func (f facts) realJoin(m *pg.JoinExpr) {
	kind := strings.TrimPrefix(m.Jointype.String(), "JOIN_")
	if kind == "INNER" && !m.IsNatural && len(m.UsingClause) == 0 && m.Quals == nil {
		kind = "CROSS"
	}
	f.add("join %s, natural %t, on %t, using %v%s, %s", kind, m.IsNatural, m.Quals != nil, names(m.UsingClause),
		realAlias(m.JoinUsingAlias), realAlias(m.Alias))
}

func realConstant(m *pg.A_Const) string {
	switch v := m.Val.(type) {
	case *pg.A_Const_Ival:
		return "number " + number(strings.TrimPrefix(strconv.Itoa(int(v.Ival.Ival)), "-"))
	case *pg.A_Const_Fval:
		return "number " + number(strings.TrimPrefix(v.Fval.Fval, "-"))
	case *pg.A_Const_Boolval:
		return strconv.FormatBool(v.Boolval.Boolval)
	case *pg.A_Const_Sval:
		return strconv.Quote(v.Sval.Sval)
	case *pg.A_Const_Bsval:
		return "bits " + v.Bsval.Bsval
	}
	return "null"
}

func realAlias(a *pg.Alias) string {
	return aliasFact(a.GetAliasname(), names(a.GetColnames()))
}

func isCondition(n *pg.Node) bool { return n != nil && n.GetCurrentOfExpr() == nil }

func distinctOn(list []*pg.Node) int {
	if len(list) == 1 && list[0].Node == nil {
		return 0
	}
	return len(list)
}

// names are the texts of a list of String nodes; a star is "*".
func names(list []*pg.Node) []string {
	var texts []string
	for _, n := range list {
		if n.GetAStar() != nil {
			texts = append(texts, "*")
		} else if s := n.GetString_(); s != nil {
			texts = append(texts, s.Sval)
		}
	}
	return texts
}

// columns are the names of the columns of a list of targets.
func columns(list []*pg.Node) []string {
	var texts []string
	for _, n := range list {
		texts = append(texts, n.GetResTarget().GetName())
	}
	return texts
}

// definitions are the names of a list of columns with types.
func definitions(list []*pg.Node) []string {
	var texts []string
	for _, n := range list {
		texts = append(texts, n.GetColumnDef().GetColname())
	}
	return texts
}

func last(list []string) string {
	if len(list) == 0 {
		return ""
	}
	return list[len(list)-1]
}
