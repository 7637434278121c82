package coordinator_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

type thing struct {
	coordinator.Identity
	ID   int64  `db:"id,pk"`
	Name string `db:"name"`
}

func (thing) TableName() string { return "things" }

// choice is what a scripted chooser does.
type choice func(ctx context.Context) ([]messages.ShardID, error)

// chosenBy are the three choosers as one: configure sets the chooser, call makes a call that asks it.
var chosenBy = map[string]struct {
	configure func(*coordinator.Config, choice)
	call      func(context.Context, cast) error
}{
	"execute": {
		func(cfg *coordinator.Config, choose choice) {
			cfg.ExecuteChooser = func(ctx context.Context, _ *coordinator.StatementRequest) ([]messages.ShardID, error) {
				return choose(ctx)
			}
		},
		func(ctx context.Context, c cast) error {
			rows, err := c.Query(ctx, "select n, pad from t")
			rows.Close()
			return err
		},
	},
	"identity": {
		func(cfg *coordinator.Config, choose choice) {
			cfg.IdentityChooser = func(ctx context.Context, _ *coordinator.IdentityRequest) ([]messages.ShardID, error) {
				return choose(ctx)
			}
		},
		func(ctx context.Context, c cast) error {
			rows, err := c.Send(ctx, &messages.Get{Table: "t", Columns: []string{"n", "pad"}, KeyColumns: []string{"n"}, Key: []any{1}}).Await(context.Background())
			if err == nil {
				rows.Close()
			}
			return err
		},
	},
	"shard": {
		func(cfg *coordinator.Config, choose choice) {
			cfg.ShardChooser = func(ctx context.Context, _ any) (messages.ShardID, error) {
				ids, err := choose(ctx)
				if len(ids) == 0 {
					return "", err
				}
				return ids[0], err
			}
		},
		func(ctx context.Context, c cast) error { return c.Add(ctx, &thing{ID: 1}) },
	},
}

func answers(c cast) {
	c.reply("select", numbered(1))
	c.reply("SELECT", numbered(1))
	c.reply("INSERT", fake.Tag("INSERT 0 1"))
}

func TestChooserFaultsFailTheirOwnCall(t *testing.T) {
	broken := errors.New("the chooser's own error")
	for name, test := range map[string]struct {
		choose choice
		want   error
	}{
		"panic":         {func(context.Context) ([]messages.ShardID, error) { panic("a chooser's panic") }, messages.ErrChooser},
		"error":         {func(context.Context) ([]messages.ShardID, error) { return nil, broken }, broken},
		"error and ids": {func(context.Context) ([]messages.ShardID, error) { return []messages.ShardID{"s0"}, broken }, messages.ErrChooser},
		"unknown shard": {func(context.Context) ([]messages.ShardID, error) { return []messages.ShardID{"s9"}, nil }, messages.ErrUnknownShard},
		"empty list":    {func(context.Context) ([]messages.ShardID, error) { return []messages.ShardID{}, nil }, messages.ErrChooser},
		"nil":           {func(context.Context) ([]messages.ShardID, error) { return nil, nil }, messages.ErrChooser},
		"empty id":      {func(context.Context) ([]messages.ShardID, error) { return []messages.ShardID{""}, nil }, nil},
	} {
		for by, chooser := range chosenBy {
			t.Run(name+"/"+by, func(t *testing.T) {
				c := spawn(t, 2, func(cfg *coordinator.Config) { chooser.configure(cfg, test.choose) })
				answers(c)
				err := chooser.call(t.Context(), c)
				require.Error(t, err)
				var e *messages.Error
				require.ErrorAs(t, err, &e)
				if test.want != nil {
					require.ErrorIs(t, err, test.want)
				}
				require.Empty(t, c.asked(), "nothing may be sent")
				require.NoError(t, c.QueryRow(coordinator.OnShard(t.Context(), "s0"), "select n, pad from t").Scan(nil, nil))
			})
		}
	}
}

func TestChooserPanicIsLogged(t *testing.T) {
	c := spawn(t, 2, func(cfg *coordinator.Config) {
		chosenBy["execute"].configure(cfg, func(context.Context) ([]messages.ShardID, error) { panic("a chooser's panic") })
	})
	err := chosenBy["execute"].call(t.Context(), c)
	require.ErrorContains(t, err, "a chooser's panic")
	require.Contains(t, c.log.String(), "chooser_test.go", "the stack")
	require.NotContains(t, c.log.String(), "select n")
}

func TestChooserThatBlocksUntilItsContextEnds(t *testing.T) {
	for by, chooser := range chosenBy {
		t.Run(by, func(t *testing.T) {
			c := spawn(t, 2, func(cfg *coordinator.Config) {
				chooser.configure(cfg, func(ctx context.Context) ([]messages.ShardID, error) {
					<-ctx.Done()
					return nil, ctx.Err()
				})
			})
			err := chooser.call(within(t, 20*time.Millisecond), c)
			require.ErrorIs(t, err, messages.ErrChooser)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Empty(t, c.asked())
		})
	}
}

func TestChooserThatBlocksForEverHarmsNoOtherCall(t *testing.T) {
	for by, chooser := range chosenBy {
		t.Run(by, func(t *testing.T) {
			blocked, entered := make(chan struct{}), make(chan struct{}, 200)
			var left sync.WaitGroup
			type blockKey struct{}
			c := spawn(t, 2, func(cfg *coordinator.Config) {
				chooser.configure(cfg, func(ctx context.Context) ([]messages.ShardID, error) {
					if ctx.Value(blockKey{}) == nil {
						return []messages.ShardID{"s1"}, nil
					}
					left.Add(1)
					defer left.Done()
					entered <- struct{}{}
					<-blocked
					return []messages.ShardID{"s0"}, nil
				})
			})
			answers(c)
			ctx, cancel := context.WithCancel(context.WithValue(t.Context(), blockKey{}, true))
			defer cancel()
			failed := make(chan error, 1)
			go func() { failed <- chooser.call(ctx, c) }()
			receive(t, entered)
			for range 100 {
				require.NoError(t, chooser.call(t.Context(), c))
			}
			cancel()
			err := receive(t, failed)
			require.ErrorIs(t, err, messages.ErrChooser)
			require.ErrorIs(t, err, context.Canceled)
			c.requireReleased(t)
			close(blocked)
			left.Wait()
			require.NoError(t, chooser.call(t.Context(), c))
			require.Equal(t, map[messages.ShardID]int{"s1": 101}, c.asked(), "the late answer must not be followed")
		})
	}
}

func TestCloseEndsACallWhoseChooserBlocks(t *testing.T) {
	for by, chooser := range chosenBy {
		t.Run(by, func(t *testing.T) {
			blocked, entered := make(chan struct{}), make(chan struct{})
			c := spawn(t, 2, func(cfg *coordinator.Config) {
				chooser.configure(cfg, func(context.Context) ([]messages.ShardID, error) {
					close(entered)
					<-blocked
					return nil, nil
				})
			})
			failed := make(chan error, 1)
			go func() { failed <- chooser.call(context.Background(), c) }()
			receive(t, entered)
			require.NoError(t, c.Close(t.Context()))
			require.ErrorIs(t, receive(t, failed), messages.ErrClosed)
			close(blocked)
		})
	}
}

func TestChooserDuplicatesCountOnce(t *testing.T) {
	c := spawn(t, 3, func(cfg *coordinator.Config) {
		chosenBy["execute"].configure(cfg, func(context.Context) ([]messages.ShardID, error) {
			return []messages.ShardID{"s1", "s0", "s1", "s1", "s0"}, nil
		})
	})
	c.reply("select", numbered(10))
	rows, err := c.Query(t.Context(), "select n, pad from t")
	require.NoError(t, err)
	require.Equal(t, map[messages.ShardID]int64{"s0": 10, "s1": 10}, readNumbered(t, rows))
	require.Equal(t, []messages.ShardID{"s1", "s0"}, rows.(*coordinator.Rows).Shards())
}

// A chooser may ask the troupe itself, as one with an id table does.
func TestReentrantChooser(t *testing.T) {
	var c cast
	c = spawn(t, 3, func(cfg *coordinator.Config) {
		chosenBy["execute"].configure(cfg, func(ctx context.Context) ([]messages.ShardID, error) {
			var n int64
			if err := c.QueryRow(coordinator.OnShard(ctx, "s0"), "select place").Scan(&n); err != nil {
				return nil, err
			}
			return []messages.ShardID{messages.ShardID(fmt.Sprintf("s%d", n))}, nil
		})
	})
	c.reply("select place", one(2))
	c.reply("select n", numbered(1))
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			rows, err := c.Query(t.Context(), "select n, pad from t")
			if err == nil {
				rows.Close()
			}
			requireNoErrorHere(t, err)
		})
	}
	wg.Wait()
	require.Equal(t, map[messages.ShardID]int{"s0": 50, "s2": 50}, c.asked())
}

// requireNoErrorHere is for goroutines that aren't the test's own.
func requireNoErrorHere(t *testing.T, err error) {
	if err != nil {
		t.Error(err)
	}
}
