package main

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/messages"
)

// addWeather writes the seed's data, all locations at the same time.
func (e *example) addWeather(ctx context.Context) error {
	e.tokyo = newLocation("Asia", "Tokyo", 80)
	e.york = newLocation("North America", "New York", 75)
	quito := newLocation("South America", "Quito", 85)
	locations := []*Location{
		e.tokyo, e.york, quito,
		newLocation("North America", "Toronto"),
		newLocation("Europe", "London"),
		newLocation("Europe", "Dublin"),
		newLocation("South America", "Brasila"),
	}
	errs := make([]error, len(locations))
	var wg sync.WaitGroup
	for i, l := range locations {
		wg.Go(func() { errs[i] = e.addLocation(ctx, l) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return e.findTogether(ctx)
}

// addLocation writes a location and then its reports, which refer to it.
func (e *example) addLocation(ctx context.Context, l *Location) (err error) {
	if l.ID, err = e.nextID(ctx); err != nil {
		return err
	}
	if err := e.troupe.Add(ctx, l); err != nil {
		return err
	}
	for _, r := range l.Reports {
		r.LocationID = l.ID
		if err := e.troupe.Add(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

const citiesReported = `select l.city from weather_reports r left join weather_locations l on l.id = r.location_id order by r.id`

// findTogether looks at each shard by itself: a report and its location must be on the same one. A pinned statement is
// passed on untouched, so it may be a join.
func (e *example) findTogether(ctx context.Context) error {
	reported := map[messages.ShardID][]string{}
	for _, shard := range shards {
		rows, err := e.troupe.Query(coordinator.OnShard(ctx, shard), citiesReported)
		if err != nil {
			return err
		}
		if reported[shard], err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil { // rows are pgx.Rows
			return err
		}
	}
	check(e, "cities of the reports, read on their own shard", reported, map[messages.ShardID][]string{
		northAmerica: {"New York"}, asia: {"Tokyo"}, europe: {}, southAmerica: {"Quito"},
	})
	return nil
}

// getByKey reads Tokyo and its reports by primary key.
func (e *example) getByKey(ctx context.Context) error {
	tokyo, err := coordinator.Get[Location](ctx, e.troupe, e.tokyo.ID)
	if err != nil {
		return err
	}
	check(e, "city of Tokyo's id, looked for on all shards", tokyo.City, "Tokyo")
	check(e, "shard in its key", tokyo.Key().Shard, asia)

	// The identity chooser is told that the reports belong to tokyo, and looks on its shard only.
	reports, err := coordinator.Related[Report](ctx, e.troupe, &tokyo, "location_id", tokyo.ID)
	if err != nil {
		return err
	}
	for i := range reports {
		reports[i].Location = &tokyo
		tokyo.Reports = append(tokyo.Reports, &reports[i])
	}
	var temperatures []float64
	for _, r := range tokyo.Reports {
		temperatures = append(temperatures, r.Temperature)
	}
	check(e, "temperatures in its reports", temperatures, []float64{80})

	// Who remembers the shard of an object, its identity token, spares the others the question.
	again, err := coordinator.Get[Location](coordinator.WithToken(ctx, asia), e.troupe, tokyo.ID)
	if err != nil {
		return err
	}
	check(e, "city of Tokyo's id with the token asia", again.City, "Tokyo")
	_, err = coordinator.Get[Location](coordinator.WithToken(ctx, europe), e.troupe, tokyo.ID)
	check(e, "the same with the token europe finds no row", errors.Is(err, pgx.ErrNoRows), true)
	return nil
}

const (
	citiesOfTwo  = `select id, continent, city from weather_locations where continent in ($1, $2)`
	citiesByName = `select id, continent, city from weather_locations where city like $1`
)

// selectAcrossShards selects the locations of two continents. The execute chooser sends it to their two shards only.
func (e *example) selectAcrossShards(ctx context.Context) error {
	rows, err := e.troupe.Query(ctx, citiesOfTwo, "Europe", "Asia")
	if err != nil {
		return err
	}
	var cities []string
	for l, err := range coordinator.Each[Location](rows) {
		if err != nil {
			return err
		}
		cities = append(cities, l.City)
	}
	check(e, "cities in Europe and Asia", sorted(cities), []string{"Dublin", "London", "Tokyo"})
	check(e, "shards that were asked", touched(rows), []messages.ShardID{asia, europe})
	return nil
}

const (
	warmest = `select temperature from weather_reports order by temperature desc limit 2`
	average = `select count(*), avg(temperature) from weather_reports`
)

// mergeShards asks what no shard can answer by itself: troupe merges the shards' rows into the answer that one database
// would have given.
func (e *example) mergeShards(ctx context.Context) error {
	rows, err := e.troupe.Query(ctx, warmest)
	if err != nil {
		return err
	}
	temperatures, err := pgx.CollectRows(rows, pgx.RowTo[float64])
	if err != nil {
		return err
	}
	check(e, "the two highest temperatures of all shards, in order", temperatures, []float64{85, 80})
	check(e, "shards that were asked", touched(rows), sorted(shards))

	var count int64
	var mean float64
	if err := e.troupe.QueryRow(ctx, average).Scan(&count, &mean); err != nil {
		return err
	}
	check(e, "number of reports on all shards", count, 3)
	check(e, "their average temperature", mean, 80)
	return e.showPlans(ctx)
}

// showPlans prints, with -explain, what troupe does with the statements above: nothing is run for it.
func (e *example) showPlans(ctx context.Context) error {
	if !e.explain {
		return nil
	}
	for _, statement := range []struct {
		sql  string
		args []any
	}{{citiesOfTwo, []any{"Europe", "Asia"}}, {warmest, nil}, {average, nil}} {
		plan, err := e.troupe.Explain(ctx, statement.sql, statement.args...)
		if err != nil {
			return err
		}
		e.printf("%v", plan)
	}
	return nil
}

// selectOnOneShard pins a statement to a shard: Tokyo begins with a T too, but is elsewhere.
func (e *example) selectOnOneShard(ctx context.Context) error {
	rows, err := e.troupe.Query(coordinator.OnShard(ctx, northAmerica), citiesByName, "T%")
	if err != nil {
		return err
	}
	locations, err := coordinator.Collect[Location](rows)
	if err != nil {
		return err
	}
	check(e, "cities with a T, pinned to north_america", citiesOf(locations), []string{"Toronto"})
	check(e, "shards that were asked", touched(rows), []messages.ShardID{northAmerica})
	return nil
}

// compareIdentities shows two reports whose primary keys are equal: their keys differ in the shard, the identity token.
func (e *example) compareIdentities(ctx context.Context) error {
	one, err := messages.NewPrimaryKey(1)
	if err != nil {
		return err
	}
	york, tokyo := e.york.Reports[0].Key(), e.tokyo.Reports[0].Key()
	check(e, "key of New York's report", york, messages.Key{Table: "weather_reports", PK: one, Shard: northAmerica})
	check(e, "key of Tokyo's report", tokyo, messages.Key{Table: "weather_reports", PK: one, Shard: asia})

	// So "report 1" is a question with several answers, unless the token says which.
	_, err = coordinator.Get[Report](ctx, e.troupe, 1)
	check(e, "a get of report 1 is refused as ambiguous", errors.Is(err, messages.ErrAmbiguousKey), true)
	report, err := coordinator.Get[Report](coordinator.WithToken(ctx, york.Shard), e.troupe, 1)
	if err != nil {
		return err
	}
	check(e, "temperature in report 1 of north_america", report.Temperature, 75)
	return nil
}

func citiesOf(locations []Location) []string {
	var cities []string
	for _, l := range locations {
		cities = append(cities, l.City)
	}
	return sorted(cities)
}

// touched returns the shards that rows came from, those without a row included.
func touched(rows pgx.Rows) []messages.ShardID { return sorted(rows.(*coordinator.Rows).Shards()) }

func sorted[T ~string](values []T) []T {
	values = slices.Clone(values)
	slices.Sort(values)
	return values
}
