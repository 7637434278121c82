package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
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

// BenchmarkBatchOfReads has 64 point selects in a batch; the time is for each.
func BenchmarkBatchOfReads(b *testing.B) {
	backend := open(b, postgres.Config{DSN: pointTable(b)})
	ctx := context.Background()
	var batch []*shardworker.Shared
	for i := range 64 {
		batch = append(batch, read(point, i))
	}
	b.ReportAllocs()
	for n := 0; n < b.N; n += len(batch) {
		c, err := backend.Acquire(ctx, 0)
		if err != nil {
			b.Fatal(err)
		}
		c.(shardworker.BatchConn).RunBatch(ctx, batch)
		c.Release()
		for i, s := range batch {
			if i > 0 && (s.Outcome.Again || s.Outcome.Err != nil || s.Outcome.Batches[0].Rows() != 1) {
				b.Fatal(s.Outcome)
			}
			for _, rows := range s.Outcome.Batches {
				rows.Recycle(messages.DefaultBatchBytes)
			}
		}
	}
}

// BenchmarkBatchOfInserts has 64 durable inserts in a batch; the time is for each.
func BenchmarkBatchOfInserts(b *testing.B) {
	backend := open(b, postgres.Config{DSN: pointTable(b), GroupCommit: true})
	ctx := context.Background()
	var batch []*shardworker.Shared
	for range 64 {
		batch = append(batch, write(`insert into t values ($1, $2)`, 0, "a value"))
	}
	b.ReportAllocs()
	key := 1000
	for n := 0; n < b.N; n += len(batch) {
		for _, s := range batch {
			key++
			s.Args[0] = key
		}
		c, err := backend.Acquire(ctx, 1)
		if err != nil {
			b.Fatal(err)
		}
		c.(shardworker.BatchConn).RunBatch(ctx, batch)
		c.Release()
		for _, s := range batch {
			if s.Outcome.Again || s.Outcome.Err != nil {
				b.Fatal(s.Outcome)
			}
		}
	}
}
