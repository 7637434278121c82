package oracletest

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/troupedb/troupe/messages"
)

// schema is a set of tables with their rows. It isn't changed once it is made, but for the shrinker's copies.
type schema struct {
	dialect  messages.Dialect
	families []*family
	tables   []*table
}

// family is a group of tables that are routed alike, so that rows with equal keys live together.
type family struct {
	group string
	kinds []kind    // of the key's columns
	pool  [][]value // the keys that rows have
	place placement
}

type table struct {
	name    string
	columns []column
	family  *family // nil for a reference table
	keys    []int   // the key's columns
	id      int     // the column that no two rows share
	only    bool    // the key is the primary key: one row for each
	rows    [][]value
}

type column struct {
	name        string
	kind        kind
	declaration string
	notNull     bool
}

// reference reports whether every shard has all of the table's rows.
func (t *table) reference() bool { return t.family == nil }

// primary returns the columns of the primary key.
func (t *table) primary() []int {
	switch {
	case t.reference():
		return []int{t.id}
	case t.only:
		return t.keys
	default:
		return append(append([]int(nil), t.keys...), t.id)
	}
}

func (t *table) isKey(column int) bool {
	for _, k := range t.keys {
		if k == column {
			return true
		}
	}
	return false
}

// create returns the CREATE TABLE.
func (t *table) create(d messages.Dialect) string {
	var b strings.Builder
	fmt.Fprintf(&b, "create table %s (", quoted(t.name))
	for _, c := range t.columns {
		fmt.Fprintf(&b, "%s %s", quoted(c.name), c.declaration)
		if c.notNull {
			b.WriteString(" not null")
		}
		b.WriteString(", ")
	}
	b.WriteString("primary key (")
	for i, c := range t.primary() {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quoted(t.columns[c].name))
	}
	b.WriteString("))")
	return b.String()
}

// fill returns the INSERT of rows, or "" if there are none.
func (t *table) fill(d messages.Dialect, rows [][]value) string {
	if len(rows) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, "insert into %s values ", quoted(t.name))
	for i, row := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString("(")
		for j, v := range row {
			if j > 0 {
				b.WriteString(", ")
			}
			b.WriteString(v.literal(d, 5))
		}
		b.WriteString(")")
	}
	return b.String()
}

// key returns the key's values of a row.
func (t *table) key(row []value) []value {
	key := make([]value, len(t.keys))
	for i, c := range t.keys {
		key[i] = row[c]
	}
	return key
}

func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// Names are in lower case: the coordinator's declarations are. Some need quotes.
var (
	plainTables  = []string{"orders", "users", "items", "events", "visits", "accounts", "t1", "t2"}
	oddTables    = []string{"order lines", "größe", "select", "a.b", "from"}
	referenceOf  = []string{"country", "kinds", "ref"}
	plainKeys    = []string{"k", "user_id", "tenant", "region"}
	oddKeys      = []string{"the key", "ключ", "group"}
	plainColumns = []string{"a", "b", "c", "d", "e", "n", "v", "name", "note"}
	oddColumns   = []string{"order", "weird col", "é", "key"}
)

// newSchema makes the tables that r says.
func newSchema(r *rand.Rand, d messages.Dialect) *schema {
	s := &schema{dialect: d}
	names := shuffled(r, plainTables)
	if r.IntN(4) == 0 {
		odd := among(r, oddTables)
		if strings.Contains(odd, ".") {
			odd = "dollar$" // a dot in a name can't be declared
		}
		names[r.IntN(3)] = odd
	}
	s.families = append(s.families, newFamily(r, "main"))
	sizes := []int{2}
	if r.IntN(3) > 0 {
		s.families = append(s.families, newFamily(r, ""))
		sizes = append(sizes, 1)
	}
	if r.IntN(3) == 0 {
		sizes[0]++
	}
	keys := [2]string{among(r, plainKeys[:2]), plainKeys[2+r.IntN(2)]}
	if r.IntN(6) == 0 {
		keys[0] = among(r, oddKeys)
	}
	for i, f := range s.families {
		for range sizes[i] {
			if len(s.tables) > 0 && r.IntN(4) == 0 { // the key has another name than in the table before
				keys[0] = among(r, plainKeys[:2])
			}
			t := newTable(r, d, names[len(s.tables)], f, keys)
			s.tables = append(s.tables, t)
		}
	}
	s.tables = append(s.tables, newTable(r, d, among(r, referenceOf), nil, keys))
	return s
}

func newFamily(r *rand.Rand, group string) *family {
	f := &family{group: group}
	switch r.IntN(10) {
	case 0, 1, 2, 3:
		f.kinds = []kind{bigint}
	case 4:
		f.kinds = []kind{integer}
	case 5, 6, 7, 8:
		f.kinds = []kind{text}
	default:
		f.kinds = []kind{bigint, text}
	}
	f.pool = newPool(r, f.kinds)
	f.place = newPlacement(r, f)
	return f
}

// newPool picks the keys that a family's rows have.
func newPool(r *rand.Rand, of []kind) [][]value {
	numbers, texts := shuffled(r, someIntegerKeys), shuffled(r, someTextKeys)
	if of[0] == integer {
		numbers = shuffled(r, someIntegerKeys[:len(someIntegerKeys)-3])
	}
	n := 8 + r.IntN(6)
	pool := make([][]value, n)
	for i := range pool {
		for _, k := range of {
			v := value{kind: k}
			switch {
			case k == text && len(of) > 1:
				v.s = texts[i%3]
			case k == text:
				v.s = texts[i]
			case len(of) > 1:
				v.i = numbers[i/2] // so that one number goes with two texts
			default:
				v.i = numbers[i]
			}
			pool[i] = append(pool[i], v)
		}
	}
	return pool
}

func newTable(r *rand.Rand, d messages.Dialect, name string, f *family, keys [2]string) *table {
	t := &table{name: name, family: f}
	t.only = f != nil && r.IntN(5) == 0
	add := func(c column) int {
		t.columns = append(t.columns, c)
		return len(t.columns) - 1
	}
	id := func() {
		t.id = add(column{name: "id", kind: bigint, declaration: bigint.declaration(d, 0), notNull: true})
	}
	first := r.IntN(2) == 0
	if first {
		id()
	}
	if f != nil {
		for i, k := range f.kinds {
			t.keys = append(t.keys, add(column{name: keys[i], kind: k, declaration: k.declaration(d, r.IntN(6)), notNull: true}))
		}
	}
	if !first {
		id()
	}
	names, odd := shuffled(r, plainColumns), r.IntN(5) == 0
	for i := range 4 + r.IntN(3) {
		name := names[i]
		if i == 1 && odd {
			name = among(r, oddColumns)
		}
		k := among(r, columnKinds(d))
		if i == 0 { // something to calculate with and to join on
			k = integer
		}
		add(column{name: name, kind: k, declaration: k.declaration(d, r.IntN(6))})
	}
	t.rows = t.newRows(r, d)
	return t
}

func (t *table) newRows(r *rand.Rand, d messages.Dialect) [][]value {
	n := 10 + r.IntN(20)
	if t.reference() {
		n = 3 + r.IntN(5)
	}
	if r.IntN(30) == 0 {
		n = 0
	}
	pool := [][]value(nil)
	if t.family != nil {
		pool = shuffled(r, t.family.pool)
		if t.only {
			n = min(n, len(pool)-2)
		} else {
			pool = pool[:len(pool)-1-r.IntN(3)]
		}
	}
	rows := make([][]value, n)
	for i := range rows {
		row := make([]value, len(t.columns))
		for j, c := range t.columns {
			switch {
			case j == t.id:
				row[j] = value{kind: bigint, i: int64(i + 1)}
			case t.isKey(j):
			case r.IntN(5) == 0:
				row[j] = value{kind: c.kind, null: true}
			default:
				row[j] = c.kind.random(r, d)
			}
		}
		if pool != nil {
			key := among(r, pool)
			if t.only {
				key = pool[i]
			}
			for j, c := range t.keys {
				row[c] = key[j]
			}
		}
		rows[i] = row
	}
	return rows
}

func shuffled[T any](r *rand.Rand, all []T) []T {
	copied := append([]T(nil), all...)
	r.Shuffle(len(copied), func(i, j int) { copied[i], copied[j] = copied[j], copied[i] })
	return copied
}
