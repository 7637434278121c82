package schema

import (
	"cmp"
	"strconv"
	"strings"
)

const (
	sqliteColumns = `SELECT t.name, CAST(t.wr AS TEXT), CAST(t.strict AS TEXT), t.type, c.name, c.type, CAST(c."notnull" AS TEXT), c.dflt_value,
  CAST(c.pk AS TEXT), CAST(c.hidden AS TEXT)
FROM pragma_table_list AS t JOIN pragma_table_xinfo(t.name, t.schema) AS c
WHERE lower(t.schema) = lower(?) AND t.type IN ('table', 'virtual') AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\'
ORDER BY t.name, c.cid`

	sqliteTexts = `SELECT name, sql FROM %s.sqlite_schema WHERE type = 'table'`

	sqliteIndexes = `SELECT t.name, i.name, CAST(i."unique" AS TEXT), CAST(i.partial AS TEXT), c.name, CAST(c."desc" AS TEXT), c.coll,
  (SELECT s.sql FROM %s.sqlite_schema AS s WHERE s.type = 'index' AND s.name = i.name), i.origin
FROM pragma_table_list AS t JOIN pragma_index_list(t.name, t.schema) AS i JOIN pragma_index_xinfo(i.name, t.schema) AS c
WHERE lower(t.schema) = lower(?) AND t.type = 'table' AND t.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND c.key = 1
ORDER BY t.name, i.name, c.seqno`
)

func (r *reader) readSQLite() error {
	schema := cmp.Or(r.names.Schema, "main")
	keys := map[*table]map[int]string{}
	declared := map[string]*declaration{}
	err := r.ask(strings.Replace(sqliteTexts, "%s", `"`+schema+`"`, 1), nil, func(row []string) { declared[row[0]] = declares(row[1]) })
	if err != nil {
		return err
	}
	err = r.ask(sqliteColumns, []any{schema}, func(row []string) {
		t := r.table(row[0])
		if t == nil {
			return
		}
		says := declared[row[0]]
		t.options = sqliteOptions(row[1], row[2], row[3], says)
		c := &column{
			name: folded(row[4]), exact: strings.Join(strings.Fields(strings.ToUpper(row[5])), " "), class: sqliteClass(row[5]),
			notNull: row[6] == "1", value: row[7],
		}
		if c.exact == "" {
			c.exact = "without a type"
		}
		if collation := says.collation(c.name); collation != "" {
			c.exact += " collate " + collation
		}
		switch row[9] {
		case "1":
			c.value = "hidden"
		case "2":
			c.value = says.generated(c.name) + " virtual"
		case "3":
			c.value = says.generated(c.name) + " stored"
		}
		t.columns = append(t.columns, c)
		if n, _ := strconv.Atoi(row[8]); n > 0 {
			if keys[t] == nil {
				keys[t] = map[int]string{}
			}
			keys[t][n] = c.name
		}
	})
	for t, key := range keys {
		for n := 1; n <= len(key); n++ {
			t.key = append(t.key, key[n])
		}
		t.keyForm = columnList(t.key) // of a rowid, which has no index
	}
	if err != nil {
		return err
	}
	return r.readSQLiteIndexes(schema)
}

func sqliteOptions(withoutRowid, strict, kind string, says *declaration) string {
	var list []string
	if kind == "virtual" {
		list = append(list, "virtual")
	} else {
		list = append(list, says.options()...)
	}
	if withoutRowid == "1" {
		list = append(list, "without rowid")
	}
	if strict == "1" {
		list = append(list, "strict")
	}
	return cmp.Or(strings.Join(list, ", "), "plain")
}

// sqliteIndex is one while its columns are read.
type sqliteIndex struct {
	table           *table
	primary         bool
	unique, complex bool
	exact, plain    []string
	sql             string
}

func (r *reader) readSQLiteIndexes(schema string) error {
	var order []*sqliteIndex
	last := ""
	err := r.ask(strings.Replace(sqliteIndexes, "%s", `"`+schema+`"`, 1), []any{schema}, func(row []string) {
		t := r.table(row[0])
		if t == nil {
			return
		}
		if id := row[0] + "\x00" + row[1]; id != last {
			last = id
			order = append(order, &sqliteIndex{table: t, primary: row[8] == "pk", unique: row[2] == "1", complex: row[3] == "1", sql: row[7]})
		}
		i := order[len(order)-1]
		name := folded(row[4])
		i.complex = i.complex || name == "" // an expression
		exact := name
		if !strings.EqualFold(row[6], "BINARY") {
			exact += " collate " + folded(row[6])
		}
		if row[5] == "1" {
			exact += " desc"
		}
		i.exact, i.plain = append(i.exact, exact), append(i.plain, name)
	})
	for _, i := range order {
		if i.primary {
			i.table.keyForm = columnList(i.exact)
			continue
		}
		i.table.indexes = append(i.table.indexes, i.index())
	}
	return err
}

func (i *sqliteIndex) index() index {
	on := columnList(i.exact)
	if i.complex { // only the text tells expressions and conditions
		if at := strings.IndexByte(i.sql, '('); at >= 0 {
			on = strings.Join(strings.Fields(i.sql[at:]), " ")
		}
	}
	x := index{exact: uniqueWord(i.unique) + on}
	if plain := columnList(i.plain); !i.complex && plain == on {
		x.plain = uniqueWord(i.unique) + plain
	}
	return x
}

func uniqueWord(unique bool) string {
	if unique {
		return "unique "
	}
	return ""
}
