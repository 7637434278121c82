package backendtest

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Statements are what the suite sends, in the dialect of the backend. The table that they are about is created empty by
// Create, and has the columns n, a unique integer, and t, a text.
type Statements struct {
	Create string
	// Insert inserts its two arguments: n and t.
	Insert string
	// InsertReturning inserts its two arguments and returns n.
	InsertReturning string
	// Fill inserts the rows with n from 11 to 20.
	Fill string
	// Update changes t in all rows.
	Update string
	// DeleteNothing deletes the rows that no condition holds for.
	DeleteNothing string
	// InsertTwo is two statements in one text, which insert the rows 21 and 22.
	InsertTwo string
	// Count returns the number of rows.
	Count string

	// All returns all rows, and Lookup the row whose n is its argument. UpdateOne sets its first argument as t where n is the second, and DeleteOne
	// deletes the row whose n is its argument.
	All, Lookup, UpdateOne, DeleteOne string
	// SlowRead and SlowWrite read the table, if it has Fill's rows, for a minute at least, and SlowWrite then inserts a row.
	SlowRead, SlowWrite string
	// Loners are statements that can't be run with others, beside those that no database could.
	Loners []string

	// Numbers returns as many rows as its argument says, one after another without computing all of them first:
	// n from 1, an integer, and t, "row 1" and so on.
	Numbers string
	// Slow returns a row after a minute at least, if it isn't interrupted.
	Slow string
	// SyntaxError isn't SQL.
	SyntaxError string
	// ErrorInRows returns the rows 1 and 2 of an integer, and then fails.
	ErrorInRows string
	// Wide returns a row of WideColumns integers from 1.
	Wide        string
	WideColumns int
	// Large returns a text of 1 MiB that is all "x".
	Large string
	// ThreeEmptyRows returns three rows without columns. Empty if there is no such statement.
	ThreeEmptyRows string
	// Mixed returns five rows of one column: 1, 'two', NULL, the byte 3, and 4.5. Empty if there is no such statement.
	Mixed string
	// Begin, Commit and Rollback are about transactions.
	Begin, Commit, Rollback string
	// Savepoint and ToSavepoint make a savepoint and roll back to it; ReleaseSavepoint ends it.
	Savepoint, ToSavepoint, ReleaseSavepoint string
	// CreateOwing creates a table of one column, n, whose values have to be in the first table when a transaction commits, and
	// Owe inserts its argument there.
	CreateOwing, Owe string
	// CreateOdd creates OddTable, which has the columns OddColumns: an integer and a text. OddCount returns the number of its rows.
	CreateOdd  string
	OddTable   pgx.Identifier
	OddColumns []string
	OddCount   string
	// Schema is where Create's table is.
	Schema string
	// Values are statements that return one row of one column each.
	Values []Value
}

// Value is a statement that returns one value.
type Value struct {
	Name string
	SQL  string
	Args []any
	// Want is the value as pgx decodes it into an any; times are compared as instants.
	Want any
}

const (
	create        = `create table conformance (n bigint primary key, t text not null)`
	count         = `select count(*) from conformance`
	update        = `update conformance set t = t || '!'`
	deleteNothing = `delete from conformance where n < 0`
	insertTwo     = `insert into conformance (n, t) values (21, 'a;b'); insert into conformance (n, t) values (22, 'c')`
	syntaxErr     = `selec 1`
	createOwing   = `create table owing (n bigint references conformance (n) deferrable initially deferred)`
	all           = `select n, t from conformance`
	// slowRead counts to 10^14.
	slowRead = `select count(*) from conformance a, conformance b, conformance c, conformance d, conformance e, conformance f, conformance g,
		conformance h, conformance i, conformance j, conformance k, conformance l, conformance m, conformance o`
	slowWrite   = `insert into conformance (n, t) select x.n, 'slow' from (` + slowRead + `) x (n)`
	wideColumns = 1000
	// oddName is a name that an INSERT or COPY could get wrong.
	oddName = `select "; drop table conformance; -- 'it''s $1 ?`
	// oddText has what an escape could get wrong.
	oddText = "it's \"quoted\", \\ and % and $1 and ?; ünï→😀 -- no comment\n\t/* nor this */"
)

// largeText is an argument of 1 MiB.
var largeText = strings.Repeat("ü", 1<<19)

func wide() string {
	var b strings.Builder
	b.WriteString("select 1 as c1")
	for i := 2; i <= wideColumns; i++ {
		fmt.Fprintf(&b, ", %d as c%d", i, i)
	}
	return b.String()
}

func quoted(name string) string { return pgx.Identifier{name}.Sanitize() }

func quotedOdd(schema string) string {
	return schema + quoted(oddName) + " (" + quoted(oddName) + ` bigint, "Group By" text)`
}

// PostgreSQL returns the statements for PostgreSQL.
func PostgreSQL() Statements {
	noon := time.Date(2026, 2, 28, 12, 34, 56, 789012000, time.UTC)
	return Statements{
		Create: create, Count: count, Update: update, DeleteNothing: deleteNothing, InsertTwo: insertTwo,
		SyntaxError: syntaxErr, Wide: wide(), WideColumns: wideColumns,
		Begin: "begin", Commit: "commit", Rollback: "rollback",
		Savepoint: "savepoint s", ToSavepoint: "rollback to savepoint s", ReleaseSavepoint: "release savepoint s",
		CreateOwing: createOwing, OddColumns: []string{oddName, "Group By"},
		Owe: `insert into owing values ($1)`, Schema: "public", OddTable: pgx.Identifier{"Odd \"schema", oddName},
		CreateOdd: `create schema "Odd ""schema"; create table ` + quotedOdd(`"Odd ""schema".`), OddCount: `select count(*) from "Odd ""schema".` + quoted(oddName),
		All: all, Lookup: all + ` where n = $1`, UpdateOne: `update conformance set t = $1 where n = $2`, DeleteOne: `delete from conformance where n = $1`,
		SlowRead: slowRead, SlowWrite: slowWrite,
		Loners: []string{
			`set application_name = 'x'`, `reset all`, `discard all`, `deallocate all`, `listen x`, `notify x`, `vacuum`, `analyze conformance`,
			`lock table conformance`, `truncate conformance`, `copy conformance to stdout`, `do $$ begin end $$`, `call p()`, `prepare p as select 1`,
			`execute p`, `declare c cursor for select 1`, `fetch c`, `explain analyze insert into conformance values (1, 'x')`,
			`select pg_advisory_lock(1)`, `select pg_advisory_xact_lock(1)`, `select set_config('application_name', 'x', false)`, `select nextval('s')`,
			`select pg_sleep(1)`, `select PG_SLEEP(1)`, `select pg_sleep /* ( */ (1)`, `select "pg_sleep"(1)`, `select pg_catalog.pg_sleep(1)`,
			`select my_function(n) from conformance`, `select * from my_function()`, `select n, my_function (n) from conformance`,
			`select * into other from conformance`, `create table other as select 1`, `select pg_terminate_backend(1)`, `select lo_create(0)`,
			`select pg_notify('a', 'b')`, `select dblink_exec('x')`, `select txid_current()`, `select count(*) from conformance; delete from conformance`,
		},
		Insert:          `insert into conformance (n, t) values ($1, $2)`,
		InsertReturning: `insert into conformance (n, t) values ($1, $2) returning n`,
		Fill:            `insert into conformance (n, t) select n, 'row ' || n from generate_series(11, 20) n`,
		// A function in the select list is computed row by row; in FROM it would be computed to its end first.
		Numbers:        `select n, 'row ' || n as t from (select generate_series(1, $1::bigint) as n) s`,
		Slow:           `select 1 from pg_sleep(120)`,
		ErrorInRows:    `select abs(case when n = 3 then -9223372036854775808 else n end) from generate_series(1::bigint, 5) n`,
		Large:          `select repeat('x', 1048576)`,
		ThreeEmptyRows: `select from generate_series(1, 3)`,
		Values: []Value{
			{"null", `select null::text`, nil, nil},
			{"null argument", `select $1::text`, []any{nil}, nil},
			{"empty text", `select ''::text`, nil, ""},
			{"empty text argument", `select $1::text`, []any{""}, ""},
			{"empty bytes argument", `select $1::bytea`, []any{[]byte{}}, []byte{}},
			{"smallest bigint", `select $1::bigint`, []any{int64(math.MinInt64)}, int64(math.MinInt64)},
			{"largest bigint", `select $1::bigint`, []any{int64(math.MaxInt64)}, int64(math.MaxInt64)},
			{"smallest int", `select $1::int`, []any{int32(math.MinInt32)}, int32(math.MinInt32)},
			{"smallint", `select 32767::smallint`, nil, int16(math.MaxInt16)},
			{"float", `select $1::float8`, []any{math.MaxFloat64}, math.MaxFloat64},
			{"smallest float", `select $1::float8`, []any{math.SmallestNonzeroFloat64}, math.SmallestNonzeroFloat64},
			{"infinity", `select $1::float8`, []any{math.Inf(-1)}, math.Inf(-1)},
			{"nan", `select $1::float8`, []any{math.NaN()}, math.NaN()},
			{"odd text", `select $1::text`, []any{oddText}, oddText},
			{"large text", `select $1::text`, []any{largeText}, largeText},
			{"bytes", `select $1::bytea`, []any{[]byte{0, 1, 0xff}}, []byte{0, 1, 0xff}},
			{"true", `select $1::bool`, []any{true}, true},
			{"false", `select false`, nil, false},
			{"time", `select $1::timestamptz`, []any{noon}, noon},
			{"array", `select $1::bigint[]`, []any{[]int64{1, 2}}, []any{int64(1), int64(2)}},
		},
	}
}

// SQLite returns the statements for SQLite.
func SQLite() Statements {
	return Statements{
		Create: create, Count: count, Update: update, DeleteNothing: deleteNothing, InsertTwo: insertTwo,
		SyntaxError: syntaxErr, Wide: wide(), WideColumns: wideColumns,
		Begin: "begin", Commit: "commit", Rollback: "rollback",
		Savepoint: "savepoint s", ToSavepoint: "rollback to savepoint s", ReleaseSavepoint: "release savepoint s",
		CreateOwing: createOwing, OddColumns: []string{oddName, "Group By"},
		Owe: `insert into owing values (?)`, Schema: "main", OddTable: pgx.Identifier{oddName},
		CreateOdd: `create table ` + quotedOdd(""), OddCount: `select count(*) from ` + quoted(oddName),
		All: all, Lookup: all + ` where n = ?`, UpdateOne: `update conformance set t = ? where n = ?`, DeleteOne: `delete from conformance where n = ?`,
		SlowRead: slowRead, SlowWrite: `insert into conformance (n, t) select *, 'slow' from (` + slowRead + `)`,
		Loners: []string{
			`pragma user_version`, `pragma user_version = 1`, `pragma foreign_keys = off`, `attach ':memory:' as x`, `detach x`, `vacuum`, `analyze`, `reindex`,
			`explain select 1`, `begin immediate`, `end`, `rollback to s`, `insert into conformance values (last_insert_rowid(), 'x')`,
			`create temp table x (n)`, `create trigger x after insert on conformance begin select 1; end`,
			`select count(*) from conformance; delete from conformance`,
		},
		Insert:          `insert into conformance (n, t) values (?, ?)`,
		InsertReturning: `insert into conformance (n, t) values (?, ?) returning n`,
		Fill: `with recursive s(n) as (select 11 union all select n + 1 from s where n < 20)
			insert into conformance (n, t) select n, 'row ' || n from s`,
		Numbers: `with recursive s(n, m) as (select 1, ? union all select n + 1, m from s where n <= m)
			select n, 'row ' || n as t from s where n <= m`,
		Slow: `with recursive s(n) as (select 1 union all select n + 1 from s where n < 1000000000000)
			select count(*) from s`,
		ErrorInRows: `with recursive s(n) as (select 1 union all select n + 1 from s where n < 5)
			select abs(case when n = 3 then -9223372036854775807 - 1 else n end) from s`,
		Large: `select replace(hex(zeroblob(524288)), '0', 'x')`,
		Mixed: `select 1 as v union all select 'two' union all select null union all select x'03' union all select 4.5`,
		Values: []Value{
			{"null", `select null`, nil, nil},
			{"null argument", `select ?`, []any{nil}, nil},
			{"empty text", `select ''`, nil, ""},
			{"empty text argument", `select ?`, []any{""}, ""},
			{"empty bytes argument", `select ?`, []any{[]byte{}}, []byte{}},
			{"smallest integer", `select ?`, []any{int64(math.MinInt64)}, int64(math.MinInt64)},
			{"largest integer", `select ?`, []any{int64(math.MaxInt64)}, int64(math.MaxInt64)},
			{"int argument", `select ?`, []any{7}, int64(7)},
			{"float", `select ?`, []any{math.MaxFloat64}, math.MaxFloat64},
			{"smallest float", `select ?`, []any{math.SmallestNonzeroFloat64}, math.SmallestNonzeroFloat64},
			{"infinity", `select ?`, []any{math.Inf(-1)}, math.Inf(-1)},
			{"odd text", `select ?`, []any{oddText}, oddText},
			{"large text", `select ?`, []any{largeText}, largeText},
			{"bytes", `select ?`, []any{[]byte{0, 1, 0xff}}, []byte{0, 1, 0xff}},
		},
	}
}
