package session_test

import (
	"context"
	"database/sql"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
)

func TestGet(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := watch(t)
		w.exec(t, "insert into locations values (1, 'Everywhere', 'Here')")
		_, err := w.Exec(coordinator.OnShard(ctx, asia), "insert into locations values (2, 'Asia', 'Tokyo'), (3, 'Asia', 'Kyoto')")
		require.NoError(t, err)
		s := w.session(t)
		ctx.Reset()

		_, err = session.Get[location](ctx, s, 1)
		require.ErrorIs(t, err, messages.ErrAmbiguousKey)
		require.ErrorContains(t, err, "[asia europe north_america]")
		require.Equal(t, []string{"SELECT locations [north_america asia europe]"}, ctx.calls())
		tokyo, err := session.Get[location](ctx, s, int32(2))
		require.NoError(t, err)
		require.Equal(t, "locations(2)@asia", tokyo.Key().String())
		again, err := session.Get[location](ctx, s, uint8(2))
		require.NoError(t, err)
		require.Same(t, tokyo, again)
		require.Len(t, ctx.calls(), 1)

		_, err = session.Get[location](coordinator.OnShard(ctx, europe), s, 2)
		require.ErrorIs(t, err, pgx.ErrNoRows, "a pin says where, and the map is asked for that shard")
		require.ErrorIs(t, err, sql.ErrNoRows)
		require.Equal(t, []string{"SELECT locations [europe]"}, ctx.calls())
		for _, at := range []context.Context{coordinator.OnShard(ctx, asia), coordinator.WithToken(ctx, asia), ctx} {
			again, err = session.Get[location](at, s, 2)
			require.NoError(t, err)
			require.Same(t, tokyo, again, "not found on another shard isn't absent everywhere")
		}
		require.Empty(t, ctx.calls())

		ours, err := session.Get[location](coordinator.WithToken(ctx, europe), s, 1)
		require.NoError(t, err)
		theirs, err := session.Get[location](coordinator.OnShard(ctx, asia), s, 1)
		require.NoError(t, err)
		require.NotSame(t, ours, theirs)
		require.Equal(t, ours.Key().PK, theirs.Key().PK)
		_, err = session.Get[location](ctx, s, 1)
		require.ErrorIs(t, err, messages.ErrAmbiguousKey, "the session has it on two shards")
		ctx.Reset()
		w.asked.take()

		byKey, err := session.ByKey[location](coordinator.OnShard(ctx, europe), s, messages.Key{Table: "locations", PK: tokyo.Key().PK, Shard: asia})
		require.NoError(t, err)
		require.Same(t, tokyo, byKey)
		require.Empty(t, ctx.calls())
		kyoto := tokyo.Key()
		kyoto.PK, err = messages.NewPrimaryKey(3)
		require.NoError(t, err)
		byKey, err = session.ByKey[location](coordinator.OnShard(ctx, europe), s, kyoto)
		require.NoError(t, err)
		require.Equal(t, "Kyoto", byKey.City)
		require.Equal(t, []string{"SELECT locations [asia]"}, ctx.calls())
		require.Empty(t, w.asked.take())
		_, err = session.ByKey[report](ctx, s, kyoto)
		require.ErrorIs(t, err, messages.ErrInvalidRequest)

		require.NoError(t, s.Delete(tokyo))
		for _, at := range []context.Context{ctx, coordinator.OnShard(ctx, asia)} {
			_, err = session.Get[location](at, s, 2)
			require.ErrorIs(t, err, pgx.ErrNoRows)
		}
		_, err = session.ByKey[location](ctx, s, tokyo.Key())
		require.ErrorIs(t, err, pgx.ErrNoRows)
		require.NoError(t, s.Add(tokyo))
		again, err = session.Get[location](ctx, s, 2)
		require.NoError(t, err)
		require.Same(t, tokyo, again)

		for _, key := range [][]any{nil, {1, 2}, {1.5}, {nil}} {
			_, err = session.Get[location](ctx, s, key...)
			require.ErrorIs(t, err, messages.ErrInvalidRequest)
		}
		_, err = session.Get[struct{ ID int }](ctx, s, 1)
		require.ErrorIs(t, err, messages.ErrInvalidRequest)
	})
}

// TestExpired: an expired object is read from its own shard, whoever else would be asked, and not over a change that isn't flushed.
func TestExpired(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := watch(t)
		s := w.session(t)
		tokyo, kyoto := &location{Continent: "Asia", City: "Tokyo"}, &location{Continent: "Asia", City: "Kyoto"}
		require.NoError(t, s.Add(tokyo, kyoto))
		require.NoError(t, s.Commit(ctx))
		w.exec(t, "update locations set city = city || '!'")
		ctx.Reset()
		w.asked.take()
		kyoto.City = "Kioto"
		got, err := session.Get[location](ctx, s, kyoto.ID)
		require.NoError(t, err)
		require.Same(t, kyoto, got)
		require.Equal(t, "Kioto", kyoto.City, "a change isn't lost")
		require.Empty(t, ctx.calls())
		_, err = session.Get[location](ctx, s, tokyo.ID)
		require.NoError(t, err)
		require.Equal(t, "Tokyo!", tokyo.City)
		require.Equal(t, []string{"SELECT locations [asia]"}, ctx.calls())
		require.Empty(t, w.asked.take())

		require.NoError(t, s.Refresh(coordinator.OnShard(ctx, europe), tokyo, kyoto))
		require.Equal(t, []string{"SELECT locations [asia]"}, ctx.calls(), "one statement, on their own shard")
		require.Equal(t, "Kyoto!", kyoto.City)
		kyoto.City = "Kioto"
		require.NoError(t, s.Expire(kyoto))
		require.Equal(t, "Kyoto!", kyoto.City)
		tokyo.City = "Edo"
		require.NoError(t, s.Expire())
		require.Equal(t, "Tokyo!", tokyo.City)
		require.NoError(t, s.Rollback(ctx))

		w.exec(t, "delete from locations where city = 'Tokyo!'")
		_, err = w.Exec(coordinator.OnShard(t.Context(), europe), "insert into locations values ($1, 'Europe', 'moved')", tokyo.ID)
		require.NoError(t, err)
		ctx.Reset()
		got, err = session.Get[location](ctx, s, tokyo.ID)
		require.NoError(t, err)
		require.NotSame(t, tokyo, got)
		require.Equal(t, europe, got.Key().Shard, "its row is gone, so it is looked for as any")
		require.Equal(t, []string{"SELECT locations [asia]", "SELECT locations [north_america asia europe]"}, ctx.calls())
		require.ErrorIs(t, s.Refresh(ctx, tokyo), messages.ErrInvalidRequest, "it has no row any more")
		require.NoError(t, s.Rollback(ctx))
		w.exec(t, "delete from locations")
		err = s.Refresh(ctx, kyoto, got)
		require.ErrorIs(t, err, messages.ErrStale)
		require.ErrorIs(t, err, pgx.ErrNoRows)
		require.ErrorContains(t, err, kyoto.Key().String())
	})
}

func TestSelect(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := watch(t)
		s := w.session(t)
		a, b, c := &account{Region: "Asia", Balance: 1}, &account{Region: "Europe", Balance: 2}, &account{Region: "Europe", Balance: 3}
		require.NoError(t, s.Add(a, b, c))
		require.NoError(t, s.Flush(ctx))
		all, err := session.Select[account](ctx, s, "select * from accounts order by balance")
		require.NoError(t, err)
		require.Len(t, all, 3)
		for i, e := range []*account{a, b, c} {
			require.Same(t, e, all[i])
		}
		b.Balance = 20
		all, err = session.Select[account](ctx, s, "select * from accounts where region = $1 order by balance", "Europe")
		require.NoError(t, err)
		require.Same(t, b, all[0])
		require.Equal(t, int64(20), b.Balance, "a change is kept")
		ctx.Reset()

		all, err = session.Select[account](coordinator.OnShards(ctx, []messages.ShardID{asia, europe}), s, "update accounts set balance = balance + 100 where balance < 3 returning *")
		require.NoError(t, err)
		require.Len(t, all, 2)
		require.Equal(t, []int64{101, 102, 3}, []int64{a.Balance, b.Balance, c.Balance}, "what an UPDATE returns is what there is")
		require.NoError(t, s.Flush(ctx))
		require.Equal(t, []string{"update accounts [asia europe]"}, ctx.calls())

		gone, err := session.Select[account](coordinator.OnShards(ctx, []messages.ShardID{asia, europe}), s, "delete from accounts where balance > 100 and balance < 102 returning id")
		require.NoError(t, err)
		require.Len(t, gone, 1)
		require.Same(t, a, gone[0])
		require.True(t, s.Deleted(a))
		require.NoError(t, s.Delete(c))
		require.Equal(t, []bool{true, false, false, false}, []bool{s.Deleted(c), s.Deleted(b), s.Deleted(&account{}), s.Deleted([]int{})})
		require.NoError(t, s.Add(c))
		a.Balance = 7
		require.NoError(t, s.Flush(ctx), "it has no row any more")
		_, err = session.Select[account](coordinator.OnShard(ctx, europe), s, "delete from accounts returning balance")
		require.ErrorIs(t, err, messages.ErrInvalidRequest)
		require.NoError(t, s.Rollback(ctx))
		require.Empty(t, w.rows(t, "select * from accounts"))

		inserted, err := session.Select[location](coordinator.OnShard(ctx, europe), s, "insert into locations values (7, 'Europe', 'Oslo') returning *")
		require.NoError(t, err)
		require.Equal(t, "locations(7)@europe", inserted[0].Key().String())
		oslo, err := session.Get[location](ctx, s, 7)
		require.NoError(t, err)
		require.Same(t, inserted[0], oslo)
		tag, err := s.Exec(coordinator.OnShard(ctx, europe), "update locations set city = 'Bergen'")
		require.NoError(t, err)
		require.Equal(t, int64(1), tag.RowsAffected())
		require.Equal(t, "Oslo", oslo.City)
		_, err = session.Select[location](ctx, s, "select * from locations")
		require.NoError(t, err)
		require.Equal(t, "Oslo", oslo.City, "an object that isn't expired stays as it is")
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, onShards{europe: {"7 Bergen"}}, w.rows(t, "select id, city from locations"))
	})
}

func mustGet[T any](t *testing.T, ctx context.Context, s *session.Session, key ...any) *T {
	object, err := session.Get[T](ctx, s, key...)
	require.NoError(t, err)
	return object
}
