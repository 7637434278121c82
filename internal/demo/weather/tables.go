package weather

import (
	"context"

	"github.com/troupedb/troupe/coordinator"
	"github.com/troupedb/troupe/internal/demo"
	"github.com/troupedb/troupe/messages"
)

// Most DDL is understood by both engines, and troupe describes SQLite's columns by their declared types as PostgreSQL does, so
// that rows of both can be gathered: bigint, text, double precision, timestamptz. What each engine says in its own way is a key
// that the database assigns.
const (
	dropReports    = `drop table if exists weather_reports`
	dropLocations  = `drop table if exists weather_locations`
	locationFields = `, continent text not null, city text not null)`
	reportFields   = `, location_id bigint not null references weather_locations (id),
		temperature double precision not null, report_time timestamptz not null)`
)

// assigned is the type of a primary key that the database assigns.
var assigned = map[messages.Dialect]string{
	messages.SQLite:     `integer primary key`,
	messages.PostgreSQL: `bigint generated always as identity primary key`,
}

// CreateTables makes the tables anew on every shard, with a location's id that is given to the database.
func CreateTables(ctx context.Context, s *demo.Stage) error {
	return createTables(ctx, s, func(messages.Dialect) string { return `bigint primary key` })
}

// CreateTablesWithIDs makes the tables anew on every shard, with a location's id that the database assigns.
func CreateTablesWithIDs(ctx context.Context, s *demo.Stage) error {
	return createTables(ctx, s, func(d messages.Dialect) string { return assigned[d] })
}

func createTables(ctx context.Context, s *demo.Stage, locationID func(messages.Dialect) string) error {
	for _, id := range Shards {
		dialect, err := s.Dialect(id)
		if err != nil {
			return err
		}
		for _, ddl := range []string{
			dropReports, dropLocations,
			`create table weather_locations (id ` + locationID(dialect) + locationFields,
			`create table weather_reports (id ` + assigned[dialect] + reportFields,
		} {
			if _, err := s.Troupe.Exec(coordinator.OnShard(ctx, id), ddl); err != nil {
				return err
			}
		}
	}
	return nil
}
