package coordinator_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// post is a row of a table whose shard is computed from two columns.
type post struct {
	coordinator.Identity
	ID     int64   `db:"id,pk"`
	Author int64   `db:"Author"`
	Lang   *string `db:"lang"`
}

func (*post) TableName() string { return "public.Posts" }

type autoPost struct {
	ID     int64  `db:"id,pk,auto"`
	Author int64  `db:"author,auto"`
	Lang   string `db:"lang"`
}

func (autoPost) TableName() string { return "posts" }

type bare struct {
	ID int64 `db:"id,pk"`
}

func (bare) TableName() string { return "posts" }

type country struct {
	Code string `db:"code,pk"`
}

func (country) TableName() string { return "countries" }

func TestShardFor(t *testing.T) {
	route := coordinator.Hash{Buckets: coordinator.Buckets(64, "s0", "s1", "s2")}
	tables := coordinator.Tables{
		"posts":     {Keys: []string{"author", "lang"}, Types: []coordinator.KeyType{coordinator.Integer, coordinator.Text}, Route: route},
		"things":    {Key: "id", Route: coordinator.Lookup{1: "s1"}},
		"countries": {Reference: true},
	}
	c := spawn(t, 3, func(cfg *coordinator.Config) { cfg.Tables = tables })
	ctx := t.Context()
	lang := "en"
	bucket, err := coordinator.Bucket(64, []coordinator.KeyType{coordinator.Integer, coordinator.Text}, 12, lang)
	require.NoError(t, err)
	shard, err := c.ShardFor(ctx, &post{ID: 1, Author: 12, Lang: &lang})
	require.NoError(t, err)
	require.Equal(t, route.Buckets[bucket], shard)
	shard, err = c.ShardFor(ctx, &thing{ID: 1})
	require.NoError(t, err)
	require.Equal(t, messages.ShardID("s1"), shard)
	shard, err = c.ShardFor(coordinator.OnShard(ctx, "s2"), &thing{ID: 1})
	require.NoError(t, err)
	require.Equal(t, messages.ShardID("s2"), shard, "a pin wins")
	shard, declared, err := c.DeclaredShard(coordinator.OnShard(ctx, "s2"), &thing{ID: 1})
	require.NoError(t, err)
	require.True(t, declared)
	require.Equal(t, messages.ShardID("s1"), shard, "whatever the pin says")
	_, declared, err = c.DeclaredShard(ctx, &place{})
	require.NoError(t, err)
	require.False(t, declared)
	for name, test := range map[string]struct {
		ctx    context.Context
		object any
		code   messages.Code
	}{
		"null":         {ctx, &post{ID: 1}, messages.ErrInvalidRequest},
		"auto":         {ctx, &autoPost{}, messages.ErrInvalidRequest},
		"not mapped":   {ctx, &bare{}, messages.ErrInvalidRequest},
		"nowhere":      {ctx, &thing{ID: 2}, messages.ErrInvalidRequest},
		"reference":    {ctx, &country{}, messages.ErrRefused},
		"not declared": {ctx, &place{}, messages.ErrNoRoute},
		"no object":    {ctx, 1, messages.ErrInvalidRequest},
		"two shards":   {coordinator.OnShards(ctx, shards{"s0", "s1"}), &thing{ID: 1}, messages.ErrInvalidRequest},
		"all shards":   {coordinator.AllShards(ctx), &thing{ID: 1}, messages.ErrInvalidRequest},
		"no shard":     {coordinator.OnShards(ctx, nil), &thing{ID: 1}, messages.ErrNoRoute},
		"unknown pin":  {coordinator.OnShard(ctx, "s9"), &thing{ID: 1}, messages.ErrUnknownShard},
	} {
		_, err := c.ShardFor(test.ctx, test.object)
		require.ErrorIs(t, err, test.code, name)
		require.ErrorIs(t, c.Add(test.ctx, test.object), test.code, name)
	}
	require.Empty(t, c.asked(), "nothing was sent")
	require.True(t, c.IsReference("Countries"))
	require.False(t, c.IsReference("posts"))

	none := spawn(t, 2, nil)
	_, err = none.ShardFor(ctx, &thing{ID: 1})
	require.ErrorIs(t, err, messages.ErrNoRoute)
	one := spawn(t, 1, nil)
	shard, err = one.ShardFor(ctx, &thing{ID: 1})
	require.NoError(t, err)
	require.Equal(t, messages.ShardID("s0"), shard)
}

// TestShardForAsksTheUser: a chooser's word counts, and a route that is the user's own function is as apart as a chooser.
func TestShardForAsksTheUser(t *testing.T) {
	ctx := t.Context()
	chosen := spawn(t, 2, func(cfg *coordinator.Config) {
		cfg.ShardChooser = func(context.Context, any) (messages.ShardID, error) { return "s1", nil }
		cfg.Tables = coordinator.Tables{"things": {Key: "id", Route: coordinator.Lookup{1: "s0"}}}
	})
	shard, err := chosen.ShardFor(ctx, &thing{ID: 1})
	require.NoError(t, err)
	require.Equal(t, messages.ShardID("s1"), shard)
	shard, _, err = chosen.DeclaredShard(ctx, &thing{ID: 1})
	require.NoError(t, err)
	require.Equal(t, messages.ShardID("s0"), shard)

	var answer func(context.Context) (messages.ShardID, error)
	routed := spawn(t, 2, func(cfg *coordinator.Config) {
		cfg.Tables = coordinator.Tables{"things": {Key: "id", Type: coordinator.Integer, Route: coordinator.RouteFunc(func(ctx context.Context, _ []any) (messages.ShardID, error) {
			return answer(ctx)
		})}}
	})
	oops := errors.New("oops")
	for _, test := range []struct {
		answer func(context.Context) (messages.ShardID, error)
		want   error
	}{
		{func(context.Context) (messages.ShardID, error) { return "s1", nil }, nil},
		{func(context.Context) (messages.ShardID, error) { return "s9", nil }, messages.ErrUnknownShard},
		{func(context.Context) (messages.ShardID, error) { return "", oops }, oops},
		{func(context.Context) (messages.ShardID, error) { panic("oops") }, messages.ErrChooser},
	} {
		answer = test.answer
		_, err := routed.ShardFor(ctx, &thing{ID: 1})
		require.ErrorIs(t, err, test.want)
	}
	leave := make(chan struct{})
	answer = func(context.Context) (messages.ShardID, error) { <-leave; return "s1", nil }
	ended, cancel := context.WithCancel(ctx)
	go cancel()
	_, err = routed.ShardFor(ended, &thing{ID: 1})
	close(leave)
	require.ErrorIs(t, err, context.Canceled)
}

func TestPlacement(t *testing.T) {
	ctx := t.Context()
	require.Zero(t, coordinator.PlacementOf(ctx))
	pinned := coordinator.WithToken(coordinator.OnShards(ctx, shards{"b", "a", "b"}, coordinator.LeadOnly), "c")
	require.Equal(t, coordinator.Placement{Pinned: true, Shards: shards{"b", "a"}, LeadOnly: true, Token: "c"}, coordinator.PlacementOf(pinned))
	require.Equal(t, coordinator.Placement{Pinned: true, All: true}, coordinator.PlacementOf(coordinator.AllShards(ctx)))
	require.Equal(t, coordinator.Placement{Pinned: true}, coordinator.PlacementOf(coordinator.OnShards(ctx, nil)))
	watched, touched := coordinator.WatchTouched(pinned)
	require.Zero(t, coordinator.PlacementOf(coordinator.Unpinned(watched)))
	c := spawn(t, 1, nil)
	_, err := c.Exec(coordinator.Unpinned(watched), "delete from t")
	require.Error(t, err, "it isn't scripted")
	require.Len(t, touched.Calls(), 1, "it is still watched")
	shard, err := c.DatabaseOf("s0")
	require.NoError(t, err)
	require.Equal(t, messages.ShardID("s0"), shard)
	_, err = c.DatabaseOf("s9")
	require.ErrorIs(t, err, messages.ErrUnknownShard)
	require.False(t, c.HasIdentityChooser())
}
