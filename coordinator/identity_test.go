package coordinator_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

// plainPlace is a place that learns no key.
type plainPlace struct {
	ID        int64   `db:"id,pk,auto"`
	Continent string  `db:"continent"`
	City      *string `db:"city"`
}

func (plainPlace) TableName() string { return "places" }

// rate has a key that no [messages.Key] can hold.
type rate struct {
	Rate float64 `db:"rate,pk"`
}

func (rate) TableName() string { return "rates" }

// misleading has choosers that name a shard which doesn't exist, as the seeds' tests do: who asks them is found out.
func misleading(cfg *coordinator.Config) {
	nowhere := shards{"fake"}
	cfg.ShardChooser = func(context.Context, any) (messages.ShardID, error) { return "fake", nil }
	cfg.IdentityChooser = func(context.Context, *coordinator.IdentityRequest) ([]messages.ShardID, error) { return nowhere, nil }
	cfg.ExecuteChooser = func(context.Context, *coordinator.StatementRequest) ([]messages.ShardID, error) { return nowhere, nil }
}

func TestKeysWithoutIdentity(t *testing.T) {
	ctx := t.Context()
	troupe := atlas(t, func(cfg *coordinator.Config) {
		cfg.ShardChooser = func(_ context.Context, v any) (messages.ShardID, error) {
			return map[string]messages.ShardID{"Asia": "asia", "Europe": "europe"}[v.(*plainPlace).Continent], nil
		}
	})
	tokyo := "Tokyo"
	asia, err := troupe.AddOne(ctx, &plainPlace{Continent: "Asia", City: &tokyo})
	require.NoError(t, err)
	europe, err := troupe.AddOne(ctx, &plainPlace{Continent: "Europe"})
	require.NoError(t, err)
	require.Equal(t, "places(1)@asia", asia.String())
	require.Equal(t, "places(1)@europe", europe.String())

	got, key, err := coordinator.GetOne[plainPlace](coordinator.WithToken(ctx, "asia"), troupe, 1)
	require.NoError(t, err)
	require.Equal(t, plainPlace{1, "Asia", &tokyo}, got)
	require.Equal(t, asia, key)
	_, key, err = coordinator.GetOne[plainPlace](ctx, troupe, 1)
	require.ErrorIs(t, err, messages.ErrAmbiguousKey)
	require.True(t, key.IsZero())

	rows, err := troupe.Query(coordinator.InShardOrder(coordinator.AllShards(ctx)), "select id, continent, city from places")
	require.NoError(t, err)
	var keys []messages.Key
	for rows.Next() {
		p, err := pgx.RowToStructByName[plainPlace](rows)
		require.NoError(t, err)
		key, err := coordinator.RowKey(rows, &p)
		require.NoError(t, err)
		keys = append(keys, key)
	}
	require.NoError(t, rows.Err())
	require.Equal(t, []messages.Key{asia, europe}, keys)
	for _, key := range keys {
		p, err := coordinator.ByKey[plainPlace](ctx, troupe, key)
		require.NoError(t, err)
		again, err := coordinator.ByKey[place](ctx, troupe, key)
		require.NoError(t, err)
		require.Equal(t, p.Continent, again.Continent)
		require.Equal(t, key, again.Key())
	}

	// A key stands for the object that rows are loaded from.
	require.NoError(t, troupe.Add(coordinator.OnShard(ctx, "europe"), &reading{Place: 1, Day: "mon"}))
	for key, want := range map[messages.Key]int{asia: 0, europe: 1} {
		related, err := coordinator.Related[reading](ctx, troupe, key, "place", 1)
		require.NoError(t, err)
		require.Len(t, related, want)
	}
}

func TestAddOneRefuses(t *testing.T) {
	ctx := t.Context()
	troupe := atlas(t, nil)
	on := coordinator.OnShard(ctx, "asia")
	_, err := troupe.Exec(on, "create table rates (rate real)")
	require.NoError(t, err)
	require.NoError(t, troupe.Add(on, &rate{1.5}), "nobody wants its key")
	for name, object := range map[string]any{"nil": nil, "value": place{}, "a key that is none": &rate{1.5}} {
		_, err = troupe.AddOne(on, object)
		require.ErrorIs(t, err, messages.ErrInvalidRequest, name)
	}
	var n int
	require.NoError(t, troupe.QueryRow(on, "select count(*) from rates").Scan(&n))
	require.Equal(t, 1, n, "it was refused before it was written")
	_, _, err = coordinator.GetOne[rate](on, troupe, 1.5)
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	_, err = troupe.AddOne(ctx, &place{Continent: "Atlantis"})
	require.ErrorIs(t, err, messages.ErrUnknownShard)
}

func TestNoRowsIsWhatBothPackagesCallIt(t *testing.T) {
	ctx := coordinator.OnShard(t.Context(), "asia")
	troupe := atlas(t, nil)
	p := &place{Continent: "Asia"}
	require.NoError(t, troupe.Add(ctx, p))
	_, err := troupe.Exec(ctx, "delete from places")
	require.NoError(t, err)
	_, get := coordinator.Get[place](ctx, troupe, 1)
	_, key, getOne := coordinator.GetOne[place](ctx, troupe, 1)
	require.True(t, key.IsZero())
	_, byKey := coordinator.ByKey[place](ctx, troupe, p.Key())
	refresh := coordinator.Refresh(ctx, troupe, p)
	for name, err := range map[string]error{"Get": get, "GetOne": getOne, "ByKey": byKey, "Refresh": refresh} {
		require.ErrorIs(t, err, pgx.ErrNoRows, name)
		require.ErrorIs(t, err, sql.ErrNoRows, name)
	}
	require.Equal(t, "Asia", p.Continent, "it stays as it was")
	require.Equal(t, "places(1)@asia", p.Key().String())
}

// TestRowsOwnShardWins: peers.md 11 and 28 to 30. What is read again comes from the row's own shard, whatever is pinned and whatever
// the choosers would say.
func TestRowsOwnShardWins(t *testing.T) {
	troupe := atlas(t, misleading)
	tokyo, rome := "Tokyo", "Rome"
	on := map[messages.ShardID]*place{"asia": {Continent: "Asia", City: &tokyo}, "europe": {Continent: "Europe", City: &rome}}
	for shard, p := range on {
		require.NoError(t, troupe.Add(coordinator.OnShard(t.Context(), shard), p))
	}
	_, err := coordinator.Get[place](t.Context(), troupe, 1)
	require.ErrorIs(t, err, messages.ErrUnknownShard, "the choosers are as misleading as they should be")
	for name, within := range map[string]func(context.Context) context.Context{
		"no pin": func(ctx context.Context) context.Context { return ctx },
		"a pin":  func(ctx context.Context) context.Context { return coordinator.OnShard(ctx, "africa") },
		"a lead pin": func(ctx context.Context) context.Context {
			return coordinator.OnShard(ctx, "africa", coordinator.LeadOnly)
		},
		"all shards":    func(ctx context.Context) context.Context { return coordinator.AllShards(ctx) },
		"no shards":     func(ctx context.Context) context.Context { return coordinator.OnShards(ctx, nil) },
		"a fake shard":  func(ctx context.Context) context.Context { return coordinator.OnShard(ctx, "fake") },
		"another token": func(ctx context.Context) context.Context { return coordinator.WithToken(ctx, "africa") },
	} {
		t.Run(name, func(t *testing.T) {
			for shard, p := range on {
				ctx, touched := coordinator.WatchTouched(within(t.Context()))
				want := *p.City
				p.City, p.Continent, p.Ignored = nil, "forgotten", []int{1}
				require.NoError(t, coordinator.Refresh(ctx, troupe, p))
				require.Equal(t, want, *p.City)
				require.NotEqual(t, "forgotten", p.Continent)
				require.Equal(t, []int{1}, p.Ignored, "what is no column is the application's")
				require.Equal(t, shard, p.Key().Shard)
				got, err := coordinator.ByKey[place](ctx, troupe, p.Key())
				require.NoError(t, err)
				require.Equal(t, want, *got.City)
				require.Equal(t, p.Key(), got.Key())
				require.Equal(t, shards{shard}, touched.Shards())
				require.Len(t, touched.Calls(), 2)
			}
		})
	}
}

// TestRefreshGoesByTheKey, not by what the fields have become since.
func TestRefreshGoesByTheKey(t *testing.T) {
	troupe := atlas(t, misleading)
	ctx := coordinator.OnShard(t.Context(), "asia")
	p := &place{Continent: "Asia"}
	require.NoError(t, troupe.Add(ctx, p))
	p.ID = 99
	require.NoError(t, coordinator.Refresh(t.Context(), troupe, p))
	require.EqualValues(t, 1, p.ID)
}

func TestByKeyAndRefreshRefuse(t *testing.T) {
	ctx := t.Context()
	troupe := atlas(t, nil)
	p := &place{Continent: "Asia"}
	require.NoError(t, troupe.Add(ctx, p))
	pk, err := messages.NewPrimaryKey(1, 2)
	require.NoError(t, err)
	elsewhere, nowhere, many, other, unread := p.Key(), p.Key(), p.Key(), p.Key(), p.Key()
	elsewhere.Shard, nowhere.Shard, many.PK, other.Table, unread.PK = "atlantis", "", pk, "readings", messages.PrimaryKey{}
	watched, touched := coordinator.WatchTouched(ctx)
	for name, test := range map[string]struct {
		key  messages.Key
		want messages.Code
	}{
		"another table": {other, messages.ErrInvalidRequest}, "no shard": {nowhere, messages.ErrInvalidRequest},
		"unknown shard": {elsewhere, messages.ErrUnknownShard}, "too many values": {many, messages.ErrInvalidRequest},
		"no values": {unread, messages.ErrInvalidRequest}, "zero": {messages.Key{}, messages.ErrInvalidRequest},
	} {
		_, err := coordinator.ByKey[place](watched, troupe, test.key)
		require.ErrorIs(t, err, test.want, name)
	}
	_, err = coordinator.ByKey[int](watched, troupe, p.Key())
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	require.ErrorIs(t, coordinator.Refresh(watched, troupe, &place{}), messages.ErrInvalidRequest, "it was never read")
	require.ErrorIs(t, coordinator.Refresh(watched, troupe, &plainPlace{}), messages.ErrInvalidRequest, "it learns no key")
	require.ErrorIs(t, coordinator.Refresh[place](watched, troupe, nil), messages.ErrInvalidRequest)
	require.ErrorIs(t, coordinator.Refresh(watched, troupe, new(int)), messages.ErrInvalidRequest)
	require.Empty(t, touched.Calls())
}

func TestRowKeyRefuses(t *testing.T) {
	c := spawn(t, 2, nil)
	c.reply("", fake.Rows(fake.Column("id", pgtype.Int8OID), fake.Column("continent", pgtype.TextOID)).Row(int64(1), "Asia"))
	rows, err := c.Query(coordinator.OnShard(t.Context(), "s0"), "select 1")
	require.NoError(t, err)
	defer rows.Close()
	p := plainPlace{ID: 1}
	_, err = coordinator.RowKey(rows, &p)
	require.ErrorIs(t, err, messages.ErrInvalidRequest, "there is no row yet")
	require.True(t, rows.Next())
	key, err := coordinator.RowKey(rows, &p)
	require.NoError(t, err)
	require.Equal(t, "places(1)@s0", key.String())
	_, err = coordinator.RowKey(rows, &reading{Place: 1, Day: "mon"})
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	require.ErrorContains(t, err, `"place"`)
	_, err = coordinator.RowKey[plainPlace](rows, nil)
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	_, err = coordinator.RowKey(rows, new(int))
	require.ErrorIs(t, err, messages.ErrInvalidRequest)

	groups := atlas(t, nil)
	require.NoError(t, groups.Add(t.Context(), &place{Continent: "Asia"}, &place{Continent: "Europe"}))
	merged, err := groups.Query(coordinator.AllShards(t.Context()), "select id, count(*) as n from places group by id")
	require.NoError(t, err)
	defer merged.Close()
	require.True(t, merged.Next())
	_, err = coordinator.RowKey(merged, &p)
	require.ErrorIs(t, err, messages.ErrInvalidRequest)
	require.ErrorContains(t, err, "no single shard")
}

func TestKeyOf(t *testing.T) {
	p := &place{Continent: "Asia"}
	_, ok := coordinator.KeyOf(p)
	require.False(t, ok)
	require.NoError(t, atlas(t, nil).Add(t.Context(), p))
	for _, object := range []any{p, p.Key()} {
		key, ok := coordinator.KeyOf(object)
		require.True(t, ok)
		require.Equal(t, "places(1)@asia", key.String())
	}
	for _, object := range []any{nil, (*place)(nil), *p, messages.Key{}, 1, &plainPlace{ID: 1}} {
		_, ok := coordinator.KeyOf(object)
		require.False(t, ok, "%T", object)
	}
}
