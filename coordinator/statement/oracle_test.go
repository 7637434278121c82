package statement_test

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/statement/keyset"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
)

// The oracle runs random statements on one database with all rows and on shards that have a part of the rows each. What the
// analysis allows on several shards, or on one, has to be answered as the whole database does. The outermost block of what it
// runs on several has no clause that a planner would have to merge.

const oracleShards = 3

// oracleTables are the tables that the oracle fills, of which colors is on every shard.
var oracleTables = []string{"users", "orders", "items", "logs", "colors"}

// database runs a statement, and undoes what it changes.
type database interface {
	answer(sql string, args []any) ([]string, error)
	// effect returns the rows of all tables but colors after the statement.
	effect(sql string, args []any) ([]string, error)
}

// oracleRows returns the rows of a table on a shard, or all for -1.
func oracleRows(table string, shard int) [][]string {
	var rows [][]string
	n := 0
	for k := 1; k <= 6; k++ {
		for id := 1; id <= 3; id++ {
			n++
			if (n*7+len(table)*5)%4 == 0 || table == "colors" && k > 1 {
				continue
			}
			if shard >= 0 && shard != k%oracleShards && table != "colors" {
				continue
			}
			x := fmt.Sprint((n*5 + len(table)) % 4)
			if x == "0" {
				x = "NULL"
			}
			if table == "colors" {
				rows = append(rows, []string{fmt.Sprint(id), x})
			} else {
				rows = append(rows, []string{fmt.Sprint(k), fmt.Sprint(id), x})
			}
		}
	}
	return rows
}

// oracleScript creates and fills the tables of a shard.
func oracleScript(shard int, temporary string) string {
	var b strings.Builder
	for _, table := range oracleTables {
		columns := "k int NOT NULL, id int, x int"
		if table == "colors" {
			columns = "id int, x int"
		}
		fmt.Fprintf(&b, "CREATE %sTABLE %s (%s);", temporary, table, columns)
		for _, row := range oracleRows(table, shard) {
			fmt.Fprintf(&b, "INSERT INTO %s VALUES (%s);", table, strings.Join(row, ", "))
		}
	}
	return b.String()
}

// liteDatabase is an in-memory SQLite database.
type liteDatabase struct{ db *sql.DB }

func openLite(t *testing.T, shard int) database {
	db, err := sql.Open("sqlite", ":memory:")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	db.SetMaxOpenConns(1)
	_, err = db.Exec(oracleScript(shard, ""))
	require.NoError(t, err)
	return liteDatabase{db}
}

func (l liteDatabase) answer(text string, args []any) ([]string, error) {
	return liteRows(l.db.Query, text, args)
}

func liteRows(query func(string, ...any) (*sql.Rows, error), text string, args []any) ([]string, error) {
	if !strings.Contains(text, "$1") {
		args = nil
	}
	rows, err := query(text, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	var found []string
	for rows.Next() {
		values, targets := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			targets[i] = &values[i]
		}
		if err := rows.Scan(targets...); err != nil {
			return nil, err
		}
		found = append(found, fmt.Sprint(values))
	}
	return found, rows.Err()
}

func (l liteDatabase) effect(text string, args []any) ([]string, error) {
	tx, err := l.db.Begin()
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback() }() // the point of it: nothing is kept
	if !strings.Contains(text, "$1") {
		args = nil
	}
	if _, err := tx.Exec(text, args...); err != nil {
		return nil, err
	}
	return liteRows(tx.Query, allRows, nil)
}

// allRows reads all partitioned rows.
const allRows = "SELECT 'users', k, id, x FROM users UNION ALL SELECT 'orders', k, id, x FROM orders UNION ALL " +
	"SELECT 'items', k, id, x FROM items UNION ALL SELECT 'logs', k, id, x FROM logs"

// bigDatabase is a connection to PostgreSQL with temporary tables.
type bigDatabase struct{ conn *pgx.Conn }

func openBig(t *testing.T, shard int) database {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, pgtest.Shared(t).DSN())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close(ctx)) })
	_, err = conn.Exec(ctx, oracleScript(shard, "TEMPORARY "))
	require.NoError(t, err)
	return bigDatabase{conn}
}

func (b bigDatabase) answer(text string, args []any) ([]string, error) {
	return bigRows(b.conn.Query, text, args)
}

func bigRows(query func(context.Context, string, ...any) (pgx.Rows, error), text string, args []any) ([]string, error) {
	if !strings.Contains(text, "$1") {
		args = nil
	}
	rows, err := query(context.Background(), text, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (string, error) {
		values, err := row.Values()
		return fmt.Sprint(values), err
	})
}

func (b bigDatabase) effect(text string, args []any) ([]string, error) {
	tx, err := b.conn.Begin(context.Background())
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback(context.Background()) }() // the point of it: nothing is kept
	if !strings.Contains(text, "$1") {
		args = nil
	}
	if _, err := tx.Exec(context.Background(), text, args...); err != nil {
		return nil, err
	}
	return bigRows(tx.Query, allRows, nil)
}

// needed returns the shards of an occurrence.
func needed(o *statement.Occurrence, args []any) []int {
	if o.Decl == nil {
		return []int{0, 1, 2}
	}
	k := keyset.Evaluate(o.Keys[0], keyset.Integer, args)
	var shards []int
	for shard := range oracleShards {
		if k.All || len(k.Intervals) > 0 || slices.ContainsFunc(k.Values, func(v any) bool {
			return ((v.(int64)%oracleShards)+oracleShards)%oracleShards == int64(shard)
		}) {
			shards = append(shards, shard)
		}
	}
	return shards
}

// route returns the shards that a statement runs on; false if it is refused.
func route(a *statement.Analysis, plain bool, args []any) ([]int, bool) {
	var all, anchors []int
	for _, o := range a.Occurrences {
		shards := needed(o, args)
		all = append(all, shards...)
		if o.Anchor {
			anchors = append(anchors, shards...)
		}
	}
	slices.Sort(all)
	if all = slices.Compact(all); len(all) == 0 {
		all = []int{0}
	}
	if len(all) == 1 {
		return all, true
	}
	if a.Scatter != nil || !plain {
		return nil, false
	}
	slices.Sort(anchors)
	if anchors = slices.Compact(anchors); len(anchors) == 0 {
		anchors = []int{0}
	}
	return anchors, true
}

type oracleRun struct {
	t       *testing.T
	dialect messages.Dialect
	whole   database
	shards  []database
	counts  map[string]int
}

func (o *oracleRun) check(t *rapid.T) {
	g := &generator{t: t, sqlite: o.dialect == messages.SQLite}
	text, plain, changes := g.statement()
	args := []any{int64(g.n(7))}
	o.compare(t, text, plain, changes, args)
}

func (o *oracleRun) compare(t require.TestingT, text string, plain, changes bool, args []any) {
	s, err := statement.Read(o.dialect, text)
	require.NoError(t, err, text)
	a := statement.Analyse(s, shop)
	require.NotEqual(t, statement.NotUnderstood, codeOf(a.Scatter), text)
	if a.KeyAssigned != nil || a.ChangesReference != "" {
		return
	}
	targets, ok := route(a, plain, args)
	if !ok {
		o.counts["refused"]++
		return
	}
	run := database.answer
	if changes {
		run = database.effect
	}
	expected, err := run(o.whole, text, args)
	if err != nil {
		if os.Getenv("ORACLE_ERRORS") != "" {
			fmt.Println(err, text)
		}
		o.counts["invalid"]++
		return
	}
	got := []string{}
	for shard, db := range o.shards {
		switch {
		case slices.Contains(targets, shard):
			part, err := run(db, text, args)
			require.NoError(t, err, text)
			got = append(got, part...)
		case changes:
			part, err := db.answer(allRows, nil)
			require.NoError(t, err)
			got = append(got, part...)
		}
	}
	slices.Sort(expected)
	slices.Sort(got)
	o.counts[fmt.Sprintf("shards=%d", len(targets))]++
	if len(expected) > 0 {
		o.counts["rows"]++
	}
	require.Equal(t, strings.Join(expected, "\n"), strings.Join(got, "\n"), "%s\nargs %v\nshards %v\n%s", text, args, targets, keysOf(a, args...))
}

func codeOf(r *statement.Refusal) statement.Code {
	if r == nil {
		return ""
	}
	return r.Code
}

func newOracle(t *testing.T, d messages.Dialect, open func(*testing.T, int) database) *oracleRun {
	o := &oracleRun{t: t, dialect: d, whole: open(t, -1), counts: map[string]int{}}
	for shard := range oracleShards {
		o.shards = append(o.shards, open(t, shard))
	}
	t.Cleanup(func() { t.Log(o.counts) })
	return o
}

func TestOracleSQLite(t *testing.T) {
	o := newOracle(t, messages.SQLite, openLite)
	rapid.Check(t, o.check)
	require.Positive(t, o.counts["shards=1"])
	require.Positive(t, o.counts["shards=3"])
}

func TestOraclePostgreSQL(t *testing.T) {
	o := newOracle(t, messages.PostgreSQL, openBig)
	rapid.Check(t, o.check)
	require.Positive(t, o.counts["shards=1"])
	require.Positive(t, o.counts["shards=3"])
}
