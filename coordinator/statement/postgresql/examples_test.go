package postgresql_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement/postgresql"
	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// TestExpressions: what the nodes are, without their spans.
func TestExpressions(t *testing.T) {
	for text, want := range map[string]string{
		"1":                              "Literal{Value:1}",
		"0x1F":                           "Literal{Value:31}",
		"1_000":                          "Literal{Value:1000}",
		"0b1":                            "Literal{Value:1}",
		"007":                            "Literal{Value:7}",
		"1.5":                            "Literal{Value:1.5}",
		"9223372036854775808":            "Literal{Value:9223372036854775808}",
		"'a'":                            "Literal{Value:a}",
		"$$a$$":                          "Literal{Value:a}",
		"true":                           "Literal{Value:true}",
		"null":                           "Literal{}",
		"B'101'":                         "Opaque{What:bit string}",
		"N'a'":                           "Cast{X:Literal{Value:a} Type:TypeName{Name:nchar}}",
		"$2":                             "Param{Ordinal:2}",
		"a":                              column("a"),
		"time":                           column("time"),
		"values":                         column("values"),
		`S."T".c`:                        `Column{Qualifier:[Ident{Name:s} Ident{Name:T Quoted:true}] Name:Ident{Name:c}}`,
		"t.*":                            "Star{Qualifier:[Ident{Name:t}]}",
		"*":                              "Star{}",
		"a[1:2]":                         "Opaque{What:subscript Children:[" + column("a") + " Literal{Value:1} Literal{Value:2}]}",
		"(a).b":                          "Opaque{What:field Children:[Paren{X:" + column("a") + "}]}",
		"(a).*":                          "Opaque{What:fields of a row Children:[Paren{X:" + column("a") + "}]}",
		"$1.b":                           "Opaque{What:field Children:[Param{Ordinal:1}]}",
		"a != 1":                         "Binary{Op:<> L:" + column("a") + " R:Literal{Value:1}}",
		"a operator(s.=) 1":              "Binary{Op:= Qualified:true L:" + column("a") + " R:Literal{Value:1}}",
		"a is not unknown":               "Is{X:" + column("a") + " Not:true Test:3}",
		"a is not distinct from 1":       "Is{X:" + column("a") + " Not:true Test:4 Y:Literal{Value:1}}",
		"a is nfc normalized":            "Is{X:" + column("a") + " Test:5}",
		"a is json object":               "Is{X:" + column("a") + " Test:5}",
		"a not in (1)":                   "In{X:" + column("a") + " Not:true List:[Literal{Value:1}]}",
		"a = any ($1)":                   "Quantified{X:" + column("a") + " Op:= Array:Param{Ordinal:1}}",
		"a not like all ($1)":            "Opaque{What:LIKE ALL Children:[" + column("a") + " Param{Ordinal:1}]}",
		"a not like 'b' escape 'c'":      "Like{X:" + column("a") + " Pattern:Literal{Value:b} Escape:Literal{Value:c} Op:LIKE Not:true}",
		"a::numeric(10, 2)[]":            "Cast{X:" + column("a") + " Type:TypeName{Name:numeric Modified:true Dimensions:1}}",
		"a::pg_catalog.int4":             "Cast{X:" + column("a") + " Type:TypeName{Name:int4 Qualified:true}}",
		`a::"char"`:                      "Cast{X:" + column("a") + ` Type:TypeName{Name:"char"}}`,
		"cast(a as double precision)":    "Cast{X:" + column("a") + " Type:TypeName{Name:double precision}}",
		"a::timestamp(3) with time zone": "Cast{X:" + column("a") + " Type:TypeName{Name:timestamp with time zone Modified:true}}",
		"interval '1' day":               "Cast{X:Literal{Value:1} Type:TypeName{Name:interval Modified:true}}",
		"float8 '1'":                     "Cast{X:Literal{Value:1} Type:TypeName{Name:float8}}",
		"numeric(3) '1'":                 "Cast{X:Literal{Value:1} Type:TypeName{Name:numeric Modified:true}}",
		"mood(3) '1'":                    "Cast{X:Literal{Value:1} Type:TypeName{Name:mood Modified:true}}",
		"count(*)":                       "Call{Name:[Ident{Name:count}] Star:true Plain:true}",
		"count(distinct a)":              "Call{Name:[Ident{Name:count}] Args:[" + column("a") + "] Distinct:true Plain:true}",
		"f(a => 1)":                      "Call{Name:[Ident{Name:f}] Args:[Literal{Value:1}]}",
		"f(variadic a)":                  "Call{Name:[Ident{Name:f}] Args:[" + column("a") + "]}",
		"coalesce(a, 1)":                 "Call{Name:[Ident{Name:coalesce}] Args:[" + column("a") + " Literal{Value:1}] Plain:true}",
		"CURRENT_DATE":                   "Call{Name:[Ident{Name:current_date}]}",
		"current_time(3)":                "Call{Name:[Ident{Name:current_time}]}",
		"extract(year from a)":           "Call{Name:[Ident{Name:extract}] Args:[" + column("a") + "]}",
		"substring(a from 1 for 2)":      "Call{Name:[Ident{Name:substring}] Args:[" + column("a") + " Literal{Value:1} Literal{Value:2}]}",
		"substring(a, 1)":                "Call{Name:[Ident{Name:substring}] Args:[" + column("a") + " Literal{Value:1}] Plain:true}",
		"position(a in b)":               "Call{Name:[Ident{Name:position}] Args:[" + column("a") + " " + column("b") + "]}",
		"trim(both a from b)":            "Call{Name:[Ident{Name:trim}] Args:[" + column("a") + " " + column("b") + "]}",
		"f(a) filter (where b) over (w rows 1 preceding)": "Call{Name:[Ident{Name:f}] Args:[" + column("a") + "] Plain:true Filter:" + column("b") +
			" Over:Window{Name:Ident{Name:w} Frame:[Literal{Value:1}]}}",
		"(1, a)":                           "Row{Items:[Literal{Value:1} " + column("a") + "]}",
		"row()":                            "Row{}",
		"array[[1], []]":                   "Array{Items:[Array{Items:[Literal{Value:1}]} Array{}]}",
		"a at local":                       "Unary{Op:AT LOCAL Postfix:true X:" + column("a") + "}",
		"system_user":                      "Call{Name:[Ident{Name:system_user}]}",
		"json_object('a')":                 "Call{Name:[Ident{Name:json_object}] Args:[Literal{Value:a}] Plain:true}",
		"json_object('a': 1 null on null)": "Call{Name:[Ident{Name:json_object}] Args:[Literal{Value:a} Literal{Value:1}]}",
	} {
		s, err := postgresql.Parse("select " + text)
		require.NoError(t, err, text)
		require.Empty(t, structure(s), text)
		x := s.Root.(*tree.Query).Body.(*tree.Block).Targets[0].X
		require.Equal(t, want, shape(x), text)
		require.Equal(t, text, x.Extent().Of(s.Text))
	}
}

func column(name string) string { return "Column{Name:Ident{Name:" + name + "}}" }

// TestLabels: many keywords can name an output column without AS, also those that are operators.
func TestLabels(t *testing.T) {
	for _, label := range []string{
		"is", "in", "and", "or", "not", "like", "between", "collate", "at", "operator", "case", "select", "end", "table",
		"similar", "only", "set", "value", `"x"`, "date",
	} {
		text := "select a " + label + ", 1 " + label + " from t"
		s, err := postgresql.Parse(text)
		require.NoError(t, err, text)
		for _, target := range s.Root.(*tree.Query).Body.(*tree.Block).Targets {
			require.Equal(t, strings.Trim(label, `"`), target.Alias.Name, text)
		}
	}
	for _, word := range []string{"isnull", "overlaps", "day", "union", "with", "within", "over", "filter", "array", "as"} {
		s, err := postgresql.Parse("select a " + word + " from t where b")
		if err == nil {
			require.Nil(t, s.Root.(*tree.Query).Body.(*tree.Block).Targets[0].Alias, word)
		}
	}
}

func TestStatements(t *testing.T) {
	for text, want := range map[string]string{
		"insert into s.t as x (a, b) values (1, default), (2, 3) on conflict (a) where b do update set (a, b) = (1, 2), c[1] = 3 where d returning *": "INSERT 1 0",
		"insert into t default values":                                                                   "INSERT 1 0",
		"insert into t (select 1)":                                                                       "INSERT 1 1",
		"insert into t (values) values (1)":                                                              "INSERT 1 0",
		"insert into t overriding system value values (1) limit 1":                                       "INSERT 1 1",
		"insert into t values (1) on conflict on constraint c do nothing":                                "INSERT 1 0",
		"insert into t values (1) on conflict (a collate b text_ops desc, lower(c), (d + 1)) do nothing": "INSERT 1 0",
		"update only t * set a = 1":                                                                      "",
		"update only (t) x set a.b = 1, c = default from u, v where x.a = u.a":                           "UPDATE 3 0",
		"update set set set = 1":                                                                         "UPDATE 1 0",
		"update t set a = 1 where current of c":                                                          "UPDATE 1 0",
		"delete from t as x using u left join v on true where x.a = u.a returning x.*":                   "DELETE 3 0",
		"delete from t where current of c":                                                               "DELETE 1 0",
		"with recursive a (x) as not materialized (select 1 union all select x + 1 from a) search depth first by x set y cycle x set z to 1 default 0 using p, b as (delete from t returning *) insert into u table a": "INSERT 4 3",
		"with recursive as (select 1) table recursive": "SELECT 1 2",
		"select distinct on (a, b) a from t tablesample system (10) repeatable (1), lateral (select 1) x, lateral f(1), rows from (f(1), g() as (a int)) with ordinality as r (a, b), h() as (a int collate x, b text), only u, v *":                     "SELECT 3 2",
		"select a into temp x from t group by distinct rollup (a, (b, c)), cube (a), grouping sets ((), a, rollup (b)), () having true window w as (partition by a order by b range between unbounded preceding and 1 following exclude ties), v as (w)": "SELECT 1 1",
		"select a from t order by a using <, b desc nulls last, c nulls first limit 1 offset 2 rows for update of t nowait for no key update skip locked":                                                                                                "SELECT 1 1",
		"select 1 for share limit 1":                          "SELECT 0 1",
		"select 1 offset 1 fetch first row with ties":         "SELECT 0 1",
		"select 1 fetch next (1 + 1) rows only for read only": "SELECT 0 1",
		"select 1 limit all":                                  "SELECT 0 1",
		"(((select 1)))":                                      "SELECT 0 1",
		"((select 1) union all (table t)) order by 1":         "SELECT 1 2",
		"values (1, 2), (3, 4) order by 1":                    "SELECT 0 1",
		"select":                                              "SELECT 0 1",
		"select from xmltable('/a' passing b columns c int path 'd' default e, f for ordinality) x, json_table(a, '$' passing 1 as x columns (id for ordinality, a int path '$' null on error, nested path '$' columns (b text)))":                                                "SELECT 0 1",
		"select xmlelement(name a, xmlattributes(b, c as d), e), xmlforest(a, b as c), xmlpi(name a, b), xmlparse(document a preserve whitespace), xmlroot(a, version no value, standalone yes), xmlserialize(content a as text), xmlexists(a passing by ref b), xmlconcat(a, b)": "SELECT 0 1",
		"select treat(a as b), collation for (a), normalize(a, nfc), overlay(a placing b from 1), substring(a similar b escape c), nullif(a, b), greatest(a), grouping(a)":                                                                                                        "SELECT 0 1",
		" ; select 1 ; ; ": "SELECT 0 1",
	} {
		s, err := postgresql.Parse(text)
		if want == "" {
			require.Error(t, err, text)
			continue
		}
		require.NoError(t, err, text)
		require.Empty(t, structure(s), text)
		words := strings.Fields(want)
		require.Equal(t, words[0], s.Name, text)
		require.Equal(t, words[0], s.Kind.String(), text)
		require.Equal(t, want, words[0]+" "+digits(s.Census.Tables)+" "+digits(s.Census.Blocks), text)
	}
}

func digits(n int) string { return string(rune('0' + n)) }
