package peertest_test

import (
	"github.com/troupedb/troupe/coordinator/plan"
	"github.com/troupedb/troupe/coordinator/statement"
)

// C28: a window has all its rows on one shard, or the statement is refused.
var windowQuestions = []question{
	{name: "by the key", sql: "select id, row_number() over (partition by k order by id desc) from people where k < 4 order by id", want: []string{"11 2", "12 1", "21 2", "22 1", "31 2", "32 1"}, touch: "all"},
	{name: "by the key and more", sql: "select id, count(*) over (partition by city, k) from people where city = 'Oslo' order by id", want: []string{"11 1", "22 1", "42 1"}, touch: "all"},
	{name: "two windows", sql: "select id, sum(age) over (partition by k), rank() over (partition by k order by age) from people where k in (1, 3) order by id", want: []string{"11 71 1", "12 71 2", "31 82 1", "32 82 2"}, touch: "s1 s3"},
	{name: "named", sql: "select id, max(age) over w from people where k in (1, 3) window w as (partition by k) order by id", want: []string{"11 41", "12 41", "31 52", "32 52"}, touch: "s1 s3"},
	{name: "ordered by the window", sql: "select id from people where k < 3 order by row_number() over (partition by k order by id), id", want: []string{"11", "21", "12", "22"}, touch: "all"},
	{name: "without partition", sql: "select id, row_number() over (order by id) from people", refused: plan.Window},
	{name: "by something else", sql: "select id, count(*) over (partition by city) from people", refused: plan.Window},
	{name: "empty", sql: "select id, count(*) over () from people", refused: plan.Window},
	{name: "one of two by something else", sql: "select id, count(*) over (partition by k), count(*) over (partition by city) from people", refused: plan.Window},
	{name: "one shard", sql: "select id, row_number() over (order by id) from people where k = 4 order by id", want: []string{"41 1", "42 2"}, touch: "s4"},
	{name: "in a subquery", sql: "select id from (select id, row_number() over (partition by k order by id) as r from people) s where r = 2 order by id", want: []string{"12", "22", "32", "42"}, touch: "all"},
	{name: "in a subquery, by something else", sql: "select id from (select id, row_number() over (order by id) as r from people) s where r = 2", refused: statement.NestedMerge},
	{name: "over groups", sql: "select k, sum(count(*)) over (partition by k) from people where k < 4 group by k order by k", want: []string{"1 2", "2 2", "3 2"}, touch: "all"},
}
