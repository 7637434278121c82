package peertest_test

import "github.com/troupedb/troupe/coordinator/plan"

// C11 and C21: a group is one row, wherever its rows are.
var groupQuestions = []question{
	{name: "a column", sql: "select city, count(*) from people group by city", want: []string{"Oslo 3", "NULL 2", "Rome 3", "Paris 1", "Bern 1"}, touch: "all"},
	{name: "ordered by the group", sql: "select city, count(*) from people where city is not null group by city order by city", want: []string{"Bern 1", "Oslo 3", "Paris 1", "Rome 3"}, touch: "all"},
	{name: "ordered by an aggregate", sql: "select city, sum(age) as years from people where city is not null group by city order by years desc, city", want: []string{"Rome 71", "Oslo 55", "Bern 30", "Paris 19"}, touch: "all"},
	{name: "ordered by a hidden aggregate", sql: "select city from people where city is not null group by city order by count(*) desc, city desc", want: []string{"Rome", "Oslo", "Paris", "Bern"}, touch: "all"},
	{name: "an expression", sql: "select age / 10, count(*) from people where age is not null group by age / 10 order by 1", want: []string{"1 1", "2 1", "3 3", "4 2", "5 1"}, touch: "all"},
	{name: "an expression that isn't selected", sql: "select count(*) from people where age is not null group by age / 10", want: []string{"1", "1", "3", "2", "1"}, touch: "all"},
	{name: "a function", sql: "select upper(city), max(id) from people where city is not null group by upper(city) order by 1", want: []string{"BERN 61", "OSLO 42", "PARIS 41", "ROME 51"}, touch: "all"},
	{name: "by position", sql: "select city, count(*) from people where city like '%o%' group by 1 order by 1", want: []string{"Oslo 3", "Rome 3"}, touch: "all"},
	{name: "by alias", sql: "select city as town, count(*) from people where city like '%o%' group by town order by town", want: []string{"Oslo 3", "Rome 3"}, touch: "all"},
	{name: "several columns", sql: "select name, city, count(*) from people where name = 'ann' group by name, city order by city", want: []string{"ann Oslo 2", "ann Rome 1"}, touch: "all"},
	{name: "the key", sql: "select k, count(*), max(name) from people where k < 4 group by k order by k", want: []string{"1 2 ann", "2 2 dee", "3 2 eve"}, touch: "all"},
	{name: "the key and more, with any aggregate", in: postgres, sql: "select k, string_agg(name, '+' order by id) from people where k < 4 group by k order by k", want: []string{"1 ann+Bob", "2 cid+dee", "3 ann+eve"}, touch: "all"},
	{name: "the key and more, with any aggregate", in: lite, sql: "select k, group_concat(name, '+') from people where k < 4 group by k order by k", want: []string{"1 ann+Bob", "2 cid+dee", "3 ann+eve"}, touch: "all"},
	{name: "avg", in: postgres, sql: "select city, avg(age) from people where city in ('Oslo', 'Rome') group by city order by city", want: []string{"Oslo 27.5000000000000000", "Rome 35.5000000000000000"}, touch: "all"},
	{name: "avg", in: lite, sql: "select city, avg(age) from people where city in ('Oslo', 'Rome') group by city order by city", want: []string{"Oslo 27.5", "Rome 35.5"}, touch: "all"},
	{name: "having", sql: "select city from people where city is not null group by city having count(*) > 2 order by city", want: []string{"Oslo", "Rome"}, touch: "all"},
	{name: "having that no shard reaches", sql: "select name, count(*) from people group by name having count(*) = 3", want: []string{"ann 3"}, touch: "all"},
	{name: "having that only shards reach", sql: "select name from people group by name having count(*) = 1 and name < 'b' order by name", want: []string{"Bob", "Zoë"}, touch: "all"},
	{name: "having of a hidden aggregate", sql: "select name from people group by name having sum(age) between 50 and 60 order by name", want: []string{"ann", "eve"}, touch: "all", in: lite},
	{name: "having with comparisons", sql: "select name from people group by name having sum(age) >= 50 and sum(age) <= 60 or max(id) = 51 order by name", want: []string{"ann", "eve", "gus"}, touch: "all"},
	{name: "having with an argument", sql: "select city from people group by city having count(*) >= $1 and city is not null order by city", args: []any{int64(3)}, want: []string{"Oslo", "Rome"}, touch: "all"},
	{name: "NULL is a group", sql: "select age, count(*) from people group by age having age is null", want: []string{"NULL 2"}, touch: "all"},
	{name: "a join", sql: "select o.kind, count(*), max(p.id) from people p join orders o on o.k = p.k group by o.kind order by o.kind", want: []string{"book 6 42", "cup 3 61", "pen 4 32"}, touch: "all"},
	{name: "a reference table", sql: "select d.title, count(*) from orders o join kinds d on d.kind = o.kind group by d.title order by d.title", want: []string{"a book 4", "a pen 2"}, touch: "all"},
	{name: "one shard", sql: "select city, count(*) from people where k = 2 group by city order by city", want: []string{"Oslo 1", "Rome 1"}, touch: "s2"},
	{name: "no group at all", sql: "select city, count(*) from people where id < 0 group by city", touch: "all"},

	{name: "a column that isn't grouped", in: lite, sql: "select city, name from people group by city", refused: plan.GroupBy},
	{name: "grouping sets", in: postgres, sql: "select city, count(*) from people group by grouping sets ((city), ())", refused: plan.GroupBy},
	{name: "rollup", in: postgres, sql: "select city, count(*) from people group by rollup (city)", refused: plan.GroupBy},
	{name: "cube", in: postgres, sql: "select city, age, count(*) from people group by cube (city, age)", refused: plan.GroupBy},
	{name: "grouping sets on one shard", in: postgres, sql: "select city, count(*) from people where k = 2 group by rollup (city) order by city", want: []string{"Oslo 1", "Rome 1", "NULL 2"}, touch: "s2"},
	{name: "string_agg without the key", in: postgres, sql: "select city, string_agg(name, ',') from people group by city", refused: plan.Aggregate},
	{name: "group_concat without the key", in: lite, sql: "select city, group_concat(name) from people group by city", refused: plan.Aggregate},
}
