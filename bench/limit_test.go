package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// pipelineLimit reads the rows that callers would have asked for without any callers: each of the pool's connections sends pipelines of
// size statements. Nothing that serves callers one row each on as many connections can be faster, so it bounds what batching can reach here.
func pipelineLimit(pool *pgxpool.Pool, connections, size, calls int) (int, error) {
	return fanOut(connections, func(int) (n int, err error) {
		ctx := context.Background()
		conn, err := pool.Acquire(ctx)
		if err != nil {
			return 0, err
		}
		defer conn.Release()
		statement, err := conn.Conn().Prepare(ctx, "limit", selectCustomer)
		if err != nil {
			return 0, err
		}
		for n < calls/connections {
			if err := pipeline(ctx, conn.Conn().PgConn(), statement, n, size); err != nil {
				return n, err
			}
			n += size
		}
		return n, nil
	})
}

func pipeline(ctx context.Context, conn *pgconn.PgConn, statement *pgconn.StatementDescription, from, size int) (err error) {
	p := conn.StartPipeline(ctx)
	defer func() {
		if closed := p.Close(); err == nil {
			err = closed
		}
	}()
	for i := range size {
		key := binary.BigEndian.AppendUint64(nil, uint64((from+i)%10_000))
		p.SendQueryStatement(statement, [][]byte{key}, []int16{1}, []int16{1})
	}
	if err := p.Sync(); err != nil {
		return err
	}
	for i := range size {
		results, err := p.GetResults()
		if err != nil {
			return err
		}
		reader, ok := results.(*pgconn.ResultReader)
		if !ok {
			return fmt.Errorf("got a %T, want rows", results)
		}
		for reader.NextRow() {
			if id := binary.BigEndian.Uint64(reader.Values()[0]); id != uint64((from+i)%10_000) {
				return fmt.Errorf("got row %d, want %d", id, from+i)
			}
		}
		if _, err := reader.Close(); err != nil {
			return err
		}
	}
	return nil
}

// BenchmarkPipelineLimit is what four connections can answer at the most, in pipelines of 1, 4, 16 and 64, against a pool with as many callers.
func BenchmarkPipelineLimit(b *testing.B) {
	pools, _ := postgresShards(b, 1, 10_000)
	for _, size := range []int{1, 4, 16, 64} {
		b.Run(fmt.Sprint(4*size), func(b *testing.B) {
			compare(b, 8192,
				variant{"pgxpool", func() (int, error) { return pointClients(pools[0], context.Background(), 4*size, 8192) }},
				variant{"limit", func() (int, error) { return pipelineLimit(pools[0], 4, size, 8192) }},
			)
		})
	}
}
