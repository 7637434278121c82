package postgres_test

import (
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/postgres"
)

func TestValuesArriveAsTheServerSentThem(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN()})
	a := query(background(t), b, `select i, null::text, '', repeat('x', i) from generate_series(1, 3) i where i <= $1`, 2)
	require.NoError(t, a.err)
	require.Len(t, a.rows, 2)
	assert.Equal(t, [][]byte{{0, 0, 0, 2}, nil, {}, []byte("xx")}, a.rows[1])

	names := []string{}
	for _, f := range a.desc.Fields {
		names = append(names, f.Name)
	}
	assert.Equal(t, []string{"i", "text", "?column?", "repeat"}, names)
	assert.EqualValues(t, pgtype.Int4OID, a.desc.Fields[0].DataTypeOID)
	assert.EqualValues(t, pgtype.BinaryFormatCode, a.desc.Fields[0].Format)
	assert.Empty(t, a.desc.Types)
	assert.Empty(t, a.desc.ScanPlans)
}

func TestStatementsWithoutRows(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN()})
	exec(t, b, `create table t (n int)`)
	c := acquire(t, b)
	defer c.Release()
	for sql, tag := range map[string]string{
		`insert into t values (1), (2)`: "INSERT 0 2",
		`select`:                        "SELECT 1",
		`select n from t where n < 0`:   "SELECT 0",
		`create table u ()`:             "CREATE TABLE",
		`-- nothing`:                    "",
	} {
		cur, err := c.Query(background(t), sql, nil)
		require.NoError(t, err, sql)
		for cur.Next() {
			assert.Equal(t, `select`, sql, "a row")
		}
		got, err := cur.Close()
		require.NoError(t, err, sql)
		assert.Equal(t, tag, got.String(), sql)
		assert.NotNil(t, cur.Description(), sql)
	}
}

func TestExecRunsSeveralStatements(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN()})
	c := acquire(t, b)
	defer c.Release()
	tag, err := c.Exec(background(t), `create table t (n int); insert into t values (1), (2); update t set n = n + 1`, nil)
	require.NoError(t, err)
	assert.Equal(t, "UPDATE 2", tag.String())
	tag, err = c.Exec(background(t), `delete from t where n = $1`, []any{3})
	require.NoError(t, err)
	assert.Equal(t, "DELETE 1", tag.String())

	// One that fails takes the others with it.
	_, err = c.Exec(background(t), `insert into t values (7); select 1 / 0`, nil)
	assert.ErrorIs(t, err, messages.ErrStatement)
	assert.Equal(t, "0", text(t, b, `select count(*)::text from t where n = 7`))
}

func TestLargeRowsAndTheCap(t *testing.T) {
	dsn := pgtest.Shared(t).DSN()
	const mib = 1 << 20
	b := open(t, postgres.Config{DSN: dsn + "&pool_max_conns=1"})
	assert.Equal(t, strings.Repeat("x", 64*mib), text(t, b, `select repeat('x', $1)`, 64*mib))

	a := query(background(t), b, `select repeat('x', $1)`, 65*mib)
	assert.ErrorIs(t, a.err, messages.ErrRowTooLarge)
	assert.Equal(t, "x", text(t, b, `select 'x'`), "the connection is replaced")

	small := open(t, postgres.Config{DSN: dsn, MaxRowBytes: 1000})
	assert.Len(t, text(t, small, `select repeat('x', 900)`), 900)
	a = query(background(t), small, `select repeat('x', 1000)`)
	assert.ErrorIs(t, a.err, messages.ErrRowTooLarge)
	assert.NotErrorIs(t, a.err, messages.ErrOutcomeUnknown)

	exec(t, b, `create table t (v text)`)
	a = query(background(t), small, `insert into t values (repeat('x', 1000)) returning v`)
	assert.ErrorIs(t, a.err, messages.ErrOutcomeUnknown)
	assert.ErrorIs(t, a.err, messages.ErrRowTooLarge)
}

func TestStalePlanIsReplanned(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN() + "&pool_max_conns=2"})
	exec(t, b, `create table t (n int); insert into t values (1)`)
	one, two := acquire(t, b), acquire(t, b)
	defer one.Release()
	defer two.Release()
	const star = `select * from t where n = $1`
	for _, column := range []string{"a", "b"} {
		before := queryOn(background(t), one, star, 1)
		require.NoError(t, before.err)
		_, err := two.Exec(background(t), `alter table t add column `+column+` text`, nil)
		require.NoError(t, err)
		after := queryOn(background(t), one, star, 1)
		require.NoError(t, after.err)
		assert.Len(t, after.desc.Fields, len(before.desc.Fields)+1)
	}
}

func TestDescriptionIsKept(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN()})
	c := acquire(t, b)
	defer c.Release()
	first := queryOn(background(t), c, `select 1 as n, 'x' as s`)
	second := queryOn(background(t), c, `select 1 as n, 'x' as s`)
	assert.Same(t, first.desc, second.desc)
	other := queryOn(background(t), c, `select 2 as n, 'x' as s, 4 as t`)
	assert.Len(t, other.desc.Fields, 3)
	assert.Len(t, first.desc.Fields, 2)
}

func TestBufferedTellsWhetherNextWouldWait(t *testing.T) {
	b := open(t, postgres.Config{DSN: pgtest.Shared(t).DSN()})
	c := acquire(t, b)
	defer c.Release()
	cur, err := c.Query(background(t), `select i from generate_series(1, 3) i`, nil)
	require.NoError(t, err)
	for range 3 {
		assert.True(t, cur.Buffered())
		require.True(t, cur.Next())
	}
	require.False(t, cur.Next())
	assert.True(t, cur.Buffered())
	_, err = cur.Close()
	require.NoError(t, err)

	// The server sends its buffer of 8 KiB when that is full: the first row and a half of these.
	cur, err = c.Query(background(t), `select repeat('x', 5000), case when i = 3 then pg_sleep(1000)::text end from generate_series(1, 3) i`, nil)
	require.NoError(t, err)
	assert.True(t, cur.Buffered())
	require.True(t, cur.Next())
	assert.False(t, cur.Buffered())
	_, err = cur.Close()
	assert.ErrorIs(t, err, messages.ErrCanceled)
}
