package sqlite_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// descriptors returns how many files of dir the process has open; 0 where the system doesn't tell.
func descriptors(dir string) (n int) {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	for _, e := range entries {
		if target, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(target, dir) {
			n++
		}
	}
	return n
}

// manyFiles returns n backends on files with one counter each, which share a limit.
func manyFiles(t *testing.T, n int, limit *sqlite.OpenLimit) ([]*sqlite.Backend, string) {
	t.Helper()
	dir := t.TempDir()
	template := filepath.Join(t.TempDir(), "template.db")
	b := open(t, sqlite.Config{Path: template})
	change(t, b, "create table counter (shard integer, n integer)")
	require.NoError(t, b.Close(t.Context()))
	content, err := os.ReadFile(template)
	require.NoError(t, err)
	backends := make([]*sqlite.Backend, n)
	for i := range backends {
		file := filepath.Join(dir, fmt.Sprintf("%d.db", i))
		require.NoError(t, os.WriteFile(file, content, 0o600))
		backends[i], err = sqlite.New(sqlite.Config{Path: file, Open: limit, Synchronous: "OFF"})
		require.NoError(t, err)
	}
	return backends, dir
}

// change runs sql on the writer, for statements that the backend's Lane needn't see.
func change(t *testing.T, b *sqlite.Backend, sql string, args ...any) {
	t.Helper()
	c := lease(t, b, writer)
	defer c.Release()
	_, err := c.Exec(background(t), sql, args)
	require.NoError(t, err)
}

func closeBackends(t *testing.T, backends []*sqlite.Backend) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	for _, b := range backends {
		wg.Go(func() { require.NoError(t, b.Close(ctx)) })
	}
	wg.Wait()
}

func onlyDatabases(t *testing.T, dir string, n int) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, entries, n, "no -wal and no -shm")
}

// TestManyShards reads and writes 800 files of which 50 may be open, from 16 goroutines, and then looks for what is lost and what is left.
func TestManyShards(t *testing.T) {
	const files, limit, clients, rounds = 800, 50, 16, 60
	backends, dir := manyFiles(t, files, sqlite.NewOpenLimit(limit))
	written := make([]atomic.Int64, files)
	var most atomic.Int64
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for round := range rounds {
				i := rand.IntN(files)
				if round%2 == 0 {
					i = rand.IntN(limit) // some are asked often
				}
				change(t, backends[i], "insert into counter values ($1, $2)", i, round)
				written[i].Add(1)
				rows, _ := query(t, backends[i], "select count(*), coalesce(max(shard), -1) from counter")
				if n := rows[0].values[0].(int64); n < 1 || n > written[i].Load()+clients || rows[0].values[1] != int64(i) {
					t.Errorf("file %d has %v", i, rows[0].values)
				}
				if round%32 == 0 {
					most.Store(max(most.Load(), int64(descriptors(dir))))
				}
			}
		})
	}
	wg.Wait()
	require.LessOrEqual(t, most.Load(), int64(3*limit), "descriptors")
	for i, b := range backends {
		require.Equal(t, written[i].Load(), one(t, b, "select count(*) from counter where shard = $1", i))
	}
	closeBackends(t, backends)
	onlyDatabases(t, dir, files)
	require.Zero(t, descriptors(dir))
}

// TestManyShardsRaceClose closes backends while others evict their connections.
func TestManyShardsRaceClose(t *testing.T) {
	for range 20 {
		backends, dir := manyFiles(t, 12, sqlite.NewOpenLimit(4))
		var wg sync.WaitGroup
		for client := range 3 {
			wg.Go(func() {
				for i := range backends {
					b := backends[(i*5+client)%len(backends)]
					c, err := b.Acquire(t.Context(), readers)
					if err != nil {
						require.ErrorIs(t, err, messages.ErrClosed)
						continue
					}
					if cursor, err := c.Query(t.Context(), "select count(*) from counter", nil); err == nil {
						cursor.Next()
						_, err = cursor.Close()
						if err != nil {
							require.ErrorIs(t, err, messages.ErrCanceled)
						}
					}
					c.Release()
				}
			})
		}
		for _, b := range backends {
			wg.Go(func() { require.NoError(t, b.Close(t.Context())) })
		}
		wg.Wait()
		onlyDatabases(t, dir, len(backends))
		require.Zero(t, descriptors(dir))
	}
}

// evicted returns a backend whose file was written, and whose connection was then closed to make room for another's.
func evicted(t *testing.T, insert string) (b *sqlite.Backend, file string) {
	t.Helper()
	limit := sqlite.NewOpenLimit(1)
	dir := t.TempDir()
	file = filepath.Join(dir, "a.db")
	b = open(t, sqlite.Config{Path: file, Open: limit})
	change(t, b, "create table counter (shard integer, n integer)")
	change(t, b, insert)
	other := open(t, sqlite.Config{Path: filepath.Join(dir, "b.db"), Open: limit})
	one(t, other, "select 1")
	require.Zero(t, descriptors(file))
	return b, file
}

const insertMany = "insert into counter with recursive s(i) as (select 1 union all select i+1 from s where i < 20000) select i, i from s"

// TestEvictedFilesStay: they are what makes opening cheap, but nothing may be in the -wal, which would be read each time.
func TestEvictedFilesStay(t *testing.T) {
	b, file := evicted(t, insertMany)
	wal, err := os.Stat(file + "-wal")
	require.NoError(t, err)
	require.Zero(t, wal.Size())
	require.FileExists(t, file+"-shm")
	require.Equal(t, int64(20000), one(t, b, "select count(*) from counter"))
	require.NoError(t, b.Close(t.Context()))
	require.NoFileExists(t, file+"-wal")
	require.NoFileExists(t, file+"-shm")
}

// TestEvictedFilesAreLeftByAHurriedClose: it is no error, for nothing is in them.
func TestEvictedFilesAreLeftByAHurriedClose(t *testing.T) {
	b, file := evicted(t, insertMany)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := b.Close(ctx); err != nil {
		require.ErrorIs(t, err, messages.ErrCanceled)
	}
	again := open(t, sqlite.Config{Path: file})
	require.Equal(t, int64(20000), one(t, again, "select count(*) from counter"))
	require.NoError(t, again.Close(t.Context()))
	require.NoFileExists(t, file+"-wal")
}

// TestEvictedFileIsAnothers: while the connection is closed another process may write, and leave what it likes.
func TestEvictedFileIsAnothers(t *testing.T) {
	b, file := evicted(t, insertMany)
	require.NoError(t, os.WriteFile(file+"-shm", []byte(strings.Repeat("what a crash has left ", 3000)), 0o600))
	child := osexec.Command(os.Args[0], "-test.run=^TestOtherProcess$", "-test.v")
	child.Env = append(os.Environ(), otherProcess+"="+file)
	said, err := child.CombinedOutput()
	require.NoError(t, err, string(said))
	require.Contains(t, string(said), "--- PASS: TestOtherProcess")
	require.Equal(t, int64(20001), one(t, b, "select count(*) from counter"))
	change(t, b, "delete from counter")
	require.NoError(t, b.Close(t.Context()))
}

const otherProcess = "TROUPE_TEST_OTHER_PROCESS"

// TestOtherProcess is run by another test, in a process of its own.
func TestOtherProcess(t *testing.T) {
	file := os.Getenv(otherProcess)
	if file == "" {
		t.Skip("the other process of TestEvictedFileIsAnothers")
	}
	b := open(t, sqlite.Config{Path: file, Mode: sqlite.ReadWrite})
	require.Equal(t, int64(20000), one(t, b, "select count(*) from counter"))
	change(t, b, "insert into counter values (1, 1)")
}

// TestEvictionLeavesOtherJournalsAlone: only WAL has files that are worth keeping.
func TestEvictionLeavesOtherJournalsAlone(t *testing.T) {
	limit := sqlite.NewOpenLimit(1)
	dir := t.TempDir()
	var backends []*sqlite.Backend
	for _, journal := range []string{"DELETE", "TRUNCATE", "PERSIST", "WAL"} {
		b := open(t, sqlite.Config{Path: filepath.Join(dir, journal), Journal: journal, Open: limit})
		change(t, b, "create table t (journal text)")
		backends = append(backends, b)
	}
	for _, b := range backends {
		change(t, b, "insert into t values ('x')")
		require.Equal(t, "x", one(t, b, "select journal from t"))
	}
	require.LessOrEqual(t, descriptors(dir), 3)
	closeBackends(t, backends)
	require.NoFileExists(t, filepath.Join(dir, "WAL-shm"))
}
