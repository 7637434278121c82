package main

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/ids"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/internal/demo"
	"github.com/troupedb/troupe/internal/demo/weather"
	"github.com/troupedb/troupe/messages"
)

// addWeather writes the seed's data with a unit of work. The shards work at the same time, and meanwhile the program could do
// something else.
func (e *example) addWeather(ctx context.Context) error {
	unit := session.New(ctx, e.Troupe, session.Config{IDs: map[string]ids.Source{"weather_locations": e.ids}})
	defer unit.Close()
	locations := weather.Locations()
	e.Tokyo, e.NewYork = locations[0], locations[1]
	for _, l := range locations {
		if err := unit.Add(l); err != nil { // with its reports; nothing is sent yet
			return err
		}
	}
	ctx, touched := coordinator.WatchTouched(ctx)
	flushed := unit.SendFlush(ctx)
	if _, err := flushed.Await(ctx); err != nil {
		return err
	}
	demo.Check(e.Report, "shards that were written to", touched.Shards(), weather.Sorted(weather.Shards))
	committed := unit.SendCommit(ctx)
	if _, err := committed.Await(ctx); err != nil {
		return err
	}
	return weather.CheckPlaces(ctx, e.Stage)
}

// getByKey reads Tokyo and its reports by primary key.
func (e *example) getByKey(ctx context.Context) error {
	unit := weather.Reader(ctx, e.Stage)
	defer unit.Close()
	watched, touched := coordinator.WatchTouched(ctx)
	tokyo, err := session.SendGet[weather.Location](watched, unit, e.Tokyo.ID).Await(ctx)
	if err != nil {
		return err
	}
	demo.Check(e.Report, "city of Tokyo's id, looked for on all shards", tokyo.City, "Tokyo")
	demo.Check(e.Report, "shard in its key", tokyo.Key().Shard, weather.Asia)
	demo.Check(e.Report, "shards that were asked", touched.Shards(), weather.Sorted(weather.Shards))

	// The identity chooser is told that the reports belong to tokyo, and looks on its shard only.
	touched.Reset()
	reports, err := session.Related[weather.Report](watched, unit, tokyo, "location_id")
	if err != nil {
		return err
	}
	demo.Check(e.Report, "temperatures in its reports", weather.Temperatures(reports), []float64{80})
	demo.Check(e.Report, "shards that were asked", touched.Shards(), []messages.ShardID{weather.Asia})

	// Who remembers the shard of an object, its identity token, spares the others the question.
	other := weather.Reader(ctx, e.Stage)
	defer other.Close()
	again, err := session.SendGet[weather.Location](coordinator.WithToken(ctx, weather.Asia), other, tokyo.ID).Await(ctx)
	if err != nil {
		return err
	}
	demo.Check(e.Report, "city of Tokyo's id with the token asia", again.City, "Tokyo")
	_, err = session.SendGet[weather.Location](coordinator.WithToken(ctx, weather.Europe), other, tokyo.ID).Await(ctx)
	demo.Check(e.Report, "the same with the token europe finds no row", errors.Is(err, pgx.ErrNoRows), true)
	return nil
}

// selectCities selects locations with two units of work, of which each has its own transaction: both statements are on their way before
// the first answer is awaited.
func (e *example) selectCities(ctx context.Context) error {
	one, other := weather.Reader(ctx, e.Stage), weather.Reader(ctx, e.Stage)
	defer one.Close()
	defer other.Close()
	// The execute chooser sends this to the shards of the two continents only.
	narrowed, touchedByOne := coordinator.WatchTouched(ctx)
	ofTwo := session.SendSelect[weather.Location](narrowed, one, weather.CitiesOfTwo, "Europe", "Asia")
	// This is pinned to a shard: Tokyo begins with a T too, but is elsewhere.
	pinned, touchedByOther := coordinator.WatchTouched(coordinator.OnShard(ctx, weather.NorthAmerica))
	withT := session.SendSelect[weather.Location](pinned, other, weather.CitiesByName, "T%")

	locations, err := ofTwo.Await(ctx)
	if err != nil {
		return err
	}
	demo.Check(e.Report, "cities in Europe and Asia", weather.Cities(locations), []string{"Dublin", "London", "Tokyo"})
	demo.Check(e.Report, "shards that were asked", touchedByOne.Shards(), []messages.ShardID{weather.Asia, weather.Europe})
	if locations, err = withT.Await(ctx); err != nil {
		return err
	}
	demo.Check(e.Report, "cities with a T, pinned to north_america", weather.Cities(locations), []string{"Toronto"})
	demo.Check(e.Report, "shards that were asked", touchedByOther.Shards(), []messages.ShardID{weather.NorthAmerica})
	return nil
}
