package session_test

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
)

// seed has a location with two reports on each shard, all with the primary keys 1, 1 and 2.
func seed(t *testing.T, w *world) {
	w.ids.next = 100
	w.exec(t, "insert into locations values (1, 'anywhere', 'a city')")
	w.exec(t, "insert into reports values (1, 1, 10), (2, 1, 20), (3, null, 30)")
}

func TestRelations(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		seed(t, w)
		ctx := watch(t)
		s := w.session(t)
		cities, err := session.Select[location](ctx, s, "select * from locations")
		require.NoError(t, err)
		require.Len(t, cities, 3)
		at := map[messages.ShardID]*location{}
		objects := make([]any, len(cities))
		for i, c := range cities {
			at[c.Key().Shard], objects[i] = c, c
		}
		ctx.Reset()
		w.asked.take()

		related, err := session.Related[report](ctx, s, at[asia], "location_id")
		require.NoError(t, err)
		require.Len(t, related, 2)
		require.Equal(t, []string{"SELECT reports [asia]"}, ctx.calls())
		require.Equal(t, []string{"identity reports from *session_test.location"}, w.asked.take())
		require.Same(t, at[asia], related[0].Location)
		related, err = session.Related[report](coordinator.OnShard(ctx, europe), s, at[asia], "location_id")
		require.NoError(t, err)
		require.Len(t, related, 2, "a pin propagates")
		require.Equal(t, europe, related[0].Key().Shard)
		require.Nil(t, related[0].Location)
		_, err = session.Related[report](coordinator.OnShard(ctx, europe, coordinator.LeadOnly), s, at[asia], "location_id")
		require.NoError(t, err)
		require.Equal(t, []string{"SELECT reports [asia]", "SELECT reports [europe]"}, ctx.calls())
		w.asked.take()

		require.NoError(t, s.Load(coordinator.OnShard(ctx, europe), "Reports", objects...))
		require.Equal(t, []int{0, 0, 2}, []int{len(at[northAmerica].Reports), len(at[asia].Reports), len(at[europe].Reports)}, "a pin propagates here, too")
		require.Equal(t, []string{"SELECT reports [europe]"}, ctx.calls())
		at[asia].Reports = append(at[asia].Reports, &report{Degrees: 40})
		require.NoError(t, s.Load(coordinator.OnShard(ctx, europe, coordinator.LeadOnly), "Reports", objects...))
		require.Equal(t, []string{"SELECT reports [asia]", "SELECT reports [europe]", "SELECT reports [north_america]"}, ctx.calls())
		require.Equal(t, []int{2, 3, 2}, []int{len(at[northAmerica].Reports), len(at[asia].Reports), len(at[europe].Reports)}, "what was listed and is new stays")
		for shard, c := range at {
			require.Same(t, c, c.Reports[1].Location)
			require.Equal(t, shard, c.Reports[1].Key().Shard)
			require.Equal(t, int64(2), c.Reports[1].ID)
		}
		require.Empty(t, w.asked.take(), "each object's own shard is asked")
		parent, err := session.Parent[location](ctx, s, at[europe].Reports[0])
		require.NoError(t, err)
		require.Same(t, at[europe], parent)
		require.NoError(t, s.Load(ctx, "Location", at[europe].Reports[0], at[asia].Reports[1]))
		require.Empty(t, ctx.calls())
		require.NoError(t, s.Flush(ctx))
		require.Equal(t, []string{"INSERT reports [asia]"}, ctx.calls(), "nothing else has changed")
		require.NoError(t, s.Commit(ctx))

		other := w.session(t)
		child, err := session.ByKey[report](ctx, other, at[europe].Reports[0].Key())
		require.NoError(t, err)
		ctx.Reset()
		for range 2 {
			parent, err = session.Parent[location](ctx, other, child)
			require.NoError(t, err)
			require.Equal(t, europe, parent.Key().Shard)
		}
		require.Equal(t, []string{"SELECT locations [europe]"}, ctx.calls())
		orphan, err := session.Get[report](coordinator.OnShard(ctx, asia), other, 3)
		require.NoError(t, err)
		_, err = session.Parent[location](ctx, other, orphan)
		require.ErrorIs(t, err, pgx.ErrNoRows)
		ctx.Reset()
		require.NoError(t, other.Load(ctx, "Location", orphan, child))
		require.Nil(t, orphan.Location)
		require.Same(t, parent, child.Location)
		require.Empty(t, ctx.calls())

		for _, err := range []error{
			s.Load(ctx, "City", objects...), s.Load(ctx, "Reports", at[asia], at[asia].Reports[0]), s.Load(ctx, "Reports", &location{}),
			result(session.Related[report](ctx, s, at[asia], "nothing")), result(session.Related[report](ctx, s, &location{}, "location_id")),
			other.Refresh(ctx, at[asia]),
			result(session.Parent[account](ctx, other, child)), result(session.Parent[location](ctx, other, &report{})),
		} {
			require.ErrorIs(t, err, messages.ErrInvalidRequest)
		}
	})
}

func result[T any](_ T, err error) error { return err }

// TestRelatedWithoutChooser: children are on their parent's shard.
func TestRelatedWithoutChooser(t *testing.T) {
	w := newWorld(t, false, func() string { return "sqlite::memory:" }, []func(*coordinator.Config){
		func(c *coordinator.Config) { c.IdentityChooser = nil },
	})
	seed(t, w)
	ctx := watch(t)
	s := w.session(t)
	city, err := session.Get[location](coordinator.OnShard(ctx, asia), s, 1)
	require.NoError(t, err)
	ctx.Reset()
	related, err := session.Related[report](ctx, s, city, "location_id")
	require.NoError(t, err)
	require.Len(t, related, 2)
	require.Equal(t, []string{"SELECT reports [asia]"}, ctx.calls())
	_, err = session.Get[location](ctx, s, 2)
	require.ErrorIs(t, err, messages.ErrNoRoute)
	_, err = session.Get[location](coordinator.OnShard(ctx, asia), s, 1)
	require.NoError(t, err, "what was never sent has aborted nothing")
}
