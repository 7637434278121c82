package main

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/demo"
	"github.com/troupedb/troupe/internal/demo/weather"
	"github.com/troupedb/troupe/messages"
)

const (
	warmest = `select temperature from weather_reports order by temperature desc limit 2`
	average = `select count(*), avg(temperature) from weather_reports`
)

// mergeShards asks what no shard can answer by itself: troupe merges the shards' rows into the answer that one database
// would have given.
func (e *example) mergeShards(ctx context.Context) error {
	rows, err := e.Troupe.Query(ctx, warmest)
	if err != nil {
		return err
	}
	temperatures, err := pgx.CollectRows(rows, pgx.RowTo[float64])
	if err != nil {
		return err
	}
	demo.Check(e.Report, "the two highest temperatures of all shards, in order", temperatures, []float64{85, 80})
	demo.Check(e.Report, "shards that were asked", touched(rows), weather.Sorted(weather.Shards))

	var count int64
	var mean float64
	if err := e.Troupe.QueryRow(ctx, average).Scan(&count, &mean); err != nil {
		return err
	}
	demo.Check(e.Report, "number of reports on all shards", count, 3)
	demo.Check(e.Report, "their average temperature", mean, 80)
	return e.showPlans(ctx)
}

// showPlans prints, with -explain, what troupe does with the statements so far.
func (e *example) showPlans(ctx context.Context) error {
	for _, statement := range []struct {
		sql  string
		args []any
	}{{weather.CitiesOfTwo, []any{"Europe", "Asia"}}, {warmest, nil}, {average, nil}} {
		if err := e.Explain(ctx, statement.sql, statement.args...); err != nil {
			return err
		}
	}
	return nil
}

// touched returns the shards that rows came from, those without a row included.
func touched(rows pgx.Rows) []messages.ShardID {
	return weather.Sorted(rows.(*coordinator.Rows).Shards())
}
