package sqlite_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

func TestOpenRefused(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text.db")
	require.NoError(t, os.WriteFile(text, []byte("this is no database, though it is long enough to look like one, perhaps"), 0o600))
	for name, test := range map[string]struct {
		cfg  sqlite.Config
		code messages.Code
		says string
	}{
		"missing directory": {sqlite.Config{Path: filepath.Join(dir, "none", "a.db")}, messages.ErrUnavailable, "none isn't there"},
		"directory":         {sqlite.Config{Path: dir}, messages.ErrUnavailable, "is a directory"},
		"missing, rw":       {sqlite.Config{Path: filepath.Join(dir, "a.db"), Mode: sqlite.ReadWrite}, messages.ErrUnavailable, "no file"},
		"missing, ro":       {sqlite.Config{Path: filepath.Join(dir, "a.db"), Mode: sqlite.ReadOnly}, messages.ErrUnavailable, "no file"},
		"no database":       {sqlite.Config{Path: text}, messages.ErrDamaged, "not a database"},
		"no database, ro":   {sqlite.Config{Path: text, Mode: sqlite.ReadOnly}, messages.ErrDamaged, "not a database"},
	} {
		b := open(t, test.cfg)
		for lane := range b.Lanes() {
			_, err := b.Acquire(background(t), lane)
			require.ErrorIs(t, err, test.code, name)
			require.ErrorContains(t, err, test.says, name)
			var cause *sqlite.Error
			require.ErrorAs(t, err, &cause, name)
		}
	}
	require.NoFileExists(t, filepath.Join(dir, "a.db"))
}

// TestOpenRecovers: what was missing is there now, and the backend finds it.
func TestOpenRecovers(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "later")
	b := open(t, sqlite.Config{Path: filepath.Join(dir, "a.db")})
	_, err := b.Acquire(background(t), readers)
	require.ErrorIs(t, err, messages.ErrUnavailable)
	require.NoError(t, os.Mkdir(dir, 0o700))
	require.Equal(t, int64(1), one(t, b, "select 1"))
}

func TestReadOnly(t *testing.T) {
	first, file := openFile(t)
	exec(t, first, "create table t (a)")
	b := open(t, sqlite.Config{Path: file, Mode: sqlite.ReadOnly})
	require.Equal(t, int64(0), one(t, b, "select count(*) from t"))
	_, err := acquire(t, b, writer).Exec(background(t), "insert into t values (1)", nil)
	require.ErrorIs(t, err, messages.ErrUnwritable)
}

func TestFileWithoutPermission(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write every file")
	}
	first, file := openFile(t)
	exec(t, first, "create table t (a)")
	require.NoError(t, first.Close(background(t)))
	require.NoError(t, os.Chmod(file, 0o400))
	b := open(t, sqlite.Config{Path: file})
	require.Equal(t, int64(0), one(t, b, "select count(*) from t"))
	_, err := acquire(t, b, writer).Exec(background(t), "insert into t values (1)", nil)
	require.ErrorIs(t, err, messages.ErrUnwritable)
}

func TestSettings(t *testing.T) {
	b, file := openFile(t)
	for sql, want := range map[string]any{
		"pragma journal_mode": "wal", "pragma synchronous": int64(2), "pragma foreign_keys": int64(1), "pragma query_only": int64(0),
	} {
		require.Equal(t, want, one(t, b, sql), sql)
	}
	require.Equal(t, "wal", one(t, open(t, sqlite.Config{Path: file, Mode: sqlite.ReadOnly}), "pragma journal_mode"), "it stays with the file")

	b = open(t, sqlite.Config{
		Path: file + "2", Journal: "delete", Synchronous: "normal", NoForeignKeys: true, CacheBytes: 1 << 20, DoubleQuotedTexts: true,
	})
	for sql, want := range map[string]any{
		"pragma journal_mode": "delete", "pragma synchronous": int64(1), "pragma foreign_keys": int64(0),
		"pragma cache_size": int64(-1024), `select "text"`: "text",
	} {
		require.Equal(t, want, one(t, b, sql), sql)
	}
}

func TestDoubleQuotedWordIsAName(t *testing.T) {
	c := acquire(t, memory(t), readers)
	_, err := c.Query(background(t), `select "misspelt"`, nil)
	require.ErrorIs(t, err, messages.ErrStatement)
	require.ErrorContains(t, err, "no such column")
}

// TestPathIsTakenLiterally: nothing in a path is a URI, a parameter or a name of SQLite's own.
func TestPathIsTakenLiterally(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a?mode=ro", "file:b", "c%20d", "#e", "grüß", " f "} {
		file := filepath.Join(dir, name)
		b := open(t, sqlite.Config{Path: file})
		exec(t, b, "create table t (a)")
		require.FileExists(t, file)
	}
}

func TestCorruptFile(t *testing.T) {
	b, file := openFile(t)
	exec(t, b, "create table t (a text)")
	exec(t, b, series(2000)+" insert into t select hex(randomblob(100)) from s")
	require.NoError(t, b.Close(background(t)))
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	require.NoError(t, err)
	for page := int64(20); page < 40; page++ {
		_, err = f.WriteAt(make([]byte, 4096), page*4096)
		require.NoError(t, err)
	}
	require.NoError(t, f.Close())

	b = open(t, sqlite.Config{Path: file})
	c := acquire(t, b, readers)
	cursor, err := c.Query(background(t), "select a from t", nil)
	require.NoError(t, err)
	rows := 0
	for cursor.Next() {
		rows++
	}
	_, err = cursor.Close()
	require.ErrorIs(t, err, messages.ErrDamaged)
	require.Positive(t, rows)
	require.Equal(t, int64(1), one(t, b, "select count(*) from sqlite_schema"), "the rest can be read")
}

func TestOpenObeysTheContext(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.db")
	holder := open(t, sqlite.Config{Path: file, Journal: "DELETE"})
	exec(t, holder, "create table t (a)")
	lock := acquire(t, holder, writer)
	_, err := lock.Exec(background(t), "begin exclusive", nil)
	require.NoError(t, err)
	b := open(t, sqlite.Config{Path: file})
	ctx, cancel := context.WithTimeout(background(t), 30*time.Millisecond)
	defer cancel()
	_, err = b.Acquire(ctx, readers)
	require.ErrorIs(t, err, messages.ErrBusy)
	require.ErrorIs(t, err, context.DeadlineExceeded)
}
