package main

import (
	"context"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// sendMessages does the same once more with messages and futures, which are below Query and Get: all requests are on
// their way before the first answer is awaited. The message says by itself where it goes, or else the choosers do.
func (e *example) sendMessages(ctx context.Context) error {
	two := e.troupe.Send(ctx, &messages.Query{SQL: citiesOfTwo, Args: []any{"Europe", "Asia"}})
	pinned := e.troupe.Send(ctx, &messages.Query{
		SQL: citiesByName, Args: []any{"T%"},
		Options: messages.Options{Shards: []messages.ShardID{northAmerica}},
	})
	get := messages.Get{
		Table: "weather_locations", Columns: []string{"id", "continent", "city"},
		KeyColumns: []string{"id"}, Key: []any{e.tokyo.ID},
	}
	everywhere := e.troupe.Send(ctx, &get)
	withToken := get
	withToken.Options.Token = asia
	token := e.troupe.Send(ctx, &withToken)
	related := e.troupe.Send(ctx, &messages.Get{
		Table: "weather_locations", Columns: get.Columns, KeyColumns: []string{"id"}, Key: []any{e.tokyo.ID},
		Options: messages.Options{LoadedFrom: e.tokyo.Reports[0]}, // a report's location is on the report's shard
	})

	for _, sent := range []struct {
		what   string
		future *coordinator.Future
		cities []string
		shards []messages.ShardID
	}{
		{"select of two continents", two, []string{"Dublin", "London", "Tokyo"}, []messages.ShardID{asia, europe}},
		{"select pinned to a shard", pinned, []string{"Toronto"}, []messages.ShardID{northAmerica}},
		{"get by key", everywhere, []string{"Tokyo"}, sorted(shards)},
		{"get by key and token", token, []string{"Tokyo"}, []messages.ShardID{asia}},
		{"get of a report's location", related, []string{"Tokyo"}, []messages.ShardID{asia}},
	} {
		rows, err := sent.future.Await(ctx)
		if err != nil {
			return err
		}
		locations, err := coordinator.Collect[Location](rows)
		if err != nil {
			return err
		}
		check(e, sent.what+", sent as a message", citiesOf(locations), sent.cities)
		check(e, "shards that were asked", touched(rows), sent.shards)
	}
	return nil
}
