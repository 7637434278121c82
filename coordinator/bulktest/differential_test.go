package bulktest_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/shardworker"
)

// queue is the statements that random batches consist of. Their argument, if they have one, is a small number.
var queue = []struct {
	sql string
	arg bool
}{
	{"insert into item (id, name) values ($1, 'x')", true},
	{"insert into item (id, name) values ($1, 'y') returning id", true},
	{"insert into item (id, name) select $1::int + n, 'z' from generate_series(1, 3) n on conflict do nothing", true},
	{"update item set note = 'n' where id < $1", true},
	{"delete from item where id = $1 returning id", true},
	{"select id || name || coalesce(note, '') from item order by id", false},
	{"select count(*) from item where id > $1", true},
	{"select n from generate_series(1, 20000) n", false},
	{"select 10 / ($1::int - 3)", true}, // fails for 3
	{"select 1 / (n - 3) from generate_series(1, 5) n", false},
	{"with gone as (delete from item where id = $1 returning id) select count(*) from gone", true},
	{"insert into item (id, name) values ($1, 'bad')", true},
	{"create temporary table scratch (n int) on commit drop", false},
	{"selec 1", false},
}

// step is how one result is read.
type step struct {
	sql     string
	args    []any
	how     int // exec, all rows, some rows, the first row
	callsFn bool
}

// TestBatchesAgreeWithPGX runs random batches on a *pgx.Conn and on a troupe of one PostgreSQL database: same results, same errors, same
// rows afterwards.
func TestBatchesAgreeWithPGX(t *testing.T) {
	ctx := within(t)
	direct, sharded := pgtest.Shared(t), pgtest.Shared(t)
	// In this mode pgx doesn't prepare all statements before it runs the first, so that it sees the errors that a database would.
	conn, err := pgx.Connect(ctx, direct.DSN()+"&default_query_exec_mode=exec")
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close(ctx)) }()
	troupe, err := coordinator.Spawn(ctx, coordinator.Config{Shards: []shardworker.Shard{{ID: "s0", DSN: shardworker.DSN(sharded.DSN())}}})
	require.NoError(t, err)
	defer func() { require.NoError(t, troupe.Close(ctx)) }()
	for _, db := range []*pgtest.Database{direct, sharded} {
		require.NoError(t, db.Exec("create table item (id bigint primary key, name text not null check (name <> 'bad'), note text)"))
	}
	failed, fine := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		for _, db := range []*pgtest.Database{direct, sharded} { // so that a failure can be found again
			require.NoError(t, db.Exec("truncate item; insert into item values (7, 'seven'), (17, 'seventeen')"))
		}
		var steps []step
		for range rapid.IntRange(0, 12).Draw(t, "statements") {
			q := queue[rapid.IntRange(0, len(queue)-1).Draw(t, "statement")]
			s := step{sql: q.sql, how: rapid.IntRange(0, 3).Draw(t, "how"), callsFn: rapid.Bool().Draw(t, "function")}
			if q.arg {
				s.args = []any{rapid.IntRange(0, 40).Draw(t, "argument")}
			}
			steps = append(steps, s)
		}
		read := rapid.IntRange(0, len(steps)+1).Draw(t, "read before Close")
		explicit := rapid.Bool().Draw(t, "in a transaction")
		want := play(t, steps, read, explicit, conn.Begin, func(b *pgx.Batch) pgx.BatchResults { return conn.SendBatch(ctx, b) }, ctx)
		got := play(t, steps, read, explicit, troupe.Begin, func(b *pgx.Batch) pgx.BatchResults { return troupe.SendBatch(ctx, b) }, ctx)
		if !slices.Equal(want, got) {
			t.Fatalf("pgx:\n\t%s\ntroupe:\n\t%s", strings.Join(want, "\n\t"), strings.Join(got, "\n\t"))
		}
		require.Equal(t, content(t, direct), content(t, sharded))
		if slices.ContainsFunc(want, func(s string) bool { return strings.Contains(s, "error ") }) {
			failed++
		} else {
			fine++
		}
	})
	t.Logf("%d batches failed, %d did not", failed, fine)
	require.NotZero(t, failed)
	require.NotZero(t, fine)
}

// play sends a batch, reads some of its results, closes it, and returns what it has seen.
func play(
	t *rapid.T, steps []step, read int, explicit bool,
	begin func(context.Context) (pgx.Tx, error), send func(*pgx.Batch) pgx.BatchResults, ctx context.Context,
) []string {
	var seen []string
	note := func(format string, args ...any) { seen = append(seen, fmt.Sprintf(format, args...)) }
	// Once the batch has failed, functions aren't called any more, says pgx's documentation; in this mode pgx calls some.
	called := func(i int, what string) {
		if !strings.HasPrefix(what, "error") {
			note("%d: function: %s", i, what)
		}
	}
	var b pgx.Batch
	for i, s := range steps {
		q := b.Queue(s.sql, s.args...)
		if !s.callsFn {
			continue
		}
		switch s.how {
		case 0:
			q.Exec(func(tag pgconn.CommandTag) error { called(i, tag.String()); return nil })
		case 1, 2:
			q.Query(func(rows pgx.Rows) error { called(i, readRows(rows, s.how == 2)); return nil })
		case 3:
			q.QueryRow(func(row pgx.Row) error { called(i, readRow(row)); return nil })
		}
	}
	var tx pgx.Tx
	var results pgx.BatchResults
	if explicit {
		var err error
		tx, err = begin(ctx)
		require.NoError(t, err)
		results = tx.SendBatch(ctx, &b)
	} else {
		results = send(&b)
	}
	for i := range read {
		how := 0
		if i < len(steps) {
			how = steps[i].how
		}
		switch how {
		case 0:
			tag, err := results.Exec()
			note("%d: exec: %s %s", i, tag, said(err))
		case 1, 2:
			rows, _ := results.Query() // an error comes with the rows, too
			note("%d: query: %s", i, readRows(rows, how == 2))
		case 3:
			note("%d: row: %s", i, readRow(results.QueryRow()))
		}
	}
	note("close: %s", said(results.Close()))
	note("again: %s", said(results.Close()))
	_, err := results.Exec()
	note("closed: %v", err != nil)
	if explicit {
		if err := tx.Commit(ctx); err != nil {
			note("commit fails: %v", errors.Is(err, pgx.ErrTxCommitRollback))
		}
	}
	return seen
}

// readRows reads rows, or some of them, and closes them: in this mode pgx mistakes the rest of open rows for the next result.
func readRows(rows pgx.Rows, some bool) string {
	n := 0
	last := []any(nil)
	for (!some || n < 2) && rows.Next() {
		n++
		last, _ = rows.Values()
	}
	rows.Close()
	if rows.Err() != nil { // how many rows come before it is the database's and the network's affair
		return said(rows.Err())
	}
	if some {
		return fmt.Sprint(n, last)
	}
	return fmt.Sprint(n, last, rows.CommandTag())
}

func readRow(row pgx.Row) string {
	var first any
	err := row.Scan(&first)
	if err == nil {
		return fmt.Sprint(first)
	}
	if errors.Is(err, pgx.ErrNoRows) {
		return "none"
	}
	return said(err)
}

// said returns what an error is about: its SQLSTATE, if it has one.
func said(err error) string {
	var pg *pgconn.PgError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &pg):
		return "error " + pg.Code
	default:
		return "error"
	}
}

func content(t *rapid.T, db *pgtest.Database) int {
	n, err := db.QueryInt("select coalesce(sum(hashtext(item::text)::bigint), 0) from item")
	require.NoError(t, err)
	return n
}
