package coordinator_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

type place struct {
	coordinator.Identity
	ID        int64   `db:"id,pk,auto"`
	Continent string  `db:"continent"`
	City      *string `db:"city"`
	Ignored   []int   `db:"-"`
}

func (place) TableName() string { return "places" }

type reading struct {
	coordinator.Identity
	Place int64  `db:"place,pk"`
	Day   string `db:"day,pk"`
	Value float64
}

func (*reading) TableName() string { return "readings" }

// atlas is a troupe of three SQLite databases in memory, with places and readings.
func atlas(t *testing.T, change func(*coordinator.Config)) *coordinator.Troupe {
	cfg := coordinator.Config{
		ShardChooser: func(_ context.Context, instance any) (messages.ShardID, error) {
			switch v := instance.(type) {
			case *place:
				return messages.ShardID(strings.ToLower(v.Continent)), nil
			default:
				return "", fmt.Errorf("no place for a %T", v)
			}
		},
		IdentityChooser: func(_ context.Context, r *coordinator.IdentityRequest) ([]messages.ShardID, error) {
			if key, ok := coordinator.KeyOf(r.LoadedFrom); ok {
				return shards{key.Shard}, nil
			}
			return shards{"asia", "europe", "africa"}, nil
		},
	}
	for _, id := range []messages.ShardID{"asia", "europe", "africa"} {
		cfg.Shards = append(cfg.Shards, shardworker.Shard{ID: id, DSN: "sqlite::memory:"})
	}
	if change != nil {
		change(&cfg)
	}
	troupe, err := coordinator.Spawn(t.Context(), cfg)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, troupe.Close(context.Background())) })
	for _, ddl := range []string{
		"create table places (id integer primary key, continent text not null, city text)",
		"create table readings (place integer, day text, value real, primary key (place, day))",
	} {
		_, err := troupe.Exec(coordinator.AllShards(t.Context()), ddl)
		require.NoError(t, err)
	}
	return troupe
}

func TestAddGetAndRelated(t *testing.T) {
	ctx := t.Context()
	troupe := atlas(t, nil)
	tokyo, rome := "Tokyo", "Rome"
	asia, europe, bare := &place{Continent: "Asia", City: &tokyo}, &place{Continent: "Europe", City: &rome}, &place{Continent: "Europe"}
	require.NoError(t, troupe.Add(ctx, asia, europe, bare))
	require.Equal(t, []int64{1, 1, 2}, []int64{asia.ID, europe.ID, bare.ID}, "the databases gave the keys")
	require.Equal(t, "places(1)@asia", asia.Key().String())
	require.NotEqual(t, asia.Key(), europe.Key())
	moved := asia.Key()
	moved.Shard = "europe"
	require.Equal(t, europe.Key(), moved, "equal primary keys differ in their token only")

	got, err := coordinator.Get[place](ctx, troupe, 2)
	require.NoError(t, err)
	require.Equal(t, bare.Key(), got.Key())
	require.Nil(t, got.City)
	_, err = coordinator.Get[place](ctx, troupe, 99)
	require.ErrorIs(t, err, pgx.ErrNoRows)
	require.ErrorIs(t, err, sql.ErrNoRows)
	ambiguous, err := coordinator.Get[place](ctx, troupe, 1)
	require.ErrorIs(t, err, messages.ErrAmbiguousKey)
	require.ErrorContains(t, err, "asia")
	require.ErrorContains(t, err, "europe")
	require.Zero(t, ambiguous)
	got, err = coordinator.Get[place](coordinator.WithToken(ctx, europe.Key().Shard), troupe, 1)
	require.NoError(t, err)
	require.Equal(t, "Rome", *got.City)
	_, err = coordinator.Get[place](coordinator.OnShard(ctx, "africa"), troupe, 1)
	require.ErrorIs(t, err, pgx.ErrNoRows)
	for _, key := range [][]any{nil, {1, 2}} {
		_, err = coordinator.Get[place](ctx, troupe, key...)
		require.ErrorIs(t, err, messages.ErrInvalidRequest)
	}

	onEurope := coordinator.OnShard(ctx, "europe")
	require.NoError(t, troupe.Add(onEurope, &reading{Place: 1, Day: "mon", Value: 1.5}, &reading{Place: 1, Day: "tue", Value: 2}))
	require.NoError(t, troupe.Add(coordinator.OnShard(ctx, "asia"), &reading{Place: 1, Day: "mon", Value: 30}))
	related, err := coordinator.Related[reading](ctx, troupe, europe, "place", europe.ID)
	require.NoError(t, err)
	require.Len(t, related, 2)
	require.Equal(t, `readings(1,"mon")@europe`, related[0].Key().String())
	pinned := coordinator.OnShard(ctx, "asia")
	related, err = coordinator.Related[reading](pinned, troupe, europe, "place", europe.ID)
	require.NoError(t, err)
	require.Len(t, related, 1, "the pin propagates")
	lead := coordinator.OnShard(ctx, "asia", coordinator.LeadOnly)
	related, err = coordinator.Related[reading](lead, troupe, europe, "place", europe.ID)
	require.NoError(t, err)
	require.Len(t, related, 2, "the pin holds for the lead only")
	composite, err := coordinator.Get[reading](coordinator.WithToken(ctx, "europe"), troupe, 1, "tue")
	require.NoError(t, err)
	require.InDelta(t, 2, composite.Value, 0)
	_, err = coordinator.Related[reading](ctx, troupe, europe, "nothing", 1)
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	_, err = coordinator.Related[reading](ctx, troupe, nil, "place", 1)
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
}

func TestAddRefuses(t *testing.T) {
	ctx := t.Context()
	troupe := atlas(t, nil)
	require.ErrorIs(t, troupe.Add(ctx, &reading{}), messages.ErrChooser)
	require.ErrorIs(t, troupe.Add(ctx, &place{Continent: "Atlantis"}), messages.ErrUnknownShard)
	for name, object := range map[string]any{
		"value": place{Continent: "Asia"}, "nil": nil, "nil pointer": (*place)(nil), "no struct": new(int), "unmapped": &struct{ A int }{},
		"unknown tag": &badTag{}, "no key": &noKey{}, "twice": &twice{},
		"nameless": &nameless{},
	} {
		require.ErrorIs(t, troupe.Add(coordinator.OnShard(ctx, "asia"), object), messages.ErrInvalidRequest, name)
	}
	for _, several := range []context.Context{coordinator.AllShards(ctx), coordinator.OnShards(ctx, shards{"asia", "europe"})} {
		require.ErrorIs(t, troupe.Add(several, &place{Continent: "Asia"}), messages.ErrInvalidRequest)
	}
	err := troupe.Add(ctx, &place{Continent: "Asia"}, &place{Continent: "Atlantis"}, &place{Continent: "Asia"})
	require.ErrorContains(t, err, "object 2 of 3")
	rows, err := troupe.Query(coordinator.AllShards(ctx), "select id from places")
	require.NoError(t, err)
	ids, err := coordinator.Collect[int64](rows)
	require.NoError(t, err)
	require.Equal(t, []int64{1}, ids)
}

type badTag struct {
	ID int `db:"id,pk,omitempty"`
}

func (badTag) TableName() string { return "t" }

type nameless struct {
	ID int `db:",pk"`
}

func (nameless) TableName() string { return "t" }

type noKey struct{ ID int }

func (noKey) TableName() string { return "t" }

type twice struct {
	ID    int `db:"id,pk"`
	Other int `db:"id"`
}

func (twice) TableName() string { return "t" }
