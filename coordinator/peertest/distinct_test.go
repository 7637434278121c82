package peertest_test

import "github.com/troupedb/troupe/coordinator/statement"

// C9, C10, C14, C15: what is repeated on several shards counts once.
var distinctQuestions = []question{
	{name: "one column", sql: "select distinct city from people", want: []string{"Oslo", "NULL", "Rome", "Paris", "Bern"}, touch: "all"},
	{name: "several columns", sql: "select distinct name, city from people where name = 'ann'", want: []string{"ann Oslo", "ann Rome"}, touch: "all"},
	{name: "ordered", sql: "select distinct age from people where age > 0 order by age desc", want: []string{"52", "41", "30", "25", "19"}, touch: "all"},
	{name: "floats", sql: "select distinct score from people where score < 2", want: []string{"1.5", "0.25", "-1.5", "0.5"}, touch: "all"},
	{name: "numerics of one value", in: postgres, sql: "select distinct price * 1 from orders where kind <> 'book' order by 1", want: []string{"1.10", "2.20", "9.99"}, touch: "all"},
	{name: "integers and floats of one value", in: lite, sql: "select distinct case when k = 1 then 3 else 3.0 end = 3 from people", want: []string{"1"}, touch: "all"},
	{name: "expression", sql: "select distinct age / 10 from people where age is not null", want: []string{"3", "4", "2", "5", "1"}, touch: "all"},
	{name: "with the key", sql: "select distinct k from people", want: []string{"1", "2", "3", "4", "5", "6"}, touch: "all"},
	{name: "on", in: postgres, sql: "select distinct on (city) city, id from people where city is not null order by city, id desc", want: []string{"Bern 61", "Oslo 42", "Paris 41", "Rome 51"}, touch: "all"},
	{name: "count distinct", in: lite, sql: "select count(distinct city) from people", want: []string{"4"}, touch: "all"},
	{name: "count distinct", in: postgres, sql: "select count(distinct city) from people", want: []string{"4"}, touch: "all"},
	{name: "count distinct of the key", sql: "select count(distinct k) from people", want: []string{"6"}, touch: "all"},
	{name: "count distinct in groups", in: lite, sql: "select city, count(distinct name) from people where city is not null group by city order by city", want: []string{"Bern 1", "Oslo 2", "Paris 1", "Rome 3"}, touch: "all"},
	{name: "count distinct in groups", in: postgres, sql: "select city, count(distinct name) from people where city is not null group by city order by city", want: []string{"Bern 1", "Oslo 2", "Paris 1", "Rome 3"}, touch: "all"},
	{name: "count and count distinct", sql: "select count(age), count(distinct age), count(*) from people", want: []string{"8 5 10"}, touch: "all"},
	{name: "several distinct arguments", in: lite, sql: "select count(distinct age), count(distinct city) from people", want: []string{"5 4"}, touch: "all"},
	{name: "several distinct arguments", in: postgres, sql: "select count(distinct age), count(distinct city) from people", want: []string{"5 4"}, touch: "all"},
	{name: "sum distinct", sql: "select sum(distinct age) from people", want: []string{"167"}, touch: "all"},
	{name: "avg distinct", in: postgres, sql: "select avg(distinct age) from people", want: []string{"33.4000000000000000"}, touch: "all"},
	{name: "avg distinct", in: lite, sql: "select avg(distinct age) from people", want: []string{"33.4"}, touch: "all"},
	{name: "no row at all", in: lite, sql: "select count(distinct city), sum(distinct age) from people where id < 0", want: []string{"0 NULL"}, touch: "all"},
	{name: "no row at all", in: postgres, sql: "select count(distinct city), sum(distinct age) from people where id < 0", want: []string{"0 NULL"}, touch: "all"},
	{name: "one shard", sql: "select distinct name from people where k = 1", want: []string{"ann", "Bob"}, touch: "s1"},
	{name: "in a subquery", sql: "select count(*) from (select distinct city from people) s", refused: statement.NestedMerge},
	{name: "in a subquery with the key", sql: "select count(*) from (select distinct k, city from people) s", want: []string{"10"}, touch: "all"},
}
