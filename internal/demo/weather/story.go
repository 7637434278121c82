package weather

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/coordinator/ids"
	"github.com/troupedb/troupe/coordinator/session"
	"github.com/troupedb/troupe/internal/demo"
	"github.com/troupedb/troupe/messages"
)

// Story is what SQLAlchemy's examples do, step by step, with the shards that each call touches. It is the same whatever a shard is:
// a database, or tables with names of their own in one that all shards share. [Story.Write] comes first.
type Story struct {
	*demo.Stage
	// Tokyo and NewYork are what Write wrote.
	Tokyo, NewYork *Location
}

// Write writes the observations with one unit of work, and looks where they are.
func (s *Story) Write(ctx context.Context) error {
	source, err := NewIDs(ctx, s.Stage)
	if err != nil {
		return err
	}
	unit := session.New(ctx, s.Troupe, session.Config{IDs: map[string]ids.Source{"weather_locations": source}})
	defer unit.Close()
	locations := Locations()
	s.Tokyo, s.NewYork = locations[0], locations[1]
	for _, l := range locations {
		if err := unit.Add(l); err != nil { // with its reports; nothing is sent yet
			return err
		}
	}
	ctx, touched := coordinator.WatchTouched(ctx)
	if err := unit.Commit(ctx); err != nil {
		return err
	}
	demo.Check(s.Report, "shards that the commit wrote to", touched.Shards(), Sorted(Shards))
	return CheckPlaces(ctx, s.Stage)
}

// Reader returns a unit of work that only reads. The caller closes it.
func Reader(ctx context.Context, s *demo.Stage) *session.Session {
	readOnly := coordinator.TxOptions{TxOptions: pgx.TxOptions{AccessMode: pgx.ReadOnly}}
	return session.New(ctx, s.Troupe, session.Config{Tx: readOnly})
}

// GetByKey reads Tokyo and its reports by primary key.
func (s *Story) GetByKey(ctx context.Context) error {
	unit := Reader(ctx, s.Stage)
	defer unit.Close()
	ctx, touched := coordinator.WatchTouched(ctx)
	tokyo, err := session.Get[Location](ctx, unit, s.Tokyo.ID)
	if err != nil {
		return err
	}
	demo.Check(s.Report, "city of Tokyo's id", tokyo.City, "Tokyo")
	demo.Check(s.Report, "shard in its key", tokyo.Key().Shard, Asia)
	demo.Check(s.Report, "shards that were asked for it", touched.Shards(), Sorted(Shards))

	touched.Reset()
	again, err := session.Get[Location](ctx, unit, s.Tokyo.ID)
	if err != nil {
		return err
	}
	demo.Check(s.Report, "a second get finds the same object", again == tokyo, true)
	demo.Check(s.Report, "shards that were asked for it", len(touched.Shards()), 0)

	// The identity chooser is told that the reports belong to tokyo, and looks on its shard only.
	reports, err := session.Related[Report](ctx, unit, tokyo, "location_id")
	if err != nil {
		return err
	}
	demo.Check(s.Report, "temperatures in its reports", Temperatures(reports), []float64{80})
	demo.Check(s.Report, "shards that were asked for them", touched.Shards(), []messages.ShardID{Asia})
	return nil
}

// SelectAcrossShards selects the locations of two continents. The execute chooser sends it to their two shards only.
func (s *Story) SelectAcrossShards(ctx context.Context) error {
	unit := Reader(ctx, s.Stage)
	defer unit.Close()
	ctx, touched := coordinator.WatchTouched(ctx)
	locations, err := session.Select[Location](ctx, unit, CitiesOfTwo, "Europe", "Asia")
	if err != nil {
		return err
	}
	demo.Check(s.Report, "cities in Europe and Asia", Cities(locations), []string{"Dublin", "London", "Tokyo"})
	demo.Check(s.Report, "shards that were asked", touched.Shards(), []messages.ShardID{Asia, Europe})
	return s.Explain(ctx, CitiesOfTwo, "Europe", "Asia")
}

// SelectOnOneShard pins a statement to a shard: Tokyo begins with a T too, but is elsewhere.
func (s *Story) SelectOnOneShard(ctx context.Context) error {
	unit := Reader(ctx, s.Stage)
	defer unit.Close()
	ctx, touched := coordinator.WatchTouched(coordinator.OnShard(ctx, NorthAmerica))
	locations, err := session.Select[Location](ctx, unit, CitiesByName, "T%")
	if err != nil {
		return err
	}
	demo.Check(s.Report, "cities with a T, pinned to north_america", Cities(locations), []string{"Toronto"})
	demo.Check(s.Report, "shards that were asked", touched.Shards(), []messages.ShardID{NorthAmerica})
	return s.Explain(ctx, CitiesByName, "T%")
}

// CompareIdentities shows two reports whose primary keys are equal: their keys differ in the shard, the identity token.
func (s *Story) CompareIdentities(ctx context.Context) error {
	newYork, tokyo := s.NewYork.Reports[0], s.Tokyo.Reports[0]
	if err := CheckReportKeys(s.Report, newYork.Key(), tokyo.Key()); err != nil {
		return err
	}
	// So "report 1" is a question with several answers, unless the token says which.
	unit := Reader(ctx, s.Stage)
	defer unit.Close()
	_, err := session.Get[Report](ctx, unit, 1)
	demo.Check(s.Report, "a get of report 1 is refused as ambiguous", errors.Is(err, messages.ErrAmbiguousKey), true)
	ctx, touched := coordinator.WatchTouched(coordinator.WithToken(ctx, NorthAmerica))
	report, err := session.Get[Report](ctx, unit, 1)
	if err != nil {
		return err
	}
	demo.Check(s.Report, "temperature in report 1 of north_america", report.Temperature, 75)
	demo.Check(s.Report, "shards that were asked", touched.Shards(), []messages.ShardID{NorthAmerica})
	return nil
}
