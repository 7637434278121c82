package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

// The shards of these benchmarks are files of 24 KiB with 100 rows each, in WAL.
const (
	manyRows    = 100
	countRows   = "select count(*) from customer"
	manyIdle    = 10_000
	manyOpen    = 1_000
	manyCold    = 3_000 // shards that are asked in turn
	manyHot     = 100   // of these that may be open
	manyColdOps = 1_000 // questions in a round
)

// BenchmarkManyIdle spawns 10,000 shards and asks none of them: what each costs in time and memory.
func BenchmarkManyIdle(b *testing.B) {
	cfg := manyShards(b, manyIdle)
	for range b.N {
		before, start := memoryNow(b), time.Now()
		t, err := coordinator.Spawn(context.Background(), cfg)
		require.NoError(b, err)
		spawned := time.Since(start)
		grown := memoryNow(b).since(before)
		start = time.Now()
		closeMany(b, t)
		b.ReportMetric(float64(spawned.Microseconds())/manyIdle, "spawn-us/shard")
		b.ReportMetric(float64(time.Since(start).Microseconds())/manyIdle, "close-us/shard")
		b.ReportMetric(float64(grown.heap)/manyIdle, "heap-B/shard")
		b.ReportMetric(float64(grown.resident)/manyIdle, "rss-B/shard")
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkManyOpen asks each of 1,000 shards once: what each costs in memory from then on, and in time.
func BenchmarkManyOpen(b *testing.B) {
	cfg := manyShards(b, manyOpen)
	for range b.N {
		t, err := coordinator.Spawn(context.Background(), cfg)
		require.NoError(b, err)
		before, start := memoryNow(b), time.Now()
		n, err := askEach(t, 0, manyOpen)
		require.NoError(b, err)
		require.Equal(b, manyOpen, n)
		asked := time.Since(start)
		grown := memoryNow(b).since(before)
		start = time.Now()
		closeMany(b, t)
		b.ReportMetric(float64(asked.Microseconds())/manyOpen, "first-us/shard")
		b.ReportMetric(float64(time.Since(start).Microseconds())/manyOpen, "close-us/shard")
		b.ReportMetric(float64(grown.heap)/manyOpen/1024, "heap-KiB/shard")
		b.ReportMetric(float64(grown.resident)/manyOpen/1024, "rss-KiB/shard")
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkManyCold asks shards in turn of which only 100 may be open: each question closes one file and opens another. The plain loop
// opens a database/sql, asks, and closes it.
func BenchmarkManyCold(b *testing.B) {
	var files []string
	for _, s := range manyShards(b, manyCold).Shards {
		files = append(files, manyPath(s))
	}
	cfg := manyShards(b, manyCold)
	limit := sqlite.NewOpenLimit(manyHot)
	for i, s := range cfg.Shards {
		backend, err := sqlite.New(sqlite.Config{Path: manyPath(s), Open: limit})
		require.NoError(b, err)
		cfg.Shards[i] = shardworker.Shard{ID: s.ID, Backend: backend}
	}
	t := spawn(b, cfg)
	_, err := askEach(t, 0, manyCold) // they have their -wal and -shm
	require.NoError(b, err)
	first := map[string]int{}
	next := func(name string) int {
		first[name] += manyColdOps
		return first[name] - manyColdOps
	}
	compare(b, manyColdOps,
		variant{"loop", func() (int, error) { return openEach(files, next("loop"), manyColdOps) }},
		variant{"troupe", func() (int, error) { return askEach(t, next("troupe"), manyColdOps) }},
	)
}

// openEach opens, asks and closes n files from first on.
func openEach(files []string, first, n int) (int, error) {
	for i := range n {
		db, err := sql.Open("sqlite", "file:"+files[(first+i)%len(files)]+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)")
		if err != nil {
			return i, err
		}
		var count int
		err = db.QueryRow(countRows).Scan(&count)
		if err := errors.Join(err, db.Close()); err != nil {
			return i, err
		}
		if count != manyRows {
			return i, fmt.Errorf("%d rows, want %d", count, manyRows)
		}
	}
	return n, nil
}

// BenchmarkManyScatter counts the rows of 1,000 open shards. The plain loop has a database/sql on modernc's driver per file, and as many
// goroutines as there are cores.
func BenchmarkManyScatter(b *testing.B) {
	cfg := manyShards(b, manyOpen)
	t := spawn(b, cfg)
	dbs := make([]*sql.DB, manyOpen)
	for i, s := range cfg.Shards {
		dbs[i] = openPlain(b, manyPath(s))
	}
	compare(b, manyOpen,
		variant{"loop", func() (int, error) { return countEach(dbs) }},
		variant{"troupe", func() (int, error) { return scatterCount(t) }},
	)
}

// manyShards makes n files and returns the configuration of a troupe over them.
func manyShards(tb testing.TB, n int) coordinator.Config {
	tb.Helper()
	dir := tb.TempDir()
	template := filepath.Join(dir, "template.db")
	db := openPlain(tb, template)
	_, err := db.Exec(createCustomers)
	require.NoError(tb, err)
	_, err = db.Exec(fmt.Sprintf(`with recursive n(i) as (select 0 union all select i+1 from n where i < %d)
		insert into customer select i, 'customer name ' || i, 'customer description ' || i || '........................................' from n`, manyRows-1))
	require.NoError(tb, err)
	require.NoError(tb, db.Close())
	content, err := os.ReadFile(template)
	require.NoError(tb, err)
	var cfg coordinator.Config
	for i := range n {
		file := filepath.Join(dir, fmt.Sprintf("shard%d.db", i))
		require.NoError(tb, os.WriteFile(file, content, 0o600))
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: shardID(i), DSN: shardworker.DSN("sqlite:" + file)})
	}
	return cfg
}

func manyPath(s shardworker.Shard) string { return strings.TrimPrefix(string(s.DSN), "sqlite:") }

func openPlain(tb testing.TB, path string) *sql.DB {
	tb.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)")
	require.NoError(tb, err)
	tb.Cleanup(func() { require.NoError(tb, db.Close()) })
	return db
}

func closeMany(tb testing.TB, t *coordinator.Troupe) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	require.NoError(tb, t.Close(ctx))
}

// askEach asks n shards from first on, one after the other, and checks their answers.
func askEach(t *coordinator.Troupe, first, n int) (int, error) {
	shards := t.Shards()
	for i := range n {
		var count int
		ctx := coordinator.OnShard(context.Background(), shards[(first+i)%len(shards)])
		if err := t.QueryRow(ctx, countRows).Scan(&count); err != nil {
			return i, err
		}
		if count != manyRows {
			return i, fmt.Errorf("%d rows, want %d", count, manyRows)
		}
	}
	return n, nil
}

// scatterCount asks all shards at once.
func scatterCount(t *coordinator.Troupe) (int, error) {
	var rows int
	if err := t.QueryRow(coordinator.AllShards(context.Background()), countRows).Scan(&rows); err != nil {
		return 0, err
	}
	return rows / manyRows, nil
}

// countEach is what a good engineer would write: a goroutine for each core, which takes the next database.
func countEach(dbs []*sql.DB) (int, error) {
	var next, rows atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(dbs)); i = next.Add(1) - 1 {
				var n int64
				if err := dbs[i].QueryRow(countRows).Scan(&n); err != nil {
					failed.Store(&err)
					return
				}
				rows.Add(n)
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return int(rows.Load()) / manyRows, nil
}

// memory is what the process has, in bytes.
type memory struct{ heap, resident int64 }

func (m memory) since(before memory) memory {
	return memory{m.heap - before.heap, m.resident - before.resident}
}

// memoryNow returns what is in use after garbage was collected and given back. Resident is 0 where the system can't tell.
func memoryNow(tb testing.TB) memory {
	tb.Helper()
	runtime.GC()
	debug.FreeOSMemory()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	m := memory{heap: int64(stats.HeapAlloc)}
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return m
	}
	fields := strings.Fields(string(statm))
	require.Greater(tb, len(fields), 1)
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	require.NoError(tb, err)
	m.resident = pages * int64(os.Getpagesize())
	return m
}
