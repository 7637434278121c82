package sqlite_test

import (
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

func TestCommandTags(t *testing.T) {
	b := memory(t)
	for _, test := range []struct{ sql, tag string }{
		{"create table t (id integer primary key, a)", "CREATE TABLE"},
		{"create temp table x (a)", "CREATE TABLE"},
		{"create unique index i on t (a, id)", "CREATE INDEX"},
		{"alter table t add column b", "ALTER TABLE"},
		{"insert into t (a) values (1), (2), (3)", "INSERT 0 3"},
		{"/* c */ with n as (select 7 as delete_) insert into t (a) select delete_ from n -- update", "INSERT 0 1"},
		{"replace into t (id, a) values (1, 9)", "INSERT 0 1"},
		{"insert into t (id) values (1) on conflict do nothing", "INSERT 0 0"},
		{"update t set a = 5 where id < 3;", "UPDATE 2"},
		{"delete from t where id = 1", "DELETE 1"},
		{"delete from t", "DELETE 3"},
		{"delete from t", "DELETE 0"},
		{"select 1 union all select 2", "SELECT 2"},
		{"values (1), (2), (3)", "SELECT 3"},
		{"with n as (select 1) select * from n", "SELECT 1"},
		{"begin", "BEGIN"},
		{"begin; end", "COMMIT"},
		{"begin; rollback", "ROLLBACK"},
		{"drop index i", "DROP INDEX"},
		{"pragma user_version = 3", "PRAGMA"},
		{"vacuum", "VACUUM"},
		{"", ""},
		{" -- nothing", ""},
		{";;", ""},
		{"insert into t values (1, 1, 1); delete from t", "DELETE 1"},
	} {
		require.Equal(t, test.tag, exec(t, b, test.sql).String(), test.sql)
	}
}

func TestQueryOfStatementWithoutRows(t *testing.T) {
	b := memory(t)
	for sql, want := range map[string]string{"": "", "create table t (a)": "CREATE TABLE"} {
		rows, tag := query(t, b, sql)
		require.Empty(t, rows)
		require.Equal(t, want, tag.String())
	}
}

func TestSeveralStatements(t *testing.T) {
	b := memory(t)
	exec(t, b, "create table t (a); insert into t values (1);; insert into t values (2); -- done\n")
	require.Equal(t, int64(2), one(t, b, "select count(*) from t"))

	c := acquire(t, b, writer)
	_, err := c.Exec(background(t), "insert into t values (3); nonsense; insert into t values (4)", nil)
	require.ErrorIs(t, err, messages.ErrStatement)
	require.Equal(t, int64(3), one(t, b, "select count(*) from t"), "what ran before stays")

	for _, sql := range []string{"select 1; select 2", "select 1;/* c */ nonsense"} {
		_, err = c.Query(background(t), sql, nil)
		require.ErrorIs(t, err, messages.ErrInvalidRequest)
		require.ErrorContains(t, err, "a second statement begins at byte")
	}
	_, err = c.Exec(background(t), "insert into t values ($1); delete from t", []any{1})
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	require.ErrorContains(t, err, `byte 27 with "delete"`)
	_, err = c.Exec(background(t), "insert into t values ($1); select $1", nil)
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	for _, sql := range []string{"select 1;", "select 1; ; ", "select 1; -- c", "select 1 /* c */ ;/* d */"} {
		rows, _ := queryOn(t, c, sql)
		require.Equal(t, []any{int64(1)}, rows[0].values, sql)
	}
}

func TestStatementRefused(t *testing.T) {
	c := acquire(t, memory(t), writer)
	_, err := c.Query(background(t), "select 1\x00; drop table t", nil)
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	_, err = c.Query(background(t), "select * form t", nil)
	require.ErrorIs(t, err, messages.ErrStatement)
	var cause *sqlite.Error
	require.ErrorAs(t, err, &cause)
	require.Equal(t, 1, cause.Code())
	require.Equal(t, 9, cause.Offset())
	require.Contains(t, cause.Message(), "syntax error")
}

func TestConstraint(t *testing.T) {
	b := memory(t)
	exec(t, b, "create table t (a unique)")
	exec(t, b, "insert into t values (1)")
	_, err := acquire(t, b, writer).Exec(background(t), "insert into t values ($1)", []any{1})
	require.ErrorIs(t, err, messages.ErrStatement)
	var cause *sqlite.Error
	require.ErrorAs(t, err, &cause)
	require.Equal(t, 19, cause.Code())
	require.Equal(t, 2067, cause.ExtendedCode())
	require.EqualError(t, err, "troupe: statement failed: exec: UNIQUE constraint failed: t.a (SQLite 2067)")
}

// TestSchemaChange: a prepared statement follows the schema, though another connection changes it.
func TestSchemaChange(t *testing.T) {
	b, file := openFile(t)
	exec(t, b, "create table t (a integer)")
	exec(t, b, "insert into t values (1)")
	c := acquire(t, b, readers)
	rows, _ := queryOn(t, c, "select * from t")
	require.Equal(t, []any{int64(1)}, rows[0].values)
	exec(t, open(t, sqlite.Config{Path: file}), "alter table t add column b boolean default 1")
	rows, _ = queryOn(t, c, "select * from t")
	require.Equal(t, row{[]any{int64(1), true}, []uint32{pgtype.Int8OID, pgtype.BoolOID}}, rows[0])
	exec(t, b, "drop table t; create table t (x text)")
	cursor, err := c.Query(background(t), "select * from t", nil)
	require.NoError(t, err)
	require.Len(t, cursor.Description().Fields, 1)
	require.Equal(t, uint32(pgtype.TextOID), cursor.Description().Fields[0].DataTypeOID)
	_, err = cursor.Close()
	require.NoError(t, err)
	exec(t, b, "drop table t")
	_, err = c.Query(background(t), "select * from t", nil)
	require.ErrorIs(t, err, messages.ErrStatement)
}

// TestStatementCache runs more statements than the cache holds, and each several times with other arguments.
func TestStatementCache(t *testing.T) {
	b := open(t, sqlite.Config{Mode: sqlite.Memory, Statements: 3})
	for i := range 20 {
		sql := fmt.Sprintf("select $1 || '-%d'", i*i%5)
		require.Equal(t, fmt.Sprintf("%d-%d", i, i*i%5), one(t, b, sql, fmt.Sprint(i)))
	}
}

func TestCachedStatementAllocatesLittle(t *testing.T) {
	b := memory(t)
	exec(t, b, "create table t (id integer primary key, name text)")
	exec(t, b, series(1000)+" insert into t select i, 'name '||i from s")
	c := acquire(t, b, readers)
	args := []any{0}
	batch := messages.NewRowBatch(nil)
	run := func() {
		cursor, err := c.Query(background(t), "select id, name from t where id > $1", args)
		require.NoError(t, err)
		for cursor.Next() {
			batch.Truncate(0)
			cursor.Append(batch)
		}
		_, err = cursor.Close()
		require.NoError(t, err)
	}
	run()
	require.Less(t, testing.AllocsPerRun(20, run), 30.0, "for 1000 rows")
}
