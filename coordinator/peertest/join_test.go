package peertest_test

import "github.com/troupedb/troupe/coordinator/statement"

// C24, C25: rows are joined where they live together, or not at all.
var joinQuestions = []question{
	{name: "by the key", sql: "select p.name, o.no from people p join orders o on o.k = p.k where o.kind = 'cup' order by o.no, p.name", want: []string{"ann 302", "eve 302", "éva 601"}, touch: "all"},
	{name: "by the key, in WHERE", sql: "select p.name, o.no from people p, orders o where o.kind = 'cup' and p.k = o.k order by o.no, p.name", want: []string{"ann 302", "eve 302", "éva 601"}, touch: "all"},
	{name: "by the key, with USING", sql: "select k, id, no from people join orders using (k) where total = 30 order by id", want: []string{"2 21 201", "2 22 201"}, touch: "all"},
	{name: "by the key and more", sql: "select p.id from people p join orders o on o.k = p.k and o.total < p.age order by p.id, o.no", want: []string{"11", "11", "12", "12", "31", "32", "61"}, touch: "all"},
	{name: "left", sql: "select p.id, o.no from people p left join orders o on o.k = p.k and o.total > 15 order by p.id, o.no", want: []string{"11 102", "12 102", "21 201", "22 201", "31 NULL", "32 NULL", "41 401", "42 401", "51 NULL", "61 NULL"}, touch: "all"},
	{name: "right", sql: "select p.id, o.no from people p right join orders o on o.k = p.k where o.total >= 30 order by o.no, p.id", want: []string{"21 201", "22 201", "NULL 701"}, touch: "all"},
	{name: "full", sql: "select count(p.id), count(o.no), count(*) from people p full join orders o on o.k = p.k", want: []string{"14 14 15"}, touch: "all"},
	{name: "three tables", sql: "select p.name, d.title from people p join orders o on o.k = p.k join kinds d on d.kind = o.kind where p.age = 30 order by p.id, d.title", want: []string{"ann a book", "ann a pen", "ann a pen"}, touch: "all"},
	{name: "a left join to a reference table", sql: "select o.no, d.title from orders o left join kinds d on d.kind = o.kind where o.total = 10 order by o.no", want: []string{"101 a book", "302 NULL", "601 NULL"}, touch: "all"},
	{name: "a reference table first", sql: "select d.title, o.no from kinds d join orders o on d.kind = o.kind where o.total >= 30 order by o.no", want: []string{"a book 201", "a book 701"}, touch: "all"},
	{name: "with itself", sql: "select a.id, b.id from people a join people b on a.k = b.k and a.id < b.id order by a.id", want: []string{"11 12", "21 22", "31 32", "41 42"}, touch: "all"},
	{name: "the key is narrowed through the link", sql: "select p.id, o.no from people p join orders o on p.k = o.k where o.k = 3 order by o.no, p.id", want: []string{"31 301", "32 301", "31 302", "32 302"}, touch: "s3"},
	{name: "the key is narrowed through two links", sql: "select count(*) from people a join orders o on a.k = o.k join people b on o.k = b.k where b.k = $1", args: []any{int64(3)}, want: []string{"8"}, touch: "s3"},
	{name: "only reference tables", sql: "select a.title from kinds a join kinds b on a.kind = b.kind order by a.title", want: []string{"a book", "a ham", "a pen"}, touch: "one"},

	{name: "not by the key", sql: "select p.id from people p join orders o on o.no = p.id", refused: statement.UnlinkedJoin},
	{name: "by another column of the same value", sql: "select p.id from people p join tags t on t.k = p.k", refused: statement.UnlinkedJoin},
	{name: "cross", sql: "select p.id from people p cross join orders o", refused: statement.UnlinkedJoin},
	{name: "with itself, not by the key", sql: "select a.id from people a join people b on a.name = b.name", refused: statement.UnlinkedJoin},
	{name: "by the key or more", sql: "select p.id from people p join orders o on o.k = p.k or o.total = p.age", refused: statement.UnlinkedJoin},
	{name: "a reference table on the preserved side", sql: "select d.kind, o.no from kinds d left join orders o on o.kind = d.kind", refused: statement.RepeatedRows},
	{name: "of two shards", sql: "select p.id from people p join orders o on o.k = p.k + 1 where p.k = 1", refused: statement.UnlinkedJoin},
	{name: "both on one shard, not by the key", sql: "select p.id, o.no from people p join orders o on o.total = p.age - 20 where p.k = 1 and o.k = 1", want: []string{"11 101"}, touch: "s1"},
	{name: "keys of one shard", sql: "select a.name, b.name from people a cross join people b where a.k = 1 and b.k = 5 order by a.id", want: []string{"ann gus", "Bob gus"}, touch: "s1"},
}
