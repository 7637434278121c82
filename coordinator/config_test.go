package coordinator_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
	"github.com/troupedb/troupe/shardworker/fake"
)

const canary = "s3cr3t-c4n4ry"

func TestSpawnRefusesBadConfigurations(t *testing.T) {
	shard := func(id messages.ShardID) shardworker.Shard {
		return shardworker.Shard{ID: id, Backend: fake.New(fake.Config{})}
	}
	for name, cfg := range map[string]coordinator.Config{
		"no shards":             {},
		"empty id":              {Shards: []shardworker.Shard{shard("")}},
		"bad id":                {Shards: []shardworker.Shard{shard("a"), shard("b/c")}},
		"duplicate id":          {Shards: []shardworker.Shard{shard("a"), shard("b"), shard("a")}},
		"neither":               {Shards: []shardworker.Shard{{ID: "a"}}},
		"both":                  {Shards: []shardworker.Shard{{ID: "a", DSN: "sqlite::memory:", Backend: fake.New(fake.Config{})}}},
		"negative MaxInFlight":  {Shards: []shardworker.Shard{shard("a")}, MaxInFlight: -1},
		"negative Window":       {Shards: []shardworker.Shard{shard("a")}, Window: -1},
		"negative BatchBytes":   {Shards: []shardworker.Shard{shard("a")}, BatchBytes: -1},
		"negative CloseTimeout": {Shards: []shardworker.Shard{shard("a")}, CloseTimeout: -time.Second},
		"large Window":          {Shards: []shardworker.Shard{shard("a")}, Window: 1 << 20},
		"large BatchBytes":      {Shards: []shardworker.Shard{shard("a")}, BatchBytes: 1 << 30},
		"bad sqlite DSN":        {Shards: []shardworker.Shard{shard("a"), {ID: "b", DSN: "sqlite:"}}},
		"sqlite parameter":      {Shards: []shardworker.Shard{{ID: "a", DSN: "sqlite::memory:"}, {ID: "b", DSN: "sqlite:x?password=" + canary}}},
		"bad postgres port":     {Shards: []shardworker.Shard{{ID: "b", DSN: "postgres://u:" + canary + "@h:port/db"}}},
		"bad postgres keyword":  {Shards: []shardworker.Shard{{ID: "b", DSN: "host=h password=" + canary + " sslmode=perhaps"}}},
		"bad postgres url":      {Shards: []shardworker.Shard{{ID: "b", DSN: "postgres://u:" + canary + "%zz@h/db"}}},
		"bad postgres escape":   {Shards: []shardworker.Shard{{ID: "b", DSN: "host=h password='" + canary}}},
	} {
		t.Run(name, func(t *testing.T) {
			troupe, err := coordinator.Spawn(t.Context(), cfg)
			require.Nil(t, troupe)
			require.ErrorIs(t, err, messages.ErrInvalidConfig)
			require.NotContains(t, err.Error(), canary)
			require.NotContains(t, fmt.Sprintf("%+v %#v", err, err), canary)
			require.NotContains(t, fmt.Sprintf("%v %+v %#v %s", cfg, cfg, cfg, cfg.Shards), canary)
			for _, s := range cfg.Shards {
				if f, ok := s.Backend.(*fake.Backend); ok {
					require.False(t, f.Closed(), "the caller's own backend stays open")
				}
			}
		})
	}
	_, err := coordinator.Spawn(t.Context(), coordinator.Config{Shards: []shardworker.Shard{shard("b/c")}})
	require.ErrorIs(t, err, messages.ErrInvalidShardID)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = coordinator.Spawn(ctx, coordinator.Config{Shards: []shardworker.Shard{shard("a")}})
	require.ErrorIs(t, err, messages.ErrCanceled)
}

func TestShardsAndBackends(t *testing.T) {
	c := spawn(t, 2, nil)
	require.Equal(t, []messages.ShardID{"s0", "s1"}, c.Shards())
	backend, err := c.Shard("s1")
	require.NoError(t, err)
	require.Same(t, c.fakes["s1"], backend)
	_, err = c.Shard("s2")
	require.ErrorIs(t, err, messages.ErrUnknownShard)
}
