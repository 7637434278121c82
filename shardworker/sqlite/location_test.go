package sqlite_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

func location(t *testing.T, dsn string) string {
	t.Helper()
	cfg, err := sqlite.Parse(dsn)
	require.NoError(t, err)
	var b shardworker.Located = open(t, cfg)
	return b.Location()
}

func TestLocationOfFiles(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	real := filepath.Join(dir, "real")
	require.NoError(t, os.Mkdir(real, 0o700))
	require.NoError(t, os.Symlink(real, filepath.Join(dir, "linked")))
	require.NoError(t, os.Symlink("a.db", filepath.Join(real, "link.db"))) // to what isn't there yet
	require.NoError(t, os.Symlink("../linked/link.db", filepath.Join(real, "twice.db")))
	require.NoError(t, os.Symlink("loop.db", filepath.Join(real, "loop.db")))
	t.Chdir(real)
	file := filepath.Join(real, "a.db")
	spellings := []string{
		"sqlite:" + file, "sqlite:file:" + file, "sqlite:a.db", "sqlite:./a.db", "sqlite:file:a.db", "sqlite:../real/a.db",
		"sqlite:" + dir + "/linked/a.db", "sqlite:../linked/./a.db", "sqlite:link.db", "sqlite:twice.db",
		"sqlite:a.db?mode=rw&readers=2", "sqlite:%61.db?mode=ro",
	}
	for range 2 {
		for _, dsn := range spellings {
			require.Equal(t, "sqlite:"+file, location(t, dsn), dsn)
		}
		cfg, err := sqlite.Parse("sqlite:twice.db")
		require.NoError(t, err)
		exec(t, open(t, cfg), "create table if not exists t (a)")
		require.FileExists(t, file, "SQLite follows links to what isn't there as well")
	}
	require.Equal(t, "sqlite:"+real+"/none/b.db", location(t, "sqlite:"+dir+"/linked/none/b.db"))
	require.Equal(t, "sqlite:"+real+"/b.db", location(t, "sqlite:b.db"))
	require.Equal(t, "sqlite:"+real+"/loop.db", location(t, "sqlite:loop.db"))
}

func TestLocationStaysWhenTheDirectoryChanges(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	require.NoError(t, err)
	t.Chdir(dir)
	b := open(t, sqlite.Config{Path: "a.db"})
	t.Chdir(t.TempDir())
	require.Equal(t, "sqlite:"+filepath.Join(dir, "a.db"), b.Location())
}

func TestLocationInMemory(t *testing.T) {
	require.Equal(t, "sqlite:memory:asia", location(t, "sqlite::memory:asia"))
	require.Equal(t, "sqlite:memory:asia", location(t, "sqlite:asia?mode=memory&readers=2"))
	require.NotEqual(t, location(t, "sqlite::memory:Asia"), location(t, "sqlite::memory:asia"))
	require.Empty(t, location(t, "sqlite::memory:"), "it is nobody else's")
}
