package postgres_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/postgres"
)

const unreachable = "postgres://nobody@127.0.0.1:1/nothing?sslmode=disable"

type tracer struct{}

func (tracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

func (tracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func TestCompany(t *testing.T) {
	plain, grouping := open(t, postgres.Config{DSN: unreachable}), open(t, postgres.Config{DSN: unreachable, GroupCommit: true})
	traced, err := pgxpool.ParseConfig(unreachable)
	require.NoError(t, err)
	traced.ConnConfig.Tracer = tracer{}
	preparing, err := pgxpool.ParseConfig(unreachable)
	require.NoError(t, err)
	preparing.PrepareConn = func(context.Context, *pgx.Conn) (bool, error) { return true, nil }
	older := preparing.Copy()
	//lint:ignore SA1019 applications may still use it
	older.PrepareConn, older.BeforeAcquire = nil, func(context.Context, *pgx.Conn) bool { return true }
	var loners []*postgres.Backend
	for _, pool := range []*pgxpool.Config{traced, preparing, older} {
		loners = append(loners, open(t, postgres.Config{Pool: pool, GroupCommit: true}))
	}
	for _, option := range []string{"default_query_exec_mode=simple_protocol", "default_query_exec_mode=exec", "default_query_exec_mode=cache_describe", "statement_cache_capacity=0"} {
		loners = append(loners, open(t, postgres.Config{DSN: unreachable + "&" + option, GroupCommit: true}))
	}
	const (
		pointRead    = `select v from t where n = $1`
		insertOne    = `insert into t values ($1)`
		anythingElse = `select f($1)`
	)
	one := []any{1}
	assert.Equal(t, shardworker.AmongReads, plain.Company(pointRead, one, true))
	assert.Equal(t, shardworker.Alone, plain.Company(pointRead, one, false))
	assert.Equal(t, shardworker.Alone, plain.Company(insertOne, one, false))
	assert.Equal(t, shardworker.Alone, plain.Company(insertOne+` returning v`, one, true))
	assert.Equal(t, []int{4}, open(t, postgres.Config{DSN: unreachable + "&pool_max_conns=4"}).Lanes())

	assert.Equal(t, shardworker.AmongReads, grouping.Company(pointRead, one, true))
	assert.Equal(t, shardworker.AmongWrites, grouping.Company(insertOne, one, false))
	assert.Equal(t, shardworker.AmongWrites, grouping.Company(insertOne+` returning v`, one, true))
	assert.Equal(t, shardworker.Alone, grouping.Company(anythingElse, one, true))
	assert.Equal(t, 0, grouping.Lane(pointRead, true))
	assert.Equal(t, 1, grouping.Lane(insertOne, false))
	assert.Equal(t, 0, grouping.Lane(`begin`, false))
	assert.Equal(t, 0, grouping.Lane(`insert into t select * from u`, false))
	assert.Equal(t, []int{4, 1}, open(t, postgres.Config{DSN: unreachable + "&pool_max_conns=4", GroupCommit: true}).Lanes())

	for _, args := range [][]any{{pgx.QueryExecModeExec, 1}, {pgx.NamedArgs{"n": 1}}, {pgx.QueryResultFormats{1}, 1}, {pgx.QueryResultFormatsByOID{23: 0}, 1}} {
		assert.Equal(t, shardworker.Alone, grouping.Company(pointRead, args, true))
		assert.Equal(t, shardworker.Alone, grouping.Company(insertOne, args, false))
	}
	for _, b := range loners {
		assert.Equal(t, shardworker.Alone, b.Company(pointRead, one, true))
		assert.Equal(t, shardworker.Alone, b.Company(insertOne, one, false))
		assert.Len(t, b.Lanes(), 1)
		assert.Equal(t, 0, b.Lane(insertOne, false))
	}
}

func TestAConnectionThatAHookMakesDifferentRunsNoBatches(t *testing.T) {
	cfg, err := pgxpool.ParseConfig(pgtest.Shared(t).DSN())
	require.NoError(t, err)
	cfg.BeforeConnect = func(_ context.Context, cc *pgx.ConnConfig) error {
		cc.Tracer = tracer{}
		return nil
	}
	b := open(t, postgres.Config{Pool: cfg})
	batch := []*shardworker.Shared{read(`select 1`), read(`select 2`)}
	runBatch(t, b, batch...)
	again(t, batch...)
	assert.Equal(t, "1", text(t, b, `select '1'`))
}
