package txtest_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// side plays a sequence of operations on one of two databases that have to answer alike.
type side struct {
	beginner interface {
		BeginTx(ctx context.Context, options pgx.TxOptions) (pgx.Tx, error)
	}
	txs []pgx.Tx // all that were ever begun in this play, the outermost first
}

// operation is one step of a play. It addresses a transaction by its number, whatever state that is in.
type operation struct {
	kind string
	tx   int
	key  int
}

func (o operation) String() string { return fmt.Sprintf("%s(tx %d, key %d)", o.kind, o.tx, o.key) }

// statements are the texts of the operations that are statements, $1 is the key. They mean the same to both engines.
var statements = map[string]string{
	"insert":     "insert into t (k, v) values ($1, 1)",
	"upsert":     "insert into t (k, v) values ($1, 1) on conflict (k) do update set v = t.v + 1",
	"update":     "update t set v = v + 10 where k <= $1",
	"delete":     "delete from t where k = $1",
	"null":       "insert into t (k, v) values ($1, null)",
	"check":      "update t set v = -1 where k >= $1",
	"orphan":     "insert into child (k, parent) values ($1, -7)",
	"no table":   "insert into nowhere values ($1)",
	"syntax":     "insert insert into t values ($1)",
	"arguments":  "delete from t where k = $1 and v = $2",
	"no rows":    "select v from t where k = $1 and v < 0",
	"read":       "select k, v from t where k <> $1 order by k",
	"returning":  "update t set v = v + 100 where k = $1 returning k, v",
	"count":      "select count(*), cast(coalesce(sum(v), 0) as bigint) from t where k <> $1",
	"late error": "select k / (k - $1) from t order by k",
}

// late is an error that comes with a row in PostgreSQL; SQLite answers NULL.
const late = "late error"

// queries are the operations that ask for rows.
var queries = map[string]bool{"no rows": true, "read": true, "returning": true, "count": true, late: true}

// play runs one operation and says what came of it.
func (s *side) play(ctx context.Context, o operation) string {
	tx := s.txs[o.tx]
	switch o.kind {
	case "begin":
		inner, err := tx.Begin(ctx)
		if err == nil {
			s.txs = append(s.txs, inner)
		}
		return class(err)
	case "commit":
		return class(tx.Commit(ctx))
	case "rollback":
		return class(tx.Rollback(ctx))
	case "row":
		var v int64
		err := tx.QueryRow(ctx, "select v from t where k = $1", o.key).Scan(&v)
		return fmt.Sprint(v, class(err))
	case "left early":
		return s.leaveEarly(ctx, tx)
	}
	args := []any{o.key}
	if queries[o.kind] {
		rows, err := tx.Query(ctx, statements[o.kind], args...)
		if err != nil {
			return class(err)
		}
		all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
		if err != nil {
			return class(err)
		}
		return fmt.Sprint(all, rows.CommandTag())
	}
	tag, err := tx.Exec(ctx, statements[o.kind], args...)
	if err != nil {
		return class(err)
	}
	return tag.String()
}

// leaveEarly reads one row and closes: the transaction goes on.
func (s *side) leaveEarly(ctx context.Context, tx pgx.Tx) string {
	rows, err := tx.Query(ctx, "select k from t order by k")
	if err != nil {
		return class(err)
	}
	first := rows.Next()
	rows.Close()
	if err := rows.Err(); err != nil {
		return class(err)
	}
	return fmt.Sprint(first)
}

const (
	noSuch    = "no such statement" // the class of errors about the text of a statement
	objection = "objection"         // the class of a driver's own errors
)

// class says what a caller can learn of an error without its text. What both engines, and troupe and pgx, call by other
// names is called alike.
func class(err error) string {
	var pg *pgconn.PgError
	var lite *sqlite.Error
	switch {
	case err == nil:
		return "done"
	case errors.Is(err, pgx.ErrTxClosed):
		return "closed"
	case errors.Is(err, pgx.ErrTxCommitRollback):
		return "rolled back instead"
	case errors.Is(err, pgx.ErrNoRows):
		return "no rows"
	case errors.Is(err, messages.ErrTxAborted):
		return "aborted"
	case errors.As(err, &pg):
		switch {
		case pg.Code == "25P02":
			return "aborted"
		case strings.HasPrefix(pg.Code, "42"): // what SQLite calls an error, and no more
			return noSuch
		}
		return pg.Code
	case errors.As(err, &lite):
		return constraint(lite)
	default:
		return objection
	}
}

// constraint returns the SQLSTATE of what SQLite says.
func constraint(e *sqlite.Error) string {
	switch e.ExtendedCode() {
	case 1555, 2067:
		return "23505"
	case 1299:
		return "23502"
	case 275:
		return "23514"
	case 787:
		return "23503"
	case 8:
		return "25006"
	case 1:
		return noSuch
	}
	return e.Error()
}

const createPlay = `create table t (k bigint primary key, v bigint not null check (v >= 0));
create table child (k bigint primary key, parent bigint not null references t (k))`

// contents returns all rows as others see them, past any transaction.
func (d *database) contents(t require.TestingT) string {
	rows, err := d.look.QueryContext(context.Background(), "select k, v from t union all select -k, parent from child order by 1, 2")
	require.NoError(t, err)
	defer func() { require.NoError(t, rows.Close()) }()
	var b strings.Builder
	for rows.Next() {
		var k, v int
		require.NoError(t, rows.Scan(&k, &v))
		fmt.Fprintf(&b, "%d=%d ", k, v)
	}
	require.NoError(t, rows.Err())
	return b.String()
}
