package troupetest_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/coordinator/troupetest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

type shards = []messages.ShardID

// recorder is a TB that keeps what it is told.
type recorder struct {
	errors []string
	helped bool
}

func (r *recorder) Helper() { r.helped = true }

func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

var (
	_ troupetest.TB      = testing.TB(nil)
	_ troupetest.Toucher = (*coordinator.Rows)(nil)
	_ troupetest.Toucher = (*coordinator.Touched)(nil)
)

// requireSaid requires that an assertion did what it promises: it holds and says nothing, or it fails and says these things.
func requireSaid(t *testing.T, r *recorder, held bool, says ...string) {
	t.Helper()
	require.True(t, r.helped)
	require.Equal(t, len(says) == 0, held)
	if len(says) == 0 {
		require.Empty(t, r.errors)
		return
	}
	require.Len(t, r.errors, 1)
	for _, part := range says {
		require.Contains(t, r.errors[0], part)
	}
}

// spawn returns a troupe over asia and europe, where cities live by continent.
func spawn(t *testing.T) *coordinator.Troupe {
	t.Helper()
	cfg := coordinator.Config{Tables: coordinator.Tables{
		"cities": {Key: "continent", Route: coordinator.Lookup{"Asia": "asia", "Europe": "europe"}},
	}}
	for _, id := range (shards{"asia", "europe"}) {
		f := fake.New(fake.Config{Dialect: messages.SQLite})
		f.Reply("", fake.Rows(fake.Column("n", pgtype.Int8OID)).Row(int64(1)))
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: id, Backend: f})
	}
	troupe, err := coordinator.Spawn(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, troupe.Close(context.Background())) })
	return troupe
}

func TestAssertTouched(t *testing.T) {
	troupe := spawn(t)
	ctx, touched := coordinator.WatchTouched(t.Context())
	rows, err := troupe.Query(ctx, "select n from cities")
	require.NoError(t, err)
	for _, toucher := range []troupetest.Toucher{touched, rows.(*coordinator.Rows)} {
		for _, test := range []struct {
			want shards
			says []string
		}{
			{shards{"asia", "europe"}, nil},
			{shards{"europe", "asia"}, nil},
			{shards{"asia"}, []string{"touched [asia europe], not [asia]"}},
			{nil, []string{"touched [asia europe], not []"}},
			{shards{"asia", "europe", "africa"}, []string{"not [africa asia europe]"}},
		} {
			r := new(recorder)
			requireSaid(t, r, troupetest.AssertTouched(r, toucher, test.want...), test.says...)
		}
	}
	rows.Close()
	touched.Reset()
	r := new(recorder)
	requireSaid(t, r, troupetest.AssertTouched(r, touched))
	r = new(recorder)
	requireSaid(t, r, troupetest.AssertTouched(r, touched, "asia"), "touched [], not [asia]")
}

func TestAssertRoute(t *testing.T) {
	troupe := spawn(t)
	ctx, touched := coordinator.WatchTouched(t.Context())
	for _, test := range []struct {
		ctx  context.Context
		want shards
		sql  string
		args []any
		says []string
	}{
		{ctx, shards{"asia"}, "select n from cities where continent = $1", []any{"Asia"}, nil},
		{ctx, shards{"europe", "asia"}, "select n from cities order by n", nil, nil},
		{coordinator.OnShard(ctx, "europe"), shards{"europe"}, "anything", nil, nil},
		{ctx, shards{"europe"}, "select n from cities where continent = $1", []any{"Asia"}, []string{"would touch [asia], not [europe]"}},
		{ctx, nil, "select a.n from cities a, cities b", nil, []string{"refused", string(statement.UnlinkedJoin), "select a.n"}},
		{ctx, shards{"asia"}, "select n from", nil, []string{"select n from: ", "invalid request"}},
		{coordinator.OnShard(ctx, "africa"), shards{"asia"}, "select n from cities", nil, []string{"unknown shard"}},
	} {
		r := new(recorder)
		requireSaid(t, r, troupetest.AssertRoute(test.ctx, r, troupe, test.want, test.sql, test.args...), test.says...)
	}
	require.Empty(t, touched.Calls(), "nothing is run")
}

func TestAssertRefused(t *testing.T) {
	troupe := spawn(t)
	_, refused := troupe.Query(t.Context(), "select a.n from cities a, cities b")
	for _, test := range []struct {
		err  error
		want statement.Code
		says []string
	}{
		{refused, statement.UnlinkedJoin, nil},
		{fmt.Errorf("wrapped: %w", refused), statement.UnlinkedJoin, nil},
		{refused, statement.Sample, []string{string(statement.UnlinkedJoin), string(statement.Sample)}},
		{nil, statement.Sample, []string{"not refused"}},
		{errors.New("something else"), statement.Sample, []string{"not refused", "something else"}},
		{messages.ErrRefused, statement.Sample, []string{"not refused"}},
	} {
		r := new(recorder)
		requireSaid(t, r, troupetest.AssertRefused(r, test.err, test.want), test.says...)
	}
}
