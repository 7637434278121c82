package main

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
)

// BenchmarkMergePostgreSQL reads 500,000 rows of 4 databases in order: the first variant is the same scan without an order, the loop
// has each database sort and merges nothing.
func BenchmarkMergePostgreSQL(b *testing.B) {
	pools, t := postgresShards(b, shards, rowsPerShard)
	compare(b, allRows,
		variant{"unordered", func() (int, error) { return scanTroupe(t) }},
		variant{"by-integer", func() (int, error) { return scanSorted(t, selectCustomers+" order by id", true) }},
		variant{"by-integer-loop", func() (int, error) { return fanOutSorted(pools, selectCustomers+" order by id") }},
		variant{"by-text", func() (int, error) { return scanSorted(t, selectCustomers+` order by name collate "C"`, false) }},
		variant{"by-text-loop", func() (int, error) { return fanOutSorted(pools, selectCustomers+` order by name collate "C"`) }},
	)
}

func fanOutSorted(pools []*pgxpool.Pool, sql string) (int, error) {
	return fanOut(len(pools), func(i int) (int, error) {
		rows, err := pools[i].Query(context.Background(), sql)
		if err != nil {
			return 0, err
		}
		defer rows.Close()
		return checked(1, scanRows)(rows)
	})
}

// scanSorted scans all rows; with ascending it checks that the ids ascend, and counts none if they don't.
func scanSorted(t *coordinator.Troupe, sql string, ascending bool) (n int, err error) {
	rows, err := t.Query(coordinator.AllShards(context.Background()), sql)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var id, before int64
	var name, description string
	for rows.Next() {
		if err := rows.Scan(&id, &name, &description); err != nil {
			return n, err
		}
		if ascending && id < before {
			return 0, nil
		}
		before = id
		n++
	}
	return n, rows.Err()
}

// BenchmarkAggregatePostgreSQL asks 4 databases for what has to be merged: extra-µs is how much longer the whole takes than the
// same shards' own queries in parallel by plain pools, in the median.
func BenchmarkAggregatePostgreSQL(b *testing.B) {
	pools, t := postgresShards(b, shards, 10_000)
	for _, query := range []struct {
		name, sql string
		rows      int
	}{
		{"count", "select count(*) from customer", 1},
		{"sum", "select sum(id) from customer", 1},
		{"avg", "select avg(id) from customer", 1},
		{"group-by-100", "select id % 100, count(*), sum(id) from customer group by id % 100", 100},
	} {
		b.Run(query.name, func(b *testing.B) {
			var extra []float64
			alone := func() {
				_, err := fanOut(len(pools), func(i int) (int, error) { return drain(pools[i], query.sql) })
				require.NoError(b, err)
			}
			merged := func() {
				rows, err := t.Query(coordinator.AllShards(context.Background()), query.sql)
				require.NoError(b, err)
				n := 0
				for rows.Next() {
					n++
				}
				require.NoError(b, rows.Err())
				require.Equal(b, query.rows, n)
			}
			alone()
			merged()
			for b.Loop() {
				start := time.Now()
				alone()
				middle := time.Now()
				merged()
				extra = append(extra, float64((time.Since(middle)-middle.Sub(start)).Nanoseconds())/1e3)
			}
			b.ReportMetric(median(extra), "extra-µs")
			b.ReportMetric(0, "ns/op") // of both together: says nothing
		})
	}
}

func drain(pool *pgxpool.Pool, sql string) (n int, err error) {
	rows, err := pool.Query(context.Background(), sql)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		n++
	}
	return n, rows.Err()
}
