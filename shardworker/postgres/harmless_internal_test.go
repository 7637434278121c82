package postgres

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/internal/pgtest"
)

func TestEffectOf(t *testing.T) {
	for sql, want := range map[string]effect{
		`select 1`: readEffect,
		`-- why
		SELECT n, v FROM t WHERE n = $1;`: readEffect,
		`select count(*), max ( n ) from t where n in (1, 2) and (v like 'a(b' or exists (select from u))`: readEffect,
		`select lower(v)::varchar(10), cast(n as numeric(10, 2)) from t group by (v) order by (n)`:         readEffect,
		`select row_number() over (partition by (n)), count(*) filter (where n > 0) from t`:                readEffect,
		`with a as (select 1), b as materialized (values (2)) select * from a, b union all (select 3)`:     readEffect,
		`select 'f(x)', "f(x" from t /* f(x) */ -- f(x)`:                                                   readEffect,
		`select $f$ f(x) $f$`:                   otherEffect, // SQLite would see a name
		`table t`:                               readEffect,
		`select f(1)`:                           otherEffect,
		`select pg_sleep(1)`:                    otherEffect,
		`select set_config('a.b', 'c', false)`:  otherEffect,
		`select nextval('s')`:                   otherEffect,
		`select public.lower(v) from t`:         otherEffect,
		`select "lower"(v) from t`:              otherEffect,
		`select * from t as f (a), g (1)`:       otherEffect,
		`select distinct on (n) over(n) from t`: otherEffect,
		`select by(n) from t`:                   otherEffect,
		`select a[1:f(2)], a[:f(3)] from t`:     otherEffect,
		`select json_object('a':f(1))`:          otherEffect,
		"select ran\u212a(n), d\u0130v(n, 2)":   otherEffect, // Kelvin's sign, and an I with a dot
		`select * from t join u on conflict(n)`: otherEffect,
		`select 'a\' , f(1)`:                    otherEffect,
		`select n from t for update`:            otherEffect,
		`select n from t for no key update`:     otherEffect,
		`table t for key share skip locked`:     otherEffect,
		`select n into u from t`:                otherEffect,
		`with a as not materialized (delete from t returning n) select * from a`: otherEffect,
		`select query_to_xml('delete from t', true, true, '')`:                   otherEffect,
		`select 1; select 2`:            otherEffect,
		`explain select 1`:              otherEffect,
		`show all`:                      otherEffect,
		``:                              otherEffect,
		`insert into t values ($1, $2)`: writeEffect,
		`insert into "T" (a, b) values (now(), nextval('s')), (default, lower($1)) returning a`:               writeEffect,
		`INSERT INTO s.t AS x (a) VALUES ($1) ON CONFLICT (a) DO UPDATE SET b = excluded.b WHERE x.b < (1) ;`: writeEffect,
		`insert into t default values`:                               writeEffect,
		`update t set v = upper(v), w = w + (1) where n = any($1)`:   writeEffect,
		`delete from only t where n between $1 and $2`:               writeEffect,
		`insert into t select * from u`:                              otherEffect,
		`insert into t values (f(1))`:                                otherEffect,
		`insert into t values ((select 1))`:                          otherEffect,
		`with a as (select 1) insert into t select * from a`:         otherEffect,
		`update t set v = 1`:                                         otherEffect,
		`update t set v = u.v from u where t.n = u.n`:                otherEffect,
		`update t set v = 1 where current of c`:                      otherEffect,
		`delete from t`:                                              otherEffect,
		`delete from t using u where t.n = u.n`:                      otherEffect,
		`delete from t where n in (select n from u)`:                 otherEffect,
		`merge into t using u on t.n = u.n when matched then delete`: otherEffect,
		`insert into t values (1); insert into t values (2)`:         otherEffect,
		`insert into t values (1) returning pg_notify('a', 'b')`:     otherEffect,
		`truncate t`: otherEffect,
	} {
		assert.Equal(t, want, effectOf(sql), sql)
		assert.Equal(t, want, seenEffect(sql), sql)
		assert.Equal(t, want, seenEffect(sql), sql)
	}
}

func names(t *testing.T, conn *pgx.Conn, sql string, args ...any) []string {
	rows, err := conn.Query(t.Context(), sql, args...)
	require.NoError(t, err)
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return found
}

func connect(t *testing.T) *pgx.Conn {
	conn, err := pgx.Connect(t.Context(), pgtest.Shared(t).DSN())
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close(t.Context()) })
	return conn
}

func TestKnownWordsAreWhatTheServerTakesThemFor(t *testing.T) {
	conn := connect(t)
	catalog := `select word from pg_get_keywords() where catcode = any($1)`
	reserved, types := names(t, conn, catalog, []string{"R"}), names(t, conn, catalog, []string{"C"})
	for word := range strings.FieldsSeq(reservedWords) {
		assert.Contains(t, reserved, word)
	}
	for word := range strings.FieldsSeq(expressionWords + " " + typeWords) {
		assert.Contains(t, types, word)
	}
	volatile := []string{"random", "gen_random_uuid", "clock_timestamp", "timeofday", "setseed"}
	harmful := names(t, conn, `select distinct proname from pg_proc where pronamespace = 'pg_catalog'::regnamespace and (provolatile = 'v' or prokind = 'p')`)
	existing := names(t, conn, `select distinct proname from pg_proc where pronamespace = 'pg_catalog'::regnamespace`)
	for name := range strings.FieldsSeq(builtinFunctions) {
		assert.Contains(t, existing, name)
		if contains(volatile, name) {
			continue
		}
		assert.NotContains(t, harmful, name)
	}
}

func contains(list []string, s string) bool {
	for _, l := range list {
		if l == s {
			return true
		}
	}
	return false
}

// evil are functions of a user's whose names mean something else elsewhere, but for those of functions that PostgreSQL has.
var evil = []string{"f", `"F"`, `"Lower"`, "public.f", "by", "conflict", "over", "filter", "cube", "materialized", "partition", "set", "no", "of", "key", `"like"`}

// texts draws queries full of calls.
type texts struct{ *rapid.T }

func (g texts) pick(from ...string) string { return rapid.SampledFrom(from).Draw(g.T, "word") }

func (g texts) gap() string {
	return g.pick("", "", " ", "\n", "/* ( */", "-- (\n", "\t", "/* /* */ ' */")
}

func (g texts) cased(word string) string {
	if strings.HasPrefix(word, `"`) || rapid.Bool().Draw(g.T, "lower") {
		return word
	}
	return strings.ToUpper(word)
}

func (g texts) expression(depth int) string {
	if depth == 0 {
		return g.pick("n", "1", "t.n", "$$f(1)$$::int", "'1'::int", `"n"`, "+1", "(n)")
	}
	e := func() string { return g.expression(depth - 1) }
	switch rapid.IntRange(0, 16).Draw(g.T, "kind") {
	case 0, 1, 2:
		return g.cased(g.pick(evil...)) + g.gap() + "(" + e() + ")"
	case 3, 4:
		return g.cased(g.pick("abs", "sign", "length", "greatest", "coalesce", "lower", "ascii", "left", "trim")) + g.gap() + "(" + e() + ")"
	case 5:
		return "(" + e() + ")" + g.gap() + g.pick("+", "-", "*", "/", "=", "<") + g.gap() + e()
	case 6:
		return "cast(" + e() + " as " + g.pick("numeric(9,2)", "int", "varchar(3)") + ")" + g.pick("", "::int")
	case 7:
		return "(" + e() + ")::" + g.pick("numeric(9,2)", "int", "varchar (3)", "timestamp(3)")
	case 8:
		return "case when (" + e() + ")" + g.gap() + "= 1 then (" + e() + ") else " + e() + " end"
	case 9:
		return g.pick("count(*)", "max(n)", "count("+e()+")") + g.gap() + g.pick("", "filter (where true)", "over (partition"+" by ("+e()+"))", "over ()")
	case 10:
		return "(" + g.query(depth-1) + ")"
	case 11:
		return "exists" + g.gap() + "(" + g.query(depth-1) + ")"
	case 12:
		return e() + " in (" + e() + ", " + e() + ")"
	case 13:
		return e() + g.gap() + g.pick("between", "is distinct from", "and", "or not", "like") + " " + e()
	case 14:
		return e() + "::text like ('a')"
	case 15:
		return "(array[1, 2])[" + g.pick("", e()) + g.gap() + ":" + g.gap() + e() + "] is null"
	default:
		return "row(" + e() + ") = row" + g.gap() + "(" + e() + ")"
	}
}

func (g texts) query(depth int) string {
	if depth < 0 {
		depth = 0
	}
	sql := "select " + g.pick("", "", "distinct ", "distinct on (n) ", "all ") + g.expression(depth) + g.pick("", " as x", " over", " filter", ` as "f"`)
	sql += " from " + g.pick("t", "t", "only (t)", "f(1) t(n)", "t as t (n)", "generate_series(1, 2) as t(n)", "generate_series(1, 2) t (n)", "lateral f(2) as t(n)")
	sql += g.pick("", "", " join t u on "+g.expression(depth), " cross join t u")
	sql += g.pick("", " where "+g.expression(depth), " group by (n) having "+g.expression(depth), " order"+" by ("+g.expression(depth)+")")
	sql += g.pick("", "", " limit (1)", " offset (0)", " union all (select 1)", " window w as (order by n)")
	return sql
}

// TestWhatIsCalledHarmlessCallsNothingUnknown asks the server what a text depends on: it notes every function that isn't its own.
func TestWhatIsCalledHarmlessCallsNothingUnknown(t *testing.T) {
	conn := connect(t)
	ctx := t.Context()
	setUp := `create table t (n int); insert into t values (1);`
	for _, name := range evil {
		if name != "public.f" {
			setUp += `create function ` + name + `(int) returns int language sql as 'select 1';`
		}
	}
	_, err := conn.Exec(ctx, setUp)
	require.NoError(t, err)
	valid, calm, wild := 0, 0, 0
	one := func(rt *rapid.T) {
		g := texts{rt}
		sql := g.query(rapid.IntRange(0, 2).Draw(rt, "depth"))
		_, err := conn.Exec(ctx, "drop view if exists v; create temp view v as select exists(\n"+sql+"\n) as e")
		if err != nil {
			return // not a text that PostgreSQL understands
		}
		valid++
		var calls int
		require.NoError(rt, conn.QueryRow(ctx, `select count(*) from pg_depend d join pg_rewrite r on d.classid = 'pg_rewrite'::regclass and d.objid = r.oid
			where r.ev_class = 'v'::regclass and d.refclassid = 'pg_proc'::regclass`).Scan(&calls))
		if calls > 0 {
			wild++
			if effectOf(sql) == readEffect {
				rt.Fatalf("calls unknown functions: %s", sql)
			}
		} else if effectOf(sql) == readEffect {
			calm++
		}
	}
	for range 20 { // most texts aren't valid
		rapid.Check(t, one)
	}
	t.Logf("%d texts were valid, %d with calls, %d taken for harmless", valid, wild, calm)
	assert.Positive(t, calm)
	assert.Positive(t, wild)
}
