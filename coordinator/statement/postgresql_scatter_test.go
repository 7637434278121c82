package statement_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
)

func TestPostgreSQLScatterAllows(t *testing.T) {
	for _, sql := range []string{
		"select * from t", "SELECT ALL a, t.*, b AS \"order\", c AS limit FROM public.t AS t WHERE a = $1 AND b IN (1, $2);",
		"select a from only t x where x.order = 1 and x.\"limit\" = 'group by' -- order by a",
		"select a /* limit 1 /* union */ order by */ from \"select\".\"from\" \"where\" where a is not distinct from b",
		"select $$order by a$$, $x$ $$ limit $x$, e'it\\'s; order by', U&'limit ''' from t",
		"select e'a'\n  -- continued\n  '\\'order by' from t",
		"select a::varchar(10), cast(b as numeric(10, 2)), '{1}'::int[], array[1, 2], a[1:2], row(a, b), (a, b) from t",
		"select lower(a), coalesce(b, 0), substring(c from 1 for 2), trim(both from d), extract(epoch from e) from t",
		"select a from t where b = any($1) and c <> all ($2) and not (d or e) and f between (1) and (2)",
		"select case when (a) then (b) else (c) end, left(a, 1), greatest(a, b), to_char(a, 'YYYY') from t",
		"select a from t where a like 'now%' and b = 'nowhere' and c = 'the day after tomorrow'",
		"select over, current, values, count, offset_ from t", "select from t", "select 1.e2, 1_000, .5, 0x1f, a$b$ from t",
		"select a->'b', a->>'c', a #> '{d}', a @> $1, a ? 'b', a at time zone 'utc', interval '1 day' from t",
		"update t set a = a + 1, (b, c) = (1, $1) where d = 1 returning a, b", "update only public.t as x set a = 1",
		"update t * set a = 1", "delete from t where a = 1 returning *", "delete from t x where x.a is distinct from 1",
	} {
		require.Equal(t, "", refusal(t, sql, parse(t, messages.PostgreSQL, sql).Scatter()), sql)
	}
}

func TestPostgreSQLScatterRefuses(t *testing.T) {
	for sql, clause := range map[string]string{
		"select a from t order by a":                                   "ORDER BY",
		"select a from t where b = 1 Order By a":                       "ORDER BY",
		"select a from t x order by a":                                 "ORDER BY",
		"select a from t limit 1":                                      "LIMIT",
		"select a from t offset 1":                                     "OFFSET",
		"select a from t where b fetch first 1 row only":               "FETCH",
		"select distinct a from t":                                     "DISTINCT",
		"select distinct on (a) a from t":                              "DISTINCT",
		"select a from t where a in (1) group by a":                    "GROUP BY",
		"select a from t having true":                                  "HAVING",
		"select a from t where b union select 1":                       "UNION",
		"select a from t union all select 1":                           "UNION",
		"select a from t intersect select 1":                           "INTERSECT",
		"select a from t except select 1":                              "EXCEPT",
		"select a from t where b window w as ()":                       "WINDOW",
		"select lower(a) over (w) from t":                              "OVER",
		"select a from t for update":                                   "FOR",
		"select a from t where b for share":                            "FOR",
		"select a into u from t":                                       "INTO",
		"with x as (select 1) select a from t":                         "WITH",
		"select * from t, u":                                           "JOIN",
		"select * from t x, u":                                         "JOIN",
		"select * from t join u on true":                               "JOIN",
		"select * from t left join u on true":                          "left",
		"select * from t natural join u":                               "JOIN",
		"select * from t cross join u":                                 "JOIN",
		"select * from (t)":                                            "parentheses in FROM",
		"select * from (select 1) x":                                   "parentheses in FROM",
		"select * from lateral (select 1) x":                           "LATERAL",
		"select * from generate_series(1, 2)":                          "function in FROM",
		"select * from rows from (f(1))":                               "FROM",
		"select * from current_date":                                   "CURRENT_DATE",
		"select * from t tablesample system (1)":                       "TABLESAMPLE",
		"select * from t x (a, b)":                                     "function in FROM",
		"select * from t where a in (select 1)":                        "subquery",
		"select * from t where a in (values (1))":                      "VALUES",
		"select * from t where a in (table u)":                         "TABLE",
		"select * from t where exists (select 1)":                      "EXISTS",
		"select array(select 1) from t":                                "array()",
		"select (select 1) from t":                                     "subquery",
		"select count(*) from t":                                       "count()",
		"select max(a) from t":                                         "max()",
		"select lower(a) filter (where b) from t":                      "filter()",
		"select percentile_cont(0.5) within group (order by a) from t": "percentile_cont()",
		"select \"lower\"(a) from t":                                   "lower()",
		"select pg_catalog.lower(a) from t":                            "lower()",
		"select s.\"f\" (a) from t":                                    "f()",
		"select now() from t":                                          "now()",
		"select a from t where b < random()":                           "random()",
		"select nextval('s') from t":                                   "nextval()",
		"select unnest(a) from t":                                      "unnest()",
		"select my_function(a) from t":                                 "my_function()",
		"select 1 operator(pg_catalog.+) 2 from t":                     "operator()",
		"select current_timestamp from t":                              "CURRENT_TIMESTAMP",
		"select a from t where b = current_user":                       "CURRENT_USER",
		"select a from t where b < 'now'":                              "'now'",
		"select a from t where b < e' Today '":                         "e' Today '",
		"select a from t where b < $$10:00 tomorrow$$":                 "$$10:00 tomorrow$$",
		"select a from t where b < timestamptz 'today 10:00 PST'":      "'today 10:00 PST'",
		"select a from t where b < e'\\nnow'":                          "e'\\nnow'",
		"select a from t where b < e'no\\w'":                           "e'no\\w'",
		"select a from t where b < e'\\x6eow'":                         "e'\\x6eow'",
		"select a from t where b < U&'\\006eow'":                       "U&'\\006eow'",
		"select ctid from t":                                           "ctid",
		"select t.\"xmin\" from t":                                     "\"xmin\"",
		"select a::regclass from t":                                    "regclass",
		"select t.count from t":                                        "count",
		"select U&\"\\0061\" from t":                                   "U&\"\\0061\"",
		"select * from U&\"t\"":                                        "U&\"t\"",
		"select * from pg_class":                                       "pg_class",
		"select * from information_schema.tables":                      "information_schema",
		"select * from \"pg_catalog\".x":                               "pg_catalog",
		"select 1":                                                     "SELECT without FROM",
		"select a is distinct from t":                                  "SELECT without FROM",
		"values (1)":                                                   "VALUES",
		"table t":                                                      "TABLE",
		"(select a from t)":                                            "parentheses",
		"select t.as order by 1 from t":                                "ORDER BY",
		"select a as as order by 1 from t":                             "ORDER BY",
		"select 1order by 1 from t":                                    "ORDER BY",
		"select a from t where b = 'x\\'":                              "backslash",
		"insert into t values (1)":                                     "INSERT",
		"insert into t select * from u":                                "INSERT",
		"update t set a = (select 1)":                                  "subquery",
		"update t set a = 1 from u":                                    "UPDATE FROM",
		"update t set a = default":                                     "DEFAULT",
		"update t set a = 1 where current of c":                        "CURRENT OF",
		"update t set a = 1 where b returning (select 1)":              "subquery",
		"with x as (select 1) update t set a = 1":                      "WITH",
		"delete from t using u":                                        "USING",
		"delete from t x using u where true":                           "USING",
		"delete from t where a in (select 1)":                          "subquery",
		"delete from t returning count(*)":                             "count()",
		"create table t (a int)":                                       "CREATE TABLE",
		"copy t to stdout":                                             "COPY",
		"explain select 1":                                             "EXPLAIN",
	} {
		require.Equal(t, clause, refusal(t, sql, parse(t, messages.PostgreSQL, sql).Scatter()), sql)
	}
}

func TestPostgreSQLComparisonsAreNotReadYet(t *testing.T) {
	_, err := parse(t, messages.PostgreSQL, "select * from t where a = 1").Comparisons(nil)
	require.ErrorIs(t, err, messages.ErrRefused)
}
