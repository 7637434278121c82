package main

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	_ "modernc.org/sqlite" // the driver of the plain loop

	"github.com/troupedb/troupe/coordinator"
)

const selectCustomers = "select id, name, description from customer"

// BenchmarkScanPostgreSQL reads 500,000 rows of 4 databases. The plain loop is a goroutine, a pgxpool and a Scan per
// database; ours gathers into one reader.
func BenchmarkScanPostgreSQL(b *testing.B) {
	pools, t := postgresShards(b, shards, rowsPerShard)
	compare(b, allRows,
		variant{"loop", func() (int, error) {
			return fanOut(len(pools), func(i int) (int, error) { return scanPool(pools[i]) })
		}},
		variant{"loop-discard", func() (int, error) {
			return fanOut(len(pools), func(i int) (int, error) { return discardPool(pools[i]) })
		}},
		variant{"troupe-scan", func() (int, error) { return scanTroupe(t) }},
		variant{"troupe-raw", func() (int, error) { return walkTroupe(t) }},
	)
}

// BenchmarkScanSQLite reads 500,000 rows of 4 files. The plain loop is a goroutine, a database/sql on modernc's driver
// and a Scan per file; ours gathers into one reader.
func BenchmarkScanSQLite(b *testing.B) {
	dbs, t := sqliteShards(b, shards, rowsPerShard)
	compare(b, allRows,
		variant{"loop", func() (int, error) {
			return fanOut(len(dbs), func(i int) (int, error) { return scanDB(dbs[i]) })
		}},
		variant{"troupe-scan", func() (int, error) { return scanTroupe(t) }},
		variant{"troupe-raw", func() (int, error) { return walkTroupe(t) }},
	)
}

func fanOut(n int, read func(i int) (int, error)) (int, error) {
	var rows atomic.Int64
	var failed atomic.Pointer[error]
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			got, err := read(i)
			rows.Add(int64(got))
			if err != nil {
				failed.Store(&err)
			}
		})
	}
	wg.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return int(rows.Load()), nil
}

func scanPool(pool *pgxpool.Pool) (int, error) {
	rows, err := pool.Query(context.Background(), selectCustomers)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	return scanRows(rows)
}

func discardPool(pool *pgxpool.Pool) (int, error) {
	rows, err := pool.Query(context.Background(), selectCustomers)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n := 0
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}

func scanRows(rows pgx.Rows) (n int, err error) {
	var id int64
	var name, description string
	for rows.Next() {
		if err := rows.Scan(&id, &name, &description); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}

func scanTroupe(t *coordinator.Troupe) (int, error) {
	rows, err := t.Query(coordinator.AllShards(context.Background()), selectCustomers)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	return scanRows(rows)
}

func walkTroupe(t *coordinator.Troupe) (int, error) {
	rows, err := t.Query(coordinator.AllShards(context.Background()), selectCustomers)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	n, size := 0, 0
	for rows.Next() {
		for _, v := range rows.RawValues() {
			size += len(v)
		}
		n++
	}
	if size == 0 {
		n = -1
	}
	return n, rows.Err()
}

func scanDB(db *sql.DB) (n int, err error) {
	rows, err := db.Query(selectCustomers)
	if err != nil {
		return 0, err
	}
	defer func() { _ = rows.Close() }()
	var id int64
	var name, description string
	for rows.Next() {
		if err := rows.Scan(&id, &name, &description); err != nil {
			return n, err
		}
		n++
	}
	return n, rows.Err()
}
