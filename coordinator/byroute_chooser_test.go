package coordinator_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

// deferring returns a change that declares t, and an execute chooser that does what the tables say unless choose says otherwise.
func deferring(route coordinator.Route, choose func(r *coordinator.StatementRequest) shards) func(*coordinator.Config) {
	return func(cfg *coordinator.Config) {
		declaring(route)(cfg)
		cfg.ExecuteChooser = func(_ context.Context, r *coordinator.StatementRequest) ([]messages.ShardID, error) {
			if ids := choose(r); ids != nil {
				return ids, nil
			}
			return r.Shards()
		}
	}
}

func TestChoosersHaveTheLastWord(t *testing.T) {
	opinion := shards(nil)
	c := spawn(t, 3, deferring(byDecade, func(*coordinator.StatementRequest) shards { return opinion }))
	c.reply("", one(1))
	for _, test := range []struct {
		sql     string
		opinion shards
		want    shards
		code    messages.Code
	}{
		{"select k from t where k = 12", nil, shards{"s1"}, ""},
		{"select k from t", nil, shards{"s0", "s1", "s2"}, ""},
		{"select k from t where k = 12", shards{"s2"}, shards{"s2"}, ""},
		{"select k from t", shards{"s2", "s0"}, shards{"s0", "s2"}, ""},
		{"select current_timestamp from t", shards{"s2"}, shards{"s2"}, ""},
		{"insert into t (v) values (1)", shards{"s2"}, shards{"s2"}, ""},
		{"select current_timestamp from t", shards{"s2", "s0"}, nil, messages.ErrRefused},
		{"select current_timestamp from t", nil, nil, messages.ErrRefused},
		{"select k from t", shards{}, nil, messages.ErrChooser},
	} {
		opinion = test.opinion
		ctx, touched := coordinator.WatchTouched(t.Context())
		err := readAll(ctx, c, test.sql)
		require.Equal(t, test.want, touched.Shards(), test.sql)
		if test.code == "" {
			require.NoError(t, err, test.sql)
		} else {
			require.ErrorIs(t, err, test.code, test.sql)
		}
	}
}

// TestAChooserThatDefersInsertsEachRowOnce: what the tables say is a set of shards, and the rows have one of them each.
func TestAChooserThatDefersInsertsEachRowOnce(t *testing.T) {
	for name, route := range map[string]coordinator.Route{
		"range": byDecade,
		"function": coordinator.RouteFunc(func(_ context.Context, key []any) (messages.ShardID, error) {
			return shardIDs[key[0].(int64)/10], nil
		}),
	} {
		t.Run(name, func(t *testing.T) {
			opinion := shards(nil)
			troupe := spawnDatabases(t, 3, "create table t (k integer, v integer)", deferring(route, func(r *coordinator.StatementRequest) shards {
				if r.WantRows {
					return nil
				}
				return opinion
			}))
			for _, ids := range []shards{nil, {"s2", "s0", "s1"}} {
				opinion = ids
				tag, err := troupe.Exec(t.Context(), "insert into t values (1, 1), ($1, 2), (22, 3)", 11)
				require.NoError(t, err)
				require.EqualValues(t, 3, tag.RowsAffected())
			}
			for _, in := range []func(context.Context) context.Context{
				func(ctx context.Context) context.Context { return coordinator.OnShards(ctx, shards{"s1", "s2", "s0"}) },
				func(ctx context.Context) context.Context { return coordinator.AllShards(ctx) },
			} {
				rows, err := troupe.Query(in(t.Context()), "insert into t values (1, 1), (11, 2), (22, 3) returning k")
				require.NoError(t, err)
				returned, err := coordinator.Collect[int64](rows)
				require.NoError(t, err)
				require.ElementsMatch(t, []int64{1, 11, 22}, returned)
			}
			opinion = shards{"s0", "s2"}
			for _, in := range []context.Context{t.Context(), coordinator.OnShards(t.Context(), shards{"s0", "s2"})} {
				_, err := troupe.Exec(in, "insert into t values (1, 1), (11, 2)")
				require.ErrorIs(t, err, messages.ErrInvalidRequest)
				require.ErrorContains(t, err, "row 2")
			}
			for i, id := range shardIDs[:3] {
				rows, err := troupe.Query(coordinator.OnShard(t.Context(), id), "select distinct k / 10 from t")
				require.NoError(t, err)
				decades, err := coordinator.Collect[int64](rows)
				require.NoError(t, err)
				require.Equal(t, []int64{int64(i)}, decades)
			}
			require.Equal(t, []int64{12}, column[int64](t, troupe, "select count(*) from t"))
		})
	}
}

// TestWhatAChooserIsToldOfKeys has the sound sets, and not those of comparisons that don't bind.
func TestWhatAChooserIsToldOfKeys(t *testing.T) {
	for _, dialect := range []messages.Dialect{messages.SQLite, messages.PostgreSQL} {
		asked := 0
		c := spawn(t, 3, func(cfg *coordinator.Config) {
			declaring(byDecade)(cfg)
			cfg.ExecuteChooser = func(_ context.Context, r *coordinator.StatementRequest) ([]messages.ShardID, error) {
				asked++
				keys, err := r.Keys("T")
				require.NoError(t, err)
				require.Len(t, keys, 2)
				require.Equal(t, []any{int64(3), int64(14)}, keys[0][0].Values)
				require.Equal(t, keys[0], keys[1], "they are linked")
				none, err := r.Keys("other")
				require.NoError(t, err)
				require.Empty(t, none)
				_, ok, err := r.Values("k")
				require.NoError(t, err)
				require.False(t, ok, "an OR binds nothing by itself")
				comparisons, err := r.Comparisons()
				require.NoError(t, err)
				require.NotEmpty(t, comparisons)
				ids, err := r.Shards()
				require.NoError(t, err)
				require.Equal(t, shards{"s0", "s1"}, ids)
				return shards{"s1"}, nil
			}
		}, fake.Config{Dialect: dialect})
		c.reply("", one(1))
		require.NoError(t, readArgs(t.Context(), c, "select a.k from t a join t b on a.k = b.k where a.k = $1 or a.k = 14", []any{3}))
		require.Equal(t, 1, asked)
		require.Equal(t, map[messages.ShardID]int{"s1": 1}, c.asked())
	}
}

func TestARequestsShardsWithoutTables(t *testing.T) {
	c := spawn(t, 2, func(cfg *coordinator.Config) {
		cfg.ExecuteChooser = func(_ context.Context, r *coordinator.StatementRequest) ([]messages.ShardID, error) {
			return r.Shards()
		}
	})
	err := readAll(t.Context(), c, "select k from t")
	require.ErrorIs(t, err, messages.ErrChooser)
	require.ErrorIs(t, err, messages.ErrNoRoute)
	require.Empty(t, c.asked())
}
