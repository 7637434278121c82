package peertest_test

import "github.com/troupedb/troupe/coordinator/plan"

// C6 and C7: LIMIT and OFFSET count the rows of all shards together.
var limitQuestions = []question{
	{name: "limit", sql: "select id from people order by id limit 3", want: []string{"11", "12", "21"}, touch: "all"},
	{name: "limit from the other end", sql: "select id from people order by id desc limit 3", want: []string{"61", "51", "42"}, touch: "all"},
	{name: "limit and offset", sql: "select id from people order by id limit 3 offset 4", want: []string{"31", "32", "41"}, touch: "all"},
	{name: "arguments", sql: "select id from people order by id limit $1 offset $2", args: []any{int64(2), int64(8)}, want: []string{"51", "61"}, touch: "all"},
	{name: "arguments beside another", sql: "select id from people where age = $1 order by id limit $2 offset $3", args: []any{int64(30), int64(1), int64(1)}, want: []string{"31"}, touch: "all"},
	{name: "an offset beyond the end", sql: "select id from people order by id limit 3 offset 10", touch: "all"},
	{name: "a limit beyond the end", sql: "select id from people where k <= 2 order by id limit 100", want: []string{"11", "12", "21", "22"}, touch: "all"},
	{name: "limit 0", sql: "select id from people order by id limit 0", touch: "all"},
	{name: "offset without limit", in: postgres, sql: "select id from people order by id offset 8", want: []string{"51", "61"}, touch: "all"},
	{name: "offset without limit", in: lite, sql: "select id from people order by id limit -1 offset 8", want: []string{"51", "61"}, touch: "all"},
	{name: "limit and offset, with a comma", in: lite, sql: "select id from people order by id limit 4, 3", want: []string{"31", "32", "41"}, touch: "all"},
	{name: "limit all", in: postgres, sql: "select id from people where k = 2 or k = 3 order by id limit all", want: []string{"21", "22", "31", "32"}, touch: "s2 s3"},
	{name: "limit null", in: postgres, sql: "select id from people where k = 2 or k = 3 order by id limit null", want: []string{"21", "22", "31", "32"}, touch: "s2 s3"},
	{name: "fetch first", in: postgres, sql: "select id from people order by id offset 1 row fetch first 2 rows only", want: []string{"12", "21"}, touch: "all"},
	{name: "fetch first, without a number", in: postgres, sql: "select id from people order by id desc fetch first row only", want: []string{"61"}, touch: "all"},
	{name: "with ties", in: postgres, sql: "select id from people order by age fetch first 2 rows with ties", refused: plan.Limit},
	{name: "with ties on one shard", in: postgres, sql: "select age from people where k in (2, 6) order by age fetch first 1 rows with ties", want: []string{"25"}, touch: "s2"},
	{name: "hidden order", sql: "select name from people where age is not null order by age desc, id limit 2", want: []string{"eve", "Bob"}, touch: "all"},
	{name: "count before limit", sql: "select count(*) from people limit 1", want: []string{"10"}, touch: "all"},
	{name: "groups", sql: "select city, count(*) from people where city is not null group by city order by 2 desc, 1 limit 2 offset 1", want: []string{"Rome 3", "Bern 1"}, touch: "all"},
	{name: "distinct", sql: "select distinct city from people where city is not null order by city limit 2 offset 1", want: []string{"Oslo", "Paris"}, touch: "all"},
	{name: "an expression", sql: "select id from people order by id limit 1 + 1", refused: plan.Limit},
	{name: "a subquery", sql: "select id from people order by id limit (select 2)", refused: plan.Limit},
	{name: "one shard", sql: "select id from people where k = 2 order by id limit 1 + 0 offset 1", want: []string{"22"}, touch: "s2"},
	{name: "no row of an empty set", sql: "select id from people where k = 1 and k = 2 order by id limit 1", touch: "one"},
}
