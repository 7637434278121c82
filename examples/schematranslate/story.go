package main

import (
	"context"
	"errors"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/internal/demo"
	"github.com/troupedb/troupe/internal/demo/weather"
	"github.com/troupedb/troupe/messages"
)

// plot is what the steps share.
type plot struct {
	*demo.Stage
	tokyo, newYork *Location
}

// write writes the observations with one unit of work. Where an object is written is the shard chooser's say.
func (p *plot) write(ctx context.Context) error {
	unit := session.New(ctx, p.Troupe, session.Config{})
	defer unit.Close()
	var locations []*Location
	for _, o := range weather.Observations {
		l := newLocation(o)
		locations = append(locations, l)
		if err := unit.Add(l); err != nil {
			return err
		}
	}
	p.tokyo, p.newYork = locations[0], locations[1]
	ctx, touched := coordinator.WatchTouched(ctx)
	if err := unit.Commit(ctx); err != nil {
		return err
	}
	demo.Check(p.Report, "shards that the commit wrote to", touched.Shards(), weather.Sorted(weather.Shards))
	return weather.CheckPlaces(ctx, p.Stage)
}

// refuseWithoutShard asks without a shard: nothing is sent.
func (p *plot) refuseWithoutShard(ctx context.Context) error {
	unit := weather.Reader(ctx, p.Stage)
	defer unit.Close()
	ctx, touched := coordinator.WatchTouched(ctx)
	_, err := session.Get[Location](ctx, unit, p.tokyo.ID)
	demo.Check(p.Report, "a get without a token is refused", errors.Is(err, messages.ErrNoRoute), true)
	_, err = session.Select[Location](ctx, unit, weather.CitiesOfTwo, "Europe", "Asia")
	demo.Check(p.Report, "a select without a pin is refused", errors.Is(err, messages.ErrNoRoute), true)
	demo.Check(p.Report, "shards that were asked", len(touched.Shards()), 0)
	return nil
}

// getByKey reads Tokyo by its primary key and its token, and its reports on the shard that it came from.
func (p *plot) getByKey(ctx context.Context) error {
	unit := weather.Reader(ctx, p.Stage)
	defer unit.Close()
	ctx, touched := coordinator.WatchTouched(ctx)
	tokyo, err := session.Get[Location](coordinator.WithToken(ctx, weather.Asia), unit, p.tokyo.ID)
	if err != nil {
		return err
	}
	demo.Check(p.Report, "city of Tokyo's id with the token asia", tokyo.City, "Tokyo")
	reports, err := session.Related[Report](ctx, unit, tokyo, "location_id") // without a token: tokyo has a shard
	if err != nil {
		return err
	}
	var temperatures []float64
	for _, r := range reports {
		temperatures = append(temperatures, r.Temperature)
	}
	demo.Check(p.Report, "temperatures in its reports", temperatures, []float64{80})
	demo.Check(p.Report, "shards that were asked", touched.Shards(), []messages.ShardID{weather.Asia})
	return nil
}

// selectAcrossShards selects the locations of two continents on all shards, as the original's execute chooser does.
func (p *plot) selectAcrossShards(ctx context.Context) error {
	return p.selectCities(coordinator.AllShards(ctx), "cities in Europe and Asia, on all shards",
		[]string{"Dublin", "London", "Tokyo"}, weather.Sorted(weather.Shards), weather.CitiesOfTwo, "Europe", "Asia")
}

// selectOnOneShard pins a statement to a shard: Tokyo begins with a T too, but is elsewhere.
func (p *plot) selectOnOneShard(ctx context.Context) error {
	return p.selectCities(coordinator.OnShard(ctx, weather.NorthAmerica), "cities with a T, pinned to north_america",
		[]string{"Toronto"}, []messages.ShardID{weather.NorthAmerica}, weather.CitiesByName, "T%")
}

func (p *plot) selectCities(ctx context.Context, what string, want []string, asked []messages.ShardID, sql string, args ...any) error {
	unit := weather.Reader(ctx, p.Stage)
	defer unit.Close()
	ctx, touched := coordinator.WatchTouched(ctx)
	locations, err := session.Select[Location](ctx, unit, sql, args...)
	if err != nil {
		return err
	}
	demo.Check(p.Report, what, cities(locations), want)
	demo.Check(p.Report, "shards that were asked", touched.Shards(), asked)
	return p.Explain(ctx, sql, args...)
}

// compareIdentities shows that keys are equal in each schema, and only the shard in them tells them apart.
func (p *plot) compareIdentities(context.Context) error {
	demo.Check(p.Report, "ids of Tokyo and New York, each given by its database", []int64{p.tokyo.ID, p.newYork.ID}, []int64{1, 1})
	demo.Check(p.Report, "their shards", []messages.ShardID{p.tokyo.Key().Shard, p.newYork.Key().Shard},
		[]messages.ShardID{weather.Asia, weather.NorthAmerica})
	return weather.CheckReportKeys(p.Report, p.newYork.Reports[0].Key(), p.tokyo.Reports[0].Key())
}
