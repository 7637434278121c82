package session_test

import (
	"context"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
)

func TestSavepoints(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		s := w.session(t)
		tokyo := &location{Continent: "Asia", City: "Tokyo"}
		require.NoError(t, s.Add(tokyo))
		outer, err := s.Begin(ctx) // flushes
		require.NoError(t, err)
		require.Equal(t, asia, tokyo.Key().Shard)

		tokyo.City = "Edo"
		rome := &location{Continent: "Europe", City: "Rome"}
		require.NoError(t, s.Add(rome))
		inner, err := s.Begin(ctx)
		require.NoError(t, err)
		romeID := rome.ID
		require.NoError(t, s.Delete(tokyo))
		oslo := &location{Continent: "Europe", City: "Oslo"}
		require.NoError(t, s.Add(oslo))
		require.NoError(t, s.Flush(ctx))
		rome.City = "never flushed"
		_, err = session.Get[location](ctx, s, tokyo.ID)
		require.ErrorIs(t, err, pgx.ErrNoRows)
		require.NoError(t, inner.Rollback(ctx))
		require.Equal(t, []string{"Edo", "Rome"}, []string{tokyo.City, rome.City})
		require.Zero(t, oslo.Key())
		require.Zero(t, oslo.ID)
		for _, ended := range []func(context.Context) error{inner.Rollback, inner.Release} {
			require.ErrorIs(t, ended(ctx), pgx.ErrTxClosed)
		}
		got, err := session.Get[location](ctx, s, tokyo.ID)
		require.NoError(t, err)
		require.Same(t, tokyo, got)
		require.Equal(t, "Edo", tokyo.City)

		// A failed flush is undone by the savepoint's rollback.
		failing, err := s.Begin(ctx)
		require.NoError(t, err)
		require.NoError(t, s.Add(&location{ID: romeID, Continent: "Europe", City: "twice"}))
		require.ErrorIs(t, s.Flush(ctx), messages.ErrStatement)
		require.ErrorIs(t, s.Flush(ctx), messages.ErrTxAborted)
		require.ErrorIs(t, s.Commit(ctx), messages.ErrTxAborted)
		require.ErrorIs(t, s.Add(oslo), messages.ErrTxAborted)
		require.NoError(t, failing.Rollback(ctx))

		kept, err := s.Begin(ctx)
		require.NoError(t, err)
		oslo.City = "Bergen"
		require.NoError(t, s.Add(oslo))
		require.NoError(t, kept.Release(ctx))
		require.NotZero(t, oslo.Key())
		require.NoError(t, outer.Rollback(ctx))
		require.Zero(t, oslo.Key())
		require.Zero(t, rome.Key())
		require.Equal(t, "Tokyo", tokyo.City)
		require.NoError(t, s.Add(rome))
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, onShards{asia: {"Tokyo"}, europe: {"Rome"}}, w.rows(t, "select city from locations"))
		require.ErrorIs(t, outer.Release(ctx), pgx.ErrTxClosed)
	})
}

// TestRollback: objects are what they were before, and their rows, too.
func TestRollback(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := watch(t)
		s := w.session(t)
		a, b := &account{Region: "Asia", Balance: 1}, &account{Region: "Europe", Balance: 2}
		require.NoError(t, s.Add(a, b))
		require.NoError(t, s.Commit(ctx))
		child := &account{Region: "ignored", Parent: a, Entries: []*entry{{Amount: 5}}}
		a.Balance, b.Balance = 10, 20
		require.NoError(t, s.Add(child))
		require.NoError(t, s.Delete(b))
		require.NoError(t, s.Flush(ctx))
		require.Equal(t, []int64{a.ID, child.ID}, []int64{*child.Within, child.Entries[0].Account})
		ctx.Reset()
		require.NoError(t, s.Rollback(ctx))
		require.Equal(t, account{Identity: a.Identity, ID: 1, Region: "Asia", Balance: 1}, *a)
		require.Equal(t, account{Identity: b.Identity, ID: 1, Region: "Europe", Balance: 2}, *b)
		require.Equal(t, "accounts(1)@europe", b.Key().String())
		require.Zero(t, child.Key())
		require.Nil(t, child.Within)
		require.Zero(t, child.ID)
		require.Equal(t, entry{Amount: 5}, *child.Entries[0])
		got, err := session.ByKey[account](ctx, s, b.Key())
		require.NoError(t, err)
		require.Same(t, b, got)
		require.Equal(t, []string{"SELECT accounts [europe]"}, ctx.calls(), "it is read anew")
		require.NoError(t, s.Rollback(ctx))
		require.NoError(t, s.Add(child))
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, onShards{asia: {"<nil> 0", "1 0"}, europe: {"<nil> 0"}}, w.rows(t, "select within, version from accounts order by id"))
	})
}

// TestCommitError: each object is what its shard's outcome says.
func TestCommitError(t *testing.T) {
	w := newPostgres(t)
	ctx := t.Context()
	_, err := w.Exec(coordinator.OnShard(ctx, asia), "create table later (id bigint references locations (id) deferrable initially deferred)")
	require.NoError(t, err)
	s := w.session(t)
	tokyo, rome, toronto := &location{Continent: "Asia", City: "Tokyo"}, &location{Continent: "Europe", City: "Rome"}, &location{Continent: "North America", City: "Toronto"}
	require.NoError(t, s.Add(tokyo, rome, toronto))
	require.NoError(t, s.Commit(ctx))
	tokyo.City, rome.City, toronto.City = "Edo", "Roma", "York"
	kyoto, ottawa := &location{Continent: "Asia", City: "Kyoto"}, &location{Continent: "North America", City: "Ottawa"}
	require.NoError(t, s.Add(kyoto, ottawa))
	_, err = s.Exec(coordinator.OnShard(ctx, asia), "insert into later values (12345)")
	require.NoError(t, err)
	err = s.Commit(ctx)
	require.ErrorIs(t, err, messages.ErrPartialCommit)
	var partial *coordinator.CommitError
	require.ErrorAs(t, err, &partial)
	require.Equal(t, []string{"Tokyo", "Rome", "York"}, []string{tokyo.City, rome.City, toronto.City})
	require.Zero(t, kyoto.Key())
	require.Equal(t, northAmerica, ottawa.Key().Shard)
	require.Equal(t, onShards{northAmerica: {"York", "Ottawa"}, asia: {"Tokyo"}, europe: {"Rome"}}, w.rows(t, "select city from locations order by city desc"))
	require.NoError(t, s.Add(kyoto))
	rome.City = "Roma"
	require.NoError(t, s.Commit(ctx), "what was undone can be done again")
	require.Equal(t, onShards{northAmerica: {"York", "Ottawa"}, asia: {"Tokyo", "Kyoto"}, europe: {"Roma"}}, w.rows(t, "select city from locations order by city desc"))

	// A commit that fails on the first shard has committed nothing, and all is undone.
	tokyo.City = "Edo"
	_, err = s.Exec(coordinator.OnShard(ctx, asia), "insert into later values (12345)")
	require.NoError(t, err)
	err = s.Commit(ctx)
	require.ErrorIs(t, err, messages.ErrStatement)
	require.NotErrorIs(t, err, messages.ErrPartialCommit)
	require.Equal(t, "Tokyo", tokyo.City)
	require.NoError(t, s.Commit(ctx))
}
