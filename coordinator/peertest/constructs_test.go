package peertest_test

import (
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/troupedb/troupe/coordinator/statement"
)

// The constructs that hide a key, or hide that there is none, end to end.

// userID is a key of the application's own type.
type userID int64

func pointer(n int64) *int64 { return &n }

// narrowQuestions go to the shards of their keys only, however these are written.
var narrowQuestions = []question{
	{name: "quoted identifiers", sql: `select "id" from "people" where "k" = 4 order by "id"`, want: []string{"41", "42"}, touch: "s4"},
	{name: "identifiers in other case", sql: "SELECT ID FROM People WHERE K = 4 ORDER BY iD", want: []string{"41", "42"}, touch: "s4"},
	{name: "a quoted name of another case", in: lite, sql: `select id from "People" where "K" = 4 order by id`, want: []string{"41", "42"}, touch: "s4"},
	{name: "brackets and backticks", in: lite, sql: "select [id] from `people` where [k] = 4 order by `id`", want: []string{"41", "42"}, touch: "s4"},
	{name: "an alias", sql: "select x.id from people as x where x.k = 4 order by x.id", want: []string{"41", "42"}, touch: "s4"},
	{name: "a qualified name", sql: "select people.id from people where people.k = 4 order by people.id", want: []string{"41", "42"}, touch: "s4"},
	{name: "an argument on the left", sql: "select id from people where $1 = k order by id", args: []any{int64(4)}, want: []string{"41", "42"}, touch: "s4"},
	{name: "arguments in any order", sql: "select id from people where age = $2 and k = $1 order by id", args: []any{int64(3), int64(52)}, want: []string{"32"}, touch: "s3"},
	{name: "an argument used twice", sql: "select id from people where k = $1 and id > $1 * 10 order by id", args: []any{int64(3)}, want: []string{"31", "32"}, touch: "s3"},
	{name: "parameters without numbers", in: lite, sql: "select id from people where age = ? and k = ? order by id", args: []any{int64(52), int64(3)}, want: []string{"32"}, touch: "s3"},
	{name: "parameters with names", in: lite, sql: "select id from people where age = ?2 and k = ?1 order by id", args: []any{int64(3), int64(52)}, want: []string{"32"}, touch: "s3"},
	{name: "an argument of another integer type", sql: "select id from people where k = $1 order by id", args: []any{int32(3)}, want: []string{"31", "32"}, touch: "s3"},
	{name: "an argument of a type of one's own", sql: "select id from people where k = $1 order by id", args: []any{userID(3)}, want: []string{"31", "32"}, touch: "s3"},
	{name: "an argument of a type of pgx", sql: "select id from people where k = $1 order by id", args: []any{pgtype.Int8{Int64: 3, Valid: true}}, want: []string{"31", "32"}, touch: "s3"},
	{name: "an argument of a type of pgx that is NULL", sql: "select count(*) from people where k = $1", args: []any{pgtype.Int8{}}, want: []string{"0"}, touch: "one"},
	{name: "an argument behind a pointer", sql: "select id from people where k = $1 order by id", args: []any{pointer(int64(3))}, want: []string{"31", "32"}, touch: "s3"},
	{name: "an argument behind no pointer", sql: "select count(*) from people where k = $1", args: []any{(*int64)(nil)}, want: []string{"0"}, touch: "one"},
	{name: "a comment with a condition", sql: "select id from people /* or k = 1 */ where k = 4 -- and k = 2\n order by id", want: []string{"41", "42"}, touch: "s4"},
	{name: "a nested comment", in: postgres, sql: "select id from people /* /* */ where k = 1 */ where k = 4 order by id", want: []string{"41", "42"}, touch: "s4"},
	{name: "a text with a condition", sql: "select id from people where k = 4 and name <> ''' or k = 1 or ''' order by id", want: []string{"41", "42"}, touch: "s4"},
	{name: "a dollar quote with a condition", in: postgres, sql: "select id from people where k = 4 and name <> $x$' or k = 1 --$x$ order by id", want: []string{"41", "42"}, touch: "s4"},
	{name: "an escape string with a condition", in: postgres, sql: `select id from people where k = 4 and name <> E'\' or k = 1 or \'' order by id`, want: []string{"41", "42"}, touch: "s4"},
	{name: "a text key", sql: "select n from tags where tag = 'k2'", want: []string{"7"}, touch: "s2"},
	{name: "a text key as an argument", sql: "select n from tags where tag = $1", args: []any{"k3"}, want: []string{"9"}, touch: "s3"},
	{name: "a text key in a dollar quote", in: postgres, sql: "select n from tags where tag = $$k2$$", want: []string{"7"}, touch: "s2"},
	{name: "a text key in an escape string", in: postgres, sql: `select n from tags where tag = E'k\x32'`, want: []string{"7"}, touch: "s2"},
	{name: "a text key that lives nowhere", sql: "select n from tags where tag = 'k99'", touch: "one"},
	{name: "a count of a key that lives nowhere", sql: "select count(*) from tags where tag = 'k99'", want: []string{"0"}, touch: "one"},
	{name: "a column that is named like the key of another table", sql: "select tag from tags where k = 1 order by tag", want: []string{"k1", "k3"}, touch: "all"},
	{name: "OR of equalities", sql: "select id from people where k = 1 or k = 4 order by id", want: []string{"11", "12", "41", "42"}, touch: "s1 s4"},
	{name: "IN", sql: "select id from people where k in (1, 4) order by id", want: []string{"11", "12", "41", "42"}, touch: "s1 s4"},
	{name: "IN with arguments", sql: "select id from people where k in ($1, $2) order by id", args: []any{int64(4), int64(1)}, want: []string{"11", "12", "41", "42"}, touch: "s1 s4"},
	{name: "a row", sql: "select name from people where (id, k) = ($1, $2)", args: []any{int64(32), int64(3)}, want: []string{"eve"}, touch: "s3"},
	{name: "a list of rows", in: postgres, sql: "select id from people where (k, id) in (($1, $2), (4, 41)) order by id", args: []any{int64(3), int64(32)}, want: []string{"32", "41"}, touch: "s3 s4"},
	{name: "ANY of an argument", in: postgres, sql: "select id from people where k = any($1) order by id", args: []any{[]int64{4, 1}}, want: []string{"11", "12", "41", "42"}, touch: "s1 s4"},
	{name: "ANY of an argument with a cast", in: postgres, sql: "select id from people where k = any($1::bigint[]) order by id", args: []any{[]int64{4, 1}}, want: []string{"11", "12", "41", "42"}, touch: "s1 s4"},
	{name: "ANY of texts", in: postgres, sql: "select tag from tags where tag = any($1) order by tag", args: []any{[]string{"k2", "k4"}}, want: []string{"k2", "k4"}, touch: "s2 s4"},
	{name: "ANY of nothing", in: postgres, sql: "select id from people where k = any($1)", args: []any{[]int64{}}, touch: "one"},
	{name: "ANY of ARRAY", in: postgres, sql: "select id from people where k = any(array[4, $1]) order by id", args: []any{int64(1)}, want: []string{"11", "12", "41", "42"}, touch: "s1 s4"},
	{name: "NOT of unequal", sql: "select id from people where not (k <> 2) order by id", want: []string{"21", "22"}, touch: "s2"},
	{name: "NOT of two unequal", sql: "select id from people where not (k <> 1 and k <> 2) order by id", want: []string{"11", "12", "21", "22"}, touch: "s1 s2"},
	{name: "IS TRUE", sql: "select id from people where (k = 2) is true order by id", want: []string{"21", "22"}, touch: "s2"},
	{name: "IS NOT DISTINCT FROM an argument", sql: "select id from people where k is not distinct from $1 order by id", args: []any{int64(2)}, want: []string{"21", "22"}, touch: "s2"},
	{name: "BETWEEN arguments", sql: "select id from people where k between $1 and $2 order by id", args: []any{int64(2), int64(3)}, want: []string{"21", "22", "31", "32"}, touch: "s2 s3"},
	{name: "BETWEEN far apart", sql: "select count(*) from people where k between 2 and 2000", want: []string{"8"}, touch: "all"},
	{name: "an argument that is NULL", sql: "select count(*) from people where k = $1", args: []any{nil}, want: []string{"0"}, touch: "one"},
	{name: "an impossible key", sql: "select count(*) from people where k = 1 and k = 2", want: []string{"0"}, touch: "one"},
	{name: "an impossible key of no row", sql: "select id from people where k = 1 and k = 2", touch: "one"},
	{name: "a cast argument", in: postgres, sql: "select id from people where k = $1::bigint order by id", args: []any{int64(3)}, want: []string{"31", "32"}, touch: "s3"},
	{name: "a semicolon at the end", sql: "select id from people where k = 3 order by id;", want: []string{"31", "32"}, touch: "s3"},
	{name: "a parenthesised FROM", sql: "select id from (people) where k = 3 order by id", want: []string{"31", "32"}, touch: "s3", in: lite},
	{name: "a parenthesised join", sql: "select p.id, o.no from (people p join orders o on o.k = p.k) where p.k = 2 order by p.id", want: []string{"21 201", "22 201"}, touch: "s2"},
}

// scatterQuestions have a condition that says nothing of the key: all shards have to be asked, and nothing is lost.
var scatterQuestions = []question{
	{name: "OR with another column", sql: "select id from people where k = 1 or name = 'eve' order by id", want: []string{"11", "12", "32"}, touch: "all"},
	{name: "NOT", sql: "select id from people where not (k = 1) and age = 30 order by id", want: []string{"31", "61"}, touch: "all"},
	{name: "unequal to ALL", in: postgres, sql: "select id from people where k <> all($1) order by id", args: []any{[]int64{1, 2, 3, 4}}, want: []string{"51", "61"}, touch: "all"},
	{name: "LIKE", sql: "select tag from tags where tag like 'k%' order by tag", want: []string{"k1", "k2", "k3", "k4"}, touch: "all"},
	{name: "LIKE without a wildcard", in: lite, sql: "select tag from tags where tag like 'K2'", want: []string{"k2"}, touch: "all"},
	{name: "COALESCE", sql: "select id from people where coalesce(k, 0) = 1 order by id", want: []string{"11", "12"}, touch: "all"},
	{name: "CASE", sql: "select id from people where case when k = 1 then 1 else 0 end = 1 order by id", want: []string{"11", "12"}, touch: "all"},
	{name: "IS NOT FALSE", sql: "select id from people where (k = 5) is not false order by id", want: []string{"51"}, touch: "all"},
	{name: "BETWEEN SYMMETRIC", in: postgres, sql: "select id from people where k between symmetric 3 and 2 order by id", want: []string{"21", "22", "31", "32"}, touch: "all"},
	{name: "a collation", in: lite, sql: "select tag from tags where tag collate nocase = 'K2'", want: []string{"k2"}, touch: "all"},
	{name: "a collation of the value", in: lite, sql: "select tag from tags where tag = 'K2' collate nocase", want: []string{"k2"}, touch: "all"},
	{name: "a collation", in: postgres, sql: `select tag from tags where tag collate "C" = 'k2'`, want: []string{"k2"}, touch: "all"},
	{name: "a text argument for an integer", sql: "select id from people where k = $1 order by id", args: []any{"3"}, want: []string{"31", "32"}, touch: "all"},
	{name: "a float argument for an integer", in: lite, sql: "select id from people where k = $1 order by id", args: []any{3.0}, want: []string{"31", "32"}, touch: "all"},
	{name: "a cast of the key", in: postgres, sql: "select id from people where k::text = '2' order by id", want: []string{"21", "22"}, touch: "all"},
	{name: "a cast of the key", in: lite, sql: "select id from people where cast(k as text) = '2' order by id", want: []string{"21", "22"}, touch: "all"},
	{name: "a value of another type", in: postgres, sql: "select id from people where k = $1::numeric order by id", args: []any{"2"}, want: []string{"21", "22"}, touch: "all"},
	{name: "a value that is rounded", in: postgres, sql: "select id from people where k = 1.7::int order by id", want: []string{"21", "22"}, touch: "all"},
	{name: "ANY of a text", in: postgres, sql: "select id from people where k = any('{1,2}') order by id", want: []string{"11", "12", "21", "22"}, touch: "all"},
	{name: "an operator with a schema", in: postgres, sql: "select id from people where k operator(pg_catalog.=) 2 order by id", refused: statement.UnknownFunction},
	{name: "a unary plus", in: lite, sql: "select id from people where +k = 2 order by id", want: []string{"21", "22"}, touch: "all"},
	{name: "the key beside another column", sql: "select id from people where k = age - 24 order by id", want: []string{"61"}, touch: "all"},
	{name: "a list of rows", in: lite, sql: "select id from people where (k, id) in (values ($1, $2), (4, 41)) order by id", args: []any{int64(3), int64(32)}, want: []string{"32", "41"}, touch: "all"},
	{name: "a text that the column takes for an integer", in: lite, sql: "select id from people where k = '3' order by id", want: []string{"31", "32"}, touch: "all"},
	{name: "a float that the column takes for an integer", in: lite, sql: "select id from people where k = 3.0 order by id", want: []string{"31", "32"}, touch: "all"},
	{name: "no condition", sql: "select id from people order by id desc", want: []string{"61", "51", "42", "41", "32", "31", "22", "21", "12", "11"}, touch: "all"},
	{name: "the key in a select list only", sql: "select k = 1, id from people where age = 30 order by id", want: []string{"1 11", "0 31", "0 61"}, touch: "all"},
	{name: "the key in HAVING only", sql: "select k, count(*) from people group by k having k = 6", want: []string{"6 1"}, touch: "all"},
	{name: "a parenthesised FROM list", in: lite, sql: "select p.id from (people p, orders o) where p.k = o.k and o.kind = 'cup' order by p.id", want: []string{"31", "32", "61"}, touch: "all"},
	{name: "no table", sql: "select 1 + 1", want: []string{"2"}, touch: "one"},
	{name: "VALUES", sql: "values (1), (2)", want: []string{"1", "2"}, touch: "one"},
	{name: "a reference table", sql: "select kind from kinds order by kind", want: []string{"book", "ham", "pen"}, touch: "one"},
	{name: "a count of a reference table", sql: "select count(*) from kinds", want: []string{"3"}, touch: "one"},
}

// linkedQuestions are bound together by equal keys.
var linkedQuestions = []question{
	{name: "a condition on one of two", sql: "select a.id, o.no from people a, orders o where a.k = o.k and a.k = $1 order by a.id, o.no", args: []any{int64(1)}, want: []string{"11 101", "11 102", "12 101", "12 102"}, touch: "s1"},
	{name: "USING", sql: "select count(*) from people join orders using (k) where k = 3", want: []string{"4"}, touch: "s3"},
	{name: "NATURAL", sql: "select count(*) from people natural join orders where k = 3", want: []string{"4"}, touch: "s3"},
	{name: "IN and a link", sql: "select count(*) from people a join orders o on a.k = o.k where o.k in (3, 4)", want: []string{"6"}, touch: "s3 s4"},
	{name: "the ON of an outer join doesn't narrow the left side", sql: "select a.id, o.no from people a left join orders o on a.k = o.k and a.k = 6 where a.k > 4 order by a.id", want: []string{"51 NULL", "61 601"}, touch: "all"},
	{name: "the WHERE of an outer join does", sql: "select a.id, o.no from people a left join orders o on a.k = o.k where a.k = 5", want: []string{"51 NULL"}, touch: "s1"},
	{name: "groups by the key of the null-extended side", sql: "select o.k, count(*) from people p left join orders o on o.k = p.k and o.total = 10 group by o.k order by o.k nulls first", want: []string{"NULL 5", "1 2", "3 2", "6 1"}, touch: "all"},
	{name: "EXISTS bound to the key, of one key", sql: "select id from people p where p.k = 3 and exists (select 1 from orders o where o.k = p.k) order by id", want: []string{"31", "32"}, touch: "s3"},
	{name: "a condition of an inner block about an outer key", sql: "select id from people p where exists (select 1 from orders o where o.k = p.k and p.k = 3) or p.age = 19 order by id", want: []string{"31", "32", "41"}, touch: "all"},
	{name: "a derived table grouped by the key", sql: "select s.k, s.n from (select k, count(*) as n from orders group by k) s where s.n > 1 order by s.k", want: []string{"1 2", "3 2"}, touch: "all"},
	{name: "a derived table joined by its key", sql: "select p.id, s.n from people p join (select k, count(*) as n from orders group by k) s on s.k = p.k where p.age = 30 order by p.id", want: []string{"11 2", "31 2", "61 1"}, touch: "all"},
	{name: "a CTE joined by its key", sql: "with s as (select k, sum(total) as t from orders group by k) select p.id, s.t from people p join s on s.k = p.k where p.age = 30 order by p.id", want: []string{"11 30", "31 10", "61 10"}, touch: "all"},
	{name: "LATERAL", in: postgres, sql: "select p.id, o.no from people p cross join lateral (select no from orders o where o.k = p.k order by no limit 1) o where p.age = 30 order by p.id", want: []string{"11 101", "31 301", "61 601"}, touch: "all"},
}

// unboundQuestions need rows of which nothing says where they are.
var unboundQuestions = []question{
	{name: "one of two", sql: "select a.id from people a, orders b where a.id = b.no and a.k = $1", args: []any{int64(1)}, refused: statement.UnlinkedJoin},
	{name: "IN beside a key", sql: "select id from people where k = 1 and id in (select no from orders)", refused: statement.UnboundTable},
	{name: "a scalar beside a key", sql: "select id from people where k = 1 and age = (select avg(age) from people)", refused: statement.UnboundTable},
	{name: "a scalar in the select list", sql: "select (select max(total) from orders) from people where k = 1", refused: statement.UnboundTable},
	{name: "a derived table with LIMIT", sql: "select id from (select k, id from people order by id limit 2) s", refused: statement.NestedMerge},
	{name: "a CTE with LIMIT, joined by its key", sql: "with s as (select k, id from people order by id limit 2) select o.no from s join orders o on o.k = s.k", refused: statement.NestedMerge},
	{name: "an undeclared table", sql: "select x from strangers", refused: statement.UndeclaredTable},
	{name: "an undeclared table beside a key", sql: "select id from people, strangers where k = 1", refused: statement.UndeclaredTable},
	{name: "an undeclared table in a subquery", sql: "select id from people where k = 1 and id in (select x from strangers)", refused: statement.UndeclaredTable},
	{name: "a table in a parenthesised FROM", sql: "select a.id from (people a cross join orders o)", refused: statement.UnlinkedJoin},
	{name: "a table of the catalogue", in: lite, sql: "select name from sqlite_schema", refused: statement.SystemTable},
	{name: "a table of the catalogue", in: postgres, sql: "select relname from pg_catalog.pg_class", refused: statement.SystemTable},
}

// refusedQuestions can't be answered over shards at all.
var refusedQuestions = []question{
	{name: "TABLESAMPLE", in: postgres, sql: "select id from people tablesample system (50)", refused: statement.Sample},
	{name: "FOR UPDATE", in: postgres, sql: "select id from people for update", refused: statement.Lock},
	{name: "FOR SHARE", in: postgres, sql: "select id from people where k in (1, 2) for share", refused: statement.Lock},
	{name: "FOR UPDATE on one shard", in: postgres, sql: "select id from people where k = 5 for update", want: []string{"51"}, touch: "s1"},
	{name: "the clock", in: postgres, sql: "select id from people where now() is not null", refused: statement.SessionFunction},
	{name: "the clock", in: lite, sql: "select id from people where datetime('now') is not null", refused: statement.SessionFunction},
	{name: "the session", in: postgres, sql: "select id from people where current_user = 'postgres'", refused: statement.SessionFunction},
	{name: "the session", in: lite, sql: "select id, last_insert_rowid() from people", refused: statement.SessionFunction},
	{name: "random in WHERE", sql: "select id from people where random() is not null", refused: statement.VolatileFunction},
	{name: "a function of the server", in: postgres, sql: "select id from people where pg_catalog.pg_column_size(id) > 0", refused: statement.SessionFunction},
	{name: "a system column", in: postgres, sql: "select ctid from people", refused: statement.SystemColumn},
	{name: "a system column", in: lite, sql: "select rowid from people", refused: statement.SystemColumn},
	{name: "a whole table of a catalogue in a subquery", in: postgres, sql: "select id from people where exists (select 1 from pg_catalog.pg_class)", refused: statement.SystemTable},
}

// disguisedQuestions hide tables or conditions where a superficial look doesn't find them.
var disguisedQuestions = []question{
	{name: "a table behind a comma", sql: "select p.id from people p, orders where p.k = 1", refused: statement.UnlinkedJoin},
	{name: "a table in a join's ON", sql: "select p.id from people p join kinds d on d.kind = p.name and exists (select 1 from orders)", refused: statement.UnboundTable},
	{name: "a table in ORDER BY", sql: "select id from people order by (select max(total) from orders)", refused: statement.UnboundTable},
	{name: "a table in HAVING", sql: "select city, count(*) from people group by city having count(*) > (select count(*) from orders)", refused: statement.UnboundTable},
	{name: "a table in a CASE", sql: "select case when exists (select 1 from orders where total > 30) then 1 end from people where k = 1", refused: statement.UnboundTable},
	{name: "a table in a function", sql: "select coalesce((select max(total) from orders), 0) from people where k = 1", refused: statement.UnboundTable},
	{name: "TABLE", in: postgres, sql: "table kinds", want: []string{"book a book", "ham a ham", "pen a pen"}, touch: "one"},
	{name: "TABLE of sharded rows", in: postgres, sql: "table tags", want: []string{"k1 1 5", "k2 2 7", "k3 1 9", "k4 4 NULL"}, touch: "all"},
	{name: "IN with a table's name", in: lite, sql: "select id from people where id in strangers", refused: statement.UndeclaredTable},
	{name: "a CTE that hides a table, and a table behind it", in: postgres, sql: "with people as (select id from orders o join people p on o.k = p.k where p.k = 2) select id from people order by id", want: []string{"21", "22"}, touch: "s2"},
	{name: "a schema", in: postgres, sql: "select id from public.people where k = 5", want: []string{"51"}, touch: "s1"},
	{name: "a schema", in: lite, sql: "select id from main.people where k = 5", want: []string{"51"}, touch: "s1"},
	{name: "an alias that is the name of another table", sql: "select orders.id from people as orders where orders.k = 5", want: []string{"51"}, touch: "s1"},
	{name: "an alias that is the name of the key", sql: "select id as k from people where age = 19", want: []string{"41"}, touch: "all"},
	{name: "the key of a derived table that is another column", sql: "select s.k from (select id as k, name from people) s where s.k = 41", want: []string{"41"}, touch: "all"},
	{name: "a derived table whose key isn't one joins", sql: "select o.no from (select id / 10 as k from people) s join orders o on o.k = s.k", refused: statement.UnlinkedJoin},
	{name: "columns renamed by the alias", in: postgres, sql: "select x.b from people as x(a, b, c, d, e, f) where x.a = 5", want: []string{"51"}, touch: "s1"},
	{name: "columns swapped by the alias", in: postgres, sql: "select x.id from people as x(id, k, c, d, e, f) where x.k = 51", want: []string{"5"}, touch: "all"},
}
