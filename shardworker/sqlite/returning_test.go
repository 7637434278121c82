package sqlite_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

const insertThree = "insert into t values (1), (2), (3) returning a"

// withTable returns a backend on a file that has an empty table t, and another that sees what is committed.
func withTable(t *testing.T) (b, observer *sqlite.Backend) {
	b, file := openFile(t)
	exec(t, b, "create table t (a integer)")
	return b, open(t, sqlite.Config{Path: file})
}

func TestReturning(t *testing.T) {
	b, observer := withTable(t)
	rows, tag := query(t, b, insertThree)
	require.Len(t, rows, 3)
	require.Equal(t, "INSERT 0 3", tag.String())
	require.Equal(t, int64(3), one(t, observer, "select count(*) from t"))
	rows, tag = query(t, b, "update t set a = a+1 where a > 1 returning a")
	require.Len(t, rows, 2)
	require.Equal(t, "UPDATE 2", tag.String())
	require.Equal(t, "DELETE 3", exec(t, b, "delete from t returning a").String())
	rows, tag = query(t, b, "delete from t returning a")
	require.Empty(t, rows)
	require.Equal(t, "DELETE 0", tag.String())
}

func TestReturningIsDurableAfterClose(t *testing.T) {
	for unread := range 4 {
		b, observer := withTable(t)
		cursor, err := acquire(t, b, writer).Query(background(t), insertThree, nil)
		require.NoError(t, err)
		for range 3 - unread {
			require.True(t, cursor.Next())
		}
		require.Equal(t, int64(0), one(t, observer, "select count(*) from t"), "not committed yet")
		tag, err := cursor.Close()
		require.NoError(t, err)
		require.Equal(t, "INSERT 0 3", tag.String())
		require.Equal(t, int64(3), one(t, observer, "select count(*) from t"))
	}
}

func TestReturningAbandoned(t *testing.T) {
	for name, abandon := range map[string]func(c shardworker.Conn, closeCursor func() error){
		"interrupted": func(c shardworker.Conn, closeCursor func() error) {
			c.Interrupt()
			require.ErrorIs(t, closeCursor(), messages.ErrCanceled)
		},
		"released": func(c shardworker.Conn, closeCursor func() error) {
			c.Release()
			require.ErrorIs(t, closeCursor(), messages.ErrCanceled)
		},
	} {
		b, observer := withTable(t)
		c := acquire(t, b, writer)
		cursor, err := c.Query(background(t), insertThree, nil)
		require.NoError(t, err)
		require.True(t, cursor.Next())
		abandon(c, func() error { _, err := cursor.Close(); return err })
		c.Release()
		require.Equal(t, int64(0), one(t, observer, "select count(*) from t"), name)
		require.Equal(t, "INSERT 0 1", exec(t, b, "insert into t values (9)").String())
	}
}

func TestReturningConstraint(t *testing.T) {
	b, observer := withTable(t)
	exec(t, b, "create unique index i on t (a)")
	_, err := acquire(t, b, writer).Query(background(t), "insert into t values (1), (1) returning a", nil)
	require.ErrorIs(t, err, messages.ErrStatement)
	require.Equal(t, int64(0), one(t, observer, "select count(*) from t"))
}
