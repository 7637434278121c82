package coordinator_test

import (
	"context"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/actors"
	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker/fake"
)

// ownSystem gives a troupe in a bubble actors of its own.
func ownSystem(cfg *coordinator.Config) { cfg.System = actors.New(slog.New(slog.DiscardHandler)) }

const deadline = time.Second

// readAll is a call from its beginning to the end of its rows.
func readAll(ctx context.Context, c cast, sql string) error {
	rows, err := c.Query(ctx, sql)
	if err != nil {
		return err
	}
	for rows.Next() {
	}
	return rows.Err()
}

func TestContextEndsAtEachStage(t *testing.T) {
	never := func() fake.Step { return fake.Wait(fake.NewGate()) }
	for name, test := range map[string]struct {
		script func(f *fake.Backend)
		code   messages.Code
		busy   bool // all connections are
	}{
		"queued for a connection": {func(f *fake.Backend) { f.Reply("select", numbered(1)) }, messages.ErrPoolExhausted, true},
		"in acquire":              {func(f *fake.Backend) { f.At(fake.AtAcquire, fake.Once(never())) }, messages.ErrCanceled, false},
		"before its columns":      {func(f *fake.Backend) { f.Reply("select", numbered(1).At(fake.AtQuery, never())) }, messages.ErrCanceled, false},
		"before its first row":    {func(f *fake.Backend) { f.Reply("select", numbered(1).At(fake.AtRow(0), never())) }, messages.ErrCanceled, false},
		"mid rows":                {func(f *fake.Backend) { f.Reply("select", numbered(9000).At(fake.AtRow(5000), never())) }, messages.ErrCanceled, false},
		"before its end":          {func(f *fake.Backend) { f.Reply("select", numbered(500).At(fake.AtRow(500), never())) }, messages.ErrCanceled, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := spawn(t, 2, ownSystem, fake.Config{Dialect: messages.SQLite, Lanes: []int{2}})
				c.reply("select", numbered(10))
				test.script(c.fakes["s0"])
				gate := fake.NewGate()
				c.fakes["s0"].Reply("select busy", numbered(1).At(fake.AtRow(0), fake.Wait(gate)))
				var busy []*coordinator.Future
				if test.busy {
					for range 2 {
						busy = append(busy, c.Send(coordinator.OnShard(t.Context(), "s0"), &messages.Query{SQL: "select busy"}))
					}
					synctest.Wait()
				}
				ctx, cancel := context.WithTimeout(t.Context(), deadline)
				defer cancel()
				begin := time.Now()
				err := readAll(coordinator.AllShards(ctx), c, "select n, pad from t")
				require.Equal(t, deadline, time.Since(begin), "%v", err)
				require.ErrorIs(t, err, test.code)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				requireShard(t, err, "s0")
				gate.Open()
				for _, f := range busy {
					rows, err := f.Await(t.Context())
					require.NoError(t, err)
					require.EqualValues(t, 1, readNumbered(t, rows)["s0"])
				}
				require.NoError(t, readAll(coordinator.OnShard(t.Context(), "s1"), c, "select n, pad from t"))
				synctest.Wait()
				require.Zero(t, c.fakes["s0"].Stats().InUse)
				require.Zero(t, c.Admitted())
			})
		})
	}
}

func TestContextEndedBefore(t *testing.T) {
	c := spawn(t, 2, nil)
	ctx, cancel := context.WithCancel(coordinator.OnShard(t.Context(), "s0"))
	cancel()
	for _, sql := range []string{"select 1", "delete from t"} {
		_, err := c.Exec(ctx, sql)
		require.ErrorIs(t, err, messages.ErrCanceled)
		require.ErrorIs(t, err, context.Canceled)
		_, err = c.Send(ctx, &messages.Query{SQL: sql}).Await(t.Context())
		require.ErrorIs(t, err, messages.ErrCanceled)
	}
	require.ErrorIs(t, c.Add(ctx, &thing{ID: 1}), messages.ErrCanceled)
	require.Empty(t, c.asked())
}

func TestContextEndsBetweenReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := spawn(t, 2, ownSystem)
		c.reply("select", numbered(1_000_000))
		ctx, cancel := context.WithCancel(t.Context())
		rows, err := c.Query(coordinator.AllShards(ctx), "select n, pad from t")
		require.NoError(t, err)
		require.True(t, rows.Next())
		cancel()
		synctest.Wait()
		require.Zero(t, c.fakes["s0"].Stats().InUse+c.fakes["s1"].Stats().InUse, "the shards let go though nobody reads")
		n := 1
		for rows.Next() {
			n++
		}
		require.Less(t, n, 100_000)
		require.ErrorIs(t, rows.Err(), messages.ErrCanceled)
		require.ErrorIs(t, rows.Err(), context.Canceled)
	})
}

func TestContextEndIsKeptFromAStubbornShard(t *testing.T) {
	for name, test := range map[string]struct {
		sql  string
		exec bool
		at   fake.Point
		code messages.Code
	}{
		"exec that writes":   {"delete from t", true, fake.AtQuery, messages.ErrOutcomeUnknown},
		"exec that reads":    {"select n, pad", true, fake.AtQuery, messages.ErrCanceled},
		"before its columns": {"select n, pad", false, fake.AtQuery, messages.ErrCanceled},
		"mid rows":           {"select n, pad", false, fake.AtRow(5000), messages.ErrCanceled},
		"returning":          {"delete from t returning n, pad", false, fake.AtRow(5000), messages.ErrOutcomeUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := spawn(t, 2, ownSystem, fake.Config{Dialect: messages.SQLite, Stubborn: true}, fake.Config{Dialect: messages.SQLite})
				gate := fake.NewGate()
				c.reply("", numbered(9000).At(test.at, fake.Wait(gate)))
				c.reply("select quick", one(1))
				ctx, cancel := context.WithTimeout(coordinator.OnShard(t.Context(), "s0"), deadline)
				defer cancel()
				begin := time.Now()
				var err error
				if test.exec {
					_, err = c.Exec(ctx, test.sql)
				} else {
					err = readAll(ctx, c, test.sql)
				}
				require.Equal(t, deadline+25*time.Millisecond, time.Since(begin), "the deadline and one grace")
				require.ErrorIs(t, err, test.code)
				require.ErrorIs(t, err, context.DeadlineExceeded)
				require.NoError(t, readAll(coordinator.OnShard(t.Context(), "s1"), c, "select quick"))
				require.Equal(t, 1, c.Admitted(), "the zombie still counts")
				gate.Open()
				synctest.Wait()
				require.Zero(t, c.fakes["s0"].Stats().InUse)
				require.Zero(t, c.Admitted())
			})
		})
	}
}

func TestContextEndsWhileAFutureIsUnread(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := spawn(t, 1, ownSystem)
		c.reply("select", numbered(1_000_000))
		ctx, cancel := context.WithTimeout(t.Context(), deadline)
		defer cancel()
		f := c.Send(ctx, &messages.Query{SQL: "select n, pad from t"})
		<-f.Done()
		synctest.Wait()
		require.Equal(t, 1, c.fakes["s0"].Stats().InUse, "it waits for credit")
		<-ctx.Done()
		synctest.Wait()
		require.Zero(t, c.fakes["s0"].Stats().InUse)
		rows, err := f.Await(t.Context())
		require.NoError(t, err)
		for rows.Next() {
		}
		require.ErrorIs(t, rows.Err(), context.DeadlineExceeded)
	})
}
