package conformance_test

import (
	"database/sql"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
	"github.com/troupedb/troupe/shardworker"
)

func get(t *testing.T, w *world) {
	w.fill(t)
	ctx, s := w.open(t)
	ctx, sent := w.watch(ctx)
	tokyo, err := session.Get[Location](ctx, s, 1)
	require.NoError(t, err)
	require.Equal(t, "Tokyo", tokyo.City)
	sent.require(t, each...) // the identity chooser knows nothing of a key
	newYork, err := session.Get[Location](ctx, s, 2)
	require.NoError(t, err)
	require.Equal(t, "New York", newYork.City)
	sent.require(t, each...)
	again, err := session.Get[Location](ctx, s, 1)
	require.NoError(t, err)
	require.Same(t, tokyo, again)
	sent.require(t, none...)

	// The same without a session: each call asks.
	for range 2 {
		l, err := coordinator.Get[Location](ctx, w.Troupe, 1)
		require.NoError(t, err)
		require.Equal(t, "Tokyo", l.City)
		require.Equal(t, keyFor(t, "weather_locations", asia, 1), l.Key())
		sent.require(t, each...)
	}
}

func getOrAnError(t *testing.T, w *world) {
	w.fill(t)
	ctx, s := w.open(t)
	for id, city := range map[int64]string{6: "Brasilia", 3: "Toronto"} {
		l, err := session.Get[Location](ctx, s, id)
		require.NoError(t, err)
		require.Equal(t, id, l.ID)
		require.Equal(t, city, l.City)
	}
	ctx, sent := w.watch(ctx)
	_, err := session.Get[Location](ctx, s, 25)
	require.ErrorIs(t, err, pgx.ErrNoRows)
	require.ErrorIs(t, err, sql.ErrNoRows)
	sent.require(t, each...)
	_, err = coordinator.Get[Location](ctx, w.Troupe, 25)
	require.ErrorIs(t, err, pgx.ErrNoRows)
	require.ErrorIs(t, err, sql.ErrNoRows)
	sent.require(t, each...)
}

func getOnAPinnedShard(t *testing.T, w *world) {
	w.fill(t)
	ctx, s := w.open(t)
	ctx, sent := w.watch(ctx)
	_, err := session.Get[Location](coordinator.OnShard(ctx, europe), s, 1)
	require.ErrorIs(t, err, pgx.ErrNoRows)
	sent.require(t, 0, 0, 1, 0)
	newYork, err := session.Get[Location](coordinator.OnShard(ctx, northAmerica), s, 2)
	require.NoError(t, err)
	require.Equal(t, "New York", newYork.City)
	sent.require(t, 1, 0, 0, 0)
	tokyo, err := session.Get[Location](ctx, s, 1) // it isn't remembered as absent
	require.NoError(t, err)
	require.Equal(t, "Tokyo", tokyo.City)
	sent.require(t, each...)
}

func pinByMessageAndContext(t *testing.T, w *world) {
	w.fill(t)
	const text = "select id, continent, city from weather_locations where id = $1"
	ctx, sent := w.watch(within(t))
	rows, err := w.Query(coordinator.OnShard(ctx, asia), text, 1)
	require.NoError(t, err)
	byContext, err := coordinator.Collect[Location](rows)
	require.NoError(t, err)
	sent.require(t, 0, 1, 0, 0)
	rows, err = w.Send(ctx, &messages.Query{SQL: text, Args: []any{1}, Options: messages.Options{Shards: []messages.ShardID{asia}}}).Await(ctx)
	require.NoError(t, err)
	byMessage, err := coordinator.Collect[Location](rows)
	require.NoError(t, err)
	sent.require(t, 0, 1, 0, 0)
	require.Len(t, byContext, 1)
	require.Equal(t, "Tokyo", byContext[0].City)
	require.Equal(t, byContext, byMessage)
	require.Zero(t, w.asks.identity.Load()+w.asks.execute.Load(), "no chooser is asked")
}

func tableReadOnAPinnedShard(t *testing.T, w *world) {
	w.fill(t)
	ctx, sent := w.watch(within(t))
	rows, err := w.Query(coordinator.OnShard(ctx, asia), "select id, continent, city from weather_locations")
	require.NoError(t, err)
	got, err := pgx.CollectRows(rows, pgx.RowToStructByPos[struct {
		ID              int64
		Continent, City string
	}])
	require.NoError(t, err)
	require.Len(t, got, 1)
	require.Equal(t, struct {
		ID              int64
		Continent, City string
	}{1, "Asia", "Tokyo"}, got[0])
	sent.require(t, 0, 1, 0, 0)
}

const (
	locationsOf  = "select id, continent, city from weather_locations where continent = $1"
	locationsIn  = "select id, continent, city from weather_locations where continent in ($1, $2)"
	locationsBy  = "select id, continent, city from weather_locations where city = $1"
	allLocations = "select id, continent, city from weather_locations"
)

func inTwoContinents(t *testing.T, w *world) {
	w.fill(t)
	ctx, s := w.open(t)
	ctx, sent := w.watch(ctx)
	tokyo, err := session.Select[Location](ctx, s, locationsBy, "Tokyo")
	require.NoError(t, err)
	require.Equal(t, []string{"Tokyo"}, citiesOf(tokyo))
	sent.require(t, each...)
	both, err := session.Select[Location](ctx, s, locationsIn, "Europe", "Asia")
	require.NoError(t, err)
	require.Equal(t, []string{"Dublin", "London", "Tokyo"}, citiesOf(both))
	sent.require(t, 0, 1, 1, 0) // SQLAlchemy's test doesn't look
}

func citiesOf(locations []*Location) []string {
	var cities []string
	for _, l := range locations {
		cities = append(cities, l.City)
	}
	slices.Sort(cities)
	return cities
}

func roundTrip(t *testing.T, w *world) {
	w.fill(t)
	ctx, s := w.open(t)
	found, err := session.Select[Location](ctx, s, locationsBy, "Tokyo")
	require.NoError(t, err)
	require.Len(t, found, 1)
	tokyo := found[0]
	require.Equal(t, "Tokyo", tokyo.City)
	require.NoError(t, s.Expire())

	again, err := session.Get[Location](ctx, s, tokyo.ID)
	require.NoError(t, err)
	require.Same(t, tokyo, again)
	require.Equal(t, "Tokyo", again.City)
	tokyoReports, err := session.Related[Report](ctx, s, tokyo, "location_id")
	require.NoError(t, err)
	require.Len(t, tokyoReports, 1)
	require.InDelta(t, 80, tokyoReports[0].Temperature, 0)

	ctx, sent := w.watch(ctx)
	inNorthAmerica, err := session.Select[Location](ctx, s, locationsOf, "North America")
	require.NoError(t, err)
	require.Equal(t, []string{"New York", "Toronto"}, citiesOf(inNorthAmerica))
	sent.require(t, 1, 0, 0, 0)
	both, err := session.Select[Location](ctx, s, locationsIn, "Europe", "Asia")
	require.NoError(t, err)
	require.Equal(t, []string{"Dublin", "London", "Tokyo"}, citiesOf(both))
	sent.require(t, 0, 1, 1, 0)
	require.Contains(t, both, tokyo, "the object that was there before")
	tokens := map[messages.ShardID]bool{}
	for _, l := range both {
		tokens[keyOf(t, l).Shard] = true
	}
	require.Equal(t, map[messages.ShardID]bool{europe: true, asia: true}, tokens)
}

func onePrimaryKeyTwoIdentities(t *testing.T, w *world) {
	w.fill(t)
	ctx, s := w.open(t)
	reports := map[messages.ShardID]*Report{}
	for _, city := range []string{"New York", "Tokyo"} {
		found, err := session.Select[Location](ctx, s, locationsBy, city)
		require.NoError(t, err)
		require.Len(t, found, 1)
		related, err := session.Related[Report](coordinator.WithToken(ctx, found[0].Key().Shard), s, found[0], "location_id")
		require.NoError(t, err)
		require.Len(t, related, 1)
		reports[found[0].Key().Shard] = related[0]
	}
	require.Equal(t, keyFor(t, "weather_reports", northAmerica, 1), keyOf(t, reports[northAmerica]))
	require.Equal(t, keyFor(t, "weather_reports", asia, 1), keyOf(t, reports[asia]))
	require.NotEqual(t, reports[northAmerica].Key(), reports[asia].Key())
	require.NotSame(t, reports[northAmerica], reports[asia])

	// So the key alone is no question with one answer.
	_, err := coordinator.Get[Report](ctx, w.Troupe, 1)
	require.ErrorIs(t, err, messages.ErrAmbiguousKey)
	fresh, other := w.open(t)
	_, err = session.Get[Report](fresh, other, 1)
	require.ErrorIs(t, err, messages.ErrAmbiguousKey)
	for shard, want := range map[messages.ShardID]float64{northAmerica: 75, asia: 80, southAmerica: 85} {
		r, err := session.Get[Report](coordinator.WithToken(fresh, shard), other, 1)
		require.NoError(t, err)
		require.InDelta(t, want, r.Temperature, 0)
	}
}

func planUsedAgain(t *testing.T, w *world) {
	w.fill(t)
	ctx, sent := w.watch(within(t))
	for range 3 {
		l, err := coordinator.Get[Location](ctx, w.Troupe, 1)
		require.NoError(t, err)
		require.Equal(t, "Tokyo", l.City)
		require.Equal(t, asia, l.Key().Shard)
		sent.require(t, each...)
	}
	fresh, s := w.open(t)
	l, err := session.Get[Location](fresh, s, 1)
	require.NoError(t, err)
	require.Equal(t, asia, l.Key().Shard)
}

func planUsedAgainWithAPin(t *testing.T, w *world) {
	w.fill(t)
	ctx, sent := w.watch(within(t))
	for range 2 {
		for _, pinned := range []messages.ShardID{"", asia, europe, ""} {
			at := ctx
			if pinned != "" {
				at = coordinator.OnShard(ctx, pinned)
			}
			l, err := coordinator.Get[Location](at, w.Troupe, 1)
			if pinned == europe {
				require.ErrorIs(t, err, pgx.ErrNoRows)
			} else {
				require.NoError(t, err)
				require.Equal(t, "Tokyo", l.City)
				require.Equal(t, asia, l.Key().Shard)
			}
			if pinned == "" {
				sent.require(t, each...)
			} else {
				sent.requireShards(t, pinned)
			}
		}
	}
}

func planWithAConditionAndAPin(t *testing.T, w *world) {
	w.fill(t)
	ctx, sent := w.watch(within(t))
	const text = "select id, continent, city from weather_locations where id = $1 and city <> $2"
	for range 2 {
		for shard, want := range map[messages.ShardID][]string{"": {"Tokyo"}, asia: {"Tokyo"}, europe: nil} {
			at := ctx
			if shard != "" {
				at = coordinator.OnShard(ctx, shard)
			}
			rows, err := w.Query(at, text, 1, "Nowhere")
			require.NoError(t, err)
			found, err := coordinator.Collect[Location](rows)
			require.NoError(t, err)
			var cities []string
			for _, l := range found {
				cities = append(cities, l.City)
			}
			require.Equal(t, want, cities)
			if shard == "" {
				sent.require(t, each...)
			} else {
				sent.requireShards(t, shard)
			}
		}
	}
}

func eachRowTellsItsShard(t *testing.T, w *world) {
	w.fill(t)
	ctx := coordinator.InShardOrder(within(t))
	rows, err := w.Query(ctx, allLocations)
	require.NoError(t, err)
	var seen []messages.ShardID
	for l, err := range coordinator.Each[Location](rows) {
		require.NoError(t, err)
		require.Equal(t, shardLookup[l.Continent], l.Key().Shard)
		require.Equal(t, l.Key().Shard, coordinator.ShardOf(rows), "while the row is handed out")
		seen = append(seen, l.Key().Shard)
	}
	require.Equal(t, []messages.ShardID{northAmerica, northAmerica, asia, europe, europe, southAmerica, southAmerica}, seen)

	// In a session, a row that is there already isn't loaded again.
	ctx, s := w.open(t)
	ctx = coordinator.InShardOrder(ctx)
	tokyo, err := session.Select[Location](coordinator.OnShard(ctx, asia), s, locationsBy, "Tokyo")
	require.NoError(t, err)
	require.Len(t, tokyo, 1)
	all, err := session.Select[Location](ctx, s, allLocations)
	require.NoError(t, err)
	var inSession []messages.ShardID
	for _, l := range all {
		inSession = append(inSession, keyOf(t, l).Shard)
	}
	require.Equal(t, seen, inSession)
	require.Same(t, tokyo[0], all[2])
}

func statementIsForAnyExecutor(t *testing.T, w *world) {
	w.fill(t)
	plain := w.plain(t, asia)
	message := &messages.Get{
		Table: "weather_locations", Columns: []string{"id", "continent", "city"}, KeyColumns: []string{"id"}, Key: []any{int64(1)},
	}
	before := *message
	for range 2 {
		for _, executor := range []*coordinator.Troupe{w.Troupe, plain} {
			ctx := within(t)
			rows, err := executor.Send(ctx, message).Await(ctx)
			require.NoError(t, err)
			found, err := coordinator.Collect[Location](rows)
			require.NoError(t, err)
			require.Len(t, found, 1)
			require.Equal(t, "Tokyo", found[0].City)
		}
	}
	require.Equal(t, before, *message)

	// The objects of one troupe are no secret to another, either: a session takes any troupe.
	ctx := within(t)
	s := session.New(ctx, plain, session.Config{})
	defer s.Close()
	tokyo, err := session.Get[Location](ctx, s, 1)
	require.NoError(t, err)
	require.Equal(t, "Tokyo", tokyo.City)
	_, err = session.Get[Location](ctx, s, 2)
	require.ErrorIs(t, err, pgx.ErrNoRows)
}

// plain returns a troupe over one shard alone.
func (w *world) plain(t *testing.T, id messages.ShardID) *coordinator.Troupe {
	t.Helper()
	return w.with(t, func(c *coordinator.Config) {
		i := slices.IndexFunc(c.Shards, func(s shardworker.Shard) bool { return s.ID == id })
		for _, s := range c.Shards { // what the others have opened is nobody's
			if s.Backend != nil && s.Backend != c.Shards[i].Backend {
				require.NoError(t, s.Backend.Close(within(t)))
			}
		}
		c.Shards = c.Shards[i : i+1]
	}).Troupe
}

func rawTextWithAPin(t *testing.T, w *world) {
	w.fill(t)
	ctx, sent := w.watch(within(t))
	rows, err := w.Query(coordinator.OnShard(ctx, asia), "SELECT * FROM weather_locations")
	require.NoError(t, err)
	require.Equal(t, [][]any{{int64(1), "Asia", "Tokyo"}}, valuesOf(t, rows))
	sent.require(t, 0, 1, 0, 0)
}

func valuesOf(t *testing.T, rows pgx.Rows) [][]any {
	t.Helper()
	all, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) ([]any, error) { return row.Values() })
	require.NoError(t, err)
	return all
}

func rawTextWithoutAPin(t *testing.T, w *world) {
	w.fill(t)
	const text = "SELECT * FROM weather_locations WHERE id=1"
	tokyo := [][]any{{int64(1), "Asia", "Tokyo"}}

	// With nobody who says where it goes it goes nowhere, and not everywhere.
	bare := w.with(t, func(c *coordinator.Config) { c.ShardChooser, c.IdentityChooser, c.ExecuteChooser = nil, nil, nil })
	ctx, sent := bare.watch(within(t))
	_, err := bare.Query(ctx, text)
	require.ErrorIs(t, err, messages.ErrNoRoute)
	sent.require(t, none...)

	// Who means every shard says so.
	rows, err := bare.Query(coordinator.AllShards(ctx), text)
	require.NoError(t, err)
	require.Equal(t, tokyo, valuesOf(t, rows))
	sent.require(t, each...)

	// Or a chooser does, which is told the text like any other.
	ctx, sent = w.watch(within(t))
	rows, err = w.Query(ctx, text)
	require.NoError(t, err)
	require.Equal(t, tokyo, valuesOf(t, rows))
	sent.require(t, each...)
	require.EqualValues(t, 1, w.asks.execute.Load())
}
