package session_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/ids"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
)

func TestFutures(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		gate, entered := make(chan struct{}), make(chan struct{})
		cfg := w.config()
		cfg.IDs["locations"] = ids.Func(func(ctx context.Context, table string, n int) ([]any, error) {
			close(entered)
			<-gate
			return w.ids.Next(ctx, table, n)
		})
		s := session.New(ctx, w.Troupe, cfg)
		defer s.Close()
		rome := &location{Continent: "Europe", City: "Rome"}
		require.NoError(t, s.Add(rome))
		flushed := s.SendFlush(ctx)
		<-entered
		busy := func(err error) {
			require.ErrorIs(t, err, messages.ErrInvalidRequest)
			require.ErrorContains(t, err, "one goroutine")
		}
		busy(s.Flush(ctx))
		busy(s.Add(rome))
		busy(result(s.SendCommit(ctx).Await(ctx)))
		busy(result(session.SendGet[location](ctx, s, 1).Await(ctx)))
		busy(s.Rollback(ctx))
		done, cancel := context.WithCancel(ctx)
		cancel()
		require.ErrorIs(t, result(flushed.Await(done)), messages.ErrCanceled, "the waiting ends, and not the call")
		close(gate)
		require.NoError(t, result(flushed.Await(ctx)))
		<-flushed.Done()
		require.Equal(t, europe, rome.Key().Shard)
		got, err := session.SendGet[location](ctx, s, rome.ID).Await(ctx)
		require.NoError(t, err)
		require.Same(t, rome, got)
		require.NoError(t, result(s.SendCommit(ctx).Await(ctx)))
		all, err := session.SendSelect[location](ctx, s, "select * from locations").Await(ctx)
		require.NoError(t, err)
		require.Len(t, all, 1)
		require.Same(t, rome, all[0])
		require.ErrorIs(t, result(session.SendGet[location](ctx, s, 77).Await(ctx)), pgx.ErrNoRows)
	})
}

func TestClose(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		s := session.New(ctx, w.Troupe, w.config())
		rome := &location{Continent: "Europe", City: "Rome"}
		require.NoError(t, s.Add(rome))
		require.NoError(t, s.Flush(ctx))
		s.Close()
		s.Close()
		require.Zero(t, rome.Key())
		for _, err := range []error{
			s.Add(rome), s.Flush(ctx), s.Commit(ctx), s.Rollback(ctx), result(session.Get[location](ctx, s, 1)), result(s.Begin(ctx)),
			result(s.SendFlush(ctx).Await(ctx)), result(s.Tx(ctx)), result(s.Exec(ctx, "select 1")),
		} {
			require.ErrorIs(t, err, messages.ErrClosed)
		}
		require.Empty(t, w.rows(t, "select * from locations"))

		// The end of its context rolls it back, too.
		bounded, cancel := context.WithCancel(ctx)
		s = session.New(bounded, w.Troupe, w.config())
		require.NoError(t, s.Add(rome))
		require.NoError(t, s.Flush(ctx))
		cancel()
		require.ErrorIs(t, s.Flush(ctx), messages.ErrCanceled)
		require.NoError(t, s.Rollback(ctx))
		require.Zero(t, rome.Key())
		require.Empty(t, w.rows(t, "select * from locations"))
		s.Close()

		// So does Close while a call runs, which fails.
		entered, gate := make(chan struct{}), make(chan struct{})
		cfg := w.config()
		cfg.IDs["reports"] = ids.Func(func(context.Context, string, int) ([]any, error) {
			close(entered)
			<-gate
			return []any{1}, nil
		})
		s = session.New(ctx, w.Troupe, cfg)
		require.NoError(t, s.Add(rome))
		require.NoError(t, s.Flush(ctx))
		require.NoError(t, s.Add(&report{Location: rome}))
		flushed := s.SendFlush(ctx)
		<-entered
		s.Close()
		close(gate)
		require.Error(t, result(flushed.Await(ctx)))
		require.Zero(t, rome.Key())
		require.Empty(t, w.rows(t, "select * from locations"))
	})
}

// TestCallsContext: a call's own context bounds the call, and with it what it has begun.
func TestCallsContext(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		s := w.session(t)
		ctx, cancel := context.WithCancel(t.Context())
		require.NoError(t, s.Add(&location{Continent: "Europe", City: "Rome"}))
		cancel()
		require.ErrorIs(t, s.Flush(ctx), messages.ErrCanceled)
		require.ErrorIs(t, s.Flush(t.Context()), messages.ErrTxAborted)
		require.NoError(t, s.Rollback(t.Context()))

		blocker := w.session(t)
		if w.postgres {
			return // one writer at a time is SQLite's
		}
		require.NoError(t, blocker.Add(&location{Continent: "Europe", City: "Rome"}))
		require.NoError(t, blocker.Flush(t.Context()))
		require.NoError(t, s.Add(&location{Continent: "Europe", City: "Oslo"}))
		ctx, cancel = context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		err := s.Flush(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, s.Rollback(t.Context()))
		require.NoError(t, blocker.Commit(t.Context()))
	})
}

func TestRun(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		var attempts []int
		rome := &location{Continent: "Europe", City: "Rome"}
		require.NoError(t, session.Run(ctx, w.Troupe, w.config(), func(ctx context.Context, s *session.Session) error {
			attempts = append(attempts, s.Attempt())
			if err := s.Add(rome); err != nil {
				return err
			}
			if err := s.Flush(ctx); err != nil {
				return err
			}
			if s.Attempt() < 3 {
				return &messages.Error{Code: messages.ErrTxConflict}
			}
			return nil
		}))
		require.Equal(t, []int{1, 2, 3}, attempts)
		require.Equal(t, onShards{europe: {"Rome"}}, w.rows(t, "select city from locations"))

		oops := errors.New("oops")
		require.ErrorIs(t, session.Run(ctx, w.Troupe, w.config(), func(ctx context.Context, s *session.Session) error {
			return errors.Join(s.Add(&location{Continent: "Asia"}), s.Flush(ctx), oops)
		}), oops)
		require.PanicsWithValue(t, "oops", func() {
			_ = session.Run(ctx, w.Troupe, w.config(), func(ctx context.Context, s *session.Session) error {
				_ = s.Add(&location{Continent: "Asia"})
				_ = s.Flush(ctx)
				panic("oops")
			})
		})
		cfg := w.config()
		cfg.Tx.MaxAttempts = 2
		runs := 0
		conflict := func(context.Context, *session.Session) error {
			runs++
			return &messages.Error{Code: messages.ErrTxConflict}
		}
		require.ErrorIs(t, session.Run(ctx, w.Troupe, cfg, conflict), messages.ErrTxConflict)
		require.Equal(t, 2, runs)
		runs = 0
		require.ErrorIs(t, session.Run(ctx, w.Troupe, cfg, func(ctx context.Context, s *session.Session) error {
			return errors.Join(s.Add(&location{Continent: "Asia", City: "Nara"}), s.Commit(ctx), conflict(ctx, s))
		}), messages.ErrTxConflict)
		require.Equal(t, 1, runs, "what was committed isn't done again")
		require.Equal(t, onShards{europe: {"Rome"}, asia: {"Nara"}}, w.rows(t, "select city from locations"))

		// In a transaction of the caller's it is a savepoint.
		tx, err := w.BeginAll(ctx, coordinator.TxOptions{})
		require.NoError(t, err)
		in := coordinator.WithTx(ctx, tx)
		require.NoError(t, session.Run(in, w.Troupe, w.config(), func(ctx context.Context, s *session.Session) error {
			return s.Add(&location{Continent: "Asia", City: "Kobe"})
		}))
		require.ErrorIs(t, session.Run(in, w.Troupe, w.config(), func(ctx context.Context, s *session.Session) error {
			return errors.Join(s.Add(&location{Continent: "Asia", City: "Edo"}), s.Flush(ctx), oops)
		}), oops)
		require.NoError(t, tx.Commit(ctx))
		require.Equal(t, onShards{europe: {"Rome"}, asia: {"Kobe", "Nara"}}, w.rows(t, "select city from locations order by city"))
	})
}

// TestTableIDs: keys that come from a table, taken within the transaction where that has the table's shard, and before it otherwise.
func TestTableIDs(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		table, err := ids.NewTable(w.Troupe, ids.TableConfig{Shard: asia})
		require.NoError(t, err)
		require.NoError(t, table.Create(ctx))
		s := session.New(ctx, w.Troupe, session.Config{IDs: map[string]ids.Source{"locations": table, "reports": table}})
		defer s.Close()
		a, b := &location{Continent: "Asia", City: "Tokyo"}, &location{Continent: "Europe", City: "Rome"}
		require.NoError(t, s.Add(a, b))
		require.NoError(t, s.Flush(ctx))
		a.Reports = []*report{{Degrees: 1}, {Degrees: 2}}
		require.NoError(t, s.Commit(ctx))
		require.NotEqual(t, a.ID, b.ID)
		require.NotZero(t, a.Reports[0].ID*a.Reports[1].ID)

		// Within a transaction of the caller's that has the table's shard they are taken in that, whatever the call's own context.
		outer, err := w.BeginAll(ctx, coordinator.TxOptions{Shards: []messages.ShardID{asia}})
		require.NoError(t, err)
		nested := session.New(coordinator.WithTx(ctx, outer), w.Troupe, session.Config{IDs: map[string]ids.Source{"locations": table}})
		defer nested.Close()
		bounded, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		for range 2 {
			for range 150 { // more than a block
				require.NoError(t, nested.Add(&location{Continent: "Europe"}))
			}
			require.NoError(t, nested.Commit(bounded))
		}
		require.NoError(t, outer.Rollback(ctx))
		require.Equal(t, onShards{asia: {"1"}, europe: {"1"}}, w.rows(t, "select count(*) from locations having count(*) > 0"))
	})
}
