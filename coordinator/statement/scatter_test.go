package statement_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/messages"
)

// Statements that several shards answer each for itself, but for what is merged of the outermost block.
var scattered = []string{
	"select * from users", "select k, id + 1 as y, upper('a') from users u where x = $1 and (id in (1, 2) or id is null)",
	"select count(*), max(x) from users group by id having count(*) > 1 order by 1 limit 3", "select distinct x from users",
	"select x, row_number() over (order by id) from users", "select case x when 1 then 'x' else cast(id as text) end from users",
	"update users set x = x + 1 where id = 1 returning *", "delete from users where id = 1 returning id",
	"insert into users (k, x) values (1, 2), ($1, 4)", "insert into users (k, id) select k, id from orders where x = 1",
	"insert into users (k, x) values (1, 2) on conflict (k) do update set x = excluded.x where users.x < 3 returning x",
	// Joins on the key.
	"select * from users a join orders b on a.k = b.k and a.x = b.x join items c on c.k = b.k where c.id = 1",
	"select * from users a, orders b where a.k = b.k", "select * from users join orders using (k)", "select * from users natural join orders",
	"select * from users a left join orders b on b.k = a.k left join items c on c.k = b.k",
	"select * from users a right join orders b on a.k = b.k", "select * from users a full join orders b on a.k = b.k and a.x = 1",
	"select * from users a left join (orders b join items c on b.k = c.k) on a.k = b.k", "select * from logs a join logs b on a.k = b.k",
	"select * from pairs a join duos b on a.k = b.k and b.l = a.l", "select * from pairs a join duos b on (a.k, a.l) = (b.k, b.l)",
	"update users set x = 1 from orders b where users.k = b.k",
	// Reference tables.
	"select * from users a join colors c on a.x = c.id", "select * from users a, colors c", "select * from users a left join colors c on a.x = c.id",
	"select * from colors c right join users a on a.x = c.id", "select * from users where x in (select id from colors)",
	"select * from users where x not in (select id from colors where id is not null limit 2)", "select (select count(*) from colors) from users",
	"update users set x = (select max(id) from colors)", "with c as (select * from colors) select * from users, c",
	"select * from users a where exists (select 1 from colors c left join orders b on b.k = a.k where b.x = c.id)",
	// Subqueries that are bound to the row around them.
	"select * from users a where exists (select 1 from orders b where b.k = a.k and b.x > a.x order by b.x limit 1)",
	"select * from users a where not exists (select max(x) from orders b where b.k = a.k group by x having count(*) > 1)",
	"select (select max(x) from orders b where b.k = a.k), a.x in (select x from orders b where b.k = a.k) from users a",
	"select * from users a where x not in (select b.x from orders b join items c on c.k = b.k where b.k = a.k)",
	"select * from users a where exists (select 1 from orders b, items c where b.k = a.k and c.k = a.k)",
	"select * from users a where exists (select 1 from orders b where b.k = a.k and exists (select 1 from items c where c.k = a.k))",
	"select * from users a where exists (select 1 from (select k, count(*) as n from orders group by k) d where d.k = a.k and n > 1)",
	"select * from users a where exists (select 1 from orders b where b.k = a.k union select 2 from items c where c.k = a.k)",
	"select * from users a where a.k in (select b.k from orders b where b.x = 1)", "select * from users where k in (select k from orders group by k having count(*) > 1)",
	"select * from users a where (a.id, a.k) in (select b.id, b.k from orders b)", "delete from users where k in (select k from orders where x = 1)",
	"delete from users where exists (select 1 from orders b where b.k = users.k)",
	"update users set x = (select max(b.x) from orders b where b.k = users.k)",
	// Nested blocks that are closed under the key.
	"select * from (select k, x from users where x = 1) d", "select sum(n) from (select k, count(*) as n from users group by k) d",
	"select * from (select distinct k, x from users) d", "select * from (select k, row_number() over (partition by k order by id) as n from users) d where n = 1",
	"select * from (select k, rank() over w as n from users window w as (partition by k)) d", "select * from (select a.x from users a join orders b on a.k = b.k) d",
	"select * from (select k, max(x) as m from users group by 1) a join (select k from orders) b on a.k = b.k",
	"with c as (select k, x from users where x = 1) select * from c a join orders b on a.k = b.k",
	"with c as (select k from users) select * from c a join c b on a.k = b.k", "with recursive c as (select id from colors union select id + 1 from c where id < 9) select * from users join c on x = c.id",
	"select * from (select k from users union all select k from orders) d", "select * from (select k, x from users union select k, x from orders) d",
	"select * from users a join (select k from orders union all select k from items) d on a.k = d.k",
	// Set operations.
	"select k from users union all select k from orders", "select x from users union select x from orders order by 1",
	"select x from users union select x from orders union select x from items",
	"select x from users where exists (select 1 from colors intersect select 2 from colors)",
}

func TestScattered(t *testing.T) {
	for _, sql := range scattered {
		for _, d := range bothDialects {
			a := analyse(t, d, sql)
			require.Empty(t, clauseOf(t, sql, a.Scatter), "%s: %s", d, sql)
			require.NotEmpty(t, a.Occurrences, sql)
		}
	}
}

func TestScatteredInOneDialect(t *testing.T) {
	for _, sql := range []string{
		"select random() from users", "select * from users a, lateral (select * from orders b where b.k = a.k order by x limit 1) d",
		"select gen_random_uuid(), nextval('s') from users", "select a::varchar(10), '{1}'::int[], array[1, x], row(x, id), (users).x from users",
		"select * from users a left join lateral (select max(x) from orders b where b.k = a.k) d on true",
		"select * from users, generate_series(1, 3) g", "select * from users, unnest(array[x, id]) u", "delete from users using orders b where b.k = users.k",
		"select * from users where x = any($1) and id <> all ($2) and x is not distinct from 1", "select coalesce(x, 0), greatest(x, id), extract(epoch from x) from users",
		"select to_char(x, 'YYYY'), date_trunc('day', x), lower(substring(x from 1 for 2)), x at time zone 'utc', interval '1 day' from users",
		"select array(select x from orders b where b.k = users.k) from users", "table users", "select from users", "select count(*) filter (where x > 1) from users",
		"select users.x from users where x = 'nowhere' and id = 'the day after tomorrow'", "select pg_catalog.lower(x), age(x, id) from users",
		"select string_agg(x, ',' order by id), percentile_cont(0.5) within group (order by x) from users", "select u.k, count from users u",
	} {
		require.Empty(t, clauseOf(t, sql, analyse(t, messages.PostgreSQL, sql).Scatter), sql)
	}
	for _, sql := range []string{
		"select random(), max(x, id), min(x, 1, 2), iif(x, id, 1), json_extract(x, '$.a'), x ->> 'b' from users", "select * from users indexed by i where x glob 'a*'",
		"select date(x), strftime('%Y', x), datetime('2024-01-01', '+1 day'), date(\"d\") from users", "select * from users, json_each(users.x) j",
		"update or abort users set x = 1", "insert or ignore into users (k) values (1)", "replace into users (k) values (1)", "select group_concat(x) from users",
		"select * from users where x in colors",
	} {
		require.Empty(t, clauseOf(t, sql, analyse(t, messages.SQLite, sql).Scatter), sql)
	}
}

// refused says which clause of a statement is refused, and by which rule.
type refused struct {
	clause string
	code   statement.Code
}

func TestRefused(t *testing.T) {
	for sql, want := range map[string]refused{
		"select 1":                        {"SELECT without tables", statement.NoShardedTable},
		"values (1)":                      {"SELECT without tables", statement.NoShardedTable},
		"select * from colors":            {"SELECT of reference tables", statement.NoShardedTable},
		"select * from users, unknown":    {"JOIN", statement.UndeclaredTable},
		"select * from unknown, unknown2": {"JOIN", statement.UndeclaredTable},
		"select * from unknown a join unknown b on a.k = b.k": {"JOIN", statement.UndeclaredTable},
		// Joins.
		"select * from users a join orders b on a.id = b.id":                                                 {"JOIN", statement.UnlinkedJoin},
		"select * from users a, orders b":                                                                    {"JOIN", statement.UnlinkedJoin},
		"select * from users a, orders b where a.id = b.k and a.k = 1":                                       {"JOIN", statement.UnlinkedJoin},
		"select * from users a join orders b on a.k = b.k or a.x = 1":                                        {"JOIN", statement.UnlinkedJoin},
		"select * from users a join logs b on a.k = b.k":                                                     {"JOIN", statement.UnlinkedJoin},
		"select * from pairs a join duos b on a.k = b.k":                                                     {"JOIN", statement.UnlinkedJoin},
		"select * from pairs a join duos b on a.k = b.l and a.l = b.k":                                       {"JOIN", statement.UnlinkedJoin},
		"select * from users a left join orders b on a.id = b.id":                                            {"LEFT JOIN", statement.UnlinkedJoin},
		"select * from users a left join orders b using (k)":                                                 {"LEFT JOIN", statement.UnlinkedJoin},
		"select * from users a left join orders b on a.x = b.x left join items c on c.k = a.k and c.k = b.k": {"LEFT JOIN", statement.UnlinkedJoin},
		"select * from users a full join orders b on a.x = b.x where a.k = b.k":                              {"FULL JOIN", statement.UnlinkedJoin},
		"select * from (users a join orders b on a.x = b.x)":                                                 {"JOIN", statement.UnlinkedJoin},
		"update users set x = 1 from orders b where users.id = b.id":                                         {"JOIN", statement.UnlinkedJoin},
		"select * from colors c left join users a on a.x = c.id":                                             {"LEFT JOIN", statement.RepeatedRows},
		"select * from users a right join colors c on a.x = c.id":                                            {"RIGHT JOIN", statement.RepeatedRows},
		"select * from users a full join colors c on a.x = c.id":                                             {"FULL JOIN", statement.RepeatedRows},
		"select * from (select 1 as x) d left join users a on a.x = d.x":                                     {"LEFT JOIN", statement.RepeatedRows},
		"select x from users union all select x from colors":                                                 {"UNION ALL", statement.RepeatedRows},
		"select x from users union select 1":                                                                 {"UNION", statement.RepeatedRows},
		"select * from (select x from users union all select x from colors) d":                               {"UNION ALL", statement.RepeatedRows},
		// Subqueries that aren't bound.
		"select * from users where x in (select x from orders)":                                                    {"subquery after IN", statement.UnboundTable},
		"select * from users where k in (select x from orders)":                                                    {"subquery after IN", statement.UnboundTable},
		"select * from users where k in (select k from logs)":                                                      {"subquery after IN", statement.UnboundTable},
		"select * from users where k not in (select k from orders)":                                                {"subquery after NOT IN", statement.UnboundTable},
		"select * from users where k in (select k from orders limit 1)":                                            {"subquery after IN", statement.UnboundTable},
		"select * from users where k = 1 and id in (select id from orders)":                                        {"subquery after IN", statement.UnboundTable},
		"select * from users where exists (select 1 from orders)":                                                  {"EXISTS", statement.UnboundTable},
		"select * from users where not exists (select 1 from orders b where b.k = 1)":                              {"EXISTS", statement.UnboundTable},
		"select * from users a where exists (select 1 from orders b where b.k = a.k or b.x = 1)":                   {"EXISTS", statement.UnboundTable},
		"select * from users a where exists (select 1 from orders b left join items c on c.k = b.k and b.k = a.k)": {"EXISTS", statement.UnboundTable},
		"select (select max(x) from orders) from users":                                                            {"subquery", statement.UnboundTable},
		"select * from colors where exists (select 1 from users)":                                                  {"EXISTS", statement.UnboundTable},
		"update users set x = (select max(x) from orders)":                                                         {"subquery", statement.UnboundTable},
		"delete from users returning (select max(x) from orders)":                                                  {"subquery", statement.UnboundTable},
		"select x from users order by (select max(x) from orders)":                                                 {"subquery", statement.UnboundTable},
		"insert into users (k, x) values (1, (select max(x) from orders))":                                         {"subquery", statement.UnboundTable},
		// Nested blocks that aren't closed.
		"select * from (select * from users limit 1) d":                                                                         {"LIMIT in a subquery", statement.NestedMerge},
		"with c as (select * from users order by x limit 2) select * from c":                                                    {"LIMIT in a subquery", statement.NestedMerge},
		"select * from (select count(*) from users) d":                                                                          {"count() in a subquery", statement.NestedMerge},
		"select * from (select x, max(k) from users group by x) d":                                                              {"GROUP BY in a subquery", statement.NestedMerge},
		"select * from (select 1 from users having count(*) > 1) d":                                                             {"HAVING in a subquery", statement.NestedMerge},
		"select * from (select distinct x from users) d":                                                                        {"DISTINCT in a subquery", statement.NestedMerge},
		"select * from (select row_number() over (order by k) from users) d":                                                    {"row_number() OVER in a subquery", statement.NestedMerge},
		"select * from (select b.k from users a left join orders b on a.k = b.k group by b.k) d":                                {"GROUP BY in a subquery", statement.NestedMerge},
		"select * from (select c, count(*) from (select b.k as c from users a left join orders b on a.k = b.k) d group by c) e": {"GROUP BY in a subquery", statement.NestedMerge},
		"select * from users a left join orders b on a.k = b.k where b.k in (select k from items)":                              {"subquery after IN", statement.UnboundTable},
		"select count(*) from users union all select count(*) from orders":                                                      {"count() in a subquery", statement.NestedMerge},
		"select * from (select (select count(a.x)) from users a) d":                                                             {"count()", statement.NestedMerge},
		"select * from (select x from users union select x from orders) d":                                                      {"UNION in a subquery", statement.SetOperation},
		"select x from users except select x from orders":                                                                       {"EXCEPT", statement.SetOperation},
		"select k from users intersect select k from orders":                                                                    {"INTERSECT", statement.SetOperation},
		"select x from users union select x from orders union all select x from items":                                          {"UNION in a subquery", statement.SetOperation},
		"with recursive c as (select id from users union all select c.id from c) select * from c":                               {"WITH RECURSIVE", statement.RecursiveExpression},
		// Changes.
		"update users set k = 1":                                               {"k", statement.KeyAssignment},
		"update users set (x, k) = (1, 2)":                                     {"k", statement.KeyAssignment},
		"insert into users (k) values (1) on conflict (k) do update set k = 2": {"k", statement.KeyAssignment},
		"insert into users (k, x) select x, k from orders":                     {"INSERT … SELECT", statement.InsertSource},
		"insert into users (k, x) select 1, x from orders":                     {"INSERT … SELECT", statement.InsertSource},
		"insert into users (k, x) select k, x from logs":                       {"INSERT … SELECT", statement.InsertSource},
		"insert into users (x) select x from orders":                           {"INSERT … SELECT", statement.InsertSource},
		"insert into users (k, x) select id, x from colors":                    {"INSERT … SELECT", statement.InsertSource},
		"insert into users (k, x) select k, x from orders limit 1":             {"LIMIT in a subquery", statement.NestedMerge},
		"insert into colors (id) select id from users":                         {"INSERT", statement.ReferenceChange},
		"update colors set x = 1 where id in (select x from users)":            {"subquery after IN", statement.UnboundTable},
		"update colors set x = 1 from users where users.x = colors.id":         {"colors", statement.ReferenceChange},
		// Functions.
		"select * from users where x = random()":            {"random()", statement.VolatileFunction},
		"select * from users order by random()":             {"random()", statement.VolatileFunction},
		"select x from users group by random()":             {"random()", statement.VolatileFunction},
		"update users set x = random()":                     {"random()", statement.VolatileFunction},
		"select * from (select random() from users) d":      {"random()", statement.VolatileFunction},
		"insert into colors (id) values (random())":         {"random()", statement.VolatileFunction},
		"select current_timestamp from users":               {"CURRENT_TIMESTAMP", statement.SessionFunction},
		"select x from users where x < current_date":        {"CURRENT_DATE", statement.SessionFunction},
		"select my_function(x) from users":                  {"my_function()", statement.UnknownFunction},
		"select * from users where abs(my_function(x)) = 1": {"my_function()", statement.UnknownFunction},
		"select * from unknown where x = my_function(1)":    {"my_function()", statement.UnknownFunction},
		// Other statements.
		"create table t (a int)": {"CREATE TABLE", statement.NotQuery},
		"begin":                  {"BEGIN", statement.NotQuery},
		"explain select 1":       {"EXPLAIN", statement.NotQuery},
	} {
		for _, d := range bothDialects {
			a := analyse(t, d, sql)
			require.Equal(t, want.clause, clauseOf(t, sql, a.Scatter), "%s: %s", d, sql)
			require.Equal(t, want.code, a.Scatter.Code, "%s: %s", d, sql)
			require.Equal(t, want.code == statement.KeyAssignment, a.KeyAssigned != nil, sql)
		}
	}
}

func TestRefusedInPostgreSQL(t *testing.T) {
	for sql, want := range map[string]refused{
		"select * from users for update":                                                    {"FOR UPDATE", statement.Lock},
		"select * from users where k in (select k from orders for share)":                   {"FOR UPDATE", statement.Lock},
		"select x into t from users":                                                        {"INTO", statement.Into},
		"select * from users tablesample system (1)":                                        {"TABLESAMPLE", statement.Sample},
		"update users set x = 1 where current of c":                                         {"CURRENT OF", statement.Cursor},
		"delete from users where current of c":                                              {"CURRENT OF", statement.Cursor},
		"with c as (delete from users returning *) select * from c":                         {"WITH", statement.ChangingExpression},
		"with c as (insert into orders (k) values (1)) select * from users":                 {"WITH", statement.ChangingExpression},
		"select * from pg_class":                                                            {"pg_class", statement.SystemTable},
		"select * from information_schema.tables":                                           {"information_schema", statement.SystemTable},
		"select * from \"pg_catalog\".x":                                                    {"x", statement.SystemTable},
		"select ctid from users":                                                            {"ctid", statement.SystemColumn},
		"select u.\"xmin\" from users u":                                                    {"\"xmin\"", statement.SystemColumn},
		"select x::regclass from users":                                                     {"regclass", statement.SystemColumn},
		"select items.count from items":                                                     {"count", statement.UnknownFunction},
		"select now() from users":                                                           {"now()", statement.SessionFunction},
		"select * from users where x < age(x)":                                              {"age()", statement.SessionFunction},
		"select current_user, x from users":                                                 {"CURRENT_USER", statement.SessionFunction},
		"select x from users where x < 'now'":                                               {"'now'", statement.SessionFunction},
		"select x from users where x < e' Today '":                                          {"e' Today '", statement.SessionFunction},
		"select x from users where x < $$10:00 tomorrow$$":                                  {"$$10:00 tomorrow$$", statement.SessionFunction},
		"select x from users where x < timestamptz 'today 10:00 PST'":                       {"'today 10:00 PST'", statement.SessionFunction},
		"select x from users where x < e'\\x6eow'":                                          {"e'\\x6eow'", statement.SessionFunction},
		"select current_setting('x') from users":                                            {"current_setting()", statement.SessionFunction},
		"select setval('s', 1) from users":                                                  {"setval()", statement.SessionFunction},
		"select x from users where nextval('s') = 1":                                        {"nextval()", statement.VolatileFunction},
		"select pg_sleep(1) from users":                                                     {"pg_sleep()", statement.SessionFunction},
		"select myschema.lower(x) from users":                                               {"lower()", statement.UnknownFunction},
		"select \"coalesce\"(x) from users":                                                 {"coalesce()", statement.UnknownFunction},
		"select 1 operator(myschema.+) x from users":                                        {"OPERATOR()", statement.UnknownFunction},
		"select * from my_function(1) f, users":                                             {"my_function()", statement.UnknownFunction},
		"select * from generate_series(1, 2) g left join users on x = g":                    {"LEFT JOIN", statement.RepeatedRows},
		"select * from users a, lateral (select * from orders b where b.x = a.x) d":         {"JOIN", statement.UnlinkedJoin},
		"select * from users a, lateral (select * from orders b where b.x = a.x limit 1) d": {"LIMIT in a subquery", statement.NestedMerge},
		"select array(select x from orders) from users":                                     {"ARRAY()", statement.UnboundTable},
		"select * from users where x = any (select x from orders)":                          {"subquery", statement.UnboundTable},
		"select * from (select distinct on (x) * from users) d":                             {"DISTINCT ON in a subquery", statement.NestedMerge},
		"select * from (select k, x from users group by rollup (k, x)) d":                   {"GROUP BY in a subquery", statement.NestedMerge},
		"select * from users a join orders b on b.k = c.k, items c":                         {"JOIN", statement.UnlinkedJoin},
		"delete from users using orders b where b.id = users.id":                            {"JOIN", statement.UnlinkedJoin},
		"select collation for (x) from users":                                               {"COLLATION FOR", statement.NotUnderstood},
		"merge into users using orders on true when matched then do nothing":                {"MERGE", statement.NotQuery},
		"copy users to stdout":                                                              {"COPY", statement.NotQuery},
	} {
		a := analyse(t, messages.PostgreSQL, sql)
		require.Equal(t, want.clause, clauseOf(t, sql, a.Scatter), sql)
		require.Equal(t, want.code, a.Scatter.Code, sql)
	}
}

func TestRefusedInSQLite(t *testing.T) {
	for sql, want := range map[string]refused{
		"select rowid from users":                              {"rowid", statement.SystemColumn},
		"select t.\"OID\" from unknown t":                      {"\"OID\"", statement.SystemColumn},
		"select * from sqlite_master":                          {"sqlite_master", statement.SystemTable},
		"select * from main.SQLITE_SCHEMA":                     {"sqlite_schema", statement.SystemTable},
		"select * from temp.t":                                 {"temp.t", statement.SystemTable},
		"select * from json_each":                              {"json_each", statement.SystemTable},
		"delete from sqlite_sequence":                          {"sqlite_sequence", statement.SystemTable},
		"select * from pragma_user_version":                    {"pragma_user_version", statement.SystemTable},
		"select * from pragma_table_info('users')":             {"pragma_table_info() in FROM", statement.UnknownFunction},
		"select * from users where x regexp 'a'":               {"REGEXP", statement.UnknownFunction},
		"select * from users where x match 'a'":                {"MATCH", statement.UnknownFunction},
		"select * from users where x in json_each('[1]')":      {"IN with a table-valued function", statement.NotUnderstood},
		"select * from users where x in orders":                {"IN", statement.UnboundTable},
		"select changes() from users":                          {"changes()", statement.SessionFunction},
		"select last_insert_rowid() from users":                {"last_insert_rowid()", statement.SessionFunction},
		"select * from users where x < date('now')":            {"date()", statement.SessionFunction},
		"select * from users where x < date('NOW ', '-1 day')": {"date()", statement.SessionFunction},
		"select date() from users":                             {"date()", statement.SessionFunction},
		"select date(\"now\") from users":                      {"date()", statement.SessionFunction},
		"select date(?) from users":                            {"date()", statement.SessionFunction},
		"select unixepoch('subsec') from users":                {"unixepoch()", statement.SessionFunction},
		"select strftime('%s') from users":                     {"strftime()", statement.SessionFunction},
		"update or ignore users set x = 1":                     {"UPDATE OR IGNORE", statement.ConflictClause},
		"update or replace users set x = 1":                    {"UPDATE OR REPLACE", statement.ConflictClause},
		"insert or rollback into users (k) values (1)":         {"INSERT OR ROLLBACK", statement.ConflictClause},
		"pragma user_version":                                  {"PRAGMA", statement.NotQuery},
		"select * from (select max(x), id from users) d":       {"max() in a subquery", statement.NestedMerge},
	} {
		a := analyse(t, messages.SQLite, sql)
		require.Equal(t, want.clause, clauseOf(t, sql, a.Scatter), sql)
		require.Equal(t, want.code, a.Scatter.Code, sql)
	}
}

func TestEverywhere(t *testing.T) {
	for _, d := range bothDialects {
		for _, sql := range []string{
			"create table t (a int)", "alter table t add column b int", "drop table t", "create index i on t (a)", "vacuum", "analyze",
			"insert into unknown values (1)", "insert into unknown select 1", "insert into colors (id) values (1)", "update users set x = 1",
			"delete from unknown where a = 1", "select x from users", "update colors set x = 1", "delete from colors where id in (select 1)",
		} {
			require.Empty(t, clauseOf(t, sql, analyse(t, d, sql).Everywhere), "%s: %s", d, sql)
		}
		for sql, clause := range map[string]string{
			"begin": "BEGIN", "commit": "COMMIT", "rollback": "ROLLBACK", "savepoint a": "SAVEPOINT", "release a": "RELEASE",
			"explain select 1": "EXPLAIN", "update unknown set a = (select 1 from t)": "subquery", "update colors set x = random()": "random()",
			"with x as (select 1) insert into unknown select 1": "WITH", "select 1": "SELECT without tables",
		} {
			require.Equal(t, clause, clauseOf(t, sql, analyse(t, d, sql).Everywhere), "%s: %s", d, sql)
		}
	}
	for _, sql := range []string{"attach 'f' as f", "detach f", "pragma user_version = 1", "vacuum into 'f'"} {
		require.NotEmpty(t, clauseOf(t, sql, analyse(t, messages.SQLite, sql).Everywhere), sql)
	}
	for _, sql := range []string{"set x = 1", "show x", "copy t from stdin", "listen x", "lock t", "merge into t using u on true when matched then do nothing"} {
		require.NotEmpty(t, clauseOf(t, sql, analyse(t, messages.PostgreSQL, sql).Everywhere), sql)
	}
}

func TestChangesReference(t *testing.T) {
	for sql, want := range map[string]bool{
		"update colors set x = 1": true, "insert into colors (id) values (1)": true, "delete from colors": true, "update users set x = 1": false,
		"select * from colors": false, "insert into users (k) select id from colors": false,
	} {
		for _, d := range bothDialects {
			a := analyse(t, d, sql)
			require.Equal(t, want, a.ChangesReference != "", sql)
			if want {
				require.Nil(t, a.Scatter, sql)
				require.Empty(t, a.Occurrences)
				r := statement.RefuseReference(a.Tree, "colors")
				require.Equal(t, a.Tree.Name, clauseOf(t, sql, r))
				require.Equal(t, []string{"colors"}, r.Tables)
			}
		}
	}
}

func TestRefusalNamesTables(t *testing.T) {
	r := analyse(t, messages.SQLite, "select * from users a join orders b on a.id = b.id").Scatter
	require.Equal(t, []string{"users", "orders"}, r.Tables)
	require.Equal(t, []string{"k", "k"}, r.Columns)
	require.Equal(t, 27, r.Offset)
	require.Contains(t, r.Err().Error(), "JOIN at byte 27: ")
}

func TestReasonsAreUnique(t *testing.T) {
	seen := map[statement.Code]bool{}
	for _, c := range statement.Reasons() {
		require.False(t, seen[c], c)
		require.Regexp(t, `^[a-z]+(-[a-z]+)*$`, string(c))
		seen[c] = true
	}
}
