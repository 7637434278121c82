package conformance_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
)

// SQLAlchemy's relationships are loaded lazily, when an attribute is looked at, or eagerly, with the lead. Here Related is asked
// for, and passes the object that is loaded from to the identity chooser, as SQLAlchemy does; Load goes to each parent's own
// shard and asks nobody. SQLAlchemy's identity chooser, and so this suite's, says "anywhere", whoever it is loaded from.

// loading is a way to load the reports of a location.
type loading struct {
	name string
	load func(context.Context, *world, *session.Session, *Location) (int, error)
}

var (
	lazily = loading{"lazily", func(ctx context.Context, _ *world, s *session.Session, l *Location) (int, error) {
		found, err := session.Related[Report](ctx, s, l, "location_id")
		return len(found), err
	}}
	withoutSession = loading{"lazily, without a session", func(ctx context.Context, w *world, _ *session.Session, l *Location) (int, error) {
		found, err := coordinator.Related[Report](ctx, w.Troupe, l, "location_id", l.ID)
		return len(found), err
	}}
	eagerly = loading{"eagerly", func(ctx context.Context, _ *world, s *session.Session, l *Location) (int, error) {
		err := s.Load(ctx, "Reports", l)
		return len(l.Reports), err
	}}
)

// requireLoad selects New York with the context lead, loads its reports with the context then, and requires how many statements
// both together send.
func (w *world) requireLoad(t *testing.T, how loading, lead, then func(context.Context) context.Context, want ...int) {
	t.Helper()
	t.Run(how.name, func(t *testing.T) {
		ctx, s := w.open(t)
		ctx, sent := w.watch(ctx)
		found, err := session.Select[Location](lead(ctx), s, locationsBy, "New York")
		require.NoError(t, err)
		require.Len(t, found, 1)
		n, err := how.load(then(ctx), w, s, found[0])
		require.NoError(t, err)
		require.Equal(t, 1, n, "reports")
		sent.require(t, want...)
	})
}

func plainly(ctx context.Context) context.Context { return ctx }

// pinTo returns what pins a context.
func pinTo(shard messages.ShardID, scope ...coordinator.PinScope) func(context.Context) context.Context {
	return func(ctx context.Context) context.Context { return coordinator.OnShard(ctx, shard, scope...) }
}

func relatedWithoutAPin(t *testing.T, w *world) {
	w.fill(t)
	for how, want := range map[*loading][]int{&lazily: {2, 2, 2, 2}, &withoutSession: {2, 2, 2, 2}, &eagerly: {2, 1, 1, 1}} {
		w.requireLoad(t, *how, plainly, plainly, want...)
	}
}

func relatedAfterAPinOfTheLead(t *testing.T, w *world) {
	w.fill(t)
	pin := pinTo(northAmerica, coordinator.LeadOnly)
	for how, want := range map[*loading][]int{&lazily: {2, 1, 1, 1}, &withoutSession: {2, 1, 1, 1}, &eagerly: {2, 0, 0, 0}} {
		w.requireLoad(t, *how, pin, pin, want...)
	}
	// Eager loads of four parents: each parent's own shard gets one, not the lead's.
	ctx, s := w.open(t)
	ctx, sent := w.watch(ctx)
	all, err := session.Select[Location](ctx, s, allLocations)
	require.NoError(t, err)
	require.Len(t, all, 7)
	sent.require(t, each...)
	require.NoError(t, s.Load(coordinator.OnShard(ctx, northAmerica, coordinator.LeadOnly), "Reports", objectsOf(all)...))
	sent.require(t, each...)
	reports := map[string]int{}
	for _, l := range all {
		if len(l.Reports) > 0 {
			reports[l.City] = len(l.Reports)
		}
	}
	require.Equal(t, map[string]int{"Tokyo": 1, "New York": 1, "Quito": 1}, reports)
}

func relatedAfterAPinThatPropagates(t *testing.T, w *world) {
	w.fill(t)
	pin := pinTo(northAmerica)
	for _, how := range []loading{lazily, withoutSession, eagerly} {
		w.requireLoad(t, how, pin, pin, 2, 0, 0, 0)
	}
	// A pin to another shard finds nothing there, as SQLAlchemy's wouldn't.
	for _, how := range []loading{lazily, withoutSession, eagerly} {
		ctx, s := w.open(t)
		newYork, err := session.Get[Location](coordinator.OnShard(ctx, northAmerica), s, 2)
		require.NoError(t, err)
		ctx, sent := w.watch(ctx)
		n, err := how.load(coordinator.OnShard(ctx, europe), w, s, newYork)
		require.NoError(t, err)
		require.Zero(t, n, how.name)
		sent.require(t, 0, 0, 1, 0)
	}
}

func relatedAfterAPinOfOneCall(t *testing.T, w *world) {
	w.fill(t)
	pin := pinTo(northAmerica)
	for how, want := range map[*loading][]int{&lazily: {2, 1, 1, 1}, &withoutSession: {2, 1, 1, 1}, &eagerly: {2, 0, 0, 0}} {
		w.requireLoad(t, *how, pin, plainly, want...)
	}
}

// There are no deferred columns: rows are read as they are mapped. What comes later, a refresh, comes from the row's own shard.
func columnsComeFromTheRowsShard(t *testing.T, w *world) {
	w.fill(t)
	onto := w.databases[northAmerica]
	for _, test := range []struct {
		name       string
		lead, then func(context.Context) context.Context
		want       []int
	}{
		{"no pin", plainly, plainly, []int{2, 1, 1, 1}},
		{"the lead alone", pinTo(northAmerica, coordinator.LeadOnly), pinTo(northAmerica, coordinator.LeadOnly), []int{2, 0, 0, 0}},
		{"a pin that propagates", pinTo(northAmerica), pinTo(northAmerica), []int{2, 0, 0, 0}},
		{"a pin of one call", pinTo(northAmerica), plainly, []int{2, 0, 0, 0}},
		{"a pin elsewhere", pinTo(northAmerica), pinTo(europe), []int{2, 0, 0, 0}},
		{"a token of elsewhere", pinTo(northAmerica), func(ctx context.Context) context.Context { return coordinator.WithToken(ctx, europe) }, []int{2, 0, 0, 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			onto.exec(t, "update %s set city = 'New York' where id = 2", "weather_locations")
			ctx, s := w.open(t)
			ctx, sent := w.watch(ctx)
			found, err := session.Select[Location](test.lead(ctx), s, locationsBy, "New York")
			require.NoError(t, err)
			require.Len(t, found, 1)
			require.NoError(t, s.Refresh(test.then(ctx), found[0]))
			require.Equal(t, "North America", found[0].Continent)
			sent.require(t, test.want...)
		})
	}
}
