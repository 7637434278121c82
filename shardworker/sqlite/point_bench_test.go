package sqlite_test

import (
	"context"
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/sqlite"
)

const (
	pointRows = 10_000
	pointSQL  = "select id, name, description from t where id = $1"
)

// pointTable fills a table of some megabytes, so that not all of it is in a connection's page cache.
func pointTable(b *testing.B, file string) *sqlite.Backend {
	backend := open(b, sqlite.Config{Path: file})
	exec(b, backend, "create table t (id bigint primary key, name text, description text)")
	exec(b, backend, series(pointRows)+" insert into t select i, 'name '||i, 'some description of the customer '||i from s")
	return backend
}

// BenchmarkPoint selects one row by key, with the connection acquired and released each time, and its row copied to a batch; for
// comparison with a prepared statement through database/sql on the same library, and many in one batch.
func BenchmarkPoint(b *testing.B) {
	messages.PoisonRecycled(false)
	defer messages.PoisonRecycled(true)
	file := filepath.Join(b.TempDir(), "point.db")
	backend := pointTable(b, file)
	for name, ctx := range map[string]context.Context{"background": context.Background(), "cancellable": b.Context()} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for i := int64(0); b.Loop(); i++ {
				selectPoint(b, ctx, backend, i%pointRows+1)
			}
		})
	}
	b.Run("batch-64", func(b *testing.B) { benchmarkBatch(b, backend) })
	b.Run("database-sql", func(b *testing.B) {
		db, err := sql.Open("sqlite", file)
		require.NoError(b, err)
		defer func() { require.NoError(b, db.Close()) }()
		prepared, err := db.Prepare(pointSQL)
		require.NoError(b, err)
		defer func() { require.NoError(b, prepared.Close()) }()
		b.ReportAllocs()
		for i := int64(0); b.Loop(); i++ {
			var id int64
			var name, description string
			if err := prepared.QueryRow(i%pointRows+1).Scan(&id, &name, &description); err != nil {
				b.Fatal(err)
			}
			if id != i%pointRows+1 {
				b.Fatal("the wrong row")
			}
		}
	})
}

func selectPoint(b *testing.B, ctx context.Context, backend *sqlite.Backend, id int64) {
	c, err := backend.Acquire(ctx, readers)
	if err != nil {
		b.Fatal(err)
	}
	cursor, err := c.Query(ctx, pointSQL, []any{id})
	if err != nil {
		b.Fatal(err)
	}
	if !cursor.Next() {
		b.Fatal("no row")
	}
	batch := messages.NewRowBatch(cursor.Description())
	cursor.Append(batch)
	if cursor.Next() {
		b.Fatal("two rows")
	}
	checkPoint(b, batch, id)
	if _, err := cursor.Close(); err != nil {
		b.Fatal(err)
	}
	c.Release()
}

// benchmarkBatch selects 64 rows in one batch.
func benchmarkBatch(b *testing.B, backend *sqlite.Backend) {
	const size = 64
	batch := make([]*shardworker.Shared, size)
	b.ReportAllocs()
	for i := int64(0); b.Loop(); i++ {
		for j := range batch {
			batch[j] = asked(b.Context(), pointSQL, (i*size+int64(j))%pointRows+1)
		}
		c, err := backend.Acquire(b.Context(), readers)
		if err != nil {
			b.Fatal(err)
		}
		c.(shardworker.BatchConn).RunBatch(b.Context(), batch)
		c.Release()
		for j, m := range batch {
			if m.Outcome.Err != nil || len(m.Outcome.Batches) != 1 {
				b.Fatal(m.Outcome)
			}
			checkPoint(b, m.Outcome.Batches[0], (i*size+int64(j))%pointRows+1)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*size), "ns/select")
}

// checkPoint looks at the answer, and gives it back.
func checkPoint(b *testing.B, batch *messages.RowBatch, id int64) {
	var values [3][]byte
	batch.ReadRow(0, values[:])
	if values[0][7] != byte(id) {
		b.Fatal("the wrong row")
	}
	batch.Recycle(1 << 20)
}
