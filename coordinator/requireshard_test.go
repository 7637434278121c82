package coordinator_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/troupetest"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

// strict is an atlas where every call has to name its shard. Its tables are declared, and nobody asks them.
func strict(t *testing.T, change func(*coordinator.Config)) *coordinator.Troupe {
	return atlas(t, func(cfg *coordinator.Config) {
		cfg.RequireShard, cfg.IdentityChooser = true, nil
		cfg.Tables = coordinator.Tables{"places": {Key: "continent", Route: coordinator.Lookup{"Asia": "asia", "Europe": "europe"}}}
		if change != nil {
			change(cfg)
		}
	})
}

// requireUnnamed requires that a call was refused because nobody names its shard, and that the error says what to do.
func requireUnnamed(t *testing.T, err error, todo ...string) {
	t.Helper()
	require.ErrorIs(t, err, messages.ErrNoRoute)
	for _, what := range append(todo, "RequireShard") {
		require.ErrorContains(t, err, what)
	}
}

func TestRequireShardRefusesWhatNobodyNamesAShardFor(t *testing.T) {
	troupe := strict(t, nil)
	ctx, touched := coordinator.WatchTouched(t.Context())
	unread := &place{ID: 1}
	_, err := troupe.Query(ctx, "select id from places where continent = 'Asia'")
	requireUnnamed(t, err, "OnShard", "Options.Token")
	requireUnnamed(t, troupe.QueryRow(ctx, "select 1").Scan(new(int)), "OnShard")
	_, err = troupe.Exec(coordinator.WithToken(ctx, "asia"), "delete from places where continent = 'Asia'")
	requireUnnamed(t, err, "Options.Token")
	_, err = troupe.Send(ctx, &messages.Query{SQL: "select 1"}).Await(ctx)
	requireUnnamed(t, err, "OnShard")
	_, err = troupe.Send(ctx, &messages.Exec{SQL: "delete from places", Options: messages.Options{LoadedFrom: unread}}).Await(ctx)
	requireUnnamed(t, err, "OnShard", "place")
	var batch pgx.Batch
	batch.Queue("delete from places where continent = 'Asia'")
	requireUnnamed(t, troupe.SendBatch(ctx, &batch).Close(), "OnShard")
	_, err = coordinator.Get[place](ctx, troupe, 1)
	requireUnnamed(t, err, "WithToken")
	_, _, err = coordinator.GetOne[plainPlace](ctx, troupe, 1)
	requireUnnamed(t, err, "WithToken")
	_, err = coordinator.Related[reading](ctx, troupe, unread, "place", 1)
	requireUnnamed(t, err, "Identity", "WithToken")
	_, err = coordinator.Related[reading](ctx, troupe, &plainPlace{}, "place", 1)
	requireUnnamed(t, err, "Identity", "plainPlace")
	_, err = coordinator.Related[reading](ctx, troupe, (*place)(nil), "place", 1)
	requireUnnamed(t, err, "Identity")
	_, err = troupe.Explain(ctx, "select id from places where continent = 'Asia'")
	requireUnnamed(t, err, "OnShard")
	require.Empty(t, touched.Calls(), "nothing was sent")
}

func TestRequireShardIsContentWithANamedOne(t *testing.T) {
	troupe := strict(t, nil)
	ctx, touched := coordinator.WatchTouched(t.Context())
	europe := &place{Continent: "Europe"}
	require.NoError(t, troupe.Add(ctx, europe), "Add asks the shard chooser")
	require.Equal(t, messages.ShardID("europe"), europe.Key().Shard)
	query := func(ctx context.Context, o messages.Options) error {
		rows, err := troupe.Send(ctx, &messages.Query{SQL: "select id, continent, city from places", Options: o}).Await(ctx)
		if err != nil {
			return err
		}
		_, err = coordinator.Collect[plainPlace](rows)
		return err
	}
	for name, test := range map[string]struct {
		call func() error
		want shards
	}{
		"a pin":              {func() error { return query(coordinator.OnShard(ctx, "asia"), messages.Options{}) }, shards{"asia"}},
		"pins":               {func() error { return query(coordinator.OnShards(ctx, shards{"asia", "africa"}), messages.Options{}) }, shards{"africa", "asia"}},
		"all shards":         {func() error { return query(coordinator.AllShards(ctx), messages.Options{}) }, shards{"africa", "asia", "europe"}},
		"a message's shards": {func() error { return query(ctx, messages.Options{Shards: shards{"asia"}}) }, shards{"asia"}},
		"a message's token":  {func() error { return query(ctx, messages.Options{Token: "africa"}) }, shards{"africa"}},
		"a message's object": {func() error { return query(ctx, messages.Options{LoadedFrom: europe}) }, shards{"europe"}},
		"an Exec's object": {func() error {
			_, err := troupe.Send(ctx, &messages.Exec{SQL: "update places set city = 'Rome'", Options: messages.Options{LoadedFrom: europe}}).Await(ctx)
			return err
		}, shards{"europe"}},
		"Get with a token": {func() error {
			_, err := coordinator.Get[place](coordinator.WithToken(ctx, "europe"), troupe, 1)
			return err
		}, shards{"europe"}},
		"Get with a pin": {func() error {
			_, err := coordinator.Get[place](coordinator.OnShards(ctx, shards{"asia", "europe"}), troupe, 1)
			return err
		}, shards{"asia", "europe"}},
		"ByKey": {func() error {
			_, err := coordinator.ByKey[plainPlace](ctx, troupe, europe.Key())
			return err
		}, shards{"europe"}},
		"Refresh": {func() error { return coordinator.Refresh(ctx, troupe, europe) }, shards{"europe"}},
		"Related": {func() error {
			_, err := coordinator.Related[reading](ctx, troupe, europe, "place", 1)
			return err
		}, shards{"europe"}},
		"Related to a key": {func() error {
			_, err := coordinator.Related[reading](ctx, troupe, europe.Key(), "place", 1)
			return err
		}, shards{"europe"}},
		"Related with a pin": {func() error {
			_, err := coordinator.Related[reading](coordinator.OnShard(ctx, "africa"), troupe, europe, "place", 1)
			return err
		}, shards{"africa"}},
		"Related with a lead pin": {func() error {
			_, err := coordinator.Related[reading](coordinator.OnShard(ctx, "africa", coordinator.LeadOnly), troupe, europe, "place", 1)
			return err
		}, shards{"europe"}},
		"Related with a token": {func() error {
			_, err := coordinator.Related[reading](coordinator.WithToken(ctx, "asia"), troupe, &place{}, "place", 1)
			return err
		}, shards{"asia"}},
	} {
		touched.Reset()
		require.NoError(t, test.call(), name)
		troupetest.AssertTouched(t, touched, test.want...)
	}
	troupetest.AssertRoute(coordinator.OnShard(ctx, "asia"), t, troupe, shards{"asia"}, "select 1")

	elsewhere := europe.Key()
	elsewhere.Shard = "atlantis"
	_, err := coordinator.Related[reading](ctx, troupe, elsewhere, "place", 1)
	require.ErrorIs(t, err, messages.ErrUnknownShard)
	require.ErrorContains(t, err, "loaded from")
}

// TestRequireShardHoldsForOneShardToo: a program that was written with one goes on with two.
func TestRequireShardHoldsForOneShardToo(t *testing.T) {
	troupe, err := coordinator.Spawn(t.Context(), coordinator.Config{
		Shards: []shardworker.Shard{{ID: "only", DSN: "sqlite::memory:"}}, RequireShard: true,
	})
	require.NoError(t, err)
	defer func() { require.NoError(t, troupe.Close(context.Background())) }()
	requireUnnamed(t, troupe.QueryRow(t.Context(), "select 1").Scan(new(int)))
	require.NoError(t, troupe.QueryRow(coordinator.OnShard(t.Context(), "only"), "select 1").Scan(new(int)))
}

// TestRequireShardAsksTheIdentityChooserForRelatedRows and for nothing else.
func TestRequireShardAsksTheIdentityChooserForRelatedRows(t *testing.T) {
	var asked []any
	troupe := strict(t, func(cfg *coordinator.Config) {
		cfg.IdentityChooser = func(_ context.Context, r *coordinator.IdentityRequest) ([]messages.ShardID, error) {
			asked = append(asked, r.LoadedFrom)
			return shards{"asia", "africa"}, nil
		}
	})
	ctx, touched := coordinator.WatchTouched(t.Context())
	europe := &place{Continent: "Europe"}
	require.NoError(t, troupe.Add(ctx, europe))
	_, err := coordinator.Get[place](ctx, troupe, 1)
	requireUnnamed(t, err, "WithToken")
	require.Empty(t, asked)
	touched.Reset()
	_, err = coordinator.Related[reading](ctx, troupe, europe, "place", 1)
	require.NoError(t, err)
	require.Equal(t, []any{europe}, asked)
	troupetest.AssertTouched(t, touched, "asia", "africa")
	touched.Reset()
	require.NoError(t, coordinator.Refresh(ctx, troupe, europe))
	troupetest.AssertTouched(t, touched, "europe")
	_, err = coordinator.Related[reading](ctx, troupe, &plainPlace{}, "place", 1)
	require.NoError(t, err, "the chooser knows where, though the object has no key")
	require.Len(t, asked, 2)
}

// TestRequireShardLetsAddAskTheTables, where there is no shard chooser.
func TestRequireShardLetsAddAskTheTables(t *testing.T) {
	troupe := strict(t, func(cfg *coordinator.Config) { cfg.ShardChooser = nil })
	ctx, touched := coordinator.WatchTouched(t.Context())
	key, err := troupe.AddOne(ctx, &plainPlace{Continent: "Asia"})
	require.NoError(t, err)
	require.Equal(t, messages.ShardID("asia"), key.Shard)
	troupetest.AssertTouched(t, touched, "asia")
	rows := [][]any{{"Asia"}, {"Europe"}}
	_, err = troupe.CopyFrom(ctx, pgx.Identifier{"places"}, []string{"continent"}, pgx.CopyFromRows(rows))
	requireUnnamed(t, err, "OnShard")
	_, err = troupe.Exec(ctx, "insert into places (continent) values ('Asia')")
	requireUnnamed(t, err, "OnShard")
}

func TestRequireShardAndAnExecuteChooserContradictEachOther(t *testing.T) {
	_, err := coordinator.Spawn(t.Context(), coordinator.Config{
		Shards: []shardworker.Shard{{ID: "only", DSN: "sqlite::memory:"}}, RequireShard: true,
		ExecuteChooser: func(context.Context, *coordinator.StatementRequest) ([]messages.ShardID, error) {
			return shards{"only"}, nil
		},
	})
	require.ErrorIs(t, err, messages.ErrInvalidConfig)
	require.ErrorContains(t, err, "ExecuteChooser")
	require.ErrorContains(t, err, "RequireShard")
}

// TestRequireShardIsContentWithATransactionOnOneShard, which was named when it was begun.
func TestRequireShardIsContentWithATransactionOnOneShard(t *testing.T) {
	troupe := strict(t, nil)
	_, err := troupe.Begin(t.Context())
	require.ErrorIs(t, err, messages.ErrNoRoute)
	tx, err := troupe.Begin(coordinator.OnShard(t.Context(), "asia"))
	require.NoError(t, err)
	_, err = tx.Exec(t.Context(), "insert into places (continent) values ('Asia')")
	require.NoError(t, err)
	require.NoError(t, tx.Commit(t.Context()))
	several, err := troupe.BeginAll(t.Context(), coordinator.TxOptions{})
	require.NoError(t, err)
	_, err = several.Exec(t.Context(), "delete from places where continent = 'Asia'")
	requireUnnamed(t, err, "OnShard")
	_, err = several.Exec(coordinator.OnShard(t.Context(), "asia"), "delete from places where continent = 'Asia'")
	require.NoError(t, err, "what was refused before it was sent aborts nothing")
	require.NoError(t, several.Commit(t.Context()))
}
