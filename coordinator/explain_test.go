package coordinator_test

import (
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/statement"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

// explain explains a statement and requires that nothing is sent for it.
func explain(t *testing.T, c cast, ctx context.Context, sql string, args ...any) *coordinator.Explanation {
	t.Helper()
	before := c.asked()
	ctx, touched := coordinator.WatchTouched(ctx)
	e, err := c.Explain(ctx, sql, args...)
	require.NoError(t, err)
	require.Equal(t, before, c.asked(), "nothing may be sent")
	require.Empty(t, touched.Calls())
	require.Equal(t, sql, e.SQL)
	require.Len(t, e.Shards, len(c.Shards()), "every shard is in it")
	require.Zero(t, c.Admitted())
	return e
}

func TestExplainMergedAnswers(t *testing.T) {
	for _, dialect := range []messages.Dialect{messages.SQLite, messages.PostgreSQL} {
		c := spawn(t, 3, declaring(byDecade), fake.Config{Dialect: dialect})
		const sql = "select k from t where k in ($1, 14) order by v desc, k limit $2 offset 3"
		e := explain(t, c, t.Context(), sql, 3, 10)
		require.Equal(t, "tables", e.By)
		require.Nil(t, e.Refusal)
		require.Equal(t, shards{"s0", "s1"}, e.Targets())
		require.Equal(t, []string{"v"}, e.Hidden)
		require.NotNil(t, e.Spec)
		require.Len(t, e.Spec.Order, 2)
		var kinds []string
		for _, step := range e.Merge {
			kinds = append(kinds, step.Kind)
			require.NotEmpty(t, step.Detail)
		}
		require.Equal(t, []string{"order", "cut"}, kinds)
		require.Len(t, e.Tables, 1)
		require.Equal(t, "t", e.Tables[0].Table)
		require.Equal(t, "t", sql[e.Tables[0].Offset:e.Tables[0].Offset+1])
		require.True(t, e.Tables[0].Declared)
		require.Equal(t, []string{"k: 2 values"}, e.Tables[0].Keys)
		require.Equal(t, shards{"s0", "s1"}, e.Tables[0].Shards)
		for _, s := range e.Shards {
			require.NotEmpty(t, s.Why)
			require.Equal(t, s.ID != "s2", s.Target)
			if s.Target {
				require.NotEqual(t, sql, s.SQL)
				require.Equal(t, 2, s.Args)
			} else {
				require.Empty(t, s.SQL)
			}
		}
		text := e.String()
		for _, part := range []string{sql, "→ s0", "→ s1", "  s2", "order:", "cut:", "hidden column: v", "2 values"} {
			require.Contains(t, text, part)
		}

		// What is explained is what is done.
		c.reply(e.Shards[0].SQL, one(1))
		rows, err := c.Query(t.Context(), sql, 3, 10)
		require.NoError(t, err)
		rows.Close()
		sent := c.fakes["s0"].Statements()
		require.Equal(t, e.Shards[0].SQL, sent[len(sent)-1].SQL)
	}
}

func TestExplanationsAreJSON(t *testing.T) {
	c := spawn(t, 3, declaring(byDecade))
	for _, sql := range []string{
		"select k from t where k = 3", "select k from t order by v limit 3", "select distinct v from t", "insert into t values (1, 2), (12, 3)",
		"select k from t a, t b", "update t set v = 1 where k > 5", "select 1",
	} {
		e := explain(t, c, t.Context(), sql)
		text, err := json.Marshal(e)
		require.NoError(t, err)
		var again coordinator.Explanation
		require.NoError(t, json.Unmarshal(text, &again))
		require.Equal(t, e, &again, sql)
		var fields map[string]json.RawMessage
		require.NoError(t, json.Unmarshal(text, &fields))
		for _, name := range []string{"sql", "by", "shards"} {
			require.Contains(t, fields, name)
		}
	}
	e := explain(t, c, t.Context(), "select v, avg(k) + 1 from t group by v having count(*) > 2") // its spec has expressions, which are one way
	text, err := json.Marshal(e)
	require.NoError(t, err)
	var again struct {
		Merge []coordinator.ExplainedStep `json:"merge"`
	}
	require.NoError(t, json.Unmarshal(text, &again))
	require.Equal(t, e.Merge, again.Merge)
	require.Equal(t, "group", again.Merge[0].Kind)
}

// TestExplanationsShowNoArguments: they may be secret.
func TestExplanationsShowNoArguments(t *testing.T) {
	c := spawn(t, 3, func(cfg *coordinator.Config) {
		cfg.Tables = coordinator.Tables{"t": {Key: "k", Route: coordinator.Lookup{"hunter2": "s0", "swordfish": "s1"}}}
	})
	for _, sql := range []string{"select k from t where k in ($1, $2) order by v", "insert into t (k) values ($1), ($2)", "select a.k from t a join t b on a.v = b.v and a.v in ($1, $2)"} {
		e := explain(t, c, t.Context(), sql, "hunter2", "swordfish")
		text, err := json.Marshal(e)
		require.NoError(t, err)
		for _, shown := range []string{string(text), e.String()} {
			require.NotContains(t, shown, "hunter2")
			require.NotContains(t, shown, "swordfish")
		}
	}
}

func TestExplainWhoChose(t *testing.T) {
	tables := spawn(t, 3, declaring(byDecade))
	for name, test := range map[string]struct {
		c    cast
		in   func(context.Context) context.Context
		sql  string
		by   string
		want shards
		why  map[messages.ShardID]string
	}{
		"pin": {
			tables, func(ctx context.Context) context.Context { return coordinator.OnShard(ctx, "s2") }, "anything at all", "pin",
			shards{"s2"},
			map[messages.ShardID]string{"s2": "chosen by the pin", "s0": "not chosen by the pin"},
		},
		"pins": {
			tables, func(ctx context.Context) context.Context { return coordinator.OnShards(ctx, shards{"s2", "s0"}) }, "select k from t order by k", "pin",
			shards{"s0", "s2"},
			map[messages.ShardID]string{"s2": "chosen by the pin", "s1": "not chosen by the pin"},
		},
		"all shards":   {tables, func(ctx context.Context) context.Context { return coordinator.AllShards(ctx) }, "select k from t", "pin", shards{"s0", "s1", "s2"}, nil},
		"tables":       {tables, nil, "select k from t where k = 12", "tables", shards{"s1"}, map[messages.ShardID]string{"s1": "may have matching rows of t", "s0": "no key of the statement lives there"}},
		"no row":       {tables, nil, "select k from t where k = 1 and k = 2", "tables", shards{"s0"}, map[messages.ShardID]string{"s0": "no shard has a matching row; this one says so"}},
		"no table":     {tables, nil, "select 1", "tables", shards{"s0"}, map[messages.ShardID]string{"s0": "any one shard can answer", "s1": "one shard is enough"}},
		"split insert": {tables, nil, "insert into t values (1, 1), (22, 2)", "tables", shards{"s0", "s2"}, map[messages.ShardID]string{"s0": "rows of the INSERT belong there", "s1": "no row of the INSERT belongs there"}},
		"only shard":   {spawn(t, 1, nil), nil, "anything at all", "only shard", shards{"s0"}, map[messages.ShardID]string{"s0": "chosen by the only shard"}},
		"execute chooser": {
			spawn(t, 3, deferring(byDecade, func(*coordinator.StatementRequest) shards { return shards{"s1", "s2"} })), nil, "select k, name from t order by name, k", "execute chooser",
			shards{"s1", "s2"},
			map[messages.ShardID]string{"s1": "chosen by the execute chooser", "s0": "not chosen by the execute chooser"},
		},
		"a chooser that defers": {
			spawn(t, 3, deferring(byDecade, func(*coordinator.StatementRequest) shards { return nil })), nil, "insert into t values (1, 1), (22, 2)", "execute chooser",
			shards{"s0", "s2"},
			map[messages.ShardID]string{"s0": "rows of the INSERT belong there"},
		},
		"route function": {spawn(t, 3, declaring(placed("s1"))), nil, "select v from t where k in (1, 2) order by v", "tables", shards{"s1"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := t.Context()
			if test.in != nil {
				ctx = test.in(ctx)
			}
			e := explain(t, test.c, ctx, test.sql)
			require.Equal(t, test.by, e.By)
			require.Equal(t, test.want, e.Targets())
			for _, s := range e.Shards {
				if why := test.why[s.ID]; why != "" {
					require.Equal(t, why, s.Why)
				}
			}
		})
	}
}

func TestExplainRefusals(t *testing.T) {
	c := spawn(t, 3, declaring(byDecade))
	for sql, code := range map[string]statement.Code{
		"select a.k from t a join t b on a.v = b.v": statement.UnlinkedJoin,
		"select k from t order by random()":         "",
		"update t set k = 1 where k = 2":            statement.KeyAssignment,
		"delete from r":                             statement.ReferenceChange,
		"insert into t values ('x', 1), (2, 2)":     "",
		"begin":                                     "",
	} {
		e := explain(t, c, t.Context(), sql)
		require.NotNil(t, e.Refusal, sql)
		if code != "" {
			require.Equal(t, code, e.Refusal.Code, sql)
		}
		require.Empty(t, e.Targets())
		require.Nil(t, e.Spec)
		require.Empty(t, e.Merge)
		for _, s := range e.Shards {
			require.Equal(t, "the statement is refused", s.Why)
			require.Empty(t, s.SQL)
		}
		require.Contains(t, e.String(), "refused ("+string(e.Refusal.Code)+")")
	}
	pinned := explain(t, c, coordinator.AllShards(t.Context()), "select a.k from t a join t b on a.v = b.v")
	require.Equal(t, statement.UnlinkedJoin, pinned.Refusal.Code)
}

func TestExplainFails(t *testing.T) {
	c := spawnOpen(t, 2, deferring(byDecadeOfTwo, func(r *coordinator.StatementRequest) shards { return shards{"s9"} }))
	_, err := c.Explain(t.Context(), "select k from t")
	require.ErrorIs(t, err, messages.ErrUnknownShard)
	_, err = c.Explain(coordinator.OnShards(t.Context(), nil), "select k from t")
	require.ErrorIs(t, err, messages.ErrNoRoute)
	_, err = c.Explain(coordinator.AllShards(t.Context()), "select k from")
	require.Error(t, err)
	require.NoError(t, c.Close(t.Context()))
	_, err = c.Explain(t.Context(), "select k from t")
	require.ErrorIs(t, err, messages.ErrClosed)

	broken := errors.New("the chooser's")
	c = spawn(t, 2, func(cfg *coordinator.Config) {
		chosenBy["execute"].configure(cfg, func(context.Context) ([]messages.ShardID, error) { return nil, broken })
	})
	_, err = c.Explain(t.Context(), "select k from t")
	require.ErrorIs(t, err, broken)
	require.ErrorIs(t, err, messages.ErrChooser)
}
