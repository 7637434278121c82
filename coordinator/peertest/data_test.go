package peertest_test

import (
	"fmt"
	"strings"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// table is one table of the tests, with all its rows. The first value of a row is its key.
type table struct {
	name    string
	columns string // in SQL, the same in both dialects
	rows    [][]any
	home    func(key any) messages.ShardID // nil if every shard has all rows
	declare coordinator.Table
}

const anything = 9007199254740993 // a key that no float64 is equal to

// people and orders live together. Each key has its rows on one shard: see listedShard. Names, cities, ages and scores are
// repeated on several shards, and missing on some, so that no clause is right by chance.
var people = table{
	name:    "people",
	columns: "k bigint not null, id integer not null, name text, city text, age integer, score double precision, primary key (k, id)",
	rows: [][]any{
		{1, 11, "ann", "Oslo", 30, 1.5},
		{1, 12, "Bob", nil, 41, 0.25},
		{2, 21, "cid", "Rome", nil, 2.0},
		{2, 22, "dee", "Oslo", 25, nil},
		{3, 31, "ann", "Rome", 30, -1.5},
		{3, 32, "eve", nil, 52, 4.75},
		{4, 41, "Zoë", "Paris", 19, 0.5},
		{4, 42, "ann", "Oslo", nil, 1.5},
		{5, 51, "gus", "Rome", 41, 3.0},
		{6, 61, "éva", "Bern", 30, 0.25},
	},
	home: hashedHome,
	declare: coordinator.Table{
		Key: "k", Type: coordinator.Integer, Route: byHash, Group: "people",
		Columns: []string{"k", "id", "name", "city", "age", "score"},
	},
}

var orders = table{
	name:    "orders",
	columns: "k bigint not null, no integer not null, kind text, total integer, price numeric(8,2), primary key (k, no)",
	rows: [][]any{
		{1, 101, "book", 10, "1.10"},
		{1, 102, "pen", 20, "2.20"},
		{2, 201, "book", 30, "0.35"},
		{3, 301, "pen", nil, "9.99"},
		{3, 302, "cup", 10, "1.10"},
		{4, 401, "book", 20, "5.00"},
		{6, 601, "cup", 10, "2.20"},
		{7, 701, "book", 40, "3.00"}, // of nobody
	},
	home:    hashedHome,
	declare: coordinator.Table{Key: "k", Type: coordinator.Integer, Route: byHash, Group: "people"},
}

// kinds is on every shard. It has a kind that no order is of.
var kinds = table{
	name:    "kinds",
	columns: "kind text not null, title text",
	rows:    [][]any{{"book", "a book"}, {"pen", "a pen"}, {"ham", "a ham"}},
	declare: coordinator.Table{Reference: true, Columns: []string{"kind", "title"}},
}

// tags live by themselves.
var tags = table{
	name:    "tags",
	columns: "tag text not null, k bigint, n integer",
	rows:    [][]any{{"k1", 1, 5}, {"k2", 2, 7}, {"k3", 1, 9}, {"k4", 4, nil}},
	home:    lookedUpHome,
	declare: coordinator.Table{Key: "tag", Type: coordinator.Text, Route: byLookup},
}

// strangers isn't declared.
var strangers = table{name: "strangers", columns: "x bigint", rows: nil, home: hashedHome}

// The three tables of the matrix have the same rows, under three routes.
var (
	hashed = matrixTable("hashed", hashedHome, coordinator.Table{Key: "k", Type: coordinator.Integer, Route: byHash})
	ranged = matrixTable("ranged", func(key any) messages.ShardID { return rangedShard(integer(key)) },
		coordinator.Table{Key: "k", Route: byRange})
	listed = matrixTable("listed", lookedUpHome, coordinator.Table{Key: "k", Route: byLookup})
)

var tables = []table{people, orders, kinds, tags, strangers, hashed, ranged, listed}

// item is a row of the matrix. Key n of listed is the text "k" and n.
type item struct {
	k, id int64
	name  string // "" is NULL
	other int64  // to compare the key with
}

// items has two rows of each key from 1 to 8, and keys beyond.
var items = func() []item {
	var all []item
	for k := int64(1); k <= 8; k++ {
		all = append(all, item{k, k * 10, string("xyz"[k%3]), k}, item{k, k*10 + 1, "", k + 1})
	}
	return all
}()

// beyond are rows of the tables whose keys are integers.
var beyond = []item{{-7, -70, "x", 1}, {0, 5, "y", 0}, {anything, 90, "z", anything - 1}}

func matrixTable(name string, home func(any) messages.ShardID, declare coordinator.Table) table {
	declare.Columns = []string{"k", "id", "name", "other"}
	t := table{name: name, columns: "k bigint not null, id integer not null, name text, other bigint", home: home, declare: declare}
	all := items
	if name == "listed" {
		t.columns = "k text not null, id integer not null, name text, other text"
	} else {
		all = append(all[:len(all):len(all)], beyond...)
	}
	for _, i := range all {
		row := []any{any(i.k), i.id, any(i.name), any(i.other)}
		if name == "listed" {
			row[0], row[3] = textKey(i.k), textKey(i.other)
		}
		if i.name == "" {
			row[2] = nil
		}
		t.rows = append(t.rows, row)
	}
	return t
}

func hashedHome(key any) messages.ShardID { return hashedShard(integer(key)) }

func lookedUpHome(key any) messages.ShardID { return byLookup[key.(string)] }

func integer(v any) int64 {
	switch v := v.(type) {
	case int:
		return int64(v)
	case int64:
		return v
	default:
		panic(fmt.Sprintf("bug: a key of type %T", v))
	}
}

// create returns the SQL that makes the table.
func (t *table) create() string { return fmt.Sprintf("create table %s (%s)", t.name, t.columns) }

// fill returns the SQL that gives the table the rows of a shard, or all rows if shard is empty, in the place of those it has.
func (t *table) fill(shard messages.ShardID) string {
	var tuples []string
	for _, row := range t.rows {
		if shard != "" && t.home != nil && t.home(row[0]) != shard {
			continue
		}
		values := make([]string, len(row))
		for i, v := range row {
			values[i] = literal(v)
		}
		tuples = append(tuples, "("+strings.Join(values, ", ")+")")
	}
	script := "delete from " + t.name
	if len(tuples) > 0 {
		script += fmt.Sprintf("; insert into %s values %s", t.name, strings.Join(tuples, ", "))
	}
	return script
}

// literal writes a value in SQL.
func literal(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		return "'" + strings.ReplaceAll(v, "'", "''") + "'"
	default:
		return fmt.Sprint(v)
	}
}
