package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/postgres"
)

const point = `select n, v from t where n = $1`

func pointTable(b *testing.B) string {
	db := pgtest.Shared(b)
	require.NoError(b, db.Exec(`create table t (n int primary key, v text);
		insert into t select i, 'value ' || i from generate_series(1, 1000) i; analyze t`))
	return db.DSN()
}

func BenchmarkPointSelect(b *testing.B) {
	backend := open(b, postgres.Config{DSN: pointTable(b)})
	ctx := context.Background()
	args := []any{500}
	b.ReportAllocs()
	for b.Loop() {
		c, err := backend.Acquire(ctx, 0)
		if err != nil {
			b.Fatal(err)
		}
		cur, err := c.Query(ctx, point, args)
		if err != nil {
			b.Fatal(err)
		}
		batch := messages.NewRowBatch(cur.Description())
		for cur.Next() {
			cur.Append(batch)
		}
		if _, err := cur.Close(); err != nil || batch.Rows() != 1 {
			b.Fatal(err, batch.Rows())
		}
		batch.Recycle(messages.DefaultBatchBytes)
		c.Release()
	}
}

// BenchmarkPointSelectPgxpool is the floor.
func BenchmarkPointSelectPgxpool(b *testing.B) {
	ctx := context.Background()
	pool, err := pgxpool.New(ctx, pointTable(b))
	require.NoError(b, err)
	b.Cleanup(pool.Close)
	args := []any{500}
	b.ReportAllocs()
	for b.Loop() {
		c, err := pool.Acquire(ctx)
		if err != nil {
			b.Fatal(err)
		}
		rows, err := c.Conn().Query(ctx, point, args...)
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for rows.Next() {
			n += len(rows.RawValues())
		}
		if rows.Close(); rows.Err() != nil || n != 2 {
			b.Fatal(rows.Err(), n)
		}
		c.Release()
	}
}
