package main

import (
	"context"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/demo"
	"github.com/troupedb/troupe/internal/demo/weather"
	"github.com/troupedb/troupe/messages"
)

// sendMessages does the same once more with messages and futures, which are below the unit of work, Query and Get: all requests are on
// their way before the first answer is awaited. The message says by itself where it goes, or else the choosers do.
func (e *example) sendMessages(ctx context.Context) error {
	two := e.Troupe.Send(ctx, &messages.Query{SQL: weather.CitiesOfTwo, Args: []any{"Europe", "Asia"}})
	pinned := e.Troupe.Send(ctx, &messages.Query{
		SQL: weather.CitiesByName, Args: []any{"T%"},
		Options: messages.Options{Shards: []messages.ShardID{weather.NorthAmerica}},
	})
	get := messages.Get{
		Table: "weather_locations", Columns: []string{"id", "continent", "city"},
		KeyColumns: []string{"id"}, Key: []any{e.Tokyo.ID},
	}
	everywhere := e.Troupe.Send(ctx, &get)
	withToken := get
	withToken.Options.Token = weather.Asia
	token := e.Troupe.Send(ctx, &withToken)
	related := e.Troupe.Send(ctx, &messages.Get{
		Table: "weather_locations", Columns: get.Columns, KeyColumns: []string{"id"}, Key: []any{e.Tokyo.ID},
		Options: messages.Options{LoadedFrom: e.Tokyo.Reports[0]}, // a report's location is on the report's shard
	})

	for _, sent := range []struct {
		what   string
		future *coordinator.Future
		cities []string
		shards []messages.ShardID
	}{
		{"select of two continents", two, []string{"Dublin", "London", "Tokyo"}, []messages.ShardID{weather.Asia, weather.Europe}},
		{"select pinned to a shard", pinned, []string{"Toronto"}, []messages.ShardID{weather.NorthAmerica}},
		{"get by key", everywhere, []string{"Tokyo"}, weather.Sorted(weather.Shards)},
		{"get by key and token", token, []string{"Tokyo"}, []messages.ShardID{weather.Asia}},
		{"get of a report's location", related, []string{"Tokyo"}, []messages.ShardID{weather.Asia}},
	} {
		rows, err := sent.future.Await(ctx)
		if err != nil {
			return err
		}
		var locations []*weather.Location
		for l, err := range coordinator.Each[weather.Location](rows) { // leaving the loop early cancels the shards
			if err != nil {
				return err
			}
			locations = append(locations, &l)
		}
		demo.Check(e.Report, sent.what+", sent as a message", weather.Cities(locations), sent.cities)
		demo.Check(e.Report, "shards that were asked", touched(rows), sent.shards)
	}
	return nil
}
