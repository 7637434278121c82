package postgresql_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement/postgresql"
)

// TestPrecedence: braces stand around every expression that has others in it.
func TestPrecedence(t *testing.T) {
	for text, want := range map[string]string{
		"a + b * c":                            "{a + {b * c}}",
		"a * b + c":                            "{{a * b} + c}",
		"a - b - c":                            "{{a - b} - c}",
		"a ^ b ^ c":                            "{{a ^ b} ^ c}",
		"- a ^ b":                              "{{- a} ^ b}",
		"- a::int":                             "{- {a::int}}",
		"- a[1].b":                             "{- {a[1].b}}",
		"- a collate c":                        "{{- a} collate c}",
		"a || b + c":                           "{a || {b + c}}",
		"a + b || c":                           "{{a + b} || c}",
		"@ a || b":                             "{{@ a} || b}",
		"@ a + b":                              "{@ {a + b}}",
		"a * @ b + c":                          "{a * {@ {b + c}}}",
		"a @> b = c":                           "{{a @> b} = c}",
		"a operator(pg_catalog.+) b * c":       "{a operator(pg_catalog.+) {b * c}}",
		"a * b operator(pg_catalog.+) c":       "{{a * b} operator(pg_catalog.+) c}",
		"a < b + c":                            "{a < {b + c}}",
		"a = b is null":                        "{{a = b} is null}",
		"a is null = b":                        "{{a is null} = b}",
		"a is null is null":                    "{{a is null} is null}",
		"a isnull notnull":                     "{{a isnull} notnull}",
		"a = b is distinct from c < d":         "{{a = b} is distinct from {c < d}}",
		"not a = b":                            "{not {a = b}}",
		"not a is null = b":                    "{not {{a is null} = b}}",
		"not not a and b":                      "{{not {not a}} and b}",
		"a = not b = c":                        "{a = {not {b = c}}}",
		"a and b or c and not d or e":          "{{a and b} or {c and {not d}} or e}",
		"a and b and c":                        "{a and b and c}",
		"a and (b and c)":                      "{a and ({b and c})}",
		"a or b and c or d":                    "{a or {b and c} or d}",
		"a between b and c and d":              "{{a between b and c} and d}",
		"a between b + 1 and c or d":           "{{a between {b + 1} and c} or d}",
		"a between b < c and d = e":            "{{a between {b < c} and d} = e}",
		"a between symmetric b and c":          "{a between symmetric b and c}",
		"a not between b and not c":            "{a not between b and {not c}}",
		"a = b between c and d":                "{a = {b between c and d}}",
		"a + b between c and d":                "{{a + b} between c and d}",
		"a in (1, 2) = b":                      "{{a in (1, 2)} = b}",
		"a in (1) in (2)":                      "{{a in (1)} in (2)}",
		"a || b in (c)":                        "{{a || b} in (c)}",
		"not a in (1)":                         "{not {a in (1)}}",
		"a not in (1) and b":                   "{{a not in (1)} and b}",
		"a like b || c":                        "{a like {b || c}}",
		"a like b escape c || d":               "{a like b escape {c || d}}",
		"a not ilike b = c":                    "{{a not ilike b} = c}",
		"a similar to b and c":                 "{{a similar to b} and c}",
		"a at time zone b at time zone c":      "{{a at time zone b} at time zone c}",
		"a + b at time zone c":                 "{a + {b at time zone c}}",
		"a at time zone b collate c":           "{a at time zone {b collate c}}",
		"a::int::text":                         "{{a::int}::text}",
		"a = any (b) = c":                      "{{a = any (b)} = c}",
		"a + b = any (c)":                      "{{a + b} = any (c)}",
		"a + any (b) * c":                      "{{a + any (b)} * c}",
		"a < all (select 1) and b":             "{{a < all (select 1)} and b}",
		"(a, b) overlaps (c, d) and e":         "{{{(a, b)} overlaps {(c, d)}} and e}",
		"(a, b) = (c, d)":                      "{{(a, b)} = {(c, d)}}",
		"case a when b then c + d else e end":  "{case a when b then {c + d} else e end}",
		"f(a, b + c)":                          "{f(a, {b + c})}",
		"((select 1)) + 2":                     "{((select 1)) + 2}",
		"((select 1) + 2)":                     "({(select 1) + 2})",
		"((select 1) union select 2)":          "({{(select 1) union select 2}})",
		"((((select 1)) union select 2) + 1)":  "({({{((select 1)) union select 2}}) + 1})",
		"a ? b":                                "{a ? b}",
		"a -1":                                 "{a -1}",
		"a @- b":                               "{a @- b}",
		"a *-b":                                "{a *{-b}}",
		"a<-1":                                 "{a<{-1}}",
		"a-- comment\n-b":                      "{a-- comment -b}",
		"date '2020-01-01' + interval '1' day": "{{date '2020-01-01'} + {interval '1' day}}",
	} {
		text = "select " + text
		s, err := postgresql.Parse(text)
		require.NoError(t, err, text)
		require.Empty(t, structure(s), text)
		require.Equal(t, "select "+want, bracketed(text, s.Root), text)
	}
}

// TestOperatorsThatDoNotAssociate: the server refuses them as well.
func TestOperatorsThatDoNotAssociate(t *testing.T) {
	for _, text := range []string{
		"a < b < c", "a = b = c", "a < b = c", "a < b + c > d", "a like b like c", "a between b and c between d and e",
		"a like b in (c)", "a is distinct from b is null", "a is distinct from b is not distinct from c", "a = b = any (c)",
		"a like b escape c ilike d", "a between b is null and c", "a between not b and c", "a between b and c like d",
	} {
		_, err := postgresql.Parse("select " + text)
		require.Error(t, err, text)
	}
}

func TestSetOperationsAndJoins(t *testing.T) {
	for text, want := range map[string]string{
		"select 1 union select 2 intersect select 3":         "{{select 1 union {select 2 intersect select 3}}}",
		"select 1 intersect select 2 union select 3":         "{{{select 1 intersect select 2} union select 3}}",
		"select 1 union select 2 except all select 3":        "{{{select 1 union select 2} except all select 3}}",
		"select 1 union (select 2 union select 3) limit 1":   "{{select 1 union ({{select 2 union select 3}})} limit 1}",
		"(select 1 order by 1) union values (1) order by 1":  "{{(select 1 order by 1) union values (1)} order by 1}",
		"table a except table b":                             "{{table a except table b}}",
		"select from a join b join c on x on y":              "select from {a join {b join c on x} on y}",
		"select from a join b on x join c on y":              "select from {{a join b on x} join c on y}",
		"select from a cross join b join c on x":             "select from {{a cross join b} join c on x}",
		"select from a join b cross join c on x":             "select from {a join {b cross join c} on x}",
		"select from a natural left join b join c using (x)": "select from {{a natural left join b} join c using (x)}",
		"select from a, b cross join c, d":                   "select from a, {b cross join c}, d",
		"select from a cross join (b cross join c) as j":     "select from {a cross join {(b cross join c) as j}}",
		"select from ((select 1) as a cross join b)":         "select from {((select 1) as a cross join b)}",
		"select from ((select 1) union select 2) a":          "select from ({{(select 1) union select 2}}) a",
		"select from (((a cross join b)) cross join c)":      "select from {({((a cross join b))} cross join c)}",
	} {
		s, err := postgresql.Parse(text)
		require.NoError(t, err, text)
		require.Empty(t, structure(s), text)
		require.Equal(t, want, bracketed(text, s.Root), text)
	}
	for _, text := range []string{
		"select from (a)", "select from (a b)", "select from ((a join b on true) c)", "select from a join b",
		"select 1 order by 1 union select 2", "select from (a, b)",
	} {
		_, err := postgresql.Parse(text)
		require.Error(t, err, text)
	}
}
