package peertest_test

import (
	"github.com/troupedb/troupe/coordinator/plan"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/messages"
)

// W1, W2, W8: a row is written once, where its key lives.
var inserts = []change{
	{name: "a row", sql: "insert into people (k, id, name) values (3, 33, 'new')", count: 1, touch: "s3"},
	{name: "a row of arguments", sql: "insert into people (id, k, name) values ($1, $2, $3)", args: []any{int64(33), int64(3), "new"}, count: 1, touch: "s3"},
	{name: "a row without columns", sql: "insert into people values (4, 43, 'new', null, 1, 0.5)", count: 1, touch: "s4"},
	{name: "a row with a text key", sql: "insert into tags (n, tag) values (1, 'k6')", count: 1, touch: "s2"},
	{name: "a row with a quoted name", sql: `insert into "people" ("id", "k") values (33, 3)`, count: 1, touch: "s3"},
	{name: "several rows", sql: "insert into people (k, id, name) values (1, 101, 'a'), (2, 102, 'b'), (3, 103, 'c'), (2, 104, 'd')", count: 4, touch: "s1 s2 s3"},
	{name: "several rows of one shard", sql: "insert into people (k, id) values (1, 101), (5, 105), (1, 102)", count: 3, touch: "s1"},
	{name: "several rows of arguments", sql: "insert into people (k, id, name) values ($1, $2, $3), ($4, $5, $6), ($7, $8, $9)", args: []any{int64(4), int64(104), "a", int64(1), int64(101), "b", int64(4), int64(105), "c"}, count: 3, touch: "s1 s4"},
	{name: "several rows that share an argument", sql: "insert into people (k, id, name) values ($2, $3, $1), ($4, $5, $1)", args: []any{"same", int64(4), int64(104), int64(1), int64(101)}, count: 2, touch: "s1 s4"},
	{name: "parameters without numbers", in: lite, sql: "insert into people (k, id, name) values (?, ?, ?), (?, ?, ?)", args: []any{int64(4), int64(104), "a", int64(1), int64(101), "b"}, count: 2, touch: "s1 s4"},
	{name: "a text that looks like rows", sql: "insert into people (k, id, name) values (1, 101, '), (2, 102, '), (4, 104, 'a''), (''b')", count: 2, touch: "s1 s4"},
	{name: "a value that is computed", sql: "insert into people (k, id, name) values (1, 100 + 1, upper('a')), (2, 50 * 2, null)", count: 2, touch: "s1 s2"},
	{name: "a default for another column", in: postgres, sql: "insert into people (k, id, name) values (1, 101, default), (2, 102, 'b')", count: 2, touch: "s1 s2"},
	{name: "a large key", sql: "insert into hashed (k, id) values (9007199254740993, 91)", count: 1, touch: string(hashedShard(anything))},
	{name: "returning", sql: "insert into people (k, id, name) values (1, 101, 'a'), (3, 103, 'c') returning id, k", returned: []string{"101 1", "103 3"}, touch: "s1 s3"},
	{name: "on conflict do nothing", sql: "insert into people (k, id, name) values (1, 11, 'a'), (3, 103, 'c') on conflict do nothing", count: 1, touch: "s1 s3"},
	{name: "on conflict do update", sql: "insert into people (k, id, name) values (1, 11, 'a'), (3, 103, 'c'), (4, 41, 'd') on conflict (k, id) do update set name = excluded.name", count: 3, touch: "s1 s3 s4"},
	{name: "or replace", in: lite, sql: "insert or replace into people (k, id, name) values (1, 11, 'a'), (3, 103, 'c')", count: 2, touch: "s1 s3"},
	{name: "replace", in: lite, sql: "replace into people (k, id, name) values (1, 11, 'a'), (3, 103, 'c')", count: 2, touch: "s1 s3"},

	{name: "without the key", sql: "insert into people (id, name) values (33, 'new')", refused: plan.InsertKey},
	{name: "without columns that are known", sql: "insert into orders values (3, 303, 'cup', 1, 1)", refused: plan.InsertKey},
	{name: "default values", sql: "insert into people default values", refused: plan.InsertKey},
	{name: "the key is computed", sql: "insert into people (k, id) values (1 + 1, 33)", refused: plan.InsertKey},
	{name: "the key is computed in one of two rows", sql: "insert into people (k, id) values (1, 33), (abs(-2), 34)", refused: plan.InsertKey},
	{name: "the key is a default", in: postgres, sql: "insert into people (k, id) values (default, 33)", refused: plan.InsertKey},
	{name: "the key is a query", sql: "insert into people (k, id) values ((select 1), 33)", refused: plan.InsertKey},
	{name: "the key is NULL", sql: "insert into people (k, id) values (null, 33)", refused: plan.InsertKey},
	{name: "the key is NULL, as an argument", sql: "insert into people (k, id) values ($1, 33)", args: []any{nil}, refused: plan.InsertKey},
	{name: "the key lives nowhere", sql: "insert into tags (tag, n) values ('k1', 1), ('k99', 2)", fails: messages.ErrInvalidRequest},
	{name: "the key of a conflict is changed", sql: "insert into people (k, id) values (1, 11) on conflict (k, id) do update set k = 2", refused: statement.KeyAssignment},
	{name: "a value that needs other rows", sql: "insert into people (k, id) values (1, (select max(no) from orders))", refused: statement.UnboundTable},
	{name: "into a reference table", sql: "insert into kinds (kind, title) values ('rod', 'a rod')", refused: statement.ReferenceChange},
	{name: "into an undeclared table", sql: "insert into strangers (x) values (1)", refused: statement.UndeclaredTable},
}

// W3: rows are copied where they are, or not at all.
var insertsOfRows = []change{
	{name: "with the key", sql: "insert into orders (k, no, kind) select k, id * 10, 'gift' from people where age = 30", count: 3, touch: "all"},
	{name: "with the key, of some shards", sql: "insert into orders (no, k) select id * 10, k from people where k in (2, 3)", count: 4, touch: "s2 s3"},
	{name: "with the key, of one shard", sql: "insert into orders (k, no) select k, id * 10 from people where k = 2", count: 2, touch: "s2"},
	{name: "with the key, from a join", sql: "insert into orders (k, no, total) select p.k, p.id * 1000 + o.no, o.total from people p join orders o on o.k = p.k where o.kind = 'cup'", count: 3, touch: "all"},
	{name: "with a reference table", sql: "insert into orders (k, no, kind) select o.k, o.no * 10, d.title from orders o join kinds d on d.kind = o.kind", count: 6, touch: "all"},
	{name: "with a key that is computed", sql: "insert into orders (k, no) select k + 1, id * 10 from people", refused: statement.InsertSource},
	{name: "with another column in the key's place", sql: "insert into orders (no, k) select k, id from people", refused: statement.InsertSource},
	{name: "from a table that lives elsewhere", sql: "insert into people (k, id) select k, n from tags where n is not null", refused: statement.InsertSource},
	{name: "from a reference table", sql: "insert into tags (tag, k) select kind, 1 from kinds", refused: statement.InsertSource},
	{name: "with groups that aren't the key's", sql: "insert into orders (k, no) select max(k), max(id) from people group by city", refused: statement.NestedMerge},
	{name: "with a limit over shards", sql: "insert into orders (k, no) select k, id * 10 from people order by id limit 2", refused: statement.NestedMerge},
}
