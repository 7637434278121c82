package session_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
)

// TestReparenting: a new parent has to be on the row's shard, however it was given.
func TestReparenting(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := watch(t)
		s := w.session(t)
		tokyo, kyoto, rome := &location{Continent: "Asia", City: "Tokyo"}, &location{Continent: "Asia", City: "Kyoto"}, &location{Continent: "Europe", City: "Rome"}
		hot := &report{Degrees: 40, Location: tokyo}
		require.NoError(t, s.Add(hot, kyoto, rome))
		require.NoError(t, s.Commit(ctx))
		ctx.Reset()
		refused := func(change func(), want ...string) {
			change()
			err := s.Flush(ctx)
			require.ErrorIs(t, err, messages.ErrWrongShard)
			for _, text := range append(want, hot.Key().String()) {
				require.ErrorContains(t, err, text)
			}
			require.NoError(t, s.Rollback(ctx))
			require.Equal(t, tokyo.ID, *hot.LocationID)
			require.Same(t, tokyo, hot.Location)
		}
		refused(func() { hot.Location = rome }, rome.Key().String())
		refused(func() { hot.LocationID = &rome.ID }, "isn't there, but on europe")
		for _, call := range ctx.calls() {
			require.Equal(t, "SELECT locations [asia]", call, "nothing was written")
		}
		refused(func() { hot.Location = &location{Continent: "Europe", City: "Oslo"} }, "europe")
		require.Empty(t, ctx.calls())

		hot.Location = kyoto
		require.NoError(t, s.Flush(ctx))
		require.Equal(t, kyoto.ID, *hot.LocationID)
		hot.LocationID = &tokyo.ID
		require.NoError(t, s.Flush(ctx))
		require.Nil(t, hot.Location, "where it led isn't true any more")
		require.Equal(t, []string{"UPDATE reports [asia]", "UPDATE reports [asia]"}, ctx.calls(), "who the session knows isn't asked for")
		osaka := &location{Continent: "Asia", City: "Osaka"}
		hot.Location = osaka
		require.NoError(t, s.Flush(ctx))
		require.Equal(t, osaka.ID, *hot.LocationID)
		kobe := &location{ID: 500, Continent: "Asia", City: "Kobe"}
		hot.Location, hot.LocationID = kobe, &kobe.ID
		require.NoError(t, s.Flush(ctx), "the two agree")
		hot.LocationID, hot.Location = nil, nil
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, onShards{asia: {"<nil>"}}, w.rows(t, "select location_id from reports"))

		other := w.session(t)
		got, err := session.Get[report](ctx, other, hot.ID)
		require.NoError(t, err)
		ctx.Reset()
		got.LocationID = &kyoto.ID
		require.NoError(t, other.Commit(ctx))
		require.Equal(t, []string{"SELECT locations [asia]", "UPDATE reports [asia]"}, ctx.calls(), "who it doesn't know is asked for")
		got.LocationID, got.Location = &tokyo.ID, rome
		require.ErrorIs(t, other.Flush(ctx), messages.ErrInvalidRequest, "the two disagree")
	})
}

// TestReadAnew: what was read in a transaction that was rolled back is read anew, and a parent that isn't one any more isn't pointed to.
func TestReadAnew(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		seed(t, w)
		ctx := watch(t)
		pinned := coordinator.OnShard(ctx, asia)
		s := w.session(t)
		child := mustGet[report](t, pinned, s, 1)
		city, err := session.Parent[location](ctx, s, child)
		require.NoError(t, err)
		require.Same(t, city, child.Location)
		require.NoError(t, s.Rollback(ctx))
		require.Same(t, city, child.Location)
		w.exec(t, "update reports set location_id = null")
		ctx.Reset()
		require.Same(t, child, mustGet[report](t, pinned, s, 1))
		require.Equal(t, []string{"SELECT reports [asia]"}, ctx.calls())
		require.Nil(t, child.LocationID)
		require.Nil(t, child.Location)
		require.NoError(t, s.Commit(ctx))
		require.Empty(t, ctx.calls())
	})
}

// TestParentsOnTwoShards: what can't live beside both of its parents isn't sent anywhere.
func TestParentsOnTwoShards(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := watch(t)
		s := w.session(t)
		a, e := &account{Region: "Asia"}, &account{Region: "Europe"}
		require.NoError(t, s.Add(&account{Region: "Europe", Parent: a, Entries: []*entry{{Amount: 1}}}, e))
		require.NoError(t, s.Flush(ctx), "a parent counts for more than the chooser")
		require.NoError(t, s.Rollback(ctx))
		ctx.Reset()
		require.NoError(t, s.Add(a))
		require.ErrorIs(t, s.Flush(coordinator.OnShards(ctx, []messages.ShardID{asia, europe})), messages.ErrInvalidRequest)
		require.NoError(t, s.Rollback(ctx))
		require.NoError(t, s.Add(&account{Region: "Asia", Parent: a}))
		require.NoError(t, s.Flush(coordinator.OnShard(ctx, europe)), "the pin places the parent")
		require.Equal(t, europe, a.Key().Shard)
		require.NoError(t, s.Add(&account{Region: "Asia", Parent: a}))
		require.ErrorIs(t, s.Flush(coordinator.OnShard(ctx, asia)), messages.ErrWrongShard)
		require.NoError(t, s.Rollback(ctx))

		link := &bridge{From: &location{Continent: "Asia"}, To: &location{Continent: "Europe"}}
		require.NoError(t, s.Add(link))
		ctx.Reset()
		require.ErrorIs(t, s.Flush(ctx), messages.ErrWrongShard)
		require.Empty(t, ctx.calls())
	})
}

// bridge has two parents.
type bridge struct {
	ID     int64     `db:"id,pk"`
	FromID int64     `db:"from_id"`
	ToID   int64     `db:"to_id"`
	From   *location `db:"-" ref:"from_id"`
	To     *location `db:"-" ref:"to_id"`
}

func (*bridge) TableName() string { return "bridges" }

// TestShardKey: a row that belongs elsewhere by its change is refused; one that was pinned where it is stays.
func TestShardKey(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := watch(t)
		s := w.session(t)
		rome, odd := &location{Continent: "Europe", City: "Rome"}, &location{Continent: "Europe", City: "Odd"}
		require.NoError(t, s.Add(rome))
		require.NoError(t, s.Flush(ctx))
		require.NoError(t, s.Add(odd))
		require.NoError(t, s.Flush(coordinator.OnShard(ctx, asia)))
		require.NoError(t, s.Commit(ctx))
		odd.City = "still there"
		require.NoError(t, s.Commit(ctx))
		rome.Continent = "Asia"
		err := s.Flush(ctx)
		require.ErrorIs(t, err, messages.ErrWrongShard)
		require.ErrorContains(t, err, "MoveRow")
		require.NoError(t, s.Rollback(ctx))
		require.Equal(t, "Europe", rome.Continent)
		odd.Continent = "North America"
		require.ErrorIs(t, s.Flush(ctx), messages.ErrWrongShard)
		require.NoError(t, s.Rollback(ctx))
		odd.Continent = "Asia"
		require.NoError(t, s.Commit(ctx), "it belongs where it is now")
		rome.ID = 99
		require.ErrorIs(t, s.Flush(ctx), messages.ErrInvalidRequest)
	})
}

func TestMoveRow(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := watch(t)
		s := w.session(t)
		a := &account{Region: "Asia", Balance: 5}
		withEntry := &account{Region: "Asia", Entries: []*entry{{Amount: 1}}}
		require.NoError(t, s.Add(a, withEntry))
		require.NoError(t, s.Commit(ctx))
		w.exec(t, "update accounts set balance = balance + 1 where id = 1")
		ctx.Reset()
		a.Region = "Europe"
		require.NoError(t, s.MoveRow(ctx, a))
		require.Equal(t, []string{"DELETE accounts [asia]", "INSERT accounts [europe]"}, ctx.calls())
		require.Equal(t, "accounts(1)@europe", a.Key().String())
		_, err := session.Get[account](coordinator.OnShard(ctx, asia), s, a.ID)
		require.ErrorIs(t, err, pgx.ErrNoRows, "it isn't there any more")
		require.Equal(t, int64(6), a.Balance, "what it hasn't changed is what it was in the database")
		require.Equal(t, 1, a.Version)
		got, err := session.Get[account](ctx, s, a.ID)
		require.NoError(t, err)
		require.Same(t, a, got)
		require.NoError(t, s.Rollback(ctx))
		require.Equal(t, "accounts(1)@asia", a.Key().String())
		require.Equal(t, "Asia", a.Region)
		a.Region = "Europe"
		require.NoError(t, s.MoveRow(ctx, a))
		require.NoError(t, s.MoveRow(ctx, a), "it is there")
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, onShards{europe: {"1 Europe 6 1"}, asia: {"2 Asia 0 0"}}, w.rows(t, "select id, region, balance, version from accounts"))
		a.Balance = 7
		require.NoError(t, s.Commit(ctx))

		require.NoError(t, s.Load(ctx, "Entries", withEntry))
		withEntry.Region = "Europe"
		err = s.MoveRow(ctx, withEntry)
		require.ErrorIs(t, err, messages.ErrWrongShard)
		require.ErrorContains(t, err, withEntry.Entries[0].Key().String())
		require.ErrorIs(t, s.Flush(ctx), messages.ErrTxAborted)
		require.NoError(t, s.Rollback(ctx))
		other := w.session(t)
		unloaded, err := session.ByKey[account](ctx, other, withEntry.Key())
		require.NoError(t, err)
		unloaded.Region = "Europe"
		require.ErrorIs(t, other.MoveRow(ctx, unloaded), messages.ErrStatement, "a foreign key of the database")
		require.NoError(t, other.Rollback(ctx))
		w.exec(t, "update accounts set version = 50")
		a.Region = "Asia"
		require.ErrorIs(t, s.MoveRow(ctx, a), messages.ErrStale)
		require.NoError(t, s.Rollback(ctx))
		require.NoError(t, s.MoveRow(coordinator.OnShard(ctx, northAmerica), must(session.Get[account](ctx, s, a.ID))))
		require.Equal(t, northAmerica, a.Key().Shard)
	})
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
