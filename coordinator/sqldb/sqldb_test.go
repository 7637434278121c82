package sqldb_test

import (
	"context"
	"database/sql"
	"io"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/sqldb"
	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

func TestMain(m *testing.M) {
	messages.PoisonRecycled(true)
	goleak.VerifyTestMain(pgtest.Main(m))
}

const limit = 30 * time.Second

func within(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return ctx
}

// open returns the second of two shards, as a troupe and as database/sql.
func open(t *testing.T, dsn shardworker.DSN) (*coordinator.Troupe, *sql.DB) {
	t.Helper()
	other := shardworker.DSN("sqlite:" + filepath.Join(t.TempDir(), "other.db") + "?synchronous=OFF")
	troupe, err := coordinator.Spawn(within(t), coordinator.Config{
		Shards: []shardworker.Shard{{ID: "other", DSN: other}, {ID: "this", DSN: dsn}},
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, troupe.Close(within(t))) })
	db, err := sqldb.Open(troupe, "this")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return troupe, db
}

// engines are those that every test runs on, and how their first placeholders are written.
func engines(t *testing.T, test func(t *testing.T, troupe *coordinator.Troupe, db *sql.DB, one, two string)) {
	t.Run("SQLite", func(t *testing.T) {
		troupe, db := open(t, shardworker.DSN("sqlite:"+filepath.Join(t.TempDir(), "this.db")+"?synchronous=OFF"))
		test(t, troupe, db, "?", "?")
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		troupe, db := open(t, shardworker.DSN(pgtest.Shared(t).DSN()+"&pool_max_conns=1"))
		test(t, troupe, db, "$1", "$2")
	})
}

func TestStatements(t *testing.T) {
	engines(t, func(t *testing.T, troupe *coordinator.Troupe, db *sql.DB, one, two string) {
		ctx := within(t)
		require.NoError(t, db.PingContext(ctx))
		_, err := db.ExecContext(ctx, `CREATE TABLE t (id bigint, at timestamp, ok boolean, f double precision, b bytea, j json, n text)`)
		require.NoError(t, err)
		at := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
		insert := `INSERT INTO t (id, at, ok, f, b, j) VALUES (` + one + `, ` + two + `, true, 1.5, '\x01', '{"a": [1]}')`
		if one == "?" {
			insert = `INSERT INTO t (id, at, ok, f, b, j) VALUES (?, ?, true, 1.5, x'01', '{"a": [1]}')`
		}
		result, err := db.ExecContext(ctx, insert, 7, at)
		require.NoError(t, err)
		n, err := result.RowsAffected()
		require.NoError(t, err)
		require.EqualValues(t, 1, n)
		_, err = result.LastInsertId()
		require.Error(t, err)

		stmt, err := db.PrepareContext(ctx, `SELECT id, at, ok, f, j, n FROM t WHERE id = `+one)
		require.NoError(t, err)
		defer func() { require.NoError(t, stmt.Close()) }()
		var (
			id      int64
			was     time.Time
			ok      bool
			f       float64
			j       string
			nothing sql.NullString
		)
		require.NoError(t, stmt.QueryRowContext(ctx, 7).Scan(&id, &was, &ok, &f, &j, &nothing))
		require.Equal(t, []any{int64(7), true, 1.5, `{"a": [1]}`, false}, []any{id, ok, f, j, nothing.Valid})
		require.True(t, at.Equal(was), "%v", was)
		require.ErrorIs(t, stmt.QueryRowContext(ctx, 8).Scan(&id), sql.ErrNoRows)

		_, err = troupe.Exec(coordinator.OnShard(ctx, "other"), `SELECT * FROM t`)
		require.ErrorIs(t, err, messages.ErrStatement, "the other shard must have no such table")
	})
}

func TestErrorsAreTheTroupes(t *testing.T) {
	engines(t, func(t *testing.T, troupe *coordinator.Troupe, db *sql.DB, _, _ string) {
		var e *messages.Error
		_, err := db.ExecContext(within(t), `SELECT FROM FROM`)
		require.ErrorAs(t, err, &e)
		require.Equal(t, messages.ErrStatement, e.Code)
		require.Equal(t, messages.ShardID("this"), e.Shard)
		_, err = db.ExecContext(within(t), `SELECT 1`, sql.Named("a", 1))
		require.ErrorIs(t, err, messages.ErrInvalidRequest)
		_, err = db.BeginTx(within(t), &sql.TxOptions{Isolation: sql.LevelLinearizable})
		require.ErrorIs(t, err, messages.ErrInvalidRequest)
		_, err = sqldb.Open(troupe, "nobody")
		require.ErrorIs(t, err, messages.ErrUnknownShard)
		_, err = db.Driver().Open("this")
		require.ErrorIs(t, err, messages.ErrInvalidRequest)
	})
}

func TestTransactions(t *testing.T) {
	engines(t, func(t *testing.T, troupe *coordinator.Troupe, db *sql.DB, one, _ string) {
		ctx := within(t)
		count := func() (n int) {
			require.NoError(t, db.QueryRowContext(ctx, `SELECT count(*) FROM t`).Scan(&n))
			return n
		}
		_, err := db.ExecContext(ctx, `CREATE TABLE t (id bigint)`)
		require.NoError(t, err)
		for _, commit := range []bool{true, false} {
			tx, err := db.BeginTx(ctx, nil)
			require.NoError(t, err)
			_, err = tx.ExecContext(ctx, `INSERT INTO t VALUES (`+one+`)`, 1)
			require.NoError(t, err)
			var n int
			require.NoError(t, tx.QueryRowContext(ctx, `SELECT count(*) FROM t`).Scan(&n))
			if commit {
				require.Equal(t, 1, n)
				require.NoError(t, tx.Commit())
			} else {
				require.Equal(t, 2, n)
				require.NoError(t, tx.Rollback())
			}
			require.ErrorIs(t, tx.Commit(), sql.ErrTxDone)
			require.Equal(t, 1, count())
		}

		tx, err := db.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelSerializable, ReadOnly: true})
		require.NoError(t, err)
		_, err = tx.ExecContext(ctx, `INSERT INTO t VALUES (2)`)
		require.Error(t, err)
		require.NoError(t, tx.Rollback())

		// A transaction of the troupe in the context is another one.
		outer, err := troupe.Begin(coordinator.OnShard(ctx, "other"))
		require.NoError(t, err)
		inner, err := db.BeginTx(coordinator.WithTx(ctx, outer.(*coordinator.Tx)), nil)
		require.NoError(t, err)
		_, err = inner.ExecContext(coordinator.WithTx(ctx, outer.(*coordinator.Tx)), `INSERT INTO t VALUES (3)`)
		require.NoError(t, err)
		require.NoError(t, outer.Rollback(ctx))
		require.NoError(t, inner.Commit())
		require.Equal(t, 2, count())

		// The end of its context rolls it back, and the connection is there again.
		bounded, cancel := context.WithCancel(ctx)
		tx, err = db.BeginTx(bounded, nil)
		require.NoError(t, err)
		_, err = tx.ExecContext(ctx, `INSERT INTO t VALUES (4)`)
		require.NoError(t, err)
		cancel()
		require.Equal(t, 2, count())
		require.Error(t, tx.Commit())
	})
}

func TestOddValues(t *testing.T) {
	_, db := open(t, shardworker.DSN(pgtest.Shared(t).DSN()))
	for expression, want := range map[string]string{
		`1.50::numeric`: "1.50",
		`'6ba7b810-9dad-11d1-80b4-00c04fd430c8'::uuid`: "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
		`'{1,2}'::int[]`:           "{1,2}",
		`'1 day'::interval`:        "1 day 00:00:00",
		`'{"a": 1}'::jsonb`:        `{"a": 1}`,
		`3::int2`:                  "3",
		`0.5::real`:                "0.5",
		`'12:00'::time`:            "12:00:00.000000",
		`'10.0.0.1'::inet`:         "10.0.0.1/32",
		`'null'::json`:             "null",
		`array['a','b c']::text[]`: `{a,"b c"}`,
	} {
		var text string
		require.NoError(t, db.QueryRowContext(within(t), `SELECT `+expression).Scan(&text), expression)
		require.Equal(t, want, text, expression)
	}
	var text sql.NullString
	require.NoError(t, db.QueryRowContext(within(t), `SELECT null::json`).Scan(&text))
	require.False(t, text.Valid)
	require.ErrorIs(t, db.QueryRowContext(within(t), `SELECT '[1,3)'::int4range`).Scan(&text), messages.ErrInvalidRequest)
	found, err := db.QueryContext(within(t), `SELECT 1::int2 AS a, '{}'::jsonb AS b`)
	require.NoError(t, err)
	types, err := found.ColumnTypes()
	require.NoError(t, err)
	require.Equal(t, "int2 jsonb", types[0].DatabaseTypeName()+" "+types[1].DatabaseTypeName())
	require.NoError(t, found.Close())
}
