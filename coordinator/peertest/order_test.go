package peertest_test

import "github.com/troupedb/troupe/coordinator/statement"

// C1 to C5: one order over all shards, as the dialect has it.
var orderQuestions = []question{
	{name: "one column", sql: "select id from people order by id", want: []string{"11", "12", "21", "22", "31", "32", "41", "42", "51", "61"}, touch: "all"},
	{name: "descending", sql: "select id from people order by id desc", want: []string{"61", "51", "42", "41", "32", "31", "22", "21", "12", "11"}, touch: "all"},
	{name: "several columns", sql: "select name, k, id from people where name in ('ann', 'eve') order by name, k desc, id", want: []string{"ann 4 42", "ann 3 31", "ann 1 11", "eve 3 32"}, touch: "all"},
	{name: "several columns, all descending", sql: "select city, id from people where city is not null order by city desc, id desc", want: []string{"Rome 51", "Rome 31", "Rome 21", "Paris 41", "Oslo 42", "Oslo 22", "Oslo 11", "Bern 61"}, touch: "all"},
	{name: "some shards only", sql: "select id from people where k in (3, 2) order by id desc", want: []string{"32", "31", "22", "21"}, touch: "s2 s3"},
	{name: "by position", sql: "select name, id from people where k <= 2 order by 2 desc", want: []string{"dee 22", "cid 21", "Bob 12", "ann 11"}, touch: "all"},
	{name: "by alias", sql: "select id as no, name from people where age = 30 order by no desc", want: []string{"61 éva", "31 ann", "11 ann"}, touch: "all"},
	{name: "by a qualified column", sql: "select p.id from people p where p.age = 30 order by p.id desc", want: []string{"61", "31", "11"}, touch: "all"},

	{name: "text by its bytes", sql: "select name, id from people order by name, id", want: []string{"Bob 12", "Zoë 41", "ann 11", "ann 31", "ann 42", "cid 21", "dee 22", "eve 32", "gus 51", "éva 61"}, touch: "all"},
	{name: "text with a collation", in: postgres, sql: `select name, id from people where k in (2, 6) order by name collate "C"`, want: []string{"cid 21", "dee 22", "éva 61"}, touch: "s2"},
	{name: "text with a collation over shards", in: postgres, sql: `select name, id from people where k in (2, 4, 6) order by name collate "C" desc`, want: []string{"éva 61", "dee 22", "cid 21", "ann 42", "Zoë 41"}, touch: "s2 s4"},
	{name: "text without case", in: lite, sql: "select name, id from people where name < 'n' order by name collate nocase, id", want: []string{"ann 11", "ann 31", "ann 42", "Bob 12", "cid 21", "dee 22", "eve 32", "gus 51", "Zoë 41"}, touch: "all"},
	{name: "floats", sql: "select score, id from people where score is not null order by score, id", want: []string{"-1.5 31", "0.25 12", "0.25 61", "0.5 41", "1.5 11", "1.5 42", "2 21", "3 51", "4.75 32"}, touch: "all"},
	{name: "numerics", in: postgres, sql: "select price, no from orders order by price desc, no", want: []string{"9.99 301", "5.00 401", "3.00 701", "2.20 102", "2.20 601", "1.10 101", "1.10 302", "0.35 201"}, touch: "all"},
	{name: "values of several types", in: lite, sql: "select case id when 11 then 'text' when 21 then 7 when 31 then 2.5 when 41 then x'00' when 51 then null else id end as v from people where id in (11, 21, 31, 41, 51, 61) order by v", want: []string{"NULL", "2.5", "7", "61", "text", "\x00"}, touch: "all"},
	{name: "an integer and the float next to it", in: lite, sql: "select case id when 11 then 9007199254740993 when 21 then 9007199254740992.0 else 9007199254740991 end as v from people where id in (11, 21, 31) order by v", want: []string{"9007199254740991", "9.007199254740992e+15", "9007199254740993"}, touch: "all"},

	{name: "NULLs stand last", in: postgres, sql: "select age, id from people where k <= 4 order by age, id", want: []string{"19 41", "25 22", "30 11", "30 31", "41 12", "52 32", "NULL 21", "NULL 42"}, touch: "all"},
	{name: "NULLs stand first", in: lite, sql: "select age, id from people where k <= 4 order by age, id", want: []string{"NULL 21", "NULL 42", "19 41", "25 22", "30 11", "30 31", "41 12", "52 32"}, touch: "all"},
	{name: "NULLs stand first, descending", in: postgres, sql: "select age, id from people where k <= 4 order by age desc, id", want: []string{"NULL 21", "NULL 42", "52 32", "41 12", "30 11", "30 31", "25 22", "19 41"}, touch: "all"},
	{name: "NULLs stand last, descending", in: lite, sql: "select age, id from people where k <= 4 order by age desc, id", want: []string{"52 32", "41 12", "30 11", "30 31", "25 22", "19 41", "NULL 21", "NULL 42"}, touch: "all"},
	{name: "NULLS FIRST", sql: "select city, id from people where k <= 3 order by city nulls first, id", want: []string{"NULL 12", "NULL 32", "Oslo 11", "Oslo 22", "Rome 21", "Rome 31"}, touch: "all"},
	{name: "NULLS LAST", sql: "select city, id from people where k <= 3 order by city nulls last, id", want: []string{"Oslo 11", "Oslo 22", "Rome 21", "Rome 31", "NULL 12", "NULL 32"}, touch: "all"},
	{name: "DESC NULLS FIRST", sql: "select city, id from people where k <= 3 order by city desc nulls first, id", want: []string{"NULL 12", "NULL 32", "Rome 21", "Rome 31", "Oslo 11", "Oslo 22"}, touch: "all"},
	{name: "DESC NULLS LAST", sql: "select city, id from people where k <= 3 order by city desc nulls last, id", want: []string{"Rome 21", "Rome 31", "Oslo 11", "Oslo 22", "NULL 12", "NULL 32"}, touch: "all"},

	{name: "a hidden column", sql: "select name from people where age is not null order by age, id", want: []string{"Zoë", "dee", "ann", "ann", "éva", "Bob", "gus", "eve"}, touch: "all"},
	{name: "an expression", sql: "select id from people where age is not null order by -age, id", want: []string{"32", "12", "51", "11", "31", "61", "22", "41"}, touch: "all"},
	{name: "an expression with an argument", sql: "select id from people where age is not null order by abs(age - $1), id", args: []any{int64(30)}, want: []string{"11", "31", "61", "22", "12", "41", "51", "32"}, touch: "all"},
	{name: "an expression that is selected too", sql: "select age * 2 as twice, id from people where age is not null order by age * 2 desc, id", want: []string{"104 32", "82 12", "82 51", "60 11", "60 31", "60 61", "50 22", "38 41"}, touch: "all"},
	{name: "a star and a hidden expression", sql: "select * from tags order by n is null, n desc, tag", want: []string{"k3 1 9", "k2 2 7", "k1 1 5", "k4 4 NULL"}, touch: "all"},
	{name: "case", sql: "select id from people where k <= 2 order by case when name = 'dee' then 0 else 1 end, id", want: []string{"22", "11", "12", "21"}, touch: "all"},
	{name: "a coalesced column", sql: "select city, id from people where k < 4 order by coalesce(city, 'Prag'), id", want: []string{"Oslo 11", "Oslo 22", "NULL 12", "NULL 32", "Rome 21", "Rome 31"}, touch: "all"},
	{name: "USING", in: postgres, sql: "select id from people where k < 3 order by id using >", want: []string{"22", "21", "12", "11"}, touch: "all"},
	{name: "one shard in any order", sql: "select id from people where k = 1 order by random() * 0, id desc", want: []string{"12", "11"}, touch: "s1"},
	{name: "random", sql: "select id from people order by random()", refused: statement.VolatileFunction},
}
