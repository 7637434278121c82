package sqlite_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

func TestRowCap(t *testing.T) {
	b := open(t, sqlite.Config{Mode: sqlite.Memory, MaxRowBytes: 10_000})
	c := acquire(t, b, readers)

	cursor, err := c.Query(background(t), "select zeroblob(10) union all select zeroblob(10000)", nil)
	require.NoError(t, err)
	require.True(t, cursor.Next())
	require.True(t, cursor.Next())
	_, err = cursor.Close()
	require.NoError(t, err)

	_, err = c.Query(background(t), "select zeroblob(10001)", nil)
	require.ErrorIs(t, err, messages.ErrRowTooLarge, "one value")
	cursor, err = c.Query(background(t), "select 1, 2 union all select zeroblob(6000), zeroblob(6000)", nil)
	require.NoError(t, err)
	require.True(t, cursor.Next())
	require.False(t, cursor.Next())
	_, err = cursor.Close()
	require.ErrorIs(t, err, messages.ErrRowTooLarge, "two values together")
	require.ErrorContains(t, err, "row 2 has 12000 bytes")

	_, err = c.Query(background(t), "select $1", []any{make([]byte, 20_000)})
	require.ErrorIs(t, err, messages.ErrRowTooLarge, "an argument")
	require.Equal(t, int64(1), one(t, b, "select 1"))
}

func TestValueOf64MiB(t *testing.T) {
	if testing.Short() {
		t.Skip("it moves some hundred megabytes")
	}
	messages.PoisonRecycled(false)
	defer messages.PoisonRecycled(true)
	b, _ := openFile(t)
	exec(t, b, "create table t (a blob)")
	value := make([]byte, 64<<20)
	value[0], value[len(value)-1] = 1, 2
	exec(t, b, "insert into t values ($1)", value)
	got := one(t, b, "select a from t").([]byte)
	require.Len(t, got, len(value))
	require.Equal(t, []byte{1, 2}, []byte{got[0], got[len(got)-1]})
}

func TestDiskFull(t *testing.T) {
	b := open(t, sqlite.Config{Path: filepath.Join(t.TempDir(), "full.db")})
	exec(t, b, "create table t (a)")
	c := acquire(t, b, writer)
	_, err := c.Exec(background(t), "pragma max_page_count=10", nil)
	require.NoError(t, err)
	_, err = c.Exec(background(t), "insert into t values (zeroblob(100000))", nil)
	require.ErrorIs(t, err, messages.ErrUnwritable)
	var cause *sqlite.Error
	require.ErrorAs(t, err, &cause)
	require.Equal(t, 13, cause.Code())
	require.Equal(t, int64(0), one(t, b, "select count(*) from t"), "reads go on")
	_, err = c.Exec(background(t), "pragma max_page_count=1000; insert into t values (zeroblob(100000))", nil)
	require.NoError(t, err, "with room again writes do too")
}
