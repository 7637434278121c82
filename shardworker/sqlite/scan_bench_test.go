package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	_ "modernc.org/sqlite"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

const scanRows = 100_000

// scanSQL reads what a table of an application has: a key, two texts, a number and a float.
const scanSQL = "select id, name, city, amount, ratio from t"

// BenchmarkScan reads a table into batches, and for comparison through database/sql on the same library. Both check
// what they read.
func BenchmarkScan(b *testing.B) {
	file := filepath.Join(b.TempDir(), "bench.db")
	backend := open(b, sqlite.Config{Path: file})
	exec(b, backend, "create table t (id integer primary key, name text, city text, amount integer, ratio real)")
	exec(b, backend, series(scanRows)+` insert into t select i, 'customer number '||i, 'city '||(i%1000), i*17, i/3.0 from s`)

	b.Run("troupe", func(b *testing.B) {
		c := acquire(b, backend, readers)
		values := make([][]byte, 5)
		scan := func() (rows int, sum int) {
			cursor, err := c.Query(context.Background(), scanSQL, nil)
			require.NoError(b, err)
			batch := messages.NewRowBatch(cursor.Description())
			flush := func() {
				for at, n := 0, batch.Rows(); n > 0; n-- {
					at = batch.ReadRow(at, values)
					sum += len(values[1])
					rows++
				}
				batch.Recycle(1 << 20)
			}
			for cursor.Next() {
				if batch.Len() > messages.DefaultBatchBytes {
					flush()
					batch = messages.NewRowBatch(cursor.Description())
				}
				cursor.Append(batch)
			}
			flush()
			_, err = cursor.Close()
			require.NoError(b, err)
			return rows, sum
		}
		benchmarkScan(b, scan)
	})

	b.Run("database-sql", func(b *testing.B) {
		db, err := sql.Open("sqlite", file)
		require.NoError(b, err)
		defer func() { require.NoError(b, db.Close()) }()
		scan := func() (n int, sum int) {
			rows, err := db.Query(scanSQL)
			require.NoError(b, err)
			defer func() { require.NoError(b, rows.Close()) }()
			for rows.Next() {
				var id, amount int64
				var name, city string
				var ratio float64
				if err := rows.Scan(&id, &name, &city, &amount, &ratio); err != nil {
					b.Fatal(err)
				}
				sum += len(name)
				n++
			}
			require.NoError(b, rows.Err())
			return n, sum
		}
		benchmarkScan(b, scan)
	})
}

func benchmarkScan(b *testing.B, scan func() (rows, sum int)) {
	messages.PoisonRecycled(false)
	defer messages.PoisonRecycled(true)
	wantSum := len("customer number ")*scanRows + digits(scanRows)
	b.ReportAllocs()
	for b.Loop() {
		rows, sum := scan()
		if rows != scanRows || sum != wantSum {
			b.Fatalf("%d rows, %d bytes of names", rows, sum)
		}
	}
	b.ReportMetric(float64(b.N)*scanRows/b.Elapsed().Seconds(), "rows/s")
}

// digits is how many digits the numbers from 1 to n have.
func digits(n int) int {
	total := 0
	for i := 1; i <= n; i++ {
		total += len(fmt.Sprint(i))
	}
	return total
}
