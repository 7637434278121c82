package coordinator_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

func ctx(t *rapid.T) context.Context { return t.Context() }

// routeBySum is a RouteFunc of two integers.
func routeBySum(_ context.Context, key []any) (messages.ShardID, error) {
	return messages.ShardID(fmt.Sprint("s", (key[0].(int64)+key[1].(int64)+300)%3)), nil
}

// declaring returns a change that declares table t with the key k, an Integer, and a reference table r.
func declaring(route coordinator.Route) func(*coordinator.Config) {
	return func(cfg *coordinator.Config) {
		cfg.Tables = coordinator.Tables{
			"t": {Key: "k", Type: coordinator.Integer, Route: route, Columns: []string{"k", "v"}},
			"r": {Reference: true},
		}
	}
}

func TestRouteFuncFaultsFailTheirOwnCall(t *testing.T) {
	broken := errors.New("the route's own error")
	for name, test := range map[string]struct {
		route coordinator.RouteFunc
		want  []error
	}{
		"panic":         {func(context.Context, []any) (messages.ShardID, error) { panic("a route's panic") }, []error{messages.ErrChooser}},
		"error":         {func(context.Context, []any) (messages.ShardID, error) { return "s0", broken }, []error{messages.ErrChooser, broken}},
		"unknown shard": {func(context.Context, []any) (messages.ShardID, error) { return "s9", nil }, []error{messages.ErrUnknownShard}},
		"no shard":      {func(context.Context, []any) (messages.ShardID, error) { return "", nil }, []error{messages.ErrUnknownShard}},
	} {
		t.Run(name, func(t *testing.T) {
			faulty := coordinator.RouteFunc(func(ctx context.Context, key []any) (messages.ShardID, error) {
				if key[0] == int64(13) {
					return test.route(ctx, key)
				}
				return "s1", nil
			})
			c := spawn(t, 2, declaring(faulty))
			c.reply("select", one(1))
			c.reply("SELECT", one(1))
			for what, call := range map[string]func() error{
				"Query": func() error { return readAll(t.Context(), c, "select k from t where k = 13") },
				"IN":    func() error { return readAll(t.Context(), c, "select k from t where k in (1, 13)") },
				"Exec": func() error {
					_, err := c.Exec(t.Context(), "insert into t (k) values (1), ($1)", 13)
					return err
				},
				"Get": func() error {
					_, err := c.Send(t.Context(), &messages.Get{Table: "t", Columns: []string{"k"}, KeyColumns: []string{"k"}, Key: []any{13}}).Await(t.Context())
					return err
				},
				"Explain": func() error { _, err := c.Explain(t.Context(), "select k from t where k = 13"); return err },
			} {
				err := call()
				for _, want := range test.want {
					require.ErrorIs(t, err, want, what)
				}
				require.NotContains(t, err.Error(), "13", "a key is no business of a log")
				require.Empty(t, c.asked(), what)
			}
			require.NoError(t, readAll(t.Context(), c, "select k from t where k = 5"))
			require.Equal(t, map[messages.ShardID]int{"s1": 1}, c.asked())
			if name == "panic" {
				require.Contains(t, c.log.String(), "routefunc_test.go", "the stack")
			}
		})
	}
}

func TestRouteFuncGetsItsCallsContext(t *testing.T) {
	type mark struct{}
	var seen atomic.Pointer[string]
	c := spawn(t, 2, declaring(coordinator.RouteFunc(func(ctx context.Context, key []any) (messages.ShardID, error) {
		value, _ := ctx.Value(mark{}).(string)
		seen.Store(&value)
		key[0] = "the slice is the function's"
		return "s1", nil
	})))
	c.reply("", one(1))
	require.NoError(t, readAll(context.WithValue(t.Context(), mark{}, "mine"), c, "select k from t where k = 5"))
	require.Equal(t, "mine", *seen.Load())
	_, err := c.Exec(context.WithValue(t.Context(), mark{}, "other"), "insert into t values (1, 2)")
	require.NoError(t, err)
	require.Equal(t, "other", *seen.Load())
	require.Equal(t, map[messages.ShardID]int{"s1": 2}, c.asked())
}

// TestRouteFuncThatBlocksHoldsUpNobodyElse: its own call ends with its context, the others don't notice.
func TestRouteFuncThatBlocksHoldsUpNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		c := spawn(t, 2, func(cfg *coordinator.Config) {
			ownSystem(cfg)
			declaring(coordinator.RouteFunc(func(_ context.Context, key []any) (messages.ShardID, error) {
				if key[0] == int64(13) {
					<-gate
				}
				return "s1", nil
			}))(cfg)
		})
		c.reply("", one(1))
		ctx, cancel := context.WithTimeout(t.Context(), deadline)
		defer cancel()
		waiting := c.Send(ctx, &messages.Query{SQL: "select k from t where k = 13"})
		begin := time.Now()
		for range 10 {
			require.NoError(t, readAll(t.Context(), c, "select k from t where k = 5"))
		}
		require.Equal(t, begin, time.Now())
		_, err := waiting.Await(t.Context())
		require.ErrorIs(t, err, messages.ErrChooser)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, deadline, time.Since(begin))

		ctx, cancel = context.WithTimeout(t.Context(), deadline)
		defer cancel()
		begin = time.Now()
		require.ErrorIs(t, readAll(ctx, c, "select k from t where k = 13"), messages.ErrChooser)
		_, err = c.Explain(ctx, "select k from t where k = 13")
		require.ErrorIs(t, err, messages.ErrCanceled)
		require.Equal(t, deadline, time.Since(begin))
		close(gate)
		synctest.Wait()
		require.Equal(t, map[messages.ShardID]int{"s1": 10}, c.asked(), "what came too late isn't sent")
	})
}

// TestRouteFuncMayAskTheTroupe as a chooser may: what it asks needs no place of its own.
func TestRouteFuncMayAskTheTroupe(t *testing.T) {
	var troupe atomic.Pointer[coordinator.Troupe]
	c := spawn(t, 2, func(cfg *coordinator.Config) {
		cfg.MaxInFlight = 1
		declaring(coordinator.RouteFunc(func(ctx context.Context, key []any) (messages.ShardID, error) {
			var n int64
			err := troupe.Load().QueryRow(coordinator.OnShard(ctx, "s0"), "select shard", key[0]).Scan(&n)
			return messages.ShardID(fmt.Sprint("s", n)), err
		}))(cfg)
	})
	troupe.Store(c.Troupe)
	c.fakes["s0"].Reply("select shard", one(1))
	c.fakes["s1"].Reply("select k", one(1))
	require.NoError(t, readAll(within(t, patience), c, "select k from t where k = 5"))
	require.Equal(t, map[messages.ShardID]int{"s0": 1, "s1": 1}, c.asked())
}

// TestRouteFuncIsAskedForEachKeyOnce and not at all where keys can't be listed.
func TestRouteFuncIsAskedForEachKeyOnce(t *testing.T) {
	var asked atomic.Int64
	c := spawn(t, 2, declaring(coordinator.RouteFunc(func(_ context.Context, key []any) (messages.ShardID, error) {
		asked.Add(1)
		return "s0", nil
	})), fake.Config{Dialect: messages.SQLite})
	for sql, want := range map[string]int64{
		"select k from t":                                  0,
		"select k from t where k > 5":                      0,
		"select k from t where k in (1, 2, 3, 1)":          3,
		"select k from t where k = 1 and k = 2":            0,
		"insert into t (k) values (1), (2)":                2,
		"select 1":                                         0,
		"select a.k from t a join t b using (k) where k=1": 2,
	} {
		asked.Store(0)
		_, err := c.Explain(t.Context(), sql)
		require.NoError(t, err)
		require.Equal(t, want, asked.Load(), sql)
	}
}
