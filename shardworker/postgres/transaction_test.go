package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/postgres"
)

func TestErrorAfterACommit(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN() + "&pool_max_conns=1"})
	exec(t, b, `create table t (n int primary key);
		create procedure p(a int) language plpgsql as $$ begin insert into t values (a); commit; insert into t values (a); end $$`)
	for sql, rows := range map[string]string{
		`insert into t values (1); commit; insert into t values (1)`:     "1",
		`begin; insert into t values (1); end; insert into t values (1)`: "1",
		`call p(1)`:                     "1",
		`do $$ begin call p(1); end $$`: "1",
		`insert into t values (1); insert into t values (1)`:                                                                        "0",
		`begin; insert into t values (1); insert into t values (1); commit`:                                                         "0",
		`insert into t values (1); insert into t values (1) -- ; commit`:                                                            "0",
		`insert into t values (1); insert into t values (case length('; commit; ') when 0 then 0 else 1 end); select 1 as "commit"`: "0",
		`do $$ begin insert into t values (1); insert into t values (1); end $$`:                                                    "0",
	} {
		c := acquire(t, b)
		_, err := c.Exec(background(t), sql, nil)
		c.Release()
		assert.Equal(t, rows, text(t, b, `select count(*)::text from t`), sql)
		assert.ErrorIs(t, err, messages.ErrStatement, sql)
		assert.Equal(t, "23505", sqlState(err), sql)
		var e *messages.Error
		require.ErrorAs(t, err, &e)
		if rows == "1" {
			assert.Equal(t, messages.ErrOutcomeUnknown, e.Code, sql)
			assert.Equal(t, "exec", e.Op)
			assert.NotEmpty(t, e.Detail)
		} else {
			assert.NotErrorIs(t, err, messages.ErrOutcomeUnknown, sql)
		}
		exec(t, b, `truncate t`)
	}

	// What takes arguments, or returns rows, isn't different.
	c := acquire(t, b)
	_, err := c.Exec(background(t), `call p($1)`, []any{2})
	assert.ErrorIs(t, err, messages.ErrOutcomeUnknown)
	assert.ErrorIs(t, queryOn(background(t), c, `call p($1)`, 3).err, messages.ErrOutcomeUnknown)
	assert.NotErrorIs(t, queryOn(background(t), c, `call no_such()`).err, messages.ErrOutcomeUnknown, "it wasn't sent")
	c.Release()
	assert.Equal(t, "2", text(t, b, `select count(*)::text from t`))
}

func TestBackslashesInLiterals(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN() + "&pool_max_conns=1&standard_conforming_strings=off&escape_string_warning=off"})
	c := acquire(t, b)
	defer c.Release()
	_, err := c.Exec(background(t), `select '\'; commit; --'; select 1 / 0`, nil)
	assert.Equal(t, "22012", sqlState(err))
	assert.NotErrorIs(t, err, messages.ErrOutcomeUnknown)
	_, err = c.Exec(background(t), `select '\'; --'; commit; select 1 / 0`, nil)
	assert.Equal(t, "22012", sqlState(err))
	assert.ErrorIs(t, err, messages.ErrOutcomeUnknown)
}

func TestTransactionThatIsLeftOpen(t *testing.T) {
	db := pgtest.Shared(t)
	b := open(t, postgres.Config{DSN: db.DSN() + "&pool_max_conns=1"})
	exec(t, b, `create table t (n int)`)
	c := acquire(t, b)
	for _, sql := range []string{
		`begin; insert into t values (1)`, `insert into t values (1); start transaction`,
		`begin; insert into t values (1); commit and chain; select 1; rollback; begin; insert into t values (1)`,
	} {
		_, err := c.Exec(background(t), sql, nil)
		require.ErrorIs(t, err, messages.ErrInvalidRequest, sql)
		assert.ErrorContains(t, err, "left a transaction open")
		n, err := db.QueryInt(`select count(*) from pg_stat_activity where datname = current_database() and state like 'idle in %'`)
		require.NoError(t, err)
		assert.Zero(t, n, "it was rolled back")
	}
	_, err := c.Exec(background(t), `insert into t values (2); commit; begin; insert into t values (1)`, nil)
	assert.ErrorIs(t, err, messages.ErrInvalidRequest)
	assert.ErrorIs(t, err, messages.ErrOutcomeUnknown)
	_, err = c.Exec(background(t), `begin; insert into t values (3); commit`, nil)
	require.NoError(t, err)

	// A transaction on one conn goes on from text to text.
	for _, sql := range []string{`begin`, `insert into t values (4); insert into t values (5)`, `commit; begin`, `select 1; select 2`, `rollback`} {
		_, err = c.Exec(background(t), sql, nil)
		require.NoError(t, err, sql)
	}
	require.NoError(t, queryOn(background(t), c, `begin; -- alone`).err)
	c.Release()
	assert.Equal(t, "1 2 3 4 5", text(t, b, `select string_agg(n::text, ' ' order by n) from t`))
}

func TestQueryThatLeavesATransactionOpen(t *testing.T) {
	cfg, err := pgxpool.ParseConfig(pgtest.Shared(t).DSN() + "&pool_max_conns=1")
	require.NoError(t, err)
	cfg.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol // takes several statements
	b := open(t, postgres.Config{Pool: cfg})
	c := acquire(t, b)
	const sql = `select 1; begin; select 2`
	a := queryOn(background(t), c, sql)
	assert.ErrorIs(t, a.err, messages.ErrInvalidRequest)
	require.NoError(t, queryOn(background(t), c, `select 1`).err)

	cur, err := c.Query(background(t), sql, nil)
	require.NoError(t, err)
	_, err = cur.Close()
	assert.Error(t, err)
	c.Release()
	require.NoError(t, query(background(t), b, `select 1`).err)
}

func TestPoolIsTheBackends(t *testing.T) {
	db := pgtest.Shared(t)
	b := open(t, postgres.Config{DSN: db.DSN() + "&pool_max_conns=1"})
	one, err := b.Pool().Acquire(background(t))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	waiting := make(chan error, 1)
	go func() {
		_, err := b.Acquire(ctx, 0)
		waiting <- err
	}()
	cancel()
	assert.ErrorIs(t, <-waiting, messages.ErrCanceled, "there is one connection")
	_, err = one.Exec(background(t), `create table t (n int)`)
	require.NoError(t, err)
	_, err = one.CopyFrom(background(t), pgx.Identifier{"t"}, []string{"n"}, pgx.CopyFromRows([][]any{{1}, {2}}))
	require.NoError(t, err)
	one.Release()
	assert.Equal(t, "2", text(t, b, `select count(*)::text from t`))

	theirs, err := pgxpool.New(background(t), db.DSN())
	require.NoError(t, err)
	defer theirs.Close()
	assert.Same(t, theirs, open(t, postgres.Config{Existing: theirs}).Pool())
}
