package conformance_test

import (
	"database/sql"
	"fmt"
	"net/url"
	"strings"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"github.com/troupedb/troupe/messages"
)

// database is a shard's tables as they are, looked at past troupe: through another connection, under their real names.
type database struct {
	db      *sql.DB
	source  string // what is equal for shards of one database
	dialect messages.Dialect
	before  string // what stands before the names of tables: a prefix, or a schema and a dot
}

// open returns a database as the driver knows it. Its names begin with before.
func open(t *testing.T, dialect messages.Dialect, source, before string) *database {
	t.Helper()
	driver := "pgx"
	if dialect == messages.SQLite {
		driver, source = "sqlite", "file:"+url.PathEscape(source)+"?_pragma=busy_timeout(10000)&_pragma=synchronous(off)"
	}
	db, err := sql.Open(driver, source)
	require.NoError(t, err)
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return &database{db, source, dialect, before}
}

// exec runs SQL in which each %s stands for the real name of a table.
func (d *database) exec(t *testing.T, query string, names ...string) {
	t.Helper()
	_, err := d.db.ExecContext(within(t), d.real(query, names))
	require.NoError(t, err, query)
}

// lines returns the rows of a query, each with a space between its values.
func (d *database) lines(t *testing.T, query string, names ...string) []string {
	t.Helper()
	rows, err := d.db.QueryContext(within(t), d.real(query, names))
	require.NoError(t, err, query)
	defer func() { require.NoError(t, rows.Close()) }()
	columns, err := rows.Columns()
	require.NoError(t, err)
	all := []string{}
	for rows.Next() {
		values, places := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			places[i] = &values[i]
		}
		require.NoError(t, rows.Scan(places...))
		cells := make([]string, len(values))
		for i, v := range values {
			cells[i] = fmt.Sprint(v)
		}
		all = append(all, strings.Join(cells, " "))
	}
	require.NoError(t, rows.Err())
	return all
}

// tables returns what tables there are in the database, those of other shards included.
func (d *database) tables(t *testing.T) []string {
	t.Helper()
	if d.dialect == messages.SQLite {
		return d.lines(t, "select name from sqlite_schema where type = 'table' order by name")
	}
	return d.lines(t, `select case when table_schema = 'public' then '' else table_schema || '.' end || table_name collate "C" as name
		from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema') order by name`)
}

// real puts the real names of tables into a query.
func (d *database) real(query string, names []string) string {
	if len(names) == 0 {
		return query
	}
	quoted := make([]any, len(names))
	for i, name := range names {
		quoted[i] = d.name(name)
	}
	return fmt.Sprintf(query, quoted...)
}

// name returns what a table is called in the database.
func (d *database) name(table string) string {
	if schema, ok := strings.CutSuffix(d.before, "."); ok {
		return `"` + schema + `"."` + table + `"`
	}
	return `"` + d.before + table + `"`
}

// empty removes all rows, so that the ids that the database assigns begin with 1 again.
func (d *database) empty(t *testing.T) {
	t.Helper()
	if d.dialect == messages.PostgreSQL {
		var names []string
		for _, table := range tables {
			names = append(names, d.name(table.name))
		}
		d.exec(t, "truncate "+strings.Join(names, ", ")+" restart identity")
		return
	}
	var script strings.Builder
	for i := range tables {
		fmt.Fprintf(&script, "delete from %s; ", d.name(tables[len(tables)-1-i].name))
	}
	d.exec(t, script.String())
}
