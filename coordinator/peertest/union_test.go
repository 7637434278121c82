package peertest_test

import "github.com/troupedb/troupe/coordinator/statement"

// C23: set operations, over the rows of all shards.
var unionQuestions = []question{
	{name: "of two keys", sql: "select name from people where k = 1 union select name from people where k = 3", want: []string{"ann", "Bob", "eve"}, touch: "s1 s3"},
	{name: "all of two keys", sql: "select name from people where k = 1 union all select name from people where k = 3", want: []string{"ann", "ann", "Bob", "eve"}, touch: "s1 s3"},
	{name: "of one key", sql: "select name from people where k = 1 union select name from people where k = 1", want: []string{"ann", "Bob"}, touch: "s1"},
	{name: "of all", sql: "select city from people where age > 40 union select city from people where age < 20", want: []string{"NULL", "Rome", "Paris"}, touch: "all"},
	{name: "ordered", sql: "select name from people where k = 1 union select name from people where k in (3, 4) order by name desc", want: []string{"eve", "ann", "Zoë", "Bob"}, touch: "s1 s3 s4"},
	{name: "ordered and cut", sql: "select id from people union all select no from orders order by id desc limit 3", want: []string{"701", "601", "401"}, touch: "all"},
	{name: "of two tables", sql: "select kind from orders where total > 15 union select kind from orders where total < 15", want: []string{"pen", "book", "cup"}, touch: "all"},
	{name: "all, then not", sql: "select k from people union all select k from people union select k from orders", want: []string{"1", "2", "3", "4", "5", "6", "7"}, touch: "all"},
	{name: "with a reference table", sql: "select kind from orders union select kind from kinds", refused: statement.RepeatedRows},
	{name: "with a constant", sql: "select name from people union select 'nobody'", refused: statement.RepeatedRows},
	{name: "of aggregates", sql: "select count(*) from people union all select count(*) from orders", refused: statement.NestedMerge},
	{name: "except", sql: "select k from orders except select k from people", refused: statement.SetOperation},
	{name: "intersect", sql: "select k from orders intersect select k from people", refused: statement.SetOperation},
	{name: "except on one shard", sql: "select name from people where k = 1 except select name from people where k = 5", want: []string{"ann", "Bob"}, touch: "s1"},
	{name: "intersect over two shards", sql: "select name from people where k = 1 intersect select name from people where k = 3", refused: statement.SetOperation},
	{name: "with a limit in an arm", in: postgres, sql: "(select id from people order by id limit 1) union all (select id from people order by id desc limit 1)", refused: statement.NestedMerge},
}
