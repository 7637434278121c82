package coordinator_test

import (
	"context"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

type shards = []messages.ShardID

// asker records what the choosers are asked. The execute chooser chooses s3, the identity chooser s4.
type asker struct {
	mu         sync.Mutex
	statements []*coordinator.StatementRequest
	identities []*coordinator.IdentityRequest
	contexts   []context.Context
}

func (a *asker) configure(cfg *coordinator.Config) {
	cfg.ExecuteChooser = func(ctx context.Context, r *coordinator.StatementRequest) ([]messages.ShardID, error) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.statements, a.contexts = append(a.statements, r), append(a.contexts, ctx)
		return shards{"s3"}, nil
	}
	cfg.IdentityChooser = func(ctx context.Context, r *coordinator.IdentityRequest) ([]messages.ShardID, error) {
		a.mu.Lock()
		defer a.mu.Unlock()
		a.identities, a.contexts = append(a.identities, r), append(a.contexts, ctx)
		return shards{"s4"}, nil
	}
}

func TestRoutingPriority(t *testing.T) {
	all := shards{"s0", "s1", "s2", "s3", "s4"}
	parent := &thing{ID: 1}
	plain := func(ctx context.Context) context.Context { return ctx }
	pin := func(ctx context.Context) context.Context { return coordinator.OnShard(ctx, "s1") }
	lead := func(ctx context.Context) context.Context {
		return coordinator.OnShard(ctx, "s1", coordinator.LeadOnly)
	}
	token := func(ctx context.Context) context.Context { return coordinator.WithToken(ctx, "s2") }
	for name, test := range map[string]struct {
		in      func(context.Context) context.Context
		options messages.Options
		query   shards // where a Query goes
		get     shards // where a Get goes
	}{
		"choosers":                 {plain, messages.Options{}, shards{"s3"}, shards{"s4"}},
		"loaded from":              {plain, messages.Options{LoadedFrom: parent}, shards{"s4"}, shards{"s4"}},
		"token in context":         {token, messages.Options{}, shards{"s3"}, shards{"s2"}},
		"token in message":         {plain, messages.Options{Token: "s2"}, shards{"s2"}, shards{"s2"}},
		"token in both":            {token, messages.Options{Token: "s0"}, shards{"s0"}, shards{"s0"}},
		"pin in context":           {pin, messages.Options{}, shards{"s1"}, shards{"s1"}},
		"pin over token":           {func(ctx context.Context) context.Context { return pin(token(ctx)) }, messages.Options{}, shards{"s1"}, shards{"s1"}},
		"token set after pin":      {func(ctx context.Context) context.Context { return token(pin(ctx)) }, messages.Options{}, shards{"s1"}, shards{"s1"}},
		"pin over message's token": {pin, messages.Options{Token: "s0"}, shards{"s1"}, shards{"s1"}},
		"message's pin":            {pin, messages.Options{Shards: shards{"s0"}, Token: "s4"}, shards{"s0"}, shards{"s0"}},
		"message's pin to all":     {pin, messages.Options{AllShards: true}, all, all},
		"all in context":           {func(ctx context.Context) context.Context { return coordinator.AllShards(ctx) }, messages.Options{}, all, all},
		"message's pin over all":   {func(ctx context.Context) context.Context { return coordinator.AllShards(ctx) }, messages.Options{Shards: shards{"s0"}}, shards{"s0"}, shards{"s0"}},
		"pin replaces all":         {func(ctx context.Context) context.Context { return pin(coordinator.AllShards(ctx)) }, messages.Options{}, shards{"s1"}, shards{"s1"}},
		"all replaces pin":         {func(ctx context.Context) context.Context { return coordinator.AllShards(pin(ctx)) }, messages.Options{}, all, all},
		"duplicates": {func(ctx context.Context) context.Context {
			return coordinator.OnShards(ctx, shards{"s2", "s1", "s2", "s1"})
		}, messages.Options{}, shards{"s2", "s1"}, shards{"s2", "s1"}},
		"lead only":                   {lead, messages.Options{}, shards{"s1"}, shards{"s1"}},
		"lead only, loaded from":      {lead, messages.Options{LoadedFrom: parent}, shards{"s4"}, shards{"s4"}},
		"lead only, token":            {func(ctx context.Context) context.Context { return lead(token(ctx)) }, messages.Options{LoadedFrom: parent}, shards{"s2"}, shards{"s2"}},
		"propagated, loaded from":     {pin, messages.Options{LoadedFrom: parent}, shards{"s1"}, shards{"s1"}},
		"lead only and message's pin": {lead, messages.Options{LoadedFrom: parent, Shards: shards{"s0"}}, shards{"s0"}, shards{"s0"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := new(asker)
			c := spawn(t, 5, a.configure)
			c.reply("", numbered(1))
			rows, err := c.Send(test.in(t.Context()), &messages.Query{SQL: "select n, pad from t", Options: test.options}).Await(t.Context())
			require.NoError(t, err)
			require.Equal(t, test.query, rows.Shards())
			rows.Close()
			get := &messages.Get{Table: "t", Columns: []string{"n", "pad"}, KeyColumns: []string{"n"}, Key: []any{1}, Options: test.options}
			rows, err = c.Send(test.in(t.Context()), get).Await(t.Context())
			require.NoError(t, err)
			require.Equal(t, test.get, rows.Shards())
			rows.Close()
			if !slices.Equal(test.query, shards{"s3"}) && !slices.Equal(test.query, shards{"s4"}) {
				require.Empty(t, a.statements, "a chooser was asked in vain")
				require.Empty(t, a.identities)
			}
		})
	}
}

func TestRoutingOfTheOnlyShardAsksNobody(t *testing.T) {
	a := new(asker)
	c := spawn(t, 1, a.configure)
	c.reply("", numbered(1))
	require.NoError(t, readAll(t.Context(), c, "select n, pad from t order by n limit 1"))
	require.Empty(t, a.statements)
}

func TestUnknownShardsAndNoRoute(t *testing.T) {
	a := new(asker)
	c := spawn(t, 5, a.configure)
	for name, test := range map[string]struct {
		ctx     context.Context
		options messages.Options
		want    messages.Code
		detail  string
	}{
		"pin":           {coordinator.OnShard(t.Context(), "s9"), messages.Options{}, messages.ErrUnknownShard, "pin"},
		"one of pins":   {coordinator.OnShards(t.Context(), shards{"s0", "s9"}), messages.Options{}, messages.ErrUnknownShard, "pin"},
		"message's pin": {t.Context(), messages.Options{Shards: shards{"s9"}}, messages.ErrUnknownShard, "pin"},
		"token":         {t.Context(), messages.Options{Token: "s9"}, messages.ErrUnknownShard, "token"},
		"empty pin":     {coordinator.OnShards(t.Context(), nil), messages.Options{}, messages.ErrNoRoute, "pin"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.Send(test.ctx, &messages.Query{SQL: "select n, pad from t", Options: test.options}).Await(t.Context())
			require.ErrorIs(t, err, test.want)
			require.ErrorContains(t, err, test.detail)
			if test.want == messages.ErrUnknownShard {
				requireShard(t, err, "s9")
			}
			require.Empty(t, c.asked())
			require.Empty(t, a.statements)
		})
	}
	bare := spawn(t, 2, nil)
	require.ErrorIs(t, readAll(t.Context(), bare, "select 1"), messages.ErrNoRoute)
	_, err := coordinator.Get[thing](t.Context(), bare.Troupe, 1)
	require.ErrorIs(t, err, messages.ErrNoRoute)
	require.ErrorIs(t, bare.Add(t.Context(), &thing{ID: 1}), messages.ErrNoRoute)
}

func TestWhatChoosersAreAsked(t *testing.T) {
	type key struct{}
	a := new(asker)
	c := spawn(t, 5, a.configure)
	c.reply("", numbered(1))
	ctx := context.WithValue(t.Context(), key{}, "kept")
	rows, err := c.Query(ctx, "select n, pad from t where t.n in ($1, 7) and pad = 'x' and not n = 5", 6)
	require.NoError(t, err)
	rows.Close()
	_, err = c.Exec(ctx, "delete from t where n = 8")
	require.NoError(t, err)
	_, err = coordinator.Related[thing](ctx, c.Troupe, &thing{ID: 4}, "name", "x")
	require.Error(t, err, "the columns don't fit")

	require.Len(t, a.statements, 2)
	asked := a.statements[0]
	require.True(t, asked.WantRows)
	require.Equal(t, []any{6}, asked.Args)
	values, ok, err := asked.Values("n")
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, []any{6, int64(7)}, values)
	_, ok, err = asked.Values("other")
	require.NoError(t, err)
	require.False(t, ok)
	comparisons, err := asked.Comparisons()
	require.NoError(t, err)
	require.Len(t, comparisons, 3)
	require.False(t, a.statements[1].WantRows)
	require.Len(t, a.identities, 1)
	require.Equal(t, "things", a.identities[0].Table)
	require.Equal(t, []any{"x"}, a.identities[0].Key)
	require.Equal(t, &thing{ID: 4}, a.identities[0].LoadedFrom)
	for _, ctx := range a.contexts {
		require.Equal(t, "kept", ctx.Value(key{}))
	}
}

// TestComparisonsOfEveryDialect: a chooser is told what a statement compares, unless the dialects of the shards read it differently.
func TestComparisonsOfEveryDialect(t *testing.T) {
	for name, dialects := range map[string][]fake.Config{
		"SQLite":     {{Dialect: messages.SQLite}},
		"PostgreSQL": {{Dialect: messages.PostgreSQL}},
		"mixed":      {{Dialect: messages.SQLite}, {Dialect: messages.PostgreSQL}},
	} {
		t.Run(name, func(t *testing.T) {
			c := spawn(t, 2, func(cfg *coordinator.Config) {
				cfg.ExecuteChooser = func(_ context.Context, r *coordinator.StatementRequest) ([]messages.ShardID, error) {
					values, ok, err := r.Values("n")
					if err != nil || !ok || !slices.Equal(values, []any{int64(1)}) {
						return nil, err
					}
					return shards{"s1"}, nil
				}
			}, dialects...)
			c.reply("select", one(1))
			require.NoError(t, readAll(t.Context(), c, "select n from t where n = 1"))
			require.Equal(t, map[messages.ShardID]int{"s1": 1}, c.asked())
			err := readAll(t.Context(), c, "select n from t where n = = 1")
			require.ErrorIs(t, err, messages.ErrChooser)
			require.ErrorIs(t, err, messages.ErrInvalidRequest)
			if name == "mixed" { // the quotes are a name for one, and a text for the other if there is no such column
				err = readAll(t.Context(), c, "select n from t where n = 1 and m = x'00'")
				require.ErrorIs(t, err, messages.ErrChooser)
				require.ErrorIs(t, err, messages.ErrRefused)
			}
			require.Equal(t, map[messages.ShardID]int{"s1": 1}, c.asked())
		})
	}
}

func TestRefusedOverSeveralShards(t *testing.T) {
	dialects := map[string][]fake.Config{
		"SQLite": {{Dialect: messages.SQLite}}, "PostgreSQL": {{Dialect: messages.PostgreSQL}},
		"mixed": {{Dialect: messages.SQLite}, {Dialect: messages.PostgreSQL}},
	}
	for name, fc := range dialects {
		t.Run(name, func(t *testing.T) {
			c := spawn(t, 2, func(cfg *coordinator.Config) {
				chosenBy["execute"].configure(cfg, func(context.Context) ([]messages.ShardID, error) { return shards{"s0", "s1"}, nil })
			}, fc...)
			queries := []string{
				"select a.n from a join b on a.n = b.n", "select n from t where n in (select n from u)", "select n from t except select n from u",
				"select n from (select n from t limit 1) x", "select row_number() over (order by n) from t", "select current_timestamp from t",
				"create table t (a int)", "not even SQL", "",
			}
			for _, ctx := range []context.Context{t.Context(), coordinator.AllShards(t.Context()), coordinator.OnShards(t.Context(), shards{"s0", "s1"})} {
				for _, sql := range queries {
					code := messages.ErrRefused
					if sql == "" || sql == "not even SQL" && fc[0].Dialect == messages.SQLite { // PostgreSQL may know words that we don't
						code = messages.ErrInvalidRequest
					}
					require.ErrorIs(t, readAll(ctx, c, sql), code, sql)
					require.ErrorIs(t, c.QueryRow(ctx, sql).Scan(nil), code, sql)
				}
			}
			for _, sql := range []string{"insert into t values (1)", "create table t (a int)", "update t set n = 1 limit 1"} {
				_, err := c.Exec(t.Context(), sql)
				require.Error(t, err, sql)
			}
			for _, sql := range []string{"begin", "select a.n from a join b on a.n = b.n"} {
				_, err := c.Exec(coordinator.AllShards(t.Context()), sql)
				require.ErrorIs(t, err, messages.ErrRefused, sql)
			}
			require.Empty(t, c.asked(), "nothing may be sent")

			c.reply("", fake.Tag("OK"))
			for _, sql := range []string{"create table t (a int)", "insert into t values (1)"} {
				_, err := c.Exec(coordinator.AllShards(t.Context()), sql)
				require.NoError(t, err, sql)
			}
			require.Equal(t, map[messages.ShardID]int{"s0": 2, "s1": 2}, c.asked())
			for _, sql := range queries { // one shard may be asked anything
				require.NoError(t, readAll(coordinator.OnShard(t.Context(), "s1"), c, sql))
				log := c.fakes["s1"].Statements()
				require.Equal(t, sql, log[len(log)-1].SQL, "untouched")
			}
		})
	}
}

// TestOneRowOfSeveralShards: QueryRow has the first row of the merged answer.
func TestOneRowOfSeveralShards(t *testing.T) {
	c := spawn(t, 3, nil)
	for i, id := range []messages.ShardID{"s0", "s1", "s2"} {
		c.fakes[id].Reply("select", one(int64((i+1)%3)))
	}
	var n int64
	require.NoError(t, c.QueryRow(coordinator.AllShards(t.Context()), "select n from t order by n limit 1").Scan(&n))
	require.Zero(t, n)
	require.NoError(t, c.QueryRow(coordinator.AllShards(t.Context()), "select n from t order by n desc").Scan(&n))
	require.EqualValues(t, 2, n)
	require.NoError(t, c.QueryRow(coordinator.AllShards(t.Context()), "select sum(n) from t").Scan(&n))
	require.EqualValues(t, 3, n)
}
