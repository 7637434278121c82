package grammar_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement/tree"
)

// soup makes texts of parts in any order: half of them no SQL, the others what no corpus has, without a parenthesis that
// isn't needed.
type soup struct {
	*rand.Rand
	b strings.Builder
}

func (s *soup) pick(list ...string) string { return list[s.IntN(len(list))] }

func (s *soup) write(list ...string) { s.b.WriteString(" " + s.pick(list...)) }

func (s *soup) operand(depth int) {
	if depth <= 0 || s.IntN(4) > 0 {
		s.write("a", "b.c", "1", "2.5", "'x'", "$1", "null", "true", "f(a)", "current_date", "e'\\n'", "count(*)", "b'1'",
			"\"Q\"", "date '2020-01-01'", "interval '1' day", "now()", "int '1'", "u&'x'", ".5", "\"char\" 'c'", "double precision '1'")
		return
	}
	switch s.IntN(13) {
	case 0:
		s.wrap("(", ")", depth)
	case 1:
		s.b.WriteString(" case")
		if s.IntN(2) == 0 {
			s.expression(depth - 1)
		}
		s.wrap("when", "then", depth)
		s.expression(depth - 1)
		if s.IntN(2) == 0 {
			s.wrap("else", "", depth)
		}
		s.b.WriteString(" end")
	case 2:
		s.wrap("f(", ",", depth)
		s.wrap("", ")", depth)
		if s.IntN(3) == 0 {
			s.wrap("filter (where", ")", depth)
		}
	case 3:
		s.wrap("cast(", "as "+s.typeName()+")", depth)
	case 4:
		s.wrap("array[", "]", depth)
	case 5:
		s.wrap("exists (select 1 where", ")", depth)
	case 6:
		s.wrap(s.pick("(select", "(select", "((select 1) intersect select", "(((select 1)) union all select", "((select 1) limit", "((select 1) +",
			"(((select 1) except values (1)), "), ")", depth)
	case 7:
		s.wrap("(", ",", depth)
		s.wrap("", ")", depth)
	case 8:
		s.wrap(s.pick("extract(year from", "trim(both from", "coalesce(1,", "nullif(a,", "position('a' in", "row(", "collation for (",
			"greatest(", "xmlserialize(content", "substring(a from", "overlay(a placing 'b' from", "normalize("),
			s.pick(")", ")", ")", "as text)"), depth)
	case 9:
		s.wrap("sum(", ") over (partition by a order by", depth)
		s.wrap("", s.pick(")", "desc)", "rows between 1 preceding and current row)"), depth)
	case 10:
		s.wrap("("+s.pick("a", "b.c", "$1")+").x[", "]", depth)
	case 11:
		s.wrap("array_agg(distinct", s.pick(")", "order by 1)", ") within group (order by a)"), depth)
	case 12:
		s.wrap(s.pick("a[", "b.c[1:", "$1[", "a[1]["), s.pick("]", "].d", "].*"), depth)
	}
}

func (s *soup) wrap(before, after string, depth int) {
	s.b.WriteString(" " + before)
	s.expression(depth - 1)
	s.b.WriteString(" " + after)
}

func (s *soup) typeName() string {
	return s.pick("int", "text[]", "numeric(10, 2)", "double precision", "timestamp(3) with time zone", "x.y", "interval day to second",
		"character varying(3)", "int array[3]", "bit varying", "\"T\"", "char", "time without time zone", "national character(2)", "float(3)")
}

// expression writes operands with operators between, before and behind them.
func (s *soup) expression(depth int) {
	for s.IntN(5) == 0 {
		s.write("not", "-", "+", "@", "~", "!!", "operator(x.-)", "|/")
	}
	s.operand(depth)
	for s.IntN(5) > 1 {
		kinds := 12
		if depth <= 0 {
			kinds = 9
		}
		switch s.IntN(kinds) {
		case 0, 1, 2, 3:
			s.write("+", "-", "*", "/", "%", "^", "=", "<", ">", "<=", ">=", "<>", "!=", "||", "->>", "@>", "&&", "~", "!~~", "<<", "?",
				"operator(x.+)", "operator(pg_catalog.=)", "is distinct from", "is not distinct from", "at time zone", "overlaps", "#>>", "<->")
			if s.IntN(4) == 0 {
				s.write("not", "-", "+", "@", "~")
			}
			s.operand(depth - 1)
		case 4, 5:
			s.write("and", "or", "and not", "or not")
			s.operand(depth - 1)
		case 6:
			s.write("is null", "is not null", "isnull", "notnull", "is true", "is not false", "is unknown", "is not unknown", "is document",
				"is normalized", "is not nfc normalized", "is json", "is not json object with unique keys", "at local")
		case 7:
			s.write("like", "not like", "ilike", "not ilike", "similar to", "not similar to")
			s.operand(depth - 1)
			if s.IntN(3) == 0 {
				s.b.WriteString(" escape '!'")
			}
		case 8:
			s.write("between", "not between", "between symmetric", "not between symmetric", "between asymmetric")
			s.operand(depth - 1)
			if s.IntN(3) == 0 {
				s.write("+", "<", "is distinct from", "::int ||", "operator(x.+)")
				s.operand(depth - 1)
			}
			s.b.WriteString(" and")
			s.operand(depth - 1)
		case 11:
			s.wrap(s.pick("in (", "not in (", "in (a,", "in (select", "not in (values", "= any (", "< all (", "<> some (select", "like any (",
				"not ilike all (", "operator(x.=) any ("), ")", depth)
		case 9:
			s.write("::" + s.typeName())
		case 10:
			s.write("collate \"C\"", "collate x.y")
		}
	}
}

// from writes an item of a FROM: joins, and what they join.
func (s *soup) from(depth int) {
	switch s.IntN(9) {
	case 0:
		if depth > 0 {
			s.b.WriteString(" (")
			s.from(depth - 1)
			s.write(")", ") as j", ") as j (a, b)")
		} else {
			s.b.WriteString(" t")
		}
	case 1:
		s.write("(select 1) d", "lateral (select 1) as d (a)", "(values (1), (2)) v (a)", "(table t) d", "(select 2)", "((select 1) limit 1) d")
	case 2:
		s.write("f(1)", "f(a) as g (a, b)", "lateral f(1) with ordinality", "rows from (f(1), g(2)) r", "f(1) as (a int, b text)", "current_date")
	default:
		s.write("t", "s.t", "t as u", "only t", "only (t) u", "t * v (a, b)", "t tablesample system (10) repeatable (1)", "\"T\" as \"U\"", "c.s.t")
	}
	for depth > 0 && s.IntN(3) > 0 {
		s.write("join", "inner join", "left join", "right outer join", "full join", "cross join", "natural join", "natural left join", ",")
		s.from(depth - 1)
		if s.IntN(4) > 0 {
			s.write("on a = b", "on true and not b", "using (a)", "using (a, b) as x", "on a in (select 1)")
		}
	}
}

// query writes a query with set operations.
func (s *soup) query(depth int) {
	if s.IntN(8) == 0 {
		s.write("with x as (select 1)", "with recursive x (a) as not materialized (values (1)), y as (update t set a = 1 returning *)")
	}
	s.arm(depth)
	for depth > 0 && s.IntN(3) > 0 {
		s.write("union", "union all", "intersect", "intersect distinct", "except", "except all")
		s.arm(depth - 1)
	}
	if s.IntN(3) == 0 {
		s.write("order by 1", "order by a desc nulls last, b", "order by a using > nulls first")
	}
	if s.IntN(4) == 0 {
		s.write("limit 1", "limit all", "limit 1 offset $1", "offset 2 rows fetch first row only", "fetch next (1 + 1) rows only", "offset 1 limit 2",
			"limit null", "fetch first 2 rows with ties", "limit - 1", "fetch first +1 rows only")
	}
	if s.IntN(6) == 0 {
		s.write("for update", "for share of t nowait", "for update skip locked for key share", "for read only")
	}
}

func (s *soup) arm(depth int) {
	switch {
	case depth > 0 && s.IntN(4) == 0:
		s.b.WriteString(" (")
		s.query(depth - 1)
		s.b.WriteString(" )")
	case s.IntN(6) == 0:
		s.write("values (1, 2), (default, 3)", "table t", "table only t", "values (1)", "select", "select into x 1 from t")
	default:
		s.write("select", "select distinct", "select all", "select distinct on (a, b)")
		s.write("*", "a", "a as b, c d", "t.*, 1 as \"X\"", "a value", "1 as select", "count(*) over w", "(t).*", "a.b.c.d", "a, * , b")
		if s.IntN(2) == 0 {
			s.write("from t", "from t, u", "from x.t as y (a)", "from (t)", "from t where a group by b having c window w as (order by d)",
				"where exists (select 1)", "from t group by rollup (a, (b, c)), ()", "from t group by distinct grouping sets ((a), cube (b))")
		}
	}
}

// change writes an INSERT, UPDATE or DELETE.
func (s *soup) change() {
	if s.IntN(6) == 0 {
		s.write("with x as (select 1)", "with x as (insert into t default values returning a), y as materialized (table x)")
	}
	switch s.IntN(3) {
	case 0:
		s.insert()
	case 1:
		s.write("update t set", "update only t set", "update s.t as u set", "update t u set", "update t * set", "update \"T\" set")
		s.assignments()
		if s.IntN(3) == 0 {
			s.b.WriteString(" from")
			s.from(1)
		}
		s.condition()
	default:
		s.write("delete from t", "delete from only s.t as u", "delete from t u")
		if s.IntN(3) == 0 {
			s.b.WriteString(" using")
			s.from(1)
		}
		s.condition()
	}
	if s.IntN(3) == 0 {
		s.write("returning *", "returning a, b as c, t.*", "returning (select 1) d", "returning a + 1 x")
	}
}

func (s *soup) insert() {
	s.write("insert into t", "insert into s.t as u", "insert into t (a, b)", "insert into \"T\" (\"A\")")
	s.write("", "", "", "overriding system value", "overriding user value")
	switch s.IntN(5) {
	case 0:
		s.write("default values", "table u", "(select 1)", "(values (1), (2)) order by 1", "with x as (select 1) select * from x")
	case 1:
		s.query(1)
	default:
		s.b.WriteString(" values (")
		for {
			if s.IntN(4) == 0 {
				s.b.WriteString(" default")
			} else {
				s.expression(1)
			}
			if s.IntN(3) == 0 {
				break
			}
			s.write(",", ",", "), (")
		}
		s.write(")", ") limit 1", ") order by 1")
	}
	if s.IntN(3) == 0 {
		s.write("on conflict do nothing", "on conflict (a) do nothing", "on conflict on constraint c do nothing")
	} else if s.IntN(3) == 0 {
		s.write("on conflict (a, lower(b), (c + 1)) where d", "on conflict (a collate \"C\" x.ops, b text_ops)", "on conflict on constraint c", "on conflict")
		s.b.WriteString(" do update set")
		s.assignments()
		s.condition()
	}
}

func (s *soup) assignments() {
	for {
		s.write("a =", "a[1] =", "b.c =", "a[1:2].d =", "(a, b) =", "(a) =", "\"A\" =", "(a[1], b.c) =", "value =")
		switch s.IntN(4) {
		case 0:
			s.write("default", "(1, default)", "row(1, 2)", "(select 1, 2)", "excluded.b", "row(default)")
		default:
			s.expression(1)
		}
		if s.IntN(2) == 0 {
			return
		}
		s.b.WriteString(" ,")
	}
}

func (s *soup) condition() {
	switch s.IntN(4) {
	case 0:
	case 1:
		s.b.WriteString(" where current of c")
	default:
		s.b.WriteString(" where")
		s.expression(1)
	}
}

// letters writes what the lexers have to take apart.
func (s *soup) letters() {
	for range 1 + s.IntN(7) {
		s.b.WriteString(s.pick("1", "2", ".", "e", "E5", "_", "0x", "1f", "0b1", "0o7", "$1", "$", "::", ":", ":=", "--", "/*", "*/", "+", "-", "@", "#",
			"!", "=", "<>", "<", ">", "!=", "=>", "'", "''", "'a'", "e'", "E'\\", "\\'", "u&'", "U&\"", "b'0", "x'a", "n'", "\"", "\"\"", "\n", " ", " ", " ",
			"a", "A", "ä", "É", "\\", "\\0041", "\\n", "\\x41", "\\101", "$$", "$a$", "$é$", "(", ")", "[", "]", ",", ";", "*", "/", "^", "|", "&", "~", "?", "`",
			"%", "\t", "\r", "\f", "\v", "uescape '!'", "!0041", "::int", "1.", ".5", "1e5", "1..2", "1_0", "0", "00", "9223372036854775808", "null"))
	}
}

// What the real grammar makes of soups is what we make of them, if we take them; and most that it takes, we take.
func TestSoups(t *testing.T) {
	rounds := 2000
	if long {
		rounds *= 20
	}
	for _, kind := range []struct {
		name string
		make func(*soup)
	}{
		{"expressions", func(s *soup) { s.b.WriteString("select"); s.expression(2) }},
		{"conditions", func(s *soup) { s.b.WriteString("delete from t where"); s.expression(3) }},
		{"joins", func(s *soup) { s.b.WriteString("select 1 from"); s.from(3) }},
		{"queries", func(s *soup) { s.query(3) }},
		{"changes", (*soup).change},
		{"letters", func(s *soup) { s.b.WriteString("select "); s.letters() }},
	} {
		t.Run(kind.name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(3, 4)) //nolint:gosec // the same texts each time
			valid, accepted, refused := 0, 0, map[string][]string{}
			for range rounds {
				s := &soup{Rand: random}
				kind.make(s)
				text := s.b.String()
				ok, detail := checkOne(t, text)
				if !ok {
					continue
				}
				if valid++; detail == "" {
					accepted++
				} else {
					refused[detail] = append(refused[detail], text)
				}
			}
			for _, detail := range byCount(refused) {
				t.Logf("%4d refused, %s: %s", len(refused[detail]), detail, excerpt(refused[detail]))
			}
			t.Logf("%d texts, %d valid, %d accepted", rounds, valid, accepted)
			require.Greater(t, valid, rounds/20)
			if kind.name == "letters" { // among them are parameters that no protocol has room for
				assert.Greater(t, float64(accepted), 0.98*float64(valid))
			} else {
				assert.Equal(t, valid, accepted)
			}
		})
	}
}

// checkOne checks our reading of a text. It returns whether the real grammar takes it, and why we don't.
func checkOne(t *testing.T, text string) (valid bool, refusal string) {
	t.Helper()
	real, err := statementOf(text)
	if err != nil || real == nil {
		return false, ""
	}
	ours, err := parse(text)
	if err != nil {
		return true, err.Error()[:min(40, len(err.Error()))]
	}
	if kind := kindOf(real); !assert.Equal(t, kind, ours.Kind, text) || kind == tree.Other {
		return true, ""
	}
	if err := misreading(ours, dump(real)); err != nil {
		t.Errorf("%s\n%v", text, err)
	}
	theirs := realFacts(real)
	realShapes(real, theirs)
	if wrong := misnaming(ours, theirs); len(wrong) > 0 {
		t.Errorf("%s\n%s", text, strings.Join(wrong, "\n"))
	}
	return true, ""
}
