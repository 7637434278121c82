package session_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
)

// TestFlush: objects and what they lead to are written with their parents, in one statement for each table and shard, and nothing is
// sent before.
func TestFlush(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := watch(t)
		s := w.session(t)
		tokyo := &location{Continent: "Asia", City: "Tokyo", Reports: []*report{{Degrees: 80}, {Degrees: 81}}}
		toronto := &location{Continent: "North America", City: "Toronto"}
		// A child before its parent, and a child that brings its parent.
		cold := &report{Degrees: -3, Location: toronto}
		rome := &report{Degrees: 30, Location: &location{Continent: "Europe", City: "Rome"}}
		require.NoError(t, s.Add(cold, rome, tokyo, &location{Continent: "Asia", City: "Kyoto"}))
		require.Empty(t, ctx.calls())
		require.Empty(t, w.asked.take())
		require.NoError(t, s.Flush(ctx))
		require.Equal(t, []string{
			"INSERT locations [asia]", "INSERT locations [europe]", "INSERT locations [north_america]",
			"INSERT reports [asia]", "INSERT reports [europe]", "INSERT reports [north_america]",
		}, ctx.calls())
		require.ElementsMatch(t, []string{"locations 4", "reports 4"}, w.ids.calls)
		require.Equal(t, []string{"shard *session_test.location", "shard *session_test.location", "shard *session_test.location", "shard *session_test.location"}, w.asked.take())
		require.Equal(t, asia, tokyo.Key().Shard)
		require.Equal(t, asia, tokyo.Reports[0].Key().Shard)
		require.Equal(t, tokyo.ID, *tokyo.Reports[0].LocationID)
		require.Same(t, tokyo, tokyo.Reports[1].Location)
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, onShards{northAmerica: {"Toronto"}, asia: {"Tokyo", "Kyoto"}, europe: {"Rome"}}, w.rows(t, "select city from locations order by city desc"))
		require.Equal(t, onShards{northAmerica: {"-3 Toronto"}, asia: {"80 Tokyo", "81 Tokyo"}, europe: {"30 Rome"}},
			w.rows(t, "select r.degrees, l.city from reports r join locations l on l.id = r.location_id order by 1"))
		ctx.Reset()

		got, err := session.Get[location](ctx, s, tokyo.ID)
		require.NoError(t, err)
		require.Same(t, tokyo, got)
		require.Equal(t, []string{"SELECT locations [asia]"}, ctx.calls(), "an expired object is read from its own shard")
		require.Empty(t, w.asked.take())
		got, err = session.Get[location](ctx, s, tokyo.ID)
		require.NoError(t, err)
		require.Same(t, tokyo, got)
		require.Empty(t, ctx.calls())
		require.NoError(t, s.Flush(ctx))
		require.Empty(t, ctx.calls())
	})
}

func TestUpdateAndDelete(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := watch(t)
		s := w.session(t)
		a, b, c := &account{Region: "Asia", Balance: 1}, &account{Region: "Asia", Balance: 2}, &account{Region: "Europe", Balance: 3}
		require.NoError(t, s.Add(a, b, c))
		require.NoError(t, s.Flush(ctx))
		require.Equal(t, []string{"INSERT accounts [asia]", "INSERT accounts [europe]"}, ctx.calls())
		require.Equal(t, []int64{1, 2, 1}, []int64{a.ID, b.ID, c.ID})
		a.Balance, b.Region, c.Balance = 10, "Europe", 30
		require.ErrorIs(t, s.Flush(ctx), messages.ErrWrongShard)
		require.Empty(t, ctx.calls(), "nothing was sent")
		require.ErrorIs(t, s.Flush(ctx), messages.ErrTxAborted)
		require.NoError(t, s.Rollback(ctx))
		require.Equal(t, messages.Key{}, a.Key())
		require.Zero(t, a.ID)
		require.Empty(t, w.rows(t, "select id from accounts"))

		require.NoError(t, s.Add(a, b, c))
		require.NoError(t, s.Rollback(ctx))
		b.Region, a.Balance = "Asia", 1
		require.NoError(t, s.Add(a, b, c))
		require.NoError(t, s.Commit(ctx))
		ctx.Reset()
		a.Balance, b.Balance, c.Balance = 11, 22, 33
		require.NoError(t, s.Flush(ctx))
		require.Equal(t, []string{"UPDATE accounts [asia]", "UPDATE accounts [europe]"}, ctx.calls())
		require.Equal(t, []int{1, 1, 1}, []int{a.Version, b.Version, c.Version})
		require.NoError(t, s.Delete(c))
		_, err := session.Get[account](coordinator.OnShard(ctx, europe), s, c.ID)
		require.ErrorIs(t, err, pgx.ErrNoRows)
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, []string{"DELETE accounts [europe]"}, ctx.calls())
		require.Equal(t, messages.Key{}, c.Key())
		require.Equal(t, onShards{asia: {"11 1", "22 1"}}, w.rows(t, "select balance, version from accounts order by 1"))
	})
}

// TestStale: a row that was changed or deleted by somebody else is told by its key, and nothing is written.
func TestStale(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		s := w.session(t)
		a, b := &account{Region: "Asia", Balance: 1}, &account{Region: "Asia", Balance: 2}
		place := &location{Continent: "Europe", City: "Rome"}
		require.NoError(t, s.Add(a, b, place))
		require.NoError(t, s.Commit(ctx))
		w.exec(t, "update accounts set version = version + 1 where balance = 2")
		w.exec(t, "delete from locations")
		a.Balance, b.Balance = 10, 20
		err := s.Commit(ctx)
		require.ErrorIs(t, err, messages.ErrStale)
		require.ErrorContains(t, err, b.Key().String())
		require.NotContains(t, err.Error(), a.Key().String())
		require.NoError(t, s.Rollback(ctx))
		require.Equal(t, int64(2), b.Balance)
		require.Equal(t, onShards{asia: {"1", "2"}}, w.rows(t, "select balance from accounts order by 1"))
		place.City = "Roma"
		require.ErrorIs(t, s.Flush(ctx), messages.ErrStale)
		require.NoError(t, s.Rollback(ctx))
		require.NoError(t, s.Delete(place))
		require.ErrorIs(t, s.Flush(ctx), messages.ErrStale)
		require.NoError(t, s.Rollback(ctx))
		got, err := session.Get[account](ctx, s, b.ID)
		require.NoError(t, err)
		require.Same(t, b, got)
		b.Balance = 21
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, onShards{asia: {"1 0", "21 2"}}, w.rows(t, "select balance, version from accounts order by 1"))
	})
}
