package postgres_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/internal/pgtest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/postgres"
)

// rowsThen returns a source of n numbers that ends with what then says.
func rowsThen(n int, then func() ([]any, error)) pgx.CopyFromSource {
	i := 0
	return pgx.CopyFromFunc(func() ([]any, error) {
		if i++; i > n {
			return then()
		}
		return []any{i}, nil
	})
}

func copyInto(ctx context.Context, c shardworker.Conn, columns []string, src pgx.CopyFromSource) (int64, error) {
	return c.(shardworker.Copier).CopyFrom(ctx, pgx.Identifier{"copied"}, columns, src)
}

var number = []string{"n"}

// TestCopyTellsTheServerNoValue: its log is read by others than the application's developers.
func TestCopyTellsTheServerNoValue(t *testing.T) {
	const secret = "a-value-for-nobody-else"
	cluster := pgtest.Start(t)
	b := open(t, postgres.Config{DSN: cluster.DSN()})
	exec(t, b, "create table copied (n int)")
	c := acquire(t, b)
	defer c.Release()
	_, err := copyInto(background(t), c, number, rowsThen(10, func() ([]any, error) { return nil, errors.New(secret) }))
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	require.ErrorContains(t, err, secret, "the application's own error is for the application")
	_, err = copyInto(background(t), c, number, rowsThen(10, func() ([]any, error) { return []any{secret}, nil }))
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	require.ErrorContains(t, err, `row 11: the value of column "n" can't be encoded as int4`)
	require.NotContains(t, err.Error(), secret)
	require.Contains(t, cluster.Log(), "COPY from stdin failed")
	require.NotContains(t, cluster.Log(), secret)
}

// TestCopyOnALostConnection: what didn't get as far as its end takes no effect, for certain.
func TestCopyOnALostConnection(t *testing.T) {
	cluster := pgtest.Start(t)
	b := open(t, postgres.Config{DSN: cluster.DSN() + "&pool_max_conns=2"})
	exec(t, b, "create table copied (n int)")
	c := acquire(t, b)
	lost := false
	_, err := copyInto(background(t), c, number, rowsThen(1000, func() ([]any, error) {
		if !lost {
			lost = true
			_, err := cluster.TerminateBackends()
			require.NoError(t, err)
		}
		return []any{1}, nil
	}))
	require.ErrorIs(t, err, messages.ErrShardLost)
	require.NotErrorIs(t, err, messages.ErrOutcomeUnknown)
	c.Release()
	require.Equal(t, "0", text(t, b, "select count(*)::text from copied"))

	// A connection that was lost while it was idle is replaced: nothing was sent.
	_, err = cluster.TerminateBackends()
	require.NoError(t, err)
	c = acquire(t, b)
	n, err := copyInto(background(t), c, number, rowsThen(1000, func() ([]any, error) { return nil, nil }))
	require.NoError(t, err)
	require.EqualValues(t, 1000, n)
	c.Release()
}

func TestCopyOfTypesOfTheUsersOwn(t *testing.T) {
	db := pgtest.Shared(t)
	b := open(t, postgres.Config{DSN: db.DSN()})
	exec(t, b, "create type mood as enum ('sad', 'ok'); create table copied (n int, one mood, m mood[], a int[], j jsonb)")
	c := acquire(t, b)
	defer c.Release()
	moods := func() pgx.CopyFromSource {
		return pgx.CopyFromRows([][]any{{1, "ok", []string{"sad", "ok"}, []int{1, 2}, map[string]any{"a": 1}}, {"2", nil, nil, "{{3},{4}}", "[]"}})
	}
	columns := []string{"n", "one", "m", "a", "j"}
	_, err := copyInto(background(t), c, columns, moods())
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	require.ErrorContains(t, err, `row 1: the value of column "m"`)
	require.ErrorContains(t, err, "isn't registered")

	cfg, err := pgxpool.ParseConfig(db.DSN())
	require.NoError(t, err)
	tracer := &copyTracer{}
	cfg.ConnConfig.Tracer = tracer
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		moods, err := conn.LoadTypes(ctx, []string{"mood", "_mood"})
		conn.TypeMap().RegisterTypes(moods)
		return err
	}
	registering := open(t, postgres.Config{Pool: cfg})
	own := acquire(t, registering)
	defer own.Release()
	n, err := copyInto(background(t), own, columns, moods())
	require.NoError(t, err)
	require.EqualValues(t, 2, n)
	require.Equal(t, []string{"copied COPY 2"}, tracer.ended)
	require.Equal(t, `(1,ok,"{sad,ok}","{1,2}","{""a"": 1}") (2,,,"{{3},{4}}",[])`, text(t, b, "select string_agg(copied::text, ' ' order by n) from copied"))
}

// copyTracer is a connection's tracer, which pgx's own CopyFrom would tell, too.
type copyTracer struct{ ended []string }

type tracedTable struct{}

func (*copyTracer) TraceQueryStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceQueryStartData) context.Context {
	return ctx
}

func (*copyTracer) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

func (*copyTracer) TraceCopyFromStart(ctx context.Context, _ *pgx.Conn, data pgx.TraceCopyFromStartData) context.Context {
	return context.WithValue(ctx, tracedTable{}, strings.Join(data.TableName, "."))
}

func (c *copyTracer) TraceCopyFromEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceCopyFromEndData) {
	c.ended = append(c.ended, ctx.Value(tracedTable{}).(string)+" "+data.CommandTag.String())
}
