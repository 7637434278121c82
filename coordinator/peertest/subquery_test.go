package peertest_test

import "github.com/troupedb/troupe/coordinator/statement"

// C22, C26, C27: a nested query sees the rows of all shards, or the statement is refused.
var subqueryQuestions = []question{
	{name: "EXISTS at the top", sql: "select exists (select 1 from people where name = 'gus')", want: []string{"1"}, touch: "all"},
	{name: "EXISTS at the top, on no shard", sql: "select exists (select 1 from people where name = 'nobody')", want: []string{"0"}, touch: "all"},
	{name: "EXISTS at the top, of one key", sql: "select exists (select 1 from people where k = 3 and name = 'eve')", want: []string{"1"}, touch: "s3"},
	{name: "EXISTS at the top, of an impossible key", sql: "select exists (select 1 from people where k = 3 and k = 4)", want: []string{"0"}, touch: "one"},
	{name: "EXISTS at the top, with a name", sql: "select exists (select 1 from people where age > 51) as any_old", want: []string{"1"}, touch: "all"},
	{name: "EXISTS at the top, of two keys", sql: "select exists (select * from people where k in (2, 4) and city = 'Paris')", want: []string{"1"}, touch: "s2 s4"},

	{name: "a scalar over all", sql: "select id from people where age = (select max(age) from people)", refused: statement.UnboundTable},
	{name: "a scalar over all, beside one key", sql: "select id from people where k = 1 and age > (select avg(age) from people)", refused: statement.UnboundTable},
	{name: "a scalar of the same key", sql: "select id from people where k = 1 and age > (select avg(age) from people where k = 1)", want: []string{"12"}, touch: "s1"},
	{name: "a scalar without a table", sql: "select (select count(*) from people)", refused: statement.UnboundTable},
	{name: "a scalar without a table, of one key", sql: "select (select count(*) from people where k = 3)", want: []string{"2"}, touch: "s3"},
	{name: "a scalar bound to the key", sql: "select id, (select count(*) from orders o where o.k = p.k) from people p where p.age = 30 order by id", want: []string{"11 2", "31 2", "61 1"}, touch: "all"},
	{name: "a scalar bound to the key, in WHERE", sql: "select id from people p where (select count(*) from orders o where o.k = p.k) = 2 order by id", want: []string{"11", "12", "31", "32"}, touch: "all"},
	{name: "a scalar bound to something else", sql: "select id, (select count(*) from people q where q.city = p.city) from people p", refused: statement.UnboundTable},
	{name: "EXISTS bound to the key", sql: "select id from people p where exists (select 1 from orders o where o.k = p.k and o.kind = 'cup') order by id", want: []string{"31", "32", "61"}, touch: "all"},
	{name: "NOT EXISTS bound to the key", sql: "select id from people p where not exists (select 1 from orders o where o.k = p.k) order by id", want: []string{"51"}, touch: "all"},
	{name: "EXISTS bound to something else", sql: "select id from people p where exists (select 1 from orders o where o.total = p.age)", refused: statement.UnboundTable},
	{name: "EXISTS bound to nothing", sql: "select id from people p where exists (select 1 from orders)", refused: statement.UnboundTable},
	{name: "EXISTS in a reference table", sql: "select no from orders o where exists (select 1 from kinds d where d.kind = o.kind) order by no", want: []string{"101", "102", "201", "301", "401", "701"}, touch: "all"},
	{name: "IN of the key", sql: "select id from people where k in (select k from orders where kind = 'pen') order by id", want: []string{"11", "12", "31", "32"}, touch: "all"},
	{name: "IN of something else", sql: "select id from people where age in (select total from orders)", refused: statement.UnboundTable},
	{name: "NOT IN of the key", sql: "select id from people where k not in (select k from orders)", refused: statement.UnboundTable},
	{name: "IN of a reference table", sql: "select no from orders where kind in (select kind from kinds) and total > 15 order by no", want: []string{"102", "201", "401", "701"}, touch: "all"},

	{name: "a derived table", sql: "select s.name from (select name, age from people where age > 29) s where s.age < 41 order by s.name", want: []string{"ann", "ann", "éva"}, touch: "all"},
	{name: "a derived table grouped by the key", sql: "select max(n) from (select k, count(*) as n from orders group by k) s", want: []string{"2"}, touch: "all"},
	{name: "a derived table grouped by something else", sql: "select max(n) from (select city, count(*) as n from people group by city) s", refused: statement.NestedMerge},
	{name: "a derived table with an aggregate", sql: "select n from (select count(*) as n from people) s", refused: statement.NestedMerge},
	{name: "a derived table with LIMIT", sql: "select count(*) from (select id from people order by id limit 3) s", refused: statement.NestedMerge},
	{name: "a CTE", sql: "with old as (select k, id from people where age > 29) select o.no, old.id from old join orders o on o.k = old.k order by o.no, old.id", want: []string{"101 11", "101 12", "102 11", "102 12", "301 31", "301 32", "302 31", "302 32", "601 61"}, touch: "all"},
	{name: "a CTE of one key", sql: "with c as (select * from people where k = 4) select count(*) from c", want: []string{"2"}, touch: "s4"},
	{name: "a CTE that is named like a table", sql: "with orders as (select id from people where k = 1) select id from orders order by id", want: []string{"11", "12"}, touch: "s1"},
	{name: "a CTE that is used twice", sql: "with c as (select k, id from people) select count(*) from c a join c b on a.k = b.k", want: []string{"18"}, touch: "all"},
	{name: "a CTE with LIMIT", sql: "with c as (select id from people order by id limit 1) select id from c", refused: statement.NestedMerge},
	{name: "a recursive CTE over rows", sql: "with recursive c(k, id) as (select k, id from people where id = 11 union all select p.k, p.id from people p join c on p.id = c.id + 1) select id from c", refused: statement.RecursiveExpression},
	{name: "a recursive CTE of one key", sql: "with recursive c(id) as (select id from people where id = 11 and k = 1 union all select p.id from people p join c on p.id = c.id + 1 where p.k = 1) select id from c order by id", want: []string{"11", "12"}, touch: "s1"},
	{name: "a recursive CTE over numbers", sql: "with recursive c(i) as (select 1 union all select i + 1 from c where i < 3) select i from c order by i", want: []string{"1", "2", "3"}, touch: "one"},
	{name: "a changing CTE", in: postgres, sql: "with gone as (delete from people where age > 100 returning id) select id from gone", refused: statement.ChangingExpression},
}
