package conformance_test

import (
	"context"
	"maps"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/messages"
)

func getAndItsFirstReport(t *testing.T, w *world) {
	data := w.fill(t)
	ctx, s := w.open(t)
	tokyo, err := session.Get[Location](ctx, s, data.tokyo.ID)
	require.NoError(t, err)
	require.Equal(t, data.tokyo.City, tokyo.City)
	require.NoError(t, s.Load(ctx, "Reports", tokyo))
	require.Len(t, tokyo.Reports, 1)
	require.InDelta(t, 80, tokyo.Reports[0].Temperature, 0)
	require.Equal(t, noon, tokyo.Reports[0].ReportTime.UTC())
	require.Same(t, tokyo, tokyo.Reports[0].Location)
}

func likeWithAPin(t *testing.T, w *world) {
	w.fill(t)
	const text = "select id, continent, city from weather_locations where city like 'T%'"
	ctx, s := w.open(t)
	ctx, sent := w.watch(ctx)
	found, err := session.Select[Location](coordinator.OnShard(ctx, northAmerica), s, text)
	require.NoError(t, err)
	require.Equal(t, []string{"Toronto"}, citiesOf(found))
	sent.require(t, 1, 0, 0, 0)
	found, err = session.Select[Location](ctx, s, text)
	require.NoError(t, err)
	require.Equal(t, []string{"Tokyo", "Toronto"}, citiesOf(found))
	sent.require(t, each...)
}

func twoOfFourShards(t *testing.T, w *world) {
	w.fill(t)
	ctx, s := w.open(t)
	ctx, sent := w.watch(ctx)
	for _, text := range []string{
		locationsIn,
		"select id, continent, city from weather_locations where (continent = $1 or continent = $2)",
	} {
		found, err := session.Select[Location](ctx, s, text, "Europe", "Asia")
		require.NoError(t, err)
		require.Equal(t, []string{"Dublin", "London", "Tokyo"}, citiesOf(found))
		if text == locationsIn { // of an OR the chooser's Values says nothing
			sent.require(t, 0, 1, 1, 0)
		} else {
			sent.require(t, each...)
		}
	}
	// Declared tables narrow by both.
	declared := w.with(t, func(c *coordinator.Config) {
		c.ExecuteChooser = nil
		c.Tables = coordinator.Tables{"weather_locations": {Key: "continent", Route: coordinator.Lookup{
			"Asia": asia, "Europe": europe, "North America": northAmerica, "South America": southAmerica,
		}}}
	})
	ctx, s = declared.open(t)
	ctx, sent = declared.watch(ctx)
	for _, text := range []string{
		locationsIn,
		"select id, continent, city from weather_locations where (continent = $1 or continent = $2)",
	} {
		found, err := session.Select[Location](ctx, s, text, "Europe", "Asia")
		require.NoError(t, err)
		require.Equal(t, []string{"Dublin", "London", "Tokyo"}, citiesOf(found))
		sent.require(t, 0, 1, 1, 0)
	}
}

func reportOneTwice(t *testing.T, w *world) {
	data := w.fill(t)
	newYork, tokyo := data.newYork.Reports[0], data.tokyo.Reports[0]
	require.Equal(t, keyFor(t, "weather_reports", northAmerica, 1), newYork.Key())
	require.Equal(t, keyFor(t, "weather_reports", asia, 1), tokyo.Key())
	ctx, s := w.open(t)
	ctx, sent := w.watch(ctx)
	for _, r := range []*Report{newYork, tokyo} {
		read, err := session.ByKey[Report](ctx, s, r.Key())
		require.NoError(t, err)
		require.Equal(t, r.Key(), read.Key())
		require.InDelta(t, r.Temperature, read.Temperature, 0)
	}
	sent.require(t, 1, 1, 0, 0)
}

func overFutures(t *testing.T, w *world) {
	ctx, s := w.open(t)
	data := newWeather()
	require.NoError(t, s.Add(data.objects()...))
	_, err := s.SendFlush(ctx).Await(ctx)
	require.NoError(t, err)
	_, err = s.SendCommit(ctx).Await(ctx)
	require.NoError(t, err)
	w.requireLocations(t, rowsOfWeather)
	w.requireReports(t, reportsOfWeather)

	// Several sessions at once, each with a question of its own. Those that only read don't keep each other waiting, on SQLite neither.
	var reading coordinator.TxOptions
	reading.AccessMode = pgx.ReadOnly
	var (
		gets    []*session.Future[*Location]
		selects []*session.Future[[]*Location]
	)
	for _, l := range data.all()[:2] {
		ctx, s := w.begin(t, reading)
		gets = append(gets, session.SendGet[Location](ctx, s, l.ID))
		ctx, s = w.begin(t, reading)
		selects = append(selects, session.SendSelect[Location](ctx, s, locationsIn, l.Continent, "Europe"))
	}
	for i, l := range data.all()[:2] {
		got, err := gets[i].Await(ctx)
		require.NoError(t, err)
		require.Equal(t, l.City, got.City)
		require.Equal(t, l.Key(), got.Key())
		<-gets[i].Done()
		found, err := selects[i].Await(ctx)
		require.NoError(t, err)
		require.Contains(t, citiesOf(found), l.City)
	}

	// An answer that nobody waits for to its end does no harm: the context of the waiting ends, and not the call.
	ctx, s = w.open(t)
	over, cancel := context.WithCancel(ctx)
	cancel()
	f := session.SendGet[Location](ctx, s, 1)
	if _, err := f.Await(over); err != nil {
		require.ErrorIs(t, err, context.Canceled)
	}
	got, err := f.Await(ctx)
	require.NoError(t, err)
	require.Equal(t, "Tokyo", got.City)
}

func shardMustBeKnown(t *testing.T, w *world) {
	var told loadedFrom
	strict := w.with(t, func(c *coordinator.Config) {
		c.RequireShard, c.ExecuteChooser, c.IdentityChooser = true, nil, told.choose
	})
	ctx, s := strict.open(t)
	data := newWeather()
	require.NoError(t, s.Add(data.objects()...)) // the shard chooser goes on saying where what is new is written
	require.NoError(t, s.Commit(ctx))
	w.requireLocations(t, rowsOfWeather)
	require.Positive(t, strict.asks.shard.Load())

	ctx, s = strict.open(t)
	ctx, sent := strict.watch(ctx)
	for name, call := range map[string]func() error{
		"get":     func() error { _, err := session.Get[Location](ctx, s, 1); return err },
		"plain":   func() error { _, err := coordinator.Get[Location](ctx, strict.Troupe, 1); return err },
		"select":  func() error { _, err := session.Select[Location](ctx, s, locationsOf, "Asia"); return err },
		"query":   func() error { _, err := strict.Query(ctx, locationsOf, "Asia"); return err },
		"exec":    func() error { _, err := strict.Exec(ctx, withoutWarm); return err },
		"explain": func() error { return explained(strict.Explain(ctx, locationsOf, "Asia")) },
	} {
		require.ErrorIs(t, call(), messages.ErrNoRoute, name)
		sent.require(t, none...)
	}

	tokyo, err := session.Get[Location](coordinator.WithToken(ctx, asia), s, 1)
	require.NoError(t, err)
	require.Equal(t, "Tokyo", tokyo.City)
	sent.require(t, 0, 1, 0, 0)
	reports, err := session.Related[Report](ctx, s, tokyo, "location_id")
	require.NoError(t, err)
	require.Len(t, reports, 1)
	require.InDelta(t, 80, reports[0].Temperature, 0)
	sent.require(t, 0, 1, 0, 0)
	both, err := session.Select[Location](coordinator.OnShards(ctx, []messages.ShardID{asia, europe}), s, locationsIn, "Europe", "Asia")
	require.NoError(t, err)
	require.Equal(t, []string{"Dublin", "London", "Tokyo"}, citiesOf(both))
	sent.require(t, 0, 1, 1, 0)
	cities, err := session.Select[Location](coordinator.OnShard(ctx, northAmerica), s, "select id, continent, city from weather_locations where city like 'T%'")
	require.NoError(t, err)
	require.Equal(t, []string{"Toronto"}, citiesOf(cities))
	sent.require(t, 1, 0, 0, 0)
	require.Equal(t, []any{tokyo}, told.objects(), "the identity chooser is asked for what is loaded from an object, and nothing else")
}

// explained returns the error of an Explain, or the one of what it explains.
func explained(e *coordinator.Explanation, err error) error {
	if err != nil {
		return err
	}
	if e.Refusal != nil {
		return e.Refusal
	}
	return nil
}

// prefixInALiteral puts what tables are called, here and in the databases, where it is no name of a table.
func prefixInALiteral(t *testing.T, w *world) {
	w.fill(t)
	const strange = `_prefix_ "asia"."weather_locations" asia_weather_locations -- weather_locations`
	ctx, s := w.open(t)
	require.NoError(t, s.Add(newLocation("Asia", strange)))
	require.NoError(t, s.Commit(ctx))
	w.requireRows(t, map[messages.ShardID][]string{asia: {"8 " + strange}}, "select id, city from %s where id = 8", "weather_locations")

	for name, text := range map[string]string{
		"literal": `select city from weather_locations where city = '` + strange + `'`,
		"comments": `/* weather_locations */ select city -- from weather_reports
			from weather_locations where id = 8 /* asia_weather_locations */`,
		"alias":             `select weather_reports.city from weather_locations as weather_reports where weather_reports.id = 8`,
		"own name as alias": `select weather_locations.city from weather_locations as weather_locations where weather_locations.id = 8`,
		"name as qualifier": `select weather_locations.city from weather_locations where weather_locations.id = 8`,
		"quoted":            `select "weather_locations"."city" from "weather_locations" where "weather_locations"."id" = 8`,
		"common table": `with weather_reports as (select id, city from weather_locations where id = 8)
			select weather_reports.city from weather_reports`,
		"column named like a table": `select weather_reports from (select city as weather_reports from weather_locations where id = 8) as weather_locations`,
		"subquery":                  `select city from weather_locations where id in (select weather_locations.id from weather_locations where weather_locations.id = 8)`,
		"join": `select l.city from weather_locations l left join weather_reports on weather_reports.location_id = l.id
			where l.id = 8 and not exists (select 1 from weather_reports where weather_reports.location_id = l.id)`,
	} {
		t.Run(name, func(t *testing.T) {
			ctx, sent := w.watch(within(t))
			var city string
			require.NoError(t, w.QueryRow(coordinator.OnShard(ctx, asia), text).Scan(&city))
			require.Equal(t, strange, city)
			sent.require(t, 0, 1, 0, 0)
		})
	}

	// Of statements that write, too.
	ctx, sent := w.watch(coordinator.OnShard(within(t), asia))
	for _, text := range []string{
		`insert into weather_locations as weather_reports (id, continent, city) values (8, 'Asia', 'weather_reports')
			on conflict (id) do update set city = excluded.city || ' weather_locations' where weather_reports.id = 8`,
		`update weather_locations as weather_reports set city = city || ' asia_' where weather_reports.id = 8`,
		`insert into weather_reports (location_id, temperature, report_time)
			select weather_locations.id, 8, '2026-08-01 12:00:00Z' from weather_locations where weather_locations.city = 'weather_reports weather_locations asia_'`,
		`delete from weather_reports where temperature = 80 and exists (select 1 from weather_locations
			where weather_locations.id = weather_reports.location_id and weather_locations.city <> 'weather_reports')`,
	} {
		tag, err := w.Exec(ctx, text)
		require.NoError(t, err, text)
		require.EqualValues(t, 1, tag.RowsAffected(), text)
		sent.require(t, 0, 1, 0, 0)
	}
	reports := maps.Clone(reportsOfWeather)
	reports[asia] = []string{"2 weather_reports weather_locations asia_ 8"}
	w.requireReports(t, reports)
}
