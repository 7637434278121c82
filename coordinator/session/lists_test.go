package session_test

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
)

// seedCities puts two cities into asia, the first of which has report 7.
func seedCities(t *testing.T, w *world) {
	w.ids.next = 100
	ctx := coordinator.OnShard(t.Context(), asia)
	for _, insert := range []string{
		"insert into locations values (1, 'Asia', 'one'), (2, 'Asia', 'two')", "insert into reports values (7, 1, 1.5)",
	} {
		_, err := w.Exec(ctx, insert)
		require.NoError(t, err)
	}
}

// TestStaleList: whose child a row is, is what the row says, and not a list that is older.
func TestStaleList(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		seedCities(t, w)
		ctx := t.Context()
		s := w.session(t)
		one, two := mustGet[location](t, ctx, s, 1), mustGet[location](t, ctx, s, 2)
		require.NoError(t, s.Load(ctx, "Reports", one, two))
		child := one.Reports[0]
		is := func(want string) {
			require.NoError(t, s.Commit(ctx))
			require.NoError(t, s.Commit(ctx))
			require.Equal(t, onShards{asia: {want}}, w.rows(t, "select location_id from reports"))
		}
		child.LocationID = &two.ID
		require.NoError(t, s.Flush(ctx))
		is("2")
		child.LocationID = nil
		is("<nil>")
		two.Reports = append(two.Reports, child)
		is("<nil>")
		child.Location = two
		is("2")

		require.NoError(t, s.Load(ctx, "Reports", two))
		require.NoError(t, s.Commit(ctx))
		w.exec(t, "update reports set location_id = 1")
		require.Same(t, child, mustGet[report](t, ctx, s, 7))
		require.Equal(t, int64(1), *child.LocationID)
		is("1")
		require.Same(t, one, child.Location, "the list that is right says where it leads")

		// The list of a new parent can't be older than its children: what it can't do is refused.
		three := &location{Continent: "Asia", Reports: []*report{child}}
		require.NoError(t, s.Add(three))
		err := s.Flush(ctx)
		require.ErrorIs(t, err, messages.ErrInvalidRequest)
		require.ErrorContains(t, err, child.Key().String())
		require.NoError(t, s.Rollback(ctx))
		child.Location = three
		require.NoError(t, s.Add(three))
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, three.ID, *child.LocationID)
		four := &location{ID: 4, Continent: "Asia", Reports: []*report{child}}
		child.Location, child.LocationID = nil, &four.ID
		require.NoError(t, s.Add(four))
		is("4")
	})
}

// TestListedFarAway: children that a pin had Load find on another shard are no children of this parent's row, and may be changed there.
func TestListedFarAway(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		seed(t, w)
		ctx := t.Context()
		s := w.session(t)
		city := mustGet[location](t, coordinator.OnShard(ctx, europe), s, 1)
		require.NoError(t, s.Load(coordinator.OnShard(ctx, asia), "Reports", city))
		require.Len(t, city.Reports, 2)
		city.Reports[0].Degrees = 70
		require.NoError(t, s.Commit(ctx))
		require.Nil(t, city.Reports[0].Location)
		require.Equal(t, onShards{asia: {"70"}}, w.rows(t, "select degrees from reports where degrees > 50"))
	})
}

// TestListsUndone: new children are taken out of the lists of parents that stay, so that no flush adds them again.
func TestListsUndone(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		seedCities(t, w)
		ctx := t.Context()
		for name, undo := range map[string]func(s *session.Session, one *location, list func()) error{
			"savepoint": func(s *session.Session, _ *location, list func()) error {
				p, err := s.Begin(ctx)
				require.NoError(t, err)
				list()
				require.NoError(t, s.Flush(ctx))
				return p.Rollback(ctx)
			},
			"outer savepoint": func(s *session.Session, _ *location, list func()) error {
				p, err := s.Begin(ctx)
				require.NoError(t, err)
				list()
				inner, err := s.Begin(ctx)
				require.NoError(t, err)
				require.NoError(t, inner.Release(ctx))
				return p.Rollback(ctx)
			},
			"flushed": func(s *session.Session, _ *location, list func()) error {
				list()
				require.NoError(t, s.Flush(ctx))
				return s.Rollback(ctx)
			},
			"not flushed": func(s *session.Session, _ *location, list func()) error {
				list()
				return s.Rollback(ctx)
			},
			"expired": func(s *session.Session, one *location, list func()) error {
				list()
				return s.Expire(one)
			},
			"refreshed": func(s *session.Session, one *location, list func()) error {
				list()
				return s.Refresh(ctx, one)
			},
		} {
			t.Run(name, func(t *testing.T) {
				s := w.session(t)
				one := mustGet[location](t, ctx, s, 1)
				require.NoError(t, s.Load(ctx, "Reports", one))
				old := one.Reports[0]
				var listed []*report
				require.NoError(t, undo(s, one, func() {
					one.Reports = append(one.Reports, &report{Degrees: 99})
					listed = one.Reports
				}))
				require.Equal(t, []*report{old}, one.Reports)
				require.Equal(t, 99.0, listed[1].Degrees, "the application's own list is as it was")
				require.NoError(t, s.Commit(ctx))
				require.Equal(t, onShards{asia: {"1.5"}}, w.rows(t, "select degrees from reports"))
			})
		}

		// A child that was added by itself is still to be inserted, beneath the parent that lists it.
		s := w.session(t)
		one, child := mustGet[location](t, ctx, s, 1), &report{Degrees: 5}
		one.Reports = []*report{child}
		require.NoError(t, s.Add(child))
		require.NoError(t, s.Expire())
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, onShards{asia: {"1.5 1", "5 1"}}, w.rows(t, "select degrees, location_id from reports order by id"))
	})
}

// TestListedAnew: a child that was rolled back with one parent goes to the one that lists it next.
func TestListedAnew(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		s := w.session(t)
		child := &report{Degrees: 5}
		wrong, right := &location{Continent: "Asia", City: "wrong", Reports: []*report{child}}, &location{Continent: "Europe", City: "right"}
		require.NoError(t, s.Add(wrong))
		require.NoError(t, s.Flush(ctx))
		require.Same(t, wrong, child.Location)
		require.NoError(t, s.Rollback(ctx))
		require.Nil(t, child.Location)
		require.Equal(t, []*report{child}, wrong.Reports, "it isn't the session's any more, and can be added again")
		right.Reports = []*report{child}
		require.NoError(t, s.Add(right))
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, onShards{europe: {"right 5"}}, w.rows(t, "select city, degrees from locations l join reports r on r.location_id = l.id"))
		require.NoError(t, s.Delete(child))
		require.NoError(t, s.Commit(ctx))
		require.NoError(t, s.Add(child))
		require.NoError(t, s.Rollback(ctx))
		require.Same(t, right, child.Location, "what was committed stays")
	})
}

// TestDeleteListed: what was added and is deleted before a flush isn't inserted, whatever leads to it.
func TestDeleteListed(t *testing.T) {
	everywhere(t, func(t *testing.T, w *world) {
		ctx := t.Context()
		s := w.session(t)
		child, other := &report{Degrees: 1}, &report{Degrees: 2}
		city := &location{Continent: "Asia", Reports: []*report{child, other}}
		require.NoError(t, s.Add(city, child))
		require.NoError(t, s.Delete(child, child))
		require.False(t, s.Deleted(child), "it has no row")
		require.NoError(t, s.Commit(ctx))
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, onShards{asia: {"2"}}, w.rows(t, "select degrees from reports"))
		require.NoError(t, s.Add(child))
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, onShards{asia: {"1", "2"}}, w.rows(t, "select degrees from reports order by degrees"))

		oslo := &location{Continent: "Europe", City: "Oslo"}
		require.NoError(t, s.Add(oslo, &report{Location: oslo}))
		require.NoError(t, s.Delete(oslo))
		require.ErrorIs(t, s.Flush(ctx), messages.ErrInvalidRequest, "whose child is it?")
		require.NoError(t, s.Rollback(ctx))
		require.NoError(t, s.Add(oslo))
		require.NoError(t, s.Commit(ctx))
		require.Equal(t, onShards{europe: {"Oslo"}}, w.rows(t, "select city from locations where city > ''"))
	})
}

// onlyRead is used by no other test: what its fields mean is found out when it is read.
type onlyRead struct {
	coordinator.Identity
	ID       int64        `db:"id,pk"`
	Children []*onlyAdded `db:"-" many:"location_id"`
}

func (*onlyRead) TableName() string { return "locations" }

type onlyAdded struct {
	coordinator.Identity
	ID         int64     `db:"id,pk"`
	LocationID int64     `db:"location_id"`
	Parent     *onlyRead `db:"-" ref:"location_id"`
}

func (*onlyAdded) TableName() string { return "reports" }

type noWayBack struct {
	ID       int64     `db:"id,pk"`
	Children []*report `db:"-" many:"location_id"`
}

func (*noWayBack) TableName() string { return "locations" }

// TestChildOfRead: a parent that was only read, in two sessions at once, has its lists looked at, too.
func TestChildOfRead(t *testing.T) {
	w := newPostgres(t)
	seedCities(t, w)
	var both sync.WaitGroup
	for id := range int64(2) {
		both.Go(func() {
			s := session.New(t.Context(), w.Troupe, session.Config{})
			defer s.Close()
			parent, err := session.Get[onlyRead](t.Context(), s, id+1)
			if err != nil {
				t.Error(err)
				return
			}
			parent.Children = append(parent.Children, &onlyAdded{ID: 50 + id})
			if err := s.Commit(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	both.Wait()
	require.Equal(t, onShards{asia: {"7 1", "50 1", "51 2"}}, w.rows(t, "select id, location_id from reports order by id"))

	ctx := watch(t)
	s := w.session(t)
	child := mustGet[report](t, ctx, s, 7)
	ctx.Reset()
	key := messages.Key{Table: "locations", PK: mustGet[location](t, ctx, s, 2).Key().PK, Shard: asia}
	ctx.Reset()
	for _, err := range []error{
		result(session.Get[noWayBack](ctx, s, 1)), result(session.ByKey[noWayBack](ctx, s, key)),
		result(session.Select[noWayBack](ctx, s, "update locations set city = city returning id")),
		result(session.Related[noWayBack](ctx, s, child, "id")), result(session.Parent[noWayBack](ctx, s, child)),
	} {
		require.ErrorIs(t, err, messages.ErrInvalidRequest)
		require.ErrorContains(t, err, "noWayBack")
	}
	require.Empty(t, ctx.calls(), "nothing is sent")
}
